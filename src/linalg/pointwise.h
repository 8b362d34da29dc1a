/* SPDX-License-Identifier: GPL-3.0-or-later */
/* linalg/pointwise.h: the steps of networks between matrix products, vectorised
 * (util/simd.h); the same bytes on every processor. Matrices are row-major. */
#ifndef WN_LINALG_POINTWISE_H
#define WN_LINALG_POINTWISE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* h = max(0, h + bias); h is rows x width, bias has `width` elements. */
void wn_relu(float *h, const float *bias, size_t rows, size_t width);
/* delta = delta where h > 0, else 0. */
void wn_relu_backward(float *delta, const float *h, size_t count);
/* w -= rate velocity. */
void wn_sgd_step(float *w, const float *velocity, size_t count, float rate);
/* sum = keep sum + share (the sum of the rows of delta); sum has `width`
 * elements. */
void wn_column_sums(float *sum, const float *delta, size_t rows, size_t width,
                    float keep, float share);
/* exp(x) for x <= 0, for loops over vectors; relative error below 1e-6, 0 below
 * e^-87. 2^n e^r with |r| <= log(2) / 2, by Cephes' polynomial. Adding
 * 1.5 * 2^23 rounds n to an integer, in the low bits. Small x are cut off by
 * their bits and get the power 0: comparing the numbers themselves would make
 * branches, and the loop would not vectorise. x - x is 0, or NaN of NaN. */
static inline float wn_exp_of(float x)
{
    const float whole = 12582912.f; /* 1.5 * 2^23 */
    float at, power, y = 1.9875691500e-4f;
    uint32_t bits, given;

    memcpy(&given, &x, sizeof given);
    bits = given < 0xc2ae0000u ? given : 0xc2ae0000u; /* -87 */
    memcpy(&at, &bits, sizeof at);
    const float shifted = at * 1.44269504088896341f + whole,
                n = shifted - whole;
    const float r = (at - n * .693359375f) + n * 2.12194440e-4f;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 127) << 23 & -(uint32_t)(given < 0xc2ae0000u);
    memcpy(&power, &bits, sizeof power);
    y = y * r + 1.3981999507e-3f;
    y = y * r + 8.3334519073e-3f;
    y = y * r + 4.1665795894e-2f;
    y = y * r + 1.6666665459e-1f;
    y = y * r + 5.0000001201e-1f;
    y = y * (r * r) + r + 1;
    return y * power + (x - x);
}
/* z = exp(z) by the same. */
void wn_exp_rows(float *z, size_t count);
/* The same in double, relative error below 1e-15; 0 below e^-708. */
void wn_exp_doubles(double *z, size_t count);
/* z = log(z) for normal positive z; error below 1e-15 and a relative one of
 * 1e-15. */
void wn_log_doubles(double *z, size_t count);
/* The softmax of each row of z into p (rows x k; p may be z); log_total[row] is
 * the log of the sum of exp(z). In single precision: relative error below 1e-5,
 * and below 1e-6 except for tiny values; 0 below e^-87 of the largest. */
void wn_softmax_in_place(const float *z, size_t rows, size_t k, float *p,
                         double *log_total);
/* The sum of squares, in double. */
double wn_squared_norm(const float *v, size_t count);

#endif
