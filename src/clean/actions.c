/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The actions of rules on one cell. */
#include "clean/actions.h"

#include <string.h>

#include "util/number.h"

static int become(struct wn_clean_tools *tools, const char *text, size_t length)
{
    tools->out.length = 0;
    return wn_text_add(&tools->out, text, length) ? -1 : 1;
}

static bool blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* U+00A0, between two blanks as it were. */
static bool no_break(const char *text)
{
    return memcmp(text, "\xc2\xa0", 2) == 0;
}

int wn_clean_trim(const struct wn_clean_rule *rule, const struct wn_cell *cell,
                  struct wn_clean_tools *tools, struct wn_error *error)
{
    const char *begin = cell->text, *end = begin + cell->length;

    (void)rule;
    while (begin < end)
        if (blank(end[-1]))
            end--;
        else if (end - begin >= 2 && no_break(end - 2))
            end -= 2;
        else
            break;
    while (begin < end)
        if (blank(*begin))
            begin++;
        else if (end - begin >= 2 && no_break(begin))
            begin += 2;
        else
            break;
    const size_t length = (size_t)(end - begin);
    return length == cell->length ? 0 : become(tools, begin, length);
}

int wn_clean_replace(const struct wn_clean_rule *rule,
                     const struct wn_cell *cell, struct wn_clean_tools *tools,
                     struct wn_error *error)
{
    const int done =
        wn_regex_replace(rule->regex, tools->matcher, cell->text, cell->length,
                         rule->new, tools->most, &tools->out, error);

    if (done != 1)
        return done;
    if (tools->out.length == cell->length &&
        memcmp(tools->out.bytes, cell->text, cell->length) == 0)
        return 0;
    return memchr(tools->out.bytes, '\0', tools->out.length)
               ? wn_fail(error, WN_EDATA, "makes a NUL byte, wanted text")
               : 1;
}

/* Numbers and words without capitals are most of what there is. */
int wn_clean_lower(const struct wn_clean_rule *rule, const struct wn_cell *cell,
                   struct wn_clean_tools *tools, struct wn_error *error)
{
    bool capital = false;

    for (size_t i = 0; i < cell->length; i++)
        capital |= (cell->text[i] >= 'A' && cell->text[i] <= 'Z') ||
                   (cell->text[i] & 0x80);
    return capital ? wn_clean_replace(rule, cell, tools, error) : 0;
}

int wn_clean_na(const struct wn_clean_rule *rule, const struct wn_cell *cell,
                struct wn_clean_tools *tools, struct wn_error *error)
{
    int found = cell->length ? wn_regex_match(rule->regex, tools->matcher,
                                              cell->text, cell->length, error)
                             : 0;

    return found == 1 ? become(tools, "", 0) : found;
}

int wn_clean_map(const struct wn_clean_rule *rule, const struct wn_cell *cell,
                 struct wn_clean_tools *tools, struct wn_error *error)
{
    return strlen(rule->old) == cell->length &&
                   memcmp(rule->old, cell->text, cell->length) == 0
               ? become(tools, rule->new, strlen(rule->new))
               : 0;
}

int wn_clean_require(const struct wn_clean_rule *rule,
                     const struct wn_cell *cell, struct wn_clean_tools *tools,
                     struct wn_error *error)
{
    const int found = wn_regex_match(rule->regex, tools->matcher, cell->text,
                                     cell->length, error);

    return found == 0 || found == 1 ? !found : found;
}

int wn_clean_range(const struct wn_clean_rule *rule, const struct wn_cell *cell,
                   struct wn_clean_tools *tools, struct wn_error *error)
{
    double value;

    (void)tools;
    (void)error;
    return !wn_number_parse(cell->text, cell->length, &value) ||
           value < rule->low || value > rule->high;
}

int wn_clean_one_of(const struct wn_clean_rule *rule,
                    const struct wn_cell *cell, struct wn_clean_tools *tools,
                    struct wn_error *error)
{
    (void)tools;
    (void)error;
    return wn_dictionary_find(&rule->values, cell->text, cell->length) < 0;
}

int wn_clean_not_null(const struct wn_clean_rule *rule,
                      const struct wn_cell *cell, struct wn_clean_tools *tools,
                      struct wn_error *error)
{
    (void)rule;
    (void)cell;
    (void)tools;
    (void)error;
    return 1;
}
