/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of predictors; see predictors.h. */
#include "learn/predictors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "knn/graph.h"
#include "learn/mlp_folds.h"
#include "learn/folds.h"
#include "learn/kernel.h"
#include "learn/penalty.h"
#include "learn/softmax.h"
#include "linalg/standardize.h"
#include "learn/trees.h"
#include "util/spill.h"
#include "util/memory.h"

enum {
    WHOLE_SAMPLES = 10000, /* rows up to which trees draw as many */
    FEWEST = 30            /* iterations of softmax */
};
#define SOFTMAX_WORK 1.5e13 /* operations */

static int predict_kernel(const struct wn_sample *sample, float *probability,
                          struct wn_error *error)
{
    struct wn_kernel kernel;

    if (wn_kernel_predict(sample, probability, &kernel, error))
        return -1;
    if (sample->chosen)
        snprintf(sample->chosen, WN_CHOSEN,
                 "bandwidth=%.3g ridge=%.3g landmarks=%zu scale=%s",
                 kernel.bandwidth, kernel.ridge, kernel.landmarks,
                 kernel.joined ? "all" : "each");
    return 0;
}

/* clang-format off */
static const struct wn_predictor kernel = {
    .name = "kernel",
    .brief = "kernel ridge on landmarks, exact leave-one-out",
    .source = "Williams and Seeger (2001); Golub, Heath and Wahba (1979)",
    .needs = WN_SAMPLE_FEATURES,
    .once = true,
    .standard = true,
    .bytes = wn_kernel_bytes,
    .predict = predict_kernel};
/* clang-format on */

/* Operations of one iteration: two products with all folds' weights, and what
 * is done to each logit. */
static double softmax_step(const struct wn_sample *sample)
{
    return (4 * (double)sample->d + 160) * (double)sample->n *
           (double)sample->k * (double)sample->folds;
}

/* Where an iteration is long, no more of them than are near SOFTMAX_WORK, but
 * FEWEST. A draft may be rough. */
static struct wn_softmax choose_softmax(const struct wn_sample *sample)
{
    struct wn_softmax how = wn_softmax_standard;
    const double most = SOFTMAX_WORK / softmax_step(sample);

    how.folds = sample->folds;
    if (most < (double)how.iterations)
        how.iterations = most > FEWEST ? (size_t)most : FEWEST;
    if (sample->draft) {
        how.tolerance *= 10;
        how.iterations = (how.iterations + 2) / 3;
    }
    return how;
}

/* A tenth of the rows (or of the groups) to tell when to stop, where that is
 * enough to tell it. Labels have no say in it. *part stays NULL for none. */
static int part_rows(const struct wn_sample *sample, int32_t **part,
                     struct wn_error *error)
{
    enum { PARTS = 10, LEAST = 2000 };
    const size_t n = sample->n;

    if (n < LEAST || (sample->group && sample->groups < PARTS))
        return 0;
    int32_t *same = wn_spill_new(n, sizeof *same);
    *part = wn_spill_new(n, sizeof **part);
    const int status =
        !same || !*part ? -1
        : sample->group
            ? wn_folds_assign_groups(same, n, 1, sample->group, sample->groups,
                                     PARTS, sample->seed, *part, error)
            : wn_folds_assign(same, n, 1, PARTS, sample->seed, *part, error);
    wn_spill_free(same);
    return status;
}

static int predict_softmax(const struct wn_sample *sample, float *probability,
                           struct wn_error *error)
{
    struct wn_softmax how = choose_softmax(sample);
    int32_t *part = NULL;
    int status = -1;

    if (wn_penalty_choose(sample, &how, error) == 0 &&
        part_rows(sample, &part, error) == 0)
        status = wn_softmax_predict(&how, sample->x, sample->n, sample->d,
                                    sample->label, sample->weight, sample->k,
                                    sample->fold, part, sample->threads,
                                    sample->log, probability, NULL, error);
    if (sample->chosen)
        snprintf(sample->chosen, WN_CHOSEN, "penalty=%.3g",
                 1 / how.inverse_penalty);
    wn_spill_free(part);
    return status;
}

static double softmax_bytes(const struct wn_sample *sample)
{
    return fmax(wn_penalty_bytes(sample),
                8 * (double)sample->n +
                    wn_softmax_bytes(sample->n, sample->d, sample->k,
                                     sample->folds, sample->threads));
}

/* clang-format off */
static const struct wn_predictor softmax = {
    .name = "softmax",
    .brief = "multinomial logistic regression, cross-validated",
    .source = "Cox (1958)",
    .needs = WN_SAMPLE_FEATURES | WN_SAMPLE_FOLDS,
    .standard = true,
    .bytes = softmax_bytes,
    .predict = predict_softmax};
/* clang-format on */

static int predict_mlp(const struct wn_sample *sample, float *probability,
                       struct wn_error *error)
{
    struct wn_mlp_folds how = wn_mlp_folds_standard;

    if (sample->draft)
        how.replicates = 1;
    return wn_mlp_folds_predict(&how, sample, probability, error);
}

static double mlp_bytes(const struct wn_sample *sample)
{
    return wn_mlp_folds_bytes(&wn_mlp_folds_standard, sample);
}

/* clang-format off */
static const struct wn_predictor mlp = {
    .name = "mlp",
    .brief = "networks with a hidden layer, cross-validated",
    .source = "Rumelhart, Hinton and Williams (1986)",
    .needs = WN_SAMPLE_FEATURES | WN_SAMPLE_FOLDS,
    .bytes = mlp_bytes,
    .predict = predict_mlp};
/* clang-format on */

/* The votes of the m neighbours, near ones counting more: exp(-r^2) with r the
 * distance in those of the farthest; one vote is spread over all. */
static void vote_on(const struct wn_sample *sample, const int32_t *neighbor,
                    const float *distance, float *out)
{
    const size_t k = sample->k;
    size_t m = sample->m;
    double sum = 1;

    while (m && neighbor[m - 1] < 0)
        m--;
    const double far = m && distance[m - 1] > 0 ? (double)distance[m - 1] : 1;

    for (size_t c = 0; c < k; c++)
        out[c] = 1 / (float)k;
    for (size_t w = 0; w < m; w++) {
        const size_t j = (size_t)neighbor[w];
        const double r = (double)distance[w] / far;
        const double part = 2 * exp(-r * r) * wn_sample_weight(sample, j);

        out[sample->label[j] < 0 ? 0 : sample->label[j]] += (float)part;
        sum += part;
    }
    for (size_t c = 0; c < k; c++)
        out[c] = (float)((double)out[c] / sum);
}

static void vote(const struct wn_sample *sample, const int32_t *neighbor,
                 const float *distance, float *probability)
{
#pragma omp parallel for num_threads(sample->threads)
    for (size_t i = 0; i < sample->n; i++)
        vote_on(sample, neighbor + i * sample->m, distance + i * sample->m,
                probability + i * sample->k);
}

/* Where standardising and cutting changes the rows much, or those of a row's
 * own group may not vote, neighbours are looked for again: digits by 10
 * neighbours at 20 % noise, average precision .941 to .973. */
static int predict_neighbors(const struct wn_sample *sample, float *probability,
                             struct wn_error *error)
{
    const size_t n = sample->n, d = sample->d, m = sample->m;
    struct wn_standardize standard;
    int32_t *neighbor = NULL;
    float *distance = NULL, *x = NULL;
    int status = -1;

    if (wn_standardize_make(&standard, sample->x, n, d))
        return -1;
    const bool cut = wn_standardize_excess(&standard, sample->x, n) >= 0.02;
    if (!cut && !sample->group) {
        vote(sample, sample->neighbor, sample->distance, probability);
        status = 0;
        goto done;
    }
    x = wn_spill_new(cut ? wn_product(n, d, 1) : 0, sizeof *x);
    neighbor = wn_spill_new(wn_product(n, m, 1), sizeof *neighbor);
    distance = wn_spill_new(wn_product(n, m, 1), sizeof *distance);
    if (!x || !neighbor || !distance)
        goto done;
    for (size_t i = 0; cut && i < n; i++)
        wn_standardize_row(&standard, sample->x + i * d, x + i * d);
    const struct wn_graph graph = {.x = cut ? x : sample->x,
                                   .n = n,
                                   .d = d,
                                   .m = m,
                                   .metric = WN_EUCLIDEAN,
                                   .group = sample->group,
                                   .threads = sample->threads,
                                   .log = sample->log};
    struct wn_graph_facts facts;
    if (wn_graph_find(&graph, sample->probe, sample->seed, neighbor, distance,
                      &facts, error))
        goto done;
    vote(sample, neighbor, distance, probability);
    status = 0;
done:
    wn_standardize_free(&standard);
    wn_spill_free(x);
    wn_spill_free(neighbor);
    wn_spill_free(distance);
    return status;
}

/* A cut copy of the rows, its graph, and what finding that takes. */
static double neighbors_bytes(const struct wn_sample *sample)
{
    return 4 * (double)sample->n * (double)sample->d +
           8 * (double)sample->n * (double)sample->m +
           wn_graph_bytes(sample->n, sample->d, sample->m, sample->probe,
                          sample->threads);
}

/* clang-format off */
static const struct wn_predictor neighbors = {
    .name = "neighbors",
    .brief = "leave-one-out votes of the nearest neighbours",
    .source = "Fix and Hodges (1951)",
    .needs = WN_SAMPLE_FEATURES | WN_SAMPLE_NEIGHBORS,
    .standard = true,
    .bytes = neighbors_bytes,
    .predict = predict_neighbors};
/* clang-format on */

/* Where there are many rows, smaller samples and fewer trees: the time stays
 * near linear in n, and a row is outside of more samples. Half samples raised
 * the average precision on letter (20,000 rows, 20 % noise) from .9969 to
 * .9977, on mnist10k they lowered it by .0002. */
static struct wn_trees_knobs choose_trees(const struct wn_sample *sample)
{
    struct wn_trees_knobs knobs = wn_trees_standard;
    const size_t fair = 4000000 / sample->n;

    if (fair < knobs.trees) {
        knobs.trees = fair > 64 ? fair : 64;
        /* adult at 20 % noise .816 to .819, letter within .0002 */
        if (sample->draft)
            knobs.trees = (knobs.trees + 1) / 2;
    }
    if (sample->n > WHOLE_SAMPLES)
        knobs.share = fmax(WHOLE_SAMPLES / (double)sample->n, 0.25);
    return knobs;
}

static int predict_trees(const struct wn_sample *sample, float *probability,
                         struct wn_error *error)
{
    const struct wn_trees_knobs knobs = choose_trees(sample);

    if (sample->chosen)
        snprintf(sample->chosen, WN_CHOSEN, "trees=%zu share=%.3g", knobs.trees,
                 knobs.share);
    return wn_trees(sample->x, sample->n, sample->d, sample->label, sample->k,
                    sample->weight, sample->group, &knobs, sample->seed,
                    sample->threads, sample->log, probability, error);
}

static double trees_bytes(const struct wn_sample *sample)
{
    return wn_trees_bytes(sample->n, sample->d, sample->k);
}

/* clang-format off */
static const struct wn_predictor trees = {
    .name = "trees",
    .brief = "extremely randomised trees, out-of-bag votes",
    .source = "Geurts, Ernst and Wehenkel (2006)",
    .needs = WN_SAMPLE_FEATURES,
    .standard = true,
    .bytes = trees_bytes,
    .predict = predict_trees};
/* clang-format on */

const struct wn_predictor *const wn_predictors[] = {
    &kernel, &trees, &neighbors, &softmax, &mlp, NULL};
const char wn_predictor_choices[] =
    WN_COMMITTEE "|kernel|trees|neighbors|softmax|mlp";
