/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ingest: what was found, as the stage /data of an audit file. */
#include <stdlib.h>
#include <string.h>

#include "prog/ingest/ingest_work.h"
#include "util/memory.h"

/* --- the sink ----------------------------------------------------------- */

static int take_features(void *context, size_t n, const float *features,
                         struct wn_error *error)
{
    struct gathered *gathered = context;
    const struct wn_table *table = gathered->table;
    const size_t p = table->second_block, d = table->d - p;

    if (table->d == 0)
        return 0;
    if (p == 0)
        return wn_audit_write_append(gathered->writer, n, features, error);
    for (size_t i = 0; i < n; i++, features += table->d)
        if (wn_audit_write_append(gathered->writer, 1, features, error) ||
            wn_array_put(&gathered->second, features + d, p * sizeof *features,
                         error))
            return -1;
    return 0;
}

static void note_broken(struct gathered *gathered, struct wn_defect defect,
                        const struct wn_cell *cell)
{
    const struct wn_csv *csv = gathered->table->csv;

    if (gathered->noted[defect.column]++ < WN_INGEST_NOTES)
        wn_log_note(
            gathered->run->talk, "%s:%llu: column %s: found '%.*s', wanted %s",
            wn_csv_name(csv), (unsigned long long)wn_csv_line(csv)[defect.row],
            wn_csv_column(csv, defect.column),
            (int)(cell->length < 80 ? cell->length : 80), cell->text,
            wn_table_wanted(gathered->table, defect.column));
}

static int take_defect(void *context, struct wn_defect defect,
                       const struct wn_cell *cell, struct wn_error *error)
{
    struct gathered *gathered = context;
    const size_t at = gathered->defects;

    if (wn_grow(&gathered->row, &gathered->row_room, at + 1,
                sizeof *gathered->row) ||
        wn_grow(&gathered->column, &gathered->column_room, at + 1,
                sizeof *gathered->column))
        return -1;
    wn_grow(&gathered->rule, &gathered->rule_room, at + 1,
            sizeof *gathered->rule);
    gathered->row[at] = (int64_t)defect.row;
    gathered->column[at] = (int32_t)defect.column;
    gathered->rule[at] = defect.rule;
    gathered->defects++;
    if (cell)
        note_broken(gathered, defect, cell);
    return 0;
}

static int take_id(void *context, const struct wn_cell *cell,
                   struct wn_error *error)
{
    struct gathered *gathered = context;

    wn_grow(&gathered->id_offset, &gathered->id_room, gathered->ids + 2,
            sizeof *gathered->id_offset);
    if (wn_text_add(&gathered->id, cell->text, cell->length))
        return -1;
    if (gathered->ids == 0)
        gathered->id_offset[0] = 0;
    gathered->id_offset[++gathered->ids] = gathered->id.length;
    return 0;
}

/* --- the audit file ----------------------------------------------------- */

/* The second block waits in a temporary file until the first is written, as an
 * array beside the table would; then write_beside() has it. */
static int ingest_write_encode(struct gathered *gathered,
                               struct wn_error *error)
{
    const struct wn_table *table = gathered->table;
    const struct wn_table_sink sink = {gathered, take_features, take_defect,
                                       take_id};
    struct wn_array *second = &gathered->beside.features_b;
    int status;

    if (table->second_block == 0)
        return wn_table_encode(table, &sink, error);
    if (wn_array_begin(second, "--features-b", error))
        return -1;
    second->rank = 2;
    second->extent[0] = wn_csv_rows(table->csv);
    second->extent[1] = table->second_block;
    second->width = sizeof(float);
    if (!wn_array_shape(second))
        return wn_fail(error, WN_EIO, "--features-b: too large");
    wn_array_sink_open(&gathered->second, second);
    status = wn_table_encode(table, &sink, error);
    return wn_array_sink_close(&gathered->second, status == 0, error) || status
               ? -1
               : 0;
}

static int write_features(struct gathered *gathered, struct wn_error *error)
{
    const struct wn_table *table = gathered->table;
    const size_t d = table->d - table->second_block;
    const size_t extent[3] = {wn_csv_rows(table->csv), d, 0};

    /* Without features there are still identifiers and broken cells. */
    if (table->d == 0)
        return ingest_write_encode(gathered, error);
    return wn_audit_write_begin(gathered->writer, "data/features", WN_F32,
                                extent, error) ||
                   ingest_write_encode(gathered, error) ||
                   wn_audit_write_end(gathered->writer, error) ||
                   wn_audit_write_names(
                       gathered->writer, "data/feature_name",
                       (const char *const *)table->feature_name, d, error)
               ? -1
               : 0;
}

static int write_labels(struct gathered *gathered, struct wn_error *error)
{
    const struct wn_table *table = gathered->table;

    return ingest_put_codes(gathered->writer, "data/label",
                            wn_csv_rows(table->csv), table->label,
                            "data/label_name", &table->classes, error);
}

static int ingest_write_probability(struct gathered *gathered,
                                    struct wn_error *error)
{
    const struct wn_table *table = gathered->table;
    const size_t extent[3] = {wn_csv_rows(table->csv), table->classes.count, 0};

    if (!table->user_probability)
        return 0;
    return wn_audit_write(gathered->writer, "data/probability", WN_F32, extent,
                          table->user_probability, error);
}

static int ingest_write_rows(struct gathered *gathered, struct wn_error *error)
{
    struct wn_audit_writer *writer = gathered->writer;
    const struct wn_csv *csv = gathered->table->csv;
    const size_t n = wn_csv_rows(csv);

    size_t left;
    const uint64_t *left_out = wn_csv_left_out(csv, &left);
    const size_t extent[3] = {left, 2, 0};

    if (left && wn_audit_write(writer, "data/left_out", WN_U64, extent,
                               left_out, error))
        return -1;
    if (ingest_put(writer, "data/row_offset", WN_U64, n + 1, wn_csv_offset(csv),
                   error) ||
        ingest_put(writer, "data/row_line", WN_U64, n, wn_csv_line(csv),
                   error) ||
        ingest_put(writer, "data/row_hash", WN_U64, n, wn_csv_hash(csv), error))
        return -1;
    if (!gathered->ids)
        return 0;
    return ingest_put(writer, "data/id_offset", WN_U64, n + 1,
                      gathered->id_offset, error) ||
                   ingest_put(writer, "data/id", WN_U8, gathered->id.length,
                              wn_text_of(&gathered->id), error)
               ? -1
               : 0;
}

static int read_csv(const void *csv, uint64_t at, size_t length, char *out,
                    struct wn_error *error)
{
    return wn_csv_bytes(csv, at, length, out, error);
}

static int write_source(struct gathered *gathered, struct wn_error *error)
{
    const struct wn_csv *csv = gathered->table->csv;

    return ingest_put_source(gathered->run, gathered->writer, wn_csv_size(csv),
                             read_csv, csv, error);
}

static int write_defects(struct gathered *gathered, struct wn_error *error)
{
    struct wn_audit_writer *writer = gathered->writer;
    const size_t t = gathered->defects;

    return ingest_put(writer, "data/defect/row", WN_I64, t, gathered->row,
                      error) ||
                   ingest_put(writer, "data/defect/column", WN_I32, t,
                              gathered->column, error) ||
                   ingest_put(writer, "data/defect/rule", WN_I32, t,
                              gathered->rule, error)
               ? -1
               : 0;
}

static int write_provenance(struct gathered *gathered, struct wn_error *error)
{
    struct wn_audit_writer *writer = gathered->writer;
    const struct wn_table *table = gathered->table;
    const char delimiter[2] = {wn_csv_delimiter(table->csv), '\0'};
    struct wn_text options = {0};
    int status = -1;

    if (wn_options_describe(gathered->run->options, &options) ||
        wn_audit_provenance(writer, gathered->run->name, wn_text_of(&options),
                            wn_csv_digest(table->csv), error) ||
        wn_audit_write_text(writer, "data", "task", "classification", error) ||
        wn_audit_write_text(writer, "data", "source",
                            ingest_source_name(wn_run_input(gathered->run)),
                            error) ||
        wn_audit_write_text(writer, "data", "source_digest",
                            wn_csv_digest(table->csv), error) ||
        wn_audit_write_number(writer, "data", "source_size",
                              (double)wn_csv_size(table->csv), error) ||
        wn_audit_write_text(writer, "data", "label_column",
                            wn_csv_column(table->csv, table->label_column),
                            error) ||
        wn_audit_write_text(writer, "data", "delimiter", delimiter, error))
        goto done;
    status = 0;
done:
    wn_text_free(&options);
    return status;
}

static int write_beside(const struct gathered *gathered, struct wn_error *error)
{
    const struct wn_dictionary *classes = &gathered->table->classes;
    size_t *order = ingest_class_order(classes);
    const int status =
        order ? ingest_beside_write(&gathered->beside,
                                    wn_csv_rows(gathered->table->csv), order,
                                    classes->count, gathered->writer, error)
              : -1;

    free(order);
    return status;
}

/* --- all of it ---------------------------------------------------------- */

int ingest_write(struct gathered *gathered, struct wn_error *error)
{
    const struct wn_table *table = gathered->table;
    const struct wn_csv *csv = table->csv;

    gathered->writer = wn_run_create(gathered->run, NULL, WN_DATA, error);
    gathered->noted =
        wn_new(wn_csv_columns(gathered->table->csv), sizeof *gathered->noted);
    return !gathered->writer || !gathered->noted ||
                   write_features(gathered, error) ||
                   write_labels(gathered, error) ||
                   ingest_spelling(gathered->run, gathered->writer,
                                   wn_csv_name(csv),
                                   wn_csv_column(csv, table->label_column),
                                   &table->classes, error) ||
                   ingest_put_roles(gathered->writer, &gathered->roles,
                                    wn_csv_rows(gathered->table->csv), error) ||
                   ingest_write_probability(gathered, error) ||
                   write_beside(gathered, error) ||
                   ingest_write_rows(gathered, error) ||
                   write_source(gathered, error) ||
                   ingest_join_defects(gathered) ||
                   ingest_write_columns(gathered, error) ||
                   write_defects(gathered, error) ||
                   ingest_write_rules(gathered, error) ||
                   write_provenance(gathered, error)
               ? -1
               : 0;
}

void ingest_free(struct gathered *gathered)
{
    wn_audit_abandon(gathered->writer);
    free(gathered->row);
    free(gathered->column);
    free(gathered->rule);
    wn_text_free(&gathered->id);
    free(gathered->id_offset);
    free(gathered->noted);
    wn_clean_free(&gathered->clean);
    wn_roles_free(&gathered->roles);
    ingest_beside_free(&gathered->beside);
}
