/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encode: scales, dictionaries, patterns. */
#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "util/dictionary.h"
#include "clean/pattern.h"
#include "encode/scale.h"
#include "clean/variants.h"
#include "util/random.h"

static void near(float found, double wanted)
{
    if (fabs((double)found - wanted) > 1e-6)
        print_message("found %.9g, wanted %.9g\n", (double)found, wanted);
    assert_true(fabs((double)found - wanted) <= 1e-6);
}

/* Wanted: the formula of scale.h in NumPy, percentile() and std(). */
static void scale_as_numpy(void **state)
{
    static const struct {
        size_t count;
        double value[8], wanted[8];
    } rows[] = {
        {5,
         {1, 2, 3, 4, 1000},
         {-0.74604981, -0.57723238, -0.40841496, -0.23959753, 1.97129468}},
        {8,
         {0, 0, 0, 0, 0, 0, 0, 7},
         {-0.37796447, -0.37796447, -0.37796447, -0.37796447, -0.37796447,
          -0.37796447, -0.37796447, 2.64575131}},
        {8,
         {-5, -1, 0, 2.5, 8, 9, 30, 31},
         {-1.10404084, -0.79548794, -0.71834971, -0.52550415, -0.10124392,
          -0.02410570, 1.59579702, 1.67293524}},
    };

    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        struct wn_scale scale;
        double value[8], scratch[8];

        memcpy(value, rows[r].value, sizeof value);
        wn_scale_fit(&scale, value, scratch, rows[r].count);
        for (size_t i = 0; i < rows[r].count; i++) {
            near(wn_scale_apply(&scale, rows[r].value[i]), rows[r].wanted[i]);
            assert_true(i == 0 || value[i - 1] <= value[i]);
        }
    }
}

static void scale_stays_finite(void **state)
{
    static const double extreme[] = {-1.7e308, 1.7e308, 1e-308, -1e-308, 0,
                                     1,        -1e300,  5e-324, 1e15};
    enum { COUNT = sizeof extreme / sizeof *extreme };

    (void)state;
    for (size_t n = 1; n <= COUNT; n++) {
        struct wn_scale scale;
        double value[COUNT], scratch[COUNT];
        float last = 0;

        memcpy(value, extreme, n * sizeof *value);
        wn_scale_fit(&scale, value, scratch, n);
        for (size_t i = 0; i < n; i++) {
            const float found = wn_scale_apply(&scale, value[i]);

            assert_true(isfinite(found));
            assert_true(i == 0 || found >= last);
            last = found;
        }
        for (size_t i = 0; i < COUNT; i++)
            assert_true(isfinite(wn_scale_apply(&scale, extreme[i])));
    }
}

static void constant_has_no_scale(void **state)
{
    double value[5] = {1e300, 1e300, 1e300, 1e300, 1e300}, scratch[5];
    struct wn_scale scale;

    (void)state;
    wn_scale_fit(&scale, value, scratch, 5);
    assert_true(scale.per_deviation == 0);
    near(wn_scale_apply(&scale, 1e300), 0);
}

/* Against counting in a plain array; enough values for the table to grow. */
static void dictionary_counts(void **state)
{
    enum { VALUES = 3000, ADDED = 20000 };
    static uint64_t count[VALUES];
    static size_t first[VALUES];
    struct wn_dictionary dictionary = {0};
    struct wn_random random;

    (void)state;
    wn_random_start(&random, 7, WN_RANDOM_SAMPLE, 0, 0);
    assert_int_equal(wn_dictionary_find(&dictionary, "1", 1), -1);
    for (size_t i = 0; i < ADDED; i++) {
        const size_t v = wn_random_below(&random, VALUES);
        char text[32];
        const int length = snprintf(text, sizeof text, "%zu", v);

        if (count[v]++ == 0)
            first[v] = i;
        assert_true(
            wn_dictionary_add(&dictionary, text, (size_t)length, 1, i) <= i);
    }
    static int32_t place[VALUES];
    wn_dictionary_sort(&dictionary, place);
    for (size_t v = 0; v < VALUES; v++) {
        char text[32];
        const int length = snprintf(text, sizeof text, "%zu", v);
        const long at = wn_dictionary_find(&dictionary, text, (size_t)length);

        assert_true(count[v] ? at >= 0 : at == -1);
        if (at < 0)
            continue;
        assert_int_equal(dictionary.value[at].count, count[v]);
        assert_int_equal(dictionary.value[at].row, first[v]);
        assert_int_equal(dictionary.value[at].length, length);
        assert_memory_equal(wn_dictionary_text(&dictionary, (size_t)at), text,
                            (size_t)length);
    }
    for (size_t v = 1; v < dictionary.count; v++) {
        const struct wn_value *one = &dictionary.value[v - 1];
        const struct wn_value *two = &dictionary.value[v];
        char a[32] = "", b[32] = "";

        memcpy(a, dictionary.bytes + one->at, one->length);
        memcpy(b, dictionary.bytes + two->at, two->length);
        assert_true(strcmp(a, b) < 0);
    }
    wn_dictionary_clear(&dictionary);
    assert_int_equal(wn_dictionary_find(&dictionary, "1", 1), -1);
    assert_int_equal(wn_dictionary_add(&dictionary, "", 0, 2, 9), 0);
    assert_int_equal(wn_dictionary_find(&dictionary, "", 0), 0);
    wn_dictionary_free(&dictionary);
}

/* Wanted: by hand, from Unicode's tables. */
static void variants_of_a_name(void **state)
{
    static const struct {
        const char *name;
        uint64_t cells;
        int32_t same;
    } rows[] = {{"CAT", 1, 1},
                {"Cat", 3, 1},
                {" cat\t", 9, 1},
                {"c at", 1, 3},
                {"c  at", 2, 3},
                {"c\u00a0at", 2, 3},
                {"dog", 1, 6},
                {"\u3000dog\u2003", 4, 6},
                {"do\u200bg", 9, 6},
                {"", 1, 9},
                {" ", 1, 9},
                {"Dog!", 1, 11},
                {"caf\u00e9", 1, 12},
                {"cafe\u0301", 5, 12},
                {"CAFE\u0301", 1, 12},
                {"cafe", 1, 15},
                {"\u0416\u0423\u041a", 1, 17},
                {"\u0436\u0443\u043a", 2, 17},
                {"stra\u00dfe", 1, 18},
                {"STRASSE", 1, 18},
                {"\u212b", 1, 21},
                {"\u00e5", 1, 21},
                {"caf\xe9", 1, 22},
                {"CAF\xe9", 1, 23},
                {"m\u00b2", 1, 24},
                {"m2", 1, 25}};
    enum { COUNT = sizeof rows / sizeof *rows };
    struct wn_dictionary classes = {0};
    int32_t same[COUNT];

    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(wn_dictionary_add(&classes, rows[i].name,
                                           strlen(rows[i].name), rows[i].cells,
                                           0),
                         i);
    wn_variants_find(&classes, same);
    for (size_t i = 0; i < COUNT; i++) {
        if (same[i] != rows[i].same)
            print_message("%s\n", rows[i].name);
        assert_int_equal(same[i], rows[i].same);
    }
    wn_dictionary_free(&classes);
}

static void pattern_matches_whole_names(void **state)
{
    static const struct {
        const char *pattern, *name;
        int match;
    } rows[] = {{"id", "id", 1},          {"id", "width", 0},
                {".*id.*", "width", 1},   {"a|b", "b", 1},
                {"a|b", "ab", 0},         {"", "", 1},
                {"gr.{1}ße", "größe", 1}, {"(?i)AGE", "age", 1}};
    struct wn_error error = {0};

    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        struct wn_pattern *pattern =
            wn_pattern_new("ignore", rows[r].pattern, &error);

        assert_non_null(pattern);
        assert_int_equal(wn_pattern_matches(pattern, rows[r].name,
                                            strlen(rows[r].name), &error),
                         rows[r].match);
        wn_pattern_free(pattern);
    }
    assert_null(wn_pattern_new("ignore", "(", &error));
    assert_int_equal(error.code, WN_EUSAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scale_as_numpy),
        cmocka_unit_test(scale_stays_finite),
        cmocka_unit_test(constant_has_no_scale),
        cmocka_unit_test(dictionary_counts),
        cmocka_unit_test(variants_of_a_name),
        cmocka_unit_test(pattern_matches_whole_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
