/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pair_rank: how many strangers fit better than the partner.
 *
 * The geometric mean of two ranks from 1: that of the pair's second half among
 * all second halves by similarity to its first, and the other way round. The
 * evidence is the row whose second half fits best, where that is another. */
#include <math.h>

#include "method/method.h"
#include "learn/pairs.h"

static int pair_rank_trace(const struct wn_view *view,
                           const struct wn_options *options, float *out,
                           int32_t *row, struct wn_error *error)
{
    const struct wn_pairs *pairs = view->pairs;

    (void)options;
    (void)error;
    for (size_t i = 0; i < view->n; i++) {
        out[i] = (float)sqrt((double)pairs->rank_a[i] * pairs->rank_b[i]);
        row[i] = pairs->rank_b[i] > 1 ? pairs->partner[i] : -1;
    }
    return 0;
}

/* clang-format off */
const struct wn_method wn_method_pair_rank = {
    .name = "pair_rank",
    .brief = "mutual rank of the two blocks of features, from 1",
    .source = "Obayashi and Kinoshita 2009",
    .needs = WN_NEEDS_PAIRS | WN_NEEDS_PAIR_RANKS,
    .trace = pair_rank_trace,
};
/* clang-format on */
