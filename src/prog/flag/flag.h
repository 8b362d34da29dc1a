/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prog/flag/flag.h: the parts of flag(1). */
#ifndef WN_PROG_FLAG_FLAG_H
#define WN_PROG_FLAG_FLAG_H

#include "check/check.h"
#include "check/coincidence.h"
#include "check/decide.h"
#include "noise/confident.h"
#include "noise/claim.h"
#include "audit/audit.h"
#include "audit/dataset.h"
#include "audit/decisions.h"
#include "noise/verdicts.h"
#include "prog/program.h"
#include "util/arena.h"

/* What flag would say without decisions and trusted labels; empty where there
 * are none. */
struct unseen {
    struct wn_noise noise;
    struct wn_suspicion judged;
    struct wn_claim claim;
    struct wn_verdict *base; /* n: judged, before the claim */
    uint8_t *hit;            /* n: label issues */
};

/* Everything that flag reads, finds and writes. */
struct work {
    struct wn_arena own; /* its arrays */
    struct wn_audit *audit;
    struct wn_dataset data;
    struct wn_evidence evidence;
    struct wn_check_settings settings;
    float *probability;
    size_t alike[WN_COINCIDENCE_FLOOR + 1]; /* rows by coincidence */
    double *place;         /* k, of grades, see flag_grades.c; else NULL */
    bool user_probability; /* the probabilities are the user's */
    double copied; /* share of the rows that are copies, as score found them */
    float *some;   /* the features of so many rows, evenly spaced; NULL: none */
    size_t some_rows;
    struct wn_clusters clusters; /* of them */
    struct wn_noise noise;
    struct wn_suspicion judged;
    struct wn_claim claim;
    struct wn_text ran;

    /* --decisions */
    bool decides; /* the option is given */
    struct wn_decisions decisions;
    const struct wn_decided **decided; /* n, NULL without one; or NULL */
    uint32_t *found; /* a decision: issues before flag_settle_issues() */
    struct wn_known known;
    struct wn_verdicts verdicts;
    struct unseen unseen;
    uint8_t *trusted; /* n: in the data, or by a verdict; or NULL */

    /* --previous: n, whether the same row was flagged: 1, 0, or -1 without one;
     * and the digest of its data. Or NULL. */
    int8_t *was;
    struct wn_text previous;

    uint32_t *issue;
    float *suspicion, *quality;
    int64_t *order;
    int32_t *suggestion;
    uint8_t *action, *reason, *kind, *hit;
    struct wn_near_sets near_sets;
};

/* flag_evidence.c: open the audit file, check --memory, and read the input of
 * the checks. */
int flag_read_evidence(const struct wn_run *run, struct work *work,
                       struct wn_error *error) WN_MUST_CHECK;
/* The row whose features are row s of `some`. */
size_t flag_some(const struct work *work, size_t s);
/* agree[n], zeroed: how many of the scores in the file, *scores of them, rank
 * the row among their `expected` highest (wn_top_cut). */
int flag_count_agreeing(const struct wn_audit *audit, size_t n, size_t expected,
                        uint8_t *agree, size_t *scores,
                        struct wn_error *error) WN_MUST_CHECK;

/* flag_previous.c: read the audit before; then let label issues of the same
 * rows stay what they were until they are clearly beyond the cut. */
int flag_read_previous(const struct wn_run *run, struct work *work,
                       struct wn_error *error) WN_MUST_CHECK;
void flag_hold_flags(struct work *work);

/* flag_decisions.c, in this order: read the files of --decisions; with verdicts
 * or trusted labels, judge all labels as if there were none, then learn from
 * the verdicts; give the known labels probability 1, or 0; their suspicions 0,
 * or 1; change the claim; mark the label issues that are known, and take the
 * issues from rows that are to stay as they are. */
int flag_read_decisions(const struct wn_run *run, struct work *work,
                        struct wn_error *error) WN_MUST_CHECK;
/* Estimate the noise and judge every label by the evidence's probabilities. */
int flag_judge(const struct wn_run *run, const struct work *work,
               const struct wn_noise_settings *settings, struct wn_noise *noise,
               struct wn_suspicion *judged,
               struct wn_error *error) WN_MUST_CHECK;
int flag_judge_unseen(const struct wn_run *run, struct work *work,
                      const struct wn_noise_settings *settings,
                      const struct wn_expectation *expectation,
                      struct wn_error *error) WN_MUST_CHECK;
void flag_settle_probability(struct work *work);
void flag_settle_suspicion(struct work *work);
void flag_claim_verdicts(struct work *work);
void flag_settle_issues(struct work *work);
/* /flag/stratum and /flag/decided; `reasons` are the names of wn_reasons. */
int flag_write_decisions(struct wn_audit_writer *writer,
                         const struct work *work,
                         const struct wn_decide_settings *settings,
                         const char *reasons,
                         struct wn_error *error) WN_MUST_CHECK;
void flag_free_decisions(struct work *work);

/* flag_grades.c: evidence->shift where labels are grades. */
void flag_weigh_grades(struct work *work);

/* flag_noise.c. With --verbose: the noise, its worst classes and pairs of
 * classes. */
void flag_log_noise(const struct wn_run *run, const struct wn_noise *noise,
                    const struct wn_suspicion *judged,
                    const struct wn_claim *claim, char *const *name);
/* /flag/noise: matrices whole up to WN_WHOLE_CLASSES, beyond it the cells that
 * are not 0. */
int flag_write_noise(struct wn_audit_writer *writer,
                     const struct wn_noise *noise,
                     const struct wn_suspicion *judged,
                     const struct wn_claim *claim,
                     struct wn_error *error) WN_MUST_CHECK;
/* /flag/noise: the noise matrix by the labels of neighbours alone (HOC), where
 * there is a graph, few classes and rows enough. */
int flag_write_transition(const struct wn_run *run,
                          const struct wn_evidence *evidence,
                          struct wn_audit_writer *writer,
                          struct wn_error *error) WN_MUST_CHECK;

#endif
