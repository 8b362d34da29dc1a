/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/kernel.h: kernel ridge regression on landmarks, judged by its exact
 * leave-one-out predictions.
 *
 * A row, standardised and cut at 3 standard deviations, becomes p numbers: z of
 * learn/nystrom.h, so that z.z' is about a Gaussian kernel plus a linear one,
 * and 1. The class scores are ridge regressions on the one-hot labels Y with
 * row weights w:
 *
 *     A = Z^T diag(w) Z + ridge I,  B = A^-1 Z^T diag(w) Y,  f = Z B
 *     h_i = w_i z_i^T A^-1 z_i
 *     leave-one-out:  f_i without row i = (f_i - h_i y_i) / (1 - h_i)
 *
 * which is what refitting without the row would give, from one factorisation.
 * Rows of one group are left out together (learn/group_loo.h). Bandwidth and
 * ridge, and whether features are divided each by its own deviation or all by
 * one number, are those with the least leave-one-out squared error on a sample
 * of up to 1,024 rows (learn/kernel_loo.h); where not all rows are landmarks,
 * the ridge is chosen once more, on 2,048 rows with half of them as landmarks
 * (it makes up for what the others miss), and between the two divisors on
 * 8,192.
 *
 * Saunders, Gammerman and Vovk, Ridge regression learning algorithm in dual
 * variables (1998); the identity: Allen (1974), Golub, Heath and Wahba (1979).
 * Compared with: refitting without the row. */
#ifndef WN_LEARN_KERNEL_H
#define WN_LEARN_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "learn/sample.h"
#include "linalg/standardize.h"
#include "util/error.h"
#include "util/parallel.h"

enum { WN_KERNEL_SLAB = 8 * WN_BLOCK }; /* rows in hand at a time */

struct wn_kernel {
    size_t landmarks; /* m of learn/nystrom.h; no more than rows */
    double bandwidth; /* > 0 */
    double ridge;     /* > 0 */
    bool joined; /* told of a choice: all features were divided by one number
                    (wn_standardize_join), not each by its own deviation */
};

/* The leave-one-out scores for given knobs. Of the sample x, label, weight,
 * group, seed and threads are read; rows of a group are left out together, by
 * learn/group_loo.h, or by a solution without them where they are very many.
 *   score   out, n x k; near 1 for the class, near 0 for others
 * Time O(n p^2 + p^3), and O(p^3) for every group of more than 2,048 rows;
 * memory O(p^2 + p k) beside the output.
 * Errors: WN_ENOMEM, WN_ENUMERIC (A is not positive definite). */
int wn_kernel_scores(const struct wn_kernel *kernel,
                     const struct wn_standardize *view,
                     const struct wn_sample *sample, float *score,
                     struct wn_error *error) WN_MUST_CHECK;

/* The squared errors of such scores, summed over rows with a label and classes,
 * for `count` ridges in place of the kernel's, from one sum over the rows.
 *   score  for its own use, n x k
 *   miss   out, count
 * Memory twice as much. Errors as above. */
int wn_kernel_misses(const struct wn_kernel *kernel, const double *ridge,
                     size_t count, const struct wn_standardize *view,
                     const struct wn_sample *sample, float *score, double *miss,
                     struct wn_error *error) WN_MUST_CHECK;

/* Leave-one-out class probabilities, knobs chosen from the data.
 *   probability  out, n x k; exp(score), rows sum to 1: timid, and to be
 *                calibrated (learn/calibrate.h)
 *   chosen       out, what was chosen; may be NULL
 * The same bytes for any number of threads. */
int wn_kernel_predict(const struct wn_sample *sample, float *probability,
                      struct wn_kernel *chosen,
                      struct wn_error *error) WN_MUST_CHECK;

/* Most bytes that takes, beside input and output; of the sample only the
 * numbers are read. */
double wn_kernel_bytes(const struct wn_sample *sample);
#endif
