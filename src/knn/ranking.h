/* SPDX-License-Identifier: GPL-3.0-or-later */
/* knn/ranking.h: all other rows of a row, nearest first.
 *
 * Distances come from products in single precision, a block of rows at a time;
 * no n x n matrix is kept. Rows whose distances differ by less than about one
 * part in a million may change places; equal ones keep the order of the file.
 */
#ifndef WN_KNN_RANKING_H
#define WN_KNN_RANKING_H

#include <stddef.h>
#include <stdint.h>

#include "knn/exact.h"

/* Rows of a block. */
size_t wn_ranking_rows(size_t n);
struct wn_ranking; /* the prepared rows */
struct wn_ranker;  /* a thread's scratch */

/* Uses the graph's x, n, d, metric and threads; x must outlive the ranking. */
struct wn_ranking *wn_ranking_new(const struct wn_graph *graph);
void wn_ranking_free(struct wn_ranking *ranking);
struct wn_ranker *wn_ranker_new(const struct wn_ranking *ranking);
void wn_ranker_free(struct wn_ranker *ranker);

/* Bytes of a ranking with a ranker for each of `threads`, at most. */
double wn_ranking_bytes(size_t n, size_t d, int threads);

/* Compute the distances of rows begin .. end-1, at most a block, to all rows.
 */
void wn_ranker_load(struct wn_ranker *ranker, size_t begin, size_t end);
/* All n rows in the order of their distance to row i, which must be loaded; i
 * itself is among the first. Valid until the next call. Time O(n). */
const int32_t *wn_ranker_order(struct wn_ranker *ranker, size_t i);

#endif
