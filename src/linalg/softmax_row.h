/* SPDX-License-Identifier: GPL-3.0-or-later */
/* linalg/softmax_row.h: a row of k probabilities or of their logarithms,
 * vectorised (util/simd.h); the same bytes on every processor. With 10,000
 * classes, the committee spends most of its time in these loops.
 *
 * In single precision: the error of a logarithm and the relative error of an
 * exponential are below 1e-6. Compared with log() and exp(). */
#ifndef WN_LINALG_SOFTMAX_ROW_H
#define WN_LINALG_SOFTMAX_ROW_H

#include <stddef.h>

/* The index of the maximum; the first of equal ones. */
size_t wn_softmax_row_top(const float *row, size_t k);
/* logarithm[c] = log(max(row[c] + offset, min)); min > 0 is a normal number;
 * logarithm may be row. */
void wn_softmax_row_log(const float *row, size_t k, float offset, float min,
                        float *logarithm);
/* sum += weight log(row + offset), offset > 0. */
void wn_softmax_row_add_log(const float *row, size_t k, float offset,
                            float weight, float *sum);
/* The sum of exp(scale row[c]); all row[c] <= 0, scale >= 0. */
double wn_softmax_row_total(const float *row, size_t k, float scale);
/* Logarithms to probabilities: exp(scale row[c]) divided by their sum; scale >
 * 0. Returns the logarithm of the sum. */
double wn_softmax_row_from(float *row, size_t k, float scale);

#endif
