/* SPDX-License-Identifier: GPL-3.0-or-later */
/* linalg/pointwise.h: the steps of networks between matrix products, vectorised
 * (util/simd.h); the same bytes on every processor. Matrices are row-major. */
#ifndef WN_LINALG_POINTWISE_H
#define WN_LINALG_POINTWISE_H

#include <stddef.h>

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
/* z = exp(z) for z <= 0; relative error below 1e-6, 0 below e^-87. */
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
