/* SPDX-License-Identifier: GPL-3.0-or-later */
/* knn/ranking.h: all other rows of a row, nearest first.
 *
 * The distances come from products in single precision, block by block, and are
 * never kept: n x n of anything is nowhere. Rows whose distances differ by less
 * than about a millionth may change places; equal ones stand as in the file. */
#ifndef WN_KNN_RANKING_H
#define WN_KNN_RANKING_H

#include <stddef.h>
#include <stdint.h>

#include "knn/exact.h"
#include "util/error.h"

/* Rows of a block, of n. */
size_t wn_ranking_rows(size_t n);
struct wn_ranking; /* the prepared rows */
struct wn_ranker;  /* what one thread needs */

/* The graph's x, n, d, metric and threads count; x must outlive the answer.
 * NULL with WN_ENOMEM. */
struct wn_ranking *wn_ranking_new(const struct wn_graph *graph) WN_MUST_CHECK;
void wn_ranking_free(struct wn_ranking *ranking);
struct wn_ranker *wn_ranker_new(const struct wn_ranking *ranking) WN_MUST_CHECK;
void wn_ranker_free(struct wn_ranker *ranker);

/* Most bytes of a ranking with a ranker for each of `threads`. */
double wn_ranking_bytes(size_t n, size_t d, int threads);

/* The distances of rows begin .. end-1, at most a block of them, to all
 * rows. */
void wn_ranker_load(struct wn_ranker *ranker, size_t begin, size_t end);
/* All n rows in the order of their distance to row i, which was loaded; i
 * itself is among the first. Until the next call. Time O(n). */
const int32_t *wn_ranker_order(struct wn_ranker *ranker, size_t i);

#endif
