/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Classes and measurements told apart, by hand. */
#include <stdio.h>
#include <string.h>

#include "unit.h"
#include "clean/label_type.h"
#include "util/dictionary.h"

static void add(struct wn_dictionary *classes, const char *name, size_t rows)
{
    wn_dictionary_add(classes, name, strlen(name), rows, 0);
}

/* k numbers first, first + step, ..., of `rows` rows each, as format says. */
static bool are_measured(size_t k, double first, double step, size_t rows,
                         const char *format)
{
    struct wn_dictionary classes = {0};
    char name[32];

    for (size_t c = 0; c < k; c++) {
        snprintf(name, sizeof name, format, first + (double)c * step);
        add(&classes, name, rows);
    }
    const bool measured = wn_labels_are_measured(&classes, k * rows);
    wn_dictionary_free(&classes);
    return measured;
}

static void test_measured(void **state)
{
    (void)state;
    /* Prices; fewer than 20; ten rows each, as grades with halves have. */
    assert_true(are_measured(20, 5, .1, 9, "%.1f"));
    assert_false(are_measured(19, 5, .1, 9, "%.1f"));
    assert_false(are_measured(20, 5, .1, 10, "%.1f"));
    /* Whole numbers: with gaps and one row each, with several rows each,
     * without gaps, and class numbers written with a point. */
    assert_true(are_measured(30, 100, 7, 1, "%.0f"));
    assert_false(are_measured(30, 100, 7, 2, "%.0f"));
    assert_false(are_measured(30, 100, 1, 1, "%.0f"));
    assert_false(are_measured(30, 0, 1, 2, "%.1f"));
    assert_false(are_measured(30, 100, 7, 1, "c%.0f"));
}

static void test_quarter_once(void **state)
{
    struct wn_dictionary classes = {0};
    char name[32];

    (void)state;
    for (size_t c = 0; c < 40; c++) {
        snprintf(name, sizeof name, "%zu", 3 * c);
        add(&classes, name, c < 9 ? 1 : 2);
    }
    assert_false(wn_labels_are_measured(&classes, 71));
    add(&classes, "500", 1);
    assert_false(wn_labels_are_measured(&classes, 72)); /* 10 of 41 */
    add(&classes, "501", 1);
    assert_true(wn_labels_are_measured(&classes, 73)); /* 11 of 42 */
    add(&classes, "unknown", 1);
    assert_false(wn_labels_are_measured(&classes, 74));
    wn_dictionary_free(&classes);
}

static void test_message(void **state)
{
    struct wn_dictionary classes = {0};
    struct wn_error error = {0};
    char name[32];

    (void)state;
    for (size_t c = 0; c < 21; c++) {
        snprintf(name, sizeof name, "n%zu", c);
        add(&classes, name, 2);
    }
    assert_int_equal(wn_labels_check(&classes, 42, "x", &error), 0);
    assert_int_equal(wn_labels_check(&classes, 41, "x.csv: column y", &error),
                     -1);
    assert_int_equal(error.code, WN_EDATA);
    assert_string_equal(error.text,
                        "x.csv: column y: found 21 different labels in 41 "
                        "rows, wanted classes with several rows each; "
                        "--label-type=class goes on");
    wn_dictionary_free(&classes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_measured),
                                       cmocka_unit_test(test_quarter_once),
                                       cmocka_unit_test(test_message)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
