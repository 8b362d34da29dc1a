/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/pairs.h: how well the two halves of every pair fit together. */
#ifndef WN_LEARN_PAIRS_H
#define WN_LEARN_PAIRS_H

#include <stddef.h>
#include <stdint.h>

#include "learn/align.h"
#include "util/error.h"
#include "util/log.h"

/* What is known of n pairs (a_i, b_i) of rows of length 1. */
struct wn_pairs {
    double *cosine; /* n, a_i b_i, -1 .. 1 */
    /* NULL unless ranks were asked for; n each, from 1: how many b are more
     * similar to a_i than b_i is, and 1; likewise a for b_i. */
    int32_t *rank_b, *rank_a;
    int32_t *partner; /* n, the most similar b of a_i, ties to the lower row */
    enum wn_alignment alignment; /* what was chosen */
    double ridge;
};

/* Align the blocks (learn/align.h) and compare: time O(n n p) for ranks, by
 * matrix products; the products that a decision hangs on are recomputed in
 * double, so the answer depends neither on their rounding nor on threads.
 * Errors: those of wn_align(). Compared with brute force. wn_pairs_free() in
 * any case. */
int wn_pairs_compare(const struct wn_blocks *blocks, enum wn_alignment asked,
                     int ranks, struct wn_log *log, struct wn_pairs *pairs,
                     struct wn_error *error) WN_MUST_CHECK;
void wn_pairs_free(struct wn_pairs *pairs);

/* Most bytes that takes, beside the blocks; the answer included. */
double wn_pairs_bytes(size_t n, size_t d, size_t p, int threads);

#endif
