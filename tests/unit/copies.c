/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/copies: groups by hand, exact ones against all pairs of rows. */
#include "unit.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "knn/graph.h"
#include "learn/copies.h"
#include "util/random.h"

static void merge(const struct wn_sample *rows, int32_t *group, size_t *groups,
                  struct wn_copies *found)
{
    struct wn_error error = {0};

    assert_int_equal(wn_copies_merge(rows, group, groups, found, &error), 0);
}

/* Equal rows are one group, numbered by the first row; -0 equals 0. */
static void equal_rows_are_one_group(void **state)
{
    const float x[] = {1, 2, 0, 5, 1, 2, -0.0f, 5, 1, 3, 1, 2};
    int32_t group[] = {0, 1, 2, 3, 4, 5};
    size_t groups = 6;
    struct wn_copies found;
    const int32_t wanted[] = {0, 1, 0, 1, 2, 0};

    (void)state;
    merge(&(struct wn_sample){.n = 6, .d = 2, .k = 1, .x = x}, group, &groups,
          &found);
    assert_int_equal(groups, 3);
    assert_memory_equal(group, wanted, sizeof wanted);
    assert_int_equal(found.exact, 3);
    assert_int_equal(found.near, 0);
}

/* A copy joins the groups of the user that hold its two rows. */
static void copies_join_groups(void **state)
{
    const float x[] = {1, 2, 3, 2};
    int32_t group[] = {0, 0, 1, 1};
    size_t groups = 2;
    struct wn_copies found;
    const int32_t wanted[] = {0, 0, 0, 0};

    (void)state;
    merge(&(struct wn_sample){.n = 4, .d = 1, .k = 1, .x = x}, group, &groups,
          &found);
    assert_int_equal(groups, 1);
    assert_memory_equal(group, wanted, sizeof wanted);
    assert_int_equal(found.exact, 1);
}

/* Rows 0 and 1 are close and far from 2 and 3, which are not close enough. */
static void a_gap_makes_near_copies(void **state)
{
    const float x[] = {0, 0.1f, 5, 7};
    const int32_t neighbor[] = {1, 2, 3, 0, 2, 3, 3, 1, 0, 2, 1, 0};
    const float distance[] = {0.1f, 5,    7, 0.1f, 4.9f, 6.9f,
                              2,    4.9f, 5, 2,    6.9f, 7};
    const int32_t label[] = {0, 1, 0, 1}, all[] = {0, 0, 1, 1};
    int32_t group[] = {0, 1, 2, 3}, apart[] = {0, 1, 2, 3};
    size_t groups = 4;
    struct wn_copies found;
    const int32_t wanted[] = {0, 0, 1, 2};

    (void)state;
    const struct wn_sample rows = {.n = 4,
                                   .d = 1,
                                   .k = 2,
                                   .m = 3,
                                   .x = x,
                                   .label = label,
                                   .neighbor = neighbor,
                                   .distance = distance};
    merge(&rows, group, &groups, &found);
    assert_int_equal(groups, 3);
    assert_memory_equal(group, wanted, sizeof wanted);
    assert_int_equal(found.exact, 0);
    assert_int_equal(found.near, 2);
    /* Two rows that are all of a class are a cluster. */
    const struct wn_sample clusters = {.n = 4,
                                       .d = 1,
                                       .k = 2,
                                       .m = 3,
                                       .x = x,
                                       .label = all,
                                       .neighbor = neighbor,
                                       .distance = distance};
    groups = 4;
    merge(&clusters, apart, &groups, &found);
    assert_int_equal(groups, 4);
    assert_int_equal(found.near, 0);
}

static void exact_copies_are_those_of_all_pairs(void **state)
{
    enum { ROWS = 500, COLUMNS = 3 };
    float x[ROWS * COLUMNS];
    int32_t group[ROWS];
    size_t groups = ROWS, copies = 0;
    struct wn_random random;
    struct wn_copies found;

    (void)state;
    wn_random_start(&random, 1, WN_RANDOM_SAMPLE, 0, 0);
    for (size_t i = 0; i < ROWS * COLUMNS; i++)
        x[i] = (float)wn_random_below(&random, 6);
    for (size_t i = 0; i < ROWS; i++)
        group[i] = (int32_t)i;
    merge(&(struct wn_sample){.n = ROWS, .d = COLUMNS, .k = 1, .x = x}, group,
          &groups, &found);
    for (size_t i = 0; i < ROWS; i++) {
        bool first = true;

        for (size_t j = 0; j < i; j++) {
            const bool equal = memcmp(x + i * COLUMNS, x + j * COLUMNS,
                                      COLUMNS * sizeof *x) == 0;

            assert_int_equal(group[i] == group[j], equal);
            first = first && !equal;
        }
        copies += !first;
    }
    assert_int_equal(found.exact, copies);
    assert_int_equal(groups, ROWS - copies);
}

/* Draw `rows` rows of whole numbers 0 .. 16, most columns nearly constant, and
 * a copy of each with every number off by one at most; in units of the standard
 * deviation of their column. */
static void draw_jittered(size_t rows, size_t d, bool copies, float *x)
{
    const size_t n = copies ? 2 * rows : rows;
    struct wn_random random;

    wn_random_start(&random, 4, WN_RANDOM_SAMPLE, 0, 0);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < d; j++) {
            const double wide = j % 2 == 0 ? 4 : 0.3;
            const double drawn = 8 + wide * wn_random_normal(&random);
            const double jitter = (double)wn_random_below(&random, 3) - 1;

            x[i * d + j] = (float)rint(fmin(fmax(drawn, 0), 16));
            if (copies)
                x[(rows + i) * d + j] =
                    fminf(fmaxf(x[i * d + j] + (float)jitter, 0), 16);
        }
    for (size_t j = 0; j < d; j++) {
        double sum = 0, square = 0;

        for (size_t i = 0; i < n; i++) {
            sum += (double)x[i * d + j];
            square += (double)x[i * d + j] * (double)x[i * d + j];
        }
        const double mean = sum / (double)n;
        const double sd = sqrt(square / (double)n - mean * mean);
        for (size_t i = 0; i < n; i++)
            x[i * d + j] = (float)(((double)x[i * d + j] - mean) / sd);
    }
}

/* In standard deviations the copies are not near, in steps they are; and rows
 * that are no copies are none in steps either. */
static void steps_show_jittered_copies(void **state)
{
    enum { ROWS = 600, D = 48, M = 6, N = 2 * ROWS };
    static float x[N * D], distance[N * M];
    static int32_t neighbor[N * M], label[N], group[N];

    (void)state;
    for (int copies = 0; copies < 2; copies++) {
        const size_t n = copies ? N : ROWS;
        const struct wn_graph graph = {
            .x = x, .n = n, .d = D, .m = M, .threads = 1};
        struct wn_error error = {0};
        struct wn_copies found, blind;
        size_t groups = n, pairs = 0;

        draw_jittered(ROWS, D, copies, x);
        assert_int_equal(wn_knn_exact(&graph, neighbor, distance, &error), 0);
        struct wn_sample rows = {.n = n,
                                 .d = D,
                                 .k = 1,
                                 .m = M,
                                 .x = x,
                                 .label = label,
                                 .neighbor = neighbor,
                                 .distance = distance};
        for (size_t i = 0; i < n; i++) {
            label[i] = i % 2 ? -1 : 0;
            group[i] = (int32_t)i;
        }
        merge(&rows, group, &groups, &blind);
        assert_true(blind.near < ROWS / 20);
        for (size_t i = 0; i < n; i++)
            group[i] = (int32_t)i;
        groups = n;
        rows.threads = 2;
        rows.probe = WN_PROBE_AUTO;
        merge(&rows, group, &groups, &found);
        for (size_t i = 0; copies && i < ROWS; i++)
            pairs += group[i] == group[ROWS + i];
        if (copies && (20 * pairs < 19 * ROWS || 20 * found.near < 19 * N))
            fail_msg("%zu pairs of %d", pairs, ROWS);
        /* Nothing but copies is joined. */
        assert_int_equal(groups, n - pairs);
        assert_true(copies || found.near == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_rows_are_one_group),
        cmocka_unit_test(copies_join_groups),
        cmocka_unit_test(a_gap_makes_near_copies),
        cmocka_unit_test(exact_copies_are_those_of_all_pairs),
        cmocka_unit_test(steps_show_jittered_copies)};

    return cmocka_run_group_tests_name("copies", tests, NULL, NULL);
}
