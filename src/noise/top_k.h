/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise/top_k.h: the first few of many in (key, row) order.
 *
 * A bounded heap: rows are offered one by one, those with the smallest keys
 * stay, equal keys go to the lower row. What stays does not depend on the
 * order of offering. O(offers log limit) at worst. */
#ifndef WN_NOISE_TOP_K_H
#define WN_NOISE_TOP_K_H

#include <stddef.h>

struct wn_ranked {
    double key;
    size_t row;
};

struct wn_top_k {
    struct wn_ranked *heap; /* limit of them, the worst one first */
    size_t limit, count;
};

/* Offer a row; `select->heap` has room for `limit`. */
void wn_top_k_offer(struct wn_top_k *select, double key, size_t row);

/* Sort by key, equal keys by row. */
void wn_rank(struct wn_ranked *ranked, size_t n);

#endif
