/* SPDX-License-Identifier: GPL-3.0-or-later */
/* knn/kmeans.h: centres of cells of rows, by Lloyd's rounds.
 *
 * Lloyd, Least squares quantization in PCM, IEEE Trans. Inf. Theory 28 (1982).
 * Distances come from SGEMM over fixed blocks of rows, sums are made in double
 * row by row: the same bytes for any number of threads. */
#ifndef WN_KNN_KMEANS_H
#define WN_KNN_KMEANS_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/log.h"

struct wn_kmeans {
    size_t count, p;
    float *centre; /* count x p */
    float *square; /* |centre|^2 */
};

/* `count` centres of the rows y[n x p], count <= n, after `rounds` rounds that
 * begin at random rows. A centre that loses all its rows stays where it is.
 * Errors: WN_ENOMEM. wn_kmeans_free() in any case. */
int wn_kmeans_make(struct wn_kmeans *cells, const float *y, size_t n, size_t p,
                   size_t count, size_t rounds, uint64_t seed, int threads,
                   struct wn_log *talk) WN_MUST_CHECK;
void wn_kmeans_free(struct wn_kmeans *cells);

/* far[rows x count]: the squared distance of each of y[rows x p] to every
 * centre, less |y|^2. */
void wn_kmeans_far(const struct wn_kmeans *cells, const float *y, size_t rows,
                   float *far);
/* The centre with the least; the lower one of equals. */
int32_t wn_kmeans_nearest(const struct wn_kmeans *cells, const float *far);

/* Rows in the order of their cells, rising in each; those of cell c are
 * order[first[c]] .. order[first[c + 1] - 1].
 *   cell   n, 0 .. count-1
 *   first  out, count + 1;  order  out, n */
void wn_kmeans_sort(const int32_t *cell, size_t n, size_t count, size_t *first,
                    int32_t *order);

#endif
