/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sum_margin: how far all other classes lead together at one early epoch.
 *
 * The sum over them of p - p_y, which is 1 - k p_y; the mean over replicates.
 * See winnow-methods(7). */
#include "method/method.h"
#include "learn/dynamics.h"

static int sum_margin_score(const struct wn_view *view,
                            const struct wn_options *options, float *out,
                            float *spread, struct wn_error *error)
{
    const double k = (double)view->k;

    (void)options;
    (void)error;
    /* l1 is 2 (1 - p_y). */
    wn_dynamics_read(view->dynamics, WN_L1, k / 2, 1 - k, out, spread);
    return 0;
}

/* clang-format off */
const struct wn_method wn_method_sum_margin = {
    .name = "sum_margin",
    .brief = "lead of all other classes in early probabilities",
    .source = "Paul, Ganguli and Dziugaite 2021",
    .needs = WN_NEEDS_DYNAMICS,
    .score = sum_margin_score,
    .spreads = 1,
};
/* clang-format on */
