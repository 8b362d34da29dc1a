/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/calibrate.h: one exponent that makes probabilities honest.
 *
 * P^s, divided by its row sum, with the s that has the least log-loss on the
 * labels: temperature scaling (Guo et al., On calibration of modern neural
 * networks, 2017) for probabilities instead of logits, s = 1/temperature.
 * Votes of trees and neighbours are timid (s > 1), linear models on few rows
 * too sure (s < 1); a mean of predictors wants them to speak alike. The order
 * of the classes within a row stays. One number fitted to n labels tells a
 * row nothing about its own. */
#ifndef WN_LEARN_CALIBRATE_H
#define WN_LEARN_CALIBRATE_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

/* Calibrate probability[n x k] in place: entries >= 0, rows with a positive
 * sum. Rows whose label is -1 take no part in the fit, and of very many rows
 * or classes only some do.
 *   exponent  out, s, in [0.1, 1000]; may be NULL
 * The same bytes for any `threads`. Errors: WN_ENOMEM. */
int wn_calibrate(float *probability, size_t n, size_t k, const int32_t *label,
                 int threads, double *exponent) WN_MUST_CHECK;

#endif
