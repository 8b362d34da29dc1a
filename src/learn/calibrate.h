/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/calibrate.h: how good class probabilities are, and temperature scaling.
 *
 * Calibrated probabilities are P^s divided by their row sum, with the exponent
 * s that minimises the log-loss on the labels: temperature scaling (Guo et al.,
 * On calibration of modern neural networks, 2017) for probabilities instead of
 * logits, s = 1 / temperature. Votes of trees and neighbours are underconfident
 * (s > 1), linear models on few rows overconfident (s < 1); a pool needs all of
 * them on one scale. The order of the classes within a row does not change. One
 * number fitted to n labels tells a row nothing about its own label. */
#ifndef WN_LEARN_CALIBRATE_H
#define WN_LEARN_CALIBRATE_H

#include <stddef.h>
#include <stdint.h>

#include "learn/sample.h"

/* Calibrate probability[n x k] in place: entries >= 0, rows with a positive
 * sum. Rows with label -1 are not used to fit s; with very many rows or classes
 * a subset of the rows is used.
 *   exponent  out, s in [0.1, 1000]; may be NULL
 * The result does not depend on `threads`. */
void wn_calibrate(float *probability, size_t n, size_t k, const int32_t *label,
                  int threads, double *exponent);

/* Over the rows with a label. */
struct wn_quality {
    double log_loss;    /* mean -log P(label), P clipped to [1e-6, 1] */
    double calibration; /* expected calibration error of the largest P, 15
                           equal bins (Naeini et al. 2015) */
    double accuracy;    /* share of rows whose largest P is the label's */
    double weight;      /* in the pool of a committee, of sum 1; 0 for a member
                           that was left out of the last pass */
    char chosen[WN_CHOSEN]; /* settings chosen from the data, "" for none */
};

struct wn_quality wn_quality_measure(const float *probability, size_t n,
                                     size_t k, const int32_t *label);

#endif
