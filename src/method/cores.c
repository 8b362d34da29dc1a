/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cores: the sample sieve at the last epoch.
 *
 * -log p_y minus the mean of -log p over all classes; the paper keeps a row
 * while it is below 0. See winnow-methods(7). */
#include "method/method.h"
#include "learn/dynamics.h"

static int cores_score(const struct wn_view *view,
                       const struct wn_options *options, float *out,
                       float *spread, struct wn_error *error)
{
    (void)options;
    (void)error;
    wn_dynamics_read(view->dynamics, WN_CORES, 1, 0, out, spread);
    return 0;
}

/* clang-format off */
const struct wn_method wn_method_cores = {
    .name = "cores",
    .brief = "the label's loss minus the mean loss of all classes",
    .source = "Cheng et al. 2021",
    .needs = WN_NEEDS_DYNAMICS | WN_NEEDS_HISTORIES,
    .score = cores_score,
    .spreads = 1,
};
/* clang-format on */
