/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/kernel_loo.h: kernel ridge regression on few rows, and how wrong it is
 * on each when that row is left out.
 *
 * With the kernel k of learn/nystrom.h, weights w and one-hot labels Y
 *
 *     G = (k(x_i, x_j) + 1) + ridge diag(1 / w),  a = G^-1 Y
 *     y_i - f_i without row i = a_i / (G^-1)_ii
 *
 * and for rows B of a group, left out together, (G^-1)_BB^-1 a_B. These are the
 * predictions of learn/kernel.h with all rows as landmarks, at n^3 operations
 * in double for each trial of bandwidth and ridge, whatever d and k are; the
 * products of the rows are made once.
 *
 * Saunders, Gammerman and Vovk (1998); the identity in this form: Sundararajan
 * and Keerthi, Predictive approaches for choosing hyperparameters in Gaussian
 * processes (2001). Compared with: wn_kernel_scores(). */
#ifndef WN_LEARN_KERNEL_LOO_H
#define WN_LEARN_KERNEL_LOO_H

#include "learn/sample.h"
#include "linalg/standardize.h"
#include "util/error.h"

struct wn_kernel_loo;

/* Of the sample n, d, k, x, label, weight, group, groups and threads are read;
 * every row has a label and a weight above 0. It is not looked at later.
 * NULL: WN_ENOMEM. */
struct wn_kernel_loo *wn_kernel_loo_new(const struct wn_sample *sample,
                                        const struct wn_standardize *view);
void wn_kernel_loo_free(struct wn_kernel_loo *exact);

struct wn_trial {
    double bandwidth, ridge; /* > 0 */
    double miss;             /* out: the sum of |y_i - f_i without row i|^2 */
};
/* The trials go in parallel, each with 8 n^2 bytes for itself, and where many
 * classes occur as many again. The same for any `threads`.
 * Errors: WN_ENOMEM, WN_ENUMERIC. */
int wn_kernel_loo_try(const struct wn_kernel_loo *exact,
                      struct wn_trial *trials, size_t count,
                      struct wn_error *error) WN_MUST_CHECK;

#endif
