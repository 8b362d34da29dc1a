/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of probabilities; see softmax_row.h. */
#include "linalg/softmax_row.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "linalg/pointwise.h"
#include "util/simd.h"

enum { PIECE = 256 }; /* elements at a time, on the stack */

WN_MULTIVERSION static float softmax_row_max(const float *row, size_t k)
{
    const size_t even = k - k % WN_SIMD_LANES;
    float lane[WN_SIMD_LANES], top = row[0];

    for (size_t l = 0; l < WN_SIMD_LANES; l++)
        lane[l] = row[0];
    for (size_t c = 0; c < even; c += WN_SIMD_LANES) {
#pragma omp simd
        for (size_t l = 0; l < WN_SIMD_LANES; l++)
            lane[l] = row[c + l] > lane[l] ? row[c + l] : lane[l];
    }
    for (size_t l = 0; l < WN_SIMD_LANES; l++)
        top = lane[l] > top ? lane[l] : top;
    for (size_t c = even; c < k; c++)
        top = row[c] > top ? row[c] : top;
    return top;
}

size_t wn_softmax_row_top(const float *row, size_t k)
{
    const float top = softmax_row_max(row, k);
    size_t c = 0;

    while (c + 1 < k && row[c] != top)
        c++;
    return c;
}

/* log(x) of a normal number: x = 2^e m, m in [sqrt(1/2), sqrt(2)), log m by
 * Cephes' polynomial in m - 1. */
static inline float log_of(float x)
{
    uint32_t bits;
    float m;

    memcpy(&bits, &x, sizeof bits);
    /* sqrt(1/2) has the bits 3f3504f3. */
    const uint32_t shifted = bits + (0x3f800000u - 0x3f3504f3u);
    const float e = (float)((int32_t)(shifted >> 23) - 127);
    const uint32_t rest = (shifted & 0x007fffffu) + 0x3f3504f3u;

    memcpy(&m, &rest, sizeof m);
    const float r = m - 1, square = r * r;
    float y = 7.0376836292e-2f;

    y = y * r - 1.1514610310e-1f;
    y = y * r + 1.1676998740e-1f;
    y = y * r - 1.2420140846e-1f;
    y = y * r + 1.4249322787e-1f;
    y = y * r - 1.6668057665e-1f;
    y = y * r + 2.0000714765e-1f;
    y = y * r - 2.4999993993e-1f;
    y = y * r + 3.3333331174e-1f;
    y = y * r * square - 2.12194440e-4f * e - 0.5f * square;
    return r + y + 0.693359375f * e;
}

WN_MULTIVERSION void wn_softmax_row_log(const float *row, size_t k,
                                        float offset, float min,
                                        float *logarithm)
{
#pragma omp simd
    for (size_t c = 0; c < k; c++) {
        const float p = row[c] + offset;

        logarithm[c] = log_of(p > min ? p : min);
    }
}

WN_MULTIVERSION void wn_softmax_row_add_log(const float *row, size_t k,
                                            float offset, float weight,
                                            float *sum)
{
#pragma omp simd
    for (size_t c = 0; c < k; c++)
        sum[c] += weight * log_of(row[c] + offset);
}

WN_MULTIVERSION static double softmax_row_sum(const float *row, size_t k)
{
    const size_t even = k - k % WN_SIMD_LANES;
    double lane[WN_SIMD_LANES] = {0}, sum = 0;

    for (size_t c = 0; c < even; c += WN_SIMD_LANES) {
#pragma omp simd
        for (size_t l = 0; l < WN_SIMD_LANES; l++)
            lane[l] += (double)row[c + l];
    }
    for (size_t l = 0; l < WN_SIMD_LANES; l++)
        sum += lane[l];
    for (size_t c = even; c < k; c++)
        sum += (double)row[c];
    return sum;
}

/* out = scale (row - offset). */
WN_MULTIVERSION static void scale_row(const float *row, size_t k, float offset,
                                      float scale, float *out)
{
#pragma omp simd
    for (size_t c = 0; c < k; c++)
        out[c] = scale * (row[c] - offset);
}

double wn_softmax_row_total(const float *row, size_t k, float scale)
{
    double sum = 0;

    for (size_t from = 0; from < k; from += PIECE) {
        const size_t width = k - from < PIECE ? k - from : PIECE;
        float piece[PIECE];

        scale_row(row + from, width, 0, scale, piece);
        wn_exp_rows(piece, width);
        sum += softmax_row_sum(piece, width);
    }
    return sum;
}

double wn_softmax_row_from(float *row, size_t k, float scale)
{
    const float max = softmax_row_max(row, k);

    scale_row(row, k, max, scale, row);
    wn_exp_rows(row, k);
    const double sum = softmax_row_sum(row, k);

    scale_row(row, k, 0, (float)(1 / sum), row);
    return (double)scale * (double)max + log(sum);
}
