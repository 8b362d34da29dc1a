/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/order.h: rows in an order. */
#ifndef WN_UTIL_ORDER_H
#define WN_UTIL_ORDER_H

#include <stddef.h>
#include <stdint.h>

/* Sort rows by their bucket (a class, cell or group) by counting. Rows of one
 * bucket keep their order. Rows of bucket -1 come first, in
 * order[0 .. begin[0]); those of bucket b are order[begin[b] .. begin[b + 1]).
 *   bucket  n, -1 .. count-1
 *   begin   out, count + 1
 *   order   out, n
 * Time O(n + count). */
void wn_order_by_bucket(const int32_t *bucket, size_t n, size_t count,
                        size_t *begin, int32_t *order);

/* A row by a hash of its content, and by its class or other label. */
struct wn_hashed_row {
    uint64_t hash;
    int32_t label;
    size_t row;
};
/* Sort rows by hash, label, row: equal ones stand side by side. */
void wn_order_by_hash(struct wn_hashed_row *rows, size_t n);

/* For qsort(): int32_t in ascending order. */
int wn_index_ascending(const void *a, const void *b);

#endif
