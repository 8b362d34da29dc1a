/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each action of a rule does with one cell; see wn_clean_apply. */
#include <string.h>

#include "clean/parse.h"

static int change_cell(struct wn_clean_scratch *scratch, const char *text,
                       size_t length)
{
    scratch->out.length = 0;
    wn_text_add(&scratch->out, text, length);
    return 1;
}

/* The bytes of the blank or U+00A0 at the beginning; 0 if there is none. */
static size_t blank_bytes(const char *text, size_t length)
{
    if (length >= 1 && (*text == ' ' || (*text >= '\t' && *text <= '\r')))
        return 1;
    return length >= 2 && memcmp(text, "\xc2\xa0", 2) == 0 ? 2 : 0;
}

int wn_clean_trim(const struct wn_clean_rule *rule, const struct wn_cell *cell,
                  struct wn_clean_scratch *scratch, struct wn_error *error)
{
    const char *begin = cell->text;
    size_t length = cell->length, bytes;

    (void)rule;
    (void)error;
    while ((bytes = blank_bytes(begin, length)) > 0) {
        begin += bytes;
        length -= bytes;
    }
    while (length) {
        if (blank_bytes(begin + length - 1, 1) == 1)
            length--;
        else if (length >= 2 && blank_bytes(begin + length - 2, 2) == 2)
            length -= 2;
        else
            break;
    }
    return length == cell->length ? 0 : change_cell(scratch, begin, length);
}

int wn_clean_replace(const struct wn_clean_rule *rule,
                     const struct wn_cell *cell,
                     struct wn_clean_scratch *scratch, struct wn_error *error)
{
    const struct wn_text *out = &scratch->out;
    const int status = wn_regex_replace(
        rule->regex, scratch->matcher, cell->text, cell->length, rule->new,
        scratch->max_bytes, &scratch->out, error);

    if (status != 1)
        return status;
    if (out->length == cell->length &&
        memcmp(out->bytes, cell->text, cell->length) == 0)
        return 0;
    return memchr(out->bytes, '\0', out->length)
               ? wn_fail(error, WN_EDATA, "makes a NUL byte, wanted text")
               : 1;
}

/* Most cells are numbers or words without capitals and need no pattern. */
int wn_clean_lower(const struct wn_clean_rule *rule, const struct wn_cell *cell,
                   struct wn_clean_scratch *scratch, struct wn_error *error)
{
    bool capital = false;

    for (size_t i = 0; i < cell->length; i++)
        capital |= (cell->text[i] >= 'A' && cell->text[i] <= 'Z') ||
                   (cell->text[i] & 0x80);
    return capital ? wn_clean_replace(rule, cell, scratch, error) : 0;
}

int wn_clean_na(const struct wn_clean_rule *rule, const struct wn_cell *cell,
                struct wn_clean_scratch *scratch, struct wn_error *error)
{
    if (cell->length == 0)
        return 0;
    const int found = wn_regex_match(rule->regex, scratch->matcher, cell->text,
                                     cell->length, error);
    return found == 1 ? change_cell(scratch, "", 0) : found;
}

int wn_clean_map(const struct wn_clean_rule *rule, const struct wn_cell *cell,
                 struct wn_clean_scratch *scratch, struct wn_error *error)
{
    (void)error;
    return wn_text_compare(rule->old, strlen(rule->old), cell->text,
                           cell->length) == 0
               ? change_cell(scratch, rule->new, strlen(rule->new))
               : 0;
}

int wn_clean_require(const struct wn_clean_rule *rule,
                     const struct wn_cell *cell,
                     struct wn_clean_scratch *scratch, struct wn_error *error)
{
    const int found = wn_regex_match(rule->regex, scratch->matcher, cell->text,
                                     cell->length, error);

    return found == 0 || found == 1 ? !found : found;
}

int wn_clean_range(const struct wn_clean_rule *rule, const struct wn_cell *cell,
                   struct wn_clean_scratch *scratch, struct wn_error *error)
{
    double value;

    (void)error;
    return !wn_cell_number(cell, scratch->comma, &value) || value < rule->low ||
           value > rule->high;
}

int wn_clean_one_of(const struct wn_clean_rule *rule,
                    const struct wn_cell *cell,
                    struct wn_clean_scratch *scratch, struct wn_error *error)
{
    (void)scratch;
    (void)error;
    return wn_dictionary_find(&rule->values, cell->text, cell->length) < 0;
}
