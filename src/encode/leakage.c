/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bins, and the majority in each; see leakage.h. */
#include "encode/leakage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/hash.h"
#include "util/memory.h"

struct wn_leakage_limits {
    const int32_t *label;
    size_t m, k, slots;
    double largest;    /* share of the largest class */
    int32_t favourite; /* that class, the lowest of equals */
    uint32_t *bin;     /* m */
    uint32_t *start;   /* m + 2, where each bin begins in `order` */
    uint32_t *order;   /* m rows, by bin */
    uint32_t *slot;    /* bin + 1 of a digest, 0 = free; a power of two */
    uint64_t *slot_mark;
    uint32_t *votes[2]; /* k for each half, 0 between the bins */
    uint8_t *half;      /* m */
};

static void leakage_count_labels(struct wn_leakage_limits *room)
{
    uint32_t *votes = room->votes[0];

    for (size_t s = 0; s < room->m; s++) {
        const uint64_t at = s;

        votes[room->label[s]]++;
        room->half[s] = wn_hash_bits(&at, sizeof at) & 1;
    }
    for (size_t c = 0; c < room->k; c++)
        if (votes[c] > votes[room->favourite])
            room->favourite = (int32_t)c;
    room->largest = votes[room->favourite] / (double)room->m;
    memset(votes, 0, room->k * sizeof *votes);
}

struct wn_leakage_limits *wn_leakage_new(const int32_t *label, size_t m,
                                         size_t k)
{
    struct wn_leakage_limits *room = wn_new(1, sizeof *room);

    *room =
        (struct wn_leakage_limits){.label = label, .m = m, .k = k, .slots = 16};
    while (room->slots < 2 * m)
        room->slots *= 2;
    room->bin = wn_new(m, sizeof *room->bin);
    room->start = wn_new(m + 2, sizeof *room->start);
    room->order = wn_new(m, sizeof *room->order);
    room->slot = wn_new(room->slots, sizeof *room->slot);
    room->slot_mark = wn_new(room->slots, sizeof *room->slot_mark);
    room->votes[0] = wn_new(k, sizeof **room->votes);
    room->votes[1] = wn_new(k, sizeof **room->votes);
    room->half = wn_new(m, sizeof *room->half);
    if (!room->bin || !room->start || !room->order || !room->slot ||
        !room->slot_mark || !room->votes[0] || !room->votes[1] || !room->half) {
        wn_leakage_free(room);
        return NULL;
    }
    leakage_count_labels(room);
    return room;
}

void wn_leakage_free(struct wn_leakage_limits *room)
{
    if (!room)
        return;
    free(room->bin);
    free(room->start);
    free(room->order);
    free(room->slot);
    free(room->slot_mark);
    free(room->votes[0]);
    free(room->votes[1]);
    free(room->half);
    free(room);
}

/* The class with most votes among the rows of one bin, the lowest of equals. */
static int32_t leakage_majority(const struct wn_leakage_limits *room,
                                const uint32_t *votes, const uint32_t *row,
                                size_t rows)
{
    int32_t best = -1;

    for (size_t i = 0; i < rows; i++) {
        const int32_t label = room->label[row[i]];

        if (votes[label] && (best < 0 || votes[label] > votes[best] ||
                             (votes[label] == votes[best] && label < best)))
            best = label;
    }
    return best < 0 ? room->favourite : best;
}

/* Rows of one bin that the other half's majority is right about. */
static size_t count_right(struct wn_leakage_limits *room, const uint32_t *row,
                          size_t rows)
{
    size_t right = 0;

    for (size_t i = 0; i < rows; i++)
        room->votes[room->half[row[i]]][room->label[row[i]]]++;
    const int32_t told[2] = {leakage_majority(room, room->votes[1], row, rows),
                             leakage_majority(room, room->votes[0], row, rows)};
    for (size_t i = 0; i < rows; i++) {
        right += told[room->half[row[i]]] == room->label[row[i]];
        room->votes[0][room->label[row[i]]] = 0;
        room->votes[1][room->label[row[i]]] = 0;
    }
    return right;
}

/* The lower end of the interval for `right` of m, z = 1.645. */
static double wilson_low(double right, double m)
{
    const double z = 1.6448536269514722, share = right / m;

    return (share + z * z / (2 * m) -
            z * sqrt(share * (1 - share) / m + z * z / (4 * m * m))) /
           (1 + z * z / m);
}

static struct wn_leakage leakage_judge(struct wn_leakage_limits *room,
                                       size_t bins)
{
    const size_t m = room->m;
    uint32_t *start = room->start;
    size_t right = 0;

    if (!(room->largest < 1))
        return (struct wn_leakage){NAN, NAN};
    memset(start, 0, (bins + 1) * sizeof *start);
    for (size_t s = 0; s < m; s++)
        start[room->bin[s] + 1]++;
    for (size_t b = 0; b < bins; b++)
        start[b + 1] += start[b];
    for (size_t s = 0; s < m; s++)
        room->order[start[room->bin[s]]++] = (uint32_t)s;
    for (size_t b = 0; b < bins; b++) {
        const size_t begin = b ? start[b - 1] : 0;

        right += count_right(room, room->order + begin, start[b] - begin);
    }
    const double rest = 1 - room->largest;
    return (struct wn_leakage){
        ((double)right / (double)m - room->largest) / rest,
        (wilson_low((double)right, (double)m) - room->largest) / rest};
}

struct wn_leakage wn_leakage_numbers(struct wn_leakage_limits *room,
                                     const double *value, const double *sorted,
                                     size_t count)
{
    double cut[WN_LEAKAGE_BINS];
    size_t bins = (size_t)sqrt((double)room->m), cuts = 0;

    if (bins > WN_LEAKAGE_BINS)
        bins = WN_LEAKAGE_BINS;
    for (size_t q = 1; q < bins; q++) {
        const double at = sorted[q * count / bins];

        if (at > sorted[0] && (cuts == 0 || at > cut[cuts - 1]))
            cut[cuts++] = at;
    }
    for (size_t c = cuts; c < WN_LEAKAGE_BINS; c++)
        cut[c] = INFINITY;
    for (size_t s = 0; s < room->m; s++) {
        size_t below = 0; /* cuts at or below the value, by halves */

        for (size_t step = WN_LEAKAGE_BINS / 2; step; step /= 2)
            below += cut[below + step - 1] <= value[s] ? step : 0;
        room->bin[s] = (uint32_t)(isnan(value[s]) ? cuts + 1 : below);
    }
    return leakage_judge(room, cuts + 2);
}

struct wn_leakage wn_leakage_marks(struct wn_leakage_limits *room,
                                   const uint64_t *mark)
{
    uint32_t bins = 0;

    memset(room->slot, 0, room->slots * sizeof *room->slot);
    for (size_t s = 0; s < room->m; s++) {
        size_t at = (size_t)(mark[s] >> 8) & (room->slots - 1);

        while (room->slot[at] && room->slot_mark[at] != mark[s])
            at = (at + 1) & (room->slots - 1);
        if (!room->slot[at]) {
            room->slot[at] = ++bins;
            room->slot_mark[at] = mark[s];
        }
        room->bin[s] = room->slot[at] - 1;
    }
    return leakage_judge(room, bins);
}
