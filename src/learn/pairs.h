/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/pairs.h: how well the two halves of every pair fit together. Two blocks
 * of features are mapped into one space, out of sample, and compared. */
#ifndef WN_LEARN_PAIRS_H
#define WN_LEARN_PAIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/log.h"

/* Two blocks of features of the same n rows, x n x d and y n x p, row-major,
 * finite. */
struct wn_blocks {
    const float *x, *y;
    size_t n, d, p;
    uint64_t seed;
    int threads;
};

enum wn_alignment {
    WN_ALIGN_AUTO, /* none where the blocks agree (see below), else ridge */
    WN_ALIGN_NONE, /* the blocks are in one space: d = p */
    WN_ALIGN_RIDGE /* predict y from x by ridge regression */
};

enum { WN_ALIGN_FOLDS = 5, WN_ALIGN_MAX = 4096 };

/* Features are standardised first (linalg/standardize.h). Under WN_ALIGN_RIDGE
 * each row's x becomes the prediction of its y by a ridge regression on the
 * other folds, so that no pair is fitted to itself; of six ridges, 1e-4 to 10
 * of a feature's sum of squares, the one with the least squared error on the
 * left-out folds is taken. Hoerl and Kennard 1970. WN_ALIGN_AUTO takes the
 * blocks as they are if d = p and three quarters of up to 4,096 rows are more
 * similar to their own partner than to the next row's.
 *   a, b    out, n x p: rows of length 1, or of zeros, to be compared by their
 *           products; a from x, b from y
 *   chosen  out: WN_ALIGN_NONE or WN_ALIGN_RIDGE
 *   ridge   out: the chosen one, as a share of a feature's sum of squares
 * Errors: WN_EDATA (WN_ALIGN_NONE and d != p; ridge with more than
 * WN_ALIGN_MAX features or fewer than 2 rows a fold); WN_ENUMERIC.
 * Compared with scikit-learn Ridge and brute force. */
int wn_align(const struct wn_blocks *blocks, enum wn_alignment asked, float *a,
             float *b, enum wn_alignment *chosen, double *ridge,
             struct wn_error *error) WN_MUST_CHECK;

/* Comparison of n pairs (a_i, b_i) of rows of length 1. */
struct wn_pairs {
    double *cosine; /* n, a_i b_i, -1 .. 1 */
    /* With ranks, else NULL; n each, from 1: 1 + the number of b that are more
     * similar to a_i than b_i is; likewise of a for b_i. */
    int32_t *rank_b, *rank_a;
    int32_t *partner; /* n, the most similar b of a_i, ties to the lower row */
    enum wn_alignment alignment; /* what was chosen */
    double ridge;
};

/* Align the blocks and compare. Ranks take O(n n p), by matrix products;
 * products that are too close to decide are recomputed in double, so the result
 * depends neither on their rounding nor on threads. Call wn_pairs_free() in any
 * case. Errors: those of wn_align(). Compared with brute force. */
int wn_pairs_compare(const struct wn_blocks *blocks, enum wn_alignment asked,
                     bool ranks, struct wn_log *log, struct wn_pairs *pairs,
                     struct wn_error *error) WN_MUST_CHECK;
void wn_pairs_free(struct wn_pairs *pairs);

/* Peak bytes, the result included, beside the blocks. */
double wn_pairs_bytes(size_t n, size_t d, size_t p, int threads);

#endif
