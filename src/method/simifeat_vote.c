/* SPDX-License-Identifier: GPL-3.0-or-later */
/* simifeat_vote: how often similar rows outvote the label.
 *
 * The smoothed share of random draws in which another class has the most
 * votes, weighted by cosine similarity; above 0.5 the paper calls the label
 * noisy. See winnow-methods(7). */
#include "method/simifeat.h"

static int simifeat_vote_score(const struct wn_view *view,
                               const struct wn_options *options, float *out,
                               float *spread, struct wn_error *error)
{
    (void)options;
    (void)spread;
    return wn_simifeat_run(view, NULL, out);
}

/* clang-format off */
const struct wn_method wn_method_simifeat_vote = {
    .name = "simifeat_vote",
    .brief = "share of draws in which similar rows outvote the label",
    .source = "Zhu, Dong and Liu 2022",
    .needs = WN_NEEDS_NEIGHBORS | WN_NEEDS_FEATURES,
    .score = simifeat_vote_score,
};
/* clang-format on */
