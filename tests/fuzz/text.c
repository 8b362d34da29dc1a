/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers, dates, command lines, cleaning rules and filters. */
#include "fuzz.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "clean/parse.h"
#include "clean/regex.h"
#include "select/select.h"
#include "util/date.h"
#include "util/number.h"
#include "util/options.h"

/* A copy with `before` readable bytes before it and a NUL behind. */
static char *copy(const char *bytes, size_t length, size_t before)
{
    char *text = calloc(1, before + length + 1);

    fuzz_need(text);
    memcpy(text + before, bytes, length);
    return text;
}

/* --- numbers ------------------------------------------------------------ */

static size_t digits(const char *text, size_t *at)
{
    const size_t begin = *at;

    while (text[*at] >= '0' && text[*at] <= '9')
        ++*at;
    return *at - begin;
}

/* Whether strtod() would read all of it and it is written in the way winnow
 * wants numbers; text ends with NUL. */
static bool is_decimal(const char *text, size_t length)
{
    size_t at = strspn(text, " \t"), found;

    at += text[at] == '+' || text[at] == '-';
    found = digits(text, &at);
    if (text[at] == '.') {
        at++;
        found += digits(text, &at);
    }
    if (found && (text[at] | 32) == 'e') {
        at++;
        at += text[at] == '+' || text[at] == '-';
        found = digits(text, &at);
    }
    at += strspn(text + at, " \t");
    return found && at == length;
}

int fuzz_number(const char *bytes, size_t length)
{
    char *text = copy(bytes, length, WN_NUMBER_PAD);
    double value = 0, padded = 0, back = 0;
    uint64_t size;
    char out[32];
    const bool taken = wn_number_parse(text + WN_NUMBER_PAD, length, &value);
    const double wanted = strtod(text + WN_NUMBER_PAD, NULL);

    fuzz_need(taken ==
              (is_decimal(text + WN_NUMBER_PAD, length) && isfinite(wanted)));
    fuzz_need(!taken || memcmp(&value, &wanted, sizeof value) == 0);
    fuzz_need(wn_number_parse_padded(text + WN_NUMBER_PAD, length, &padded) ==
              taken);
    fuzz_need(!taken || memcmp(&value, &padded, sizeof value) == 0);
    /* A text without points and with one comma is what it is with a point. */
    char *comma = memchr(text + WN_NUMBER_PAD, ',', length);
    if (!memchr(text + WN_NUMBER_PAD, '.', length) &&
        !memchr(text + WN_NUMBER_PAD, ' ', length) && length < 100) {
        const bool with =
            wn_number_parse_comma(text + WN_NUMBER_PAD, length, &padded);

        if (comma)
            *comma = '.';
        fuzz_need(with == wn_number_parse(text + WN_NUMBER_PAD, length, &back));
        fuzz_need(!with || memcmp(&padded, &back, sizeof back) == 0);
    }
    if (taken) {
        const size_t written = wn_number_format(value, out);

        fuzz_need(written < sizeof out && out[written] == 0);
        fuzz_need(wn_number_parse(out, written, &back) && back == value);
    }
    (void)!wn_size_parse(text + WN_NUMBER_PAD, &size);
    free(text);
    return taken;
}

/* --- dates -------------------------------------------------------------- */

int fuzz_date(const char *bytes, size_t length)
{
    char *text = copy(bytes, length, 0);
    const unsigned orders = wn_date_orders(text, length);
    char out[32];

    fuzz_need(orders < 1u << WN_DATE_ORDERS);
    for (unsigned order = 0; order < WN_DATE_ORDERS; order++) {
        struct wn_date date, again;
        const bool taken =
            wn_date_parse(text, length, (enum wn_date_order)order, &date);

        fuzz_need(taken == (orders >> order & 1));
        if (!taken)
            continue;
        fuzz_need(date.year >= 1 && date.year <= 9999);
        fuzz_need(date.month >= 1 && date.month <= 12);
        fuzz_need(date.day >= 1 && date.day <= 31);
        fuzz_need(date.second >= 0 && date.second < 86401);
        fuzz_need(abs(date.offset) < 24 * 60);
        fuzz_need(wn_date_weekday(&date) >= 0 && wn_date_weekday(&date) < 7);
        const double instant = wn_date_instant(&date);
        const size_t written = wn_date_format(instant, out);

        fuzz_need(isfinite(instant) && written < sizeof out);
        /* What a zone moves out of the years 1 to 9999 is no date. */
        if (wn_date_parse(out, written, WN_YEAR_FIRST, &again))
            fuzz_need(fabs(wn_date_instant(&again) - instant) <= 1);
        else
            fuzz_need(date.year == 1 || date.year == 9999);
    }
    free(text);
    return orders != 0;
}

/* --- command lines ------------------------------------------------------ */

/* clang-format off */
static const struct wn_option rows[] = {
    {.name = "flag", .letter = 'f', .kind = WN_FLAG, .recorded = true,
     .help = "a flag"},
    {.name = "text", .kind = WN_TEXT, .value = "T", .recorded = true,
     .help = "a text"},
    {.name = "whole", .letter = 'w', .kind = WN_WHOLE, .value = "N",
     .default_value = "3", .low = 1, .high = 1000, .recorded = true,
     .help = "a whole number"},
    {.name = "real", .kind = WN_REAL, .value = "X", .default_value = ".5",
     .low = 0, .high = 1, .recorded = true, .help = "a number"},
    {.name = "size", .kind = WN_SIZE, .value = "SIZE", .low = 1,
     .high = 0x1p40, .recorded = true, .help = "a size"},
    {.name = "choice", .kind = WN_CHOICE, .value = "C", .default_value = "one",
     .choices = "one|two|three", .recorded = true, .help = "a choice"},
    {.name = "subset", .kind = WN_SUBSET, .value = "S", .default_value = "none",
     .choices = "one|two|three", .recorded = true, .help = "a subset"},
    {.name = "list", .kind = WN_LIST, .value = "L", .recorded = true,
     .help = "a list"},
    {.name = "help", .letter = 'h', .kind = WN_FLAG, .help = "a help"},
    {.name = "version", .letter = 'V', .kind = WN_FLAG, .help = "a version"},
    {0}};
/* clang-format on */

static void check_options(const struct wn_options *options)
{
    struct wn_text text = {0};
    const double whole = wn_option_number(options, "whole");
    const double real = wn_option_number(options, "real");
    const char *choice = wn_option_text(options, "choice");
    size_t count;

    if (wn_option_on(options, "help") || wn_option_on(options, "version"))
        return;
    fuzz_need(whole >= 1 && whole <= 1000 && whole == floor(whole));
    fuzz_need(real >= 0 && real <= 1);
    fuzz_need(!wn_option_given(options, "size") ||
              (wn_option_number(options, "size") >= 1 &&
               wn_option_number(options, "size") <= 0x1p40));
    fuzz_need(strcmp(choice, "one") == 0 || strcmp(choice, "two") == 0 ||
              strcmp(choice, "three") == 0);
    const char *const *list = wn_option_list(options, "list", &count);
    for (size_t i = 0; i < count; i++)
        fuzz_need(list[i]);
    fuzz_need(wn_option_operands(options) <= 2);
    fuzz_need(!wn_options_describe(options, &text));
    fuzz_need(!strchr(wn_text_of(&text), '\n'));
    wn_text_free(&text);
}

int fuzz_options(const char *bytes, size_t length)
{
    enum { MOST = 64 };
    static const struct wn_program program = {
        .brief = "Fuzz.", .synopsis = "", .rows = rows, .max_operands = 2};
    struct wn_error error = {0};
    char *text = copy(bytes, length, 0), *rest = text, *argv[MOST + 1];
    char name[] = "fuzz";
    int argc = 0;

    argv[argc++] = name;
    for (char *word; argc < MOST && (word = strsep(&rest, "\n"));)
        argv[argc++] = word;
    argv[argc] = NULL;
    struct wn_options *options = wn_options_parse(&program, argc, argv, &error);
    if (options)
        check_options(options);
    else
        fuzz_need(error.code == WN_EUSAGE && *error.text);
    wn_options_free(options);
    free(text);
    return options != NULL;
}

/* --- cleaning rules ----------------------------------------------------- */

static void apply_rules(const struct wn_clean_rules *cleaning, const char *text,
                        size_t length)
{
    struct wn_error error = {0};
    struct wn_clean_scratch scratch = {.matcher = wn_matcher_new(),
                                       .max_bytes = 1 << 16};
    /* With the bytes before them that struct wn_cell wants. */
    static const char texts[] = "................"
                                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"
                                " 12.5 ";
    const struct wn_cell cells[] = {{texts + WN_NUMBER_PAD, 32},
                                    {texts + WN_NUMBER_PAD + 32, 6},
                                    {text, length}};

    for (size_t r = 0; r < cleaning->count; r++) {
        const struct wn_clean_rule *rule = &cleaning->rule[r];

        fuzz_need(rule->name && *rule->name && rule->text && rule->line);
        for (size_t c = 0; rule->action->apply && c < 3; c++) {
            const int did =
                rule->action->apply(rule, &cells[c], &scratch, &error);

            fuzz_need(did >= -1 && did <= 2);
            fuzz_need(did >= 0 || *error.text);
            error = (struct wn_error){0};
        }
    }
    wn_matcher_free(scratch.matcher);
    wn_text_free(&scratch.out);
}

int fuzz_rules(const char *bytes, size_t length)
{
    struct wn_error error = {0};
    struct wn_clean_rules cleaning = {0};
    char *text = copy(bytes, length, WN_NUMBER_PAD);
    const int status = wn_clean_rules_parse(
        &cleaning, "rules", text + WN_NUMBER_PAD, length, &error);

    if (status == 0)
        apply_rules(&cleaning, text + WN_NUMBER_PAD, length);
    else
        fuzz_need(strncmp(error.text, "rules", 5) == 0);
    wn_clean_rules_free(&cleaning);
    free(text);
    return status == 0;
}

/* --- filters ------------------------------------------------------------- */

int fuzz_filter(const char *bytes, size_t length)
{
    enum { ROWS = 3 };
    static char *class_name[] = {"cat", "it's"}, *check_name[] = {"label"};
    struct wn_report report = {.data = {.n = ROWS,
                                        .k = 2,
                                        .label = (int32_t[ROWS]){0, 1, -1},
                                        .label_name = class_name,
                                        .row_line = (uint64_t[ROWS]){2, 3, 4}},
                               .flagged = true,
                               .checks = 1,
                               .check_name = check_name,
                               .issue = (uint32_t[ROWS]){0, 1, 0},
                               .suspicion = (float[ROWS]){0, 1, NAN}};
    struct wn_error error = {0};
    uint8_t chosen[ROWS] = {1, 1, 0};
    char *text = copy(bytes, length, 0);
    const int status = wn_filter_choose(&report, "where", text, chosen, &error);

    /* A filter that is none has a caret; one may take too long on a row. */
    if (status)
        fuzz_need(error.code == WN_EUSAGE &&
                  (strchr(error.excerpt, '^') ||
                   strstr(error.text, "takes too long")));
    fuzz_need(chosen[0] <= 1 && chosen[1] <= 1 && chosen[2] == 0);
    free(text);
    return status == 0;
}
