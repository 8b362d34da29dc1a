/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pairs of classes, sorted and merged; see sparse_joint.h. */
#include "noise/sparse_joint.h"

#include <stdlib.h>

#include "util/spill.h"
#include "util/memory.h"

static int sparse_joint_compare(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* row x k + column of all that are wanted, sorted, each once; how many. */
static size_t list_pairs(size_t k, const int32_t *row, const int32_t *column,
                         size_t n, uint64_t *pair)
{
    size_t count = 0, left = 0;

    for (size_t i = 0; i < n; i++)
        if (row[i] >= 0 && column[i] >= 0)
            pair[count++] = (uint64_t)row[i] * k + (uint64_t)column[i];
    for (size_t c = 0; c < k; c++)
        pair[count++] = (uint64_t)c * k + c;
    qsort(pair, count, sizeof *pair, sparse_joint_compare);
    for (size_t p = 0; p < count; p++)
        if (!left || pair[left - 1] != pair[p])
            pair[left++] = pair[p];
    return left;
}

int wn_sparse_make(struct wn_sparse *sparse, size_t k, const int32_t *row,
                   const int32_t *column, size_t n)
{
    uint64_t *pair = wn_spill_new(n + k, sizeof *pair);

    *sparse = (struct wn_sparse){.k = k};
    sparse->cells = list_pairs(k, row, column, n, pair);
    sparse->begin = wn_new(k + 1, sizeof *sparse->begin);
    sparse->diagonal = wn_new(k, sizeof *sparse->diagonal);
    sparse->column = wn_spill_new(sparse->cells, sizeof *sparse->column);
    if (!sparse->begin || !sparse->diagonal || !sparse->column) {
        wn_spill_free(pair);
        wn_sparse_free(sparse);
        return -1;
    }
    for (size_t p = 0; p < sparse->cells; p++) {
        const size_t r = (size_t)(pair[p] / k), c = (size_t)(pair[p] % k);

        sparse->begin[r + 1] = p + 1;
        sparse->column[p] = (int32_t)c;
        if (r == c)
            sparse->diagonal[c] = p;
    }
    wn_spill_free(pair);
    return 0;
}

void wn_sparse_free(struct wn_sparse *sparse)
{
    free(sparse->begin);
    free(sparse->diagonal);
    wn_spill_free(sparse->column);
    *sparse = (struct wn_sparse){0};
}

size_t wn_sparse_find(const struct wn_sparse *sparse, size_t row, size_t column)
{
    size_t low = sparse->begin[row], high = sparse->begin[row + 1] - 1;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if ((size_t)sparse->column[middle] < column)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
