/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stratified folds: shuffle the rows of each class, deal them like cards; whole
 * groups one by one, to the fold that wants them most. */
#include "learn/folds.h"

#include <stdlib.h>

#include "util/memory.h"
#include "util/random.h"

int wn_folds_assign(const int32_t *label, size_t n, size_t k, size_t folds,
                    uint64_t seed, int32_t *fold, struct wn_error *error)
{
    size_t *begin = NULL;
    int32_t *order = NULL;
    int status = -1;

    if (folds < 2 || folds > n)
        return wn_fail(error, WN_EUSAGE,
                       "%zu folds of %zu rows: wanted 2 to "
                       "the number of rows",
                       folds, n);
    /* Rows by class, the unlabelled (-1) first: class c is at c + 1. */
    begin = wn_new(k + 2, sizeof *begin);
    order = wn_new(n, sizeof *order);
    if (!begin || !order)
        goto done;
    for (size_t i = 0; i < n; i++)
        if ((size_t)(label[i] + 1) < k)
            begin[label[i] + 2]++;
    for (size_t c = 1; c <= k; c++)
        begin[c] += begin[c - 1];
    for (size_t i = 0; i < n; i++)
        order[begin[label[i] + 1]++] = (int32_t)i;
    /* begin[c] is now the end of class c - 1. */
    size_t next = 0, stream = 0;
    for (size_t c = 0; c <= k; c++) {
        const size_t first = c ? begin[c - 1] : 0, end = begin[c];
        struct wn_random random;

        /* Classes without rows change nothing for the others. */
        stream += c && end > first;
        wn_random_start(&random, seed, WN_RANDOM_FOLDS, 0, stream);
        wn_random_shuffle(&random, order + first, end - first);
        for (size_t r = first; r < end; r++)
            fold[order[r]] = (int32_t)(next++ % folds);
    }
    status = 0;
done:
    free(begin);
    free(order);
    return status;
}

/* A deal of groups. */
struct deal {
    size_t *size, *begin; /* groups, + 1: rows of each, where they are */
    int32_t *row;         /* n: rows by group */
    int32_t *turn;        /* groups, in the order they are dealt */
    double *class_rows;   /* k + 1: of each class; the unlabelled last */
    double *held;         /* folds x (k + 1): what each fold has of them */
    size_t *full;         /* folds: its rows */
};

static void deal_free(struct deal *deal)
{
    free(deal->size);
    free(deal->begin);
    free(deal->row);
    free(deal->turn);
    free(deal->class_rows);
    free(deal->held);
    free(deal->full);
}

static int deal_open(struct deal *deal, size_t n, size_t k, size_t groups,
                     size_t folds)
{
    deal->size = wn_new(groups, sizeof *deal->size);
    deal->begin = wn_new(groups + 1, sizeof *deal->begin);
    deal->row = wn_new(n, sizeof *deal->row);
    deal->turn = wn_new(groups, sizeof *deal->turn);
    deal->class_rows = wn_new(k + 1, sizeof *deal->class_rows);
    deal->held = wn_new(wn_product(folds, k + 1, 1), sizeof *deal->held);
    deal->full = wn_new(folds, sizeof *deal->full);
    return 0;
}

/* Rows by group, and the groups with rows in random order, large ones first;
 * returns how many. */
static size_t folds_sort_groups(struct deal *deal, const int32_t *group,
                                size_t n, size_t groups, uint64_t seed)
{
    struct wn_random random;
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        deal->size[group[i]]++;
    for (size_t g = 0; g < groups; g++) {
        deal->begin[g + 1] = deal->begin[g] + deal->size[g];
        if (deal->size[g])
            deal->turn[count++] = (int32_t)g;
    }
    for (size_t i = n; i-- > 0;)
        deal->row[deal->begin[group[i]] + --deal->size[group[i]]] = (int32_t)i;
    wn_random_start(&random, seed, WN_RANDOM_FOLDS, 1, 0);
    wn_random_shuffle(&random, deal->turn, count);
    return count;
}

/* A stable sort by falling size: by counting, as rows are. */
static int large_first(struct deal *deal, size_t count, size_t n)
{
    size_t *place = wn_new(n + 2, sizeof *place);
    int32_t *turn = wn_new(count, sizeof *turn);
    int status = -1;

    for (size_t t = 0; t < count; t++) {
        const size_t g = (size_t)deal->turn[t];

        turn[t] = deal->turn[t];
        place[n - (deal->begin[g + 1] - deal->begin[g]) + 1]++;
    }
    for (size_t s = 1; s <= n + 1; s++)
        place[s] += place[s - 1];
    for (size_t t = 0; t < count; t++) {
        const size_t g = (size_t)turn[t];

        deal->turn[place[n - (deal->begin[g + 1] - deal->begin[g])]++] =
            turn[t];
    }
    status = 0;
    free(place);
    free(turn);
    return status;
}

/* The fold that has least of what the rows first .. last-1 are. */
static size_t neediest(const struct deal *deal, const int32_t *label,
                       size_t first, size_t last, size_t n, size_t k,
                       size_t folds)
{
    size_t best = 0;
    double least = 0;

    for (size_t f = 0; f < folds; f++) {
        double has = 0;

        for (size_t r = first; r < last; r++) {
            const int32_t y = label[deal->row[r]];
            const size_t c = y < 0 ? k : (size_t)y;

            has += deal->held[f * (k + 1) + c] / deal->class_rows[c];
        }
        has = has / (double)(last - first) + (double)deal->full[f] / (double)n;
        if (f == 0 || has < least) {
            least = has;
            best = f;
        }
    }
    return best;
}

int wn_folds_assign_groups(const int32_t *label, size_t n, size_t k,
                           const int32_t *group, size_t groups, size_t folds,
                           uint64_t seed, int32_t *fold, struct wn_error *error)
{
    struct deal deal = {0};
    int status = -1;

    if (deal_open(&deal, n, k, groups, folds))
        goto done;
    const size_t count = folds_sort_groups(&deal, group, n, groups, seed);
    if (folds < 2 || folds > count) {
        wn_fail(error, WN_EUSAGE,
                "%zu folds of %zu groups: wanted 2 to the "
                "number of groups",
                folds, count);
        goto done;
    }
    if (large_first(&deal, count, n))
        goto done;
    for (size_t i = 0; i < n; i++)
        deal.class_rows[label[i] < 0 ? k : (size_t)label[i]]++;
    for (size_t t = 0; t < count; t++) {
        const size_t g = (size_t)deal.turn[t];
        const size_t f = neediest(&deal, label, deal.begin[g],
                                  deal.begin[g + 1], n, k, folds);

        for (size_t r = deal.begin[g]; r < deal.begin[g + 1]; r++) {
            const int32_t y = label[deal.row[r]];

            fold[deal.row[r]] = (int32_t)f;
            deal.held[f * (k + 1) + (y < 0 ? k : (size_t)y)]++;
            deal.full[f]++;
        }
    }
    status = 0;
done:
    deal_free(&deal);
    return status;
}
