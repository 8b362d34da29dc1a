/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Products in registers by AVX-512; see tile.h. */
#include "model/tile.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "model/linear.h"

void wn_tile_pack(const struct wn_tile_kernel *kernel, const float *row,
                  size_t i, size_t p, float *packed)
{
    float *out = packed + (i - i % kernel->panel) * p + i % kernel->panel;

    for (size_t j = 0; j < p; j++)
        out[j * kernel->panel] = row[j];
}

size_t wn_tile_scan(const struct wn_tile *tile, const float *dots,
                    size_t stride, struct wn_hit *hits)
{
    size_t count = 0;

    for (size_t i = 0; i < tile->rows; i++)
        count += wn_near_scan(dots + i * stride, tile->bias,
                              tile->column_limit, tile->columns, i,
                              tile->row_bias[i], tile->row_limit[i],
                              hits + count);
    return count;
}

#if defined(__x86_64__)
/* 8 rows by three vectors of columns: 24 sums in 32 registers, and 11 loads
 * for 24 products. */
enum { ROWS = 8, LANES = 16, VECTORS = 3, PANEL = LANES * VECTORS };

#define WITH_512 __attribute__((target("avx512f")))

WITH_512 __attribute__((always_inline)) static inline void
add_products(const float *a, size_t row, size_t step, const float *b, size_t p,
             __m512 (*sum)[VECTORS])
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

/* The products of eight rows from i on with the panel from column j on. */
WITH_512 static void multiply(const struct wn_tile *tile, size_t i, size_t j,
                              __m512 (*sum)[VECTORS])
{
    const size_t p = tile->p;
    const float *b = tile->second + j * p;

    if (tile->loose)
        add_products(tile->first + i * p, p, 1, b, p, sum);
    else
        add_products(tile->first + (i - i % PANEL) * p + i % PANEL, 1, PANEL,
                     b, p, sum);
}

WITH_512 static void multiply_512(const struct wn_tile *tile, float *dots,
                                  size_t stride)
{
    const __m512 twice = _mm512_set1_ps(-2);

    for (size_t j = 0; j < tile->columns; j += PANEL)
        for (size_t i = 0; i < tile->rows; i += ROWS) {
            __m512 sum[ROWS][VECTORS];

            multiply(tile, i, j, sum);
            for (size_t r = 0; r < ROWS; r++)
                for (size_t v = 0; v < VECTORS; v++)
                    _mm512_storeu_ps(
                        dots + (i + r) * stride + j + v * LANES,
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

        hits[count++] = (struct wn_hit){
            (int32_t)row, (int32_t)(column + c), lows[c]};
    }
    return count;
}

WITH_512 static size_t scan_512(const struct wn_tile *tile,
                                struct wn_hit *hits)
{
    const __m512 twice = _mm512_set1_ps(2);
    size_t count = 0;

    for (size_t j = 0; j < tile->columns; j += PANEL)
        for (size_t i = 0; i < tile->rows; i += ROWS) {
            __m512 sum[ROWS][VECTORS];

            multiply(tile, i, j, sum);
            for (size_t r = 0; r < ROWS; r++)
                for (size_t v = 0; v < VECTORS; v++) {
                    const size_t c = j + v * LANES;
                    const __m512 bias =
                        _mm512_add_ps(_mm512_set1_ps(tile->row_bias[i + r]),
                                      _mm512_loadu_ps(tile->bias + c));
                    const __m512 low =
                        _mm512_fnmadd_ps(twice, sum[r][v], bias);
                    const __m512 most =
                        _mm512_max_ps(_mm512_set1_ps(tile->row_limit[i + r]),
                                      _mm512_loadu_ps(tile->column_limit + c));
                    const unsigned mask =
                        _mm512_cmp_ps_mask(low, most, _CMP_LE_OQ);

                    if (mask)
                        count += take_hits(low, mask, i + r, c, hits + count);
                }
        }
    return count;
}
#endif

const struct wn_tile_kernel *wn_tile_kernel(size_t p)
{
#if defined(__x86_64__)
    static const struct wn_tile_kernel kernel = {
        .panel = PANEL, .multiply = multiply_512, .scan = scan_512};

    /* A panel of longer rows leaves the cache before it is used again. */
    if (p <= 2048 && wn_linear_is_wide())
        return &kernel;
#else
    (void)p;
#endif
    return NULL;
}
