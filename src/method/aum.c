/* SPDX-License-Identifier: GPL-3.0-or-later */
/* aum: minus the mean margin of the label's logit over the epochs.
 *
 * The paper's area under the margin is low for wrong labels, so its sign is
 * turned. Logits are those of each minibatch before its update. ALGORITHMS
 * 2.3. */
#include "method/method.h"
#include "model/dynamics.h"

static int score(const struct wn_view *view, const struct wn_options *options,
                 float *out, float *spread, struct wn_error *error)
{
    (void)options;
    (void)error;
    wn_dynamics_read(view->dynamics, WN_AUM, -1, 0, out, spread);
    return 0;
}

const struct wn_method wn_method_aum = {
    .name = "aum",
    .brief = "minus the mean margin of the label's logit",
    .source = "Pleiss et al. 2020",
    .needs = WN_NEEDS_DYNAMICS | WN_NEEDS_HISTORIES,
    .score = score,
    .spreads = 1,
};
