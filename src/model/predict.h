/* SPDX-License-Identifier: GPL-3.0-or-later */
/* model/predict.h: out-of-sample class probabilities by a committee.
 *
 * Each predictor gives every row probabilities from models that did not see
 * that row's label: the folds of cross-validation, the trees whose bootstrap
 * sample it was not in, its neighbours, or a leave-one-out formula. The
 * committee's are their logarithmic pool (Genest and Zidek, Combining
 * probability distributions, 1986),
 *
 *     P[c] ~ exp(sum_m w_m log(P_m[c] + 0.01 / k))
 *     w_m ~ ((H - loss_m) / loss_m)^3
 *
 * the w of sum 1, loss_m a member's log-loss in the first pass (those of later
 * ones have gained by the weights, which know the labels) and H that of the
 * classes' shares alone; a difference below H / sqrt(n) is taken for it, since
 * n rows cannot tell. Where classes overlap all losses are near H, and what a
 * member knows is the difference. Measured against 1 / loss_m^2 (average
 * precision of 1 - P[label], bench/accuracy.py): a fifth of the labels wrong,
 * adult .817 for .785, mixed .615 for .588, breast_cancer .976 for .974, digits
 * .9987 for .9986, letters .9983 for .9985; instance-dependent noise, letters
 * .922 for .924, digits .967 for .970, MNIST .927 for .927. Weights fitted to
 * the log-loss itself follow the noise: MNIST .905, letters .897. */
#ifndef WN_MODEL_PREDICT_H
#define WN_MODEL_PREDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/sample.h"
#include "util/error.h"

enum wn_sample_part {
    WN_SAMPLE_FEATURES = 1,
    WN_SAMPLE_NEIGHBORS = 2,
    WN_SAMPLE_FOLDS = 4
};

struct wn_predictor {
    const char *name;   /* --model=NAME */
    const char *brief;  /* one line for --list-models */
    const char *source; /* paper, as in score(1) */
    unsigned needs;     /* enum wn_sample_part, or-ed */
    bool once;          /* judges in the first pass only */
    bool standard;      /* a member of the standard committee */
    /* Most bytes in use while it works, beside the sample and its answer, for
     * the sample's n, d, k, m, folds and threads. */
    double (*bytes)(const struct wn_sample *sample);
    /* How many of them stay in memory whatever the bound; NULL for none. */
    double (*kept)(const struct wn_sample *sample);
    /* About how many operations of a product take as long. */
    double (*work)(const struct wn_sample *sample);
    /* Fill probability[n x k]: finite, >= 0, rows sum to 1. */
    int (*predict)(const struct wn_sample *sample, float *probability,
                   struct wn_error *error);
};

/* All of them; ends with NULL. */
extern const struct wn_predictor *const wn_predictors[];
/* For the --model row of an option table: WN_COMMITTEE, the standard ones
 * together, and their names. */
#define WN_COMMITTEE "committee"
extern const char wn_predictor_choices[];

/* How good probabilities are, over the rows with a label. */
struct wn_quality {
    double log_loss;    /* mean -log P(label), P clipped to [1e-6, 1] */
    double calibration; /* expected calibration error of the largest P, 15
                           equal bins (Naeini et al. 2015) */
    double accuracy;    /* share of rows whose largest P is the label's */
    char chosen[WN_CHOSEN]; /* knobs that the data chose, "" for none */
};

struct wn_quality wn_predict_quality(const float *probability, size_t n,
                                     size_t k, const int32_t *label);

/* About how many operations of a product wn_predict() takes as long as. */
double wn_predict_work(const struct wn_predictor *const *chosen, size_t count,
                       size_t passes, const struct wn_sample *sample);

/* Most bytes that wn_predict() has in use beside the sample, answer included.
 * The sample's arrays are not looked at. */
double wn_predict_bytes(const struct wn_predictor *const *chosen, size_t count,
                        const struct wn_sample *sample);

/* How many of them stay in memory whatever the bound (util/large.h). */
double wn_predict_kept(const struct wn_predictor *const *chosen, size_t count,
                       const struct wn_sample *sample);

/* The pool of the `count` predictors in `chosen`, calibrated.
 *   passes       1 or more: in each but the first a row counts for others as
 *                far as the one before agrees with its label, P(label) / max P,
 *                so that wrong labels teach less. A member that judges once
 *                keeps what it said first.
 *   probability  out, n x k
 *   quality      out, one a predictor and a last one for the pool */
int wn_predict(const struct wn_predictor *const *chosen, size_t count,
               size_t passes, const struct wn_sample *sample,
               float *probability, struct wn_quality *quality,
               struct wn_error *error) WN_MUST_CHECK;

#endif
