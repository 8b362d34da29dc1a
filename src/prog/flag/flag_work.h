/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prog/flag/flag_work.h: what flag knows while it works. */
#ifndef WN_PROG_FLAG_FLAG_WORK_H
#define WN_PROG_FLAG_FLAG_WORK_H

#include "check/check.h"
#include "noise/confident.h"
#include "noise/claim.h"
#include "audit/audit.h"
#include "audit/dataset.h"
#include "prog/program.h"

/* Everything that is read, found and written. */
struct work {
    struct wn_audit *audit;
    struct wn_dataset data;
    struct wn_evidence evidence;
    struct wn_check_settings settings;
    float *probability, *distance, *pair_rank;
    int32_t *neighbor;
    uint64_t *feature_hash;
    uint32_t *missing, *invalid;
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

/* flag_evidence.c: open the audit file and read what the checks look at;
 * keeps to --memory or refuses. */
int flag_read_evidence(const struct wn_run *run, struct work *work,
                       struct wn_error *error) WN_MUST_CHECK;

#endif
