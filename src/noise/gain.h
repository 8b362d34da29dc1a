/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise/gain.h: what a model gains when suspicious rows go, get another label,
 * or weigh less.
 *
 * Cross-validation by groups. In each fold the audit is made again without the
 * rows that are tested, by two quick models and noise/suspicion.h, because rows
 * that were chosen with the help of a test label would flatter the test. Then
 * softmax and trees learn from the training rows in four ways:
 *
 *   as they are
 *   drop      without `gone` rows and without the most suspicious ones, as
 *             many in proportion as `suspects`
 *   relabel   those suspicious rows with the class that is likely for them
 *   weight    all rows, each with the weight 1 - suspicion
 *
 * A test label may be wrong itself. With N[t][y] = P(given y | true t) the mean
 * of credit = N^-1[y][p] over the labels y that class t is given is 1 if the
 * prediction p is t, and else 0: so the mean credit is the accuracy on true
 * labels (Natarajan, Dhillon, Ravikumar and Tewari, Learning with noisy labels,
 * NIPS 2013). This corrects for noise that depends on the class. Noise that
 * depends on the features makes the gain look smaller than it is.
 *
 * The gain is the mean difference of the credits of a row, its interval
 * +- 1.645 standard errors. They add the spread over groups and, since a change
 * may help other rows in another training set, that over folds (Nadeau and
 * Bengio, Inference for the generalization error, 2003), and are not below one
 * row. */
#ifndef WN_NOISE_GAIN_H
#define WN_NOISE_GAIN_H

#include <stddef.h>
#include <stdint.h>

#include "learn/sample.h"
#include "util/error.h"

enum wn_gain_change {
    WN_GAIN_DROP,
    WN_GAIN_RELABEL,
    WN_GAIN_WEIGHT,
    WN_GAIN_CHANGES
};
enum wn_gain_model {
    WN_GAIN_SOFTMAX,
    WN_GAIN_TREES,
    WN_GAIN_BOTH, /* the mean of the two */
    WN_GAIN_MODELS
};

struct wn_gain_task {
    /* n, d, k >= 2, x, label (0..k-1), weight, group, fold, folds >= 2, seed,
     * threads and log are read. */
    const struct wn_sample *sample;
    const uint8_t *gone;    /* n: 1 = goes whatever its label says */
    const uint8_t *trusted; /* n: 1 = the label is right; NULL: none are */
    size_t suspects;        /* rows that go for their label, of all n */
    const double *credit;   /* k x k, [given][predicted]; see above */
};

struct wn_gain {
    double accuracy[WN_GAIN_MODELS]; /* as they are */
    struct wn_gain_interval {
        double mean, low, high;
    } of[WN_GAIN_CHANGES][WN_GAIN_MODELS];
    /* By both models: the change with the largest mean of those whose low end
     * is above 0, or -1; and whether it is above every other change. */
    int best;
    int alone;
};

/* N^-1 from the joint distribution joint[k x k], [given][true], sum 1; where
 * joint is NULL that of errors spread evenly, a share `rate` of all labels.
 * WN_ENUMERIC where N has no inverse: labels that say nothing. */
int wn_gain_credit(const double *joint, double rate, size_t k, double *credit,
                   struct wn_error *error) WN_MUST_CHECK;

/* Errors: those of the models. Time: that of 6 folds pairs of models; memory
 * wn_gain_bytes(). The result does not depend on the threads. */
int wn_gain_measure(const struct wn_gain_task *task, struct wn_gain *out,
                    struct wn_error *error) WN_MUST_CHECK;
/* Peak bytes beside the input; only the sizes of the sample are read. */
double wn_gain_bytes(const struct wn_sample *sample);

#endif
