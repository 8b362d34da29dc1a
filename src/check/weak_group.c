/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check weak_group: groups, and annotators, whose labels the models believe
 * much less than others. For each one with MIN_ROWS labelled rows or more,
 *
 *   share = mean P(label) over its rows / mean P(label) over the rows of all
 *
 * and its rows are flagged where the share is below --weak-share. This is
 * cleanlab's underperforming group, but with shares compared with shares, and
 * every group below is flagged, not just one. Compared with: golden.json
 * underperforming_group. */
#include <stdlib.h>

#include "check/check.h"
#include "util/memory.h"

enum { MIN_ROWS = 5 };

struct group_sum {
    double probability; /* sum of P(label) */
    size_t rows;
};

static void flag_weak(const struct wn_evidence *evidence, const int32_t *group,
                      size_t groups, double share, uint8_t *hit)
{
    struct group_sum *sums = wn_new(groups, sizeof *sums), all = {0, 0};
    const int32_t *label = evidence->label;

    for (size_t i = 0; i < evidence->n; i++)
        if (group[i] >= 0 && label[i] >= 0) {
            sums[group[i]].probability +=
                (double)
                    evidence->probability[i * evidence->k + (size_t)label[i]];
            sums[group[i]].rows++;
        }
    for (size_t g = 0; g < groups; g++)
        if (sums[g].rows >= MIN_ROWS) {
            all.probability += sums[g].probability;
            all.rows += sums[g].rows;
        }
    for (size_t i = 0; i < evidence->n; i++) {
        if (group[i] < 0 || label[i] < 0)
            continue;
        const struct group_sum *own = &sums[group[i]];

        if (own->rows >= MIN_ROWS &&
            own->probability * (double)all.rows <
                share * all.probability * (double)own->rows)
            hit[i] = 1;
    }
    free(sums);
}

static void weak_group_find(const struct wn_evidence *evidence,
                            const struct wn_check_settings *settings,
                            uint8_t *hit)
{
    if (evidence->group)
        flag_weak(evidence, evidence->group, evidence->groups,
                  settings->weak_share, hit);
    if (evidence->annotator)
        flag_weak(evidence, evidence->annotator, evidence->annotators,
                  settings->weak_share, hit);
}

const struct wn_check wn_check_weak_group = {
    .name = "weak_group",
    .brief = "the labels of its group or annotator are believed much less than "
             "others",
    .reason = "its group's or annotator's labels are little believed",
    .source = "cleanlab Datalab 2.9, underperforming group issues",
    .optional = true,
    .needs = WN_INPUT_GROUPS | WN_INPUT_PROBABILITY,
    .find = weak_group_find};
