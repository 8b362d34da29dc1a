/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check leak: what a model learns from one split it is then tested on in
 * another, because the same row, nearly the same row, or a row of the same
 * group stands in both. All rows concerned are flagged. */
#include <stdlib.h>

#include "check/check.h"
#include "check/near_duplicate_rows.h"
#include "check/duplicate_key.h"
#include "util/spill.h"
#include "util/memory.h"

static const char *leak_lacks(const struct wn_evidence *evidence)
{
    return evidence->split ? NULL : "splits";
}

/* Rows with equal features: flagged where they stand in several splits. */
static int find_copies(const struct wn_evidence *evidence, uint8_t *hit)
{
    const size_t n = evidence->n;
    struct wn_duplicate_key *same = wn_spill_new(n, sizeof *same);
    /* Splits in the place of labels: ascending in each group, none first. */
    wn_duplicate_key_sort(evidence->feature_hash, evidence->split, n, same);
    for (size_t begin = 0, end; begin < n; begin = end) {
        size_t first = begin;

        end = begin + 1;
        while (end < n && same[end].hash == same[begin].hash)
            end++;
        while (first < end && same[first].label < 0)
            first++;
        if (first < end && same[first].label != same[end - 1].label)
            for (size_t r = first; r < end; r++)
                hit[same[r].row] = 1;
    }
    wn_spill_free(same);
    return 0;
}

static int find_near(const struct wn_evidence *evidence,
                     const struct wn_options *options, uint8_t *hit)
{
    const size_t m = evidence->m;
    const int32_t *split = evidence->split;
    double radius = wn_option_number(options, "near-radius");

    wn_bounds_radius(evidence->distance, evidence->n, m, &radius);
    for (size_t i = 0; i < evidence->n; i++)
        for (size_t q = 0;
             q < m && (double)evidence->distance[i * m + q] < radius; q++) {
            const size_t other = (size_t)evidence->neighbor[i * m + q];

            if (split[i] >= 0 && split[other] >= 0 && split[i] != split[other])
                hit[i] = hit[other] = 1;
        }
    return 0;
}

/* Groups that reach over several splits. */
static int leak_find_groups(const struct wn_evidence *evidence, uint8_t *hit)
{
    enum { NONE = -1, SEVERAL = -2 };
    int32_t *in = wn_new(evidence->groups, sizeof *in);

    for (size_t g = 0; g < evidence->groups; g++)
        in[g] = NONE;
    for (size_t i = 0; i < evidence->n; i++) {
        const int32_t group = evidence->group[i];

        if (group < 0 || evidence->split[i] < 0)
            continue;
        if (in[group] == NONE)
            in[group] = evidence->split[i];
        else if (in[group] != evidence->split[i])
            in[group] = SEVERAL;
    }
    for (size_t i = 0; i < evidence->n; i++)
        hit[i] |= evidence->group[i] >= 0 && evidence->split[i] >= 0 &&
                  in[evidence->group[i]] == SEVERAL;
    free(in);
    return 0;
}

static int leak_run(const struct wn_evidence *evidence,
                    const struct wn_options *options, uint8_t *hit,
                    struct wn_error *error)
{
    if ((evidence->feature_hash && find_copies(evidence, hit)) ||
        (evidence->neighbor && find_near(evidence, options, hit)) ||
        (evidence->group && leak_find_groups(evidence, hit)))
        return -1;
    return 0;
}

/* clang-format off */
const struct wn_check wn_check_leak = {
    .name = "leak",
    .brief = "the same as, nearly as, or of one group with a row of another "
             "split",
    .reason = "this row, one like it or of its group is in another split",
    .optional = 1,
    .run = leak_run,
    .lacks = leak_lacks};
/* clang-format on */
