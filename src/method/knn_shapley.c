/* SPDX-License-Identifier: GPL-3.0-or-later */
/* knn_shapley: what a row costs the classifier by its m neighbours.
 *
 * Every row in turn is the test; its neighbours in the graph share the credit,
 * cut off at the m-th (K* = K = m, as cleanlab has it). Stored is minus the sum
 * over all tests, so a row that misleads its neighbours is above 0.
 * See winnow-methods(7). */
#include "method/method.h"

#include <stdlib.h>

#include "method/shapley.h"
#include "util/memory.h"

/* The neighbours of row i that have a label. */
static size_t labelled(const struct wn_view *view, size_t i, int32_t *order)
{
    size_t count = 0;

    for (size_t s = 0; s < view->m; s++) {
        const int32_t j = view->neighbor[i * view->m + s];

        if (view->label[j] >= 0)
            order[count++] = j;
    }
    return count;
}

static int knn_shapley_score(const struct wn_view *view,
                             const struct wn_options *options, float *out,
                             float *spread, struct wn_error *error)
{
    double *value = wn_new(view->n, sizeof *value);
    int32_t *order = wn_new(view->m, sizeof *order);
    int status = -1;

    (void)options;
    (void)spread;
    for (size_t i = 0; i < view->n; i++)
        if (view->label[i] >= 0)
            wn_shapley_add(order, labelled(view, i, order), view->label,
                           view->label[i], view->m, 0, value);
    for (size_t i = 0; i < view->n; i++)
        out[i] = (float)-value[i];
    status = 0;
    free(value);
    free(order);
    return status;
}

/* clang-format off */
const struct wn_method wn_method_knn_shapley = {
    .name = "knn_shapley",
    .brief = "harm done to the classifier by neighbours",
    .source = "Jia et al. 2019",
    .needs = WN_NEEDS_NEIGHBORS,
    .score = knn_shapley_score,
};
/* clang-format on */
