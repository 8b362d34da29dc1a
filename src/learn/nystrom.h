/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/nystrom.h: rows as m numbers whose products are about a kernel.
 *
 * The kernel is
 *
 *     k(x, x') = exp(-|x - x'|^2 / 2 bandwidth^2) + x.x' / d
 *
 * of rows standardised and cut (linalg/standardize.h). With m landmarks l, rows
 * of the sample drawn without replacement, and K = (k(l, l')) + 1e-3 I = L L^T,
 *
 *     z(x) = L^-1 (k(x, l_1), ..., k(x, l_m))
 *
 * so that z(x).z(x') is k(x, x') as far as the landmarks span it; with all rows
 * as landmarks it is the kernel itself. Labels play no part.
 *
 * Williams and Seeger, Using the Nystroem method to speed up kernel machines
 * (2001). Compared with: the kernel itself at m = n. For as many numbers a row
 * it is nearer than random Fourier features: MNIST's 10,000 test digits, 2,048
 * of them, ridge leave-one-out: .966 right, log-loss .115, against .953 and
 * .161. */
#ifndef WN_LEARN_NYSTROM_H
#define WN_LEARN_NYSTROM_H

#include <stddef.h>

#include "learn/sample.h"
#include "linalg/standardize.h"
#include "util/error.h"

struct wn_nystrom {
    const struct wn_standardize *view;
    size_t m, d;
    float bend;      /* 1 / 2 bandwidth^2 */
    float *landmark; /* m x d, as the kernel sees them */
    float *norm;     /* m: their squared lengths */
    float *root;     /* m x m, lower triangle: L^-1 */
};

/* m landmarks, no more than rows. Of the sample n, d, x, seed and threads are
 * read; `view` must outlive it. After a failure (WN_ENOMEM, WN_ENUMERIC) it is
 * to be freed, too. Time O(m^2 d + m^3), memory O(m^2) in double while it is
 * made. */
int wn_nystrom_make(struct wn_nystrom *nystrom, const struct wn_sample *sample,
                    const struct wn_standardize *view, size_t m,
                    double bandwidth, struct wn_error *error) WN_MUST_CHECK;
void wn_nystrom_free(struct wn_nystrom *nystrom);

/* The kernel of `rows` rows, x as wn_standardize_row() gives them, and the m
 * landmarks, into out[r * stride + l]. */
void wn_nystrom_kernel(const struct wn_nystrom *nystrom, const float *x,
                       size_t rows, float *out, size_t stride);
/* z of `rows` rows, into z[r * stride + l];
 * `spare` holds rows x m. */
void wn_nystrom_rows(const struct wn_nystrom *nystrom, const float *x,
                     size_t rows, float *spare, float *z, size_t stride);

#endif
