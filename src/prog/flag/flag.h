/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prog/flag/flag.h: the parts of flag(1). */
#ifndef WN_PROG_FLAG_FLAG_H
#define WN_PROG_FLAG_FLAG_H

#include "check/check.h"
#include "noise/confident.h"
#include "noise/claim.h"
#include "audit/audit.h"
#include "audit/dataset.h"
#include "prog/program.h"

/* Everything that flag reads, finds and writes. */
struct work {
    struct wn_audit *audit;
    struct wn_dataset data;
    struct wn_evidence evidence;
    struct wn_check_settings settings;
    float *probability, *distance, *pair_rank;
    int32_t *neighbor;
    uint64_t *feature_hash;
    uint32_t *missing, *invalid;
    bool brought; /* the probabilities are the user's */
    struct wn_noise noise;
    struct wn_suspicion judged;
    struct wn_claim claim;
    struct wn_text ran;

    uint32_t *issue;
    float *suspicion, *quality;
    int64_t *order;
    int32_t *suggestion;
    uint8_t *action, *reason, *hit;
};

/* flag_evidence.c: open the audit file, check --memory, and read the input of
 * the checks. */
int flag_read_evidence(const struct wn_run *run, struct work *work,
                       struct wn_error *error) WN_MUST_CHECK;

/* flag_noise.c. With --verbose: the noise, its worst classes and pairs of
 * classes. */
void flag_log_noise(const struct wn_run *run, const struct wn_noise *noise,
                    const struct wn_suspicion *judged, char *const *name);
/* /flag/noise: matrices whole up to WN_WHOLE_CLASSES, beyond it the cells that
 * are not 0. */
int flag_write_noise(struct wn_audit_writer *writer,
                     const struct wn_noise *noise,
                     const struct wn_suspicion *judged,
                     const struct wn_claim *claim,
                     struct wn_error *error) WN_MUST_CHECK;

#endif
