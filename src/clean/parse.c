/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Read files of rules, line by line; see parse.h and winnow-rules(5). */
#include "clean/parse.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/file.h"
#include "util/memory.h"
#include "util/number.h"

enum {
    NAME_BYTES = 100, /* of a rule's name */
    SHOWN_BYTES = 60, /* of the line in a message */
    RULES_BYTES = 1 << 24,
    LIST_BYTES = 1 << 28,
    VALUE_BYTES = 1 << 20
};

/* --- the lexer ----------------------------------------------------------- */

struct wn_lexer {
    const char *file;
    size_t number;            /* of the line in the file, from 1 */
    const char *at, *end;     /* the rest of the line; UTF-8 without NUL */
    const char *begin, *stop; /* all of it */
};

/* "FILE:LINE: found 'rest of the line', wanted WANTED", with a caret below. */
static int fail_wanted(const struct wn_lexer *line, const char *wanted,
                       struct wn_error *error)
{
    const size_t left = (size_t)(line->end - line->at);

    const size_t length = (size_t)(line->stop - line->begin);
    const size_t at = (size_t)(line->at - line->begin);

    if (left == 0)
        return wn_fail_at(error, line->begin, length, at,
                          "%s:%zu: found the end of the line, wanted %s",
                          line->file, line->number, wanted);
    return wn_fail_at(
        error, line->begin, length, at, "%s:%zu: found '%.*s', wanted %s",
        line->file, line->number,
        (int)(left < SHOWN_BYTES ? left : SHOWN_BYTES), line->at, wanted);
}

/* Put file and line in front of a message. */
static int fail_line(const struct wn_lexer *line, struct wn_error *error)
{
    return wn_fail(error, WN_EDATA, "%s:%zu", line->file, line->number);
}

static void skip_blanks(struct wn_lexer *line)
{
    while (line->at < line->end && wn_is_blank(*line->at))
        line->at++;
}

/* Whether nothing is left but a comment. */
static bool at_end(const struct wn_lexer *line)
{
    return line->at == line->end || *line->at == '#';
}

/* Skip blanks; whether `c` is next. */
static bool at_char(struct wn_lexer *line, char c)
{
    skip_blanks(line);
    return line->at < line->end && *line->at == c;
}

/* Go to the next blank or one of `stops`; returns the bytes in between. */
static size_t take_word(struct wn_lexer *line, const char *stops)
{
    const char *begin = line->at;

    while (line->at < line->end && !wn_is_blank(*line->at) &&
           !strchr(stops, *line->at))
        line->at++;
    return (size_t)(line->at - begin);
}

/* The text up to the next `mark` without a backslash before it, escapes
 * included; `at` goes after the mark. NULL if there is none. */
static char *take_until(struct wn_lexer *line, char mark, const char *wanted,
                        struct wn_error *error)
{
    const char *begin = line->at, *end = begin;

    while (end < line->end && *end != mark)
        end += *end == '\\' && end + 1 < line->end ? 2 : 1;
    if (end >= line->end) {
        fail_wanted(line, wanted, error);
        return NULL;
    }
    line->at = end + 1;
    return wn_copy_text(begin, (size_t)(end - begin));
}

/* Append what an escape stands for; `at` is after the backslash. */
static int take_escape(struct wn_lexer *line, struct wn_text *out,
                       struct wn_error *error)
{
    static const char letters[] = "\"\\nrt", meanings[] = "\"\\\n\r\t";
    struct wn_lexer from = *line;
    char digits[5] = {0};
    char bytes[4];

    from.at--;
    const char letter = *line->at++;
    const char *known = strchr(letters, letter);
    if (letter && known) {
        wn_text_add(out, &meanings[known - letters], 1);
        return 0;
    }
    const int count = letter == 'x' ? 2 : letter == 'u' ? 4 : 0;
    for (int i = 0; i < count && line->at < line->end &&
                    isxdigit((unsigned char)*line->at);
         i++)
        digits[i] = *line->at++;
    const unsigned long point = strtoul(digits, NULL, 16);
    const size_t length =
        letter == 'x' ? 1 : wn_text_write_point((uint32_t)point, bytes);
    if (count == 0 || digits[count - 1] == 0 || point == 0 || length == 0)
        return fail_wanted(&from,
                           "\\\", \\\\, \\n, \\r, \\t, \\xNN or \\uNNNN, no "
                           "NUL",
                           error);
    if (letter == 'x')
        bytes[0] = (char)point;
    wn_text_add(out, bytes, length);
    return 0;
}

/* A TEXT: a word that ends before a blank or one of `stops`, or anything in
 * quotes. NULL on failure. */
static char *take_text(struct wn_lexer *line, const char *stops,
                       const char *wanted, struct wn_error *error)
{
    struct wn_text out = {0};
    char *text = NULL;

    skip_blanks(line);
    const struct wn_lexer from = *line;
    if (at_end(line) || strchr(stops, *from.at)) {
        fail_wanted(line, wanted, error);
        return NULL;
    }
    if (*from.at != '"') {
        const size_t length = take_word(line, stops);

        return wn_copy_text(from.at, length);
    }
    for (line->at++; line->at < line->end && *line->at != '"';) {
        const char c = *line->at++;

        if (c != '\\' || line->at == line->end)
            wn_text_add(&out, &c, 1);
        else if (take_escape(line, &out, error))
            goto done;
    }
    if (line->at == line->end) {
        fail_wanted(&from, "a quote at its end", error);
        goto done;
    }
    line->at++;
    text = wn_copy_text(wn_text_of(&out), out.length);
done:
    wn_text_free(&out);
    return text;
}

/* /PATTERN/; `at` goes after the last slash. NULL on failure. */
static char *take_pattern(struct wn_lexer *line, struct wn_error *error)
{
    if (!at_char(line, '/')) {
        fail_wanted(line, "/PATTERN/", error);
        return NULL;
    }
    line->at++;
    return take_until(line, '/', "a slash at the end of the pattern", error);
}

/* --- the actions --------------------------------------------------------- */

/* Compile a pattern whose last slash was read: the flag `i` may follow. */
static int compile_pattern(struct wn_lexer *line, const char *pattern,
                           unsigned flags, struct wn_regex **regex,
                           struct wn_error *error)
{
    if (line->at < line->end && *line->at == 'i') {
        line->at++;
        flags |= WN_REGEX_CASELESS;
    }
    if (line->at < line->end && !wn_is_blank(*line->at))
        return fail_wanted(line, "i or nothing after the last slash", error);
    *regex = wn_regex_new(pattern, strlen(pattern), flags, error);
    return *regex ? 0 : fail_line(line, error);
}

static int parse_lower(struct wn_lexer *line, struct wn_clean_rule *rule,
                       struct wn_error *error)
{
    static const char capitals[] = "[\\p{Lu}\\p{Lt}]+", small[] = "\\L$0";

    (void)line;
    rule->new = wn_copy_text(small, strlen(small));
    rule->regex = wn_regex_new(capitals, strlen(capitals), 0, error);
    return rule->regex ? 0 : -1;
}

static int parse_pattern(struct wn_lexer *line, struct wn_clean_rule *rule,
                         struct wn_error *error)
{
    char *pattern = take_pattern(line, error);
    const int status = pattern ? compile_pattern(line, pattern, WN_REGEX_WHOLE,
                                                 &rule->regex, error)
                               : -1;

    free(pattern);
    return status;
}

static int parse_replace(struct wn_lexer *line, struct wn_clean_rule *rule,
                         struct wn_error *error)
{
    char *pattern = take_pattern(line, error);
    int status = -1;

    if (pattern)
        rule->new = take_until(line, '/',
                               "a slash at the end of the replacement", error);
    if (pattern && rule->new)
        status = compile_pattern(line, pattern, 0, &rule->regex, error);
    if (status == 0 && wn_regex_check(rule->regex, rule->new, error))
        status = fail_line(line, error);
    free(pattern);
    return status;
}

static int parse_map(struct wn_lexer *line, struct wn_clean_rule *rule,
                     struct wn_error *error)
{
    static const char wanted[] = "OLD = NEW, in quotes where there are blanks";

    skip_blanks(line);
    const struct wn_lexer from = *line;
    rule->old = take_text(line, "=", wanted, error);
    if (!rule->old)
        return -1;
    if (!at_char(line, '='))
        return fail_wanted(line,
                           "= and the new text; a text with blanks stands in "
                           "quotes",
                           error);
    line->at++;
    rule->new = take_text(line, "", wanted, error);
    if (!rule->new)
        return -1;
    return strcmp(rule->old, rule->new)
               ? 0
               : fail_wanted(&from, "two different texts", error);
}

/* A bound of a range: a number without blanks, or nothing. */
static bool parse_bound(const char *begin, const char *end, double *value)
{
    return begin == end ||
           (!wn_is_blank(*begin) && !wn_is_blank(end[-1]) &&
            wn_number_parse(begin, (size_t)(end - begin), value));
}

static int parse_range(struct wn_lexer *line, struct wn_clean_rule *rule,
                       struct wn_error *error)
{
    skip_blanks(line);
    const struct wn_lexer from = *line;
    const size_t length = take_word(line, "");
    const char *dots = memmem(from.at, length, "..", 2);
    rule->low = -INFINITY;
    rule->high = INFINITY;
    if (length <= 2 || !dots || !parse_bound(from.at, dots, &rule->low) ||
        !parse_bound(dots + 2, line->at, &rule->high))
        return fail_wanted(
            &from, "MIN..MAX, numbers of which one may be left out", error);
    return rule->low <= rule->high
               ? 0
               : fail_wanted(&from, "the smaller number first", error);
}

static int parse_one_of(struct wn_lexer *line, struct wn_clean_rule *rule,
                        struct wn_error *error)
{
    rule->old = take_text(line, "", "FILE", error);
    return rule->old ? 0 : -1;
}

static const struct wn_clean_action actions[] = {
    {"trim", WN_CLEAN_FIX, NULL, wn_clean_trim},
    {"lower", WN_CLEAN_FIX, parse_lower, wn_clean_lower},
    {"replace", WN_CLEAN_FIX, parse_replace, wn_clean_replace},
    {"na", WN_CLEAN_FIX, parse_pattern, wn_clean_na},
    {"map", WN_CLEAN_FIX, parse_map, wn_clean_map},
    {"require", WN_CLEAN_CHECK, parse_pattern, wn_clean_require},
    {"range", WN_CLEAN_CHECK, parse_range, wn_clean_range},
    {"one-of", WN_CLEAN_CHECK, parse_one_of, wn_clean_one_of},
    {"unique", WN_CLEAN_UNIQUE, NULL, NULL},
    {"not-null", WN_CLEAN_MISSING, NULL, NULL}};
enum { ACTIONS = sizeof actions / sizeof *actions };

/* --- rules of rows ------------------------------------------------------- */

static const struct wn_clean_action row_action = {"row", WN_CLEAN_ROW, NULL,
                                                  NULL},
                                    row_unique = {"unique", WN_CLEAN_ROW_UNIQUE,
                                                  NULL, NULL};

/* Whether the word `word` is next, before a blank or a bracket. */
static bool at_word(const struct wn_lexer *line, const char *word)
{
    const size_t size = strlen(word);
    const size_t left = (size_t)(line->end - line->at);

    return left >= size && memcmp(line->at, word, size) == 0 &&
           (left == size || wn_is_blank(line->at[size]) ||
            line->at[size] == '(' || line->at[size] == '#');
}

/* The bytes of a column's name that needs no quotes. */
static size_t name_bytes(const struct wn_lexer *line)
{
    const char *at = line->at;

    if (at < line->end && (isdigit((unsigned char)*at) || strchr("-.", *at)))
        return 0;
    while (at < line->end &&
           (isalnum((unsigned char)*at) || (*at & 0x80) || strchr("_.-", *at)))
        at++;
    return (size_t)(at - line->at);
}

/* Whether a rule of a row begins here: "when", "unique (", or a column and a
 * sign. */
static bool at_row_rule(struct wn_lexer line)
{
    skip_blanks(&line);
    const bool when = at_word(&line, "when");
    const bool unique = at_word(&line, "unique");
    size_t size = name_bytes(&line);

    if (line.at < line.end && *line.at == '"')
        for (size = 1; line.at + size < line.end; size++)
            if (line.at[size] == '"' && line.at[size - 1] != '\\') {
                size++;
                break;
            }
    line.at += size;
    skip_blanks(&line);
    if (size == 0 || line.at == line.end)
        return false;
    return (when && *line.at != ':') || (unique && *line.at == '(') ||
           strchr("=<>!", *line.at);
}

static int take_operand(struct wn_lexer *line, const char *text,
                        struct wn_clean_operand *side, struct wn_error *error)
{
    static const char wanted[] =
        "a column, a number, a text in ' ' or NA; in \" \" is a column";
    double value;

    skip_blanks(line);
    const struct wn_lexer from = *line;
    side->at = (size_t)(line->at - text);
    if (line->at < line->end && *line->at == '"') {
        side->text = take_text(line, "", wanted, error);
        return side->text ? 0 : -1;
    }
    if (line->at < line->end && *line->at == '\'') {
        line->at++;
        side->kind = WN_OPERAND_TEXT;
        side->text = take_until(line, '\'', "a quote at its end", error);
        return side->text ? 0 : -1;
    }
    size_t length = name_bytes(line);
    line->at += length;
    if (length == 0) {
        length = take_word(line, "=<>!(),'\"");
        side->kind = WN_OPERAND_TEXT;
        if (length == 0 || !wn_number_parse(from.at, length, &value))
            return fail_wanted(&from, wanted, error);
    } else if (length == 2 && memcmp(from.at, "NA", 2) == 0) {
        side->kind = WN_OPERAND_NA;
    }
    side->text = wn_copy_text(from.at, length);
    return 0;
}

static struct wn_clean_comparison *add_comparison(struct wn_clean_rule *rule)
{
    wn_grow(&rule->comparison, &rule->comparison_capacity,
            rule->comparisons + 1, sizeof *rule->comparison);
    rule->comparison[rule->comparisons] = (struct wn_clean_comparison){0};
    return &rule->comparison[rule->comparisons++];
}

/* "a >= b and c = 'x'". */
static int parse_condition(struct wn_lexer *line, const char *text,
                           struct wn_clean_rule *rule, struct wn_error *error)
{
    static const char *const sign[] = {"=", "!=", "<=", ">=", "<", ">"};

    for (;;) {
        struct wn_clean_comparison *made = add_comparison(rule);
        size_t s = sizeof sign / sizeof *sign;

        skip_blanks(line);
        const struct wn_lexer from = *line;
        if (take_operand(line, text, &made->side[0], error))
            return -1;
        skip_blanks(line);
        while (s-- > 0)
            if (strlen(sign[s]) <= (size_t)(line->end - line->at) &&
                memcmp(line->at, sign[s], strlen(sign[s])) == 0 &&
                (s < WN_IS_BELOW || line->at + 1 == line->end ||
                 line->at[1] != '='))
                break;
        if (s >= sizeof sign / sizeof *sign)
            return fail_wanted(line, "=, !=, <, <=, > or >=", error);
        made->relation = (enum wn_clean_relation)s;
        const struct wn_lexer at_sign = *line;
        line->at += strlen(sign[s]);
        if (take_operand(line, text, &made->side[1], error))
            return -1;
        const bool na = made->side[0].kind == WN_OPERAND_NA ||
                        made->side[1].kind == WN_OPERAND_NA;
        if (made->side[0].kind != WN_OPERAND_COLUMN &&
            made->side[1].kind != WN_OPERAND_COLUMN)
            return fail_wanted(&from, "a column on one side", error);
        if (na && s > WN_IS_UNEQUAL)
            return fail_wanted(&at_sign, "= or != with NA", error);
        skip_blanks(line);
        if (!at_word(line, "and"))
            return 0;
        line->at += strlen("and");
    }
}

/* What follows the name; `text` is where the rule begins. */
static int parse_row_rule(struct wn_lexer *line, const char *text,
                          struct wn_clean_rule *rule, struct wn_error *error)
{
    rule->action = &row_action;
    skip_blanks(line);
    if (at_word(line, "unique")) {
        rule->action = &row_unique;
        line->at += strlen("unique");
        if (!at_char(line, '('))
            return fail_wanted(line, "the columns in ( )", error);
        do {
            line->at++;
            skip_blanks(line);
            const struct wn_lexer from = *line;
            struct wn_clean_operand *side = &add_comparison(rule)->side[0];

            if (take_operand(line, text, side, error))
                return -1;
            if (side->kind != WN_OPERAND_COLUMN)
                return fail_wanted(&from, "a column", error);
        } while (at_char(line, ','));
        if (!at_char(line, ')'))
            return fail_wanted(line, ", or )", error);
        line->at++;
        return 0;
    }
    if (!at_word(line, "when"))
        return parse_condition(line, text, rule, error);
    line->at += strlen("when");
    if (parse_condition(line, text, rule, error))
        return -1;
    rule->premises = rule->comparisons;
    skip_blanks(line);
    if (!at_word(line, "then"))
        return fail_wanted(line, "and, or then", error);
    line->at += strlen("then");
    return parse_condition(line, text, rule, error);
}

/* mostly=SHARE behind a check. */
static int parse_mostly(struct wn_lexer *line, struct wn_clean_rule *rule,
                        struct wn_error *error)
{
    static const char word[] = "mostly=";
    const size_t size = sizeof word - 1;
    struct wn_lexer after = *line;

    skip_blanks(&after);
    if ((size_t)(after.end - after.at) < size ||
        memcmp(after.at, word, size) != 0)
        return 0;
    *line = after;
    if (rule->action->kind == WN_CLEAN_FIX)
        return fail_wanted(line, "mostly= behind a check only", error);
    line->at += size;
    const struct wn_lexer from = *line;
    const size_t length = take_word(line, "");
    if (!wn_number_parse(from.at, length, &rule->mostly) ||
        !(rule->mostly > 0 && rule->mostly < 1))
        return fail_wanted(&from, "a share between 0 and 1", error);
    return 0;
}

/* --- a line -------------------------------------------------------------- */

/* Columns as they stand: a word before the colon, or anything in quotes. NULL
 * on failure. */
static char *take_columns(struct wn_lexer *line, struct wn_error *error)
{
    if (at_char(line, '"')) {
        line->at++;
        return take_until(line, '"', "a quote at the end of the columns",
                          error);
    }
    const char *begin = line->at;
    const size_t length = take_word(line, ":\"");
    if (length)
        return wn_copy_text(begin, length);
    fail_wanted(line, "the columns and a colon", error);
    return NULL;
}

/* [NAME] COLUMNS: up to and with the colon, or [NAME] before a rule of a row.
 * *text becomes the beginning of what follows the name. */
static int parse_head(struct wn_lexer *line, struct wn_clean_rule *rule,
                      const char **text, struct wn_error *error)
{
    struct wn_lexer from = *line;

    *text = line->at;
    if (at_row_rule(*line))
        return 0;
    rule->columns_text = take_columns(line, error);
    if (!rule->columns_text)
        return -1;
    from.end = line->at;
    if (!at_char(line, ':') && *from.at != '"') {
        const char *name = rule->columns_text;
        bool fits = strlen(name) <= NAME_BYTES &&
                    (isalpha((unsigned char)*name) || *name == '_');

        for (; *name; name++)
            fits =
                fits && (isalnum((unsigned char)*name) || strchr("._-", *name));
        if (!fits)
            return fail_wanted(&from,
                               "a name of letters, digits, dots, hyphens and "
                               "underscores, or the columns and a colon",
                               error);
        rule->name = rule->columns_text;
        rule->columns_text = NULL;
        *text = line->at;
        if (at_row_rule(*line))
            return 0;
        rule->columns_text = take_columns(line, error);
        if (!rule->columns_text)
            return -1;
    }
    if (!at_char(line, ':'))
        return fail_wanted(line,
                           "a colon after the columns; with blanks they stand "
                           "in quotes",
                           error);
    line->at++;
    rule->columns = wn_regex_new(rule->columns_text, strlen(rule->columns_text),
                                 WN_REGEX_WHOLE, error);
    return rule->columns ? 0 : fail_line(line, error);
}

static int parse_action(struct wn_lexer *line, struct wn_clean_rule *rule,
                        struct wn_error *error)
{
    struct wn_text names = {0};

    skip_blanks(line);
    struct wn_lexer from = *line;
    const size_t length = take_word(line, "/\"");
    for (size_t a = 0; a < ACTIONS; a++)
        if (strlen(actions[a].name) == length &&
            memcmp(actions[a].name, from.at, length) == 0)
            rule->action = &actions[a];
    if (rule->action)
        return rule->action->parse ? rule->action->parse(line, rule, error) : 0;
    for (size_t a = 0; a < ACTIONS; a++)
        wn_text_format(&names, "%s%s",
                       a == 0             ? ""
                       : a + 1 == ACTIONS ? " or "
                                          : ", ",
                       actions[a].name);
    from.end = line->at;
    fail_wanted(&from, wn_text_of(&names), error);
    wn_text_free(&names);
    return -1;
}

static void free_rule(struct wn_clean_rule *rule)
{
    free(rule->name);
    free(rule->text);
    free(rule->columns_text);
    free(rule->old);
    free(rule->new);
    wn_regex_free(rule->columns);
    wn_regex_free(rule->regex);
    wn_dictionary_free(&rule->values);
    for (size_t c = 0; c < rule->comparisons; c++)
        for (int side = 0; side < 2; side++)
            free(rule->comparison[c].side[side].text);
    free(rule->comparison);
}

static int parse_line(struct wn_clean_rules *rules, size_t number,
                      const char *text, size_t length, struct wn_error *error)
{
    struct wn_lexer line = {rules->file,   number, text,
                            text + length, text,   text + length};
    struct wn_clean_rule rule = {.line = number, .mostly = 1};
    /* The defects that ingest finds itself. */
    static const char *const taken[] = {"missing", "number", "date", "boolean"};
    const char *begin;

    if (length > WN_CLEAN_LINE_BYTES)
        return wn_fail(error, WN_EDATA,
                       "%s:%zu: found a line of %zu bytes, wanted at most %d",
                       line.file, number, length, WN_CLEAN_LINE_BYTES);
    if (memchr(text, '\0', length) || !wn_text_is_utf8(text, length))
        return wn_fail(error, WN_EDATA,
                       "%s:%zu: found bytes that are not UTF-8 text, wanted a "
                       "rule",
                       line.file, number);
    skip_blanks(&line);
    if (at_end(&line))
        return 0;
    if (rules->count == WN_CLEAN_MAX_RULES)
        return wn_fail(error, WN_EDATA,
                       "%s:%zu: found another rule, wanted at most %d",
                       line.file, number, WN_CLEAN_MAX_RULES);
    if (parse_head(&line, &rule, &begin, error) ||
        (rule.columns ? parse_action(&line, &rule, error)
                      : parse_row_rule(&line, begin, &rule, error)) ||
        parse_mostly(&line, &rule, error))
        goto fail;
    /* The text of the rule is its name if none was given. */
    length = (size_t)(line.at - begin);
    while (length && wn_is_blank(begin[length - 1]))
        length--;
    rule.text = wn_copy_text(begin, length);
    if (!rule.name && length <= NAME_BYTES) {
        rule.name = wn_copy_text(begin, length);
    } else if (!rule.name) {
        struct wn_text name = {0};

        length = NAME_BYTES;
        while (length && (begin[length] & 0xc0) == 0x80)
            length--;
        wn_text_format(&name, "%.*s... (line %zu)", (int)length, begin, number);
        rule.name = name.bytes;
    }
    skip_blanks(&line);
    if (!at_end(&line)) {
        fail_wanted(&line, "the end of the rule", error);
        goto fail;
    }
    for (size_t t = 0; t < sizeof taken / sizeof *taken; t++)
        if (strcmp(taken[t], rule.name) == 0) {
            wn_fail(error, WN_EDATA,
                    "%s:%zu: found the name '%s', which ingest gives, wanted "
                    "another",
                    line.file, number, rule.name);
            goto fail;
        }
    for (size_t r = 0; r < rules->count; r++)
        if (strcmp(rules->rule[r].name, rule.name) == 0) {
            wn_fail(error, WN_EDATA,
                    "%s:%zu: found the %s '%s' again (line %zu has it), wanted "
                    "another",
                    line.file, number,
                    strcmp(rule.name, rule.text) ? "name" : "rule", rule.name,
                    rules->rule[r].line);
            goto fail;
        }
    wn_grow(&rules->rule, &rules->capacity, rules->count + 1, sizeof rule);
    rules->rule[rules->count++] = rule;
    return 0;
fail:
    free_rule(&rule);
    return -1;
}

/* --- files --------------------------------------------------------------- */

/* The next line of *text, without its line end, and its length; *text goes to
 * the line after it. */
static const char *next_line(const char **text, const char *end, size_t *length)
{
    const char *line = *text;
    const char *stop = memchr(line, '\n', (size_t)(end - line));

    *length = (size_t)((stop ? stop : end) - line);
    *text = stop ? stop + 1 : end;
    if (*length && line[*length - 1] == '\r')
        --*length;
    return line;
}

int wn_clean_rules_parse(struct wn_clean_rules *rules, const char *file,
                         const char *text, size_t length,
                         struct wn_error *error)
{
    const char *end = text + length;
    size_t number = 0;

    rules->file = wn_copy_text(file, strlen(file));
    text += wn_text_mark(text, length);
    while (text < end) {
        const char *line = next_line(&text, end, &length);

        if (parse_line(rules, ++number, line, length, error))
            return -1;
    }
    return rules->count
               ? 0
               : wn_fail(error, WN_EDATA,
                         "%s: found no rule, wanted at least one", file);
}

/* All of a file of at most `max` bytes, for free(). */
static char *read_file(const char *path, size_t max, size_t *length,
                       struct wn_error *error)
{
    const int descriptor = wn_input_open(path, NULL, error);
    uint64_t size = 0;
    char *text = NULL;

    if (descriptor < 0)
        return NULL;
    if (wn_file_size(descriptor, path, &size, error) == 0 && size > max) {
        wn_fail(error, WN_EDATA, "%s: found %llu bytes, wanted at most %zu",
                path, (unsigned long long)size, max);
    } else if (!error->code) {
        *length = (size_t)size;
        text = wn_new(*length + 1, 1);
        if (wn_read_at(descriptor, text, *length, 0, path, error)) {
            free(text);
            text = NULL;
        }
    }
    close(descriptor);
    return text;
}

int wn_clean_rules_read(struct wn_clean_rules *rules, const char *path,
                        struct wn_error *error)
{
    const char *slash = strrchr(path, '/');
    const int folder = slash ? (int)(slash + 1 - path) : 0;
    struct wn_text list = {0};
    size_t length = 0;
    char *text = read_file(path, RULES_BYTES, &length, error);

    if (!text)
        return -1;
    int status = wn_clean_rules_parse(rules, path, text, length, error);
    free(text);
    /* The values of the one-of rules, one a line. */
    for (size_t r = 0; r < rules->count && status == 0; r++) {
        struct wn_clean_rule *rule = &rules->rule[r];
        size_t number = 0;

        if (rule->action->apply != wn_clean_one_of)
            continue;
        list.length = length = 0;
        wn_text_format(&list, "%.*s%s", *rule->old == '/' ? 0 : folder, path,
                       rule->old);
        text = read_file(list.bytes, LIST_BYTES, &length, error);
        const char *at = text;
        while (at && at < text + length && !error->code) {
            size_t bytes;
            const char *line = next_line(&at, text + length, &bytes);

            number++;
            if (bytes > VALUE_BYTES)
                wn_fail(error, WN_EDATA,
                        "%s:%zu: found a value of %zu bytes, wanted at most %d",
                        list.bytes, number, bytes, VALUE_BYTES);
            else if (bytes)
                wn_dictionary_add(&rule->values, line, bytes, 1, number);
        }
        free(text);
        if (!error->code && rule->values.count == 0)
            wn_fail(error, WN_EDATA, "%s: found no values, wanted one a line",
                    list.bytes);
        if (error->code)
            status =
                wn_fail(error, error->code, "%s:%zu", rules->file, rule->line);
    }
    wn_text_free(&list);
    return status;
}

void wn_clean_rules_free(struct wn_clean_rules *rules)
{
    for (size_t r = 0; r < rules->count; r++)
        free_rule(&rules->rule[r]);
    free(rules->rule);
    free(rules->file);
    *rules = (struct wn_clean_rules){0};
}
