/* SPDX-License-Identifier: GPL-3.0-or-later */
/* method/simifeat.h: SimiFeat, errors by the labels of similar rows. Zhu, Dong
 * and Liu, "Detecting corrupted labels without training a model to predict",
 * ICML 2022; docta is its code. See winnow-methods(7). */
#ifndef WN_METHOD_SIMIFEAT_H
#define WN_METHOD_SIMIFEAT_H

#include "method/method.h"

/* 21 draws of nine tenths of the labelled rows. */
enum { WN_SIMIFEAT_DRAWS = 21 };

/* One draw. Each row that is `in` the draw (n flags, those without a label
 * count as out) sums its own label and those of at most `most` nearest
 * neighbours in the draw, weighted with 1 - cosine distance; the row itself at
 * the distance 2 v1 - v2 that continues the first two.
 *   cosine   n x m, distances along the edges
 *   score    out, n: -log of the own label's share of the counts' length
 *   vote     out, n: the class with most, the lowest on ties; -1 = not in */
int wn_simifeat_draw(const struct wn_view *view, const double *cosine,
                     const uint8_t *in, size_t most, double *score,
                     int32_t *vote) WN_MUST_CHECK;

/* The rank rule: in each class c the rows (with vote >= 0) whose score reaches
 * the percentile 100 (1 - rate[c]) of the class are noisy (n flags). threshold
 * (k) may be NULL; 0 for classes without a row. */
int wn_simifeat_rank(const struct wn_view *view, const double *score,
                     const int32_t *vote, const double *rate, uint8_t *noisy,
                     double *threshold) WN_MUST_CHECK;

/* The noise rate of each class: 1 - P(true = c | label = c) by the transition
 * matrix of noise/hoc.h, T[c][c] p[c] / share[c], which must lie within 0 .. 1:
 * .95 from 1 on, .05 up to 0. */
double wn_simifeat_rate(double stay, double clean, double share);

/* All draws: out[i] = (times noisy + 1) / (draws it was in + 2), 0 without a
 * label. rate NULL: by the vote, else by rank. */
int wn_simifeat_run(const struct wn_view *view, const double *rate,
                    float *out) WN_MUST_CHECK;

#endif
