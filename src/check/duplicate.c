/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check duplicate: a copy of an earlier row, features and label. The first of
 * the copies is not flagged, so dropping what is leaves one. */
#include <stdlib.h>

#include "check/check.h"
#include "check/duplicate_key.h"
#include "util/spill.h"
#include "util/memory.h"

static const char *duplicate_lacks(const struct wn_evidence *evidence)
{
    return evidence->feature_hash ? NULL : "features";
}

static int duplicate_run(const struct wn_evidence *evidence,
                         const struct wn_options *options, uint8_t *hit,
                         struct wn_error *error)
{
    struct wn_duplicate_key *same = wn_spill_new(evidence->n, sizeof *same);

    (void)options;
    wn_duplicate_key_sort(evidence->feature_hash, evidence->label, evidence->n,
                          same);
    for (size_t r = 1; r < evidence->n; r++)
        if (same[r].hash == same[r - 1].hash &&
            same[r].label == same[r - 1].label)
            hit[same[r].row] = 1;
    wn_spill_free(same);
    return 0;
}

/* clang-format off */
const struct wn_check wn_check_duplicate = {
    .name = "duplicate",
    .brief = "an exact copy of an earlier row: same features, same label",
    .reason = "an exact copy of an earlier row",
    .run = duplicate_run,
    .lacks = duplicate_lacks};
/* clang-format on */
