/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Products of two blocks of rows compared with bounds; see products.h.
 *
 * Where the processor has a matrix unit, one kernel multiplies rows rounded to
 * 8 significant bits, at many times the speed. What rounding took from a row is
 * known, so bounds hold here, too: they are only wider, and a few more pairs
 * are left to be decided in double. */
#include "linalg/kernels/kernels.h"

#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(__x86_64__)
/* Eight columns at a time. */
__attribute__((target("avx2"))) static size_t
scan_eights(const float *dots, const float *bias, const float *limit,
            size_t columns, size_t row, float row_bias, float row_limit,
            struct wn_hit *hits)
{
    const __m256 own_bias = _mm256_set1_ps(row_bias);
    const __m256 own_limit = _mm256_set1_ps(row_limit);
    size_t count = 0;

    for (size_t c = 0; c < columns; c += 8) {
        const __m256 low =
            _mm256_add_ps(_mm256_add_ps(own_bias, _mm256_loadu_ps(bias + c)),
                          _mm256_loadu_ps(dots + c));
        const __m256 most =
            _mm256_max_ps(_mm256_loadu_ps(limit + c), own_limit);
        unsigned mask =
            (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(low, most, _CMP_LE_OQ));

        for (; mask; mask &= mask - 1) {
            const size_t j = c + (size_t)__builtin_ctz(mask);

            hits[count++] = (struct wn_hit){(int32_t)row, (int32_t)j,
                                            (row_bias + bias[j]) + dots[j]};
        }
    }
    return count;
}
#endif

size_t wn_scan_dots(const struct wn_scan *scan, const float *dots,
                    size_t stride, struct wn_hit *hits)
{
    const float *bias = scan->bias, *limit = scan->column_limit;
    size_t count = 0;

    for (size_t i = 0; i < scan->rows; i++, dots += stride) {
        const float row_bias = scan->row_bias[i];
        const float row_limit = scan->row_limit[i];

#if defined(__x86_64__)
        if (__builtin_cpu_supports("avx2")) {
            count += scan_eights(dots, bias, limit, scan->columns, i, row_bias,
                                 row_limit, hits + count);
            continue;
        }
#endif
        for (size_t c = 0; c < scan->columns; c += WN_SCAN_PAD) {
            int any = 0;

            for (size_t j = c; j < c + WN_SCAN_PAD; j++) {
                const float low = (row_bias + bias[j]) + dots[j];
                const float max = limit[j] > row_limit ? limit[j] : row_limit;

                any |= low <= max;
            }
            for (size_t j = c; any && j < c + WN_SCAN_PAD; j++) {
                const float low = (row_bias + bias[j]) + dots[j];

                if (low <= row_limit || low <= limit[j])
                    hits[count++] =
                        (struct wn_hit){(int32_t)i, (int32_t)j, low};
            }
        }
    }
    return count;
}

static size_t row_bytes_floats(size_t p)
{
    return p * sizeof(float);
}

static void multiply_sgemm(const struct wn_scan *scan, float *dots,
                           size_t stride)
{
    wn_gemm(0, 1, scan->rows, scan->columns, scan->p, -2, scan->first, scan->p,
            scan->second, scan->p, 0, dots, stride);
}

const struct wn_scan_kernel wn_scan_sgemm = {
    .panel = 1, .row_bytes = row_bytes_floats, .multiply = multiply_sgemm};

#if defined(__x86_64__)
/* 8 rows by three vectors of columns: 24 sums in 32 registers, and 11 loads
 * for 24 products. */
enum { ROWS = 8, LANES = 16, VECTORS = 3, PANEL = LANES * VECTORS };

#define WITH_512 __attribute__((target("avx512f")))

WITH_512 __attribute__((always_inline)) static inline void
add_products(const float *a, size_t row, size_t step, const float *b, size_t p,
             __m512 (*sum)[VECTORS])
{
    __m512 local[ROWS][VECTORS];

#pragma GCC unroll 8
    for (int r = 0; r < ROWS; r++)
#pragma GCC unroll 3
        for (int v = 0; v < VECTORS; v++)
            local[r][v] = _mm512_setzero_ps();
    for (size_t k = 0; k < p; k++, a += step, b += PANEL) {
        const __m512 b0 = _mm512_loadu_ps(b);
        const __m512 b1 = _mm512_loadu_ps(b + LANES);
        const __m512 b2 = _mm512_loadu_ps(b + 2 * LANES);

#pragma GCC unroll 8
        for (size_t r = 0; r < ROWS; r++) {
            const __m512 factor = _mm512_set1_ps(a[r * row]);

            local[r][0] = _mm512_fmadd_ps(factor, b0, local[r][0]);
            local[r][1] = _mm512_fmadd_ps(factor, b1, local[r][1]);
            local[r][2] = _mm512_fmadd_ps(factor, b2, local[r][2]);
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < ROWS; r++)
#pragma GCC unroll 3
        for (int v = 0; v < VECTORS; v++)
            sum[r][v] = local[r][v];
}

static void pack_512(const float *row, size_t i, size_t p, void *packed)
{
    float *out = (float *)packed + (i - i % PANEL) * p + i % PANEL;

    for (size_t j = 0; j < p; j++)
        out[j * PANEL] = row[j];
}

/* The products of eight rows from i on with the panel from column j on. */
WITH_512 static void scan_multiply(const struct wn_scan *scan, size_t i,
                                   size_t j, __m512 (*sum)[VECTORS])
{
    const size_t p = scan->p;
    const float *a = scan->first, *b = (const float *)scan->second + j * p;

    if (scan->unpacked)
        add_products(a + i * p, p, 1, b, p, sum);
    else
        add_products(a + (i - i % PANEL) * p + i % PANEL, 1, PANEL, b, p, sum);
}

WITH_512 static void multiply_512(const struct wn_scan *scan, float *dots,
                                  size_t stride)
{
    const __m512 twice = _mm512_set1_ps(-2);

    for (size_t j = 0; j < scan->columns; j += PANEL)
        for (size_t i = 0; i < scan->rows; i += ROWS) {
            __m512 sum[ROWS][VECTORS];

            scan_multiply(scan, i, j, sum);
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
scan_lanes(const struct wn_scan *scan, __m512 sum, size_t i, size_t c,
           struct wn_hit *hits)
{
    const __m512 bias = _mm512_add_ps(_mm512_set1_ps(scan->row_bias[i]),
                                      _mm512_loadu_ps(scan->bias + c));
    const __m512 low = _mm512_fnmadd_ps(_mm512_set1_ps(2), sum, bias);
    const __m512 limit = _mm512_max_ps(_mm512_set1_ps(scan->row_limit[i]),
                                       _mm512_loadu_ps(scan->column_limit + c));
    const unsigned mask = _mm512_cmp_ps_mask(low, limit, _CMP_LE_OQ);

    return mask ? take_hits(low, mask, i, c, hits) : 0;
}

WITH_512 static size_t scan_512(const struct wn_scan *scan, struct wn_hit *hits)
{
    size_t count = 0;

    for (size_t j = 0; j < scan->columns; j += PANEL)
        for (size_t i = 0; i < scan->rows; i += ROWS) {
            __m512 sum[ROWS][VECTORS];

            scan_multiply(scan, i, j, sum);
            for (size_t r = 0; r < ROWS; r++)
                for (size_t v = 0; v < VECTORS; v++)
                    count += scan_lanes(scan, sum[r][v], i + r, j + v * LANES,
                                        hits + count);
        }
    return count;
}

const struct wn_scan_kernel wn_scan_avx512 = {.panel = PANEL,
                                              .row_bytes = row_bytes_floats,
                                              .pack = pack_512,
                                              .multiply = multiply_512,
                                              .scan = scan_512};
#endif

#ifdef WN_TILED
/* A panel holds 32 rows twice: as the left operand of a product, then as the
 * right one. Each is a sequence of steps of 32 numbers, two tiles of 16 rows. A
 * tile has 16 lines of 16 pairs of numbers; a row is a line on the left, and a
 * place within the lines on the right. */
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

/* The nearest number of 8 bits, in the upper half; 0 for subnormal numbers,
 * which the unit takes for 0. */
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

WN_TILED static inline void add_up(const char *a, const char *b, size_t steps,
                                   struct square *s)
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

/* All of a block: into `dots` the products, or if that is NULL the hits, whose
 * number it returns. The sums of a square are taken while the unit works on the
 * next one, as it is behind the instructions that feed it. */
WN_TILED static size_t scan_cross(const struct wn_scan *scan, float *dots,
                                  size_t stride, struct wn_hit *hits)
{
    const size_t steps = steps_of(scan->p), row = row_bytes_halves(scan->p);
    const size_t across = (scan->columns + STRIP - 1) / STRIP;
    const size_t count = (scan->rows + STRIP - 1) / STRIP * across;
    struct square square[2];
    size_t found = 0;

    wn_amx_open();
    for (size_t q = 0; q <= count; q++) {
        if (q < count) {
            const char *a =
                (const char *)scan->first + q / across * STRIP * row;
            const char *b = (const char *)scan->second +
                            q % across * STRIP * row + steps * STEP_BYTES;

            add_up(a, b, steps, &square[q % 2]);
        }
        for (size_t t = 0; q > 0 && t < 4; t++)
            for (size_t r = 0; r < LANES; r++) {
                const __m512 sum =
                    _mm512_load_ps(square[1 - q % 2].sum[t] + r * LANES);
                const size_t i = (q - 1) / across * STRIP + t / 2 * LANES + r;
                const size_t j = (q - 1) % across * STRIP + t % 2 * LANES;

                if (dots)
                    _mm512_storeu_ps(dots + i * stride + j,
                                     _mm512_mul_ps(_mm512_set1_ps(-2), sum));
                else
                    found += scan_lanes(scan, sum, i, j, hits + found);
            }
    }
    wn_amx_close();
    return found;
}

static void multiply_halves(const struct wn_scan *scan, float *dots,
                            size_t stride)
{
    scan_cross(scan, dots, stride, NULL);
}

static size_t scan_halves(const struct wn_scan *scan, struct wn_hit *hits)
{
    return scan_cross(scan, NULL, 0, hits);
}
const struct wn_scan_kernel wn_scan_amx = {.panel = STRIP,
                                           .row_bytes = row_bytes_halves,
                                           .pack = pack_halves,
                                           .loss = loss_halves,
                                           .multiply = multiply_halves,
                                           .scan = scan_halves};
#endif
