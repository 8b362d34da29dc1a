/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ingest: the column table, /data/column, one array a statistic. */
#include <math.h>

#include "prog/ingest/ingest.h"
#include "util/arena.h"

static int write_top_values(const struct wn_table *table,
                            struct wn_audit_writer *writer,
                            struct wn_error *error)
{
    struct wn_frequent *top = NULL;
    size_t count = 0;

    if (wn_frequent_list(table, &top, &count, error))
        return -1;
    struct wn_arena arena = {0};
    const char **value = wn_arena_new(&arena, sizeof *value, count, 1);
    int32_t *column = wn_arena_new(&arena, sizeof *column, count, 1);
    uint64_t *cells = wn_arena_new(&arena, sizeof *cells, count, 1);
    for (size_t t = 0; t < count; t++) {
        value[t] = top[t].value;
        column[t] = (int32_t)top[t].column;
        cells[t] = top[t].count;
    }
    const struct wn_vector vectors[] = {{"data/column/top_column", column},
                                        {"data/column/top_count", cells},
                                        {"data/column/top_value", value}};
    const int status = wn_audit_write_vectors(writer, count, vectors, 3, error);
    wn_arena_free(&arena);
    wn_frequent_free(top, count);
    return status;
}

int ingest_write_columns(const struct ingest *ingest, struct wn_error *error)
{
    enum { NAMES = 3, COUNTS = 5, NUMBERS = 4, VECTORS = 13 };
    const struct wn_table *table = &ingest->table;
    const size_t columns = table->csv->columns;
    struct wn_audit_writer *writer = ingest->writer;
    struct wn_arena arena = {0};
    const char **name = wn_arena_new(&arena, sizeof *name, columns, NAMES);
    uint64_t *count = wn_arena_new(&arena, sizeof *count, columns, COUNTS);
    double *number = wn_arena_new(&arena, sizeof *number, columns, NUMBERS);
    double *quantile =
        wn_arena_new(&arena, sizeof *quantile, columns, WN_QUANTILES);
    uint8_t *about = wn_arena_new(&arena, 1, columns, 1);
    const struct wn_vector vectors[VECTORS] = {
        {"data/column/name", name},
        {"data/column/kind", name + columns},
        {"data/column/note", name + 2 * columns},
        {"data/column/missing", count},
        {"data/column/invalid", count + columns},
        {"data/column/distinct", count + 2 * columns},
        {"data/column/features", count + 3 * columns},
        {"data/column/sketched", count + 4 * columns},
        {"data/column/about", about},
        {"data/column/min", number},
        {"data/column/median", number + columns},
        {"data/column/max", number + 2 * columns},
        {"data/column/alone", number + 3 * columns}};

    for (size_t c = 0; c < columns; c++) {
        const struct wn_column *column = &table->column[c];
        const bool feature = column->role == WN_ROLE_FEATURE;
        const char *const names[NAMES] = {table->csv->column[c],
                                          wn_table_kind(table, c),
                                          wn_table_note(table, c)};
        const uint64_t counts[COUNTS] = {
            column->missing, column->invalid + column->broken,
            column->role == WN_ROLE_LABEL ? table->classes.count
                                          : column->distinct,
            column->features, feature ? column->sketched : 0};
        const double numbers[NUMBERS] = {column->min, column->median,
                                         column->max, column->leakage.lift};

        for (size_t i = 0; i < NAMES; i++)
            name[i * columns + c] = names[i];
        for (size_t i = 0; i < COUNTS; i++)
            count[i * columns + c] = counts[i];
        for (size_t i = 0; i < NUMBERS; i++)
            number[i * columns + c] = feature ? numbers[i] : NAN;
        for (size_t q = 0; q < WN_QUANTILES; q++)
            quantile[c * WN_QUANTILES + q] =
                counts[COUNTS - 1] ? column->quantile[q] : NAN;
        about[c] = column->distinct_estimated;
    }
    const int status =
        wn_audit_write_vectors(writer, columns, vectors, VECTORS, error) ||
                wn_audit_write(writer, "data/column/quantile", WN_F64,
                               (size_t[3]){columns, WN_QUANTILES}, quantile,
                               error) ||
                write_top_values(table, writer, error)
            ? -1
            : 0;
    wn_arena_free(&arena);
    return status;
}
