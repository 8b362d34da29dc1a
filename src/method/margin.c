/* SPDX-License-Identifier: GPL-3.0-or-later */
/* margin: how far the best other class leads at one early epoch.
 *
 * The largest other probability minus p_y, the mean over replicates, -1 .. 1.
 * See winnow-methods(7). */
#include "method/method.h"
#include "learn/dynamics.h"

static int margin_score(const struct wn_view *view,
                        const struct wn_options *options, float *out,
                        float *spread, struct wn_error *error)
{
    (void)options;
    (void)error;
    wn_dynamics_read(view->dynamics, WN_MARGIN, 1, 0, out, spread);
    return 0;
}

/* clang-format off */
const struct wn_method wn_method_margin = {
    .name = "margin",
    .brief = "lead of the best other class in early probabilities",
    .source = "Paul, Ganguli and Dziugaite 2021",
    .needs = WN_NEEDS_DYNAMICS,
    .score = margin_score,
    .spreads = 1,
};
/* clang-format on */
