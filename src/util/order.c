/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counting sort; see order.h. */
#include "util/order.h"

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

int wn_index_ascending(const void *a, const void *b)
{
    const int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

    return (x > y) - (x < y);
}
