/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sorting by buckets and hashes; see order.h. */
#include "util/order.h"

#include <stdlib.h>
#include <string.h>

void wn_order_by_bucket(const int32_t *bucket, size_t n, size_t count,
                        size_t *begin, int32_t *order)
{
    memset(begin, 0, (count + 1) * sizeof *begin);
    for (size_t i = 0; i < n; i++)
        begin[bucket[i] + 1]++;
    for (size_t b = 1; b <= count; b++)
        begin[b] += begin[b - 1];
    /* Let begin[b + 1] be the next place for a row of b: in the end that is
     * where b + 1 begins. */
    memmove(begin + 1, begin, count * sizeof *begin);
    begin[0] = 0;
    for (size_t i = 0; i < n; i++)
        order[begin[bucket[i] + 1]++] = (int32_t)i;
}

static int by_hash(const void *a, const void *b)
{
    const struct wn_hashed_row *x = a, *y = b;

    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    if (x->label != y->label)
        return x->label < y->label ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

void wn_order_by_hash(struct wn_hashed_row *rows, size_t n)
{
    qsort(rows, n, sizeof *rows, by_hash);
}

int wn_index_ascending(const void *a, const void *b)
{
    const int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

    return (x > y) - (x < y);
}
