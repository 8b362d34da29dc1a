/* SPDX-License-Identifier: GPL-3.0-or-later */
/* enn: edited nearest neighbours.
 *
 * The rule edits a row out when its three nearest neighbours do not carry its
 * label. 1: their most frequent label (the lower class on ties) is another;
 * 0.5: not all of them agree; 0: all do. Every class is edited and the row
 * itself is left out by its number, unlike imbalanced-learn. Neighbours
 * without a label are passed over. See winnow-methods(7). */
#include "method/method.h"

enum { VOTERS = 3 };

/* How often label[v] stands among the count, itself included. */
static size_t frequency(const int32_t *label, size_t count, size_t v)
{
    size_t same = 0;

    for (size_t u = 0; u < count; u++)
        same += label[u] == label[v];
    return same;
}

static int32_t most_frequent(const int32_t *label, size_t count)
{
    size_t best = 0;

    for (size_t v = 1; v < count; v++) {
        const size_t now = frequency(label, count, v);
        const size_t then = frequency(label, count, best);

        if (now > then || (now == then && label[v] < label[best]))
            best = v;
    }
    return label[best];
}

static float edit(const struct wn_view *view, size_t i)
{
    int32_t label[VOTERS];
    size_t count = 0, agree = 0;

    for (size_t s = 0; s < view->m && count < VOTERS; s++) {
        const int32_t j = view->neighbor[i * view->m + s];

        if (view->label[j] >= 0)
            label[count++] = view->label[j];
    }
    if (view->label[i] < 0 || count == 0)
        return 0;
    for (size_t v = 0; v < count; v++)
        agree += label[v] == view->label[i];
    if (most_frequent(label, count) != view->label[i])
        return 1;
    return agree < count ? .5f : 0;
}

static int enn_score(const struct wn_view *view,
                     const struct wn_options *options, float *out,
                     float *spread, struct wn_error *error)
{
    (void)options;
    (void)spread;
    (void)error;
    for (size_t i = 0; i < view->n; i++)
        out[i] = edit(view, i);
    return 0;
}

/* clang-format off */
const struct wn_method wn_method_enn = {
    .name = "enn",
    .brief = "whether edited nearest neighbours drops the row",
    .source = "Wilson 1972",
    .needs = WN_NEEDS_NEIGHBORS,
    .score = enn_score,
};
/* clang-format on */
