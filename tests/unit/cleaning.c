/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clean/parse.h: rules taken apart, applied to single cells, and written.
 * Wanted cells by hand. */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "clean/parse.h"
#include "clean/variants.h"
#include "util/random.h"

static int parse(struct wn_clean_rules *cleaning, const char *text,
                 struct wn_error *error)
{
    *cleaning = (struct wn_clean_rules){0};
    return wn_clean_rules_parse(cleaning, "r", text, strlen(text), error);
}

static void reads_the_lines_of_the_manual(void **state)
{
    static const char text[] =
        "# one rule a line\r\n"
        "            price_.*: trim\n"
        "euro        price_.*: replace /,/./\n"
        "nothing     price_.*: na /-|n\\/?a\\.?/i\n"
        "\n"
        "sane_age    age: range 0..120\n"
        "known       country: one-of countries.txt  # of the world\n"
        "code        \"post code\": require /[0-9]{5}/\n"
        "_u-1.b      .*id: unique\n"
        "            id : not-null\n"
        "same_cat    label: map \"cat \" = Cat\n"
        "label:lower";
    static const struct {
        const char *name, *action, *text;
        size_t line;
    } wanted[] = {{"price_.*: trim", "trim", "price_.*: trim", 2},
                  {"euro", "replace", "price_.*: replace /,/./", 3},
                  {"nothing", "na", "price_.*: na /-|n\\/?a\\.?/i", 4},
                  {"sane_age", "range", "age: range 0..120", 6},
                  {"known", "one-of", "country: one-of countries.txt", 7},
                  {"code", "require", "\"post code\": require /[0-9]{5}/", 8},
                  {"_u-1.b", "unique", ".*id: unique", 9},
                  {"id : not-null", "not-null", "id : not-null", 10},
                  {"same_cat", "map", "label: map \"cat \" = Cat", 11},
                  {"label:lower", "lower", "label:lower", 12}};
    struct wn_clean_rules cleaning;
    struct wn_error error = {0};

    (void)state;
    assert_int_equal(parse(&cleaning, text, &error), 0);
    assert_int_equal(cleaning.count, sizeof wanted / sizeof *wanted);
    for (size_t r = 0; r < cleaning.count; r++) {
        assert_string_equal(cleaning.rule[r].name, wanted[r].name);
        assert_string_equal(cleaning.rule[r].action->name, wanted[r].action);
        assert_string_equal(
            cleaning.rule[r].line == wanted[r].line ? cleaning.rule[r].text
                                                    : "another line",
            strchr(wanted[r].text, ':') ? wanted[r].text
                                        : cleaning.rule[r].text);
    }
    assert_string_equal(cleaning.rule[4].old, "countries.txt");
    assert_true(cleaning.rule[3].low == 0 && cleaning.rule[3].high == 120);
    wn_clean_rules_free(&cleaning);
}

/* A rule, a cell, what it returns, the cell behind it. */
static const struct {
    const char *rule, *cell;
    int returned;
    const char *after;
} cells[] = {
    {"trim", "a b", 0, NULL},
    {"trim", " \t\r\n", 1, ""},
    {"trim", " a b\xc2\xa0 ", 1, "a b"},
    {"trim", "\xc2\xa0\xa0", 1, "\xa0"},
    {"trim", "", 0, NULL},
    {"lower", "abc 1", 0, NULL},
    {"lower", "ABC 1", 1, "abc 1"},
    {"lower",
     "\xc3\x89"
     "COLE \xce\x94",
     1,
     "\xc3\xa9"
     "cole \xce\xb4"},
    {"lower", "\xc3\xa9", 0, NULL},
    {"lower",
     "A\xff"
     "B",
     1,
     "a\xff"
     "b"},
    {"replace /,/./", "1,2,3", 1, "1.2.3"},
    {"replace /,/./", "123", 0, NULL},
    {"replace /b*/x/", "abc", 1, "xaxxcx"},
    {"replace /^(\\w)(\\w*)$/\\U$1\\E$2/", "cat", 1, "Cat"},
    {"replace /(?<y>\\d+)-(\\d+)/$2\\/${y}/", "2020-12", 1, "12/2020"},
    {"replace /\\//\\\\/", "a/b", 1, "a\\b"},
    {"replace /a/$$/", "banana", 1, "b$n$n$"},
    {"replace /a//i", "bAnana", 1, "bnn"},
    {"replace /a/a/", "banana", 0, NULL},
    {"replace /(a)|(b)/[$2]/", "ab", 1, "[][b]"},
    {"replace /a/x/",
     "\xff"
     "a\xc3"
     "a",
     1,
     "\xff"
     "x\xc3"
     "x"},
    {"replace /^$/none/", "", 1, "none"},
    {"replace /./-/", "\xc3\xa9\xff", 1, "-\xff"},
    {"na /n\\/?a|-/i", "N/A", 1, ""},
    {"na /n\\/?a|-/i", "a-b", 0, NULL},
    {"na /.*/", "", 0, NULL},
    {"map \"cat \" = Cat", "cat ", 1, "Cat"},
    {"map \"cat \" = Cat", "cat", 0, NULL},
    {"map \"\" = none", "", 1, "none"},
    {"map a=\"\"", "a", 1, ""},
    {"map \"\\x41\\u00e9\\\"\\\\\\n\\t\\r\" = z", "A\xc3\xa9\"\\\n\t\r", 1,
     "z"},
    {"require /[0-9]{5}/", "12345", 0, NULL},
    {"require /[0-9]{5}/", "123456", 1, NULL},
    {"require /.*/", "\xff", 1, NULL},
    {"range 0..120", "120", 0, NULL},
    {"range 0..120", " 0 ", 0, NULL},
    {"range 0..120", "121", 1, NULL},
    {"range 0..120", "abc", 1, NULL},
    {"range ..-1.5e0", "-2", 0, NULL},
    {"range ..-1.5e0", "-1", 1, NULL},
    {"range 1...5e1", "5", 0, NULL},
    {"require /(a+)+/", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", 2,
     NULL},
    {"replace /(a+)+$/x/", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", 2,
     NULL},
};

static void applies_to_cells(void **state)
{
    struct wn_error error = {0};
    struct wn_clean_scratch scratch = {wn_matcher_new(), {0}, 1000, false};

    (void)state;
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        char text[200] = "x: ", padded[WN_NUMBER_PAD + 200] = {0};
        struct wn_clean_rules cleaning;
        const struct wn_cell cell = {padded + WN_NUMBER_PAD,
                                     strlen(cells[i].cell)};

        strcpy(padded + WN_NUMBER_PAD, cells[i].cell);

        strcat(text, cells[i].rule);
        assert_int_equal(parse(&cleaning, text, &error), 0);
        const struct wn_clean_rule *rule = cleaning.rule;
        const int returned = rule->action->apply(rule, &cell, &scratch, &error);
        if (returned != cells[i].returned)
            fail_msg("%s on '%s' returns %d", cells[i].rule, cells[i].cell,
                     returned);
        if (cells[i].after) {
            assert_int_equal(scratch.out.length, strlen(cells[i].after));
            assert_memory_equal(scratch.out.bytes, cells[i].after,
                                scratch.out.length);
        }
        wn_clean_rules_free(&cleaning);
    }
    wn_matcher_free(scratch.matcher);
    wn_text_free(&scratch.out);
}

/* A change that is too large, or puts a NUL byte into a cell. */
static void refuses_bad_cells(void **state)
{
    static const char *const wanted[][2] = {
        {"x: replace /a/$0$0$0/",
         "makes a cell of 31 bytes, wanted at most 20"},
        {"x: replace /a/\\x{0}/", "makes a NUL byte, wanted text"}};
    struct wn_error error = {0};
    struct wn_clean_scratch scratch = {wn_matcher_new(), {0}, 20, false};
    const struct wn_cell cell = {"aaaaaaaaaa", 10};

    (void)state;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        struct wn_clean_rules cleaning;

        error = (struct wn_error){0};
        assert_int_equal(parse(&cleaning, wanted[i][0], &error), 0);
        assert_int_equal(cleaning.rule->action->apply(cleaning.rule, &cell,
                                                      &scratch, &error),
                         -1);
        assert_string_equal(error.text, wanted[i][1]);
        wn_clean_rules_free(&cleaning);
    }
    wn_matcher_free(scratch.matcher);
    wn_text_free(&scratch.out);
}

/* What is written is read again as the same texts, whatever they are. */
static void written_rules_come_back(void **state)
{
    static const char *const texts[] = {"cat ",
                                        "Cat",
                                        "a\"b\\c",
                                        "x\ny\tz\x01\x7f",
                                        "",
                                        "caf\xc3\xa9",
                                        "cafe\xcc\x81",
                                        "a\xc2\xa0"
                                        "b",
                                        "\xe2\x80\xae"
                                        "evil",
                                        "# no comment",
                                        "a = b",
                                        "\xf0\x9f\x98\xba",
                                        "\xef\xbb\xbf"};
    static const char *const columns[] = {"label",     "a.b",  "the class",
                                          "a:b\"c\\d", "x\ny", "[i|j]*#",
                                          "n\xcc\x83", "a/b"};
    const size_t many = sizeof texts / sizeof *texts;
    struct wn_error error = {0};
    struct wn_matcher *matcher = wn_matcher_new();

    (void)state;
    for (size_t i = 0; i < many * (sizeof columns / sizeof *columns); i++) {
        const char *old = texts[i % many], *new = texts[(i + 1) % many];
        const char *column = columns[i / many];
        struct wn_clean_rules cleaning;
        struct wn_text out = {0};

        wn_variants_write_rule(&out, column, old, strlen(old), new,
                               strlen(new));
        assert_int_equal(parse(&cleaning, out.bytes, &error), 0);
        assert_string_equal(cleaning.rule->old, old);
        assert_string_equal(cleaning.rule->new, new);
        assert_int_equal(wn_regex_match(cleaning.rule->columns, matcher, column,
                                        strlen(column), &error),
                         1);
        assert_int_equal(wn_regex_match(cleaning.rule->columns, matcher,
                                        "another", 7, &error),
                         0);
        wn_clean_rules_free(&cleaning);
        wn_text_free(&out);
    }
    wn_matcher_free(matcher);
}

static void a_written_rule_is_readable(void **state)
{
    struct wn_text out = {0};

    (void)state;
    wn_variants_write_rule(&out, "the label", "cafe\xcc\x81 ", 7, "Caf\xc3\xa9",
                           5);
    assert_string_equal(
        out.bytes, "\"the label\": map \"cafe\\u0301 \" = \"Caf\xc3\xa9\"");
    wn_text_free(&out);
}

/* Random lines of what rules are made of: read or refused, never worse. */
static void survives_random_lines(void **state)
{
    static const char *const parts[] = {
        "a",       "x: ",      ": ",    "\"",       "\\",    "/",        " ",
        "\n",      "#",        "map ",  "replace ", "na ",   "range ",   "..",
        "1",       "=",        "$1",    "(",        ")",     "*",        "trim",
        "one-of ", "require ", "i",     "\\x4",     "\\u12", "\xc3\xa9", "\xff",
        "$",       "{",        "lower", "unique",   "\r",    "\\Q",      "[",
        "(?",      "${",       "\\E"};
    struct wn_random random;

    (void)state;
    wn_random_start(&random, 7, WN_RANDOM_SAMPLE, 0, 0);
    for (int i = 0; i < 100000; i++) {
        struct wn_error error = {0};
        struct wn_clean_rules cleaning;
        char text[200] = "";

        for (int p = (int)wn_random_below(&random, 16); p >= 0; p--)
            strcat(
                text,
                parts[wn_random_below(&random, sizeof parts / sizeof *parts)]);
        if (parse(&cleaning, text, &error))
            assert_true(error.code && error.text[0]);
        wn_clean_rules_free(&cleaning);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_lines_of_the_manual),
        cmocka_unit_test(applies_to_cells),
        cmocka_unit_test(refuses_bad_cells),
        cmocka_unit_test(written_rules_come_back),
        cmocka_unit_test(a_written_rule_is_readable),
        cmocka_unit_test(survives_random_lines),
    };

    return cmocka_run_group_tests_name("cleaning", tests, NULL, NULL);
}
