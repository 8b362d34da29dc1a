/* SPDX-License-Identifier: GPL-3.0-or-later */
/* loss_mean: the mean of the row's loss over the epochs.
 *
 * The plain mean of -log p_y, as the paper has it, or with --loss-recent the
 * weights of its code, (e + 1)/E, not normalised. See winnow-methods(7). */
#include "method/method.h"
#include "learn/dynamics.h"

static int loss_mean_score(const struct wn_view *view,
                           const struct wn_options *options, float *out,
                           float *spread, struct wn_error *error)
{
    (void)error;
    wn_dynamics_read(view->dynamics,
                     options && wn_option_given(options, "loss-recent")
                         ? WN_LOSS_RECENT
                         : WN_LOSS_MEAN,
                     1, 0, out, spread);
    return 0;
}

/* clang-format off */
static const struct wn_option knobs[] = {
    {.name = "loss-recent", .kind = WN_FLAG, .recorded = true,
     .help = "loss_mean weights epoch e of E by e / E"},
    {0}};

const struct wn_method wn_method_loss_mean = {
    .name = "loss_mean",
    .brief = "mean loss over the epochs",
    .source = "Lan et al. 2024",
    .needs = WN_NEEDS_DYNAMICS | WN_NEEDS_HISTORIES,
    .knobs = knobs,
    .score = loss_mean_score,
    .spreads = 1,
};
/* clang-format on */
