/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stratified folds: shuffle the rows of each class and deal them out in turn;
 * see folds.h. */
#include "learn/folds.h"

#include <math.h>
#include <stdlib.h>

#include "util/memory.h"
#include "util/random.h"

int wn_folds_assign(const int32_t *label, size_t n, size_t k, size_t folds,
                    uint64_t seed, int32_t *fold, struct wn_error *error)
{
    if (folds < 2 || folds > n)
        return wn_fail(error, WN_EUSAGE,
                       "%zu folds of %zu rows: wanted 2 to "
                       "the number of rows",
                       folds, n);
    /* Rows by class, the unlabelled (-1) first: class c is at c + 1. */
    size_t *begin = wn_new(k + 2, sizeof *begin);
    int32_t *order = wn_new(n, sizeof *order);
    for (size_t i = 0; i < n; i++)
        if (label[i] < (int32_t)k - 1)
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

        /* Classes without rows do not shift the streams of the others. */
        stream += c && end > first;
        wn_random_start(&random, seed, WN_RANDOM_FOLDS, 0, stream);
        wn_random_shuffle(&random, order + first, end - first);
        for (size_t r = first; r < end; r++)
            fold[order[r]] = (int32_t)(next++ % folds);
    }
    free(begin);
    free(order);
    return 0;
}

struct assignment {
    size_t n;
    size_t *begin;      /* groups + 1: where each group starts in row */
    int32_t *row;       /* n: rows by group */
    int32_t *order;     /* groups, in the order they are assigned */
    double *class_rows; /* k + 1: rows of each class; the unlabelled last */
    double *fold_class; /* folds x (k + 1): the same in each fold */
    size_t *fold_rows;  /* folds */
};

/* Fill row, begin and order: groups with rows in random order, sorted by
 * falling size with a stable counting sort. Returns their number. */
static size_t folds_sort_groups(struct assignment *a, const int32_t *group,
                                size_t groups, uint64_t seed)
{
    size_t *size = wn_new(groups, sizeof *size);
    size_t *place = wn_new(a->n + 2, sizeof *place);
    int32_t *shuffled = wn_new(groups, sizeof *shuffled);
    struct wn_random random;
    size_t count = 0;

    for (size_t i = 0; i < a->n; i++)
        size[group[i]]++;
    for (size_t g = 0; g < groups; g++) {
        a->begin[g + 1] = a->begin[g] + size[g];
        if (size[g]) {
            shuffled[count++] = (int32_t)g;
            place[a->n - size[g] + 1]++;
        }
    }
    for (size_t i = a->n; i-- > 0;)
        a->row[a->begin[group[i]] + --size[group[i]]] = (int32_t)i;
    wn_random_start(&random, seed, WN_RANDOM_FOLDS, 1, 0);
    wn_random_shuffle(&random, shuffled, count);
    for (size_t s = 1; s <= a->n + 1; s++)
        place[s] += place[s - 1];
    for (size_t t = 0; t < count; t++) {
        const size_t g = (size_t)shuffled[t];

        a->order[place[a->n - (a->begin[g + 1] - a->begin[g])]++] = shuffled[t];
    }
    free(size);
    free(place);
    free(shuffled);
    return count;
}

int wn_folds_assign_groups(const int32_t *label, size_t n, size_t k,
                           const int32_t *group, size_t groups, size_t folds,
                           uint64_t seed, int32_t *fold, struct wn_error *error)
{
    struct assignment a = {
        .n = n,
        .begin = wn_new(groups + 1, sizeof *a.begin),
        .row = wn_new(n, sizeof *a.row),
        .order = wn_new(groups, sizeof *a.order),
        .class_rows = wn_new(k + 1, sizeof *a.class_rows),
        .fold_class = wn_new(wn_product(folds, k + 1, 1), sizeof(double)),
        .fold_rows = wn_new(folds, sizeof *a.fold_rows)};
    const size_t count = folds_sort_groups(&a, group, groups, seed);
    int status = 0;

    if (folds < 2 || folds > count)
        status = wn_fail(error, WN_EUSAGE,
                         "%zu folds of %zu groups: wanted 2 to the "
                         "number of groups",
                         folds, count);
    for (size_t i = 0; i < n; i++)
        a.class_rows[label[i] < 0 ? k : (size_t)label[i]]++;
    for (size_t t = 0; status == 0 && t < count; t++) {
        const size_t first = a.begin[a.order[t]];
        const size_t last = a.begin[a.order[t] + 1];
        size_t best = 0;
        double min = INFINITY;

        for (size_t f = 0; f < folds; f++) {
            double held = 0;

            for (size_t r = first; r < last; r++) {
                const int32_t y = label[a.row[r]];
                const size_t c = y < 0 ? k : (size_t)y;

                held += a.fold_class[f * (k + 1) + c] / a.class_rows[c];
            }
            held = held / (double)(last - first) +
                   (double)a.fold_rows[f] / (double)n;
            if (held < min) {
                min = held;
                best = f;
            }
        }
        for (size_t r = first; r < last; r++) {
            const int32_t y = label[a.row[r]];

            fold[a.row[r]] = (int32_t)best;
            a.fold_class[best * (k + 1) + (y < 0 ? k : (size_t)y)]++;
            a.fold_rows[best]++;
        }
    }
    free(a.begin);
    free(a.row);
    free(a.order);
    free(a.class_rows);
    free(a.fold_class);
    free(a.fold_rows);
    return status;
}
