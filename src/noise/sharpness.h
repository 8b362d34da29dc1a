/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise/sharpness.h: the label noise as a channel T, and the power b that
 * sharpens the probabilities of a model trained on noisy labels into those of
 * the true classes. suspicion.h has the formulas.
 *
 * With q[t] = (.99 p[t] + .01/k)^b, normalised, the given labels y have the
 * likelihood prod sum_t q[t] T[y][t]. The b that maximises it is temperature
 * scaling (Guo et al. 2017) through a noise matrix. */
#ifndef WN_NOISE_SHARPNESS_H
#define WN_NOISE_SHARPNESS_H

#include <stddef.h>
#include <stdint.h>

#include "noise/probability.h"
#include "noise/rows_by_class.h"
#include "noise/sparse_joint.h"

/* Pseudo-count: rows assumed to leak evenly out of each class, besides those
 * that were counted. */
enum { WN_CHANNEL_EVEN = 2 };

/* T[s][t] = P(given = s | true = t): a k x k matrix in O(k + cells) memory. Off
 * the diagonal a column has one value, except for the pairs of classes that the
 * counts show to be confused. */
struct wn_channel {
    const struct wn_sparse *at; /* cells, */
    const int64_t *count;       /* and their counts; owned by the caller */
    double *stay;               /* k: T[t][t] */
    double *even;               /* k: T[s][t] where no row was counted */
    double *slope;              /* k: what each counted row adds to it */
};

/* From calibrated counts (given x true). */
void wn_channel_make(struct wn_channel *channel, const struct wn_sparse *at,
                     const int64_t *count);
void wn_channel_free(struct wn_channel *channel);
/* row[k]: T[given][.]. O(k). */
void wn_channel_row(const struct wn_channel *channel, size_t given,
                    double *row);

struct wn_sharpness {
    double b_clean;        /* b if T were the identity (but for 1 %) */
    double b_noisy;        /* b under T */
    double rate_sd;        /* standard deviation of the mean suspicion, from the
                              uncertainty of b_noisy and of the amount of noise
                              in T */
    double rate_joint_fit; /* the mean suspicion if the amount of noise in T is
                              fitted together with b, where that is less */
    double overlap_weight; /* 0 .. 1, the evidence of the labels for that joint
                              fit: near 0 where noise depends on the class
                              alone, near 1 where it depends on the features or
                              classes overlap. From the Bayesian information of
                              the two fits (Schwarz 1978) */
};

/* Fit on 2^19 / k rows (4,096 if that is less, but no more than 2^23 / k) drawn
 * evenly from the labelled rows of p (n x k), of which there is at least one.
 *   rows      of the labels
 *   channel   T
 *   evidence  how many rows the cells of T off the diagonal were counted from
 * b is searched in 0.1 .. 16 to 1 %. */
void wn_sharpness_fit(const int32_t *label, const struct wn_probability *p,
                      const struct wn_rows_by_class *rows,
                      const struct wn_channel *channel, double evidence,
                      int threads, struct wn_sharpness *out);

/* log_p[k][rows]: the logarithms of .99 p + .01/k, less the largest of each
 * row; top[rows] is scratch. */
void wn_sharpness_logs(const double *p, size_t rows, size_t k, double *log_p,
                       double *top);
/* weight[count] = log_p^b: sharpened probabilities, in any scale. */
void wn_sharpen(const double *log_p, size_t count, double b, double *weight);

#endif
