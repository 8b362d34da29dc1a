/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise/order_statistics.h: percentiles, and the first few of many rows. */
#ifndef WN_NOISE_ORDER_STATISTICS_H
#define WN_NOISE_ORDER_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sort x[n], finite, ascending. */
void wn_sort(double *x, size_t n);
/* The q-th percentile (0 .. 100) of sorted x[n], n >= 1, by linear
 * interpolation between neighbours; q = 50 is the median. Compared with
 * numpy.percentile. */
double wn_percentile(const double *x, size_t n, double q);

struct wn_ranked {
    double key;
    size_t row;
};

/* Sort by key, equal keys by row. */
void wn_rank(struct wn_ranked *ranked, size_t n);
/* order[n]: the rows by their keys, key[i stride], finite or infinite, rising
 * or falling; equal keys by row. For at most 2^32 rows. O(n) memory. */
void wn_order(const double *key, size_t stride, bool falling, size_t n,
              uint32_t *order);
/* The same in the low 32 bits of item[n], with WN_ORDER_TIED where the key is
 * that of the row before. other[n] is scratch. */
#define WN_ORDER_TIED ((uint64_t)1 << 32)
void wn_order_items(const double *key, size_t stride, bool falling, size_t n,
                    uint64_t *item, uint64_t *other);

/* How many of the most suspicious of n rows to flag: the r with the largest
 * expected F1 = 2 S_r / (r + S_n), S_r the sum of the first r suspicions; or,
 * with a precision >= 0, the largest r with S_r / r at least that. A row whose
 * suspicion is below `least` is never flagged. The suspicion of row i is
 * suspicion[i * stride]. */
size_t wn_rank_flags(const double *suspicion, size_t stride, size_t n,
                     double precision, double least);

/* A bounded heap that keeps the rows with the `limit` smallest keys, equal keys
 * by the lower row. What it keeps does not depend on the order of the calls. */
struct wn_top_k {
    struct wn_ranked *heap; /* limit of them, the largest key first */
    size_t limit, count;
};

/* O(log limit). */
void wn_top_k_offer(struct wn_top_k *top, double key, size_t row);

/* The lowest of value[n] whose rank from the top, with equal values counted
 * half, is at most `count`; infinity if there is none. A NaN is below all. */
float wn_top_cut(const float *value, size_t n, size_t count);

#endif
