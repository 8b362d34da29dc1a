/* SPDX-License-Identifier: GPL-3.0-or-later */
/* linalg/softmax_row.h: a row of k probabilities, or of their logarithms, as
 * wide as the processor (util/simd.h) and the same bytes on every one: at
 * 10,000 classes these loops are what a committee spends its time on.
 *
 * In single precision: errors of a logarithm and relative ones of an
 * exponential are below 1e-6. Compared with log() and exp(). */
#ifndef WN_LINALG_SOFTMAX_ROW_H
#define WN_LINALG_SOFTMAX_ROW_H

#include <stddef.h>

/* The place of the largest; of equal ones the first. */
size_t wn_softmax_row_top(const float *row, size_t k);
/* logarithm[c] = log(max(row[c] + more, least)), least > 0 and a normal
 * number; may be row. */
void wn_softmax_row_log(const float *row, size_t k, float more, float least,
                        float *logarithm);
/* sum += weight log(row + more), more > 0. */
void wn_softmax_row_add_log(const float *row, size_t k, float more,
                            float weight, float *sum);
/* The sum of exp(scale row[c]); all row[c] <= 0, scale >= 0. */
double wn_softmax_row_total(const float *row, size_t k, float scale);
/* Logarithms to probabilities: exp(scale row[c]), scale > 0, by their sum,
 * whose logarithm is returned. */
double wn_softmax_row_from(float *row, size_t k, float scale);

#endif
