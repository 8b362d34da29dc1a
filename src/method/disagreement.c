/* SPDX-License-Identifier: GPL-3.0-or-later */
/* disagreement: the share of a row's neighbours that carry another label.
 *
 * The label check of Datalab without its classifier; winnow-methods(7). Rows
 * without a label have no say: they score 0 and count for nobody. */
#include "method/method.h"

static int disagreement_score(const struct wn_view *view,
                              const struct wn_options *options, float *out,
                              float *spread, struct wn_error *error)
{
    const size_t m = view->m;

    (void)options;
    (void)spread;
    (void)error;
    for (size_t i = 0; i < view->n; i++) {
        const int32_t own = view->label[i];
        size_t labelled = 0, other = 0;

        for (size_t s = 0; s < m; s++) {
            const int32_t theirs = view->label[view->neighbor[i * m + s]];

            labelled += theirs >= 0;
            other += theirs >= 0 && theirs != own;
        }
        out[i] = own < 0 || labelled == 0
                     ? 0
                     : (float)((double)other / (double)labelled);
    }
    return 0;
}

/* clang-format off */
const struct wn_method wn_method_disagreement = {
    .name = "disagreement",
    .brief = "share of the neighbours with another label",
    .source = "Wilson 1972; Kuan and Mueller 2022",
    .needs = WN_NEEDS_NEIGHBORS,
    .score = disagreement_score,
};
/* clang-format on */
