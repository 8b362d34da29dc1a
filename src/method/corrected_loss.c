/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Losses corrected by the transition matrix T that the labels of neighbours
 * imply (noise/hoc.h), p the out-of-sample probabilities:
 *   forward_loss   -log sum_t p_t T[t][y]: small where the noise often turns
 *                  what the row looks like into this label
 *   backward_loss  sum_t (T^-1)[y][t] (-log p_t): an unbiased estimate of the
 *                  loss of the true label, negative where the row is easy
 * See winnow-methods(7). */
#include <stdlib.h>

#include "learn/noisy_loss.h"
#include "method/method.h"
#include "noise/hoc.h"
#include "util/memory.h"
#include "util/spill.h"

static int forward_loss_score(const struct wn_view *view,
                              const struct wn_scores *out,
                              struct wn_error *error)
{
    const size_t k = view->k;
    struct wn_transition fit;

    if (wn_transition_estimate(&fit, view->label, view->neighbor, view->n, k,
                               view->m, view->threads, NULL, view->log, error))
        return 1;
    for (size_t i = 0; i < view->n; i++)
        if (view->label[i] >= 0)
            out->score[i] = (float)wn_forward_loss(view->probability + i * k,
                                                   fit.t, k, view->label[i]);
    wn_transition_free(&fit);
    return 0;
}

static int backward_loss_score(const struct wn_view *view,
                               const struct wn_scores *out,
                               struct wn_error *error)
{
    const size_t k = view->k;
    struct wn_transition fit;

    if (wn_transition_estimate(&fit, view->label, view->neighbor, view->n, k,
                               view->m, view->threads, NULL, view->log, error))
        return 1;
    double *inverse = wn_spill_new(wn_product(k, k, 1), sizeof *inverse);
    /* A matrix without inverse is a property of the data. */
    const int status = wn_transition_invert(fit.t, k, inverse, error) ? 1 : 0;
    for (size_t i = 0; status == 0 && i < view->n; i++)
        if (view->label[i] >= 0)
            out->score[i] = (float)wn_backward_loss(view->probability + i * k,
                                                    inverse, k, view->label[i]);
    wn_transition_free(&fit);
    wn_spill_free(inverse);
    return status;
}

/* clang-format off */
const struct wn_method wn_method_forward_loss = {
    .name = "forward_loss", .source = "Patrini et al. 2017",
    .brief = "loss that the noise of the labels explains least",
    .needs = WN_NEEDS_PROBABILITY | WN_NEEDS_NEIGHBORS,
    .score = forward_loss_score};

const struct wn_method wn_method_backward_loss = {
    .name = "backward_loss", .source = "Patrini et al. 2017",
    .brief = "unbiased estimate of the loss of the true label",
    .needs = WN_NEEDS_PROBABILITY | WN_NEEDS_NEIGHBORS,
    .score = backward_loss_score};
/* clang-format on */
