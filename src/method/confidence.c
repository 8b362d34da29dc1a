/* SPDX-License-Identifier: GPL-3.0-or-later */
/* confidence: one minus the mean probability of the label over the epochs.
 *
 * Dataset cartography calls the mean itself confidence; low is suspicious
 * there, so it is turned. See winnow-methods(7). */
#include "method/method.h"
#include "learn/dynamics.h"

static int confidence_score(const struct wn_view *view,
                            const struct wn_options *options, float *out,
                            float *spread, struct wn_error *error)
{
    (void)options;
    (void)error;
    wn_dynamics_read(view->dynamics, WN_CONFIDENCE, -1, 1, out, spread);
    return 0;
}

/* clang-format off */
const struct wn_method wn_method_confidence = {
    .name = "confidence",
    .brief = "one minus the mean probability of the label",
    .source = "Swayamdipta et al. 2020",
    .needs = WN_NEEDS_DYNAMICS | WN_NEEDS_HISTORIES,
    .score = confidence_score,
    .spreads = 1,
};
/* clang-format on */
