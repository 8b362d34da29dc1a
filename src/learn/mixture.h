/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/mixture.h: two Gaussians on a line, for small and large losses. */
#ifndef WN_LEARN_MIXTURE_H
#define WN_LEARN_MIXTURE_H

#include <stddef.h>

#include "util/error.h"

/* The components; low is the one with the smaller mean. */
struct wn_mixture {
    double weight[2], mean[2], variance[2];
    int low;
    int iterations;
};

/* Fit a mixture of two to value[n], scaled to 0 .. 1, by at most 10 steps of
 * expectation maximisation (tolerance 1e-2 on the mean log likelihood, 5e-4
 * added to each variance), beginning with the best split into two means, which
 * is exact on a line. DivideMix (Li, Socher and Hoi 2020).
 *   low   out, n: the probability of belonging to the low component
 *   fit   out, may be NULL; in units of the scaled values
 * If all values are equal (or n < 2) every low is 1. Errors: WN_ENOMEM.
 * Compared with: scikit-learn GaussianMixture, golden:dividemix_gmm. */
int wn_mixture_fit(const double *value, size_t n, double *low,
                   struct wn_mixture *fit);

#endif
