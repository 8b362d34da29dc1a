/* SPDX-License-Identifier: GPL-3.0-or-later */
/* knn_shapley_exact: as knn_shapley, with nothing cut off.
 *
 * Every row in turn is the test, and all others share the credit in the order
 * of their distance. Blocks of tests are added up in LANES sums, each by one
 * thread in order, so that threads change nothing. */
#include "method/method.h"

#include <omp.h>
#include <stdlib.h>

#include "method/shapley.h"
#include "knn/ranking.h"
#include "util/spill.h"
#include "util/memory.h"

enum { LANES = 16 };

static const char what[] = "knn_shapley_exact: rows";

/* What a thread works with. */
struct worker {
    struct wn_ranker *ranker;
    int32_t *order; /* n */
};

struct work {
    const struct wn_view *view;
    struct wn_ranking *ranking;
    struct worker *workers; /* one a thread */
    double *value;          /* LANES x n */
    size_t done;            /* tests */
};

static int work_start(struct work *work)
{
    const struct wn_view *view = work->view;
    const size_t threads = (size_t)view->threads;
    const struct wn_graph graph = {.x = view->x,
                                   .n = view->n,
                                   .d = view->d,
                                   .m = view->m,
                                   .metric = view->metric,
                                   .threads = view->threads};

    work->workers = wn_new(threads, sizeof *work->workers);
    work->value =
        wn_spill_new(wn_product(LANES, view->n, 1), sizeof *work->value);
    work->ranking = wn_ranking_new(&graph);
    for (size_t t = 0; t < threads; t++) {
        struct worker *worker = &work->workers[t];

        worker->order = wn_spill_new(view->n, sizeof *worker->order);
        worker->ranker = wn_ranker_new(work->ranking);
    }
    return 0;
}

static void work_end(struct work *work)
{
    for (int t = 0; work->workers && t < work->view->threads; t++) {
        wn_spill_free(work->workers[t].order);
        wn_ranker_free(work->workers[t].ranker);
    }
    free(work->workers);
    wn_spill_free(work->value);
    wn_ranking_free(work->ranking);
}

/* Row i is the test. */
static void add_test(const struct wn_view *view, struct worker *worker,
                     size_t i, double *value)
{
    const int32_t *all = wn_ranker_order(worker->ranker, i);
    size_t count = 0;

    for (size_t r = 0; r < view->n; r++) {
        worker->order[count] = all[r];
        count += (size_t)all[r] != i && view->label[all[r]] >= 0;
    }
    wn_shapley_add(worker->order, count, view->label, view->label[i], view->m,
                   1, value);
}

/* Every LANES-th block of tests, the first being number `lane`. */
static void knn_shapley_exact_add_lane(struct work *work, size_t lane)
{
    const struct wn_view *view = work->view;
    struct worker *worker = &work->workers[omp_get_thread_num()];
    const size_t rows = wn_ranking_rows(view->n), step = LANES * rows;

    for (size_t begin = lane * rows; begin < view->n; begin += step) {
        const size_t left = view->n - begin;
        const size_t end = begin + (left < rows ? left : rows);
        size_t now;

        wn_ranker_load(worker->ranker, begin, end);
        for (size_t i = begin; i < end; i++)
            if (view->label[i] >= 0)
                add_test(view, worker, i, work->value + lane * view->n);
#pragma omp atomic capture
        now = work->done += end - begin;
        if (omp_get_thread_num() == 0)
            wn_log_progress(view->talk, what, now, view->n);
    }
}

static int knn_shapley_exact_score(const struct wn_view *view,
                                   const struct wn_options *options, float *out,
                                   float *spread, struct wn_error *error)
{
    struct work work = {.view = view};
    int status = -1;

    (void)options;
    (void)spread;
    if (work_start(&work))
        goto done;
    wn_log_progress(view->talk, what, 0, view->n);
#pragma omp parallel for schedule(dynamic) num_threads(view->threads)
    for (size_t l = 0; l < LANES; l++)
        knn_shapley_exact_add_lane(&work, l);
    wn_log_progress(view->talk, what, view->n, view->n);
    for (size_t i = 0; i < view->n; i++) {
        double sum = 0;

        for (size_t l = 0; l < LANES; l++)
            sum += work.value[l * view->n + i];
        out[i] = (float)-sum;
    }
    status = 0;
done:
    work_end(&work);
    return status;
}

static double bytes(const struct wn_view *view)
{
    const double threads = view->threads;

    return (double)view->n *
               (LANES * sizeof(double) + threads * sizeof(int32_t)) +
           wn_ranking_bytes(view->n, view->d, view->threads);
}

/* clang-format off */
const struct wn_method wn_method_knn_shapley_exact = {
    .name = "knn_shapley_exact",
    .brief = "the same, all rows being neighbours",
    .source = "Jia et al. 2019",
    .needs = WN_NEEDS_NEIGHBORS | WN_NEEDS_FEATURES,
    .score = knn_shapley_exact_score,
    .bytes = bytes,
};
/* clang-format on */
