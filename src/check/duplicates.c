/* SPDX-License-Identifier: GPL-3.0-or-later */
/* checks duplicate, conflict, near_duplicate and leak: rows that are the same,
 * or nearly the same, as others; and the sets that they form. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "audit/near_sets.h"
#include "check/check.h"
#include "noise/order_statistics.h"
#include "util/arena.h"
#include "util/memory.h"
#include "util/order.h"
#include "util/spill.h"

/* The rows by the hash of their features, then label[n] (NULL: all equal), then
 * row; for wn_spill_free(). */
static struct wn_hashed_row *sort_by_hash(const struct wn_evidence *evidence,
                                          const int32_t *label)
{
    const size_t n = evidence->n;
    struct wn_hashed_row *sorted = wn_spill_new(n, sizeof *sorted);

    for (size_t i = 0; i < n; i++)
        sorted[i] = (struct wn_hashed_row){evidence->feature_hash[i],
                                           label ? label[i] : 0, i};
    wn_order_by_hash(sorted, n);
    return sorted;
}

/* Flag rows with the same features where they have different labels, all of
 * them or those of the labels that stand less often than the most frequent one;
 * rows without a label, -1, do not count. */
static void flag_different(const struct wn_evidence *evidence,
                           const int32_t *label, bool minority, uint8_t *hit)
{
    const size_t n = evidence->n;
    struct wn_hashed_row *sorted = sort_by_hash(evidence, label);

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

/* Whether two rows belong together, so that being alike says nothing: rows of
 * one group, and votes of two people on one item, which is a row of equal
 * features. */
static bool belong_together(const struct wn_evidence *evidence, size_t i,
                            size_t j)
{
    const int32_t *group = evidence->group, *annotator = evidence->annotator;

    if (group && group[i] >= 0 && group[i] == group[j])
        return true;
    return annotator && evidence->feature_hash && annotator[i] >= 0 &&
           annotator[j] >= 0 && annotator[i] != annotator[j] &&
           evidence->feature_hash[i] == evidence->feature_hash[j];
}

/* Neighbours nearer than the radius that make near duplicates. */
static bool are_near(const struct wn_evidence *evidence, size_t i, size_t j)
{
    return !belong_together(evidence, i, j) &&
           !(evidence->coincidence && evidence->coincidence[i] &&
             evidence->coincidence[j]);
}

/* What decides which row of a set stays, the lowest key: a trusted one, then
 * the least suspicion, in thousandths, so that rounding decides nothing. */
static struct wn_ranked preference_of(const struct wn_evidence *evidence,
                                      size_t i)
{
    const bool known = evidence->suspicion && evidence->claim &&
                       evidence->claim->kind != WN_CLAIM_NOTHING;

    if (evidence->trusted && evidence->trusted[i])
        return (struct wn_ranked){0, i};
    return (struct wn_ranked){
        known ? 1 + round(1000 * evidence->suspicion->verdict[i].suspicion) : 1,
        i};
}

/* The copy that should stay is not flagged, so dropping the flagged rows leaves
 * one; nor is one that belongs to it, or that equals others by chance or at the
 * floor of a sensor. */
static void duplicate_find(const struct wn_evidence *evidence,
                           const struct wn_check_settings *settings,
                           uint8_t *hit)
{
    const size_t n = evidence->n;
    struct wn_hashed_row *sorted = sort_by_hash(evidence, evidence->label);

    (void)settings;
    for (size_t begin = 0, end; begin < n; begin = end) {
        struct wn_ranked stays = preference_of(evidence, sorted[begin].row);

        for (end = begin + 1;
             end < n && sorted[end].hash == sorted[begin].hash &&
             sorted[end].label == sorted[begin].label;
             end++) {
            const struct wn_ranked next =
                preference_of(evidence, sorted[end].row);

            if (next.key < stays.key)
                stays = next;
        }
        for (size_t r = begin; r < end; r++) {
            const size_t row = sorted[r].row;

            hit[row] = row != stays.row &&
                       !belong_together(evidence, row, stays.row) &&
                       !(evidence->coincidence && evidence->coincidence[row]);
        }
    }
    wn_spill_free(sorted);
}

const struct wn_check wn_check_duplicate = {
    .name = "duplicate",
    .brief = "an exact copy of another row: same features, same label",
    .reason = "an exact copy of another row",
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

            if (are_near(evidence, i, j))
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

/* ---- sets --------------------------------------------------------------- */

/* A class is a set of equal rows here; near classes are linked. */
struct link {
    size_t from, to; /* classes */
    float distance;
};

static int by_from(const void *a, const void *b)
{
    const struct link *x = a, *y = b;

    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    if (x->distance != y->distance)
        return x->distance < y->distance ? -1 : 1;
    return (x->to > y->to) - (x->to < y->to);
}

/* class[n] of each row, numbered from 0; their number. Rows that are equal by
 * coincidence are in a class each. */
static size_t number_classes(const struct wn_evidence *evidence, size_t *class)
{
    const size_t n = evidence->n;
    size_t classes = 0, last = SIZE_MAX; /* the class of the equal rows */

    if (!evidence->feature_hash) {
        for (size_t i = 0; i < n; i++)
            class[i] = i;
        return n;
    }
    struct wn_hashed_row *sorted = sort_by_hash(evidence, NULL);
    for (size_t r = 0; r < n; r++) {
        const size_t row = sorted[r].row;

        if (r && sorted[r].hash != sorted[r - 1].hash)
            last = SIZE_MAX;
        if (evidence->coincidence && evidence->coincidence[row]) {
            class[row] = classes++;
            continue;
        }
        if (last == SIZE_MAX)
            last = classes++;
        class[row] = last;
    }
    wn_spill_free(sorted);
    return classes;
}

enum { NO_ROW = -1 };

/* Classes of equal rows and their links. */
struct classes {
    size_t count;
    size_t *of;    /* n */
    size_t *begin; /* count + 1, in link */
    struct link *link;
    int64_t *leader; /* count, the row that should stay */
};

/* The links in both directions, by class and distance; fills begin. */
static struct link *find_links(const struct wn_evidence *evidence,
                               const struct wn_check_settings *settings,
                               const struct classes *classes)
{
    const size_t m = evidence->neighbor ? evidence->m : 0;
    const double radius = m ? find_radius(evidence, settings) : 0;
    struct link *link = NULL;
    size_t count = 0, capacity = 0;

    for (size_t i = 0; m && i < evidence->n; i++)
        for (size_t q = 0;
             q < m && (double)evidence->distance[i * m + q] < radius; q++) {
            const size_t j = (size_t)evidence->neighbor[i * m + q];
            const float distance = evidence->distance[i * m + q];

            if (classes->of[i] == classes->of[j] || !are_near(evidence, i, j))
                continue;
            wn_grow(&link, &capacity, count + 2, sizeof *link);
            link[count++] =
                (struct link){classes->of[i], classes->of[j], distance};
            link[count++] =
                (struct link){classes->of[j], classes->of[i], distance};
        }
    if (count)
        qsort(link, count, sizeof *link, by_from);
    for (size_t e = 0; e < count; e++)
        classes->begin[link[e].from + 1]++;
    for (size_t c = 0; c < classes->count; c++)
        classes->begin[c + 1] += classes->begin[c];
    return link;
}

/* The row that should stay leads the classes that it reaches: those near its
 * own, or by chains of near classes. One whose first row belongs to it is not
 * reached. */
static void find_leaders(const struct wn_evidence *evidence, bool chains,
                         const struct wn_ranked *preferred,
                         struct classes *classes)
{
    size_t *first = wn_spill_new(classes->count, sizeof *first);
    size_t *queue = wn_spill_new(classes->count, sizeof *queue);

    for (size_t r = evidence->n; r-- > 0;)
        first[classes->of[preferred[r].row]] = preferred[r].row;
    for (size_t c = 0; c < classes->count; c++)
        classes->leader[c] = NO_ROW;
    for (size_t r = 0; r < evidence->n; r++) {
        const size_t row = preferred[r].row;
        size_t head = 0, tail = 0;

        if (classes->leader[classes->of[row]] != NO_ROW)
            continue;
        classes->leader[classes->of[row]] = (int64_t)row;
        queue[tail++] = classes->of[row];
        while (head < tail && (head == 0 || chains)) {
            const size_t c = queue[head++];

            for (size_t e = classes->begin[c]; e < classes->begin[c + 1]; e++) {
                const size_t to = classes->link[e].to;

                if (classes->leader[to] != NO_ROW ||
                    belong_together(evidence, first[to], row))
                    continue;
                classes->leader[to] = (int64_t)row;
                queue[tail++] = to;
            }
        }
    }
    wn_spill_free(first);
    wn_spill_free(queue);
}

/* Fill out from its members, sorted: by the first row of their set, and then by
 * preference. */
static void fill_sets(const struct classes *classes,
                      const struct wn_ranked *preferred,
                      const struct wn_ranked *member, struct wn_near_sets *out)
{
    int64_t(*two)[2] = wn_spill_new(classes->count, sizeof *two);

    /* The two members of each class that come first. */
    for (size_t c = 0; c < classes->count; c++)
        two[c][0] = two[c][1] = NO_ROW;
    for (size_t e = 0; e < out->rows; e++) {
        const size_t i = preferred[member[e].row].row;
        int64_t *own = two[classes->of[i]];

        if (own[1] == NO_ROW)
            own[own[0] != NO_ROW] = (int64_t)i;
    }
    for (size_t e = 0; e < out->rows; e++) {
        const size_t i = preferred[member[e].row].row, c = classes->of[i];

        out->sets += e == 0 || member[e].key != member[e - 1].key;
        out->row[e] = (int64_t)i;
        out->set[e] = (int32_t)out->sets - 1;
        out->partner[e] = two[c][two[c][0] == (int64_t)i];
        for (size_t l = classes->begin[c];
             l < classes->begin[c + 1] && out->partner[e] == NO_ROW; l++)
            if (classes->leader[classes->link[l].to] == classes->leader[c]) {
                out->partner[e] = two[classes->link[l].to][0];
                out->distance[e] = classes->link[l].distance;
            }
    }
    wn_spill_free(two);
}

void wn_near_sets_find(const struct wn_evidence *evidence,
                       const struct wn_check_settings *settings,
                       struct wn_near_sets *out)
{
    const size_t n = evidence->n;
    struct wn_arena own = {0};
    struct classes classes = {.of = wn_arena_spill(&own, sizeof(size_t), n, 1)};
    size_t count = 0;

    *out = (struct wn_near_sets){0};
    classes.count = number_classes(evidence, classes.of);
    classes.begin = wn_arena_spill(&own, sizeof(size_t), classes.count + 1, 1);
    classes.link = find_links(evidence, settings, &classes);
    if (classes.count == n && !classes.link) { /* all rows differ */
        wn_arena_free(&own);
        return;
    }
    struct wn_ranked *preferred = wn_arena_spill(&own, sizeof *preferred, n, 1);
    int64_t *leader = wn_arena_spill(&own, sizeof *leader, n, 1);
    size_t *first = wn_arena_spill(&own, sizeof *first, n, 1); /* by leader: */
    size_t *size = wn_arena_spill(&own, sizeof *size, n, 1);   /* its rows */
    classes.leader = wn_arena_spill(&own, sizeof(int64_t), classes.count, 1);
    for (size_t i = 0; i < n; i++)
        preferred[i] = preference_of(evidence, i);
    wn_rank(preferred, n);
    find_leaders(evidence, settings->near_chains, preferred, &classes);
    /* Rows that belong to their leader are no copies of it. */
    for (size_t i = 0; i < n; i++) {
        const size_t lead = (size_t)classes.leader[classes.of[i]];

        leader[i] = i != lead && belong_together(evidence, i, lead)
                        ? NO_ROW
                        : (int64_t)lead;
        if (leader[i] != NO_ROW && size[lead]++ == 0)
            first[lead] = i;
    }
    for (size_t i = 0; i < n; i++)
        out->rows += leader[i] != NO_ROW && size[leader[i]] > 1;
    struct wn_ranked *member =
        wn_arena_spill(&own, sizeof *member, out->rows, 1);
    for (size_t r = 0; r < n; r++) {
        const size_t i = preferred[r].row;

        if (leader[i] != NO_ROW && size[leader[i]] > 1)
            member[count++] = (struct wn_ranked){(double)first[leader[i]], r};
    }
    wn_rank(member, count);
    out->row = wn_spill_new(out->rows, sizeof *out->row);
    out->set = wn_spill_new(out->rows, sizeof *out->set);
    out->partner = wn_spill_new(out->rows, sizeof *out->partner);
    out->distance = wn_spill_new(out->rows, sizeof *out->distance);
    fill_sets(&classes, preferred, member, out);
    wn_arena_free(&own);
    free(classes.link);
}

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
