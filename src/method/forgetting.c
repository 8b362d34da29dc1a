/* SPDX-License-Identifier: GPL-3.0-or-later */
/* forgetting: how often a row was right in one epoch and wrong in the next.
 *
 * A row that was never right counts as forgotten in every epoch, as in the
 * authors' code. ALGORITHMS 2.4. */
#include "method/method.h"
#include "model/dynamics.h"

static int score(const struct wn_view *view, const struct wn_options *options,
                 float *out, float *spread, struct wn_error *error)
{
    (void)options;
    (void)error;
    wn_dynamics_read(view->dynamics, WN_FORGETTING, 1, 0, out, spread);
    return 0;
}

const struct wn_method wn_method_forgetting = {
    .name = "forgetting",
    .brief = "times a right prediction became wrong",
    .source = "Toneva et al. 2019",
    .needs = WN_NEEDS_DYNAMICS | WN_NEEDS_HISTORIES,
    .score = score,
    .spreads = 1,
};
