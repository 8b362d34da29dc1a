/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/number against strtod and hand-made cases. */
#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/number.h"
#include "util/random.h"

static void reads_what_strtod_reads(void **state)
{
    struct wn_random random;

    (void)state;
    wn_random_start(&random, 1, WN_RANDOM_SAMPLE, 0, 0);
    for (int i = 0; i < 200000; i++) {
        const uint64_t bits = wn_random_bits(&random);
        double wanted, found;
        char text[64];

        memcpy(&wanted, &bits, sizeof wanted);
        if (!isfinite(wanted))
            continue;
        const int digits = 1 + (int)wn_random_below(&random, 20);
        if (i % 2)
            wanted = ldexp(wanted, -1000 - ilogb(wanted) + 1000);
        snprintf(text, sizeof text, "%.*e", digits, wanted);
        wanted = strtod(text, NULL);
        if (!isfinite(wanted))
            continue;
        assert_true(wn_number_parse(text, strlen(text), &found));
        assert_memory_equal(&found, &wanted, sizeof found);
    }
}

static void refuses_what_is_no_number(void **state)
{
    static const char *const bad[] = {
        "",    " ",   "-",   ".",    "1.2.3", "1e",  "e5", "0x10",
        "inf", "nan", "1 2", "1,5",  "1e999", "--1", "1f", "$5",
        "5%",  "+-1", "1e+", "1 e5", "\n1",   "1_0", "²"};
    double value;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(wn_number_parse(bad[i], strlen(bad[i]), &value));
}

static void reads_forms(void **state)
{
    static const struct {
        const char *text;
        double value;
    } good[] = {
        {"0", 0},
        {"-0", -0.0},
        {"007", 7},
        {".5", 0.5},
        {"5.", 5},
        {" 12 ", 12},
        {"+3", 3},
        {"1E3", 1000},
        {"1e-3", 0.001},
        {"\t9", 9},
        {"1e-400", 0},
        {"123456789012345678901234567890", 123456789012345678901234567890.0},
        {"0.1", 0.1},
        {"9007199254740993", 9007199254740992.0}};
    double value;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(
            wn_number_parse(good[i].text, strlen(good[i].text), &value));
        assert_memory_equal(&value, &good[i].value, sizeof value);
    }
}

/* The quick way must say what the other one says, of numbers and of soup. */
static void padded_reads_the_same(void **state)
{
    static const char soup[] = "0123456789012345678901234567890123456789.-+e 9";
    struct wn_random random;
    size_t numbers = 0;

    (void)state;
    wn_random_start(&random, 2, WN_RANDOM_SAMPLE, 0, 0);
    for (int i = 0; i < 2000000; i++) {
        const size_t length = wn_random_below(&random, 21);
        char bytes[WN_NUMBER_PAD + 24];
        double found = 0, wanted = 0;

        for (size_t at = 0; at < sizeof bytes; at++)
            bytes[at] = soup[wn_random_below(&random, sizeof soup - 1)];
        const char *text = bytes + WN_NUMBER_PAD;
        const bool number = wn_number_parse(text, length, &wanted);
        assert_int_equal(wn_number_parse_padded(text, length, &found), number);
        assert_memory_equal(&found, &wanted, number ? sizeof found : 0);
        numbers += number;
    }
    assert_true(numbers > 200000 && numbers < 1800000);
}

/* Worked by hand. */
static void reads_decimal_commas(void **state)
{
    static const struct {
        const char *text;
        double value;
    } good[] = {{"7,4", 7.4},
                {"-0,5", -.5},
                {" 12 ", 12},
                {"1.234,56", 1234.56},
                {"1.234", 1234},
                {"12.345.678", 12345678},
                {"1 234,5", 1234.5},
                {"1\xc2\xa0"
                 "234",
                 1234},
                {"1\xe2\x80\xaf"
                 "234,5",
                 1234.5},
                {"1,5e3", 1500},
                {",5", .5},
                {"5,", 5},
                {"+123456,7", 123456.7}};
    static const char *const bad[] = {
        "7.4",       "1.2345",    "12.34",  "1234.567", "1,2,3",
        "1.234 567", ".123",      "",       ",",        "1,2.3",
        "a",         "1.234,5.6", "1..234", "1.234.",   "0x10",
        "1,e",       "-",         "1.23,4", "1 234 5",  "01.02.2020"};
    double value;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(
            wn_number_parse_comma(good[i].text, strlen(good[i].text), &value));
        assert_true(fabs(value - good[i].value) <= 0);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(wn_number_parse_comma(bad[i], strlen(bad[i]), &value));
}

static void writes_the_shortest(void **state)
{
    char text[32];

    (void)state;
    wn_number_format(0.1, text);
    assert_string_equal(text, "0.1");
    wn_number_format(1.0 / 3, text);
    assert_string_equal(text, "0.3333333333333333");
    wn_number_format_float(0.1f, text);
    assert_string_equal(text, "0.1");
    wn_number_format(50, text);
    assert_string_equal(text, "50");
    wn_number_format(-1e14, text);
    assert_string_equal(text, "-100000000000000");
    wn_number_format(1e15, text);
    assert_string_equal(text, "1e+15");
    wn_number_format_float(9e6f, text);
    assert_string_equal(text, "9000000");
    wn_number_format_float(3e9f, text);
    assert_string_equal(text, "3e+09");
    wn_number_format(NAN, text);
    assert_string_equal(text, "nan");
}

/* As printf() writes it, in the fewest digits that strtof() reads back. */
static void writes_every_float(void **state)
{
    uint32_t bits = 0x2545f491;

    (void)state;
    for (int i = 0; i < 400000; i++) {
        char wanted[32], found[32];
        float value;
        int digits = 1;

        bits ^= bits << 13;
        bits ^= bits >> 17;
        bits ^= bits << 5;
        /* All of them; within 0 and 1; short decimals and their neighbours. */
        memcpy(&value, &bits, sizeof value);
        if (i % 4 == 1)
            value = (float)(bits % 1000003) / 1000003;
        else if (i % 4 > 1)
            value = (float)(bits % 20000) / (i % 8 < 4 ? 100 : 10000);
        if (i % 4 == 3)
            value = nextafterf(value, INFINITY);
        if (isnan(value) || isinf(value) ||
            (value == truncf(value) && fabsf(value) < 1e7F))
            continue;
        do
            snprintf(wanted, sizeof wanted, "%.*g", digits, (double)value);
        while (strtof(wanted, NULL) != value && ++digits < 10);
        const size_t length = wn_number_format_float(value, found);
        assert_string_equal(found, wanted);
        assert_int_equal(length, strlen(wanted));
    }
}

static void reads_sizes(void **state)
{
    uint64_t bytes;

    (void)state;
    assert_true(wn_size_parse("64M", &bytes) && bytes == 64u << 20);
    assert_true(wn_size_parse("1.5g", &bytes) && bytes == 3ull << 29);
    assert_true(wn_size_parse("4096", &bytes) && bytes == 4096);
    assert_true(wn_size_parse("2KB", &bytes) && bytes == 2048);
    assert_false(wn_size_parse("", &bytes));
    assert_false(wn_size_parse("M", &bytes));
    assert_false(wn_size_parse("-1", &bytes));
    assert_false(wn_size_parse("9999999T", &bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_strtod_reads),
        cmocka_unit_test(refuses_what_is_no_number),
        cmocka_unit_test(reads_forms),
        cmocka_unit_test(padded_reads_the_same),
        cmocka_unit_test(reads_decimal_commas),
        cmocka_unit_test(writes_the_shortest),
        cmocka_unit_test(writes_every_float),
        cmocka_unit_test(reads_sizes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
