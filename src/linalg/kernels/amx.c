/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Products of floats from products of 16-bit tiles; see kernels.h.
 *
 * Each float is split in three parts (linalg/kernels/bf16_split.h). Up to 512
 * inner indices and 256 columns of B are packed at a time, less than a MiB, so
 * that they fit in the second-level cache. */
#include "linalg/kernels/kernels.h"

#include <assert.h>
#include <stdlib.h>

#include "linalg/kernels/bf16_split.h"
#include "util/memory.h"

#ifdef WN_TILED

enum {
    PARTS = 3, /* of a float */
    STEP_BYTES = 2 * PARTS * TILE,
    DEEP = 512, /* inner indices packed at a time */
    WIDE = 256  /* columns of B packed at a time */
};

/* Add up the products of two strips over `steps`. `tall`: more than 16 rows;
 * `broad`: more than 16 columns. Tiles 0 to 3 hold sums, 4 and 5 rows of A, 6
 * and 7 columns of B. It takes six of the nine products of parts, in an order
 * that loads every part but one once. */
WN_TILED static inline __attribute__((always_inline)) void
amx_multiply(const char *a, const char *b, size_t steps, bool tall, bool broad)
{
#define ROWS(part)                                                             \
    _tile_loadd(4, a + (part)*2 * TILE, 64);                                   \
    if (tall)                                                                  \
    _tile_loadd(5, a + (part)*2 * TILE + TILE, 64)
#define COLUMNS(part)                                                          \
    _tile_loadd(6, b + (part)*2 * TILE, 64);                                   \
    if (broad)                                                                 \
    _tile_loadd(7, b + (part)*2 * TILE + TILE, 64)
#define ADD                                                                    \
    _tile_dpbf16ps(0, 4, 6);                                                   \
    if (broad)                                                                 \
        _tile_dpbf16ps(1, 4, 7);                                               \
    if (tall)                                                                  \
        _tile_dpbf16ps(2, 5, 6);                                               \
    if (tall && broad)                                                         \
    _tile_dpbf16ps(3, 5, 7)

    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (size_t s = 0; s < steps; s++, a += STEP_BYTES, b += STEP_BYTES) {
        ROWS(2);
        COLUMNS(0);
        ADD;
        ROWS(1);
        ADD;
        COLUMNS(1);
        ADD;
        ROWS(0);
        ADD;
        COLUMNS(2);
        ADD;
        COLUMNS(0);
        ADD;
    }
#undef ROWS
#undef COLUMNS
#undef ADD
}

/* Up to 32 rows of C. */
struct place {
    size_t rows;
    float alpha, beta, *c;
    size_t stride;
};

/* The sums of 32 x 32 elements, for `columns` columns of C from `first` on. */
struct square {
    _Alignas(64) float sum[4][SIDE * SIDE];
    size_t first, columns;
};

/* c = alpha sum + beta c. */
WN_TILED static void amx_store_sums(const struct square *s,
                                    const struct place *at)
{
    const __m512 times = _mm512_set1_ps(at->alpha);
    const __m512 keep = _mm512_set1_ps(at->beta);

    for (size_t t = 0; t < 4; t++) {
        const size_t first = t / 2 * SIDE, j = t % 2 * SIDE;

        if (first >= at->rows || j >= s->columns)
            continue;
        const size_t columns = least(s->columns - j, SIDE);
        const size_t rows = least(at->rows - first, SIDE);
        const __mmask16 mask = (__mmask16)((1u << columns) - 1);
        float *c = at->c + first * at->stride + s->first + j;

        for (size_t i = 0; i < rows; i++, c += at->stride) {
            __m512 value =
                _mm512_mul_ps(times, _mm512_load_ps(s->sum[t] + i * SIDE));

            if (at->beta != 0)
                value = _mm512_add_ps(
                    value, _mm512_mul_ps(keep, _mm512_maskz_loadu_ps(mask, c)));
            _mm512_mask_storeu_ps(c, mask, value);
        }
    }
}

/* The sums of a square with `rows` rows, from two strips. */
WN_TILED static void amx_add_up(const char *a, const char *b, size_t steps,
                                size_t rows, struct square *s)
{
    const bool tall = rows > SIDE, broad = s->columns > SIDE;

    if (tall && broad)
        amx_multiply(a, b, steps, true, true);
    else if (tall)
        amx_multiply(a, b, steps, true, false);
    else if (broad)
        amx_multiply(a, b, steps, false, true);
    else
        amx_multiply(a, b, steps, false, false);
    _tile_stored(0, s->sum[0], 64);
    _tile_stored(1, s->sum[1], 64);
    _tile_stored(2, s->sum[2], 64);
    _tile_stored(3, s->sum[3], 64);
}

/* A packed strip of A and `wide` packed columns of B. */
struct packed {
    size_t wide, steps;
    char *left, *right;
    size_t strip; /* bytes of each strip */
};

/* Multiply the strip `left` by all of `right`. The sums of a square are stored
 * while the unit works on the next square: it is far behind the instructions
 * that feed it. */
WN_TILED static void amx_cross(const struct packed *packed, struct place at)
{
    struct square square[2];
    const size_t count = (packed->wide + STRIP - 1) / STRIP;

    assert(count);
    for (size_t q = 0; q < count; q++) {
        struct square *now = &square[q % 2];

        now->first = q * STRIP;
        now->columns = least(packed->wide - now->first, STRIP);
        amx_add_up(packed->left, packed->right + q * packed->strip,
                   packed->steps, at.rows, now);
        if (q > 0)
            amx_store_sums(&square[1 - q % 2], &at);
    }
    amx_store_sums(&square[(count - 1) % 2], &at);
}

WN_TILED void wn_amx_gemm(size_t rows, size_t columns, size_t inner,
                          float alpha, struct wn_side a, struct wn_side b,
                          float beta, float *c, size_t stride)
{
    /* Equal depths, as deep as allowed. */
    const size_t times = (inner + DEEP - 1) / DEEP;
    const size_t deepest = ((inner + times - 1) / times + STEP - 1) / STEP;
    const size_t widest = (least(columns, WIDE) + STRIP - 1) / STRIP;
    const size_t strip = deepest * STEP_BYTES;
    char *right = aligned_alloc(64, (widest + 1) * strip);

    if (!right)
        wn_die("no memory for the tiles of a product");
    char *left = right + widest * strip;

    wn_amx_open();
    for (size_t j = 0; j < inner; j += deepest * STEP) {
        const size_t deep = least(inner - j, deepest * STEP);

        for (size_t first = 0; first < columns; first += WIDE) {
            const size_t wide = least(columns - first, WIDE);
            const struct packed packed = {wide, (deep + STEP - 1) / STEP, left,
                                          right, strip};

            for (size_t l = 0; l < wide; l += STRIP)
                pack(&b, false, first + l, least(wide - l, STRIP), j, deep,
                     PARTS, right + l / STRIP * strip);
            for (size_t i = 0; i < rows; i += STRIP) {
                const size_t tall = least(rows - i, STRIP);

                pack(&a, true, i, tall, j, deep, PARTS, left);
                /* The compiler does not see that tiles are loaded. */
                __asm__ volatile("" : : : "memory");
                amx_cross(&packed,
                          (struct place){tall, alpha, j ? 1 : beta,
                                         c + i * stride + first, stride});
            }
        }
    }
    wn_amx_close();
    free(right);
}

#endif
