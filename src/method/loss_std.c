/* SPDX-License-Identifier: GPL-3.0-or-later */
/* loss_std: how much the row's loss moved over the epochs.
 *
 * The standard deviation (ddof 0) of -log p_y. See winnow-methods(7). */
#include "method/method.h"
#include "learn/dynamics.h"

static int loss_std_score(const struct wn_view *view,
                          const struct wn_options *options, float *out,
                          float *spread, struct wn_error *error)
{
    (void)options;
    (void)error;
    wn_dynamics_read(view->dynamics, WN_LOSS_STD, 1, 0, out, spread);
    return 0;
}

/* clang-format off */
const struct wn_method wn_method_loss_std = {
    .name = "loss_std",
    .brief = "deviation of the loss over the epochs",
    .source = "Lan et al. 2024",
    .needs = WN_NEEDS_DYNAMICS | WN_NEEDS_HISTORIES,
    .score = loss_std_score,
};
/* clang-format on */
