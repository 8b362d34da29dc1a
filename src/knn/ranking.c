/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distances by SGEMM, order by radix sort; see ranking.h. */
#include "knn/ranking.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "knn/bounds.h"
#include "util/arena.h"
#include "util/memory.h"
#include "util/simd.h"
#include "util/spill.h"

/* Floats >= 0 have the order of their bits. The key is the difference of bits
 * from the smallest value, or from a 64th of the largest. Its first two digits
 * sort all but a few pairs, and an insertion sort puts these right. If that
 * takes too many moves, since most rows are nearer than the 64th, four digits
 * of all bits sort instead. */
enum {
    BITS = 10,
    RADIX = 1 << BITS,
    PASSES = 4,        /* at most: all bits */
    OCTAVES = 6 << 23, /* six factors of two, in the bits of a float */
    MAX_MOVES = 4      /* of each entry, on average */
};

/* Rows of a product: many, as each product packs all other rows again, but with
 * at most FIT distances. */
enum { FIT = 1 << 22, MIN_ROWS = 64, MAX_ROWS = 256 };

struct wn_ranking {
    struct wn_bounds bounds;
    float *owned;   /* n x p where prepared rows are not those of x */
    const float *y; /* n x p */
};

struct wn_ranker {
    struct wn_arena own; /* its arrays */
    const struct wn_ranking *ranking;
    size_t begin;
    float *dots;               /* wn_ranking_rows(n) x n, -2 a.b */
    int32_t *bits;             /* n, of the squared distances */
    uint64_t *entries, *other; /* n: a row, above it its bits */
    int32_t *order;            /* n */
};

size_t wn_ranking_rows(size_t n)
{
    const size_t fit = FIT / n / 32 * 32;

    return fit < MIN_ROWS ? MIN_ROWS : fit > MAX_ROWS ? MAX_ROWS : fit;
}

struct wn_ranking *wn_ranking_new(const struct wn_graph *graph)
{
    struct wn_ranking *ranking = wn_new(1, sizeof *ranking);

    wn_bounds_start(&ranking->bounds, graph, NULL);
    ranking->y = graph->x;
    if (ranking->bounds.plain)
        return ranking;
    const size_t p = ranking->bounds.p;
    ranking->y = ranking->owned =
        wn_spill_new(wn_product(graph->n, p, 1), sizeof(float));
    for (size_t i = 0; i < graph->n; i++)
        wn_bounds_row(&ranking->bounds, i, ranking->owned + i * p);
    return ranking;
}

void wn_ranking_free(struct wn_ranking *ranking)
{
    if (!ranking)
        return;
    wn_bounds_end(&ranking->bounds);
    wn_spill_free(ranking->owned);
    free(ranking);
}

struct wn_ranker *wn_ranker_new(const struct wn_ranking *ranking)
{
    const size_t n = ranking->bounds.n;
    struct wn_ranker *ranker = wn_new(1, sizeof *ranker);

    ranker->ranking = ranking;
    ranker->dots =
        wn_arena_spill(&ranker->own, sizeof(float), wn_ranking_rows(n), n);
    ranker->bits = wn_arena_spill(&ranker->own, sizeof(int32_t), n, 1);
    ranker->entries = wn_arena_spill(&ranker->own, sizeof(uint64_t), n, 1);
    ranker->other = wn_arena_spill(&ranker->own, sizeof(uint64_t), n, 1);
    ranker->order = wn_arena_spill(&ranker->own, sizeof(int32_t), n, 1);
    return ranker;
}

double wn_ranking_bytes(size_t n, size_t d, int threads)
{
    const double ranker = (double)wn_ranking_rows(n) * sizeof(float) +
                          2 * sizeof(uint64_t) + 2 * sizeof(int32_t);

    /* OpenBLAS packs up to 448 columns of all rows, in 32 MiB. */
    const double packed = fmin(4 * (double)n * fmin((double)d, 448), 0x1p25);

    return (double)n * (4 * (double)(d + 1) + threads * ranker) +
           threads * packed;
}

void wn_ranker_free(struct wn_ranker *ranker)
{
    if (!ranker)
        return;
    wn_arena_free(&ranker->own);
    free(ranker);
}

void wn_ranker_load(struct wn_ranker *ranker, size_t begin, size_t end)
{
    const struct wn_ranking *ranking = ranker->ranking;
    const size_t n = ranking->bounds.n, p = ranking->bounds.p;

    ranker->begin = begin;
    wn_gemm(0, 1, end - begin, n, p, -2, ranking->y + begin * p, p, ranking->y,
            p, 0, ranker->dots, n);
}

/* The bits of the squared distances of row i to the rows begin .. end-1;
 * updates their minimum and maximum. */
WN_MULTIVERSION static void find_bits(struct wn_ranker *ranker, size_t i,
                                      size_t begin, size_t end, int32_t *min,
                                      int32_t *max)
{
    const float *square = ranker->ranking->bounds.square;
    const float *dots =
        ranker->dots + (i - ranker->begin) * ranker->ranking->bounds.n;
    const float own = square[i];
    int32_t *bits = ranker->bits, low = *min, high = *max;

    for (size_t j = begin; j < end; j++) {
        const float sum = (own + square[j]) + dots[j];
        const float away = sum > 0 ? sum : 0;
        int32_t found;

        memcpy(&found, &away, sizeof found);
        bits[j] = found;
        low = found < low ? found : low;
        high = found > high ? found : high;
    }
    *min = low;
    *max = high;
}

/* How the bits of a distance become digits of a key: those below `base` are 0,
 * and the last `skip` bits of the difference do not count. */
struct digits {
    int32_t base;
    int skip, passes;
};

static size_t ranking_digit(struct digits digits, int pass, int32_t bits)
{
    const int32_t key = bits > digits.base ? bits - digits.base : 0;

    return (size_t)(key >> (digits.skip + BITS * pass)) & (RADIX - 1);
}

/* Fill `entries`, in the order of their digits. */
static void ranking_sort_by(struct wn_ranker *ranker, size_t n,
                            struct digits digits)
{
    uint32_t count[PASSES][RADIX] = {{0}};

    for (int pass = 0; pass < digits.passes; pass++) {
        for (size_t j = 0; j < n; j++)
            count[pass][ranking_digit(digits, pass, ranker->bits[j])]++;
        /* From how often each digit occurs to its first place. */
        for (size_t v = 0, at = 0; v < RADIX; v++) {
            const uint32_t here = count[pass][v];

            count[pass][v] = (uint32_t)at;
            at += here;
        }
    }
    for (size_t j = 0; j < n; j++) {
        const int32_t bits = ranker->bits[j];

        ranker->entries[count[0][ranking_digit(digits, 0, bits)]++] =
            (uint64_t)bits << 32 | j;
    }
    for (int pass = 1; pass < digits.passes; pass++) {
        uint64_t *from = ranker->entries, *to = ranker->other;

        for (size_t e = 0; e < n; e++)
            to[count[pass]
                    [ranking_digit(digits, pass, (int32_t)(from[e] >> 32))]++] =
                from[e];
        ranker->entries = to;
        ranker->other = from;
    }
}

const int32_t *wn_ranker_order(struct wn_ranker *ranker, size_t i)
{
    const size_t n = ranker->ranking->bounds.n;
    int32_t min = INT32_MAX, max = 0;
    struct digits digits = {.passes = 2};
    size_t left = MAX_MOVES * n; /* of the insertion sort */

    find_bits(ranker, i, 0, i, &min, &max);
    find_bits(ranker, i, i + 1, n, &min, &max);
    min = min < max ? min : max;
    ranker->bits[i] = min; /* any place will do */
    digits.base = max - min < OCTAVES ? min : max - OCTAVES;
    while ((max - digits.base) >> (digits.skip + 2 * BITS))
        digits.skip++;
    ranking_sort_by(ranker, n, digits);
    for (size_t e = 1; e < n && left > 0; e++) {
        uint64_t *entries = ranker->entries;
        const uint64_t entry = entries[e];
        size_t at = e;

        for (; at > 0 && entries[at - 1] > entry && left > 0; at--, left--)
            entries[at] = entries[at - 1];
        entries[at] = entry;
    }
    if (left == 0)
        ranking_sort_by(ranker, n, (struct digits){.passes = PASSES});
    for (size_t e = 0; e < n; e++)
        ranker->order[e] = (int32_t)(ranker->entries[e] & INT32_MAX);
    return ranker->order;
}
