/* SPDX-License-Identifier: GPL-3.0-or-later */
/* first_learned: the first epoch in which the label was predicted.
 *
 * Epochs count from 0; never is the number of epochs. See winnow-methods(7). */
#include "method/method.h"
#include "learn/dynamics.h"

static int first_learned_score(const struct wn_view *view,
                               const struct wn_options *options, float *out,
                               float *spread, struct wn_error *error)
{
    (void)options;
    (void)error;
    wn_dynamics_read(view->dynamics, WN_FIRST_LEARNED, 1, 0, out, spread);
    return 0;
}

/* clang-format off */
const struct wn_method wn_method_first_learned = {
    .name = "first_learned",
    .brief = "first epoch in which the label was predicted",
    .source = "Toneva et al. 2019",
    .needs = WN_NEEDS_DYNAMICS | WN_NEEDS_HISTORIES,
    .score = first_learned_score,
    .spreads = 1,
};
/* clang-format on */
