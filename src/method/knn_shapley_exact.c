/* SPDX-License-Identifier: GPL-3.0-or-later */
/* knn_shapley_exact: as knn_shapley, with nothing cut off.
 *
 * Every row in turn is the test, and all others share the credit in the order
 * of their distance. Blocks of tests are added up in LANES sums, each by one
 * thread in order, so that threads change nothing. */
#include "method/method.h"

#include <stdlib.h>

#include "method/shapley.h"
#include "model/ranking.h"
#include "util/large.h"
#include "util/memory.h"

enum { LANES = 16 };

struct lane {
    double *value; /* n */
    struct wn_ranker *ranker;
    int32_t *order; /* n */
};

static int lane_start(struct lane *lane, const struct wn_ranking *ranking,
                      size_t n, struct wn_error *error)
{
    lane->value = wn_large_new(n, sizeof *lane->value, error);
    lane->order = wn_large_new(n, sizeof *lane->order, error);
    lane->ranker = wn_ranker_new(ranking, error);
    return lane->value && lane->order && lane->ranker ? 0 : -1;
}

static void lane_end(struct lane *lane)
{
    wn_large_free(lane->value);
    wn_large_free(lane->order);
    wn_ranker_free(lane->ranker);
}

/* Row i is the test. */
static void add_test(const struct wn_view *view, struct lane *lane, size_t i)
{
    const int32_t *all = wn_ranker_order(lane->ranker, i);
    size_t count = 0;

    for (size_t r = 0; r < view->n; r++)
        if ((size_t)all[r] != i && view->label[all[r]] >= 0)
            lane->order[count++] = all[r];
    wn_shapley_add(lane->order, count, view->label, view->label[i], view->m,
                   1, lane->value);
}

static void add_lane(const struct wn_view *view, struct lane *lane,
                     size_t first)
{
    const size_t step = LANES * WN_RANKING_ROWS;

    for (size_t begin = first * WN_RANKING_ROWS; begin < view->n;
         begin += step) {
        const size_t left = view->n - begin;
        const size_t end =
            begin + (left < WN_RANKING_ROWS ? left : WN_RANKING_ROWS);

        wn_ranker_load(lane->ranker, begin, end);
        for (size_t i = begin; i < end; i++)
            if (view->label[i] >= 0)
                add_test(view, lane, i);
    }
}

static int score(const struct wn_view *view, const struct wn_options *options,
                 float *out, float *spread, struct wn_error *error)
{
    const struct wn_graph graph = {.x = view->x, .n = view->n, .d = view->d,
                                   .m = view->m, .metric = view->metric,
                                   .threads = view->threads};
    struct wn_ranking *ranking = wn_ranking_new(&graph, error);
    struct lane lanes[LANES] = {{0}};
    int status = -1;

    (void)options;
    (void)spread;
    if (!ranking)
        return -1;
    for (int l = 0; l < LANES; l++)
        if (lane_start(&lanes[l], ranking, view->n, error))
            goto done;
#pragma omp parallel for schedule(dynamic) num_threads(view->threads)
    for (int l = 0; l < LANES; l++)
        add_lane(view, &lanes[l], (size_t)l);
    for (size_t i = 0; i < view->n; i++) {
        double sum = 0;

        for (int l = 0; l < LANES; l++)
            sum += lanes[l].value[i];
        out[i] = (float)-sum;
    }
    status = 0;
done:
    for (int l = 0; l < LANES; l++)
        lane_end(&lanes[l]);
    wn_ranking_free(ranking);
    return status;
}

const struct wn_method wn_method_knn_shapley_exact = {
    .name = "knn_shapley_exact",
    .brief = "the same, all rows being neighbours",
    .source = "Jia et al. 2019",
    .needs = WN_NEEDS_NEIGHBORS | WN_NEEDS_FEATURES,
    .score = score,
};
