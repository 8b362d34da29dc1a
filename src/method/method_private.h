/* SPDX-License-Identifier: GPL-3.0-or-later */
/* method/method_private.h: steps of methods that the unit tests hold to golden
 * numbers. Nothing outside src/method uses them. */
#ifndef WN_METHOD_METHOD_PRIVATE_H
#define WN_METHOD_METHOD_PRIVATE_H

#include "method/method.h"

/* aum: the score from which a row is flagged. `minus` is minus the area under
 * the margin of n rows; the threshold is minus the percentile (0 .. 100) of the
 * areas of the rows in `sample`, at least one, whose class does not exist.
 * Compared with golden:training_dynamics. */
double wn_aum_threshold(const float *minus, const uint8_t *sample, size_t n,
                        double percentile);

/* knn_shapley: add the Shapley value of each training row for one test row with
 * label own to value[row]. Jia et al., VLDB 2019: with match_r = [label of the
 * r-th nearest is own],
 *   s_r = s_(r+1) + (match_r - match_(r+1)) / k min(k, r) / r.
 *   order   count training rows with a label, nearest first
 *   k       the classifier's neighbours
 *   whole   `order` holds every training row: then the last value is
 *           match min(k, count) / (count k), and the values are exact and sum
 *           to the share of matches among the k nearest; else it is 0, as if
 *           rows from the count-th on were worth nothing
 * Compared with: brute-force Shapley values, golden:knn_shapley. */
void wn_shapley_add(const int32_t *order, size_t count, const int32_t *label,
                    int32_t own, size_t k, bool whole, double *value);

/* 1 - cosine of row i and each of its neighbours into distance (m), 0 .. 2, by
 * sums in double, whatever the metric of the graph; a row of norm 0 has
 * similarity 0 to every other. */
void wn_cosine_edges(const struct wn_view *view, size_t i, double *distance);

/* SimiFeat: 21 draws of nine tenths of the labelled rows. */
enum { WN_SIMIFEAT_DRAWS = 21 };

/* One draw. Each row that is `in` the draw (n flags; unlabelled rows count as
 * out) sums its own label and those of at most `max` nearest neighbours in the
 * draw, weighted by cosine similarity; the row itself counts as if it were at
 * the distance 2 v1 - v2 that continues the first two.
 *   cosine   n x m, distances along the edges
 *   score    out, n: -log of the own label's share of the counts' length
 *   vote     out, n: the class with most, the lowest on ties; -1 = not in */
void wn_simifeat_draw(const struct wn_view *view, const double *cosine,
                      const uint8_t *in, size_t max, double *score,
                      int32_t *vote);

/* The rank rule. A row of class c with a vote is noisy if its score is at or
 * above the percentile 100 (1 - rate[c]) of its class. noisy has n flags.
 *   threshold  out, k; 0 for classes without a row */
void wn_simifeat_rank(const struct wn_view *view, const double *score,
                      const int32_t *vote, const double *rate, uint8_t *noisy,
                      double *threshold);

/* The noise rate of class c: 1 - P(true = c | label = c) by the transition
 * matrix of noise/hoc.h, 1 - T[c][c] p[c] / share[c], limited to .05 where it
 * is 0 or less and to .95 where it is 1 or more. */
double wn_simifeat_rate(double stay, double clean, double share);

#endif
