/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/copies: groups by hand, exact ones against all pairs of rows. */
#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "learn/copies.h"
#include "util/random.h"

/* Equal rows are one group, numbered by the first row; -0 equals 0. */
static void equal_rows_are_one_group(void **state)
{
    const float x[] = {1, 2, 0, 5, 1, 2, -0.0f, 5, 1, 3, 1, 2};
    int32_t group[] = {0, 1, 2, 3, 4, 5};
    size_t groups = 6;
    struct wn_copies found;
    const int32_t wanted[] = {0, 1, 0, 1, 2, 0};

    (void)state;
    wn_copies_merge(&(struct wn_copies_rows){6, 2, 1, 0, x, NULL, NULL, NULL},
                    group, &groups, &found);
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
    wn_copies_merge(&(struct wn_copies_rows){4, 1, 1, 0, x, NULL, NULL, NULL},
                    group, &groups, &found);
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
    const struct wn_copies_rows rows = {4, 1,     2,        3,
                                        x, label, neighbor, distance};
    wn_copies_merge(&rows, group, &groups, &found);
    assert_int_equal(groups, 3);
    assert_memory_equal(group, wanted, sizeof wanted);
    assert_int_equal(found.exact, 0);
    assert_int_equal(found.near, 2);
    /* Two rows that are all of a class are a cluster. */
    const struct wn_copies_rows clusters = {4, 1,   2,        3,
                                            x, all, neighbor, distance};
    groups = 4;
    wn_copies_merge(&clusters, apart, &groups, &found);
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
    wn_copies_merge(
        &(struct wn_copies_rows){ROWS, COLUMNS, 1, 0, x, NULL, NULL, NULL},
        group, &groups, &found);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_rows_are_one_group),
        cmocka_unit_test(copies_join_groups),
        cmocka_unit_test(a_gap_makes_near_copies),
        cmocka_unit_test(exact_copies_are_those_of_all_pairs)};

    return cmocka_run_group_tests_name("copies", tests, NULL, NULL);
}
