/* SPDX-License-Identifier: GPL-3.0-or-later */
/* elr_term: what early-learning regularisation adds to the loss of a row.
 *
 * log(1 - t p) at the last epoch, whatever the label: low where the network
 * has long been sure of one class. See winnow-methods(7). */
#include "method/method.h"
#include "learn/dynamics.h"

static int elr_term_score(const struct wn_view *view,
                          const struct wn_options *options, float *out,
                          float *spread, struct wn_error *error)
{
    (void)options;
    (void)error;
    wn_dynamics_read(view->dynamics, WN_TARGET_LOG, 1, 0, out, spread);
    return 0;
}

/* clang-format off */
const struct wn_method wn_method_elr_term = {
    .name = "elr_term",
    .brief = "how unsettled the network is, log(1 - t p)",
    .source = "Liu et al. 2020",
    .needs = WN_NEEDS_DYNAMICS | WN_NEEDS_HISTORIES |
             WN_NEEDS_TARGETS,
    .score = elr_term_score,
    .spreads = 1,
};
/* clang-format on */
