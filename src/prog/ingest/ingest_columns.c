/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ingest: the column table, /data/column, one array a statistic. */
#include <math.h>
#include <stdlib.h>

#include "prog/ingest/ingest.h"
#include "util/memory.h"

static int write_top_values(const struct wn_table *table,
                            struct wn_audit_writer *writer,
                            struct wn_error *error)
{
    struct wn_frequent *top = NULL;
    size_t count = 0;

    if (wn_frequent_list(table, &top, &count, error))
        return -1;
    const char **value = wn_new(count, sizeof *value);
    int32_t *column = wn_new(count, sizeof *column);
    uint64_t *cells = wn_new(count, sizeof *cells);
    for (size_t t = 0; t < count; t++) {
        value[t] = top[t].value;
        column[t] = (int32_t)top[t].column;
        cells[t] = top[t].count;
    }
    const int status =
        ingest_write_vector(writer, "data/column/top_column", WN_I32, count,
                            column, error) ||
                ingest_write_vector(writer, "data/column/top_count", WN_U64,
                                    count, cells, error) ||
                wn_audit_write_names(writer, "data/column/top_value", value,
                                     count, error)
            ? -1
            : 0;
    free(value);
    free(column);
    free(cells);
    wn_frequent_free(top, count);
    return status;
}

enum { NAMES = 3, COUNTS = 5, NUMBERS = 4 };

static const char *const name_paths[NAMES] = {
    "data/column/name", "data/column/kind", "data/column/note"};
static const char *const count_paths[COUNTS] = {
    "data/column/missing", "data/column/invalid", "data/column/distinct",
    "data/column/features", "data/column/sketched"};
static const char *const number_paths[NUMBERS] = {
    "data/column/min", "data/column/median", "data/column/max",
    "data/column/alone"};

int ingest_write_columns(const struct ingest *ingest, struct wn_error *error)
{
    const struct wn_table *table = &ingest->table;
    const size_t columns = wn_csv_columns(table->csv);
    struct wn_audit_writer *writer = ingest->writer;
    const char **name[NAMES];
    uint64_t *count[COUNTS];
    double *number[NUMBERS];
    double *quantile = wn_new(columns, WN_QUANTILES * sizeof *quantile);
    uint8_t *about = wn_new(columns, 1); /* `distinct` is an estimate */
    int status = 0;

    for (int i = 0; i < NAMES; i++)
        name[i] = wn_new(columns, sizeof *name[i]);
    for (int i = 0; i < COUNTS; i++)
        count[i] = wn_new(columns, sizeof *count[i]);
    for (int i = 0; i < NUMBERS; i++)
        number[i] = wn_new(columns, sizeof *number[i]);
    for (size_t c = 0; c < columns; c++) {
        const struct wn_column *column = &table->column[c];
        const bool feature = column->role == WN_ROLE_FEATURE;

        name[0][c] = wn_csv_column(table->csv, c);
        name[1][c] = wn_table_kind(table, c);
        name[2][c] = wn_table_note(table, c);
        count[0][c] = column->missing;
        count[1][c] = column->invalid + column->broken;
        count[2][c] = column->role == WN_ROLE_LABEL ? table->classes.count
                                                    : column->distinct;
        count[3][c] = column->features;
        count[4][c] = feature ? column->sketched : 0;
        for (size_t q = 0; q < WN_QUANTILES; q++)
            quantile[c * WN_QUANTILES + q] =
                count[4][c] ? column->quantile[q] : NAN;
        number[0][c] = feature ? column->min : NAN;
        number[1][c] = feature ? column->median : NAN;
        number[2][c] = feature ? column->max : NAN;
        number[3][c] = feature ? column->leakage.lift : NAN;
        about[c] = column->distinct_estimated;
    }
    for (int i = 0; i < NAMES && status == 0; i++)
        status = wn_audit_write_names(writer, name_paths[i], name[i], columns,
                                      error);
    for (int i = 0; i < COUNTS && status == 0; i++)
        status = ingest_write_vector(writer, count_paths[i], WN_U64, columns,
                                     count[i], error);
    if (status == 0)
        status = ingest_write_vector(writer, "data/column/about", WN_U8,
                                     columns, about, error);
    for (int i = 0; i < NUMBERS && status == 0; i++)
        status = ingest_write_vector(writer, number_paths[i], WN_F64, columns,
                                     number[i], error);
    if (status == 0)
        status = wn_audit_write(writer, "data/column/quantile", WN_F64,
                                (size_t[3]){columns, WN_QUANTILES, 0}, quantile,
                                error);
    if (status == 0)
        status = write_top_values(table, writer, error);
    for (int i = 0; i < NAMES; i++)
        free(name[i]);
    for (int i = 0; i < COUNTS; i++)
        free(count[i]);
    for (int i = 0; i < NUMBERS; i++)
        free(number[i]);
    free(about);
    free(quantile);
    return status;
}
