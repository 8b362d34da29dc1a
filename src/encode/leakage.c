/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bin the rows and predict each bin's majority; see leakage.h. */
#include "encode/leakage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/arena.h"
#include "util/hash.h"
#include "util/memory.h"

struct wn_leakage_test {
    const int32_t *label;
    size_t m, k, slots;
    double largest;   /* share of the largest class */
    int32_t majority; /* that class, the lowest on ties */
    uint32_t *bin;    /* m */
    uint32_t *start;  /* m + 2, where each bin begins in `order` */
    uint32_t *order;  /* m rows, by bin */
    uint32_t *slot;   /* bin + 1 of a digest, 0 = free; a power of two */
    uint64_t *slot_digest;
    uint32_t *votes[2]; /* k for each half, 0 between the bins */
    uint8_t *half;      /* m */
    struct wn_arena arena;
};

struct wn_leakage_test *wn_leakage_new(const int32_t *label, size_t m, size_t k)
{
    struct wn_leakage_test *test = wn_new(1, sizeof *test);

    *test =
        (struct wn_leakage_test){.label = label, .m = m, .k = k, .slots = 16};
    while (test->slots < 2 * m)
        test->slots *= 2;
    struct wn_arena *own = &test->arena;
    test->bin = wn_arena_new(own, sizeof *test->bin, m, 1);
    test->start = wn_arena_new(own, sizeof *test->start, m + 2, 1);
    test->order = wn_arena_new(own, sizeof *test->order, m, 1);
    test->slot = wn_arena_new(own, sizeof *test->slot, test->slots, 1);
    test->slot_digest =
        wn_arena_new(own, sizeof *test->slot_digest, test->slots, 1);
    test->votes[0] = wn_arena_new(own, sizeof **test->votes, k, 1);
    test->votes[1] = wn_arena_new(own, sizeof **test->votes, k, 1);
    test->half = wn_arena_new(own, sizeof *test->half, m, 1);
    uint32_t *votes = test->votes[0];
    for (size_t s = 0; s < m; s++) {
        const uint64_t at = s;

        votes[label[s]]++;
        test->half[s] = wn_hash_bits(&at, sizeof at) & 1;
    }
    for (size_t c = 0; c < k; c++)
        if (votes[c] > votes[test->majority])
            test->majority = (int32_t)c;
    test->largest = votes[test->majority] / (double)m;
    memset(votes, 0, k * sizeof *votes);
    return test;
}

void wn_leakage_free(struct wn_leakage_test *test)
{
    if (!test)
        return;
    wn_arena_free(&test->arena);
    free(test);
}

/* The class with the most votes among the rows of one bin, the lowest on
 * ties. */
static int32_t leakage_majority(const struct wn_leakage_test *test,
                                const uint32_t *votes, const uint32_t *row,
                                size_t rows)
{
    int32_t best = -1;

    for (size_t i = 0; i < rows; i++) {
        const int32_t label = test->label[row[i]];

        if (votes[label] && (best < 0 || votes[label] > votes[best] ||
                             (votes[label] == votes[best] && label < best)))
            best = label;
    }
    return best < 0 ? test->majority : best;
}

/* The lower end of the Wilson interval for `right` of m, z = 1.645. */
static double wilson_low(double right, double m)
{
    const double z = 1.6448536269514722, share = right / m;

    return (share + z * z / (2 * m) -
            z * sqrt(share * (1 - share) / m + z * z / (4 * m * m))) /
           (1 + z * z / m);
}

static struct wn_leakage leakage_of_bins(struct wn_leakage_test *test,
                                         size_t bins)
{
    const size_t m = test->m;
    uint32_t *start = test->start;
    size_t right = 0;

    if (!(test->largest < 1))
        return (struct wn_leakage){NAN, NAN};
    memset(start, 0, (bins + 1) * sizeof *start);
    for (size_t s = 0; s < m; s++)
        start[test->bin[s] + 1]++;
    for (size_t b = 0; b < bins; b++)
        start[b + 1] += start[b];
    for (size_t s = 0; s < m; s++)
        test->order[start[test->bin[s]]++] = (uint32_t)s;
    for (size_t b = 0; b < bins; b++) {
        const size_t begin = b ? start[b - 1] : 0, rows = start[b] - begin;
        const uint32_t *row = test->order + begin;

        for (size_t i = 0; i < rows; i++)
            test->votes[test->half[row[i]]][test->label[row[i]]]++;
        /* The majority of one half predicts the labels of the other. */
        const int32_t predicted[2] = {
            leakage_majority(test, test->votes[1], row, rows),
            leakage_majority(test, test->votes[0], row, rows)};
        for (size_t i = 0; i < rows; i++) {
            right += predicted[test->half[row[i]]] == test->label[row[i]];
            test->votes[0][test->label[row[i]]] = 0;
            test->votes[1][test->label[row[i]]] = 0;
        }
    }
    const double rest = 1 - test->largest;
    return (struct wn_leakage){
        ((double)right / (double)m - test->largest) / rest,
        (wilson_low((double)right, (double)m) - test->largest) / rest};
}

struct wn_leakage wn_leakage_numbers(struct wn_leakage_test *test,
                                     const double *value, const double *sorted,
                                     size_t count)
{
    double cut[WN_LEAKAGE_BINS];
    size_t bins = (size_t)sqrt((double)test->m), cuts = 0;

    if (bins > WN_LEAKAGE_BINS)
        bins = WN_LEAKAGE_BINS;
    for (size_t q = 1; q < bins; q++) {
        const double at = sorted[q * count / bins];

        if (at > sorted[0] && (cuts == 0 || at > cut[cuts - 1]))
            cut[cuts++] = at;
    }
    for (size_t c = cuts; c < WN_LEAKAGE_BINS; c++)
        cut[c] = INFINITY;
    for (size_t s = 0; s < test->m; s++) {
        size_t below = 0; /* how many cuts are at or below the value */

        for (size_t step = WN_LEAKAGE_BINS / 2; step; step /= 2)
            below += cut[below + step - 1] <= value[s] ? step : 0;
        test->bin[s] = (uint32_t)(isnan(value[s]) ? cuts + 1 : below);
    }
    return leakage_of_bins(test, cuts + 2);
}

struct wn_leakage wn_leakage_digests(struct wn_leakage_test *test,
                                     const uint64_t *digest)
{
    uint32_t bins = 0;

    memset(test->slot, 0, test->slots * sizeof *test->slot);
    for (size_t s = 0; s < test->m; s++) {
        size_t at = (size_t)(digest[s] >> 8) & (test->slots - 1);

        while (test->slot[at] && test->slot_digest[at] != digest[s])
            at = (at + 1) & (test->slots - 1);
        if (!test->slot[at]) {
            test->slot[at] = ++bins;
            test->slot_digest[at] = digest[s];
        }
        test->bin[s] = test->slot[at] - 1;
    }
    return leakage_of_bins(test, bins);
}
