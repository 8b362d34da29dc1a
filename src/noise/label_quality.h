/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise/label_quality.h: how well a row's probabilities support its given
 * label, 0 (wrong) .. 1 (right).
 *
 * Source: Kuan and Mueller, "Model-agnostic label quality scoring" (2022).
 * Compared with: cleanlab rank.py, golden.json label_quality, with one
 * difference: the entropy score of a row that gives its own label probability 1
 * is 1, not 0. */
#ifndef WN_NOISE_LABEL_QUALITY_H
#define WN_NOISE_LABEL_QUALITY_H

#include <stddef.h>
#include <stdint.h>

#include "noise/confident.h"
#include "noise/probability.h"

enum wn_label_quality {
    WN_SELF_CONFIDENCE,            /* p[y] */
    WN_NORMALIZED_MARGIN,          /* (p[y] - best other + 1) / 2 */
    WN_CONFIDENCE_WEIGHTED_ENTROPY /* log(e + 1) / e, e = H / p[y] */
};

/* The quality of `label` under row[k], k >= 2. */
double wn_label_quality(enum wn_label_quality quality, const double *row,
                        size_t k, int32_t label);

/* shift[k]: the largest threshold of a class that has rows, less that of each
 * class. */
void wn_label_quality_shift(const struct wn_noise *noise, double *shift);
/* Normalise row[k] for the different confidence of the classes: row + shift,
 * divided by the sum. */
void wn_label_quality_adjust(const double *shift, double *row, size_t k);

#endif
