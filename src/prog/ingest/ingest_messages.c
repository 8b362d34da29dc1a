/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ingest: what is said of a table when it is read. */
#include <stdlib.h>
#include <string.h>

#include "prog/ingest/ingest_work.h"
#include "render/grid.h"
#include "util/memory.h"

/* One table of all columns, a line at a time. */
static int tell_columns(const struct gathered *gathered)
{
    static const struct wn_grid_column head[] = {
        {"column", WN_LEFT, WN_SHRINKS},  {"kind", WN_LEFT, WN_FIXED},
        {"missing", WN_RIGHT, WN_FIXED},  {"invalid", WN_RIGHT, WN_FIXED},
        {"distinct", WN_RIGHT, WN_FIXED}, {"features", WN_RIGHT, WN_FIXED},
        {"note", WN_LEFT, WN_SHRINKS}};
    const struct wn_table *table = gathered->table;
    struct wn_text text = {0};
    struct wn_grid grid;

    if (gathered->run->talk->level < WN_VERBOSE)
        return 0;
    wn_grid_start(&grid, head, sizeof head / sizeof *head);
    for (size_t c = 0; c < wn_csv_columns(table->csv); c++) {
        const struct wn_column *column = &table->column[c];
        const uint64_t distinct = column->role == WN_ROLE_LABEL
                                      ? table->classes.count
                                      : column->distinct;

        wn_grid_add_text(&grid, wn_csv_column(table->csv, c));
        wn_grid_add_text(&grid, wn_table_kind(table, c));
        wn_grid_add_count(&grid, column->missing);
        wn_grid_add_count(&grid, column->invalid + column->broken);
        wn_grid_format_known(&grid, distinct, "%s%llu",
                             column->distinct_estimated ? "~" : "",
                             (unsigned long long)distinct);
        wn_grid_add_count(&grid, column->features);
        wn_grid_add_text(&grid, wn_table_note(table, c));
    }
    wn_grid_print(&grid, &text);
    for (const char *line = text.bytes; *line;) {
        const size_t length = strcspn(line, "\n");

        wn_log_verbose(gathered->run->talk, "%.*s", (int)length, line);
        line += length + (line[length] == '\n');
    }
    wn_text_free(&text);
    return 0;
}

int ingest_tell(const struct gathered *gathered)
{
    const struct wn_table *table = gathered->table;
    const size_t n = wn_csv_rows(table->csv);
    const size_t unnamed = wn_csv_unnamed(table->csv);

    if (unnamed)
        wn_log_note(gathered->run->talk,
                    "%s: %zu column%s without a name in the header: called "
                    "by place, c1, c2 and so on",
                    wn_csv_name(table->csv), unnamed, unnamed == 1 ? "" : "s");
    ingest_tell_rules(gathered);
    for (size_t c = 0; c < wn_csv_columns(table->csv); c++)
        if (table->column[c].invalid > WN_INGEST_NOTES)
            wn_log_note(gathered->run->talk,
                        "%s: column %s: %llu of %zu cells: wanted %s; encoded "
                        "as missing",
                        wn_csv_name(table->csv), wn_csv_column(table->csv, c),
                        (unsigned long long)table->column[c].invalid, n,
                        wn_table_wanted(table, c));
    for (size_t c = 0; c < wn_csv_columns(table->csv); c++)
        if (table->column[c].role == WN_ROLE_FEATURE &&
            table->column[c].leakage.low >= WN_LEAKAGE_SHARE)
            wn_log_note(gathered->run->talk,
                        "%s: column %s: predicts the label alone (%.0f %%); "
                        "does it say what the label does?",
                        wn_csv_name(table->csv), wn_csv_column(table->csv, c),
                        100 * table->column[c].leakage.lift);
    return tell_columns(gathered);
}

void ingest_tell_rows(const struct gathered *gathered)
{
    const struct wn_table *table = gathered->table;
    const size_t n = wn_csv_rows(table->csv);
    size_t left;
    wn_csv_left_out(table->csv, &left);
    wn_log_note(gathered->run->talk,
                "%s: %zu rows in = %zu kept + %zu rejected, %zu feature%s, "
                "%zu class%s",
                wn_csv_name(table->csv), n + left, n, left, table->d,
                table->d == 1 ? "" : "s", table->classes.count,
                table->classes.count == 1 ? "" : "es");
    if (table->second_block)
        wn_log_note(gathered->run->talk,
                    "%s: the last %zu of the features are the second block",
                    wn_csv_name(table->csv), table->second_block);
}
