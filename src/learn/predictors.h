/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/predictors.h: the models that predict every row from others.
 *
 * Each gives every row class probabilities from models that did not see that
 * row's label: the folds of cross-validation, the trees whose bootstrap sample
 * it was not in, its neighbours, or a leave-one-out formula.
 *
 * A committee combines the calibrated probabilities of its members in their
 * logarithmic pool (Genest and Zidek, Combining probability distributions,
 * 1986),
 *
 *     P[c] ~ exp(sum_m w_m log(P_m[c] + 0.01 / k))
 *
 * Member m gets weight w_m ~ ((H - loss_m) / loss_m)^3, of sum 1, where loss_m
 * is its log-loss in the first pass (later passes use weights that know the
 * labels) and H is the log-loss of predicting the class shares. A difference
 * below H / sqrt(n) is replaced by it, since n rows cannot tell it. Where
 * classes overlap all losses are near H, and the difference is what a member
 * knows. A member whose w is below a fifth of the largest is left out of
 * further passes. Weights fitted to the log-loss itself would follow the
 * noise. */
#ifndef WN_LEARN_PREDICTORS_H
#define WN_LEARN_PREDICTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "learn/calibrate.h"
#include "learn/sample.h"
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
    bool once;          /* fitted in the first pass only */
    bool by_default;    /* a member of the default committee */
    bool divides;       /* it has units of its own (sample->units) */
    /* Peak bytes beside the sample and the result, for the sample's n, d, k, m,
     * folds and threads. */
    double (*bytes)(const struct wn_sample *sample);
    /* Fill probability[n x k]: finite, >= 0, rows sum to 1. 1: other shards
     * have not done their part (util/units.h). NULL: the result is in `members`
     * of wn_pool_predict() already, from somebody else's model. */
    int (*predict)(const struct wn_sample *sample, float *probability,
                   struct wn_error *error);
};

/* All of them; ends with {0}. */
extern const struct wn_predictor wn_predictors[];
/* The choices of --model: WN_COMMITTEE, the default members together, and the
 * names of all. */
#define WN_COMMITTEE "committee"
extern const char wn_predictor_choices[];

/* Peak bytes of wn_pool_predict() beside the sample, the result included; only
 * the sizes of the sample are read. */
double wn_pool_bytes(const struct wn_predictor *const *chosen, size_t count,
                     const struct wn_sample *sample);

/* The calibrated pool of the `count` predictors in `chosen`.
 *   passes       1 or more: in each but the first a row's training weight is
 *                P(label) / max P of the previous pass, so that wrong labels
 *                teach less. A member with `once` keeps its first result.
 *   probability  out, n x k; 0 for classes without rows, which change nothing
 *                for the others
 *   members      out, n x k of each predictor, calibrated, from the last pass
 *                that fitted it; or NULL
 *   quality      out, one a predictor and a last one for the pool
 * 1: other shards have not done their part of a pass. Errors: those of the
 * predictors. */
int wn_pool_predict(const struct wn_predictor *const *chosen, size_t count,
                    size_t passes, const struct wn_sample *sample,
                    float *probability, float *members,
                    struct wn_quality *quality,
                    struct wn_error *error) WN_MUST_CHECK;

#endif
