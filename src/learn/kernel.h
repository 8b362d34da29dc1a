/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/kernel.h: kernel ridge regression on landmarks with exact leave-one-out
 * predictions.
 *
 * The kernel of two rows, standardised and clipped at 3 standard deviations
 * (linalg/standardize.h), is
 *
 *     k(x, x') = exp(-|x - x'|^2 / 2 bandwidth^2) + x.x' / d
 *
 * With m landmarks l, rows of the sample drawn without replacement, and
 * K = (k(l, l')) + 1e-3 I = L L^T, each row becomes p = m + 1 numbers
 *
 *     z(x) = (L^-1 (k(x, l_1), ..., k(x, l_m)), 1)
 *
 * so that z(x).z(x') - 1 approximates k(x, x'); with all rows as landmarks it
 * is the kernel itself. The class scores are ridge regressions on the one-hot
 * labels Y with row weights w:
 *
 *     A = Z^T diag(w) Z + ridge I,  B = A^-1 Z^T diag(w) Y,  f = Z B
 *     h_i = w_i z_i^T A^-1 z_i                         (the leverage)
 *     leave-one-out:  f_i without row i = (f_i - h_i y_i) / (1 - h_i)
 *
 * which is what refitting without the row would give, from one factorisation.
 * The rows of a group B are left out together: with W = S S their weights and
 * H = S Z_B A^-1 Z_B^T S,
 *
 *     f_B without B = F_B - Z_B A^-1 Z_B^T S (I - H)^-1 S (Y - F)_B
 *
 * The bandwidth, the ridge and the divisor of the features (of each its own
 * deviation, or one number for all) are those of the least squared
 * leave-one-out error on a sample of up to 1,024 rows. Where not all rows are
 * landmarks, the ridge is chosen once more, on 2,048 rows with half of them as
 * landmarks (it makes up for what the landmarks miss), and the divisor on 8,192
 * rows.
 *
 * Williams and Seeger, Using the Nystroem method to speed up kernel machines
 * (2001); Saunders, Gammerman and Vovk, Ridge regression learning algorithm in
 * dual variables (1998); the leave-one-out identity: Allen (1974), Golub, Heath
 * and Wahba (1979); for sets of rows: Cook and Weisberg, Residuals and
 * influence in regression (1982). Compared with: refitting without the rows. */
#ifndef WN_LEARN_KERNEL_H
#define WN_LEARN_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "learn/sample.h"
#include "linalg/standardize.h"
#include "util/error.h"
#include "util/parallel.h"

enum { WN_KERNEL_SLAB = 8 * WN_BLOCK }; /* rows processed at a time */

struct wn_kernel {
    size_t landmarks; /* m above; at most the number of rows */
    double bandwidth; /* > 0 */
    double ridge;     /* > 0 */
};

/* The leave-one-out scores for given settings. Of the sample x, label, weight,
 * group, seed and threads are read. A group of more than WN_KERNEL_SLAB rows,
 * or of more than a quarter of the rows, is left out by solving without it.
 *   score   out, n x k; near 1 for the class, near 0 for others
 * Time O(n p^2 + p^3), and O(p^3) for every such group; memory O(p^2 + p k)
 * beside the output.
 * Errors: WN_ENUMERIC (A is not positive definite). */
int wn_kernel_scores(const struct wn_kernel *kernel,
                     const struct wn_standardize *standard,
                     const struct wn_sample *sample, float *score,
                     struct wn_error *error) WN_MUST_CHECK;

/* The squared errors of such scores, summed over classes and rows with a label,
 * for each of `count` ridges in place of the kernel's. The sums over the rows
 * are made once.
 *   score          scratch, n x k
 *   squared_error  out, count
 * Memory: twice as much. Errors as above. */
int wn_kernel_errors(const struct wn_kernel *kernel, const double *ridge,
                     size_t count, const struct wn_standardize *standard,
                     const struct wn_sample *sample, float *score,
                     double *squared_error,
                     struct wn_error *error) WN_MUST_CHECK;

/* Leave-one-out class probabilities with settings chosen from the data.
 *   probability  out, n x k; exp(score), rows sum to 1: underconfident, to be
 *                calibrated (learn/calibrate.h)
 * sample->chosen gets the settings, and as scale whether each feature was
 * divided by its own deviation or all by one number (wn_standardize_join).
 * The result does not depend on the number of threads. */
int wn_kernel_predict(const struct wn_sample *sample, float *probability,
                      struct wn_error *error) WN_MUST_CHECK;

/* Peak bytes, beside input and output; only the sizes of the sample are
 * read. */
double wn_kernel_bytes(const struct wn_sample *sample);

/* Exact kernel ridge on few rows, and its leave-one-out error:
 *
 *     G = (k(x_i, x_j) + 1) + ridge diag(1 / w),  a = G^-1 Y
 *     y_i - f_i without row i = a_i / (G^-1)_ii
 *
 * and for the rows B of a group, left out together, (G^-1)_BB^-1 a_B. These are
 * the predictions above with all rows as landmarks, at n^3 operations in double
 * for each trial of bandwidth and ridge, whatever d and k are; the products of
 * the rows are computed once. Sundararajan and Keerthi, Predictive approaches
 * for choosing hyperparameters in Gaussian processes (2001). Compared with:
 * wn_kernel_scores(). */
struct wn_kernel_loo;

/* Of the sample n, d, k, x, label, weight, group, groups and threads are read
 * (not later); every row has a label and a weight above 0. */
struct wn_kernel_loo *wn_kernel_loo_new(const struct wn_sample *sample,
                                        const struct wn_standardize *standard);
void wn_kernel_loo_free(struct wn_kernel_loo *loo);

struct wn_trial {
    double bandwidth, ridge; /* > 0 */
    double squared_error;    /* out: sum of |y_i - f_i without row i|^2 */
};
/* Trials run in parallel, each with 8 n^2 bytes of its own, and as many again
 * where many classes occur. The result does not depend on `threads`.
 * Errors: WN_ENUMERIC. */
int wn_kernel_loo_try(const struct wn_kernel_loo *loo, struct wn_trial *trials,
                      size_t count, struct wn_error *error) WN_MUST_CHECK;

#endif
