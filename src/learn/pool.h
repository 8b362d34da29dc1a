/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/pool.h: out-of-sample class probabilities by a committee.
 *
 * The members' (learn/predictors.h), calibrated, go together in their
 * logarithmic pool (Genest and Zidek, Combining probability distributions,
 * 1986),
 *
 *     P[c] ~ exp(sum_m w_m log(P_m[c] + 0.01 / k))
 *     w_m ~ ((H - loss_m) / loss_m)^3
 *
 * the w of sum 1, loss_m a member's log-loss in the first pass (those of later
 * ones have gained by the weights, which know the labels) and H that of the
 * classes' shares alone; a difference below H / sqrt(n) is taken for it, since
 * n rows cannot tell. Where classes overlap all losses are near H, and what a
 * member knows is the difference. A member whose w is below a fifth of the
 * largest is left out of further passes.
 *
 * Over the sets of bench/accuracy.py, average precision of 1 - P[label] less
 * that of the best peer, mean and least with symmetric noise: .0214 and .0000;
 * with the power 4 .0216 and .0000, but with errors between pairs of classes
 * .0481 in place of .0501; with nobody left out .0207. Weights fitted to the
 * log-loss itself follow the noise: MNIST .892 for .902 where it depends on the
 * features.
 */
#ifndef WN_LEARN_POOL_H
#define WN_LEARN_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "learn/predictors.h"
#include "learn/probability_quality.h"

/* Most bytes that wn_pool_predict() has in use beside the sample, answer
 * included. The sample's arrays are not looked at. */
double wn_pool_bytes(const struct wn_predictor *const *chosen, size_t count,
                     const struct wn_sample *sample);

/* The pool of the `count` predictors in `chosen`, calibrated.
 *   passes       1 or more: in each but the first a row counts for others as
 *                far as the one before agrees with its label, P(label) / max P,
 *                so that wrong labels teach less. A member that judges once
 *                keeps what it said first.
 *   probability  out, n x k; 0 for classes that no row has, which change
 *                nothing for the others
 *   quality      out, one a predictor and a last one for the pool */
int wn_pool_predict(const struct wn_predictor *const *chosen, size_t count,
                    size_t passes, const struct wn_sample *sample,
                    float *probability, struct wn_quality *quality,
                    struct wn_error *error) WN_MUST_CHECK;

#endif
