/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of predictors; see predictors.h. */
#include "learn/predictors.h"

#include <math.h>
#include <stdio.h>

#include "knn/graph.h"
#include "learn/folds.h"
#include "learn/kernel.h"
#include "learn/mlp.h"
#include "learn/softmax.h"
#include "learn/trees.h"
#include "linalg/standardize.h"
#include "util/arena.h"
#include "util/spill.h"

enum {
    FULL_SAMPLE_ROWS = 10000, /* up to which a tree draws as many as rows */
    TREES_TIMES_ROWS = 4000000,
    MIN_TREES = 64,
    MIN_ITERATIONS = 30, /* of softmax */
    STOPPING_PARTS = 10, /* softmax holds out one of these parts */
    STOPPING_ROWS = 2000 /* if there are at least so many rows */
};
#define SOFTMAX_OPERATIONS 1.5e13 /* the limit of a fit */

static int predict_softmax(const struct wn_sample *sample, float *probability,
                           struct wn_error *error)
{
    const size_t n = sample->n;
    struct wn_softmax options = wn_softmax_defaults;
    /* Of an iteration: two products with all folds' weights, and softmax. */
    const double operations = (4 * (double)sample->d + 160) * (double)n *
                              (double)sample->k * (double)sample->folds;
    const double max = SOFTMAX_OPERATIONS / operations;
    int32_t *part = NULL;

    if (max < (double)options.iterations)
        options.iterations =
            max > MIN_ITERATIONS ? (size_t)max : MIN_ITERATIONS;
    if (sample->draft) {
        options.tolerance *= 10;
        options.iterations = (options.iterations + 2) / 3;
    }
    int status = wn_softmax_choose_penalty(sample, &options, error);
    /* Hold out a tenth of the rows (or of the groups), whatever their labels,
     * to tell when to stop. */
    if (status == 0 && n >= STOPPING_ROWS &&
        (!sample->group || sample->groups >= STOPPING_PARTS)) {
        int32_t *same = wn_spill_new(n, sizeof *same); /* one class */

        part = wn_spill_new(n, sizeof *part);
        status = wn_folds_assign(same, n, 1, sample->group, sample->groups,
                                 STOPPING_PARTS, sample->seed, part, error);
        wn_spill_free(same);
    }
    if (status == 0)
        status = wn_softmax_predict(&options, sample, part, probability, NULL,
                                    error);
    if (sample->chosen)
        snprintf(sample->chosen, WN_CHOSEN, "penalty=%.3g",
                 1 / options.inverse_penalty);
    wn_spill_free(part);
    return status;
}

/* The votes of the m neighbours of every row, weighted by exp(-r^2) with r the
 * distance divided by that of the farthest; one more vote is spread evenly. */
static void add_neighbor_votes(const struct wn_sample *sample,
                               const int32_t *neighbor, const float *distance,
                               float *probability)
{
    const size_t k = sample->k;

#pragma omp parallel for num_threads(sample->threads)
    for (size_t i = 0; i < sample->n; i++) {
        const int32_t *row = neighbor + i * sample->m;
        const float *apart = distance + i * sample->m;
        float *out = probability + i * k;
        size_t m = sample->m;
        double sum = 1;

        while (m && row[m - 1] < 0)
            m--;
        const double far = m && apart[m - 1] > 0 ? (double)apart[m - 1] : 1;
        for (size_t c = 0; c < k; c++)
            out[c] = 1 / (float)k;
        for (size_t v = 0; v < m; v++) {
            const size_t j = (size_t)row[v];
            const double r = (double)apart[v] / far;
            const double vote = 2 * exp(-r * r) * wn_sample_weight(sample, j);

            out[sample->label[j] < 0 ? 0 : sample->label[j]] += (float)vote;
            sum += vote;
        }
        for (size_t c = 0; c < k; c++)
            out[c] = (float)((double)out[c] / sum);
    }
}

/* Where standardising and clipping changes the rows much, or rows of a group
 * may not vote for each other, the neighbours are searched again. */
static int predict_neighbors(const struct wn_sample *sample, float *probability,
                             struct wn_error *error)
{
    const size_t n = sample->n, d = sample->d, m = sample->m;
    struct wn_standardize standard;

    wn_standardize_make(&standard, sample->x, n, d);
    const bool clip = wn_standardize_excess(&standard, sample->x, n) >= 0.02;
    struct wn_arena own = {0};
    float *x = wn_arena_spill(&own, sizeof *x, clip ? n : 0, d);
    for (size_t i = 0; clip && i < n; i++)
        wn_standardize_row(&standard, sample->x + i * d, x + i * d);
    wn_standardize_free(&standard);
    if (!clip && !sample->group) {
        add_neighbor_votes(sample, sample->neighbor, sample->distance,
                           probability);
        wn_arena_free(&own);
        return 0;
    }
    int32_t *neighbor = wn_arena_spill(&own, sizeof *neighbor, n, m);
    float *distance = wn_arena_spill(&own, sizeof *distance, n, m);
    const struct wn_graph graph = {.x = clip ? x : sample->x,
                                   .n = n,
                                   .d = d,
                                   .m = m,
                                   .metric = WN_EUCLIDEAN,
                                   .group = sample->group,
                                   .threads = sample->threads,
                                   .log = sample->log,
                                   .units = sample->units,
                                   .stage = "graph of the model"};
    struct wn_graph_facts facts;
    const int status = wn_graph_find(&graph, sample->probe, sample->seed,
                                     neighbor, distance, &facts, error);
    if (status == 0)
        add_neighbor_votes(sample, neighbor, distance, probability);
    wn_arena_free(&own);
    return status;
}

/* A clipped copy of the rows, its graph, and the search. */
static double neighbors_bytes(const struct wn_sample *sample)
{
    return 4 * (double)sample->n * (double)sample->d +
           8 * (double)sample->n * (double)sample->m +
           wn_graph_bytes(sample->n, sample->d, sample->m, sample->probe,
                          sample->threads);
}

/* With many rows, smaller samples and fewer trees: the time stays near linear
 * in n, and a row is outside more samples. */
static int predict_trees(const struct wn_sample *sample, float *probability,
                         struct wn_error *error)
{
    const size_t max = TREES_TIMES_ROWS / sample->n;
    struct wn_trees_options options = wn_trees_defaults;

    if (max < options.trees) {
        options.trees = max > MIN_TREES ? max : MIN_TREES;
        if (sample->draft)
            options.trees = (options.trees + 1) / 2;
    }
    if (sample->n > FULL_SAMPLE_ROWS)
        options.share = fmax(FULL_SAMPLE_ROWS / (double)sample->n, 0.25);
    if (sample->chosen)
        snprintf(sample->chosen, WN_CHOSEN, "trees=%zu share=%.3g",
                 options.trees, options.share);
    return wn_trees(sample, &options, probability, error);
}

/* clang-format off */
const struct wn_predictor wn_predictors[] = {
    {.name = "kernel",
     .brief = "kernel ridge on landmarks, exact leave-one-out",
     .source = "Williams and Seeger (2001); Golub, Heath and Wahba (1979)",
     .needs = WN_SAMPLE_FEATURES,
     .once = true,
     .by_default = true,
     .bytes = wn_kernel_bytes,
     .predict = wn_kernel_predict},
    {.name = "trees",
     .brief = "extremely randomised trees, out-of-bag votes",
     .source = "Geurts, Ernst and Wehenkel (2006)",
     .needs = WN_SAMPLE_FEATURES,
     .by_default = true,
     .divides = true,
     .bytes = wn_trees_bytes,
     .predict = predict_trees},
    {.name = "neighbors",
     .brief = "leave-one-out votes of the nearest neighbours",
     .source = "Fix and Hodges (1951)",
     .needs = WN_SAMPLE_FEATURES | WN_SAMPLE_NEIGHBORS,
     .by_default = true,
     .bytes = neighbors_bytes,
     .predict = predict_neighbors},
    {.name = "softmax",
     .brief = "multinomial logistic regression, cross-validated",
     .source = "Cox (1958)",
     .needs = WN_SAMPLE_FEATURES | WN_SAMPLE_FOLDS,
     .by_default = true,
     .bytes = wn_softmax_bytes,
     .predict = predict_softmax},
    {.name = "mlp",
     .brief = "networks with a hidden layer, cross-validated",
     .source = "Rumelhart, Hinton and Williams (1986)",
     .needs = WN_SAMPLE_FEATURES | WN_SAMPLE_FOLDS,
     .bytes = wn_mlp_folds_bytes,
     .predict = wn_mlp_folds_predict},
    {0}};
/* clang-format on */
const char wn_predictor_choices[] =
    WN_COMMITTEE "|kernel|trees|neighbors|softmax|mlp";
