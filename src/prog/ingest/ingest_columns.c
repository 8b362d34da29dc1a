/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ingest: the column table, /data/column, an array a statistic. */
#include <math.h>
#include <stdlib.h>

#include "prog/ingest/ingest_work.h"
#include "util/memory.h"

static uint64_t missing_of(const struct wn_table *table, size_t c)
{
    return table->column[c].missing;
}

static uint64_t invalid_of(const struct wn_table *table, size_t c)
{
    return table->column[c].invalid + table->column[c].broken;
}

static uint64_t distinct_of(const struct wn_table *table, size_t c)
{
    return table->column[c].role == WN_ROLE_LABEL ? table->classes.count
                                                  : table->column[c].distinct;
}

static uint64_t features_of(const struct wn_table *table, size_t c)
{
    return table->column[c].features;
}

static double number_of(const struct wn_table *table, size_t c, double value)
{
    return table->column[c].role == WN_ROLE_FEATURE ? value : NAN;
}

static double min_of(const struct wn_table *table, size_t c)
{
    return number_of(table, c, table->column[c].min);
}

static double median_of(const struct wn_table *table, size_t c)
{
    return number_of(table, c, table->column[c].median);
}

static double max_of(const struct wn_table *table, size_t c)
{
    return number_of(table, c, table->column[c].max);
}

static double alone_of(const struct wn_table *table, size_t c)
{
    return number_of(table, c, table->column[c].leakage.lift);
}

static const char *name_of(const struct wn_table *table, size_t c)
{
    return wn_csv_column(table->csv, c);
}

static const struct {
    const char *path;
    const char *(*of)(const struct wn_table *table, size_t c);
} names[] = {{"data/column/name", name_of},
             {"data/column/kind", wn_table_kind},
             {"data/column/note", wn_table_note}};

static const struct {
    const char *path;
    uint64_t (*of)(const struct wn_table *table, size_t c);
} counts[] = {{"data/column/missing", missing_of},
              {"data/column/invalid", invalid_of},
              {"data/column/distinct", distinct_of},
              {"data/column/features", features_of}};

static const struct {
    const char *path;
    double (*of)(const struct wn_table *table, size_t c);
} numbers[] = {{"data/column/min", min_of},
               {"data/column/median", median_of},
               {"data/column/max", max_of},
               {"data/column/alone", alone_of}};

static int ingest_columns_write_names(const struct wn_table *table,
                                      struct wn_audit_writer *writer,
                                      struct wn_error *error)
{
    const size_t columns = wn_csv_columns(table->csv);
    const char **name = wn_new(columns, sizeof *name);
    int status = name ? 0 : -1;

    for (size_t i = 0; i < sizeof names / sizeof *names && status == 0; i++) {
        for (size_t c = 0; c < columns; c++)
            name[c] = names[i].of(table, c);
        status =
            wn_audit_write_names(writer, names[i].path, name, columns, error);
    }
    free(name);
    return status;
}

static int ingest_columns_write_counts(const struct wn_table *table,
                                       struct wn_audit_writer *writer,
                                       struct wn_error *error)
{
    const size_t columns = wn_csv_columns(table->csv);
    const size_t extent[3] = {columns, 0, 0};
    uint64_t *count = wn_new(columns, sizeof *count);
    uint8_t *about = wn_new(columns, sizeof *about);
    int status = count && about ? 0 : -1;

    for (size_t i = 0; i < sizeof counts / sizeof *counts && status == 0; i++) {
        for (size_t c = 0; c < columns; c++)
            count[c] = counts[i].of(table, c);
        status = wn_audit_write(writer, counts[i].path, WN_U64, extent, count,
                                error);
    }
    for (size_t c = 0; status == 0 && c < columns; c++)
        about[c] = table->column[c].distinct_estimated;
    if (status == 0)
        status = wn_audit_write(writer, "data/column/about", WN_U8, extent,
                                about, error);
    free(count);
    free(about);
    return status;
}

static int write_numbers(const struct wn_table *table,
                         struct wn_audit_writer *writer, struct wn_error *error)
{
    const size_t columns = wn_csv_columns(table->csv);
    const size_t extent[3] = {columns, 0, 0};
    double *number = wn_new(columns, sizeof *number);
    int status = number ? 0 : -1;

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers && status == 0;
         i++) {
        for (size_t c = 0; c < columns; c++)
            number[c] = numbers[i].of(table, c);
        status = wn_audit_write(writer, numbers[i].path, WN_F64, extent, number,
                                error);
    }
    free(number);
    return status;
}

static int write_tops(const struct wn_table *table,
                      struct wn_audit_writer *writer, struct wn_error *error)
{
    struct wn_frequent *top = NULL;
    size_t count = 0;

    if (wn_frequent_list(table, &top, &count, error))
        return -1;
    const size_t extent[3] = {count, 0, 0};
    const char **value = wn_new(count, sizeof *value);
    int32_t *column = wn_new(count, sizeof *column);
    uint64_t *often = wn_new(count, sizeof *often);
    int status = value && column && often ? 0 : -1;
    for (size_t t = 0; t < count && status == 0; t++) {
        value[t] = top[t].value;
        column[t] = (int32_t)top[t].column;
        often[t] = top[t].count;
    }
    if (status == 0)
        status = wn_audit_write(writer, "data/column/top_column", WN_I32,
                                extent, column, error) ||
                         wn_audit_write(writer, "data/column/top_count", WN_U64,
                                        extent, often, error) ||
                         wn_audit_write_names(writer, "data/column/top_value",
                                              value, count, error)
                     ? -1
                     : 0;
    free(value);
    free(column);
    free(often);
    wn_frequent_free(top, count);
    return status;
}

int ingest_write_columns(struct gathered *gathered, struct wn_error *error)
{
    return ingest_columns_write_names(gathered->table, gathered->writer,
                                      error) ||
                   ingest_columns_write_counts(gathered->table,
                                               gathered->writer, error) ||
                   write_numbers(gathered->table, gathered->writer, error) ||
                   write_tops(gathered->table, gathered->writer, error)
               ? -1
               : 0;
}
