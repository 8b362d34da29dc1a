/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check/check_private.h: steps of checks that the unit tests hold to golden
 * numbers. Nothing outside src/check uses them. */
#ifndef WN_CHECK_CHECK_PRIVATE_H
#define WN_CHECK_CHECK_PRIVATE_H

#include "check/check.h"

/* outlier, with --outlier-threshold: the mean distance to the m neighbours
 * above which a row is flagged, from distance (n x m): (1/threshold - 1)
 * interquartile ranges above the third quartile; infinite at threshold 0.
 * Compared with: cleanlab Datalab outlier, golden.json outlier_features. */
double wn_outlier_cut(const float *distance, size_t n, size_t m,
                      double threshold);

/* outlier: the cut by default, Q3 (Q3 / Q2)^log2(n / 4) of the mean distances
 * that are not 0, n of them, Q3 / Q2 at least 1.02; infinite below 4. About
 * one row of a Gaussian cloud, whatever its size, is beyond it in 1 dimension,
 * fewer in more. */
double wn_outlier_chance_cut(const float *distance, size_t n, size_t m);

/* rare_class: the rarest class among label[n] (0..k-1, -1 = missing; the lowest
 * on ties) if its share of the labelled rows is below `share` divided by the
 * number of classes present; else -1. Only one class is ever reported. Compared
 * with: cleanlab Datalab class_imbalance, golden.json class_imbalance. */
int64_t wn_rare_class(const int32_t *label, size_t n, size_t k, double share);

/* order_dependence: see the file. */
enum { WN_SHUFFLES = 25 };

struct wn_order_dependence {
    double gap;                 /* of the rows as they stand */
    double chance[WN_SHUFFLES]; /* of shuffled rows */
    double p;                   /* probability of such a gap by chance */
};

/* index (n x m): neighbours, n >= 2, m >= 1. Time O(25 n m), memory O(n) for
 * each thread. */
void wn_order_dependence(const int32_t *index, size_t n, size_t m, int threads,
                         struct wn_order_dependence *out);

/* How little row i's own neighbours, index[m], depend on the order: 0 .. 1,
 * low = they are close to it in the file. scratch has m + 1. */
double wn_order_score(const int32_t *index, size_t n, size_t m, size_t i,
                      double *scratch);

#endif
