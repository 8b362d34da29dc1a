/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Steps between matrix products; see pointwise.h. */
#include "linalg/pointwise.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "util/simd.h"

WN_MULTIVERSION void wn_relu(float *h, const float *bias, size_t rows,
                             size_t width)
{
    for (size_t i = 0; i < rows; i++) {
        float *row = h + i * width;

#pragma omp simd
        for (size_t j = 0; j < width; j++) {
            const float a = row[j] + bias[j];

            row[j] = a > 0 ? a : 0;
        }
    }
}

WN_MULTIVERSION void wn_relu_backward(float *delta, const float *h,
                                      size_t count)
{
#pragma omp simd
    for (size_t i = 0; i < count; i++)
        delta[i] = h[i] > 0 ? delta[i] : 0;
}

WN_MULTIVERSION void wn_sgd_step(float *w, const float *velocity, size_t count,
                                 float rate)
{
#pragma omp simd
    for (size_t i = 0; i < count; i++)
        w[i] -= rate * velocity[i];
}

WN_MULTIVERSION void wn_column_sums(float *sum, const float *delta, size_t rows,
                                    size_t width, float keep, float share)
{
#pragma omp simd
    for (size_t j = 0; j < width; j++)
        sum[j] *= keep;
    for (size_t i = 0; i < rows; i++) {
        const float *row = delta + i * width;

#pragma omp simd
        for (size_t j = 0; j < width; j++)
            sum[j] += share * row[j];
    }
}

/* exp(x) = 2^n e^r with |r| <= log(2) / 2, by Cephes' polynomial. Adding
 * 1.5 * 2^23 rounds n to an integer. */
WN_MULTIVERSION void wn_exp_rows(float *z, size_t count)
{
    const float whole = 12582912.f; /* 1.5 * 2^23 */

#pragma omp simd
    for (size_t i = 0; i < count; i++) {
        const float x = z[i], at = x > -87.f ? x : -87.f;
        const float n = (at * 1.44269504088896341f + whole) - whole;
        const float r = (at - n * .693359375f) + n * 2.12194440e-4f;
        float y = 1.9875691500e-4f;
        const uint32_t bits = (uint32_t)((int32_t)n + 127) << 23;
        float power;

        y = y * r + 1.3981999507e-3f;
        y = y * r + 8.3334519073e-3f;
        y = y * r + 4.1665795894e-2f;
        y = y * r + 1.6666665459e-1f;
        y = y * r + 5.0000001201e-1f;
        y = y * (r * r) + r + 1;
        memcpy(&power, &bits, sizeof power);
        z[i] = x > -87.f ? y * power : x - x; /* 0, or NaN of NaN */
    }
}

/* Rows of few classes are narrower than a vector, so one loop takes the
 * exponentials of all rows. */
void wn_softmax_in_place(const float *z, size_t rows, size_t k, float *p,
                         double *log_total)
{
    for (size_t i = 0; i < rows; i++) {
        float top = z[i * k];

        for (size_t c = 1; c < k; c++)
            top = z[i * k + c] > top ? z[i * k + c] : top;
        log_total[i] = top;
        for (size_t c = 0; c < k; c++)
            p[i * k + c] = z[i * k + c] - top;
    }
    wn_exp_rows(p, rows * k);
    const size_t even = k - k % 4;
    for (size_t i = 0; i < rows; i++) {
        float *row = p + i * k;
        double lane[4] = {0}, rest = 0;

        for (size_t c = 0; c < even; c += 4)
            for (size_t l = 0; l < 4; l++)
                lane[l] += row[c + l];
        for (size_t c = even; c < k; c++)
            rest += row[c];
        const double sum = ((lane[0] + lane[1]) + (lane[2] + lane[3])) + rest;
        const float share = (float)(1 / sum);

        log_total[i] += log(sum);
        for (size_t c = 0; c < k; c++)
            row[c] *= share;
    }
}

WN_MULTIVERSION double wn_squared_norm(const float *v, size_t count)
{
    double lane[WN_SIMD_LANES] = {0}, sum = 0;
    const size_t even = count - count % WN_SIMD_LANES;

    for (size_t i = 0; i < even; i += WN_SIMD_LANES) {
#pragma omp simd
        for (size_t l = 0; l < WN_SIMD_LANES; l++)
            lane[l] += (double)v[i + l] * v[i + l];
    }
    for (size_t l = 0; l < WN_SIMD_LANES; l++)
        sum += lane[l];
    for (size_t i = even; i < count; i++)
        sum += (double)v[i] * v[i];
    return sum;
}
