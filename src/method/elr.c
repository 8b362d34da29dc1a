/* SPDX-License-Identifier: GPL-3.0-or-later */
/* elr: how little of the target of early-learning regularisation is the label.
 *
 * The target is a running mean of the network's own probabilities; 1 - t_y,
 * so that the agreement, low for wrong labels, is turned. See
 * winnow-methods(7). */
#include "method/method.h"
#include "learn/dynamics.h"

static int elr_score(const struct wn_view *view,
                     const struct wn_options *options, float *out,
                     float *spread, struct wn_error *error)
{
    (void)options;
    (void)error;
    wn_dynamics_read(view->dynamics, WN_TARGET_OWN, -1, 1, out, spread);
    return 0;
}

/* clang-format off */
const struct wn_method wn_method_elr = {
    .name = "elr",
    .brief = "one minus the running mean of the label's probability",
    .source = "Liu et al. 2020",
    .needs = WN_NEEDS_DYNAMICS | WN_NEEDS_HISTORIES |
             WN_NEEDS_TARGETS,
    .score = elr_score,
    .spreads = 1,
};
/* clang-format on */
