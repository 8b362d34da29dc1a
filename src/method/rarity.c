/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rarity: how far, in angle, a row is from its neighbours.
 *
 * The mean cosine distance to itself (0) and its neighbours, mapped to 0 .. 1
 * by 2/(1 + exp(-a)) - 1: docta's score for the long tail, without its rounding
 * to four decimals. See winnow-methods(7). */
#include "method/method.h"

#include <math.h>
#include <stdlib.h>

#include "method/cosine.h"
#include "util/memory.h"

static int rarity_score(const struct wn_view *view,
                        const struct wn_options *options, float *out,
                        float *spread, struct wn_error *error)
{
    double *distance = wn_new(view->m, sizeof *distance);

    (void)options;
    (void)spread;
    for (size_t i = 0; i < view->n; i++) {
        double sum = 0;

        wn_cosine_edges(view, i, distance);
        for (size_t s = 0; s < view->m; s++)
            sum += distance[s];
        out[i] = (float)tanh(sum / (double)(view->m + 1) / 2);
    }
    free(distance);
    return 0;
}

/* clang-format off */
const struct wn_method wn_method_rarity = {
    .name = "rarity",
    .brief = "mean cosine distance to the neighbours, 0 .. 1",
    .source = "Zhu, Wang and Liu 2023 (docta)",
    .needs = WN_NEEDS_NEIGHBORS | WN_NEEDS_FEATURES,
    .score = rarity_score,
};
/* clang-format on */
