/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grand: the norm of the gradient of a row's loss by all weights.
 *
 * Exact, by the outer-product identity, at one early epoch, the mean over
 * replicates; never at initialisation, where Kirsch 2023 found it no better
 * than chance. See winnow-methods(7). */
#include "method/method.h"
#include "learn/dynamics.h"

static int grand_score(const struct wn_view *view,
                       const struct wn_options *options, float *out,
                       float *spread, struct wn_error *error)
{
    (void)options;
    (void)error;
    wn_dynamics_read(view->dynamics, WN_GRAND, 1, 0, out, spread);
    return 0;
}

/* clang-format off */
const struct wn_method wn_method_grand = {
    .name = "grand",
    .brief = "norm of the gradient of the row's early loss",
    .source = "Paul, Ganguli and Dziugaite 2021",
    .needs = WN_NEEDS_DYNAMICS | WN_NEEDS_GRADIENTS,
    .score = grand_score,
    .spreads = 1,
};
/* clang-format on */
