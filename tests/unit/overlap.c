/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise/overlap: the posterior against a dense grid of scipy, on mismatches
 * that are written down by depth. */
#include "unit.h"

#include <math.h>
#include <stdlib.h>

#include "noise/overlap.h"

enum { PER_DEPTH = 50, N = WN_DEPTHS * PER_DEPTH, NONE = 99 };

/* PER_DEPTH rows at each depth, shared by k predicted classes; mismatches[u] of
 * them have the label of the next class, but for those of the class `calm`. */
static struct wn_overlap find(size_t k, const int mismatches[WN_DEPTHS],
                              size_t calm, int threads)
{
    static int32_t label[N];
    static double p[5 * N];
    const struct wn_probability matrix = {N, k, NULL, p};
    struct wn_overlap out;
    size_t i = 0;

    for (int u = 0; u < WN_DEPTHS; u++)
        for (int j = 0; j < PER_DEPTH; j++, i++) {
            const size_t c = (size_t)j % k;
            const double top = 0.99 - 0.4 * (double)i / N;

            for (size_t t = 0; t < k; t++)
                p[i * k + t] = t == c ? top : (1 - top) / (double)(k - 1);
            label[i] =
                (int32_t)(j < mismatches[u] && c != calm ? (c + 1) % k : c);
        }
    wn_overlap_find(label, &matrix, threads, &out);
    return out;
}

static void even_errors_are_errors(void **state)
{
    int mismatches[WN_DEPTHS];

    (void)state;
    for (int u = 0; u < WN_DEPTHS; u++)
        mismatches[u] = 5;
    struct wn_overlap found = find(2, mismatches, NONE, 1);
    assert_near(found.mismatch, 0.1, 1e-12);
    assert_near(found.rate, 0.0997, 0.0003);
    assert_near(found.bayes, 0.00054, 0.0003);
    assert_near(found.low, 0.0983, 0.0005);
    assert_near(found.high, 0.1011, 0.0005);
    wn_overlap_free(&found);
}

static void doubt_at_the_end_is_overlap(void **state)
{
    static const int tail[] = {1, 2, 4, 10, 20};
    int mismatches[WN_DEPTHS];

    (void)state;
    for (int u = 0; u < WN_DEPTHS; u++)
        mismatches[u] = u < 20 ? 0 : tail[(u - 20) / 4];
    struct wn_overlap found = find(2, mismatches, NONE, 1);
    assert_near(found.mismatch, 148. / N, 1e-12);
    assert_near(found.rate, 0, 0.0005);
    assert_near(found.bayes, 0.0737, 0.0005);
    assert_true(found.low == 0);
    wn_overlap_free(&found);
}

static void both_are_told_apart(void **state)
{
    static const int tail[] = {6, 7, 9, 14, 25};
    int mismatches[WN_DEPTHS];

    (void)state;
    for (int u = 0; u < WN_DEPTHS; u++)
        mismatches[u] = u < 20 ? 5 : tail[(u - 20) / 4];
    struct wn_overlap found = find(5, mismatches, NONE, 1);
    assert_near(found.rate, 0.0942, 0.0005);
    assert_near(found.bayes, 0.0885, 0.0005);
    assert_near(found.low, 0.0813, 0.001);
    assert_near(found.high, 0.1062, 0.001);
    struct wn_overlap again = find(5, mismatches, NONE, 3);
    assert_true(found.rate == again.rate && found.low == again.low);
    wn_overlap_free(&found);
    wn_overlap_free(&again);
}

/* The mismatches of two classes hardly fall with depth, and the third has none:
 * two classes that overlap wholly beside one apart. */
static void a_class_without_mismatches_speaks_against_even_errors(void **state)
{
    static const int some[] = {12, 12, 12, 13, 13, 13, 14, 14, 15, 16};
    int mismatches[WN_DEPTHS];

    (void)state;
    for (int u = 0; u < WN_DEPTHS; u++)
        mismatches[u] = some[u % 10];
    struct wn_overlap found = find(3, mismatches, 0, 1);
    assert_true(found.low == 0 && found.high > 0.15);
    assert_true(found.rate < 0.1 && found.bayes > 0.05);
    wn_overlap_free(&found);
    found = find(3, mismatches, NONE, 1);
    assert_true(found.low > 0.2);
    wn_overlap_free(&found);
}

/* The same of one class of two: its errors go one way. */
static void one_class_may_have_all_errors(void **state)
{
    int mismatches[WN_DEPTHS];

    (void)state;
    for (int u = 0; u < WN_DEPTHS; u++)
        mismatches[u] = 12 + u % 3;
    struct wn_overlap found = find(2, mismatches, 0, 1);
    assert_near(found.rate, found.mismatch, 0.005);
    assert_true(found.low > 0.9 * found.mismatch);
    wn_overlap_free(&found);
}

/* As even_errors_are_errors(), but the models are equally sure of all rows. */
static void equal_rows_have_no_depth(void **state)
{
    static int32_t label[N];
    static double p[2 * N];
    const struct wn_probability matrix = {N, 2, NULL, p};
    struct wn_overlap out;

    (void)state;
    for (size_t i = 0; i < N; i++) {
        p[2 * i + i % 2] = 0.9;
        p[2 * i + 1 - i % 2] = 0.1;
        label[i] = (int32_t)(i / 2 % 10 == 4 ? 1 - i % 2 : i % 2);
    }
    wn_overlap_find(label, &matrix, 1, &out);
    assert_near(out.mismatch, 0.1, 1e-12);
    assert_true(out.tied == 1 && out.rate == 0 && out.low == 0);
    wn_overlap_free(&out);
}

/* .4 of the labels look wrong in any case. */
static void too_many_mismatches_say_nothing(void **state)
{
    int mismatches[WN_DEPTHS];

    (void)state;
    for (int u = 0; u < WN_DEPTHS; u++)
        mismatches[u] = u < 30 ? 20 : 35;
    struct wn_overlap found = find(5, mismatches, NONE, 1);
    assert_true(found.mismatch < wn_max_mismatch);
    assert_true(found.low > 0.3 && found.rate > 0.35 && found.rate < 0.45);
    wn_overlap_free(&found);
    for (int u = 30; u < WN_DEPTHS; u++)
        mismatches[u] = 45;
    found = find(5, mismatches, NONE, 1);
    assert_true(found.mismatch > wn_max_mismatch);
    assert_true(found.low == 0 && found.rate > 0.35 && found.rate < 0.45);
    wn_overlap_free(&found);
}

/* Class 2 is never predicted: its labels have no depth and are not counted. */
static void a_class_that_is_never_predicted_has_no_depth(void **state)
{
    int32_t label[60];
    double p[180];
    const struct wn_probability matrix = {60, 3, NULL, p};
    struct wn_overlap out;

    (void)state;
    for (int i = 0; i < 60; i++) {
        for (int t = 0; t < 3; t++)
            p[3 * i + t] = t == i % 2 ? 0.9 : 0.05;
        label[i] = i % 10 == 0 ? 2 : i % 10 == 1 ? -1 : i % 2;
    }
    wn_overlap_find(label, &matrix, 1, &out);
    assert_true(out.labelled == 54 && out.n == 48 && out.mismatch == 0);
    assert_int_equal(out.place[0], WN_NO_DEPTH);
    assert_int_equal(out.place[1], WN_NO_DEPTH);
    assert_true(!(out.place[2] & WN_NO_DEPTH));
    wn_overlap_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(even_errors_are_errors),
        cmocka_unit_test(doubt_at_the_end_is_overlap),
        cmocka_unit_test(both_are_told_apart),
        cmocka_unit_test(a_class_without_mismatches_speaks_against_even_errors),
        cmocka_unit_test(one_class_may_have_all_errors),
        cmocka_unit_test(equal_rows_have_no_depth),
        cmocka_unit_test(too_many_mismatches_say_nothing),
        cmocka_unit_test(a_class_that_is_never_predicted_has_no_depth)};

    return cmocka_run_group_tests_name("overlap", tests, NULL, NULL);
}
