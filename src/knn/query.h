/* SPDX-License-Identifier: GPL-3.0-or-later */
/* knn/query.h: the nearest of some rows for each of others. */
#ifndef WN_KNN_QUERY_H
#define WN_KNN_QUERY_H

#include <stddef.h>
#include <stdint.h>

#include "knn/exact.h"

/* As wn_knn_exact(), but only `queries` rows ask and only `references` rows
 * answer; no row does both. graph->m must be in 1 .. references.
 *   query, reference  row numbers, ascending
 *   index, distance   out, queries x m
 * Time O(queries references d); memory O(n + threads) rows. Errors: WN_ENOMEM.
 * Compared with golden:tacred and brute force. */
int wn_knn_query(const struct wn_graph *graph, const int32_t *query,
                 size_t queries, const int32_t *reference, size_t references,
                 int32_t *index, float *distance) WN_MUST_CHECK;

#endif
