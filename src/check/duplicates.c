/* SPDX-License-Identifier: GPL-3.0-or-later */
/* checks duplicate, conflict, near_duplicate and leak: rows that are the same,
 * or nearly the same, as others. */
#include <stdlib.h>

#include "check/check.h"
#include "noise/order_statistics.h"
#include "util/memory.h"
#include "util/spill.h"

struct hashed_row {
    uint64_t hash;
    int32_t label;
    size_t row;
};

static int by_hash(const void *a, const void *b)
{
    const struct hashed_row *x = a, *y = b;

    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    if (x->label != y->label)
        return x->label < y->label ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

/* The rows by the hash of their features, then label[n] (NULL: all equal), then
 * row; for wn_spill_free(). */
static struct hashed_row *sort_by_hash(const struct wn_evidence *evidence,
                                       const int32_t *label)
{
    const size_t n = evidence->n;
    struct hashed_row *sorted = wn_spill_new(n, sizeof *sorted);

    for (size_t i = 0; i < n; i++)
        sorted[i] = (struct hashed_row){evidence->feature_hash[i],
                                        label ? label[i] : 0, i};
    qsort(sorted, n, sizeof *sorted, by_hash);
    return sorted;
}

/* Flag rows with the same features where they have different labels, all of
 * them or those of the labels that stand less often than the most frequent one;
 * rows without a label, -1, do not count. */
static void flag_different(const struct wn_evidence *evidence,
                           const int32_t *label, bool minority, uint8_t *hit)
{
    const size_t n = evidence->n;
    struct hashed_row *sorted = sort_by_hash(evidence, label);

    for (size_t begin = 0, end; begin < n; begin = end) {
        size_t first = begin;

        end = begin + 1;
        while (end < n && sorted[end].hash == sorted[begin].hash)
            end++;
        while (first < end && sorted[first].label < 0)
            first++;
        if (first == end || sorted[first].label == sorted[end - 1].label)
            continue;
        for (size_t r = first; r < end; r++)
            hit[sorted[r].row] = 1;
        if (!minority)
            continue;
        /* The runs of labels; the longest is let go, unless another is as
         * long. */
        size_t longest = 0, at = first;
        bool alone = false;
        for (size_t run = first, last; run < end; run = last) {
            for (last = run;
                 last < end && sorted[last].label == sorted[run].label; last++)
                continue;
            if (last - run >= longest) {
                alone = last - run > longest;
                longest = last - run;
                at = run;
            }
        }
        for (size_t r = at; alone && r < at + longest; r++)
            hit[sorted[r].row] = 0;
    }
    wn_spill_free(sorted);
}

/* The distance that counts as near: near_radius times the median distance to
 * the nearest neighbour. */
static double find_radius(const struct wn_evidence *evidence,
                          const struct wn_check_settings *settings)
{
    double *nearest = wn_spill_new(evidence->n, sizeof *nearest);

    for (size_t i = 0; i < evidence->n; i++)
        nearest[i] = (double)evidence->distance[i * evidence->m];
    wn_sort(nearest, evidence->n);
    const double median = wn_percentile(nearest, evidence->n, 50);
    wn_spill_free(nearest);
    return settings->near_radius * (median > 1e-6 ? median : 1e-6);
}

/* Whether two rows belong together, so that being alike says nothing. */
static bool are_of_one_group(const struct wn_evidence *evidence, size_t i,
                             size_t j)
{
    return evidence->group && evidence->group[i] >= 0 &&
           evidence->group[i] == evidence->group[j];
}

/* The first of several copies is not flagged, so dropping the flagged rows
 * leaves one; nor is one that equals rows of its own group only, or others by
 * chance, or at the floor of a sensor. */
static void duplicate_find(const struct wn_evidence *evidence,
                           const struct wn_check_settings *settings,
                           uint8_t *hit)
{
    struct hashed_row *sorted = sort_by_hash(evidence, evidence->label);
    size_t first = 0;
    bool groups = false; /* among the copies so far are two groups */

    (void)settings;
    for (size_t r = 1; r < evidence->n; r++) {
        const size_t row = sorted[r].row;

        if (sorted[r].hash != sorted[first].hash ||
            sorted[r].label != sorted[first].label) {
            first = r;
            groups = false;
            continue;
        }
        groups = groups || !are_of_one_group(evidence, row, sorted[first].row);
        hit[row] =
            groups && !(evidence->coincidence && evidence->coincidence[row]);
    }
    wn_spill_free(sorted);
}

const struct wn_check wn_check_duplicate = {
    .name = "duplicate",
    .brief = "an exact copy of an earlier row: same features, same label",
    .reason = "an exact copy of an earlier row",
    .needs = WN_INPUT_FEATURES,
    .find = duplicate_find};

/* At most one of the labels can be right, most likely the most frequent. */
static void conflict_find(const struct wn_evidence *evidence,
                          const struct wn_check_settings *settings,
                          uint8_t *hit)
{
    (void)settings;
    flag_different(evidence, evidence->label, true, hit);
}

const struct wn_check wn_check_conflict = {
    .name = "conflict",
    .brief = "the same features as other rows, but another label than most",
    .reason = "rows with the same features have another label",
    .reviews = true,
    .needs = WN_INPUT_LABELS | WN_INPUT_FEATURES,
    .find = conflict_find};

/* Rows that have, or are, a neighbour at a distance strictly below the radius.
 * Compared with: cleanlab Datalab near_duplicate, golden.json near_duplicate,
 * near_duplicate_1d. */
static void near_duplicate_find(const struct wn_evidence *evidence,
                                const struct wn_check_settings *settings,
                                uint8_t *hit)
{
    const double radius = find_radius(evidence, settings);
    const size_t m = evidence->m;

    for (size_t i = 0; i < evidence->n; i++)
        for (size_t q = 0;
             q < m && (double)evidence->distance[i * m + q] < radius; q++) {
            const size_t j = (size_t)evidence->neighbor[i * m + q];

            if (are_of_one_group(evidence, i, j) ||
                (evidence->coincidence && evidence->coincidence[i] &&
                 evidence->coincidence[j]))
                continue;
            hit[i] = hit[j] = 1;
        }
}

const struct wn_check wn_check_near_duplicate = {
    .name = "near_duplicate",
    .brief = "much closer to another row than rows usually are",
    .reason = "nearly the same as another row",
    .source = "cleanlab Datalab 2.9, near duplicate issues",
    .reviews = true,
    .needs = WN_INPUT_NEIGHBORS,
    .find = near_duplicate_find};

/* A model that learns from one split is tested on something it has seen where
 * the same row, nearly the same row, or a row of the same group is also in
 * another split. All rows concerned are flagged. */
static void leak_find(const struct wn_evidence *evidence,
                      const struct wn_check_settings *settings, uint8_t *hit)
{
    enum { NONE = -1, SEVERAL = -2 };
    const int32_t *split = evidence->split, *group = evidence->group;
    const size_t n = evidence->n, m = evidence->m;

    if (evidence->feature_hash)
        flag_different(evidence, split, false, hit);
    if (evidence->neighbor) {
        const double radius = find_radius(evidence, settings);

        for (size_t i = 0; i < n; i++)
            for (size_t q = 0;
                 q < m && (double)evidence->distance[i * m + q] < radius; q++) {
                const size_t j = (size_t)evidence->neighbor[i * m + q];

                if (split[i] >= 0 && split[j] >= 0 && split[i] != split[j])
                    hit[i] = hit[j] = 1;
            }
    }
    if (group) {
        int32_t *split_of = wn_new(evidence->groups, sizeof *split_of);

        for (size_t g = 0; g < evidence->groups; g++)
            split_of[g] = NONE;
        for (size_t i = 0; i < n; i++)
            if (group[i] >= 0 && split[i] >= 0) {
                int32_t *of = &split_of[group[i]];

                *of = *of == NONE || *of == split[i] ? split[i] : SEVERAL;
            }
        for (size_t i = 0; i < n; i++)
            hit[i] |=
                group[i] >= 0 && split[i] >= 0 && split_of[group[i]] == SEVERAL;
        free(split_of);
    }
}

const struct wn_check wn_check_leak = {
    .name = "leak",
    .brief = "the same as, nearly as, or of one group with a row of another "
             "split",
    .reason = "this row, one like it or of its group is in another split",
    .optional = true,
    .needs = WN_INPUT_SPLITS,
    .find = leak_find};
