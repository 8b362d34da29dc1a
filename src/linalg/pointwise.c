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

WN_MULTIVERSION void wn_exp_rows(float *z, size_t count)
{
#pragma omp simd
    for (size_t i = 0; i < count; i++)
        z[i] = wn_exp_of(z[i]);
}

/* wn_exp_of() in double, by Taylor's polynomial. */
WN_MULTIVERSION void wn_exp_doubles(double *z, size_t count)
{
#pragma omp simd
    for (size_t i = 0; i < count; i++) {
        const double x = z[i];
        const double whole = 6755399441055744.; /* 1.5 * 2^52 */
        double at, power, y = 1.6059043836821613e-10;
        uint64_t bits, given;

        memcpy(&given, &x, sizeof given);
        bits = given < 0xc086200000000000u ? given
                                           : 0xc086200000000000u; /* -708 */
        memcpy(&at, &bits, sizeof at);
        const double shifted = at * 1.4426950408889634 + whole,
                     n = shifted - whole;
        const double r = (at - n * 6.93147180369123816490e-01) -
                         n * 1.90821492927058770002e-10;
        memcpy(&bits, &shifted, sizeof bits);
        bits = (bits + 1023) << 52 & -(uint64_t)(given < 0xc086200000000000u);
        memcpy(&power, &bits, sizeof power);
        y = y * r + 2.0876756987868099e-9;
        y = y * r + 2.5052108385441720e-8;
        y = y * r + 2.7557319223985893e-7;
        y = y * r + 2.7557319223985888e-6;
        y = y * r + 2.4801587301587302e-5;
        y = y * r + 1.9841269841269841e-4;
        y = y * r + 1.3888888888888889e-3;
        y = y * r + 8.3333333333333332e-3;
        y = y * r + 4.1666666666666664e-2;
        y = y * r + 1.6666666666666666e-1;
        y = y * r + .5;
        y = y * (r * r) + r + 1;
        z[i] = y * power + (x - x);
    }
}

/* x = 2^e m, m in [sqrt(1/2), sqrt(2)), log m = 2 artanh(s) by its series, s =
 * (m - 1) / (m + 1). */
WN_MULTIVERSION void wn_log_doubles(double *z, size_t count)
{
#pragma omp simd
    for (size_t i = 0; i < count; i++) {
        const double x = z[i];
        /* sqrt(1/2) has the bits 3fe6a09e667f3bcd. */
        const uint64_t root = 0x3fe6a09e667f3bcdu;
        const double whole = 4503599627370496.; /* 2^52 */
        uint64_t bits, number;
        double m, e;

        memcpy(&bits, &x, sizeof bits);
        const uint64_t shifted = bits + (0x3ff0000000000000u - root);
        const uint64_t rest = (shifted & 0x000fffffffffffffu) + root;
        number = (shifted >> 52) | 0x4330000000000000u; /* 2^52 + exponent */
        memcpy(&e, &number, sizeof e);
        e -= whole + 1023;
        memcpy(&m, &rest, sizeof m);
        const double s = (m - 1) / (m + 1), square = s * s;
        double y = 1. / 21;

        y = y * square + 1. / 19;
        y = y * square + 1. / 17;
        y = y * square + 1. / 15;
        y = y * square + 1. / 13;
        y = y * square + 1. / 11;
        y = y * square + 1. / 9;
        y = y * square + 1. / 7;
        y = y * square + 1. / 5;
        y = y * square + 1. / 3;
        z[i] = e * 6.93147180369123816490e-01 +
               (2 * s + (2 * s * square * y + e * 1.90821492927058770002e-10));
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
