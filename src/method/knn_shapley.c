/* SPDX-License-Identifier: GPL-3.0-or-later */
/* knn_shapley and knn_shapley_exact: how much a row harms the classifier by its
 * m nearest neighbours.
 *
 * Every row in turn is the test, and the other rows share the credit for its
 * classification. The score is minus the sum over all tests, so a row that
 * misleads its neighbours is above 0. knn_shapley cuts the credit off at the
 * m-th neighbour (K* = K = m, as cleanlab has it); knn_shapley_exact ranks all
 * rows. See winnow-methods(7). */
#include <omp.h>
#include <stdlib.h>

#include "knn/ranking.h"
#include "method/method_private.h"
#include "util/arena.h"
#include "util/memory.h"

void wn_shapley_add(const int32_t *order, size_t count, const int32_t *label,
                    int32_t own, size_t k, bool whole, double *value)
{
    double s = 0;
    int match = 0;

    for (size_t r = count; r > 0; r--) {
        const size_t row = (size_t)order[r - 1];
        const int mine = label[row] == own;
        const double least = r < k ? (double)r : (double)k;

        if (r == count)
            s = whole && mine ? least / ((double)count * (double)k) : 0;
        else
            s += (mine - match) * (least / ((double)k * (double)r));
        match = mine;
        value[row] += s;
    }
}

static int knn_shapley_score(const struct wn_view *view,
                             const struct wn_scores *out,
                             struct wn_error *error)
{
    double *value = wn_new(view->n, sizeof *value);
    int32_t *order = wn_new(view->m, sizeof *order);

    (void)error;
    for (size_t i = 0; i < view->n; i++) {
        size_t count = 0;

        if (view->label[i] < 0)
            continue;
        for (size_t s = 0; s < view->m; s++) {
            const int32_t j = view->neighbor[i * view->m + s];

            if (view->label[j] >= 0)
                order[count++] = j;
        }
        wn_shapley_add(order, count, view->label, view->label[i], view->m,
                       false, value);
    }
    for (size_t i = 0; i < view->n; i++)
        out->score[i] = (float)-value[i];
    free(value);
    free(order);
    return 0;
}

/* Blocks of tests are added up in LANES sums, each by one thread in order, so
 * the result does not depend on the number of threads. */
enum { LANES = 16 };

static int knn_shapley_exact_score(const struct wn_view *view,
                                   const struct wn_scores *out,
                                   struct wn_error *error)
{
    const size_t n = view->n, threads = (size_t)view->threads;
    const size_t rows = wn_ranking_rows(n);
    const struct wn_graph graph = {.x = view->x,
                                   .n = n,
                                   .d = view->d,
                                   .m = view->m,
                                   .metric = view->metric,
                                   .threads = view->threads};
    struct wn_ranking *ranking = wn_ranking_new(&graph);
    struct wn_arena own = {0};
    struct wn_ranker **rankers =
        wn_arena_new(&own, sizeof *rankers, threads, 1);
    int32_t **orders = wn_arena_new(&own, sizeof *orders, threads, 1);
    double *value = wn_arena_spill(&own, sizeof *value, LANES, n);
    size_t done = 0;

    (void)error;
    for (size_t t = 0; t < threads; t++) {
        rankers[t] = wn_ranker_new(ranking);
        orders[t] = wn_arena_spill(&own, sizeof(int32_t), n, 1);
    }
    wn_log_progress(view->log, "knn_shapley_exact: rows", 0, n);
#pragma omp parallel for schedule(dynamic) num_threads(view->threads)
    for (size_t l = 0; l < LANES; l++)
        for (size_t begin = l * rows; begin < n; begin += LANES * rows) {
            struct wn_ranker *ranker = rankers[omp_get_thread_num()];
            int32_t *order = orders[omp_get_thread_num()];
            const size_t end = n - begin < rows ? n : begin + rows;
            size_t now;

            wn_ranker_load(ranker, begin, end);
            for (size_t i = begin; i < end; i++) {
                size_t count = 0;

                if (view->label[i] < 0)
                    continue;
                const int32_t *all = wn_ranker_order(ranker, i);
                for (size_t r = 0; r < n; r++) {
                    order[count] = all[r];
                    count += (size_t)all[r] != i && view->label[all[r]] >= 0;
                }
                wn_shapley_add(order, count, view->label, view->label[i],
                               view->m, true, value + l * n);
            }
#pragma omp atomic capture
            now = done += end - begin;
            if (omp_get_thread_num() == 0)
                wn_log_progress(view->log, "knn_shapley_exact: rows", now, n);
        }
    wn_log_progress(view->log, "knn_shapley_exact: rows", n, n);
    for (size_t i = 0; i < n; i++) {
        double sum = 0;

        for (size_t l = 0; l < LANES; l++)
            sum += value[l * n + i];
        out->score[i] = (float)-sum;
    }
    for (size_t t = 0; t < threads; t++)
        wn_ranker_free(rankers[t]);
    wn_arena_free(&own);
    wn_ranking_free(ranking);
    return 0;
}

static double knn_shapley_exact_bytes(const struct wn_view *view)
{
    const double threads = view->threads;

    return (double)view->n *
               (LANES * sizeof(double) + threads * sizeof(int32_t)) +
           wn_ranking_bytes(view->n, view->d, view->threads);
}

/* clang-format off */
const struct wn_method wn_method_knn_shapley = {
    .name = "knn_shapley", .source = "Jia et al. 2019",
    .brief = "harm done to the classifier by neighbours",
    .needs = WN_NEEDS_NEIGHBORS, .score = knn_shapley_score};

const struct wn_method wn_method_knn_shapley_exact = {
    .name = "knn_shapley_exact", .source = "Jia et al. 2019",
    .brief = "the same, all rows being neighbours",
    .needs = WN_NEEDS_NEIGHBORS | WN_NEEDS_FEATURES,
    .score = knn_shapley_exact_score,
    .bytes = knn_shapley_exact_bytes};
/* clang-format on */
