/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tomek: 1 for the two rows of a Tomek link, else 0.
 *
 * Two rows are linked when each is the nearest neighbour of the other and
 * their labels differ: one of them is wrong or both lie at the border.
 * See winnow-methods(7). */
#include "method/method.h"

static int tomek_score(const struct wn_view *view,
                       const struct wn_options *options, float *out,
                       float *spread, struct wn_error *error)
{
    (void)options;
    (void)spread;
    (void)error;
    for (size_t i = 0; i < view->n; i++) {
        const size_t j = (size_t)view->neighbor[i * view->m];

        out[i] = (size_t)view->neighbor[j * view->m] == i &&
                 view->label[i] >= 0 && view->label[j] >= 0 &&
                 view->label[i] != view->label[j];
    }
    return 0;
}

/* clang-format off */
const struct wn_method wn_method_tomek = {
    .name = "tomek",
    .brief = "one of two nearest rows with different labels",
    .source = "Tomek 1976",
    .needs = WN_NEEDS_NEIGHBORS,
    .score = tomek_score,
};
/* clang-format on */
