/* SPDX-License-Identifier: GPL-3.0-or-later */
/* correctness: in how many epochs another label was predicted.
 *
 * Cartography counts the epochs that were right; here it is the others.
 * See winnow-methods(7). */
#include "method/method.h"
#include "learn/dynamics.h"

static int correctness_score(const struct wn_view *view,
                             const struct wn_options *options, float *out,
                             float *spread, struct wn_error *error)
{
    (void)options;
    (void)error;
    wn_dynamics_read(view->dynamics, WN_CORRECTNESS, -1,
                     (double)wn_dynamics_epochs(view->dynamics), out, spread);
    return 0;
}

/* clang-format off */
const struct wn_method wn_method_correctness = {
    .name = "correctness",
    .brief = "epochs in which another label was predicted",
    .source = "Swayamdipta et al. 2020",
    .needs = WN_NEEDS_DYNAMICS | WN_NEEDS_HISTORIES,
    .score = correctness_score,
    .spreads = 1,
};
/* clang-format on */
