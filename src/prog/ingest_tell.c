/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ingest: what is said of a table when it is read. */
#include <stdlib.h>

#include "encode/variants.h"
#include "prog/ingest_work.h"
#include "util/memory.h"

enum { VARIANTS_TOLD = 10 };

static void tell_columns(const struct gathered *gathered)
{
    const struct wn_table *table = gathered->table;
    struct wn_talk *talk = gathered->run->talk;

    for (size_t c = 0; c < wn_csv_columns(table->csv); c++) {
        const struct wn_column *column = &table->column[c];
        const char *note = column->role != WN_ROLE_FEATURE ||
                                   column->features > 0
                               ? ""
                           : column->kind == WN_KIND_IDENTIFIER
                               ? "; left out"
                               : "; constant, left out";

        wn_talk_detail(talk,
                       "column %s: %s, %llu missing, %llu invalid, "
                       "%zu feature%s%s",
                       wn_csv_column(table->csv, c), wn_table_kind(table, c),
                       (unsigned long long)column->missing,
                       (unsigned long long)column->invalid, column->features,
                       column->features == 1 ? "" : "s", note);
    }
}

/* "Cat" and "cat ": the labels are kept, the person is told. */
static int tell_variants(const struct gathered *gathered,
                         struct wn_error *error)
{
    const struct wn_dictionary *classes = &gathered->table->classes;
    int32_t *same = wn_new(classes->count, sizeof *same, error);
    size_t told = 0;

    if (!same || wn_variants_find(classes, same, error)) {
        free(same);
        return -1;
    }
    for (size_t c = 0; c < classes->count; c++) {
        const struct wn_value *one = &classes->value[same[c]];
        const struct wn_value *two = &classes->value[c];

        if ((size_t)same[c] == c || told++ >= VARIANTS_TOLD)
            continue;
        wn_talk_note(gathered->run->talk,
                     "%s: column %s: classes '%.*s' (%llu) and '%.*s' (%llu) "
                     "differ in case or blanks only",
                     wn_csv_name(gathered->table->csv),
                     wn_csv_column(gathered->table->csv,
                                   gathered->table->label_column),
                     (int)one->length,
                     wn_dictionary_text(classes, (size_t)same[c]),
                     (unsigned long long)one->count, (int)two->length,
                     wn_dictionary_text(classes, c),
                     (unsigned long long)two->count);
    }
    free(same);
    return 0;
}

static void tell_summary(const struct gathered *gathered)
{
    const struct wn_table *table = gathered->table;
    const size_t n = wn_csv_rows(table->csv);

    for (size_t c = 0; c < wn_csv_columns(table->csv); c++)
        if (table->column[c].invalid > WN_INGEST_NOTES)
            wn_talk_note(gathered->run->talk,
                         "%s: column %s: %llu of %zu cells are no numbers; "
                         "encoded as missing",
                         wn_csv_name(table->csv),
                         wn_csv_column(table->csv, c),
                         (unsigned long long)table->column[c].invalid, n);
    tell_columns(gathered);
    size_t left;
    wn_csv_left_out(table->csv, &left);
    void (*const say)(struct wn_talk *, const char *, ...) =
        left ? wn_talk_note : wn_talk_detail;
    say(gathered->run->talk,
        "%s: %zu rows in = %zu kept + %zu rejected, %zu feature%s, "
        "%zu class%s",
        wn_csv_name(table->csv), n + left, n, left, table->d,
        table->d == 1 ? "" : "s", table->classes.count,
        table->classes.count == 1 ? "" : "es");
}
int ingest_tell(const struct gathered *gathered, struct wn_error *error)
{
    if (tell_variants(gathered, error))
        return -1;
    tell_summary(gathered);
    return 0;
}
