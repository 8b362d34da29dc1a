/* SPDX-License-Identifier: GPL-3.0-or-later */
/* near_duplicate: how near the nearest row is.
 *
 * exp(-distance / median), where the median is over the nearest distances of
 * all rows (at least 1e-6): 1 for an exact duplicate, .37 at the usual
 * distance. See winnow-methods(7). */
#include "method/method.h"

#include <math.h>
#include <stdlib.h>

#include "util/memory.h"

static int nearest_distance_ascending(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

static double median(float *value, size_t n)
{
    qsort(value, n, sizeof *value, nearest_distance_ascending);
    return .5 * ((double)value[(n - 1) / 2] + value[n / 2]);
}

static int nearest_distance_score(const struct wn_view *view,
                                  const struct wn_options *options, float *out,
                                  float *spread, struct wn_error *error)
{
    float *nearest = wn_new(view->n, sizeof *nearest);

    (void)options;
    (void)spread;
    for (size_t i = 0; i < view->n; i++)
        nearest[i] = view->distance[i * view->m];
    const double usual = fmax(median(nearest, view->n), 1e-6);
    for (size_t i = 0; i < view->n; i++) {
        const double distance = view->distance[i * view->m];

        out[i] = distance <= 1e-8 ? 1 : (float)exp(-distance / usual);
    }
    free(nearest);
    return 0;
}

/* clang-format off */
const struct wn_method wn_method_near_duplicate = {
    .name = "near_duplicate",
    .brief = "nearness of the nearest row",
    .source = "Datalab, cleanlab",
    .needs = WN_NEEDS_NEIGHBORS,
    .score = nearest_distance_score,
};
/* clang-format on */
