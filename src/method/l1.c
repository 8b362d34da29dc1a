/* SPDX-License-Identifier: GPL-3.0-or-later */
/* l1: the sum of |p - onehot| at one early epoch.
 *
 * EL2N with the other norm; it equals 2 (1 - p_y). See winnow-methods(7). */
#include "method/method.h"
#include "learn/dynamics.h"

static int l1_score(const struct wn_view *view,
                    const struct wn_options *options, float *out, float *spread,
                    struct wn_error *error)
{
    (void)options;
    (void)error;
    wn_dynamics_read(view->dynamics, WN_L1, 1, 0, out, spread);
    return 0;
}

/* clang-format off */
const struct wn_method wn_method_l1 = {
    .name = "l1",
    .brief = "L1 distance of early probabilities from the label",
    .source = "Paul, Ganguli and Dziugaite 2021",
    .needs = WN_NEEDS_DYNAMICS,
    .score = l1_score,
    .spreads = 1,
};
/* clang-format on */
