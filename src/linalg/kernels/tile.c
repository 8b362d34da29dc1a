/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Products in registers, by AVX-512 or the matrix unit; see tile.h. */
#include "linalg/kernels/tile.h"

#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "linalg/kernels/amx.h"
#include "linalg/products.h"

size_t wn_tile_scan(const struct wn_tile *tile, const float *dots,
                    size_t stride, struct wn_hit *hits)
{
    size_t count = 0;

    for (size_t i = 0; i < tile->rows; i++)
        count += wn_bounds_scan(
            dots + i * stride, tile->bias, tile->column_limit, tile->columns, i,
            tile->row_bias[i], tile->row_limit[i], hits + count);
    return count;
}

#if defined(__x86_64__)
/* 8 rows by three vectors of columns: 24 sums in 32 registers, and 11 loads
 * for 24 products. */
enum { ROWS = 8, LANES = 16, VECTORS = 3, PANEL = LANES * VECTORS };

#define WITH_512 __attribute__((target("avx512f")))

WITH_512 __attribute__((always_inline)) static inline void
tile_add_products(const float *a, size_t row, size_t step, const float *b,
                  size_t p, __m512 (*sum)[VECTORS])
{
    __m512 own[ROWS][VECTORS];

#pragma GCC unroll 8
    for (int r = 0; r < ROWS; r++)
#pragma GCC unroll 3
        for (int v = 0; v < VECTORS; v++)
            own[r][v] = _mm512_setzero_ps();
    for (size_t k = 0; k < p; k++, a += step, b += PANEL) {
        const __m512 b0 = _mm512_loadu_ps(b);
        const __m512 b1 = _mm512_loadu_ps(b + LANES);
        const __m512 b2 = _mm512_loadu_ps(b + 2 * LANES);

#pragma GCC unroll 8
        for (size_t r = 0; r < ROWS; r++) {
            const __m512 factor = _mm512_set1_ps(a[r * row]);

            own[r][0] = _mm512_fmadd_ps(factor, b0, own[r][0]);
            own[r][1] = _mm512_fmadd_ps(factor, b1, own[r][1]);
            own[r][2] = _mm512_fmadd_ps(factor, b2, own[r][2]);
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < ROWS; r++)
#pragma GCC unroll 3
        for (int v = 0; v < VECTORS; v++)
            sum[r][v] = own[r][v];
}

static size_t row_bytes_512(size_t p)
{
    return p * sizeof(float);
}

static void pack_512(const float *row, size_t i, size_t p, void *packed)
{
    float *out = (float *)packed + (i - i % PANEL) * p + i % PANEL;

    for (size_t j = 0; j < p; j++)
        out[j * PANEL] = row[j];
}

/* The products of eight rows from i on with the panel from column j on. */
WITH_512 static void tile_multiply(const struct wn_tile *tile, size_t i,
                                   size_t j, __m512 (*sum)[VECTORS])
{
    const size_t p = tile->p;
    const float *a = tile->first, *b = (const float *)tile->second + j * p;

    if (tile->loose)
        tile_add_products(a + i * p, p, 1, b, p, sum);
    else
        tile_add_products(a + (i - i % PANEL) * p + i % PANEL, 1, PANEL, b, p,
                          sum);
}

WITH_512 static void multiply_512(const struct wn_tile *tile, float *dots,
                                  size_t stride)
{
    const __m512 twice = _mm512_set1_ps(-2);

    for (size_t j = 0; j < tile->columns; j += PANEL)
        for (size_t i = 0; i < tile->rows; i += ROWS) {
            __m512 sum[ROWS][VECTORS];

            tile_multiply(tile, i, j, sum);
            for (size_t r = 0; r < ROWS; r++)
                for (size_t v = 0; v < VECTORS; v++)
                    _mm512_storeu_ps(dots + (i + r) * stride + j + v * LANES,
                                     _mm512_mul_ps(twice, sum[r][v]));
        }
}

/* The hits among 16 columns of a row, those of `mask`. */
WITH_512 static size_t take_hits(__m512 low, unsigned mask, size_t row,
                                 size_t column, struct wn_hit *hits)
{
    float lows[LANES];
    size_t count = 0;

    _mm512_storeu_ps(lows, low);
    for (; mask; mask &= mask - 1) {
        const size_t c = (size_t)__builtin_ctz(mask);

        hits[count++] =
            (struct wn_hit){(int32_t)row, (int32_t)(column + c), lows[c]};
    }
    return count;
}

/* The hits of row i among the 16 columns from c on, by their products. */
WITH_512 __attribute__((always_inline)) static inline size_t
scan_lanes(const struct wn_tile *tile, __m512 sum, size_t i, size_t c,
           struct wn_hit *hits)
{
    const __m512 bias = _mm512_add_ps(_mm512_set1_ps(tile->row_bias[i]),
                                      _mm512_loadu_ps(tile->bias + c));
    const __m512 low = _mm512_fnmadd_ps(_mm512_set1_ps(2), sum, bias);
    const __m512 most = _mm512_max_ps(_mm512_set1_ps(tile->row_limit[i]),
                                      _mm512_loadu_ps(tile->column_limit + c));
    const unsigned mask = _mm512_cmp_ps_mask(low, most, _CMP_LE_OQ);

    return mask ? take_hits(low, mask, i, c, hits) : 0;
}

WITH_512 static size_t scan_512(const struct wn_tile *tile, struct wn_hit *hits)
{
    size_t count = 0;

    for (size_t j = 0; j < tile->columns; j += PANEL)
        for (size_t i = 0; i < tile->rows; i += ROWS) {
            __m512 sum[ROWS][VECTORS];

            tile_multiply(tile, i, j, sum);
            for (size_t r = 0; r < ROWS; r++)
                for (size_t v = 0; v < VECTORS; v++)
                    count += scan_lanes(tile, sum[r][v], i + r, j + v * LANES,
                                        hits + count);
        }
    return count;
}
#endif

#ifdef WN_TILED
/* A panel of 32 rows, first as the left side of a product and then as the
 * right: steps of 32 numbers, each two tiles of 16 rows. A tile has 16 lines
 * of 16 pairs of numbers; on the left a line is a row, on the right a place in
 * the line is. */
enum {
    LINE = 64, /* bytes */
    TILE = LANES * LINE,
    STEP = 2 * LANES,
    STRIP = 2 * LANES, /* rows of a panel */
    STEP_BYTES = 2 * TILE
};

static size_t steps_of(size_t p)
{
    return (p + STEP - 1) / STEP;
}

static size_t row_bytes_halves(size_t p)
{
    return 2 * steps_of(p) * STEP * sizeof(uint16_t);
}

/* The nearest number of 8 bits, but 0 where the unit would take it for that;
 * its own bits are the upper ones. */
static uint32_t round_off(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    bits = (bits + 0x8000) & 0xffff0000;
    return bits & 0x7f800000 ? bits : 0;
}

static double loss_halves(const float *row, size_t p)
{
    double sum = 0;

    for (size_t j = 0; j < p; j++) {
        const uint32_t bits = round_off(row[j]);
        float rounded;

        memcpy(&rounded, &bits, sizeof rounded);
        const double gap = (double)row[j] - rounded;
        sum += gap * gap;
    }
    return sum;
}

static void pack_halves(const float *row, size_t i, size_t p, void *packed)
{
    const size_t r = i % STRIP;
    char *left =
        (char *)packed + (i - r) * row_bytes_halves(p) + r / LANES * TILE;
    char *right = left + steps_of(p) * STEP_BYTES;

    for (size_t j = 0; j < p; j += 2) {
        const uint32_t second = j + 1 < p ? round_off(row[j + 1]) : 0;
        const uint32_t pair = round_off(row[j]) >> 16 | second;
        const size_t step = j / STEP * STEP_BYTES, q = j % STEP / 2;

        memcpy(left + step + r % LANES * LINE + q * 4, &pair, sizeof pair);
        memcpy(right + step + q * LINE + r % LANES * 4, &pair, sizeof pair);
    }
}

/* The sums of 32 rows by 32 columns, by tiles. */
struct square {
    _Alignas(64) float sum[4][LANES * LANES];
};

WN_TILED static inline void tile_add_up(const char *a, const char *b,
                                        size_t steps, struct square *s)
{
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (size_t t = 0; t < steps; t++, a += STEP_BYTES, b += STEP_BYTES) {
        _tile_loadd(4, a, LINE);
        _tile_loadd(6, b, LINE);
        _tile_dpbf16ps(0, 4, 6);
        _tile_loadd(7, b + TILE, LINE);
        _tile_dpbf16ps(1, 4, 7);
        _tile_loadd(5, a + TILE, LINE);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
    }
    _tile_stored(0, s->sum[0], LINE);
    _tile_stored(1, s->sum[1], LINE);
    _tile_stored(2, s->sum[2], LINE);
    _tile_stored(3, s->sum[3], LINE);
}

/* Where the sums go: into `dots`, or if that is NULL the hits among them. */
struct sink {
    float *dots;
    size_t stride;
    struct wn_hit *hits;
    size_t count;
};

/* The sums of the rows from i on with the columns from j on. */
WN_TILED static void tile_settle(const struct wn_tile *tile,
                                 const struct square *s, size_t i, size_t j,
                                 struct sink *sink)
{
    for (size_t t = 0; t < 4; t++)
        for (size_t r = 0; r < LANES; r++) {
            const __m512 sum = _mm512_load_ps(s->sum[t] + r * LANES);
            const size_t row = i + t / 2 * LANES + r;
            const size_t column = j + t % 2 * LANES;

            if (sink->dots)
                _mm512_storeu_ps(sink->dots + row * sink->stride + column,
                                 _mm512_mul_ps(_mm512_set1_ps(-2), sum));
            else
                sink->count += scan_lanes(tile, sum, row, column,
                                          sink->hits + sink->count);
        }
}

/* All of a tile. The sums of a square are settled while the next one's are
 * under way, as the unit is behind the instructions that feed it. */
WN_TILED static void tile_cross(const struct wn_tile *tile, struct sink *sink)
{
    const size_t steps = steps_of(tile->p), row = row_bytes_halves(tile->p);
    const size_t across = (tile->columns + STRIP - 1) / STRIP;
    const size_t count = (tile->rows + STRIP - 1) / STRIP * across;
    struct square square[2];

    wn_amx_open();
    for (size_t q = 0; q <= count; q++) {
        if (q < count) {
            const char *a =
                (const char *)tile->first + q / across * STRIP * row;
            const char *b = (const char *)tile->second +
                            q % across * STRIP * row + steps * STEP_BYTES;

            tile_add_up(a, b, steps, &square[q % 2]);
        }
        if (q > 0)
            tile_settle(tile, &square[1 - q % 2], (q - 1) / across * STRIP,
                        (q - 1) % across * STRIP, sink);
    }
    wn_amx_close();
}

static void multiply_halves(const struct wn_tile *tile, float *dots,
                            size_t stride)
{
    struct sink sink = {.dots = dots, .stride = stride};

    tile_cross(tile, &sink);
}

static size_t scan_halves(const struct wn_tile *tile, struct wn_hit *hits)
{
    struct sink sink = {.hits = hits};

    tile_cross(tile, &sink);
    return sink.count;
}
#endif

const struct wn_tile_kernel *wn_tile_kernel(size_t p)
{
#if defined(__x86_64__)
    static const struct wn_tile_kernel kernel = {.panel = PANEL,
                                                 .row_bytes = row_bytes_512,
                                                 .pack = pack_512,
                                                 .multiply = multiply_512,
                                                 .scan = scan_512};

    /* A panel of longer rows leaves the cache before it is used again. */
    if (p <= 2048 && wn_linear_is_wide())
        return &kernel;
#else
    (void)p;
#endif
    return NULL;
}

const struct wn_tile_kernel *wn_tile_rounding(size_t p)
{
#ifdef WN_TILED
    static const struct wn_tile_kernel kernel = {.panel = STRIP,
                                                 .row_bytes = row_bytes_halves,
                                                 .pack = pack_halves,
                                                 .loss = loss_halves,
                                                 .multiply = multiply_halves,
                                                 .scan = scan_halves};

    if (p >= STEP && wn_linear_uses_amx())
        return &kernel;
#else
    (void)p;
#endif
    return NULL;
}
