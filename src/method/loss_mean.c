/* SPDX-License-Identifier: GPL-3.0-or-later */
/* loss_mean: the mean of the row's loss over the epochs.
 *
 * The plain mean of -log p_y, as the paper has it (its code weights late
 * epochs, not normalised). ALGORITHMS 2.6. */
#include "method/method.h"
#include "model/dynamics.h"

static int score(const struct wn_view *view, const struct wn_options *options,
                 float *out, float *spread, struct wn_error *error)
{
    (void)options;
    (void)error;
    wn_dynamics_read(view->dynamics, WN_LOSS_MEAN, 1, 0, out, spread);
    return 0;
}

const struct wn_method wn_method_loss_mean = {
    .name = "loss_mean",
    .brief = "mean loss over the epochs",
    .source = "Lan et al. 2024",
    .needs = WN_NEEDS_DYNAMICS | WN_NEEDS_HISTORIES,
    .score = score,
    .spreads = 1,
};
