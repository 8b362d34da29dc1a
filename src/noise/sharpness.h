/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise/sharpness.h: by what power the probabilities of a model that learned
 * from noisy labels come nearest to the true classes'; see suspicion.h.
 *
 * With q[t] = (.99 p[t] + .01/k)^b, normalised, the given labels y have the
 * likelihood prod sum_t q[t] T[y][t]. The b of the largest one is temperature
 * scaling (Guo et al. 2017) through a noise matrix. */
#ifndef WN_NOISE_SHARPNESS_H
#define WN_NOISE_SHARPNESS_H

#include <stddef.h>
#include <stdint.h>

#include "noise/channel.h"
#include "noise/rows_by_class.h"
#include "noise/probability.h"
#include "util/error.h"

struct wn_sharpness {
    double plain;  /* b if T were the identity (but for 1 % of doubt) */
    double fitted; /* b under the given T */
    double doubt;  /* standard deviation that the uncertainty of `fitted` and
                      of the amount of noise in T gives the mean suspicion */
    double loose;  /* the mean suspicion if the amount of noise in T is fitted
                      together with b, where that is less */
    double strain; /* 0 .. 1, the weight of the labels for that: near 0 where
                      noise depends on the class alone, near 1 where it depends
                      on the features or classes overlap. Of the two fits, by
                      their Bayesian information (Schwarz 1978) */
};

/* Fit on 2^19 / k rows (4,096 if that is less, but no more than 2^23 / k) drawn
 * evenly from the labelled ones of p (n x k), of which there is at least one.
 *   channel   T
 *   evidence  how many rows T's off-diagonals were counted from
 * b is sought in 0.1 .. 16 to 1 %. Errors: WN_ENOMEM. */
int wn_sharpness_fit(const int32_t *label, const struct wn_probability *p,
                     const struct wn_rows_by_class *members,
                     const struct wn_channel *channel, double evidence,
                     int threads, struct wn_sharpness *out) WN_MUST_CHECK;

/* log_p[k]: the logarithms of .99 row + .01/k, less the largest of them. */
void wn_sharpness_logs(const double *row, size_t k, double *log_p);

#endif
