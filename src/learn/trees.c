/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A forest of extremely randomised trees; see trees.h.
 *
 * A batch of trees (learn/tree.h) grows in parallel, then the votes of the
 * batch are added row by row in tree order, so that sums do not depend on
 * threads. */
#include "learn/trees.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "learn/tree.h"
#include "util/spill.h"
#include "util/memory.h"
#include "util/parallel.h"

enum {
    BATCH = 16,
    STEPS = 65535,
    CUT = 1 << 19, /* values that are cut at a time, of LINES rows or more */
    LINES = 64
};

/* clang-format off */
const struct wn_trees_knobs wn_trees_standard = {
    .trees = 300, .candidates = 0, .least = 2, .share = 1};
/* clang-format on */

static void free_trees(struct wn_tree *trees)
{
    for (size_t t = 0; trees && t < BATCH; t++)
        wn_tree_free(&trees[t]);
    free(trees);
}

static struct wn_tree *new_trees(const struct wn_forest *forest)
{
    struct wn_tree *trees = wn_new(BATCH, sizeof *trees);

    for (size_t t = 0; trees && t < BATCH; t++)
        if (wn_tree_open(&trees[t], forest)) {
            free_trees(trees);
            return NULL;
        }
    return trees;
}

/* The least values and the steps of features begin .. end-1. */
static void find_steps(const float *x, size_t n, size_t d, size_t begin,
                       size_t end, float *low, float *high,
                       const struct wn_forest *forest)
{
    for (size_t j = begin; j < end; j++)
        low[j] = high[j] = x[j];
    for (size_t i = 1; i < n; i++)
        for (size_t j = begin; j < end; j++) {
            const float value = x[i * d + j];

            low[j] = value < low[j] ? value : low[j];
            high[j] = value > high[j] ? value : high[j];
        }
    for (size_t j = begin; j < end; j++) {
        const double range = (double)high[j] - (double)low[j];

        forest->low[j] = (double)low[j];
        forest->scale[j] = range > 0 ? STEPS / range : 0;
    }
}

/* Feature j of rows begin .. end-1, in even steps. */
static void trees_cut_rows(const float *x, size_t d, size_t j, size_t begin,
                           size_t end, double low, double scale,
                           uint16_t *column)
{
    for (size_t i = begin; i < end; i++)
        column[i] = (uint16_t)(((double)x[i * d + j] - low) * scale + 0.5);
}

/* Features in even steps, column by column; from as many rows at a time as stay
 * in a cache, or in the windows of util/spill.h. */
static int cut_features(const struct wn_forest *forest, int threads,
                        uint16_t *column)
{
    const float *x = forest->x;
    const size_t n = forest->n, d = forest->d;
    const size_t fit = CUT / d, step = fit > LINES ? fit : LINES;
    float *low = wn_new(d, sizeof *low);
    float *high = wn_new(d, sizeof *high);
    const int status = low && high ? 0 : -1;

#pragma omp parallel num_threads(threads) if (status == 0)
    {
        const size_t lanes = (size_t)omp_get_num_threads();
        const size_t lane = (size_t)omp_get_thread_num();
        const size_t begin = d * lane / lanes, end = d * (lane + 1) / lanes;

        if (status == 0)
            find_steps(x, n, d, begin, end, low, high, forest);
        for (size_t i = 0; i < n && status == 0; i += step)
            for (size_t j = begin; j < end; j++)
                trees_cut_rows(x, d, j, i, n - i < step ? n : i + step,
                               forest->low[j], forest->scale[j],
                               column + j * n);
    }
    free(low);
    free(high);
    return status;
}

/* Add the batch's votes: rows in parallel, trees of a row in order. */
static void add_votes(const struct wn_tree *trees, size_t count, size_t n,
                      size_t k, int threads, float *probability)
{
#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t i = 0; i < n; i++)
        for (size_t t = 0; t < count; t++) {
            const struct wn_tree *tree = &trees[t];
            const int32_t leaf = tree->leaf[i];

            if (leaf < 0)
                continue;
            for (size_t s = tree->first[leaf]; s < tree->first[leaf + 1]; s++)
                probability[i * k + (size_t)tree->share[s].label] +=
                    tree->share[s].part;
        }
}

/* One even vote more, and each row's votes as shares of their sum. */
static void finish_votes(size_t n, size_t k, int threads, float *probability)
{
    const double even = 1.0 / (double)k;

#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t i = 0; i < n; i++) {
        float *row = probability + i * k;
        double sum = 0;

        for (size_t c = 0; c < k; c++)
            sum += (double)row[c] + even;
        for (size_t c = 0; c < k; c++)
            row[c] = (float)(((double)row[c] + even) / sum);
    }
}

/* Grow trees first .. first+count-1 into the batch. */
static int grow_batch(const struct wn_forest *forest, struct wn_tree *trees,
                      size_t first, size_t count, int threads,
                      struct wn_error *error)
{
    struct wn_error failed[BATCH] = {{0}};
    int status = 0;

#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (size_t t = 0; t < count; t++)
        if (wn_tree_grow(forest, &trees[t], first + t))
            trees[t].depth = 0;
    for (size_t t = 0; t < count && status == 0; t++)
        if (failed[t].code)
            status = wn_fail(error, failed[t].code, "%s", failed[t].text);
    return status;
}

/* The rows by class, each class's in their order. */
static int32_t *sort_rows(const int32_t *label, size_t n, size_t k)
{
    size_t *begin = wn_new(k + 2, sizeof *begin);
    int32_t *order = wn_spill_new(n, sizeof *order);

    if (begin && order) {
        for (size_t i = 0; i < n; i++)
            begin[(label[i] < 0 ? 0 : (size_t)label[i] + 1) + 1]++;
        for (size_t c = 1; c <= k; c++)
            begin[c] += begin[c - 1];
        for (size_t i = 0; i < n; i++)
            order[begin[label[i] < 0 ? 0 : (size_t)label[i] + 1]++] =
                (int32_t)i;
    }
    free(begin);
    return order;
}

static size_t count_groups(const int32_t *group, size_t n)
{
    size_t groups = 0;

    for (size_t i = 0; group && i < n; i++)
        if ((size_t)group[i] >= groups)
            groups = (size_t)group[i] + 1;
    return groups;
}

int wn_trees(const float *x, size_t n, size_t d, const int32_t *label, size_t k,
             const float *weight, const int32_t *group,
             const struct wn_trees_knobs *knobs, uint64_t seed, int threads,
             struct wn_log *log, float *probability, struct wn_error *error)
{
    struct wn_forest forest = {.n = n,
                               .d = d,
                               .k = k,
                               .least = knobs->least,
                               .share = knobs->share,
                               .x = x,
                               .label = label,
                               .weight = weight,
                               .group = group,
                               .groups = count_groups(group, n),
                               .seed = seed};
    uint16_t *column = wn_spill_new(wn_product(n, d, 1), sizeof *column);
    int32_t *order = sort_rows(label, n, k);
    struct wn_tree *trees = NULL;
    int status = -1;

    wn_tree_lay(&forest);
    forest.low = wn_new(d, sizeof *forest.low);
    forest.scale = wn_new(d, sizeof *forest.scale);
    forest.candidates =
        knobs->candidates ? knobs->candidates : (size_t)lrint(sqrt((double)d));
    if (forest.candidates == 0)
        forest.candidates = 1;
    if (!(trees = new_trees(&forest)) || cut_features(&forest, threads, column))
        goto done;
    forest.column = column;
    forest.order = order;
    memset(probability, 0, n * k * sizeof *probability);
    for (size_t t = 0; t < knobs->trees; t += BATCH) {
        const size_t left = knobs->trees - t;
        const size_t count = left < BATCH ? left : BATCH;

        wn_log_progress(log, "trees", t, knobs->trees);
        if (grow_batch(&forest, trees, t, count, threads, error))
            goto done;
        add_votes(trees, count, n, k, threads, probability);
    }
    wn_log_progress(log, "trees", knobs->trees, knobs->trees);
    finish_votes(n, k, threads, probability);
    status = 0;
done:
    free_trees(trees);
    free(forest.low);
    free(forest.scale);
    wn_spill_free(order);
    wn_spill_free(column);
    return status;
}

double wn_trees_bytes(size_t n, size_t d, size_t k)
{
    return 2 * (double)n * (double)d + 4 * (double)n +
           BATCH * wn_tree_bytes(n, d, k);
}
