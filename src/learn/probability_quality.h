/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/probability_quality.h: how good class probabilities are. */
#ifndef WN_LEARN_PROBABILITY_QUALITY_H
#define WN_LEARN_PROBABILITY_QUALITY_H

#include <stddef.h>
#include <stdint.h>

#include "learn/sample.h"

/* Over the rows with a label. */
struct wn_quality {
    double log_loss;    /* mean -log P(label), P clipped to [1e-6, 1] */
    double calibration; /* expected calibration error of the largest P, 15
                           equal bins (Naeini et al. 2015) */
    double accuracy;    /* share of rows whose largest P is the label's */
    double weight;      /* in the pool of a committee, of sum 1; 0 for one that
                           was left out of the last pass */
    char chosen[WN_CHOSEN]; /* knobs that the data chose, "" for none */
};

struct wn_quality wn_quality_measure(const float *probability, size_t n,
                                     size_t k, const int32_t *label);

#endif
