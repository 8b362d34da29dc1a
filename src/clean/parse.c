/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of rules taken apart; see parse.h and winnow-rules(5). */
#include "clean/parse.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clean/actions.h"
#include "clean/lexer.h"
#include "util/memory.h"
#include "util/number.h"

enum { NAME_BYTES = 100 }; /* of the longest name of a rule */

/* Behind the last slash: `i` or nothing. */
static int compile(struct wn_lexer *line, const char *pattern, unsigned how,
                   struct wn_regex **regex, struct wn_error *error)
{
    if (line->at < line->end && *line->at == 'i') {
        line->at++;
        how |= WN_REGEX_CASELESS;
    }
    if (line->at < line->end && !wn_is_blank(*line->at))
        return wn_lexer_wanted(line, "i or nothing after the last slash",
                               error);
    *regex = wn_regex_new(pattern, strlen(pattern), how, error);
    return *regex ? 0 : wn_lexer_fail(line, error);
}

/* --- what stands behind each action ------------------------------------- */

static int parse_nothing(struct wn_lexer *line, struct wn_clean_rule *rule,
                         struct wn_error *error)
{
    (void)line;
    (void)rule;
    (void)error;
    return 0;
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
    char *pattern = NULL;
    int status = wn_lexer_take_pattern(line, &pattern, error);

    if (status == 0)
        status = compile(line, pattern, WN_REGEX_WHOLE, &rule->regex, error);
    free(pattern);
    return status;
}

static int parse_replace(struct wn_lexer *line, struct wn_clean_rule *rule,
                         struct wn_error *error)
{
    struct wn_matcher *matcher = wn_matcher_new(error);
    char *pattern = NULL;
    int status = matcher ? wn_lexer_take_pattern(line, &pattern, error) : -1;

    if (status == 0) {
        rule->new = wn_lexer_take_between(
            line, '/', "a slash at the end of the replacement", error);
        status =
            rule->new ? compile(line, pattern, 0, &rule->regex, error) : -1;
    }
    if (status == 0 && wn_regex_check(rule->regex, matcher, rule->new, error))
        status = wn_lexer_fail(line, error);
    free(pattern);
    wn_matcher_free(matcher);
    return status;
}

static int parse_map(struct wn_lexer *line, struct wn_clean_rule *rule,
                     struct wn_error *error)
{
    static const char wanted[] = "OLD = NEW, in quotes where there are blanks";
    struct wn_lexer from = *line;

    wn_lexer_skip(&from);
    rule->old = wn_lexer_take_text(line, "=", wanted, error);
    if (!rule->old)
        return -1;
    wn_lexer_skip(line);
    if (line->at == line->end || *line->at != '=')
        return wn_lexer_wanted(line,
                               "= and the new text; a text with blanks "
                               "stands in quotes",
                               error);
    line->at++;
    rule->new = wn_lexer_take_text(line, "", wanted, error);
    if (!rule->new)
        return -1;
    return strcmp(rule->old, rule->new)
               ? 0
               : wn_lexer_wanted(&from, "two different texts", error);
}

static bool is_bound(const char *begin, const char *end, double *value)
{
    return begin == end ||
           (!wn_is_blank(*begin) && !wn_is_blank(end[-1]) &&
            wn_number_parse(begin, (size_t)(end - begin), value));
}

static int parse_range(struct wn_lexer *line, struct wn_clean_rule *rule,
                       struct wn_error *error)
{
    wn_lexer_skip(line);
    const struct wn_lexer from = *line;
    const size_t length = wn_lexer_word(line, "");
    const char *dots = memmem(from.at, length, "..", 2);
    rule->low = -INFINITY;
    rule->high = INFINITY;
    if (length <= 2 || !dots || !is_bound(from.at, dots, &rule->low) ||
        !is_bound(dots + 2, line->at, &rule->high))
        return wn_lexer_wanted(&from,
                               "MIN..MAX, numbers of which one may be "
                               "left out",
                               error);
    return rule->low <= rule->high
               ? 0
               : wn_lexer_wanted(&from, "the smaller number first", error);
}

static int parse_one_of(struct wn_lexer *line, struct wn_clean_rule *rule,
                        struct wn_error *error)
{
    rule->old = wn_lexer_take_text(line, "", "FILE", error);
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

static int parse_action(struct wn_lexer *line, struct wn_clean_rule *rule,
                        struct wn_error *error)
{
    struct wn_text wanted = {0};
    struct wn_lexer from = *line;
    int status = 0;

    const size_t length = wn_lexer_word(line, "/\"");
    for (size_t a = 0; a < ACTIONS; a++)
        if (strlen(actions[a].name) == length &&
            memcmp(actions[a].name, from.at, length) == 0)
            rule->action = &actions[a];
    if (rule->action)
        return rule->action->parse(line, rule, error);
    for (size_t a = 0; a < ACTIONS && status == 0; a++)
        status = wn_text_format(&wanted, "%s%s",
                                a == 0             ? ""
                                : a + 1 == ACTIONS ? " or "
                                                   : ", ",
                                actions[a].name);
    from.end = line->at;
    if (status == 0)
        wn_lexer_wanted(&from, wn_text_of(&wanted), error);
    wn_text_free(&wanted);
    return -1;
}

/* A word before the colon, or something in quotes; it becomes *text, as it
 * stands. */
static int take_head(struct wn_lexer *line, char **text, struct wn_error *error)
{
    wn_lexer_skip(line);
    const char *begin = line->at;
    if (begin < line->end && *begin == '"') {
        line->at++;
        *text = wn_lexer_take_between(
            line, '"', "a quote at the end of the columns", error);
        return *text ? 0 : -1;
    }
    const size_t length = wn_lexer_word(line, ":\"");
    if (length == 0)
        return wn_lexer_wanted(line, "the columns and a colon", error);
    *text = wn_copy_text(begin, length);
    return *text ? 0 : -1;
}

static bool at_colon(struct wn_lexer *line)
{
    wn_lexer_skip(line);
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
static int parse_head(struct wn_lexer *line, struct wn_clean_rule *rule,
                      const char **text, struct wn_error *error)
{
    struct wn_lexer from = *line;
    char *head = NULL;
    int status = -1;

    *text = line->at;
    if (take_head(line, &head, error))
        return -1;
    from.end = line->at;
    if (!at_colon(line) && *from.at != '"') {
        if (!is_name(head) || strlen(head) > NAME_BYTES) {
            wn_lexer_wanted(&from,
                            "a name of letters, digits, dots, hyphens "
                            "and underscores, or the columns and a colon",
                            error);
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
        wn_lexer_wanted(line,
                        "a colon after the columns; with blanks "
                        "they stand in quotes",
                        error);
        goto done;
    }
    line->at++;
    rule->columns = wn_regex_new(head, strlen(head), WN_REGEX_WHOLE, error);
    status = rule->columns ? 0 : wn_lexer_fail(line, error);
    rule->head = head;
    head = NULL;
done:
    free(head);
    return status;
}

/* The rule's own text, and its name where none was given. */
static int name_rule(const struct wn_lexer *line, const char *begin,
                     struct wn_clean_rule *rule)
{
    struct wn_text name = {0};
    const char *end = line->at;
    size_t shorter = NAME_BYTES;

    while (end > begin && wn_is_blank(end[-1]))
        end--;
    const size_t length = (size_t)(end - begin);
    rule->text = wn_copy_text(begin, length);
    if (!rule->text || rule->name)
        return 0;
    if (length <= NAME_BYTES) {
        rule->name = wn_copy_text(begin, length);
        return rule->name ? 0 : -1;
    }
    while (shorter && (begin[shorter] & 0xc0) == 0x80)
        shorter--;
    wn_text_format(&name, "%.*s... (line %zu)", (int)shorter, begin,
                   line->number);
    rule->name = name.bytes;
    return 0;
}

static int check_name(const struct wn_clean_rules *cleaning,
                      const struct wn_clean_rule *rule, struct wn_error *error)
{
    static const char *const taken[] = {"missing", "number", "date", "boolean"};

    for (size_t t = 0; t < sizeof taken / sizeof *taken; t++)
        if (strcmp(taken[t], rule->name) == 0)
            return wn_fail(error, WN_EDATA,
                           "%s:%zu: found the name '%s', "
                           "which ingest gives, wanted another",
                           cleaning->file, rule->line, rule->name);
    for (size_t r = 0; r < cleaning->count; r++)
        if (strcmp(cleaning->rule[r].name, rule->name) == 0)
            return wn_fail(error, WN_EDATA,
                           "%s:%zu: found the %s '%s' again "
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

static int parse_rule(struct wn_clean_rules *cleaning, struct wn_lexer *line,
                      struct wn_error *error)
{
    struct wn_clean_rule rule = {.line = line->number};
    const char *text = NULL;
    int status = parse_head(line, &rule, &text, error);

    if (status == 0) {
        wn_lexer_skip(line);
        status = parse_action(line, &rule, error);
    }
    if (status == 0)
        status = name_rule(line, text, &rule);
    if (status == 0) {
        wn_lexer_skip(line);
        if (!wn_lexer_at_end(line))
            status = wn_lexer_wanted(line, "the end of the rule", error);
        else
            status = check_name(cleaning, &rule, error);
    }
    if (status == 0)
        status = wn_grow(&cleaning->rule, &cleaning->room, cleaning->count + 1,
                         sizeof rule);
    if (status == 0)
        cleaning->rule[cleaning->count++] = rule;
    else
        free_rule(&rule);
    return status;
}

static int parse_line(struct wn_clean_rules *cleaning, size_t number,
                      const char *text, size_t length, struct wn_error *error)
{
    struct wn_lexer line = {cleaning->file, number, text, text + length};

    if (length > WN_CLEANING_LINE)
        return wn_fail(error, WN_EDATA,
                       "%s:%zu: found a line of %zu bytes, "
                       "wanted at most %d",
                       line.file, number, length, WN_CLEANING_LINE);
    if (memchr(text, '\0', length) || !wn_text_is_utf8(text, length))
        return wn_fail(error, WN_EDATA,
                       "%s:%zu: found bytes that are no "
                       "UTF-8 text, wanted a rule",
                       line.file, number);
    wn_lexer_skip(&line);
    if (wn_lexer_at_end(&line))
        return 0;
    if (cleaning->count == WN_CLEANING_RULES)
        return wn_fail(error, WN_EDATA,
                       "%s:%zu: found another rule, wanted "
                       "at most %d",
                       line.file, number, WN_CLEANING_RULES);
    return parse_rule(cleaning, &line, error);
}

int wn_clean_rules_parse(struct wn_clean_rules *cleaning, const char *file,
                         const char *text, size_t length,
                         struct wn_error *error)
{
    size_t number = 0;

    cleaning->file = wn_copy_text(file, strlen(file));
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
        return wn_fail(error, WN_EDATA,
                       "%s: found no rule, wanted one at "
                       "least",
                       file);
    return 0;
}

void wn_clean_rules_free(struct wn_clean_rules *cleaning)
{
    for (size_t r = 0; r < cleaning->count; r++)
        free_rule(&cleaning->rule[r]);
    free(cleaning->rule);
    free(cleaning->file);
    *cleaning = (struct wn_clean_rules){0};
}
