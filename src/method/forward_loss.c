/* SPDX-License-Identifier: GPL-3.0-or-later */
/* forward_loss: the loss of the label after the noise has had its way.
 *
 * -log sum_t p_t T[t][y] with p the out-of-sample probabilities and T the
 * transition matrix that the labels of neighbours imply: small where the noise
 * often makes this label of what the row looks like. See winnow-methods(7). */
#include "method/corrected.h"
#include "learn/loss_correction.h"

static int forward_loss_score(const struct wn_view *view,
                              const struct wn_options *options, float *out,
                              float *spread, struct wn_error *error)
{
    struct wn_transition fit;
    const int status = wn_corrected_fit(view, &fit, NULL, error);

    (void)options;
    (void)spread;
    for (size_t i = 0; status == 0 && i < view->n; i++)
        out[i] = view->label[i] < 0
                     ? 0
                     : (float)wn_forward_loss(view->probability + i * view->k,
                                              fit.t, view->k, view->label[i]);
    wn_transition_free(&fit);
    return status;
}

/* clang-format off */
const struct wn_method wn_method_forward_loss = {
    .name = "forward_loss",
    .brief = "loss that the noise of the labels explains least",
    .source = "Patrini et al. 2017",
    .needs = WN_NEEDS_PROBABILITY | WN_NEEDS_NEIGHBORS,
    .score = forward_loss_score,
};
/* clang-format on */
