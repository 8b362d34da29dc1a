/* SPDX-License-Identifier: GPL-3.0-or-later */
/* el2n: how far a young network's probabilities are from the label.
 *
 * The mean over replicates of ||p - onehot||_2 at one early epoch; the paper
 * averages 10 networks. See winnow-methods(7). */
#include "method/method.h"
#include "learn/dynamics.h"

static int el2n_score(const struct wn_view *view,
                      const struct wn_options *options, float *out,
                      float *spread, struct wn_error *error)
{
    (void)options;
    (void)error;
    wn_dynamics_read(view->dynamics, WN_EL2N, 1, 0, out, spread);
    return 0;
}

/* clang-format off */
const struct wn_method wn_method_el2n = {
    .name = "el2n",
    .brief = "distance of early probabilities from the label",
    .source = "Paul, Ganguli and Dziugaite 2021",
    .needs = WN_NEEDS_DYNAMICS,
    .score = el2n_score,
    .spreads = 1,
};
/* clang-format on */
