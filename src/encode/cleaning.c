/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of rules taken apart; see cleaning.h and winnow-rules(5). */
#include "encode/cleaning.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encode/clean_apply.h"
#include "util/memory.h"
#include "util/number.h"

enum { SHOWN = 60, NAME_BYTES = 100 };

struct wn_clean_line {
    const char *file;
    size_t number;
    const char *at, *end;
};

static bool blank(char c)
{
    return c == ' ' || c == '\t';
}

static void skip_blanks(struct wn_clean_line *line)
{
    while (line->at < line->end && blank(*line->at))
        line->at++;
}

static bool at_end(const struct wn_clean_line *line)
{
    return line->at == line->end || *line->at == '#';
}

/* What stands here, for a message. */
static int shown(const struct wn_clean_line *line)
{
    const size_t left = (size_t)(line->end - line->at);

    return (int)(left < SHOWN ? left : SHOWN);
}

static int fail_wanted(const struct wn_clean_line *line, const char *wanted,
                       struct wn_error *error)
{
    if (line->at == line->end)
        return wn_fail(error, WN_EDATA, "%s:%zu: found the end of the line, "
                       "wanted %s", line->file, line->number, wanted);
    return wn_fail(error, WN_EDATA, "%s:%zu: found '%.*s', wanted %s",
                   line->file, line->number, shown(line), line->at, wanted);
}

/* A failure of an expression, with the place in front. */
static int fail_at(const struct wn_clean_line *line, struct wn_error *error)
{
    return wn_fail(error, WN_EDATA, "%s:%zu", line->file, line->number);
}

/* --- parts of a line ---------------------------------------------------- */

/* From `at` to the next `mark` that no backslash protects; NULL if there is
 * none. */
static const char *find_mark(const struct wn_clean_line *line, char mark)
{
    const char *at = line->at;

    while (at < line->end && *at != mark)
        at += *at == '\\' && at + 1 < line->end ? 2 : 1;
    return at < line->end ? at : NULL;
}

/* What follows a mark up to the next one, as it stands. */
static char *take_between(struct wn_clean_line *line, char mark,
                          const char *wanted, struct wn_error *error)
{
    const char *begin = line->at;
    const char *end = find_mark(line, mark);

    if (!end) {
        fail_wanted(line, wanted, error);
        return NULL;
    }
    line->at = end + 1;
    return wn_copy_text(begin, (size_t)(end - begin), error);
}

/* Hexadecimal digits behind a backslash and a letter. -1 if there are not so
 * many. */
static long take_digits(struct wn_clean_line *line, int count)
{
    char digits[5] = {0};

    for (int i = 0; i < count; i++, line->at++) {
        if (line->at == line->end || !isxdigit((unsigned char)*line->at))
            return -1;
        digits[i] = *line->at;
    }
    return strtol(digits, NULL, 16);
}

/* UTF-8 of a code point below 2^16; the number of bytes. */
static size_t encode(long point, char out[3])
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (char)(0xc0 | point >> 6);
        out[1] = (char)(0x80 | (point & 0x3f));
        return 2;
    }
    out[0] = (char)(0xe0 | point >> 12);
    out[1] = (char)(0x80 | (point >> 6 & 0x3f));
    out[2] = (char)(0x80 | (point & 0x3f));
    return 3;
}

/* What a backslash and the letter behind it stand for; `at` is behind the
 * backslash. */
static int take_escape(struct wn_clean_line *line, struct wn_text *out,
                       struct wn_error *error)
{
    static const char letters[] = "\"\\nrt", meant[] = "\"\\\n\r\t";
    struct wn_clean_line from = *line;
    char bytes[3];

    from.at--;
    const char letter = *line->at++;
    const char *known = strchr(letters, letter);
    if (letter && known)
        return wn_text_add(out, &meant[known - letters], 1, error);
    const long point = letter == 'x'   ? take_digits(line, 2)
                       : letter == 'u' ? take_digits(line, 4)
                                       : -1;
    if (point <= 0 || (point >= 0xd800 && point < 0xe000))
        return fail_wanted(&from, "\\\", \\\\, \\n, \\r, \\t, \\xNN or "
                           "\\uNNNN, no NUL", error);
    bytes[0] = (char)point;
    return wn_text_add(out, bytes, letter == 'x' ? 1 : encode(point, bytes),
                       error);
}

static int take_quoted(struct wn_clean_line *line, struct wn_text *out,
                       struct wn_error *error)
{
    const struct wn_clean_line from = *line;

    for (line->at++; line->at < line->end && *line->at != '"';) {
        const char c = *line->at++;

        if (c == '\\' && line->at < line->end ? take_escape(line, out, error)
                                              : wn_text_add(out, &c, 1, error))
            return -1;
    }
    if (line->at == line->end)
        return fail_wanted(&from, "a quote at its end", error);
    line->at++;
    return 0;
}

/* A TEXT: a word that ends before a blank or `stop`, or anything in quotes. */
static char *take_text(struct wn_clean_line *line, char stop,
                       const char *wanted, struct wn_error *error)
{
    struct wn_text out = {0};
    int status = 0;

    skip_blanks(line);
    const char *begin = line->at;
    if (at_end(line) || *begin == stop) {
        fail_wanted(line, wanted, error);
        return NULL;
    }
    if (*begin == '"') {
        status = take_quoted(line, &out, error);
    } else {
        while (line->at < line->end && !blank(*line->at) && *line->at != stop)
            line->at++;
        status = wn_text_add(&out, begin, (size_t)(line->at - begin), error);
    }
    char *text = status ? NULL
                        : wn_copy_text(wn_text_of(&out), out.length, error);
    wn_text_free(&out);
    return text;
}

/* /PATTERN/ with `at` on the first slash; leaves `at` behind the last one,
 * which is the first of a replacement's. */
static int take_pattern(struct wn_clean_line *line, char **pattern,
                        struct wn_error *error)
{
    skip_blanks(line);
    if (line->at == line->end || *line->at != '/')
        return fail_wanted(line, "/PATTERN/", error);
    line->at++;
    *pattern = take_between(line, '/', "a slash at the end of the pattern",
                            error);
    return *pattern ? 0 : -1;
}

/* Behind the last slash: `i` or nothing. */
static int compile(struct wn_clean_line *line, const char *pattern,
                   unsigned how, struct wn_regex **regex,
                   struct wn_error *error)
{
    if (line->at < line->end && *line->at == 'i') {
        line->at++;
        how |= WN_REGEX_CASELESS;
    }
    if (line->at < line->end && !blank(*line->at))
        return fail_wanted(line, "i or nothing after the last slash", error);
    *regex = wn_regex_new(pattern, strlen(pattern), how, error);
    return *regex ? 0 : fail_at(line, error);
}

/* --- what stands behind each action ------------------------------------- */

static int parse_nothing(struct wn_clean_line *line,
                         struct wn_clean_rule *rule, struct wn_error *error)
{
    (void)line;
    (void)rule;
    (void)error;
    return 0;
}

static int parse_lower(struct wn_clean_line *line, struct wn_clean_rule *rule,
                       struct wn_error *error)
{
    static const char capitals[] = "[\\p{Lu}\\p{Lt}]+", small[] = "\\L$0";

    (void)line;
    rule->new = wn_copy_text(small, strlen(small), error);
    rule->regex = wn_regex_new(capitals, strlen(capitals), 0, error);
    return rule->new && rule->regex ? 0 : -1;
}

static int parse_pattern(struct wn_clean_line *line,
                         struct wn_clean_rule *rule, struct wn_error *error)
{
    char *pattern = NULL;
    int status = take_pattern(line, &pattern, error);

    if (status == 0)
        status = compile(line, pattern, WN_REGEX_WHOLE, &rule->regex, error);
    free(pattern);
    return status;
}

static int parse_replace(struct wn_clean_line *line,
                         struct wn_clean_rule *rule, struct wn_error *error)
{
    struct wn_matcher *matcher = wn_matcher_new(error);
    char *pattern = NULL;
    int status = matcher ? take_pattern(line, &pattern, error) : -1;

    if (status == 0) {
        rule->new = take_between(line, '/',
                                 "a slash at the end of the replacement",
                                 error);
        status = rule->new ? compile(line, pattern, 0, &rule->regex, error)
                           : -1;
    }
    if (status == 0 &&
        wn_regex_check(rule->regex, matcher, rule->new, error))
        status = fail_at(line, error);
    free(pattern);
    wn_matcher_free(matcher);
    return status;
}

static int parse_map(struct wn_clean_line *line, struct wn_clean_rule *rule,
                     struct wn_error *error)
{
    static const char wanted[] = "OLD = NEW, in quotes where there are blanks";
    struct wn_clean_line from = *line;

    skip_blanks(&from);
    rule->old = take_text(line, '=', wanted, error);
    if (!rule->old)
        return -1;
    skip_blanks(line);
    if (line->at == line->end || *line->at != '=')
        return fail_wanted(line, "= and the new text; a text with blanks "
                           "stands in quotes", error);
    line->at++;
    rule->new = take_text(line, '\0', wanted, error);
    if (!rule->new)
        return -1;
    return strcmp(rule->old, rule->new)
               ? 0
               : fail_wanted(&from, "two different texts", error);
}

static bool is_bound(const char *begin, const char *end, double *value)
{
    return begin == end ||
           (!blank(*begin) && !blank(end[-1]) &&
            wn_number_parse(begin, (size_t)(end - begin), value));
}

static int parse_range(struct wn_clean_line *line, struct wn_clean_rule *rule,
                       struct wn_error *error)
{
    skip_blanks(line);
    const struct wn_clean_line from = *line;
    while (line->at < line->end && !blank(*line->at))
        line->at++;
    const size_t length = (size_t)(line->at - from.at);
    const char *dots = memmem(from.at, length, "..", 2);
    rule->low = -INFINITY;
    rule->high = INFINITY;
    if (length <= 2 || !dots || !is_bound(from.at, dots, &rule->low) ||
        !is_bound(dots + 2, line->at, &rule->high))
        return fail_wanted(&from, "MIN..MAX, numbers of which one may be left "
                           "out", error);
    return rule->low <= rule->high
               ? 0
               : fail_wanted(&from, "the smaller number first", error);
}

static int parse_one_of(struct wn_clean_line *line, struct wn_clean_rule *rule,
                        struct wn_error *error)
{
    rule->old = take_text(line, '\0', "FILE", error);
    return rule->old ? 0 : -1;
}

static const struct wn_clean_action actions[] = {
    {"trim", WN_CLEAN_FIX, parse_nothing, wn_clean_trim},
    {"lower", WN_CLEAN_FIX, parse_lower, wn_clean_lower},
    {"replace", WN_CLEAN_FIX, parse_replace, wn_clean_replace},
    {"na", WN_CLEAN_FIX, parse_pattern, wn_clean_na},
    {"map", WN_CLEAN_FIX, parse_map, wn_clean_map},
    {"require", WN_CLEAN_CHECK, parse_pattern, wn_clean_require},
    {"range", WN_CLEAN_CHECK, parse_range, wn_clean_range},
    {"one-of", WN_CLEAN_CHECK, parse_one_of, wn_clean_one_of},
    {"unique", WN_CLEAN_UNIQUE, parse_nothing, NULL},
    {"not-null", WN_CLEAN_MISSING, parse_nothing, wn_clean_not_null}};
enum { ACTIONS = sizeof actions / sizeof *actions };

/* --- a line ------------------------------------------------------------- */

static int parse_action(struct wn_clean_line *line, struct wn_clean_rule *rule,
                        struct wn_error *error)
{
    struct wn_text wanted = {0};
    struct wn_clean_line from = *line;
    int status = 0;

    while (line->at < line->end && !blank(*line->at) && *line->at != '/' &&
           *line->at != '"')
        line->at++;
    const size_t length = (size_t)(line->at - from.at);
    for (size_t a = 0; a < ACTIONS; a++)
        if (strlen(actions[a].name) == length &&
            memcmp(actions[a].name, from.at, length) == 0)
            rule->action = &actions[a];
    if (rule->action)
        return rule->action->parse(line, rule, error);
    for (size_t a = 0; a < ACTIONS && status == 0; a++)
        status = wn_text_format(&wanted, error, "%s%s",
                                a == 0             ? ""
                                : a + 1 == ACTIONS ? " or "
                                                   : ", ",
                                actions[a].name);
    from.end = line->at;
    if (status == 0)
        fail_wanted(&from, wn_text_of(&wanted), error);
    wn_text_free(&wanted);
    return -1;
}

/* A word before the colon, or something in quotes; it becomes *text, as it
 * stands. */
static int take_head(struct wn_clean_line *line, char **text,
                     struct wn_error *error)
{
    skip_blanks(line);
    const char *begin = line->at;
    if (begin < line->end && *begin == '"') {
        line->at++;
        *text = take_between(line, '"', "a quote at the end of the columns",
                             error);
        return *text ? 0 : -1;
    }
    while (line->at < line->end && !blank(*line->at) && *line->at != ':' &&
           *line->at != '"')
        line->at++;
    if (line->at == begin)
        return fail_wanted(line, "the columns and a colon", error);
    *text = wn_copy_text(begin, (size_t)(line->at - begin), error);
    return *text ? 0 : -1;
}

static bool at_colon(struct wn_clean_line *line)
{
    skip_blanks(line);
    return line->at < line->end && *line->at == ':';
}

static bool is_name(const char *text)
{
    if (!isalpha((unsigned char)*text) && *text != '_')
        return false;
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && !strchr("._-", *text))
            return false;
    return true;
}

/* [NAME] COLUMNS: and leave `at` behind the colon; *text begins where COLUMNS
 * do. */
static int parse_head(struct wn_clean_line *line, struct wn_clean_rule *rule,
                      const char **text, struct wn_error *error)
{
    struct wn_clean_line from = *line;
    char *head = NULL;
    int status = -1;

    *text = line->at;
    if (take_head(line, &head, error))
        return -1;
    from.end = line->at;
    if (!at_colon(line) && *from.at != '"') {
        if (!is_name(head) || strlen(head) > NAME_BYTES) {
            fail_wanted(&from, "a name of letters, digits, dots, hyphens and "
                        "underscores, or the columns and a colon", error);
            goto done;
        }
        rule->name = head;
        head = NULL;
        *text = line->at;
        from = *line;
        if (take_head(line, &head, error))
            goto done;
    }
    if (!at_colon(line)) {
        fail_wanted(line, "a colon after the columns; with blanks they stand "
                    "in quotes", error);
        goto done;
    }
    line->at++;
    rule->columns = wn_regex_new(head, strlen(head), WN_REGEX_WHOLE, error);
    status = rule->columns ? 0 : fail_at(line, error);
    rule->head = head;
    head = NULL;
done:
    free(head);
    return status;
}

/* The rule's own text, and its name where none was given. */
static int name_rule(const struct wn_clean_line *line, const char *begin,
                     struct wn_clean_rule *rule, struct wn_error *error)
{
    struct wn_text name = {0};
    const char *end = line->at;
    size_t shorter = NAME_BYTES;

    while (end > begin && blank(end[-1]))
        end--;
    const size_t length = (size_t)(end - begin);
    rule->text = wn_copy_text(begin, length, error);
    if (!rule->text || rule->name)
        return rule->text ? 0 : -1;
    if (length <= NAME_BYTES) {
        rule->name = wn_copy_text(begin, length, error);
        return rule->name ? 0 : -1;
    }
    while (shorter && (begin[shorter] & 0xc0) == 0x80)
        shorter--;
    if (wn_text_format(&name, error, "%.*s... (line %zu)", (int)shorter, begin,
                       line->number)) {
        wn_text_free(&name);
        return -1;
    }
    rule->name = name.bytes;
    return 0;
}

static int check_name(const struct wn_cleaning *cleaning,
                      const struct wn_clean_rule *rule, struct wn_error *error)
{
    static const char *const taken[] = {"missing", "number", "date",
                                        "boolean"};

    for (size_t t = 0; t < sizeof taken / sizeof *taken; t++)
        if (strcmp(taken[t], rule->name) == 0)
            return wn_fail(error, WN_EDATA, "%s:%zu: found the name '%s', "
                           "which ingest gives, wanted another",
                           cleaning->file, rule->line, rule->name);
    for (size_t r = 0; r < cleaning->count; r++)
        if (strcmp(cleaning->rule[r].name, rule->name) == 0)
            return wn_fail(error, WN_EDATA, "%s:%zu: found the %s '%s' again "
                           "(line %zu has it), wanted another",
                           cleaning->file, rule->line,
                           strcmp(rule->name, rule->text) ? "name" : "rule",
                           rule->name, cleaning->rule[r].line);
    return 0;
}

static void free_rule(struct wn_clean_rule *rule)
{
    free(rule->name);
    free(rule->text);
    free(rule->head);
    free(rule->old);
    free(rule->new);
    wn_regex_free(rule->columns);
    wn_regex_free(rule->regex);
    wn_dictionary_free(&rule->values);
}

static int parse_rule(struct wn_cleaning *cleaning,
                      struct wn_clean_line *line, struct wn_error *error)
{
    struct wn_clean_rule rule = {.line = line->number};
    const char *text = NULL;
    int status = parse_head(line, &rule, &text, error);

    if (status == 0) {
        skip_blanks(line);
        status = parse_action(line, &rule, error);
    }
    if (status == 0)
        status = name_rule(line, text, &rule, error);
    if (status == 0) {
        skip_blanks(line);
        if (!at_end(line))
            status = fail_wanted(line, "the end of the rule", error);
        else
            status = check_name(cleaning, &rule, error);
    }
    if (status == 0)
        status = wn_grow(&cleaning->rule, &cleaning->room,
                         cleaning->count + 1, sizeof rule, error);
    if (status == 0)
        cleaning->rule[cleaning->count++] = rule;
    else
        free_rule(&rule);
    return status;
}

static int parse_line(struct wn_cleaning *cleaning, size_t number,
                      const char *text, size_t length, struct wn_error *error)
{
    struct wn_clean_line line = {cleaning->file, number, text, text + length};

    if (length > WN_CLEANING_LINE)
        return wn_fail(error, WN_EDATA, "%s:%zu: found a line of %zu bytes, "
                       "wanted at most %d", line.file, number, length,
                       WN_CLEANING_LINE);
    if (memchr(text, '\0', length) || !wn_text_is_utf8(text, length))
        return wn_fail(error, WN_EDATA, "%s:%zu: found bytes that are no "
                       "UTF-8 text, wanted a rule", line.file, number);
    skip_blanks(&line);
    if (at_end(&line))
        return 0;
    if (cleaning->count == WN_CLEANING_RULES)
        return wn_fail(error, WN_EDATA, "%s:%zu: found another rule, wanted "
                       "at most %d", line.file, number, WN_CLEANING_RULES);
    return parse_rule(cleaning, &line, error);
}

int wn_cleaning_parse(struct wn_cleaning *cleaning, const char *file,
                      const char *text, size_t length, struct wn_error *error)
{
    size_t number = 0;

    cleaning->file = wn_copy_text(file, strlen(file), error);
    if (!cleaning->file)
        return -1;
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        length -= 3;
    }
    for (const char *end = text + length; text < end;) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        const size_t whole = (size_t)((stop ? stop : end) - text);
        const bool cr = whole && text[whole - 1] == '\r';

        if (parse_line(cleaning, ++number, text, whole - cr, error))
            return -1;
        text = stop ? stop + 1 : end;
    }
    if (cleaning->count == 0)
        return wn_fail(error, WN_EDATA, "%s: found no rule, wanted one at "
                       "least", file);
    return 0;
}

void wn_cleaning_free(struct wn_cleaning *cleaning)
{
    for (size_t r = 0; r < cleaning->count; r++)
        free_rule(&cleaning->rule[r]);
    free(cleaning->rule);
    free(cleaning->file);
    *cleaning = (struct wn_cleaning){0};
}
