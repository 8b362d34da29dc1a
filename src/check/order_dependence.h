/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check/order_dependence.h: do rows that stand near each other in the file
 * resemble each other more than chance would have it? A sorted file, drift, or
 * records of one source in a row make a random split misleading.
 *
 * The distances in the file |i - j| of all edges i -> j of the neighbour graph
 * are compared with those of all pairs of rows, P(d) = (N - d) / (N (N-1) / 2),
 * by the largest gap of the two distribution functions (Kolmogorov and
 * Smirnov); the same gap for 25 shufflings of the rows says what chance does.
 *
 * Source: Cummings et al., "Detecting Dataset Drift and Non-IID Sampling via
 * k-Nearest Neighbors" (2023). Compared with: cleanlab Datalab non_iid,
 * golden.json non_iid, random numbers included (MT19937, seed 0). */
#ifndef WN_CHECK_ORDER_DEPENDENCE_H
#define WN_CHECK_ORDER_DEPENDENCE_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

enum { WN_SHUFFLES = 25 };

struct wn_order_dependence {
    double gap;                 /* of the rows as they stand */
    double chance[WN_SHUFFLES]; /* of shuffled rows */
    double p;                   /* probability of such a gap by chance */
};

/* index[n x m]: neighbours, n >= 2, m >= 1. Time O(25 n m), memory O(n) for
 * each thread. */
int wn_order_dependence(const int32_t *index, size_t n, size_t m, int threads,
                        struct wn_order_dependence *out,
                        struct wn_error *error) WN_MUST_CHECK;

/* How little row i's own neighbours, index[m], depend on the order: 0 .. 1,
 * low = they stand near it. room has m + 1. */
double wn_order_score(const int32_t *index, size_t n, size_t m, size_t i,
                      double *room);

#endif
