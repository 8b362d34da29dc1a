/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/predictors.h: predictors, which judge every row by others.
 *
 * Each gives every row class probabilities from models that did not see that
 * row's label: the folds of cross-validation, the trees whose bootstrap sample
 * it was not in, its neighbours, or a leave-one-out formula.
 */
#ifndef WN_LEARN_PREDICTORS_H
#define WN_LEARN_PREDICTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
    bool once;          /* judges in the first pass only */
    bool standard;      /* a member of the standard committee */
    /* Most bytes in use while it works, beside the sample and its answer, for
     * the sample's n, d, k, m, folds and threads. */
    double (*bytes)(const struct wn_sample *sample);
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

#endif
