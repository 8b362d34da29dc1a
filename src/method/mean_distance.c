/* SPDX-License-Identifier: GPL-3.0-or-later */
/* outlier: the mean distance to the neighbours.
 *
 * In the units of the graph's metric; the literature maps it to 0 .. 1, which
 * keeps the order. See winnow-methods(7). */
#include "method/method.h"

static int mean_distance_score(const struct wn_view *view,
                               const struct wn_options *options, float *out,
                               float *spread, struct wn_error *error)
{
    (void)options;
    (void)spread;
    (void)error;
    for (size_t i = 0; i < view->n; i++) {
        double sum = 0;

        for (size_t s = 0; s < view->m; s++)
            sum += view->distance[i * view->m + s];
        out[i] = (float)(sum / (double)view->m);
    }
    return 0;
}

/* clang-format off */
const struct wn_method wn_method_outlier = {
    .name = "outlier",
    .brief = "mean distance to the neighbours",
    .source = "Kuan and Mueller 2022",
    .needs = WN_NEEDS_NEIGHBORS,
    .score = mean_distance_score,
};
/* clang-format on */
