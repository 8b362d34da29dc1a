/* SPDX-License-Identifier: GPL-3.0-or-later */
/* knn/graph: the inverted file against the exact search, which neighbors.c
 * compares with brute force; its recall against a count by hand. */
#include "unit.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "knn/graph.h"
#include "linalg/products.h"
#include "util/random.h"

enum { N = 1000, D = 6, M = 7, CELLS = 63 /* 2 sqrt(1000) */ };

struct answer {
    int32_t index[N * M];
    float distance[N * M];
    struct wn_graph_facts facts;
};

static float x[N * D];

/* Clouds of rows, a few of them equal. */
static int make_rows(void **state)
{
    struct wn_random random;

    (void)state;
    wn_random_start(&random, 5, WN_RANDOM_SAMPLE, 0, 0);
    for (int i = 0; i < N * D; i++)
        x[i] = (float)(wn_random_normal(&random) + 3 * (i / D % 9 == i % D));
    for (int i = 0; i < 20; i++)
        memcpy(x + (N - 1 - i) * D, x + i / 2 * D, D * sizeof *x);
    return 0;
}

static struct answer *find(enum wn_metric metric, const int32_t *group,
                           size_t probe, int threads)
{
    const struct wn_graph graph = {.x = x,
                                   .n = N,
                                   .d = D,
                                   .m = M,
                                   .metric = metric,
                                   .group = group,
                                   .threads = threads};
    struct wn_error error = {0};
    struct answer *answer = calloc(1, sizeof *answer);

    assert_int_equal(wn_graph_find(&graph, probe, 1, answer->index,
                                   answer->distance, &answer->facts, &error),
                     0);
    return answer;
}

static void same_answer(const struct answer *a, const struct answer *b)
{
    assert_memory_equal(a->index, b->index, sizeof a->index);
    assert_memory_equal(a->distance, b->distance, sizeof a->distance);
}

/* All cells are all rows. */
static void all_cells_are_exact(void **state)
{
    (void)state;
    for (int metric = 0; metric < 2; metric++) {
        struct answer *exact = find((enum wn_metric)metric, NULL, 0, 2);
        struct answer *cells = find((enum wn_metric)metric, NULL, 1 << 20, 2);

        assert_true(exact->facts.exact && exact->facts.recall == 1);
        assert_false(cells->facts.exact);
        assert_int_equal(cells->facts.cells, CELLS);
        assert_int_equal(cells->facts.probe, CELLS);
        assert_true(cells->facts.recall == 1);
        same_answer(exact, cells);
        free(exact);
        free(cells);
    }
}

static void threads_change_nothing(void **state)
{
    (void)state;
    struct answer *one = find(WN_EUCLIDEAN, NULL, 5, 1);
    struct answer *three = find(WN_EUCLIDEAN, NULL, 5, 3);

    same_answer(one, three);
    assert_true(one->facts.recall == three->facts.recall);
    free(one);
    free(three);
}

/* The sample that estimates the recall here holds all rows, so the test counts
 * it: a found row is right if it is as near as the farthest exact neighbour. No
 * found row is nearer than the exact answer. */
static void recall_is_counted(void **state)
{
    struct answer *exact = find(WN_EUCLIDEAN, NULL, 0, 1);
    double last = 0;

    (void)state;
    for (size_t probe = 1; probe <= 9; probe += 4) {
        struct answer *cells = find(WN_EUCLIDEAN, NULL, probe, 1);
        double found = 0;

        for (size_t i = 0; i < N; i++)
            for (size_t w = 0; w < M; w++) {
                const float away = cells->distance[i * M + w];

                assert_true(away >= exact->distance[i * M + w]);
                assert_true(cells->index[i * M + w] != (int32_t)i);
                found += away <= exact->distance[i * M + M - 1];
            }
        assert_true(fabs(cells->facts.recall - found / (N * M)) < 1e-12);
        assert_true(cells->facts.recall > last);
        last = cells->facts.recall;
        free(cells);
    }
    assert_true(last > 0.9);
    free(exact);
}

/* Two rows of ten are free to be neighbours: all cells must be searched to find
 * them, and there are no more. */
static void few_are_looked_for_everywhere(void **state)
{
    static int32_t group[N];

    (void)state;
    for (int i = 0; i < N; i++)
        group[i] = i == 17 || i == 400 ? i : 1;
    struct answer *exact = find(WN_EUCLIDEAN, group, 0, 2);
    struct answer *cells = find(WN_EUCLIDEAN, group, 1, 2);

    for (int i = 0; i < N; i++)
        if (i != 17 && i != 400) {
            assert_memory_equal(cells->index + i * M, exact->index + i * M,
                                M * sizeof(int32_t));
            assert_int_equal(cells->index[i * M + 2], -1);
        }
    free(exact);
    free(cells);
}

static void large_is_a_matter_of_work(void **state)
{
    (void)state;
    assert_false(wn_graph_is_large(60000, 784));
    assert_true(wn_graph_is_large(1000000, 64));
    /* By SGEMM, as here, or by the vector units. */
    assert_false(wn_graph_is_large(100000, 64));
    assert_true(wn_graph_is_large(100001, 64));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_cells_are_exact),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(recall_is_counted),
        cmocka_unit_test(few_are_looked_for_everywhere),
        cmocka_unit_test(large_is_a_matter_of_work),
    };

    wn_linear_start();
    return cmocka_run_group_tests(tests, make_rows, NULL);
}
