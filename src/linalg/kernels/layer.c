/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first layer of a network in training; see products.h, and bf16_split.h
 * for the packing.
 *
 * The unit reads each step of both sides once for every square of 32 x 32. The
 * second-level cache is too slow for both, so a chunk of the strip of x stays
 * in the first-level cache. Weights, velocities and packed weights of a square
 * stand side by side, as all of them pass through the cache at each step. */
#include "linalg/kernels/bf16_split.h"

#include <stdlib.h>

#include "linalg/products.h"
#include "util/memory.h"

size_t wn_layer_stride(size_t inputs)
{
    return (inputs + 31) / 32 * 32;
}

enum {
    PARTS = 2, /* of a float */
    BLOCK = 2 * PARTS * TILE,
    CHUNK = 6, /* steps of x at a time: 24 KiB */
    SQUARE = STRIP * STRIP,
    ALIGN = 64, /* no line of a tile crosses a cache line */
    MAX_BYTES = 1 << 24
};

/* All that a step changes for 32 inputs by 32 outputs; 0 beyond the layer. */
struct square {
    float velocity[SQUARE], w[SQUARE];
    char packed[BLOCK]; /* w, as the right side */
};

struct wn_layer {
    struct wn_layer_weights net;
    size_t features, units, lines; /* strips of inputs, outputs and rows */
    struct square *weights;        /* features x units */
    char *delta;                   /* units x lines steps, as the right side */
    char *left;   /* a chunk of x, or all rows of a strip of features */
    float *sum;   /* lines x units squares */
    void *arrays; /* all of them */
};

static size_t strips(size_t count)
{
    return (count + STRIP - 1) / STRIP;
}

/* Bytes of the four arrays. */
struct sizes {
    size_t weights, delta, left, sum;
};

static struct sizes sizes_of(size_t inputs, size_t outputs, size_t rows)
{
    const size_t units = strips(outputs), lines = strips(rows);
    const size_t left = lines > CHUNK ? lines : CHUNK;

    return (struct sizes){
        wn_product(units, strips(inputs), sizeof(struct square)),
        wn_product(units, lines, BLOCK), left * BLOCK,
        wn_product(units, lines, SQUARE * sizeof(float))};
}

double wn_layer_bytes(size_t inputs, size_t outputs, size_t rows)
{
    const struct sizes sizes = sizes_of(inputs, outputs, rows);

    return (double)sizes.weights + (double)sizes.delta + (double)sizes.left +
           (double)sizes.sum;
}

bool wn_layer_fits(size_t inputs, size_t outputs, size_t rows)
{
    return wn_kernels->layer && inputs >= STRIP && outputs >= STRIP &&
           rows >= STRIP && wn_layer_bytes(inputs, outputs, rows) <= MAX_BYTES;
}

void wn_layer_free(struct wn_layer *layer)
{
    if (!layer)
        return;
    free(layer->arrays);
    free(layer);
}

/* The weight of input j and output u. */
static float *weight_at(const struct wn_layer *layer, size_t j, size_t u)
{
    return layer->weights[j / STRIP * layer->units + u / STRIP].w +
           j % STRIP * STRIP + u % STRIP;
}

void wn_layer_read(const struct wn_layer *layer, float *w)
{
    const size_t outputs = layer->net.outputs;

    for (size_t j = 0; j < layer->net.inputs; j++)
        for (size_t u = 0; u < outputs; u++)
            w[j * outputs + u] = *weight_at(layer, j, u);
}

struct wn_layer *wn_layer_new(const struct wn_layer_weights *weights,
                              size_t rows)
{
    struct wn_layer *layer = wn_new(1, sizeof *layer);

    layer->net = *weights;
    layer->features = strips(weights->inputs);
    layer->units = strips(weights->outputs);
    layer->lines = strips(rows);
    const struct sizes sizes =
        sizes_of(weights->inputs, weights->outputs, rows);

    layer->arrays =
        wn_new(sizes.weights + sizes.delta + sizes.left + sizes.sum + ALIGN, 1);
    char *next =
        (char *)layer->arrays + ALIGN - (uintptr_t)layer->arrays % ALIGN;

    layer->weights = (struct square *)(void *)next;
    layer->delta = next + sizes.weights;
    layer->left = layer->delta + sizes.delta;
    layer->sum = (float *)(void *)(layer->left + sizes.left);
    wn_kernels->layer->pack(layer);
    return layer;
}

void wn_layer_forward(struct wn_layer *layer, const float *x, size_t rows,
                      float scale, float *h)
{
    wn_kernels->layer->forward(layer, x, rows, scale, h);
}

void wn_layer_learn(struct wn_layer *layer, const float *x, const float *delta,
                    size_t rows, const struct wn_layer_step *step)
{
    wn_kernels->layer->learn(layer, x, delta, rows, step);
}

#ifdef WN_TILED

WN_TILED static void pack_weights(struct wn_layer *layer)
{
    const size_t inputs = layer->net.inputs, outputs = layer->net.outputs;

    for (size_t j = 0; j < inputs; j++)
        for (size_t u = 0; u < outputs; u++)
            *weight_at(layer, j, u) = layer->net.w[j * outputs + u];
    for (size_t q = 0; q < layer->features * layer->units; q++) {
        struct square *square = &layer->weights[q];
        const struct wn_side side = {square->w, STRIP, false};

        pack(&side, false, 0, STRIP, 0, STRIP, PARTS, square->packed);
    }
}

/* Update 16 weights. */
TILED_INLINE __m512 update_vector(struct square *square, const float *sum,
                                  size_t at, const struct wn_layer_step *step)
{
    const __m512 share = _mm512_set1_ps(step->share);
    const __m512 momentum = _mm512_set1_ps(step->momentum);
    const __m512 rate = _mm512_set1_ps(step->rate);
    const __m512 v =
        _mm512_fmadd_ps(momentum, _mm512_load_ps(square->velocity + at),
                        _mm512_mul_ps(share, _mm512_load_ps(sum + at)));
    const __m512 w = _mm512_fnmadd_ps(rate, v, _mm512_load_ps(square->w + at));

    _mm512_store_ps(square->velocity + at, v);
    _mm512_store_ps(square->w + at, w);
    return w;
}

/* Add the products of two strips over `steps` to the sums of a square, or to
 * zero if `fresh`. It takes three of the four products of parts. */
TILED_INLINE void layer_multiply(const char *a, const char *b, size_t b_step,
                                 size_t steps, bool fresh, float *sum)
{
#define ROWS(part)                                                             \
    _tile_loadd(4, a + (part)*2 * TILE, 64);                                   \
    _tile_loadd(5, a + (part)*2 * TILE + TILE, 64)
#define COLUMNS(part)                                                          \
    _tile_loadd(6, b + (part)*2 * TILE, 64);                                   \
    _tile_loadd(7, b + (part)*2 * TILE + TILE, 64)
#define ADD                                                                    \
    _tile_dpbf16ps(0, 4, 6);                                                   \
    _tile_dpbf16ps(1, 4, 7);                                                   \
    _tile_dpbf16ps(2, 5, 6);                                                   \
    _tile_dpbf16ps(3, 5, 7)
    enum { LINE = STRIP * sizeof(float), LOWER = SIDE * STRIP };

    if (fresh) {
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        _tile_zero(3);
    } else {
        _tile_loadd(0, sum, LINE);
        _tile_loadd(1, sum + SIDE, LINE);
        _tile_loadd(2, sum + LOWER, LINE);
        _tile_loadd(3, sum + LOWER + SIDE, LINE);
    }
    for (size_t s = 0; s < steps; s++, a += BLOCK, b += b_step) {
        ROWS(1);
        COLUMNS(0);
        ADD;
        ROWS(0);
        ADD;
        COLUMNS(1);
        ADD;
    }
    _tile_stored(0, sum, LINE);
    _tile_stored(1, sum + SIDE, LINE);
    _tile_stored(2, sum + LOWER, LINE);
    _tile_stored(3, sum + LOWER + SIDE, LINE);
#undef ROWS
#undef COLUMNS
#undef ADD
}

WN_TILED static void layer_forward(struct wn_layer *layer, const float *x,
                                   size_t rows, float scale, float *h)
{
    const size_t lines = strips(rows), units = layer->units;
    const struct wn_side side = {x, wn_layer_stride(layer->net.inputs), false};
    const __m512 times = _mm512_set1_ps(scale), zero = _mm512_setzero_ps();

    wn_amx_open();
    for (size_t f = 0; f < layer->features; f += CHUNK) {
        const size_t steps = least(layer->features - f, CHUNK);

        for (size_t l = 0; l < lines; l++) {
            pack(&side, true, l * STRIP, least(rows - l * STRIP, STRIP),
                 f * STEP, steps * STEP, PARTS, layer->left);
            /* The compiler does not see that tiles are loaded and stored. */
            __asm__ volatile("" : : : "memory");
            for (size_t u = 0; u < units; u++)
                layer_multiply(layer->left,
                               layer->weights[f * units + u].packed,
                               units * sizeof(struct square), steps, f == 0,
                               layer->sum + (l * units + u) * SQUARE);
        }
    }
    wn_amx_close();
    /* Bias and rectifier, half a square at a time. */
    for (size_t l = 0; l < lines; l++)
        for (size_t u = 0; u < 2 * units; u++) {
            const float *sum = layer->sum + (l * units + u / 2) * SQUARE;
            const size_t outputs = layer->net.outputs, from = u * SIDE;
            const size_t many = least(rows - l * STRIP, STRIP);
            const size_t columns =
                from < outputs ? least(outputs - from, SIDE) : 0;
            const __mmask16 mask = (__mmask16)((1u << columns) - 1);
            const __m512 bias =
                _mm512_maskz_loadu_ps(mask, layer->net.b + from);

            for (size_t i = 0; i < many; i++) {
                const __m512 in =
                    _mm512_load_ps(sum + i * STRIP + u % 2 * SIDE);
                const __m512 value =
                    _mm512_add_ps(_mm512_mul_ps(times, in), bias);

                _mm512_mask_storeu_ps(h + (l * STRIP + i) * outputs + from,
                                      mask, _mm512_max_ps(value, zero));
            }
        }
}

WN_TILED static void layer_learn(struct wn_layer *layer, const float *x,
                                 const float *delta, size_t rows,
                                 const struct wn_layer_step *step)
{
    const size_t outputs = layer->net.outputs;
    const size_t lines = strips(rows), units = layer->units;
    const struct wn_side left = {x, wn_layer_stride(layer->net.inputs), true};
    const struct wn_side right = {delta, outputs, false};

    wn_amx_open();
    for (size_t u = 0; u < units; u++)
        pack(&right, false, u * STRIP, least(outputs - u * STRIP, STRIP), 0,
             rows, PARTS, layer->delta + u * lines * BLOCK);
    for (size_t f = 0; f < layer->features; f++) {
        pack(&left, true, f * STRIP, STRIP, 0, rows, PARTS, layer->left);
        __asm__ volatile("" : : : "memory");
        for (size_t u = 0; u < units; u++)
            layer_multiply(layer->left, layer->delta + u * lines * BLOCK, BLOCK,
                           lines, true, layer->sum + u * SQUARE);
        __asm__ volatile("" : : : "memory");
        /* Update the squares by their sums, and pack them again. */
        for (size_t u = 0; u < units; u++)
            for (size_t i = 0; i < SIDE; i++)
                for (size_t t = 0; t < 2; t++) {
                    struct square *square = &layer->weights[f * units + u];
                    const float *sum = layer->sum + u * SQUARE;
                    const size_t at = i * STRIP + t * SIDE;

                    put_line(
                        update_vector(square, sum, at, step),
                        update_vector(square, sum, at + SIDE * STRIP, step),
                        PARTS, square->packed + t * TILE + i * 64);
                }
    }
    wn_amx_close();
}

const struct wn_layer_kernel wn_layer_amx = {
    .pack = pack_weights, .forward = layer_forward, .learn = layer_learn};

#endif
