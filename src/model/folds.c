/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stratified folds: shuffle the rows of each class, deal them like cards. */
#include "model/folds.h"

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
        return wn_fail(error, WN_EUSAGE, "%zu folds of %zu rows: wanted 2 to "
                       "the number of rows", folds, n);
    /* Rows by class, the unlabelled (-1) first: class c is at c + 1. */
    begin = wn_new(k + 2, sizeof *begin, error);
    order = wn_new(n, sizeof *order, error);
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
    size_t next = 0;
    for (size_t c = 0; c <= k; c++) {
        const size_t first = c ? begin[c - 1] : 0, end = begin[c];
        struct wn_random random;

        wn_random_start(&random, seed, WN_RANDOM_FOLDS, 0, c);
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
