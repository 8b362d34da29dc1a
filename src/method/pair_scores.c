/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Methods that compare the two blocks of features of each row. The blocks are
 * first mapped into one space, out of sample (learn/pairs.h), unless they are
 * in one already. Labels play no part. */
#include <math.h>

#include "learn/pairs.h"
#include "method/method.h"

static int pair_cosine_score(const struct wn_view *view,
                             const struct wn_scores *out,
                             struct wn_error *error)
{
    (void)error;
    for (size_t i = 0; i < view->n; i++)
        out->score[i] = (float)(1 - view->pairs->cosine[i]);
    return 0;
}

/* The geometric mean of two ranks, from 1: that of the row's second block among
 * all second blocks by similarity to its first, and the other way round. The
 * evidence is the row whose second block fits best, where that is another. */
static int pair_rank_score(const struct wn_view *view,
                           const struct wn_scores *out, struct wn_error *error)
{
    const struct wn_pairs *pairs = view->pairs;

    (void)error;
    for (size_t i = 0; i < view->n; i++) {
        out->score[i] =
            (float)sqrt((double)pairs->rank_a[i] * pairs->rank_b[i]);
        out->evidence[i] = pairs->rank_b[i] > 1 ? pairs->partner[i] : -1;
    }
    return 0;
}

/* clang-format off */
const struct wn_method wn_method_pair_cosine = {
    .name = "pair_cosine", .source = "Radford et al. 2021",
    .brief = "one minus the cosine of the two blocks of features",
    .needs = WN_NEEDS_PAIRS, .score = pair_cosine_score};

const struct wn_method wn_method_pair_rank = {
    .name = "pair_rank", .source = "Obayashi and Kinoshita 2009",
    .brief = "mutual rank of the two blocks of features, from 1",
    .needs = WN_NEEDS_PAIRS | WN_NEEDS_PAIR_RANKS,
    .evidence = true, .score = pair_rank_score};
/* clang-format on */
