/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A table's memory, and what there is to say about its columns; see table.h. */
#include "encode/table.h"

#include <stdlib.h>
#include <string.h>

#include "encode/kind.h"
#include "encode/roles.h"
#include "encode/survey.h"
#include "util/spill.h"
#include "util/text.h"

void wn_table_free(struct wn_table *table)
{
    if (table->column)
        for (size_t c = 0; c < table->csv->columns; c++) {
            wn_dictionary_free(&table->column[c].values);
            wn_text_model_free(table->column[c].text_model);
        }
    free(table->column);
    free(table->label);
    wn_dictionary_free(&table->declared);
    wn_dictionary_free(&table->classes);
    wn_dictionary_free(&table->user_class);
    free(table->user_column);
    wn_spill_free(table->user_probability);
    if (table->feature_name)
        for (size_t j = 0; j < table->d; j++)
            free(table->feature_name[j]);
    free(table->feature_name);
    wn_numeric_spool_free(table->numbers);
}

const char *wn_table_kind_name(enum wn_column_kind kind)
{
    return wn_kinds[kind].name;
}

const char *wn_table_kind(const struct wn_table *table, size_t column)
{
    switch (table->column[column].role) {
    case WN_ROLE_LABEL:
        return "label";
    case WN_ROLE_ID:
        return "id";
    case WN_ROLE_IGNORED:
        return "ignored";
    case WN_ROLE_PROBABILITY:
        return "probability";
    case WN_ROLE_FEATURE:
        return wn_table_kind_name(table->column[column].kind);
    default:
        break;
    }
    size_t r = 0;
    while (wn_role_kinds[r].role != table->column[column].role)
        r++;
    return wn_role_kinds[r].name;
}

const char *wn_table_note(const struct wn_table *table, size_t column)
{
    const struct wn_column *of = &table->column[column];

    if (of->role != WN_ROLE_FEATURE)
        return "";
    if (of->kind == WN_KIND_IDENTIFIER)
        return "identifier";
    if (of->features == of->indicator)
        return "constant";
    if (of->leakage.low >= WN_LEAKAGE_SHARE)
        return "predicts the label";
    return of->second ? "second block" : "";
}

const char *wn_table_wanted(const struct wn_table *table, size_t column)
{
    return wn_kinds[table->column[column].kind].wanted;
}
