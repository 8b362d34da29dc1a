/* SPDX-License-Identifier: GPL-3.0-or-later */
/* knn/exact.h: exact nearest neighbours by blocked matrix products. */
#ifndef WN_KNN_EXACT_H
#define WN_KNN_EXACT_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/log.h"
#include "util/units.h"

enum wn_metric { WN_EUCLIDEAN, WN_COSINE };

/* A search for neighbours. */
struct wn_graph {
    const float *x; /* n x d, row-major, finite */
    size_t n, d;
    size_t m; /* neighbours of each row, 1 .. n-1 */
    enum wn_metric metric;
    /* n; rows with the same number are never neighbours of each other. NULL:
     * every other row may be one. */
    const int32_t *group;
    int threads;
    struct wn_log *log;
    /* A part of the pairs of rows, `part` of `parts`: the lists of all parts
     * together have the neighbours. 0, 0: all of them. */
    size_t part, parts;
    /* For wn_graph_find(): to divide the search, under the name `stage`. */
    struct wn_units *units;
    const char *stage;
};

/* The m nearest other rows of every row.
 *   index     out, n x m rows, nearest first; never the row itself. Where
 *             groups leave fewer than m, the remaining places are -1
 *   distance  out, n x m, Euclidean or 1 - cosine in [0, 2]. Bitwise equal rows
 *             are at distance 0 exactly; a row of norm 0 has cosine similarity
 *             0 to every other. Infinity where index is -1
 * Candidates come from products of blocks; the distances of the winners are
 * computed again in double. Equal distances go to the smaller row, so the
 * answer does not depend on `threads`. Time O(n n d); memory O(block n) beside
 * the output. Error: WN_EUSAGE (m out of range); then index is undefined.
 * Compared with: scikit-learn NearestNeighbors(algorithm="brute"). */
int wn_knn_exact(const struct wn_graph *graph, int32_t *index, float *distance,
                 struct wn_error *error) WN_MUST_CHECK;

/* Bytes that wn_knn_exact() takes at most, beside input and output. */
double wn_knn_exact_bytes(size_t n, size_t d, size_t m);

/* The m nearest `reference` rows of every `query` row; no row is both.
 * graph->m must be in 1 .. references.
 *   query, reference  row numbers, ascending
 *   index, distance   out, queries x m, as above
 * Time O(queries references d); memory O(n + threads) rows.
 * Compared with golden:tacred and brute force. */
void wn_knn_query(const struct wn_graph *graph, const int32_t *query,
                  size_t queries, const int32_t *reference, size_t references,
                  int32_t *index, float *distance);

#endif
