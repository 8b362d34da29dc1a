/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check/check.h: what an issue check is: one file, one table row. */
#ifndef WN_CHECK_CHECK_H
#define WN_CHECK_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/options.h"

struct wn_noise;     /* noise/confident.h: what confident learning found */
struct wn_suspicion; /* noise/suspicion.h: what each label is worth */

/* What checks see: arrays, no files. NULL where it is not in the audit. */
struct wn_evidence {
    size_t n, d, k, m;
    const int32_t *label;         /* n, -1 = missing */
    char *const *label_name;      /* k */
    const float *probability;     /* n x k */
    const int32_t *neighbor;      /* n x m */
    const float *distance;        /* n x m */
    const uint64_t *feature_hash; /* n: equal iff the feature rows are equal
                                     bit for bit (up to 64-bit collisions) */
    const float *pair_rank;       /* n, score/pair_rank */
    const uint32_t *missing, *invalid;        /* n: broken cells per row */
    const int32_t *group, *split, *annotator; /* n, -1 = none */
    size_t groups, splits, annotators;
    const uint8_t *trusted; /* n, 1 = the label is known to be right */
    const struct wn_noise *noise;
    const struct wn_suspicion *suspicion; /* there if noise is */
    int threads;
};

struct wn_check {
    const char *name;   /* --issues=NAME, and the name of its bit */
    const char *brief;  /* one line for --list-issues */
    const char *reason; /* what report says of a flagged row */
    const char *source; /* paper, as in flag(1); NULL if there is none */
    const struct wn_option *knobs; /* options of its own, or NULL */
    int optional; /* not missed where there is nothing for it to read */
    int reviews;  /* whether a hit by itself asks for a person's review */
    /* Set hit[i] = 1 for the rows concerned; hit[n] comes zeroed. A check
     * whose evidence is missing flags nothing and returns 0. */
    int (*run)(const struct wn_evidence *evidence,
               const struct wn_options *options, uint8_t *hit,
               struct wn_error *error);
    /* NULL when the check can be used; else what is missing, "neighbours". */
    const char *(*lacks)(const struct wn_evidence *evidence);
};

/* All of them, in the order of checks.def, which is the order of the bits in
 * /flag/issue, at most 32; ends with NULL. */
extern const struct wn_check *const wn_checks[];
/* Place of the check called `name` in wn_checks, or -1. */
int wn_check_find(const char *name);

#endif
