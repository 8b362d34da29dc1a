/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stratified folds: shuffle the rows of each class and deal them out in turn;
 * see folds.h. */
#include "learn/folds.h"

#include <math.h>

#include "util/arena.h"
#include "util/order.h"
#include "util/random.h"

/* Groups in random order, largest first, each into the fold that holds the
 * least of its classes. */
static int assign_groups(const int32_t *label, size_t n, size_t k,
                         const int32_t *group, size_t groups, size_t folds,
                         uint64_t seed, int32_t *fold, struct wn_error *error)
{
    struct wn_arena own = {0};
    size_t *begin = wn_arena_new(&own, sizeof *begin, groups + 1, 1);
    size_t *place = wn_arena_new(&own, sizeof *place, n + 1, 1);
    int32_t *row = wn_arena_new(&own, sizeof *row, n, 1); /* by group */
    int32_t *shuffled = wn_arena_new(&own, sizeof *row, groups, 1);
    int32_t *smaller = wn_arena_new(&own, sizeof *row, groups, 1);
    int32_t *order = wn_arena_new(&own, sizeof *row, groups, 1);
    /* Rows of each class, those without a label last: in all, in each fold. */
    double *class_rows = wn_arena_new(&own, sizeof(double), k + 1, 1);
    double *fold_class = wn_arena_new(&own, sizeof(double), folds, k + 1);
    double *fold_rows = wn_arena_new(&own, sizeof(double), folds, 1);
    struct wn_random random;
    size_t count = 0; /* groups with rows */
    int status = 0;

    wn_order_by_bucket(group, n, groups, begin, row);
    for (size_t g = 0; g < groups; g++)
        if (begin[g + 1] > begin[g])
            shuffled[count++] = (int32_t)g;
    wn_random_start(&random, seed, WN_RANDOM_FOLDS, 1, 0);
    wn_random_shuffle(&random, shuffled, count);
    for (size_t t = 0; t < count; t++)
        smaller[t] =
            (int32_t)(n - (begin[shuffled[t] + 1] - begin[shuffled[t]]));
    wn_order_by_bucket(smaller, count, n, place, order);
    if (folds < 2 || folds > count)
        status = wn_fail(error, WN_EUSAGE,
                         "%zu folds of %zu groups: wanted 2 to the "
                         "number of groups",
                         folds, count);
    for (size_t i = 0; i < n; i++)
        class_rows[label[i] < 0 ? k : (size_t)label[i]]++;
    for (size_t t = 0; status == 0 && t < count; t++) {
        const int32_t g = shuffled[order[t]];
        size_t best = 0;
        double min = INFINITY;

        for (size_t f = 0; f < folds; f++) {
            double held = 0;

            for (size_t r = begin[g]; r < begin[g + 1]; r++) {
                const int32_t y = label[row[r]];
                const size_t c = y < 0 ? k : (size_t)y;

                held += fold_class[f * (k + 1) + c] / class_rows[c];
            }
            held = held / (double)(begin[g + 1] - begin[g]) +
                   fold_rows[f] / (double)n;
            if (held < min) {
                min = held;
                best = f;
            }
        }
        for (size_t r = begin[g]; r < begin[g + 1]; r++) {
            const int32_t y = label[row[r]];

            fold[row[r]] = (int32_t)best;
            fold_class[best * (k + 1) + (y < 0 ? k : (size_t)y)]++;
            fold_rows[best]++;
        }
    }
    wn_arena_free(&own);
    return status;
}

int wn_folds_assign(const int32_t *label, size_t n, size_t k,
                    const int32_t *group, size_t groups, size_t folds,
                    uint64_t seed, int32_t *fold, struct wn_error *error)
{
    struct wn_arena own = {0};

    if (group)
        return assign_groups(label, n, k, group, groups, folds, seed, fold,
                             error);
    if (folds < 2 || folds > n)
        return wn_fail(error, WN_EUSAGE,
                       "%zu folds of %zu rows: wanted 2 to "
                       "the number of rows",
                       folds, n);
    size_t *begin = wn_arena_new(&own, sizeof *begin, k + 1, 1);
    int32_t *order = wn_arena_new(&own, sizeof *order, n, 1);
    size_t next = 0, stream = 0;
    wn_order_by_bucket(label, n, k, begin, order);
    /* First the rows without a label, then each class. */
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
    wn_arena_free(&own);
    return 0;
}
