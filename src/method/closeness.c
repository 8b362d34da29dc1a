/* SPDX-License-Identifier: GPL-3.0-or-later */
/* closeness: how near the mean probability of the label is to one half.
 *
 * c (1 - c) with c the mean over the epochs and the networks; at most 1/4.
 * See winnow-methods(7). */
#include "method/method.h"
#include "learn/dynamics.h"

static int closeness_score(const struct wn_view *view,
                           const struct wn_options *options, float *out,
                           float *spread, struct wn_error *error)
{
    (void)options;
    (void)spread;
    (void)error;
    wn_dynamics_read(view->dynamics, WN_CONFIDENCE, 1, 0, out, NULL);
    for (size_t i = 0; i < view->n; i++)
        out[i] *= 1 - out[i];
    return 0;
}

/* clang-format off */
const struct wn_method wn_method_closeness = {
    .name = "closeness",
    .brief = "how near the label's mean probability is to one half",
    .source = "Swayamdipta et al. 2020",
    .needs = WN_NEEDS_DYNAMICS | WN_NEEDS_HISTORIES,
    .score = closeness_score,
};
/* clang-format on */
