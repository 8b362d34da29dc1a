/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distances by SGEMM, order by radix sort; see ranking.h. */
#include "model/ranking.h"

#include <stdlib.h>
#include <string.h>

#include "model/linear.h"
#include "model/near.h"
#include "util/large.h"
#include "util/memory.h"

/* Floats of at least 0 are in the order of their bits: three passes over 11 of
 * them each. */
enum { BITS = 11, RADIX = 1 << BITS, PASSES = 3 };

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
    float *dots; /* WN_RANKING_ROWS x n, -2 a.b */
    struct entry *entries, *other; /* n */
    int32_t *order;                /* n */
};

struct wn_ranking *wn_ranking_new(const struct wn_graph *graph,
                                  struct wn_error *error)
{
    struct wn_ranking *ranking = wn_new(1, sizeof *ranking, error);

    if (!ranking)
        return NULL;
    if (wn_near_start(&ranking->near, graph, error))
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
    ranker->entries = wn_large_new(n, sizeof *ranker->entries, error);
    ranker->other = wn_large_new(n, sizeof *ranker->other, error);
    ranker->order = wn_large_new(n, sizeof *ranker->order, error);
    if (ranker->dots && ranker->entries && ranker->other && ranker->order)
        return ranker;
    wn_ranker_free(ranker);
    return NULL;
}

void wn_ranker_free(struct wn_ranker *ranker)
{
    if (!ranker)
        return;
    wn_large_free(ranker->dots);
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

/* One stable pass by the bits from `shift` on; `count` has how often each
 * occurs. */
static void sort_by(const struct entry *from, struct entry *to, size_t n,
                    int shift, uint32_t *count)
{
    uint32_t at = 0;

    for (size_t v = 0; v < RADIX; v++) {
        const uint32_t here = count[v];

        count[v] = at;
        at += here;
    }
    for (size_t e = 0; e < n; e++)
        to[count[from[e].key >> shift & (RADIX - 1)]++] = from[e];
}

const int32_t *wn_ranker_order(struct wn_ranker *ranker, size_t i)
{
    const struct wn_near *near = &ranker->ranking->near;
    const size_t n = near->n;
    const float *dots = ranker->dots + (i - ranker->begin) * n;
    const float own = near->square[i];
    uint32_t count[PASSES][RADIX] = {{0}};
    struct entry *from = ranker->entries, *to = ranker->other;

    for (size_t j = 0; j < n; j++) {
        const float square = (own + near->square[j]) + dots[j];
        const float away = square > 0 && j != i ? square : 0;
        struct entry entry = {.row = (int32_t)j};

        memcpy(&entry.key, &away, sizeof entry.key);
        from[j] = entry;
        for (int pass = 0; pass < PASSES; pass++)
            count[pass][entry.key >> (BITS * pass) & (RADIX - 1)]++;
    }
    for (int pass = 0; pass < PASSES; pass++) {
        struct entry *swap = from;

        sort_by(from, to, n, BITS * pass, count[pass]);
        from = to;
        to = swap;
    }
    for (size_t e = 0; e < n; e++)
        ranker->order[e] = from[e].row;
    return ranker->order;
}
