/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/options: what command lines mean, and the exact words of refusals. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "util/options.h"

/* clang-format off */
static const struct wn_option rows[] = {
    {.name = "label", .letter = 'l', .kind = WN_TEXT, .value = "COLUMN",
     .recorded = true, .help = "the label"},
    {.name = "neighbors", .kind = WN_WHOLE, .value = "N", .default_value = "10",
     .low = 1, .high = 1000, .recorded = true, .help = "how many"},
    {.name = "rate", .kind = WN_REAL, .value = "X", .default_value = "0.5",
     .low = 0, .high = 1, .recorded = true, .help = "a share"},
    {.name = "metric", .kind = WN_CHOICE, .value = "NAME",
     .default_value = "auto",
     .choices = "auto|cosine", .recorded = true, .help = "distance"},
    {.name = "issues", .kind = WN_SUBSET, .value = "LIST",
     .default_value = "all",
     .choices = "label|outlier|missing", .recorded = true, .help = "checks"},
    {.name = "ignore", .kind = WN_LIST, .value = "PATTERN", .recorded = true,
     .help = "columns"},
    {.name = "memory", .kind = WN_SIZE, .value = "SIZE", .low = 1024,
     .high = 0x1p40, .help = "bytes"},
    {.name = "quiet", .letter = 'q', .kind = WN_FLAG, .help = "be quiet"},
    {.name = "help", .letter = 'h', .kind = WN_FLAG, .help = "this help"},
    {.name = "version", .letter = 'V', .kind = WN_FLAG, .help = "version"},
    {0}};
static const struct wn_program program = {
    .brief = "does things", .synopsis = "[OPTION...] [FILE]", .rows = rows,
    .min_operands = 0, .max_operands = 1};
/* clang-format on */

static struct wn_options *parse(const char *line, struct wn_error *error)
{
    static char copy[400];
    static char *argv[40];
    int argc = 0;

    strcpy(copy, line);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc] = NULL;
    return wn_options_parse(&program, argc, argv, error);
}

static void refusals_name_found_and_wanted(void **state)
{
    static const char *const cases[][2] = {
        {"p --neighbors=0", "--neighbors: found 0, wanted 1 to 1000"},
        {"p --neighbors=ten",
         "--neighbors: found 'ten', wanted a whole number"},
        {"p --neighbors=2.5",
         "--neighbors: found '2.5', wanted a whole number"},
        {"p --rate=1.1", "--rate: found 1.1, wanted 0 to 1"},
        {"p --rate=nan", "--rate: found 'nan', wanted a number"},
        {"p --metric=l1", "--metric: found 'l1', wanted one of auto|cosine"},
        {"p --issues=label,odd",
         "--issues: found 'odd', wanted some of label|outlier|missing, or all, "
         "or none"},
        {"p --issues=label,", "--issues: found '', wanted some of "
                              "label|outlier|missing, or all, or none"},
        {"p --memory=lots",
         "--memory: found 'lots', wanted a size such as 512M or 2G"},
        {"p --label=a --label=b", "--label was given twice: 'a' and 'b'"},
        {"p -l a --rate=0.1 -l a", "--label was given twice: 'a' and 'a'"},
        {"p --memory=3", "--memory: found 3, wanted at least 1024 bytes"},
        {"p --label", "--label requires a value; see --help"},
        {"p -l", "--label requires a value; see --help"},
        {"p --quiet=yes", "--quiet takes no value; see --help"},
        {"p --colour", "unknown or ambiguous option --colour; see --help"},
        {"p -qx", "unknown option -x; see --help"},
        {"p a b", "unexpected operand 'b'; see --help"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wn_error error = {0};

        assert_null(parse(cases[i][0], &error));
        assert_string_equal(error.text, cases[i][1]);
        assert_int_equal(error.code, WN_EUSAGE);
    }
}

static void values_come_back(void **state)
{
    struct wn_error error = {0};
    struct wn_options *options =
        parse("p --label x -q --ignore=a --ignore b --issues=outlier "
              "--memory=2K --neigh=7 --metric=cosine -- -file",
              &error);
    size_t count;

    (void)state;
    assert_non_null(options);
    assert_string_equal(wn_option_text(options, "label"), "x");
    assert_int_equal(wn_option_choice(options, "metric"), 1);
    assert_true(wn_option_on(options, "quiet"));
    assert_false(wn_option_given(options, "rate"));
    assert_true(wn_option_number(options, "rate") == 0.5);
    assert_true(wn_option_number(options, "neighbors") == 7);
    assert_true(wn_option_number(options, "memory") == 2048);
    assert_true(wn_option_holds(options, "issues", "outlier"));
    assert_false(wn_option_holds(options, "issues", "label"));
    const char *const *list = wn_option_list(options, "ignore", &count);
    assert_int_equal(count, 2);
    assert_string_equal(list[1], "b");
    assert_int_equal(wn_option_operands(options), 1);
    assert_string_equal(wn_option_operand(options, 0), "-file");
    wn_options_free(options);
}

static void provenance_holds_what_changes_results(void **state)
{
    struct wn_error error = {0};
    struct wn_options *options =
        parse("p --ignore=a --ignore=b\\c --memory=2K -q", &error);
    struct wn_text text = {0};

    (void)state;
    assert_non_null(options);
    wn_options_describe(options, &text);
    assert_string_equal(text.bytes,
                        "neighbors=10 rate=0.5 metric=auto issues=all "
                        "ignore=a ignore=b\\x5cc");
    wn_text_free(&text);
    wn_options_free(options);
}

static void help_wins_over_mistakes(void **state)
{
    struct wn_error error = {0};
    struct wn_options *options = parse("p --help a b c", &error);
    struct wn_text text = {0};

    (void)state;
    assert_non_null(options);
    assert_true(wn_option_on(options, "help"));
    wn_options_free(options);
    wn_options_help(&program, "p", &text);
    assert_non_null(strstr(text.bytes, "usage: p [OPTION...] [FILE]\n"));
    assert_non_null(
        strstr(text.bytes, "  -l, --label=COLUMN      the label\n"));
    assert_non_null(strstr(
        text.bytes, "      --neighbors=N       how many (default: 10)\n"));
    wn_text_free(&text);
}

static void list_is_for_programs(void **state)
{
    struct wn_text text = {0};

    (void)state;
    wn_options_list(&program, &text);
    assert_non_null(strstr(text.bytes, "label l COLUMN\nneighbors - N\n"));
    assert_non_null(strstr(text.bytes, "quiet q -\n"));
    wn_text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals_name_found_and_wanted),
        cmocka_unit_test(values_come_back),
        cmocka_unit_test(provenance_holds_what_changes_results),
        cmocka_unit_test(help_wins_over_mistakes),
        cmocka_unit_test(list_is_for_programs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
