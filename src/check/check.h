/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check/check.h: an issue check is one row of a table. */
#ifndef WN_CHECK_CHECK_H
#define WN_CHECK_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/near_sets.h"
#include "noise/claim.h"
#include "noise/label_rules.h"
#include "util/error.h"
#include "util/options.h"

/* What checks see: arrays, no files. NULL where it is not in the audit. */
struct wn_evidence {
    size_t n, d, k, m;
    const int32_t *label;         /* n, -1 = missing */
    char *const *label_name;      /* k */
    const float *probability;     /* n x k */
    const int32_t *neighbor;      /* n x m, nearest first */
    const float *distance;        /* n x m */
    bool ignores_neighbors;       /* their labels have no weight in the
                                     committee, so they decide nothing */
    const uint64_t *feature_hash; /* n: equal iff the feature rows are equal
                                     bit for bit (up to 64-bit collisions) */
    const uint8_t *coincidence;   /* n, of coincidence.h: why a row equals
                                     others; NULL: not known */
    const double *shift;          /* n, expected places by which a grade is
                                     off; NULL: labels are not grades */
    const float *pair_rank;       /* n, score/pair_rank */
    const float *rule_score;      /* n: of the label rule, if it has one */
    const uint32_t *missing, *invalid;        /* n: broken cells per row */
    const int32_t *group, *split, *annotator; /* n, -1 = none */
    size_t groups, splits, annotators;
    const uint8_t *trusted; /* n, 1 = the label is known to be right */
    const struct wn_noise *noise;
    const struct wn_suspicion *suspicion; /* there if noise is */
    const struct wn_claim *claim;         /* likewise, once it is made */
    int threads;
};

/* Every setting of a check. */
struct wn_check_settings {
    const struct wn_label_rule *rule;
    struct wn_label_rule_settings prune;
    size_t max_issues;        /* SIZE_MAX: all */
    double near_radius;       /* in median distances to the nearest row */
    bool near_chains;         /* sets of near duplicates grow by their members,
                                 not only round the row that stays */
    double outlier_threshold; /* 0 .. 1, 0: no outliers; below 0: a cut
                                 by chance */
    double rare_share, order_level, pair_share, weak_share; /* 0 .. 1 */
};

/* What a check reads of the evidence. */
enum wn_input {
    WN_INPUT_LABELS = 1,
    WN_INPUT_NOISE = 2,       /* and suspicion */
    WN_INPUT_PROBABILITY = 4, /* and labels */
    WN_INPUT_FEATURES = 8,    /* their hashes */
    WN_INPUT_NEIGHBORS = 16,
    WN_INPUT_PAIRS = 32,
    WN_INPUT_MISSING = 64,
    WN_INPUT_INVALID = 128,
    WN_INPUT_SPLITS = 256,
    WN_INPUT_GROUPS = 512 /* or annotators */
};

struct wn_check {
    const char *name;   /* --issues=NAME, and the name of its bit */
    const char *brief;  /* one line for --list-issues */
    const char *reason; /* what report says of a flagged row */
    const char *source; /* paper, as in flag(1); NULL if there is none */
    unsigned needs;     /* enum wn_input, or-ed */
    bool optional;      /* left out silently where its input is missing */
    bool reviews;       /* a hit alone asks for a person's review */
    /* Set hit[i] = 1 for the rows concerned; hit[n] is zeroed before. */
    void (*find)(const struct wn_evidence *evidence,
                 const struct wn_check_settings *settings, uint8_t *hit);
};

/* All of them, in the order of checks.def, which is the order of the bits in
 * /flag/issue, at most 32; ends with NULL. */
extern const struct wn_check *const wn_checks[];
/* Index in wn_checks of the check called `name`, or -1. */
int wn_check_find(const char *name);
/* NULL where the check can be used; else what is missing, "neighbours". */
const char *wn_check_missing_input(const struct wn_check *check,
                                   const struct wn_evidence *evidence);

/* The options of the checks, with the checks that read each; ends with {0}. One
 * with two readers belongs to both. */
extern const struct wn_setting wn_check_options[];
/* Fill *out from a command line whose table has them; label_name[k] are the
 * classes. WN_EUSAGE for --max-issues-per-class where it names no class or the
 * rule does not prune. */
int wn_check_settings_read(const struct wn_options *options,
                           char *const *label_name, size_t k,
                           struct wn_check_settings *out,
                           struct wn_error *error) WN_MUST_CHECK;
void wn_check_settings_free(struct wn_check_settings *settings);

/* The sets of equal and near rows, as far as features and neighbours are there:
 * rows nearer than the radius are linked. A row that has more than m near
 * neighbours is linked to the nearest m and to those that it is one of. Rows
 * that belong to the one that stays, of its group or votes on one item, are in
 * no set. For wn_near_sets_free(). Time O(n log n) and the links sorted. */
void wn_near_sets_find(const struct wn_evidence *evidence,
                       const struct wn_check_settings *settings,
                       struct wn_near_sets *out);

#endif
