/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise/dawid_skene.h: what the true classes of items are by votes alone.
 *
 * Dawid, Skene, Maximum likelihood estimation of observer error-rates using the
 * EM algorithm, Applied Statistics 28 (1979). Each annotator has a confusion
 * matrix pi, P(vote | true class); votes are independent given the true class.
 * Rounds of
 *
 *   p_c = mean_i T_ic,   pi_a[c][l] = sum T_ic [a votes l on i], rows sum to 1
 *   T_ic prop. to p_c prod_votes pi_a[c][l]
 *
 * begin with T = the shares of the votes, and end when the log-likelihood moves
 * by less than 1e-6. */
#ifndef WN_NOISE_DAWID_SKENE_H
#define WN_NOISE_DAWID_SKENE_H

#include <stddef.h>
#include <stdint.h>

struct wn_vote {
    int32_t item, annotator, label; /* each from 0 */
};

/* votes[count] on `items` items, at least one on each, by `annotators` people
 * in k classes. `smoothing` is added to every count of a confusion matrix; 0 is
 * the paper. At most `rounds` rounds. truth[items x k] becomes T. Returns the
 * log-likelihood of the last round. Memory: annotators x k x k + items x k
 * doubles. */
double wn_dawid_skene(const struct wn_vote *votes, size_t count, size_t items,
                      size_t annotators, size_t k, double smoothing,
                      size_t rounds, double *truth);

#endif
