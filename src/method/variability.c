/* SPDX-License-Identifier: GPL-3.0-or-later */
/* variability: how much the label's probability moved over the epochs.
 *
 * The standard deviation (ddof 0): ambiguous rows have a high one, wrong
 * labels a low one with low confidence. With --variability-ci it is
 * sqrt(v + v^2/(E - 1)), v its square, as with --include_ci of the authors'
 * code. See winnow-methods(7). */
#include "method/method.h"
#include "learn/dynamics.h"

static int variability_score(const struct wn_view *view,
                             const struct wn_options *options, float *out,
                             float *spread, struct wn_error *error)
{
    (void)error;
    wn_dynamics_read(view->dynamics,
                     options && wn_option_given(options, "variability-ci")
                         ? WN_VARIABILITY_CI
                         : WN_VARIABILITY,
                     1, 0, out, spread);
    return 0;
}

/* clang-format off */
static const struct wn_option knobs[] = {
    {.name = "variability-ci", .kind = WN_FLAG, .recorded = true,
     .help = "variability with the error of the variance, as cartography"},
    {0}};

const struct wn_method wn_method_variability = {
    .name = "variability",
    .brief = "deviation of the label's probability over epochs",
    .source = "Swayamdipta et al. 2020",
    .needs = WN_NEEDS_DYNAMICS | WN_NEEDS_HISTORIES,
    .knobs = knobs,
    .score = variability_score,
    .spreads = 1,
};
/* clang-format on */
