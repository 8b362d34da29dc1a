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

static bool check(const struct wn_dictionary *classes, size_t rows)
{
    struct wn_error error = {0};

    return wn_labels_check(classes, rows, "x", &error) &&
           strstr(error.text, "is this a measurement?");
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
    const bool measured = check(&classes, k * rows);
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
    assert_false(check(&classes, 71));
    add(&classes, "500", 1);
    assert_false(check(&classes, 72)); /* 10 of 41 */
    add(&classes, "501", 1);
    assert_true(check(&classes, 73)); /* 11 of 42 */
    add(&classes, "unknown", 1);
    assert_false(check(&classes, 74));
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

/* Which class each is a slip for, by hand: one letter more, less, other, two
 * changed, an umlaut; not digits, short names, or classes as large. */
static void test_slips(void **state)
{
    static const struct {
        const char *name;
        size_t rows;
        int32_t like;
    } cases[] = {
        {"setosa", 100, -1}, {"setsoa", 5, 0},        {"setoa", 1, 0},
        {"setossa", 1, 0},   {"Setosa", 1, 0},        {"satoza", 1, -1},
        {"setosb", 6, -1},   {"m\303\274de", 80, -1}, {"m\303\266de", 2, 7},
        {"mde", 2, 7},       {"class1", 500, -1},     {"class2", 1, -1},
        {"ab", 900, -1},     {"ac", 1, -1},           {"neg", 1000, -1},
        {"neq", 1, 14},      {"gone", 0, -1}};
    enum { COUNT = sizeof cases / sizeof *cases };
    struct wn_dictionary classes = {0};
    int32_t like[COUNT];

    (void)state;
    for (size_t c = 0; c < COUNT; c++)
        add(&classes, cases[c].name, cases[c].rows);
    wn_labels_slips(&classes, like);
    for (size_t c = 0; c < COUNT; c++)
        if (like[c] != cases[c].like)
            fail_msg("%s: found %d, wanted %d", cases[c].name, (int)like[c],
                     (int)cases[c].like);
    wn_dictionary_free(&classes);
}

static void test_lists(void **state)
{
    static const struct {
        const char *names[6];
        char separator; /* 0: no lists */
        uint64_t lists;
    } cases[] = {{{"red", "dry", "red;dry", "dry;red"}, ';', 20},
                 {{"a|b", "b|c", "a|c"}, '|', 30},
                 {{"red, dry", "red"}, ',', 10},
                 /* A name with a comma; an empty part; half of the parts. */
                 {{"Paris, France", "Rome, Italy"}, 0, 0},
                 {{"<=50K", ">50K"}, 0, 0},
                 {{"a;", "a", ";"}, 0, 0},
                 {{"a+b", "a", "c"}, '+', 10}};

    (void)state;
    for (size_t t = 0; t < sizeof cases / sizeof *cases; t++) {
        struct wn_dictionary classes = {0};
        char separator = 0;
        uint64_t lists = 0;

        for (size_t c = 0; cases[t].names[c]; c++)
            add(&classes, cases[t].names[c], 10);
        const bool found = wn_labels_are_lists(&classes, &separator, &lists);
        assert_int_equal(found, cases[t].separator != 0);
        if (found) {
            assert_int_equal(separator, cases[t].separator);
            assert_int_equal(lists, cases[t].lists);
        }
        wn_dictionary_free(&classes);
    }
    /* Less than a tenth of the rows. */
    struct wn_dictionary rare = {0};
    char separator;
    uint64_t lists;
    add(&rare, "a", 85);
    add(&rare, "b", 6);
    add(&rare, "a;b", 9);
    assert_false(wn_labels_are_lists(&rare, &separator, &lists));
    wn_dictionary_free(&rare);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_measured), cmocka_unit_test(test_quarter_once),
        cmocka_unit_test(test_message), cmocka_unit_test(test_slips),
        cmocka_unit_test(test_lists)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
