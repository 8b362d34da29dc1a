/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise/label_rules.h: which rows are label issues, by the rules of several
 * papers, one table.
 *
 * `posterior` flags labels that are more likely wrong than right (suspicion.h).
 * For those of confident learning the noise estimate says how many labels of
 * each class are wrong, and the rule says which. The last ones cut a score
 * where its paper does. Source: Northcutt, Jiang, Chuang, JAIR 70 (2021),
 * section 3; margin_count: Northcutt, Athalye, Mueller, "Pervasive label errors
 * in test sets" (2021). Compared with: cleanlab filter.py, golden.json
 * cl_filter and cl_filter_params. */
#ifndef WN_NOISE_LABEL_RULES_H
#define WN_NOISE_LABEL_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "noise/confident.h"
#include "noise/probability.h"
#include "noise/suspicion.h"

/* What the prune rules read. */
struct wn_label_rule_settings {
    double fraction;       /* of the estimated wrong labels to flag, 0 .. 1 */
    size_t min_examples;   /* rows that each class keeps */
    size_t *max_per_class; /* k: rows to remove of each class in place of the
                              estimated number, SIZE_MAX = the estimate; NULL
                              for the estimate everywhere */
};

/* What a rule works on. */
struct wn_label_rule_view {
    const int32_t *label; /* n, -1 = missing */
    const struct wn_probability *p;
    const struct wn_noise *noise;
    const struct wn_suspicion *suspicion;
    const struct wn_label_rule_settings *settings;
    const float *score; /* n: that of the rule, if it has one */
};

struct wn_label_rule {
    const char *name; /* --rule=NAME */
    const char *brief;
    bool prunes; /* uses wn_label_rule_counts, which reads the settings */
    /* Set hit[n], which is zeroed before. NULL for a rule that flags the rows
     * whose score is `least` or more. */
    void (*find)(const struct wn_label_rule_view *view, uint8_t *hit);
    const char *score;   /* its name in /score; NULL: the rule reads none */
    const char *made_by; /* the options of score that make it, */
    const char *option;  /* without which it has no cut, or NULL */
    float least;
};

/* All of them; ends with a row without name. */
extern const struct wn_label_rule wn_label_rules[];
/* Their names for an option table. */
#define WN_LABEL_RULE_NAMES                                                    \
    "posterior|prune_by_noise_rate|prune_by_class|both|confident_learning|"    \
    "predicted_neq_given|low_self_confidence|low_normalized_margin|"           \
    "margin_count|simifeat_vote|simifeat_rank|aum|enn_all|enn_mode|tomek"
/* Set hit[n], which is zeroed before, by a rule. */
void wn_label_rule_apply(const struct wn_label_rule *rule,
                         const struct wn_label_rule_view *view, uint8_t *hit);
/* The one called `name`, or NULL. */
const struct wn_label_rule *wn_label_rule_find(const char *name);

/* The counts that prune_by_noise_rate and prune_by_class remove, one for each
 * cell of noise->at. Each given class keeps at least min_examples on the
 * diagonal; the other cells are scaled by `fraction` and cut to whole numbers,
 * so that less than the fraction may go. Where max_per_class has a number r for
 * class c, [c][c] becomes its rows minus r, which prune_by_class reads, and the
 * counts of rows that truly are c and labelled otherwise, which
 * prune_by_noise_rate reads, are scaled to sum to r. */
void wn_label_rule_counts(const struct wn_noise *noise,
                          const struct wn_label_rule_settings *settings,
                          int64_t *out);

#endif
