/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grand_last: the norm of the gradient by the last layer's weights only.
 *
 * What grand is where the layers below are not to be looked through; the same
 * epoch, the mean over replicates. See winnow-methods(7). */
#include "method/method.h"
#include "learn/dynamics.h"

static int grand_last_score(const struct wn_view *view,
                            const struct wn_options *options, float *out,
                            float *spread, struct wn_error *error)
{
    (void)options;
    (void)error;
    wn_dynamics_read(view->dynamics, WN_GRAND_LAST, 1, 0, out, spread);
    return 0;
}

/* clang-format off */
const struct wn_method wn_method_grand_last = {
    .name = "grand_last",
    .brief = "norm of the gradient by the last layer only",
    .source = "Paul, Ganguli and Dziugaite 2021",
    .needs = WN_NEEDS_DYNAMICS | WN_NEEDS_GRADIENTS,
    .score = grand_last_score,
    .spreads = 1,
};
/* clang-format on */
