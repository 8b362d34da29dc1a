/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/noisy_loss.h: losses under label noise: corrected by a transition
 * matrix, and split into small and large ones by a Gaussian mixture. */
#ifndef WN_LEARN_NOISY_LOSS_H
#define WN_LEARN_NOISY_LOSS_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

/* The forward loss of a row with probabilities p (k) and label y:
 * -log(sum_t p_t T[t][y]). Patrini et al. 2017.
 *   t   k x k, P(label = column | true = row), rows sum to 1
 * Compared with golden:loss_correction. */
double wn_forward_loss(const float *p, const double *t, size_t k, int32_t y);

/* The backward loss: sum_t U[y][t] (-log p_t), U the inverse of T. It is
 * unbiased and may be negative. p is clipped to at least 1e-12. */
double wn_backward_loss(const float *p, const double *u, size_t k, int32_t y);

/* The inverse of t into u, both k x k. Errors: WN_ENUMERIC when a pivot is
 * below 1e-8. */
int wn_transition_invert(const double *t, size_t k, double *u,
                         struct wn_error *error) WN_MUST_CHECK;

/* The components; low is the index of the one with the smaller mean. */
struct wn_mixture {
    double weight[2], mean[2], variance[2];
    int low;
    int iterations;
};

/* Fit a mixture of two Gaussians to value[n], scaled to 0 .. 1, by at most 10
 * steps of expectation maximisation (tolerance 1e-2 on the mean log-likelihood,
 * 5e-4 added to each variance). The start is the best split into two means,
 * which is exact in one dimension. DivideMix (Li, Socher and Hoi 2020).
 *   low   out, n: the probability of the low component
 *   fit   out, may be NULL; in units of the scaled values
 * If all values are equal (or n < 2) every `low` is 1.
 * Compared with: scikit-learn GaussianMixture, golden:dividemix_gmm. */
void wn_mixture_fit(const double *value, size_t n, double *low,
                    struct wn_mixture *fit);

#endif
