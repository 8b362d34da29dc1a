/* SPDX-License-Identifier: GPL-3.0-or-later */
/* knn/graph.h: the neighbour graph, exact or, where that would take too long,
 * by an inverted file.
 *
 * k-means partitions the rows into about 2 sqrt(n) cells (centres from a
 * sample). A row looks for its neighbours in the `probe` cells whose centres
 * are nearest; within them the answer is exact. Sivic and Zisserman, Video
 * Google (2003); Jegou, Douze and Schmid, Product quantization for nearest
 * neighbor search (2011), without the quantizer. */
#ifndef WN_KNN_GRAPH_H
#define WN_KNN_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "knn/exact.h"
#include "util/error.h"

#define WN_PROBE_AUTO SIZE_MAX

/* How the graph was found. */
struct wn_graph_facts {
    bool exact;
    size_t cells, probe; /* 0 if exact */
    double recall;       /* share of the exact neighbours that were found */
};

/* As wn_knn_exact(), and:
 *   probe  cells to search for each row; 0: exact. WN_PROBE_AUTO: exact unless
 *          wn_graph_is_large(); then as many cells as find 97 % of the exact
 *          neighbours of 1,024 random rows, or exact if that would not be
 *          quicker
 *   facts  out; the recall is measured on 1,024 other random rows (the same
 *          if n is too small). A row as near as the farthest exact neighbour
 *          counts as found
 * A row that finds fewer than m searches all cells. The same bytes for any
 * number of threads and parts. 1: other shards have not found theirs (see
 * util/units.h). Time about n n d probe / cells. */
int wn_graph_find(const struct wn_graph *graph, size_t probe, uint64_t seed,
                  int32_t *index, float *distance, struct wn_graph_facts *facts,
                  struct wn_error *error) WN_MUST_CHECK;

/* Whether WN_PROBE_AUTO looks for cells: from n n d = 10^13 on and, where no
 * matrix unit rounds the products, from 100,000 rows on. */
bool wn_graph_is_large(size_t n, size_t d);
/* Bytes that it takes at most, beside input and output. */
double wn_graph_bytes(size_t n, size_t d, size_t m, size_t probe, int threads);

#endif
