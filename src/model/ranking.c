/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distances by SGEMM, order by radix sort; see ranking.h. */
#include "model/ranking.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/linear.h"
#include "model/near.h"
#include "util/large.h"
#include "util/memory.h"
#include "util/wide.h"

/* Floats of at least 0 are in the order of their bits. Less those of the
 * nearest row there are 27 of them up to 256 times its distance: three passes,
 * each to few enough places for the nearest cache. */
enum { BITS = 9, RADIX = 1 << BITS, PASSES = 4 };

struct wn_ranking {
    struct wn_near near;
    float *owned;   /* n x p where prepared rows are not those of x */
    const float *y; /* n x p */
};

struct entry {
    uint32_t key;
    int32_t row;
};

struct wn_ranker {
    const struct wn_ranking *ranking;
    size_t begin;
    float *dots;   /* WN_RANKING_ROWS x n, -2 a.b */
    int32_t *bits; /* n, of the squared distances */
    struct entry *entries, *other; /* n */
    int32_t *order;                /* n */
};

struct wn_ranking *wn_ranking_new(const struct wn_graph *graph,
                                  struct wn_error *error)
{
    struct wn_ranking *ranking = wn_new(1, sizeof *ranking, error);

    if (!ranking)
        return NULL;
    if (wn_near_start(&ranking->near, graph, NULL, error))
        goto failed;
    ranking->y = graph->x;
    if (ranking->near.plain)
        return ranking;
    const size_t p = ranking->near.p;
    ranking->y = ranking->owned =
        wn_large_new(wn_product(graph->n, p, 1), sizeof(float), error);
    if (!ranking->owned)
        goto failed;
    for (size_t i = 0; i < graph->n; i++)
        wn_near_row(&ranking->near, i, ranking->owned + i * p);
    return ranking;
failed:
    wn_ranking_free(ranking);
    return NULL;
}

void wn_ranking_free(struct wn_ranking *ranking)
{
    if (!ranking)
        return;
    wn_near_end(&ranking->near);
    wn_large_free(ranking->owned);
    free(ranking);
}

struct wn_ranker *wn_ranker_new(const struct wn_ranking *ranking,
                                struct wn_error *error)
{
    const size_t n = ranking->near.n;
    struct wn_ranker *ranker = wn_new(1, sizeof *ranker, error);

    if (!ranker)
        return NULL;
    ranker->ranking = ranking;
    ranker->dots = wn_large_new(wn_product(WN_RANKING_ROWS, n, 1),
                                sizeof *ranker->dots, error);
    ranker->bits = wn_large_new(n, sizeof *ranker->bits, error);
    ranker->entries = wn_large_new(n, sizeof *ranker->entries, error);
    ranker->other = wn_large_new(n, sizeof *ranker->other, error);
    ranker->order = wn_large_new(n, sizeof *ranker->order, error);
    if (ranker->dots && ranker->bits && ranker->entries && ranker->other &&
        ranker->order)
        return ranker;
    wn_ranker_free(ranker);
    return NULL;
}

double wn_ranking_bytes(size_t n, size_t d, int threads)
{
    const double ranker = WN_RANKING_ROWS * sizeof(float) +
                          2 * sizeof(struct entry) + 2 * sizeof(int32_t);

    /* OpenBLAS packs up to 448 columns of all rows, in 32 MiB. */
    const double packed = fmin(4 * (double)n * fmin((double)d, 448), 0x1p25);

    return (double)n * (4 * (double)(d + 1) + threads * ranker) +
           threads * packed;
}

void wn_ranker_free(struct wn_ranker *ranker)
{
    if (!ranker)
        return;
    wn_large_free(ranker->dots);
    wn_large_free(ranker->bits);
    wn_large_free(ranker->entries);
    wn_large_free(ranker->other);
    wn_large_free(ranker->order);
    free(ranker);
}

void wn_ranker_load(struct wn_ranker *ranker, size_t begin, size_t end)
{
    const struct wn_ranking *ranking = ranker->ranking;
    const size_t n = ranking->near.n, p = ranking->near.p;

    ranker->begin = begin;
    wn_gemm(0, 1, end - begin, n, p, -2, ranking->y + begin * p, p, ranking->y,
            p, 0, ranker->dots, n);
}

/* The squared distances of rows begin .. end-1, and their least and most. */
WN_WIDE static void find_bits(struct wn_ranker *ranker, size_t i,
                              size_t begin, size_t end, int32_t *least,
                              int32_t *most)
{
    const float *square = ranker->ranking->near.square;
    const float *dots =
        ranker->dots + (i - ranker->begin) * ranker->ranking->near.n;
    const float own = square[i];
    int32_t *bits = ranker->bits, low = *least, high = *most;

    for (size_t j = begin; j < end; j++) {
        const float sum = (own + square[j]) + dots[j];
        const float away = sum > 0 ? sum : 0;
        int32_t found;

        memcpy(&found, &away, sizeof found);
        bits[j] = found;
        low = found < low ? found : low;
        high = found > high ? found : high;
    }
    *least = low;
    *most = high;
}

/* From how often each digit occurs to where its first goes. */
static void add_up(uint32_t *count)
{
    uint32_t at = 0;

    for (size_t v = 0; v < RADIX; v++) {
        const uint32_t here = count[v];

        count[v] = at;
        at += here;
    }
}

/* The entries from their bits, by the first digit. */
static void sort_first(struct wn_ranker *ranker, size_t n, int32_t least,
                       uint32_t *count)
{
    for (size_t j = 0; j < n; j++) {
        const uint32_t key = (uint32_t)(ranker->bits[j] - least);

        ranker->entries[count[key & (RADIX - 1)]++] =
            (struct entry){key, (int32_t)j};
    }
}

/* By another digit. */
static void sort_next(struct wn_ranker *ranker, size_t n, int shift,
                      uint32_t *count)
{
    struct entry *from = ranker->entries, *to = ranker->other;

    for (size_t e = 0; e < n; e++)
        to[count[from[e].key >> shift & (RADIX - 1)]++] = from[e];
    ranker->entries = to;
    ranker->other = from;
}

/* By the last, which is all that is left of the keys. */
static void sort_last(struct wn_ranker *ranker, size_t n, int shift,
                      uint32_t *count)
{
    for (size_t e = 0; e < n; e++)
        ranker->order[count[ranker->entries[e].key >> shift]++] =
            ranker->entries[e].row;
}

const int32_t *wn_ranker_order(struct wn_ranker *ranker, size_t i)
{
    const size_t n = ranker->ranking->near.n;
    uint32_t count[PASSES][RADIX] = {{0}};
    int32_t least = INT32_MAX, most = 0;
    int passes = 2;

    find_bits(ranker, i, 0, i, &least, &most);
    find_bits(ranker, i, i + 1, n, &least, &most);
    ranker->bits[i] = least; /* may be anything */
    const uint32_t range = most > least ? (uint32_t)(most - least) : 0;
    while (passes < PASSES && range >> (BITS * passes) > 0)
        passes++;
    for (size_t j = 0; j < n; j++) {
        const uint32_t key = (uint32_t)(ranker->bits[j] - least);

        for (int pass = 0; pass < passes; pass++)
            count[pass][key >> (BITS * pass) & (RADIX - 1)]++;
    }
    for (int pass = 0; pass < passes; pass++)
        add_up(count[pass]);
    sort_first(ranker, n, least, count[0]);
    for (int pass = 1; pass < passes - 1; pass++)
        sort_next(ranker, n, BITS * pass, count[pass]);
    sort_last(ranker, n, BITS * (passes - 1), count[passes - 1]);
    return ranker->order;
}
