/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The language of --where: a parser by recursive descent, which writes the
 * filter in postfix order, and a stack that evaluates it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clean/regex.h"
#include "select/select.h"
#include "util/memory.h"
#include "util/number.h"

enum {
    MAX_DEPTH = 100,          /* of nots and parentheses inside one another */
    MAX_STEPS = 10000,        /* comparisons, ands, ors and nots */
    STACK = 2 * MAX_DEPTH + 4 /* results that wait: two a level at most */
};

enum sign {
    IS_THERE, /* a field alone */
    EQUAL,
    NOT_EQUAL,
    LESS,
    AT_MOST,
    MORE,
    AT_LEAST,
    MATCHES
};

/* A comparison, or what joins the last one or two results. */
struct step {
    enum { COMPARE, NOT, AND, OR } kind;
    enum sign sign;
    struct wn_row_field field;
    double number; /* the value as a number; NaN if it is none */
    struct wn_text text;
    struct wn_regex *regex; /* of MATCHES */
};

struct filter {
    const struct wn_report *report;
    const char *option;
    struct step *step;
    size_t count, capacity;
};

struct parser {
    struct filter *filter;
    const char *text;
    size_t length, at; /* the place after the blanks */
    size_t depth;
    struct wn_error *error;
};

/* --- the parser ---------------------------------------------------------- */

static void skip_blanks(struct parser *parser)
{
    while (parser->at < parser->length &&
           strchr(" \t\r\n", parser->text[parser->at]))
        parser->at++;
}

/* "--where: found 'X', wanted WANTED", with a caret below X. */
static int fail_at(const struct parser *parser, const char *wanted)
{
    const size_t left = parser->length - parser->at;

    if (left == 0)
        return wn_fail_at(parser->error, parser->text, parser->length,
                          parser->at, "--%s: found the end, wanted %s",
                          parser->filter->option, wanted);
    return wn_fail_at(parser->error, parser->text, parser->length, parser->at,
                      "--%s: found '%.*s', wanted %s", parser->filter->option,
                      wn_text_shown(left), parser->text + parser->at, wanted);
}

/* Bytes up to a blank, a quote or a sign. */
static size_t word_length(const struct parser *parser)
{
    size_t end = parser->at;

    while (end < parser->length &&
           !memchr(" \t\r\n()=!<>~'\"", parser->text[end], 13))
        end++;
    return end - parser->at;
}

/* Take the word `and`, `or` or `not`, in either case, if it is next. */
static bool take_word(struct parser *parser, const char *word)
{
    const size_t length = word_length(parser);

    if (length != strlen(word) ||
        strncasecmp(parser->text + parser->at, word, length) != 0)
        return false;
    parser->at += length;
    skip_blanks(parser);
    return true;
}

static bool take_sign(struct parser *parser, const char *sign)
{
    const size_t length = strlen(sign);

    if (parser->length - parser->at < length ||
        memcmp(parser->text + parser->at, sign, length) != 0)
        return false;
    parser->at += length;
    skip_blanks(parser);
    return true;
}

static int add_step(struct parser *parser, const struct step *step)
{
    struct filter *filter = parser->filter;

    if (filter->count == MAX_STEPS)
        return wn_fail_at(parser->error, parser->text, parser->length,
                          parser->at, "--%s: wanted at most %d comparisons",
                          filter->option, MAX_STEPS / 2);
    wn_grow(&filter->step, &filter->capacity, filter->count + 1,
            sizeof *filter->step);
    filter->step[filter->count++] = *step;
    return 0;
}

/* A word, or a text in quotes. */
static int take_value(struct parser *parser, struct wn_text *out)
{
    const size_t begin = parser->at;
    const char quote = begin < parser->length ? parser->text[begin] : '\0';
    const size_t length = word_length(parser);

    if (quote != '\'' && quote != '"') {
        if (length == 0)
            return fail_at(parser, "a value; one with blanks or signs in "
                                   "quotes");
        wn_text_add(out, parser->text + begin, length);
        parser->at += length;
        skip_blanks(parser);
        return 0;
    }
    for (parser->at++; parser->at < parser->length; parser->at++) {
        if (parser->text[parser->at] == quote) {
            if (parser->at + 1 == parser->length ||
                parser->text[parser->at + 1] != quote) {
                parser->at++;
                skip_blanks(parser);
                return 0;
            }
            parser->at++;
        }
        wn_text_add(out, parser->text + parser->at, 1);
    }
    parser->at = begin;
    return fail_at(parser, "a quote at its end");
}

/* A value must be one of the words of its field: a misspelt class would
 * silently choose nothing. */
static int check_word(struct parser *parser, const struct step *step)
{
    const char *value = wn_text_of(&step->text), *near = NULL;
    size_t count = 0, best = step->text.length / 3 + 2;
    struct wn_text some = {0};
    char *const *words;

    if (!step->field.words || !*value)
        return 0;
    words = step->field.words(parser->filter->report, &count);
    for (size_t w = 0; w < count; w++) {
        const size_t distance = wn_text_distance(value, words[w]);

        if (strcmp(value, words[w]) == 0) {
            wn_text_free(&some);
            return 0;
        }
        if (distance < best) {
            best = distance;
            near = words[w];
        }
        if (some.length < 100)
            wn_text_format(&some, "%s%.80s", w ? ", " : "", words[w]);
        else if (w + 1 == count)
            wn_text_format(&some, " ...");
    }
    if (near)
        wn_text_format(&some, "; is '%.80s' meant?", near);
    fail_at(parser, wn_text_of(&some));
    wn_text_free(&some);
    return -1;
}

/* The value of a comparison, which fits its sign and its field. */
static int take_operand(struct parser *parser, struct step *step)
{
    const bool number = step->field.kind == WN_FIELD_IS_WHOLE ||
                        step->field.kind == WN_FIELD_IS_REAL;
    const bool equality = step->sign == EQUAL || step->sign == NOT_EQUAL;
    const struct parser from = *parser;
    struct wn_error why = {0};

    if (take_value(parser, &step->text))
        return -1;
    if (!wn_number_parse(wn_text_of(&step->text), step->text.length,
                         &step->number)) {
        step->number = NAN;
        if (step->sign != MATCHES && (number || !equality))
            return fail_at(&from, "a number");
    }
    /* As the field is printed, so that 0.1 is 0.1. */
    if (step->field.kind == WN_FIELD_IS_REAL)
        step->number = (double)(float)step->number;
    if (step->sign == MATCHES) {
        step->regex =
            wn_regex_new(wn_text_of(&step->text), step->text.length, 0, &why);
        return step->regex ? 0 : fail_at(&from, why.text);
    }
    return equality ? check_word((struct parser *)&from, step) : 0;
}

static int take_comparison(struct parser *parser)
{
    static const struct {
        const char *text;
        enum sign sign;
    } signs[] = {{"!=", NOT_EQUAL}, {"<=", AT_MOST}, {">=", AT_LEAST},
                 {"=", EQUAL},      {"<", LESS},     {">", MORE},
                 {"~", MATCHES}};
    const struct filter *filter = parser->filter;
    const size_t length = word_length(parser), begin = parser->at;
    struct step step = {.kind = COMPARE, .sign = IS_THERE};
    struct wn_error why = {0};

    if (length == 0)
        return fail_at(parser, "a field, not or (");
    if (wn_row_field_find(filter->report, parser->text + begin, length,
                          &step.field, &why))
        return wn_fail_at(parser->error, parser->text, parser->length, begin,
                          "--%s: %s", filter->option, why.text);
    parser->at += length;
    skip_blanks(parser);
    for (size_t s = 0; s < sizeof signs / sizeof *signs; s++)
        if (take_sign(parser, signs[s].text)) {
            step.sign = signs[s].sign;
            break;
        }
    if (step.sign == MATCHES && !step.field.text) {
        parser->at = begin;
        return fail_at(parser, "a field of text before ~");
    }
    if ((step.sign != IS_THERE && take_operand(parser, &step)) ||
        add_step(parser, &step)) {
        wn_text_free(&step.text);
        wn_regex_free(step.regex);
        return -1;
    }
    return 0;
}

static int take_any(struct parser *parser);

static int take_one(struct parser *parser)
{
    const struct step not = {.kind = NOT};
    const size_t begin = parser->at;
    int status;

    if (parser->depth == MAX_DEPTH)
        return wn_fail_at(parser->error, parser->text, parser->length, begin,
                          "--%s: wanted at most %d levels of not and (",
                          parser->filter->option, MAX_DEPTH);
    parser->depth++;
    if (take_word(parser, "not")) {
        status = take_one(parser);
        if (status == 0)
            status = add_step(parser, &not );
    } else if (take_sign(parser, "(")) {
        status = take_any(parser);
        if (status == 0 && !take_sign(parser, ")"))
            status = fail_at(parser, "and, or or )");
    } else {
        status = take_comparison(parser);
    }
    parser->depth--;
    return status;
}

static int take_all(struct parser *parser)
{
    const struct step and = {.kind = AND};
    int status = take_one(parser);

    while (status == 0 && take_word(parser, "and"))
        status = take_one(parser) || add_step(parser, &and) ? -1 : 0;
    return status;
}

static int take_any(struct parser *parser)
{
    const struct step or = {.kind = OR};
    int status = take_all(parser);

    while (status == 0 && take_word(parser, "or"))
        status = take_all(parser) || add_step(parser, & or) ? -1 : 0;
    return status;
}

static void free_steps(struct filter *filter)
{
    for (size_t s = 0; s < filter->count; s++) {
        wn_text_free(&filter->step[s].text);
        wn_regex_free(filter->step[s].regex);
    }
    free(filter->step);
}

/* --- evaluation ---------------------------------------------------------- */

static bool compare_numbers(double found, enum sign sign, double wanted)
{
    return sign == EQUAL       ? found == wanted
           : sign == NOT_EQUAL ? !(found == wanted)
           : sign == LESS      ? found < wanted
           : sign == AT_MOST   ? found <= wanted
           : sign == MORE      ? found > wanted
                               : found >= wanted;
}

/* 0 or 1; -1 on failure. */
static int compare(const struct filter *filter, const struct step *step,
                   size_t i, struct wn_text *text, struct wn_matcher *matcher,
                   struct wn_error *error)
{
    const struct wn_row_field *field = &step->field;
    const char *found;
    bool same;
    double value;

    if (!field->text) {
        value = wn_row_field_number(field, filter->report, i);
        return step->sign == IS_THERE
                   ? !isnan(value) && (value != 0 || field->place)
                   : compare_numbers(value, step->sign, step->number);
    }
    text->length = 0;
    wn_row_field_text(field, filter->report, i, text);
    found = text->length ? text->bytes : "";
    switch (step->sign) {
    case IS_THERE:
        return text->length != 0;
    case EQUAL:
    case NOT_EQUAL:
        same =
            field->kind == WN_FIELD_IS_WORDS
                ? wn_text_lists(found, ',', wn_text_of(&step->text),
                                step->text.length)
                : text->length == step->text.length &&
                      memcmp(found, wn_text_of(&step->text), text->length) == 0;
        return same == (step->sign == EQUAL);
    case MATCHES: {
        const int match =
            wn_regex_match(step->regex, matcher, found, text->length, error);

        return match < 2 ? match
                         : wn_fail(error, WN_EUSAGE,
                                   "--%s: the expression '%s' takes too long "
                                   "on row %zu",
                                   filter->option, wn_text_of(&step->text), i);
    }
    default:
        return wn_number_parse(found, text->length, &value) &&
               compare_numbers(value, step->sign, step->number);
    }
}

/* Set chosen[i] to 0 for each row where the filter does not hold. */
static int choose(const struct filter *filter, uint8_t *chosen,
                  struct wn_error *error)
{
    struct wn_matcher *matcher = wn_matcher_new();
    struct wn_text text = {0};
    int status = 0;

    for (size_t i = 0; i < filter->report->data.n && status == 0; i++) {
        int stack[STACK] = {0};
        size_t top = 0;

        for (size_t s = 0; chosen[i] && s < filter->count && status == 0; s++) {
            const struct step *step = &filter->step[s];

            if (step->kind == COMPARE) {
                stack[top] = compare(filter, step, i, &text, matcher, error);
                status = stack[top++] < 0 ? -1 : 0;
            } else if (step->kind == NOT) {
                stack[top - 1] = !stack[top - 1];
            } else {
                top--;
                stack[top - 1] = step->kind == AND
                                     ? stack[top - 1] && stack[top]
                                     : stack[top - 1] || stack[top];
            }
        }
        chosen[i] = chosen[i] && stack[0];
    }
    wn_text_free(&text);
    wn_matcher_free(matcher);
    return status;
}

int wn_filter_choose(const struct wn_report *report, const char *option,
                     const char *text, uint8_t *chosen, struct wn_error *error)
{
    struct filter filter = {.report = report, .option = option};
    struct parser parser = {.filter = &filter,
                            .text = text,
                            .length = strlen(text),
                            .error = error};
    int status;

    skip_blanks(&parser);
    status = take_any(&parser);
    if (status == 0 && parser.at < parser.length)
        status = fail_at(&parser, "and, or or the end");
    if (status == 0)
        status = choose(&filter, chosen, error);
    free_steps(&filter);
    return status;
}

/* --- the options --------------------------------------------------------- */

const struct wn_option wn_choice_options[] = {
    {.topic = "Which rows",
     .name = "list",
     .kind = WN_TEXT,
     .value = "ISSUES",
     .help = "list rows with one of these issues"},
    {.name = "class",
     .kind = WN_LIST,
     .value = "NAME",
     .help = "list rows with this given label; may be repeated"},
    {.name = "where",
     .kind = WN_TEXT,
     .value = "FILTER",
     .help = "list rows where FILTER holds: 'suspicion>0.9 and given=cat'"},
    {0}};

/* Keep the rows whose field is one of `count` values, and those chosen by an
 * option of the same name. */
static int choose_equal(const struct wn_report *report, const char *option,
                        const char *field, char *const *value, size_t count,
                        uint8_t *chosen, struct wn_error *error)
{
    struct filter filter = {.report = report, .option = option};
    int status = 0;

    for (size_t v = 0; v < count && status == 0; v++) {
        struct parser parser = {.filter = &filter,
                                .text = value[v],
                                .length = strlen(value[v]),
                                .error = error};
        struct step step = {.kind = COMPARE, .sign = EQUAL};
        const struct step or = {.kind = OR};

        status =
            wn_row_field_find(report, field, strlen(field), &step.field, error);
        if (status) {
            wn_fail(error, WN_EUSAGE, "--%s", option);
            break;
        }
        wn_text_add(&step.text, value[v], parser.length);
        status = add_step(&parser, &step);
        if (status)
            wn_text_free(&step.text);
        else
            status = check_word(&parser, &step);
        if (status == 0 && v)
            status = add_step(&parser, & or);
    }
    if (status == 0)
        status = choose(&filter, chosen, error);
    free_steps(&filter);
    return status;
}

int wn_choice_read(const struct wn_report *report,
                   const struct wn_options *options, uint8_t **chosen,
                   struct wn_error *error)
{
    const char *where = wn_option_text(options, "where");
    const char *list = wn_option_text(options, "list");
    size_t classes, issues = 0, capacity = 0;
    const char *const *class = wn_option_list(options, "class", &classes);
    char **issue = NULL;
    int status = 0;

    *chosen = NULL;
    if (!where && !list && !classes)
        return 0;
    *chosen = wn_new(report->data.n, 1);
    memset(*chosen, 1, report->data.n);
    for (const char *at = list; at; at = *at ? at + 1 : NULL) {
        const size_t size = strcspn(at, ",");

        wn_grow(&issue, &capacity, issues + 1, sizeof *issue);
        issue[issues++] = wn_copy_text(at, size);
        at += size;
    }
    if (list)
        status = choose_equal(report, "list", "issues", issue, issues, *chosen,
                              error);
    if (status == 0 && classes)
        status = choose_equal(report, "class", "given", (char *const *)class,
                              classes, *chosen, error);
    if (status == 0 && where)
        status = wn_filter_choose(report, "where", where, *chosen, error);
    wn_names_free(issue, issues);
    if (status) {
        free(*chosen);
        *chosen = NULL;
    }
    return status;
}
