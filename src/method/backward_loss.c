/* SPDX-License-Identifier: GPL-3.0-or-later */
/* backward_loss: what the loss of the true label is on average.
 *
 * sum_t (T^-1)[y][t] (-log p_t), with p the out-of-sample probabilities and T
 * the transition matrix that the labels of neighbours imply; unbiased, and
 * negative where the row is easy. See winnow-methods(7). */
#include <stdlib.h>

#include "method/corrected.h"
#include "learn/loss_correction.h"
#include "util/memory.h"

static int backward_loss_score(const struct wn_view *view,
                               const struct wn_options *options, float *out,
                               float *spread, struct wn_error *error)
{
    struct wn_transition fit;
    int status = wn_corrected_fit(view, &fit, NULL, error);
    double *u = NULL;

    (void)options;
    (void)spread;
    if (status)
        return status;
    u = wn_new(wn_product(view->k, view->k, 1), sizeof *u);
    status = u ? wn_transition_invert(fit.t, view->k, u, error) : -1;
    /* A matrix without inverse is a property of the data. */
    if (status && error->code == WN_ENUMERIC)
        status = 1;
    for (size_t i = 0; status == 0 && i < view->n; i++)
        out[i] = view->label[i] < 0
                     ? 0
                     : (float)wn_backward_loss(view->probability + i * view->k,
                                               u, view->k, view->label[i]);
    wn_transition_free(&fit);
    free(u);
    return status;
}

/* clang-format off */
const struct wn_method wn_method_backward_loss = {
    .name = "backward_loss",
    .brief = "unbiased estimate of the loss of the true label",
    .source = "Patrini et al. 2017",
    .needs = WN_NEEDS_PROBABILITY | WN_NEEDS_NEIGHBORS,
    .score = backward_loss_score,
};
/* clang-format on */
