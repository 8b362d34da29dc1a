/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Methods that read the labels or the distances of the neighbour graph. Rows
 * without a label score 0 and do not count as voters. */
#include <math.h>
#include <stdlib.h>

#include "method/method.h"
#include "noise/order_statistics.h"
#include "util/memory.h"

/* The label check of Datalab without its classifier. */
static int disagreement_score(const struct wn_view *view,
                              const struct wn_scores *out,
                              struct wn_error *error)
{
    const size_t m = view->m;

    (void)error;
    for (size_t i = 0; i < view->n; i++) {
        const int32_t own = view->label[i];
        size_t labelled = 0, other = 0;

        for (size_t s = 0; s < m; s++) {
            const int32_t theirs = view->label[view->neighbor[i * m + s]];

            labelled += theirs >= 0;
            other += theirs >= 0 && theirs != own;
        }
        out->score[i] = own < 0 || labelled == 0
                            ? 0
                            : (float)((double)other / (double)labelled);
    }
    return 0;
}

/* Edited nearest neighbours drops a row whose three nearest labelled neighbours
 * do not carry its label. 1: their most frequent label, the lower class on
 * ties, is another one; 0.5: not all of them agree; 0: all agree. Every class
 * is edited, and the row itself is left out by its number, unlike
 * imbalanced-learn. */
static int enn_score(const struct wn_view *view, const struct wn_scores *out,
                     struct wn_error *error)
{
    enum { VOTERS = 3 };

    (void)error;
    for (size_t i = 0; i < view->n; i++) {
        int32_t label[VOTERS], winner = -1;
        size_t count = 0, agree = 0, most = 0;

        for (size_t s = 0; s < view->m && count < VOTERS; s++) {
            const int32_t theirs = view->label[view->neighbor[i * view->m + s]];

            if (theirs >= 0)
                label[count++] = theirs;
        }
        if (view->label[i] < 0 || count == 0)
            continue;
        for (size_t v = 0; v < count; v++) {
            size_t votes = 0;

            for (size_t u = 0; u < count; u++)
                votes += label[u] == label[v];
            if (votes > most || (votes == most && label[v] < winner)) {
                most = votes;
                winner = label[v];
            }
            agree += label[v] == view->label[i];
        }
        out->score[i] = winner != view->label[i] ? 1 : agree < count ? .5f : 0;
    }
    return 0;
}

/* Two rows are a Tomek link when each is the nearest neighbour of the other and
 * their labels differ: one label is wrong, or both rows lie at the border. */
static int tomek_score(const struct wn_view *view, const struct wn_scores *out,
                       struct wn_error *error)
{
    (void)error;
    for (size_t i = 0; i < view->n; i++) {
        const size_t j = (size_t)view->neighbor[i * view->m];

        out->score[i] = (size_t)view->neighbor[j * view->m] == i &&
                        view->label[i] >= 0 && view->label[j] >= 0 &&
                        view->label[i] != view->label[j];
    }
    return 0;
}

/* In the units of the graph's metric. The paper maps the mean to 0 .. 1, which
 * keeps the order. */
static int outlier_score(const struct wn_view *view,
                         const struct wn_scores *out, struct wn_error *error)
{
    (void)error;
    for (size_t i = 0; i < view->n; i++) {
        double sum = 0;

        for (size_t s = 0; s < view->m; s++)
            sum += view->distance[i * view->m + s];
        out->score[i] = (float)(sum / (double)view->m);
    }
    return 0;
}

/* exp(-distance / median), the median of the nearest distances of all rows, at
 * least 1e-6: 1 for an exact duplicate, .37 at the median distance. */
static int near_duplicate_score(const struct wn_view *view,
                                const struct wn_scores *out,
                                struct wn_error *error)
{
    const size_t n = view->n;
    double *nearest = wn_new(n, sizeof *nearest);

    (void)error;
    for (size_t i = 0; i < n; i++)
        nearest[i] = view->distance[i * view->m];
    wn_sort(nearest, n);
    const double median =
        fmax(.5 * (nearest[(n - 1) / 2] + nearest[n / 2]), 1e-6);
    for (size_t i = 0; i < n; i++) {
        const double distance = view->distance[i * view->m];

        out->score[i] = distance <= 1e-8 ? 1 : (float)exp(-distance / median);
    }
    free(nearest);
    return 0;
}

/* clang-format off */
const struct wn_method wn_method_disagreement = {
    .name = "disagreement", .source = "Wilson 1972; Kuan and Mueller 2022",
    .brief = "share of the neighbours with another label",
    .needs = WN_NEEDS_NEIGHBORS, .score = disagreement_score};

const struct wn_method wn_method_enn = {
    .name = "enn", .source = "Wilson 1972",
    .brief = "whether edited nearest neighbours drops the row",
    .needs = WN_NEEDS_NEIGHBORS, .score = enn_score};

const struct wn_method wn_method_tomek = {
    .name = "tomek", .source = "Tomek 1976",
    .brief = "one of two nearest rows with different labels",
    .needs = WN_NEEDS_NEIGHBORS, .score = tomek_score};

const struct wn_method wn_method_outlier = {
    .name = "outlier", .source = "Kuan and Mueller 2022",
    .brief = "mean distance to the neighbours",
    .needs = WN_NEEDS_NEIGHBORS, .score = outlier_score};

const struct wn_method wn_method_near_duplicate = {
    .name = "near_duplicate", .source = "Datalab, cleanlab",
    .brief = "nearness of the nearest row",
    .needs = WN_NEEDS_NEIGHBORS, .score = near_duplicate_score};
/* clang-format on */
