/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each action of a rule does with one cell; see wn_clean_apply. */
#include <string.h>

#include "clean/parse.h"
#include "util/date.h"
#include "util/number.h"

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

/* The instant that a cell is; false if it is no date. Years first, then days
 * first, then months first. */
static bool read_date(const char *text, size_t length, double *value)
{
    for (int order = 0; order < WN_DATE_ORDERS; order++) {
        struct wn_date date;

        if (wn_date_parse(text, length, (enum wn_date_order)order, &date)) {
            *value = wn_date_instant(&date);
            return true;
        }
    }
    return false;
}

/* 1 if the comparison holds, 0 if not, -1 if it cannot be told. */
static int compare_cells(const struct wn_clean_comparison *comparison,
                         const struct wn_cell *cell, const bool *missing,
                         bool comma)
{
    struct wn_cell side[2];
    double value[2];
    bool gone[2], numbers = true, dates = true;
    int order;

    for (int s = 0; s < 2; s++) {
        const struct wn_clean_operand *operand = &comparison->side[s];
        const bool column = operand->kind == WN_OPERAND_COLUMN;

        side[s] = column
                      ? cell[operand->index]
                      : (struct wn_cell){operand->text, strlen(operand->text)};
        gone[s] =
            column ? missing[operand->index] : operand->kind == WN_OPERAND_NA;
        if (comparison->side[1 - s].kind == WN_OPERAND_NA)
            return gone[s] == (comparison->relation == WN_IS_EQUAL);
    }
    if (gone[0] || gone[1])
        return -1;
    for (int s = 0; s < 2; s++)
        numbers =
            numbers &&
            (comma && comparison->side[s].kind == WN_OPERAND_COLUMN
                 ? wn_number_parse_comma(side[s].text, side[s].length,
                                         &value[s])
                 : wn_number_parse(side[s].text, side[s].length, &value[s]));
    for (int s = 0; s < 2 && !numbers; s++)
        dates = dates && read_date(side[s].text, side[s].length, &value[s]);
    if (numbers || dates)
        order = (value[0] > value[1]) - (value[0] < value[1]);
    else
        order = wn_text_compare(side[0].text, side[0].length, side[1].text,
                                side[1].length);
    switch (comparison->relation) {
    case WN_IS_EQUAL:
        return order == 0;
    case WN_IS_UNEQUAL:
        return order != 0;
    case WN_IS_AT_MOST:
        return order <= 0;
    case WN_IS_AT_LEAST:
        return order >= 0;
    case WN_IS_BELOW:
        return order < 0;
    default:
        return order > 0;
    }
}

int wn_clean_row(const struct wn_clean_rule *rule, const struct wn_cell *cell,
                 const bool *missing, bool comma)
{
    int status = 0;

    for (size_t c = 0; c < rule->comparisons; c++) {
        const int holds =
            compare_cells(&rule->comparison[c], cell, missing, comma);

        if (c < rule->premises ? holds != 1 : holds == 0)
            return c < rule->premises ? -1 : 1;
        if (holds < 0)
            status = -1;
    }
    return status;
}

size_t wn_clean_row_column(const struct wn_clean_rule *rule)
{
    const struct wn_clean_comparison *first = &rule->comparison[rule->premises];

    return first->side[first->side[0].kind != WN_OPERAND_COLUMN].index;
}
