/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pair_cosine: one minus the cosine of the two halves of a pair.
 *
 * The two blocks are brought into one space first, out of sample
 * (learn/align.h), unless they are in one. Labels have no say. */
#include "method/method.h"
#include "learn/pairs.h"

static int pair_cosine_score(const struct wn_view *view,
                             const struct wn_options *options, float *out,
                             float *spread, struct wn_error *error)
{
    (void)options;
    (void)spread;
    (void)error;
    for (size_t i = 0; i < view->n; i++)
        out[i] = (float)(1 - view->pairs->cosine[i]);
    return 0;
}

/* clang-format off */
static const struct wn_option knobs[] = {
    {.name = "pair-align", .kind = WN_CHOICE, .value = "HOW",
     .standard = "auto", .choices = "auto|none|ridge", .recorded = true,
     .help = "how features and features-b come into one space"},
    {0}};

const struct wn_method wn_method_pair_cosine = {
    .name = "pair_cosine",
    .brief = "one minus the cosine of the two blocks of features",
    .source = "Radford et al. 2021",
    .needs = WN_NEEDS_PAIRS,
    .knobs = knobs,
    .score = pair_cosine_score,
};
/* clang-format on */
