/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of kinds and their short functions; see kind.h and table.h. */
#include "encode/kind.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "encode/calendar.h"
#include "encode/boolean.h"
#include "util/hash.h"
#include "util/number.h"
#include "util/text.h"

/* The percentage of numbers, or dates, from which the other cells are invalid.
 */
enum { VALID_PERCENT = 95 };
/* The minimum of words a cell of text, of different cells in a hundred of an
 * identifier, and of its cells. */
enum { TEXT_WORDS = 4, IDENTIFIER_PERCENT = 95, IDENTIFIER_MIN = 20 };

static bool is_most(uint64_t part, uint64_t filled)
{
    return part && (double)part * 100 >= (double)filled * VALID_PERCENT;
}

void wn_sort_digests(uint64_t *digest, size_t count)
{
    qsort(digest, count, sizeof *digest, wn_whole_ascending);
}

uint64_t wn_kind_distinct(const struct wn_kind_evidence *evidence)
{
    uint64_t *digest = evidence->scratch, distinct = 0, last = 0;

    memcpy(digest, evidence->digest, evidence->sampled * sizeof *digest);
    wn_sort_digests(digest, evidence->sampled);
    for (size_t i = 0; i < evidence->sampled; i++) {
        distinct += digest[i] != last;
        last = digest[i];
    }
    return distinct;
}

/* --- numeric ------------------------------------------------------------ */

static bool is_numeric(const struct wn_kind_evidence *evidence)
{
    const struct wn_column *column = evidence->column;

    return is_most(column->numbers - column->padded, evidence->filled);
}

static uint64_t numeric_cells(const struct wn_column *column)
{
    return column->numbers;
}

static size_t numeric_features(const struct wn_column *column)
{
    return column->scale.per_deviation > 0;
}

static void bare_name(const struct wn_column *column, size_t f,
                      struct wn_text *name)
{
    (void)column, (void)f, (void)name;
}

static int kind_encode_number(const struct wn_column *column,
                              const struct wn_cell *cell,
                              struct wn_terms *terms, float *out,
                              struct wn_error *error)
{
    double value;

    (void)terms, (void)error;
    if (!wn_cell_number(cell, column->comma, &value))
        return 0;
    if (column->scale.per_deviation > 0)
        out[0] = wn_scale_apply(&column->scale, value);
    return 1;
}

static void unknown_number(const struct wn_column *column, float *out)
{
    if (column->scale.per_deviation > 0)
        out[0] = column->unknown;
}

/* --- boolean ------------------------------------------------------------ */

/* All values are words of one pair; 0 and 1 are numbers. */
static bool is_boolean(const struct wn_kind_evidence *evidence)
{
    const struct wn_dictionary *values = &evidence->column->values;
    int pair = 0;

    if (evidence->column->many)
        return false;
    for (size_t v = 0; v < values->count; v++) {
        const int word = wn_boolean_word(wn_dictionary_text(values, v),
                                         values->value[v].length);

        if (word < 0 || word >> 1 == 0 || (v && word >> 1 != pair))
            return false;
        pair = word >> 1;
    }
    return values->count > 0;
}

static uint64_t boolean_cells(const struct wn_column *column)
{
    return column->booleans;
}

static size_t boolean_features(const struct wn_column *column)
{
    return column->trues > 0 && column->trues < column->booleans;
}

static int encode_boolean(const struct wn_column *column,
                          const struct wn_cell *cell, struct wn_terms *terms,
                          float *out, struct wn_error *error)
{
    const int truth = wn_boolean_parse(cell->text, cell->length);

    (void)terms, (void)error;
    if (truth < 0)
        return 0;
    if (boolean_features(column))
        out[0] = (float)truth;
    return 1;
}

/* The majority. */
static void unknown_boolean(const struct wn_column *column, float *out)
{
    if (boolean_features(column))
        out[0] = 2 * column->trues > column->booleans;
}

/* --- date --------------------------------------------------------------- */

static bool is_date(const struct wn_kind_evidence *evidence)
{
    const struct wn_column *column = evidence->column;

    return is_most(column->dates[wn_calendar_order(column)],
                   evidence->filled) &&
           !wn_calendar_is_ambiguous(column);
}

static uint64_t date_cells(const struct wn_column *column)
{
    return column->dates[wn_calendar_order(column)];
}

/* --- categorical, identifier, text -------------------------------------- */

static bool is_text(const struct wn_kind_evidence *evidence)
{
    return evidence->column->many && evidence->cells &&
           evidence->words >= TEXT_WORDS * evidence->cells;
}

static bool is_identifier(const struct wn_kind_evidence *evidence)
{
    const struct wn_column *column = evidence->column;
    const uint64_t rows = evidence->rows;

    /* Every whole number from the minimum to the maximum, once. */
    if (is_numeric(evidence) && column->numbers == rows &&
        rows >= IDENTIFIER_MIN &&
        column->max - column->min == (double)(rows - 1) &&
        column->min == floor(column->min) &&
        wn_kind_distinct(evidence) == evidence->sampled)
        return true;
    return column->many && !is_numeric(evidence) && !is_date(evidence) &&
           !is_text(evidence) && evidence->cells >= IDENTIFIER_MIN &&
           wn_kind_distinct(evidence) * 100 >=
               evidence->cells * IDENTIFIER_PERCENT;
}

static size_t category_features(const struct wn_column *column)
{
    if (column->many)
        return WN_BUCKETS;
    return column->values.count > 1 ? column->values.count : 0;
}

static void bucket_name(const struct wn_column *column, size_t f,
                        struct wn_text *name)
{
    (void)column;
    wn_text_format(name, "#%zu", f);
}

static void category_name(const struct wn_column *column, size_t f,
                          struct wn_text *name)
{
    if (column->many) {
        bucket_name(column, f, name);
        return;
    }
    wn_text_add(name, "=", 1);
    wn_text_add(name, wn_dictionary_text(&column->values, f),
                column->values.value[f].length);
}

static int encode_category(const struct wn_column *column,
                           const struct wn_cell *cell, struct wn_terms *terms,
                           float *out, struct wn_error *error)
{
    (void)terms, (void)error;
    if (column->many)
        out[wn_hash_bits(cell->text, cell->length) % WN_BUCKETS] = 1;
    else if (column->values.count > 1)
        out[wn_dictionary_find(&column->values, cell->text, cell->length)] = 1;
    return 1;
}

static size_t no_features(const struct wn_column *column)
{
    (void)column;
    return 0;
}

static size_t text_features(const struct wn_column *column)
{
    return column->text_model ? wn_text_model_dims(column->text_model) : 0;
}

static int encode_text(const struct wn_column *column,
                       const struct wn_cell *cell, struct wn_terms *terms,
                       float *out, struct wn_error *error)
{
    if (text_features(column) == 0)
        return 1;
    if (wn_terms_read(terms, cell->text, cell->length, error))
        return -1;
    wn_text_model_apply(column->text_model, terms, out);
    return 1;
}

/* --- the table ---------------------------------------------------------- */

/* clang-format off */
const struct wn_kind wn_kinds[WN_KINDS] = {
    [WN_KIND_GUESS] = {.name = "unknown", .features = no_features},
    [WN_KIND_IDENTIFIER] = {.name = "identifier",
                            .is = is_identifier,
                            .features = no_features},
    [WN_KIND_NUMERIC] = {.name = "numeric",
                         .wanted = "a number",
                         .rule = WN_RULE_NUMBER,
                         .is = is_numeric,
                         .valid = numeric_cells,
                         .features = numeric_features,
                         .name_feature = bare_name,
                         .encode = kind_encode_number,
                         .unknown = unknown_number},
    [WN_KIND_BOOLEAN] = {.name = "boolean",
                         .wanted = "true or false",
                         .rule = WN_RULE_BOOLEAN,
                         .is = is_boolean,
                         .valid = boolean_cells,
                         .features = boolean_features,
                         .name_feature = bare_name,
                         .encode = encode_boolean,
                         .unknown = unknown_boolean},
    [WN_KIND_DATE] = {.name = "date",
                      .wanted = "a date",
                      .rule = WN_RULE_DATE,
                      .is = is_date,
                      .valid = date_cells,
                      .features = wn_calendar_features,
                      .name_feature = wn_calendar_name,
                      .encode = wn_calendar_encode,
                      .unknown = wn_calendar_unknown},
    [WN_KIND_TEXT] = {.name = "text",
                      .is = is_text,
                      .features = text_features,
                      .name_feature = bucket_name,
                      .encode = encode_text},
    [WN_KIND_CATEGORICAL] = {.name = "categorical",
                             .features = category_features,
                             .name_feature = category_name,
                             .encode = encode_category},
};
/* clang-format on */

enum wn_column_kind wn_kind_guess(const struct wn_kind_evidence *evidence)
{
    int kind = WN_KIND_GUESS + 1;

    while (wn_kinds[kind].is && !wn_kinds[kind].is(evidence))
        kind++;
    return (enum wn_column_kind)kind;
}
