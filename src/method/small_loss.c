/* SPDX-License-Identifier: GPL-3.0-or-later */
/* small_loss: the probability that a row's early loss is one of the large ones.
 *
 * Two Gaussians are fitted to the losses of all rows at one early epoch (the
 * mean over replicates); DivideMix calls the one with the smaller mean clean.
 * See winnow-methods(7). */
#include "method/method.h"

#include <stdlib.h>

#include "learn/dynamics.h"
#include "learn/mixture.h"
#include "util/memory.h"

static int small_loss_score(const struct wn_view *view,
                            const struct wn_options *options, float *out,
                            float *spread, struct wn_error *error)
{
    int status = -1;
    size_t rows = 0;
    double *loss = wn_new(view->n, sizeof *loss);
    double *clean = wn_new(view->n, sizeof *clean);

    (void)options;
    (void)spread;
    wn_dynamics_read(view->dynamics, WN_LOSS, 1, 0, out, NULL);
    for (size_t i = 0; i < view->n; i++)
        if (view->label[i] >= 0)
            loss[rows++] = out[i];
    if (wn_mixture_fit(loss, rows, clean, NULL) < 0)
        goto done;
    rows = 0;
    for (size_t i = 0; i < view->n; i++)
        out[i] = view->label[i] < 0 ? 0 : (float)(1 - clean[rows++]);
    status = 0;
done:
    free(loss);
    free(clean);
    return status;
}

/* clang-format off */
const struct wn_method wn_method_small_loss = {
    .name = "small_loss",
    .brief = "probability that the early loss is a large one",
    .source = "Li, Socher and Hoi 2020",
    .needs = WN_NEEDS_DYNAMICS,
    .score = small_loss_score,
};
/* clang-format on */
