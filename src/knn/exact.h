/* SPDX-License-Identifier: GPL-3.0-or-later */
/* knn/exact.h: exact nearest neighbours by blocked matrix products. */
#ifndef WN_KNN_EXACT_H
#define WN_KNN_EXACT_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/log.h"

enum wn_metric { WN_EUCLIDEAN, WN_COSINE };

/* What is asked. */
struct wn_graph {
    const float *x; /* n x d, row-major, finite */
    size_t n, d;
    size_t m; /* neighbours of each row, 1 .. n-1 */
    enum wn_metric metric;
    /* n; rows of the same number are no neighbours of each other. NULL: every
     * other row may be one. */
    const int32_t *group;
    int threads;
    struct wn_log *talk;
};

/* The m nearest other rows of every row.
 *   index     out, n x m rows, nearest first; never the row itself. Where
 *             groups leave fewer than m: -1 in the places that remain
 *   distance  out, n x m, Euclidean or 1 - cosine in [0, 2]; bitwise equal
 *             rows are at distance 0 exactly; a row of norm 0 has cosine
 *             similarity 0 to every other. Infinity where index is -1
 * Candidates come from products of blocks, the winners' distances are
 * recomputed in double; equal distances go to the smaller row, so the answer
 * does not depend on `threads`. Time O(n n d); memory O(block n) beside the
 * output.
 * Errors: WN_EUSAGE (m out of range), WN_ENOMEM; then index is undefined.
 * Compared with: scikit-learn NearestNeighbors(algorithm="brute"). */
int wn_knn_exact(const struct wn_graph *graph, int32_t *index, float *distance,
                 struct wn_error *error) WN_MUST_CHECK;

/* Most bytes that takes, beside input and output. */
double wn_knn_exact_bytes(size_t n, size_t d, size_t m);

#endif
