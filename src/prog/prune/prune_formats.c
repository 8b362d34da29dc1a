/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prune --format: rows in another form than that of the source. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array/hdf5.h"
#include "array/npy.h"
#include "audit/source_rows.h"
#include "csv/json_record.h"
#include "prog/prune/prune_work.h"
#include "util/memory.h"
#include "util/number.h"

enum { BATCH = 1024 }; /* rows at a time */

static const char *own_form(const struct prune *prune)
{
    return prune->dataset.form ? prune->dataset.form : "csv";
}

bool prune_converts(const struct prune *prune)
{
    const char *format = prune_text(prune, "format");

    return strcmp(format, "source") != 0 &&
           strcmp(format, own_form(prune)) != 0;
}

int prune_check_format(const struct prune *prune, struct wn_error *error)
{
    const char *format = prune_text(prune, "format"), *form = own_form(prune);
    const bool hdf5 = strcmp(format, "hdf5") == 0;
    const bool table =
        hdf5 || strcmp(format, "csv") == 0 || strcmp(format, "jsonl") == 0;

    if (!prune_converts(prune))
        return 0;
    if (hdf5 && strcmp(form, "csv") && strcmp(form, "jsonl"))
        return wn_fail(
            error, WN_EUSAGE,
            "--format=hdf5 is for HDF5, CSV and JSON Lines, and this "
            "source is %s: --format=npy writes the places of the "
            "rows",
            form);
    if (!table &&
        (prune_on(prune, "relabel") || prune_on(prune, "apply-rules") ||
         wn_option_given(prune->run->options, "plant")))
        return wn_fail(error, WN_EUSAGE, "--format=%s has no cells to change",
                       format);
    if (table && strcmp(form, "csv") && strcmp(form, "jsonl") &&
        (prune_on(prune, "relabel") ||
         wn_option_given(prune->run->options, "plant")))
        return wn_fail(error, WN_EUSAGE,
                       "--relabel does not go with --format=%s of a source in "
                       "form %s",
                       format, form);
    return 0;
}

/* ---- numbers ------------------------------------------------------------ */

/* The places in the source of the n rows row[], counted from 0, with the
 * records that ingest left out; and their number in all. */
static int find_records(const struct prune *prune, uint64_t **record,
                        size_t *all, struct wn_error *error)
{
    const struct wn_dataset *data = &prune->dataset;
    size_t before = 0; /* left out */

    *record = wn_new(data->n, sizeof **record);
    if (prune_is_arrays(data)) {
        double count = 0;

        if (wn_audit_number(prune->audit, "data", "source_rows", &count, error))
            return -1;
        for (size_t i = 0; i < data->n; i++) {
            (*record)[i] = data->row_line[i];
            if (!((double)data->row_line[i] < count && count < 0x1p48))
                return wn_fail(
                    error, WN_EDATA,
                    "%s: data/row_line: row %zu is not in the source",
                    wn_audit_name(prune->audit), i);
        }
        *all = (size_t)count;
        return 0;
    }
    for (size_t i = 0; i < data->n; i++) {
        while (before < data->left_outs &&
               data->left_out[2 * before] < data->row_offset[i])
            before++;
        (*record)[i] = i + before;
    }
    *all = data->n + data->left_outs;
    return 0;
}

uint64_t *prune_records(const struct prune *prune, bool kept, size_t *count,
                        struct wn_error *error)
{
    uint64_t *record = NULL, *out = NULL;
    size_t all = 0, n = 0;

    if (find_records(prune, &record, &all, error)) {
        free(record);
        return NULL;
    }
    uint8_t *stays = wn_new(all, 1);
    out = wn_new(all, sizeof *out);
    for (size_t r = 0; r < prune->kept; r++) {
        const uint64_t at = record[prune->order[r]];

        stays[at] = 1;
        if (kept)
            out[n++] = at;
    }
    for (size_t i = 0; !kept && i < all; i++)
        if (!stays[i])
            out[n++] = i;
    free(record);
    free(stays);
    *count = n;
    return out;
}

static int write_numbers(const struct prune *prune, bool kept, bool npy,
                         int descriptor, const char *name,
                         struct wn_error *error)
{
    struct wn_text text = {0};
    size_t n;
    uint64_t *record = prune_records(prune, kept, &n, error);

    if (!record)
        return -1;
    for (size_t r = 0; !npy && r < n; r++)
        wn_text_format(&text, "%llu\n", (unsigned long long)record[r]);
    const int status =
        npy ? wn_npy_write(descriptor, name, record, n, error)
            : wn_write_all(descriptor, text.bytes, text.length, name, error);
    wn_text_free(&text);
    free(record);
    return status;
}

/* ---- tables ------------------------------------------------------------- */

/* The cells of a row that change: a rule's texts, and the new label. */
static void change_cells(const struct prune *prune, size_t row,
                         struct wn_row_cells *cells)
{
    const struct wn_overrides *fixes = &prune->dataset.fixes;

    for (size_t f = wn_overrides_find(fixes, row);
         f < fixes->count && fixes->row[f] == (int64_t)row; f++)
        if ((size_t)fixes->column[f] < cells->count)
            cells->cell[fixes->column[f]] =
                (struct wn_cell){fixes->text + fixes->end[f],
                                 (size_t)(fixes->end[f + 1] - fixes->end[f])};
    if (prune->relabel && prune->relabel[row] &&
        prune->label_cell < cells->count) {
        const char *label = prune->dataset.label_name[prune->suggestion[row]];

        cells->cell[prune->label_cell] = (struct wn_cell){label, strlen(label)};
    }
}

static void add_row(const struct wn_source_rows *source,
                    const struct wn_row_cells *cells, bool json,
                    struct wn_text *out)
{
    for (size_t c = 0; c < cells->count; c++) {
        const struct wn_cell *cell = &cells->cell[c];
        const char *kind = wn_source_rows_kind(source, c);
        const char *name = wn_source_rows_column(source, c);

        if (json) {
            wn_text_add(out, c ? "," : "{", 1);
            wn_json_write(out, name, strlen(name), WN_JSON_STRING);
            wn_text_add(out, ":", 1);
            wn_json_write(out, cell->text, cell->length,
                          strcmp(kind, "numeric") == 0 && cell->length
                              ? WN_JSON_NUMBER
                              : WN_JSON_STRING);
        } else {
            if (c)
                wn_text_add(out, ",", 1);
            wn_field_write(out, cell->text, cell->length, ',');
        }
    }
    wn_text_add(out, json ? "}\n" : "\n", json ? 2 : 1);
}

/* What is done with each row of an output. */
typedef int row_visitor(void *context, const struct wn_row_cells *cells,
                        struct wn_error *error);

static int walk_rows(const struct prune *prune, struct wn_source_rows *source,
                     bool kept, row_visitor *visit, void *context,
                     struct wn_error *error)
{
    const size_t n = kept ? prune->kept : prune->dataset.n - prune->kept;
    int64_t *row = wn_new(n, sizeof *row);
    struct wn_row_cells cells = {0};
    size_t count = 0, fetched = 0;
    int status = 0;

    for (size_t r = 0; kept && r < n; r++)
        row[count++] = (int64_t)prune->order[r];
    for (size_t i = 0; !kept && i < prune->dataset.n; i++)
        if (prune->removed[i])
            row[count++] = (int64_t)i;
    for (size_t r = 0; r < n && status == 0; r++) {
        if (r == fetched) {
            const size_t more = n - r < BATCH ? n - r : BATCH;
            const size_t got = wn_source_rows_fetch(source, row + r, more);

            fetched = r + (got ? got : more);
        }
        if (!wn_source_rows_read(source, (size_t)row[r], &cells)) {
            const char *why = wn_source_rows_reason(source);

            status = wn_fail(error, WN_EDATA, "row %lld cannot be read: %s",
                             (long long)row[r], why ? why : "it is gone");
            break;
        }
        if (kept)
            change_cells(prune, (size_t)row[r], &cells);
        status = visit(context, &cells, error);
    }
    wn_row_cells_free(&cells);
    free(row);
    return status;
}

struct lines {
    const struct wn_source_rows *source;
    bool json;
    struct wn_text out;
    int descriptor;
    const char *name;
};

static int add_line(void *context, const struct wn_row_cells *cells,
                    struct wn_error *error)
{
    struct lines *lines = context;
    int status = 0;

    add_row(lines->source, cells, lines->json, &lines->out);
    if (lines->out.length > 1 << 20) {
        status = wn_write_all(lines->descriptor, lines->out.bytes,
                              lines->out.length, lines->name, error);
        lines->out.length = 0;
    }
    return status;
}

static int write_lines(const struct prune *prune, struct wn_source_rows *source,
                       bool kept, bool json, int descriptor, const char *name,
                       struct wn_error *error)
{
    struct lines lines = {source, json, {0}, descriptor, name};

    for (size_t c = 0; !json && c < wn_source_rows_columns(source); c++) {
        const char *column = wn_source_rows_column(source, c);

        if (c)
            wn_text_add(&lines.out, ",", 1);
        wn_field_write(&lines.out, column, strlen(column), ',');
    }
    if (!json)
        wn_text_add(&lines.out, "\n", 1);
    int status = walk_rows(prune, source, kept, add_line, &lines, error);
    if (status == 0)
        status = wn_write_all(descriptor, lines.out.bytes, lines.out.length,
                              name, error);
    wn_text_free(&lines.out);
    return status;
}

/* ---- HDF5 --------------------------------------------------------------- */

/* Rows on their way into datasets, BATCH at a time. */
struct batch {
    const struct prune *prune;
    struct wn_hdf5_table *table;
    struct wn_hdf5_column *column;
    size_t columns, row, count;
    double *number; /* columns x BATCH */
    char **text;
};

/* The number of a cell, NaN of an empty one; false where that would lose
 * something. */
static bool read_number(const struct prune *prune, const struct wn_cell *cell,
                        double *number)
{
    *number = NAN;
    if (!cell->length)
        return true;
    return (prune->dataset.decimal_comma
                ? wn_number_parse_comma(cell->text, cell->length, number)
                : wn_number_parse(cell->text, cell->length, number)) &&
           fabs(*number) < 0x1p53;
}

static int find_numbers(void *context, const struct wn_row_cells *cells,
                        struct wn_error *error)
{
    const struct batch *batch = context;
    double number;

    (void)error;
    for (size_t c = 0; c < cells->count && c < batch->columns; c++)
        if (batch->column[c].number &&
            !read_number(batch->prune, &cells->cell[c], &number))
            batch->column[c].number = false;
    return 0;
}

static int write_batch(struct batch *batch, struct wn_error *error)
{
    int status = 0;

    for (size_t c = 0; c < batch->columns && status == 0 && batch->count; c++)
        status = wn_hdf5_table_write(
            batch->table, c, batch->column[c].number, batch->row, batch->count,
            batch->column[c].number ? (void *)(batch->number + c * BATCH)
                                    : (void *)(batch->text + c * BATCH),
            error);
    for (size_t t = 0; t < batch->columns * BATCH; t++) {
        free(batch->text[t]);
        batch->text[t] = NULL;
    }
    batch->row += batch->count;
    batch->count = 0;
    return status;
}

static int add_to_batch(void *context, const struct wn_row_cells *cells,
                        struct wn_error *error)
{
    struct batch *batch = context;

    for (size_t c = 0; c < batch->columns; c++) {
        const struct wn_cell cell =
            c < cells->count ? cells->cell[c] : (struct wn_cell){"", 0};
        const size_t at = c * BATCH + batch->count;

        if (batch->column[c].number)
            read_number(batch->prune, &cell, &batch->number[at]);
        else
            batch->text[at] = wn_copy_text(cell.text, cell.length);
    }
    return ++batch->count == BATCH ? write_batch(batch, error) : 0;
}

/* A column is one of doubles if ingest read it so, and no cell loses by it. */
static int write_hdf5(const struct prune *prune, struct wn_source_rows *source,
                      bool kept, int descriptor, const char *name,
                      struct wn_error *error)
{
    const size_t columns = wn_source_rows_columns(source);
    const size_t n = kept ? prune->kept : prune->dataset.n - prune->kept;
    struct batch batch = {
        .prune = prune,
        .column = wn_new(columns, sizeof *batch.column),
        .columns = columns,
        .number = wn_new(wn_product(columns, BATCH, 1), sizeof(double)),
        .text = wn_new(wn_product(columns, BATCH, 1), sizeof(char *))};

    for (size_t c = 0; c < columns; c++)
        batch.column[c] = (struct wn_hdf5_column){
            wn_source_rows_column(source, c),
            strcmp(wn_source_rows_kind(source, c), "numeric") == 0};
    int status = walk_rows(prune, source, kept, find_numbers, &batch, error);
    if (status == 0) {
        batch.table = wn_hdf5_table_new(descriptor, name, batch.column, columns,
                                        n, error);
        status = batch.table ? 0 : -1;
    }
    if (status == 0)
        status = walk_rows(prune, source, kept, add_to_batch, &batch, error);
    if (status == 0)
        status = write_batch(&batch, error);
    if (batch.table && wn_hdf5_table_end(batch.table, error))
        status = -1;
    for (size_t t = 0; t < columns * BATCH; t++)
        free(batch.text[t]);
    free(batch.column);
    free(batch.number);
    free(batch.text);
    return status;
}

int prune_convert(const struct prune *prune, struct wn_output *output,
                  struct wn_output *removed, struct wn_error *error)
{
    const char *format = prune_text(prune, "format");
    const bool npy = strcmp(format, "npy") == 0;
    const bool json = strcmp(format, "jsonl") == 0;
    const bool hdf5 = strcmp(format, "hdf5") == 0;
    struct wn_output *const files[] = {output, removed};
    struct wn_source_rows *source = NULL;
    int status = 0;

    if (json || hdf5 || strcmp(format, "csv") == 0) {
        const struct wn_source_where where = wn_run_source(prune->run);

        source = wn_source_rows_open(&prune->dataset, prune->audit, &where);
        if (wn_source_rows_reason(source))
            status =
                wn_fail(error, WN_EDATA, "%s", wn_source_rows_reason(source));
    }
    for (int f = 0; f < 2 && status == 0; f++) {
        if (!files[f])
            continue;
        const int descriptor = wn_output_descriptor(files[f]);
        const char *name = wn_output_name(files[f]);

        status =
            !source ? write_numbers(prune, f == 0, npy, descriptor, name, error)
            : hdf5  ? write_hdf5(prune, source, f == 0, descriptor, name, error)
                    : write_lines(prune, source, f == 0, json, descriptor, name,
                                  error);
        if (status == 0 && fsync(descriptor))
            status = wn_fail_errno(error, "%s: cannot write", name);
    }
    wn_source_rows_close(source);
    return status;
}
