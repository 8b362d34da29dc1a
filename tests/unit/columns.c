/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encode: how many different cells (sketch.h), how one column tells the label
 * (alone.h), words for yes and no (truth.h). */
#include "unit.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "encode/leakage.h"
#include "encode/sketch.h"
#include "encode/boolean.h"
#include "util/hash.h"

/* Wanted: the true number, within four standard errors. */
static void sketches_count(void **state)
{
    static const size_t counts[] = {0,     1,      10,     100,
                                    1000,  5000,   10000,  20000,
                                    50000, 100000, 200000, 1000000};
    enum { BITS = 12 };
    uint8_t registers[1 << BITS] = {0}, half[2][1 << BITS] = {{0}, {0}};
    uint64_t next = 0;

    (void)state;
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        for (; next < counts[c]; next++)
            for (int twice = 0; twice < 2; twice++) {
                const uint64_t digest = wn_hash_bits(&next, sizeof next);

                wn_sketch_add(registers, BITS, digest);
                wn_sketch_add(half[(next >> twice) & 1], BITS, digest);
            }
        const double found = wn_sketch_count(registers, BITS);
        assert_true(fabs(found - (double)counts[c]) <=
                    4 * 1.04 / 64 * (double)counts[c]);
        if (counts[c] <= 10)
            assert_int_equal(lround(found), counts[c]);
    }
    wn_sketch_merge(half[0], half[1], BITS);
    assert_memory_equal(half[0], registers, sizeof registers);
}

enum { M = 20000, K = 4 };
static int32_t label[M];
static double value[M], sorted[M];
static uint64_t digest[M];

static int by_value(const void *a, const void *b)
{
    const double one = *(const double *)a, two = *(const double *)b;

    return (one > two) - (one < two);
}

static uint64_t chance(uint64_t i)
{
    return wn_hash_bits(&i, sizeof i) >> 11;
}

static struct wn_leakage judge_numbers(const int32_t *labels, size_t m,
                                       size_t k)
{
    struct wn_leakage_test *test = wn_leakage_new(labels, m, k);
    size_t count = 0;

    for (size_t i = 0; i < m; i++)
        if (!isnan(value[i]))
            sorted[count++] = value[i];
    qsort(sorted, count, sizeof *sorted, by_value);
    const struct wn_leakage found =
        wn_leakage_numbers(test, value, sorted, count);
    wn_leakage_free(test);
    return found;
}

static struct wn_leakage judge_marks(const int32_t *labels, size_t m, size_t k)
{
    struct wn_leakage_test *test = wn_leakage_new(labels, m, k);

    const struct wn_leakage found = wn_leakage_digests(test, digest);
    wn_leakage_free(test);
    return found;
}

/* Wanted: the lift that was planted. A share s of the cells gives the label
 * away, the others are those of another class: s right, and the lift is
 * (s - 1/4) / (3/4). */
static void leaks_are_measured(void **state)
{
    static const double shares[] = {1, 0.99, 0.95, 0.8, 0.6};

    (void)state;
    for (size_t i = 0; i < M; i++)
        label[i] = (int32_t)(i % K);
    for (size_t s = 0; s < sizeof shares / sizeof *shares; s++) {
        const double wanted = (shares[s] - 0.25) / 0.75;

        for (size_t i = 0; i < M; i++) {
            const bool gives =
                (double)(chance(i + M) % 1000) < 1000 * shares[s];
            const int32_t predicted = gives ? label[i] : (label[i] + 1) % K;

            value[i] = 100 * predicted + (double)(chance(i) % 50);
            digest[i] = (uint64_t)predicted * 12345678912345 + 1;
        }
        const struct wn_leakage numbers = judge_numbers(label, M, K);
        const struct wn_leakage marks = judge_marks(label, M, K);
        assert_true(fabs(marks.lift - wanted) < 0.01);
        /* A bin may lie across two classes. */
        assert_true(numbers.lift <= marks.lift + 0.001 &&
                    numbers.lift > marks.lift - 0.04);
        assert_true(marks.low < marks.lift && marks.low > marks.lift - 0.02);
        assert_int_equal(marks.low >= WN_LEAKAGE_SHARE, shares[s] > 0.94);
    }
    /* That a cell is missing can predict the label, too. */
    for (size_t i = 0; i < M; i++)
        value[i] = label[i] == 2 ? NAN : (double)(chance(i) % 50);
    assert_true(fabs(judge_numbers(label, M, K).lift - 1.0 / 3) < 0.02);
}

static void noise_is_no_leak(void **state)
{
    (void)state;
    for (size_t i = 0; i < M; i++) {
        label[i] = (int32_t)(chance(i) % K);
        value[i] = (double)chance(i + M);
        digest[i] = chance(i + 3 * M) % 500 + 1;
    }
    assert_true(fabs(judge_numbers(label, M, K).lift) < 0.02);
    assert_true(fabs(judge_marks(label, M, K).lift) < 0.02);
    /* Every cell another one: they can tell nothing. */
    for (size_t i = 0; i < M; i++)
        digest[i] = i + 1;
    assert_true(fabs(judge_marks(label, M, K).lift) < 1e-9);
    /* All right in a few rows is not much to go by; by hand: 10 of 10 have the
     * lower end 10 / (10 + 1.645^2) = .787, and (.787 - .5) / .5 = .574. */
    for (size_t i = 0; i < 10; i++) {
        label[i] = (int32_t)(i % 2);
        digest[i] = (uint64_t)label[i] + 1;
    }
    const struct wn_leakage few = judge_marks(label, 10, 2);
    assert_true(few.lift == 1 && fabs(few.low - 0.574) < 0.001);
    assert_true(isnan(judge_marks(label, 1, 1).lift));
}

static void words_are_pairs(void **state)
{
    static const struct {
        const char *text;
        int word;
    } rows[] = {{"0", 0},     {"1", 1},    {"f", 2},      {"T", 3},
                {"n", 4},     {"Y", 5},    {"No", 6},     {"YES", 7},
                {"FALSE", 8}, {"True", 9}, {" true ", 9}, {"", -1},
                {" ", -1},    {"tru", -1}, {"truee", -1}, {"2", -1},
                {"01", -1},   {"on", -1},  {"y\n", -1}};

    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        const size_t length = strlen(rows[r].text);
        const int word = rows[r].word;

        assert_int_equal(wn_boolean_word(rows[r].text, length), word);
        assert_int_equal(wn_boolean_parse(rows[r].text, length),
                         word < 0 ? -1 : word & 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sketches_count),
        cmocka_unit_test(leaks_are_measured),
        cmocka_unit_test(noise_is_no_leak),
        cmocka_unit_test(words_are_pairs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
