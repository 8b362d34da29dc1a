/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/align.h: two blocks of features in one space, out of sample. */
#ifndef WN_LEARN_ALIGN_H
#define WN_LEARN_ALIGN_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

/* The same n rows seen twice, x n x d and y n x p, row-major, finite. */
struct wn_blocks {
    const float *x, *y;
    size_t n, d, p;
    uint64_t seed;
    int threads;
};

enum wn_alignment {
    WN_ALIGN_AUTO, /* none where that makes sense, see below, else ridge */
    WN_ALIGN_NONE, /* the blocks are in one space: d = p */
    WN_ALIGN_RIDGE /* what ridge regression says of y from x */
};

enum { WN_ALIGN_FOLDS = 5, WN_ALIGN_MAX = 4096 };

/* Features are standardised first (linalg/standardize.h). Under WN_ALIGN_RIDGE
 * each row's x becomes the prediction of its y by a ridge regression on the
 * other folds, so that no pair vouches for itself; the ridge is the one of
 * six, 1e-4 to 10 of a feature's sum of squares, with the least squared error
 * on the folds left out. Hoerl and Kennard 1970. WN_ALIGN_AUTO takes the blocks
 * as they are if d = p and three quarters of up to 4,096 rows are more similar
 * to their own partner than to the next row's.
 *   a, b    out, n x p: rows of length 1, or of zeros, to be compared by their
 *           products; a from x, b from y
 *   chosen  out: WN_ALIGN_NONE or WN_ALIGN_RIDGE
 *   ridge   out: the one taken, as a share of a feature's sum of squares
 * Errors: WN_EDATA (WN_ALIGN_NONE and d != p; ridge with more than
 * WN_ALIGN_MAX features or fewer rows than folds); WN_ENOMEM; WN_ENUMERIC.
 * Compared with scikit-learn Ridge and brute force. */
int wn_align(const struct wn_blocks *blocks, enum wn_alignment asked, float *a,
             float *b, enum wn_alignment *chosen, double *ridge,
             struct wn_error *error) WN_MUST_CHECK;

/* Most bytes that takes, beside input and output. */
double wn_align_bytes(size_t n, size_t d, size_t p, int threads);

#endif
