/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check conflict: rows with the same features and different labels, of which
 * at most one label can be right. All of them are flagged. */
#include <stdlib.h>

#include "check/check.h"
#include "check/duplicate_key.h"
#include "util/spill.h"
#include "util/memory.h"

static const char *conflict_lacks(const struct wn_evidence *evidence)
{
    if (!evidence->label)
        return "labels";
    return evidence->feature_hash ? NULL : "features";
}

/* The rows of one group, labels rising, -1 = missing first. */
static void conflict_judge(const struct wn_duplicate_key *group, size_t count,
                           uint8_t *hit)
{
    size_t first = 0;

    while (first < count && group[first].label < 0)
        first++;
    if (first == count || group[first].label == group[count - 1].label)
        return;
    for (size_t r = first; r < count; r++)
        hit[group[r].row] = 1;
}

static int conflict_run(const struct wn_evidence *evidence,
                        const struct wn_options *options, uint8_t *hit,
                        struct wn_error *error)
{
    const size_t n = evidence->n;
    struct wn_duplicate_key *same = wn_spill_new(n, sizeof *same);

    (void)options;
    wn_duplicate_key_sort(evidence->feature_hash, evidence->label, n, same);
    for (size_t begin = 0, end; begin < n; begin = end) {
        end = begin + 1;
        while (end < n && same[end].hash == same[begin].hash)
            end++;
        conflict_judge(same + begin, end - begin, hit);
    }
    wn_spill_free(same);
    return 0;
}

/* clang-format off */
const struct wn_check wn_check_conflict = {
    .name = "conflict",
    .brief = "the same features as another row, but another label",
    .reason = "another row has the same features and another label",
    .reviews = 1,
    .run = conflict_run,
    .lacks = conflict_lacks};
/* clang-format on */
