/* SPDX-License-Identifier: GPL-3.0-or-later */
/* knn/kmeans.h: k-means by Lloyd's algorithm.
 *
 * Lloyd, Least squares quantization in PCM, IEEE Trans. Inf. Theory 28 (1982).
 * Distances come from products over fixed blocks of rows; sums are in double,
 * row by row. So any number of threads gives the same bytes. */
#ifndef WN_KNN_KMEANS_H
#define WN_KNN_KMEANS_H

#include <stddef.h>
#include <stdint.h>

#include "util/log.h"

struct wn_kmeans {
    size_t count, p;
    float *centre; /* count x p */
    float *square; /* |centre|^2 */
};

/* `count` centres of the rows y[n x p], count <= n, after `rounds` rounds that
 * start at random rows. A centre that loses all its rows stays where it is. */
void wn_kmeans_make(struct wn_kmeans *cells, const float *y, size_t n, size_t p,
                    size_t count, size_t rounds, uint64_t seed, int threads,
                    struct wn_log *log);
void wn_kmeans_free(struct wn_kmeans *cells);

/* far[rows x count]: the squared distance of each of y[rows x p] to every
 * centre, minus |y|^2. */
void wn_kmeans_far(const struct wn_kmeans *cells, const float *y, size_t rows,
                   float *far);
/* The nearest centre, by one row of `far`; the lowest of equal ones. */
int32_t wn_kmeans_nearest(const struct wn_kmeans *cells, const float *far);

/* cluster[n]: the nearest of `count` centres, count <= n, of the best of 8
 * random starts with 10 rounds each. Memory: 4 bytes for each row and for the
 * distances of 256 rows to each centre. */
void wn_kmeans_clusters(const float *y, size_t n, size_t p, size_t count,
                        int threads, struct wn_log *log, int32_t *cluster);

#endif
