/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check weak_group: groups, and annotators, whose labels the models believe
 * much less than others. Of each with WEAK_ROWS labelled rows or more
 *
 *   share = mean of P(label) over its rows / mean over the rows of all such
 *
 * and its rows are flagged where that is below --weak-share. As cleanlab's
 * underperforming group, but shares are compared with shares, and all groups
 * below are flagged, not one. Compared with: golden.json
 * underperforming_group. */
#include <stdlib.h>

#include "check/check.h"
#include "util/memory.h"

enum { WEAK_ROWS = 5 };

/* clang-format off */
static const struct wn_option knobs[] = {
    {.name = "weak-share", .kind = WN_REAL, .value = "S", .standard = "0.5",
     .low = 0, .high = 1, .recorded = true,
     .help = "a group is weak below this part of the mean P(label)"},
    {0}};
/* clang-format on */

static const char *weak_group_lacks(const struct wn_evidence *evidence)
{
    if (!evidence->group && !evidence->annotator)
        return "groups";
    return evidence->probability && evidence->label ? NULL : "probabilities";
}

struct sum {
    double believed; /* sum of P(label) */
    size_t rows;
};

static int weak_group_judge(const struct wn_evidence *evidence,
                            const int32_t *group, size_t groups, double share,
                            uint8_t *hit)
{
    struct sum *of = wn_new(groups, sizeof *of), all = {0, 0};
    const size_t k = evidence->k;

    for (size_t i = 0; i < evidence->n; i++)
        if (group[i] >= 0 && evidence->label[i] >= 0) {
            of[group[i]].believed +=
                (double)
                    evidence->probability[i * k + (size_t)evidence->label[i]];
            of[group[i]].rows++;
        }
    for (size_t g = 0; g < groups; g++)
        if (of[g].rows >= WEAK_ROWS) {
            all.believed += of[g].believed;
            all.rows += of[g].rows;
        }
    for (size_t i = 0; i < evidence->n; i++) {
        const struct sum *own = group[i] >= 0 ? &of[group[i]] : NULL;

        if (own && evidence->label[i] >= 0 && own->rows >= WEAK_ROWS &&
            own->believed * (double)all.rows <
                share * all.believed * (double)own->rows)
            hit[i] = 1;
    }
    free(of);
    return 0;
}

static int weak_group_run(const struct wn_evidence *evidence,
                          const struct wn_options *options, uint8_t *hit,
                          struct wn_error *error)
{
    const double share = wn_option_number(options, "weak-share");

    if ((evidence->group && weak_group_judge(evidence, evidence->group,
                                             evidence->groups, share, hit)) ||
        (evidence->annotator &&
         weak_group_judge(evidence, evidence->annotator, evidence->annotators,
                          share, hit)))
        return -1;
    return 0;
}

/* clang-format off */
const struct wn_check wn_check_weak_group = {
    .name = "weak_group",
    .brief = "its group's, or annotator's, labels are much less believed than "
             "others",
    .reason = "its group's or annotator's labels are little believed",
    .source = "cleanlab Datalab 2.9, underperforming group issues",
    .knobs = knobs,
    .optional = 1,
    .run = weak_group_run,
    .lacks = weak_group_lacks};
/* clang-format on */
