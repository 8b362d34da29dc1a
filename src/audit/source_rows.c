/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cells of single rows of the audited file; see source_rows.h. */
#include "audit/source_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array/npy.h"
#include "audit/source.h"
#include "csv/json_record.h"
#include "util/file.h"
#include "util/memory.h"

/* ---- the datasets of an HDF5 file --------------------------------------- */

void wn_source_arrays_free(struct wn_source_arrays *arrays)
{
    free(arrays->text);
    *arrays = (struct wn_source_arrays){0};
}

static int read_arrays(const struct wn_audit *audit,
                       struct wn_source_arrays *arrays, struct wn_error *error)
{
    char *line;

    arrays->text = wn_audit_text(audit, "data", "arrays", error);
    if (!arrays->text)
        return error->code ? -1
                           : wn_fail(error, WN_EDATA,
                                     "%s: data: has no "
                                     "attribute arrays",
                                     wn_audit_name(audit));
    for (line = arrays->text; line && *line;) {
        char *end = strchr(line, '\n'), *blank;

        if (end)
            *end++ = '\0';
        blank = strchr(line, ' ');
        if (!blank || arrays->count == WN_HDF5_MAX)
            return wn_fail(error, WN_EDATA,
                           "%s: data: attribute arrays: "
                           "found '%.80s', wanted lines of a role and a "
                           "dataset",
                           wn_audit_name(audit), line);
        *blank = '\0';
        arrays->whole |= (uint32_t)(strcmp(line, "names") == 0)
                         << arrays->count;
        if (strcmp(line, "label") == 0)
            arrays->label = arrays->count;
        if (strcmp(line, "names") == 0)
            arrays->names = blank + 1;
        arrays->role[arrays->count] = line;
        arrays->path[arrays->count++] = blank + 1;
        line = end;
    }
    return 0;
}

int wn_source_arrays_read(const struct wn_dataset *dataset,
                          const struct wn_audit *audit,
                          struct wn_source_arrays *arrays,
                          struct wn_error *error)
{
    const char *name = wn_audit_name(audit);
    double count = 0;

    *arrays = (struct wn_source_arrays){0};
    if (wn_audit_number(audit, "data", "source_rows", &count, error))
        return -1;
    if (!dataset->row_line || !(count >= (double)dataset->n) || count > 0x1p48)
        return wn_fail(error, WN_EDATA,
                       "%s: data: does not say which rows of the source it has",
                       name);
    arrays->rows = (size_t)count;
    for (size_t i = 0; i < dataset->n; i++)
        if (dataset->row_line[i] >= arrays->rows ||
            (i && dataset->row_line[i] <= dataset->row_line[i - 1]))
            return wn_fail(error, WN_EDATA,
                           "%s: data/row_line: row %zu: wanted ascending rows "
                           "of the source",
                           name, i);
    return read_arrays(audit, arrays, error);
}

/* ---- the source --------------------------------------------------------- */

struct cell {
    size_t begin, length; /* in the bytes of all cells */
};

struct wn_source_rows {
    const struct wn_dataset *dataset;
    struct wn_source *source;
    struct wn_error why;
    size_t columns;
    char *const *column, *const *kind; /* of the dataset or, for arrays, own */
    char **own_column, **own_kind;
    size_t column_capacity, kind_capacity, own;
    struct wn_csv_reader *reader; /* of CSV */
    struct wn_text record;
    struct wn_dictionary names;     /* the columns of JSON Lines */
    struct wn_json_record json;     /* of JSON Lines */
    struct wn_source_arrays arrays; /* of HDF5 */
    struct wn_array npy;            /* of npy */
    /* Of arrays: the rows at hand, ascending, and their cells. */
    size_t *row, rows;
    struct wn_text bytes;
    struct cell *cell; /* rows x columns */
};

static bool is_json(const struct wn_dataset *dataset)
{
    return dataset->form && strcmp(dataset->form, "jsonl") == 0;
}

/* Keep the first reason, in visible bytes. */
static void keep_reason(struct wn_source_rows *rows,
                        const struct wn_error *error)
{
    struct wn_text text = {0};

    if (rows->why.code)
        return;
    wn_text_add_visible(&text, error->text, strlen(error->text));
    rows->why.code = error->code;
    snprintf(rows->why.text, sizeof rows->why.text, "%s", wn_text_of(&text));
    wn_text_free(&text);
}

static void name_column(struct wn_source_rows *rows, const char *kind,
                        const char *name, size_t place, bool several)
{
    struct wn_text text = {0};

    wn_text_format(&text, several ? "%s#%zu" : "%s", name, place);
    wn_grow(&rows->own_column, &rows->column_capacity, rows->own + 1,
            sizeof *rows->own_column);
    wn_grow(&rows->own_kind, &rows->kind_capacity, rows->own + 1,
            sizeof *rows->own_kind);
    rows->own_kind[rows->own] = wn_copy_text(kind, strlen(kind));
    rows->own_column[rows->own++] = text.bytes;
    rows->column = rows->own_column;
    rows->kind = rows->own_kind;
    rows->columns = rows->own;
}

/* ---- rows of arrays ----------------------------------------------------- */

/* Where the cells of one array go: its row place[i] is row i at hand, its first
 * column is column `first`. */
struct take {
    struct wn_source_rows *rows;
    const struct wn_array *array;
    const uint64_t *place; /* ascending */
    size_t first, next;    /* next: of place[] */
};

static void take_cell(const struct take *take, size_t i, size_t column,
                      const char *text, size_t length)
{
    struct wn_source_rows *rows = take->rows;

    rows->cell[i * rows->columns + take->first + column] =
        (struct cell){rows->bytes.length, length};
    wn_text_add(&rows->bytes, text, length);
}

static int take_text(void *context, size_t cell, const char *text,
                     size_t length, struct wn_error *error)
{
    struct take *take = context;
    const size_t row = cell / take->array->columns;

    (void)error;
    while (take->next < take->rows->rows && take->place[take->next] < row)
        take->next++;
    if (take->next < take->rows->rows && take->place[take->next] == row)
        take_cell(take, take->next, cell % take->array->columns, text, length);
    return 0;
}

static int take_array(struct take *take, struct wn_error *error)
{
    const struct wn_array *array = take->array;
    double *number = wn_new(array->columns, sizeof *number);
    int status =
        array->text ? wn_array_texts(array, take_text, take, error) : 0;

    for (size_t i = 0; !array->text && i < take->rows->rows && status == 0;
         i++) {
        const size_t row = (size_t)take->place[i];
        char text[40];

        status = wn_array_numbers(array, row, row + 1, number, error);
        for (size_t c = 0; c < array->columns && status == 0; c++) {
            const int length = snprintf(text, sizeof text, "%.*g",
                                        array->whole        ? 17
                                        : array->width == 4 ? 7
                                                            : 15,
                                        number[c]);

            take_cell(take, i, c, text, (size_t)length);
        }
    }
    free(number);
    return status;
}

/* Read the rows at hand, rows->row[], of the arrays of the source into memory;
 * the first time, name the columns. */
static int read_arrays_rows(struct wn_source_rows *rows, struct wn_error *error)
{
    const bool hdf5 = !rows->npy.name;
    const struct wn_source_arrays *list = &rows->arrays;
    struct wn_array array[WN_HDF5_MAX] = {{0}};
    const char *path[WN_HDF5_MAX], *kind[WN_HDF5_MAX];
    uint64_t *place = wn_new(rows->rows, sizeof *place);
    size_t count = 0, first = 0;
    int status = 0;

    for (size_t i = 0; i < rows->rows; i++)
        place[i] = rows->dataset->row_line[rows->row[i]];
    for (size_t a = 0; hdf5 && a < list->count; a++)
        if (!(list->whole >> a & 1)) {
            kind[count] = list->role[a];
            path[count++] = list->path[a];
        }
    if (hdf5) {
        /* A small copy of the wanted rows: the source may be huge. */
        const int descriptor = wn_temporary(error);
        const struct wn_hdf5_copy copy = {.path = wn_source_path(rows->source),
                                          .paths = path,
                                          .count = count,
                                          .rows = list->rows,
                                          .row = place,
                                          .n = rows->rows,
                                          .descriptor = descriptor,
                                          .name = "temporary file"};
        char again[32];

        snprintf(again, sizeof again, "/dev/fd/%d", descriptor);
        status = descriptor < 0 ||
                         wn_hdf5_write(&copy, WN_HDF5_BYTES, NULL, error) ||
                         wn_hdf5_read(again, path, count, WN_HDF5_BYTES, array,
                                      error)
                     ? -1
                     : 0;
        if (descriptor >= 0)
            close(descriptor);
        for (size_t i = 0; i < rows->rows; i++)
            place[i] = i;
    } else {
        array[0] = rows->npy;
        kind[0] = "numeric";
        path[0] = rows->dataset->source;
        count = 1;
    }
    const bool unnamed = rows->columns == 0;
    for (size_t a = 0; a < count && status == 0 && unnamed; a++)
        for (size_t c = 0; c < array[a].columns; c++)
            name_column(rows, kind[a], path[a], c, array[a].columns > 1);
    rows->bytes.length = 0;
    rows->cell =
        wn_new(wn_product(rows->rows, rows->columns, 1), sizeof *rows->cell);
    for (size_t a = 0; a < count && status == 0; a++) {
        struct take take = {rows, &array[a], place, first, 0};

        first += array[a].columns;
        status = first > rows->columns
                     ? wn_fail(error, WN_EDATA, "%s: changed while being read",
                               wn_source_name(rows->source))
                     : take_array(&take, error);
    }
    for (size_t a = 0; a < count && hdf5; a++)
        wn_array_free(&array[a]);
    free(place);
    return status;
}

static int ascending_rows(const void *a, const void *b)
{
    const size_t one = *(const size_t *)a, two = *(const size_t *)b;

    return (one > two) - (one < two);
}

size_t wn_source_rows_fetch(struct wn_source_rows *rows, const int64_t *row,
                            size_t count)
{
    enum { CELLS = 1 << 21 }; /* at hand at most, if there are several rows */
    struct wn_error error = {0};
    size_t kept = 0;

    if (!rows->source || rows->dataset->row_offset || count == 0)
        return count;
    free(rows->row);
    free(rows->cell);
    rows->cell = NULL;
    rows->row = wn_new(count, sizeof *rows->row);
    while (count > 1 && wn_product(count, rows->columns, 1) > CELLS)
        count /= 2;
    for (size_t i = 0; i < count; i++)
        rows->row[i] = (size_t)row[i];
    qsort(rows->row, count, sizeof *rows->row, ascending_rows);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || rows->row[i] != rows->row[kept - 1])
            rows->row[kept++] = rows->row[i];
    rows->rows = kept;
    if (read_arrays_rows(rows, &error)) {
        rows->rows = 0;
        keep_reason(rows, &error);
    }
    return count;
}

/* ---- opening ------------------------------------------------------------ */

/* The columns of arrays have the names and extents of the first row. */
static int open_arrays(struct wn_source_rows *rows,
                       const struct wn_audit *audit, struct wn_error *error)
{
    const struct wn_dataset *dataset = rows->dataset;

    if (strcmp(dataset->form, "hdf5") == 0
            ? wn_source_arrays_read(dataset, audit, &rows->arrays, error)
            : wn_npy_read(wn_source_path(rows->source), &rows->npy, error))
        return -1;
    for (size_t i = 0; i < dataset->n && rows->npy.name; i++)
        if (!dataset->row_line || dataset->row_line[i] >= rows->npy.rows)
            return wn_fail(error, WN_EDATA,
                           "%s: data/row_line: row %zu is not in the source",
                           wn_audit_name(audit), i);
    const int64_t first = 0;
    wn_source_rows_fetch(rows, &first, dataset->n > 0);
    return 0;
}

struct wn_source_rows *wn_source_rows_open(const struct wn_dataset *dataset,
                                           const struct wn_audit *audit,
                                           const struct wn_source_where *where)
{
    struct wn_source_rows *rows = wn_new(1, sizeof *rows);
    struct wn_error error = {0};
    const bool records = dataset->row_offset != NULL;
    int status = 0;

    rows->dataset = dataset;
    rows->source =
        wn_source_open(dataset, audit, where,
                       records ? WN_SOURCE_RECORDS : WN_SOURCE_WHOLE, &error);
    if (!rows->source) {
        status = -1;
    } else if (!records) {
        status = open_arrays(rows, audit, &error);
    } else if (!dataset->row_hash || !dataset->columns) {
        status = wn_fail(&error, WN_EDATA,
                         "%s: does not say what its rows and columns are",
                         wn_audit_name(audit));
    } else if (dataset->form && !is_json(dataset)) {
        name_column(rows, "label", "label", 0, false);
        name_column(rows, "text", "features", 0, false);
    } else {
        rows->columns = dataset->columns;
        rows->column = dataset->column_name;
        rows->kind = dataset->column_kind;
        rows->reader =
            wn_csv_reader_apart(dataset->delimiter, dataset->columns);
        for (size_t c = 0; c < dataset->columns && is_json(dataset); c++)
            wn_dictionary_add(&rows->names, rows->column[c],
                              strlen(rows->column[c]), 1, c);
    }
    if (status) {
        keep_reason(rows, &error);
        rows->columns = 0;
    }
    return rows;
}

void wn_source_rows_close(struct wn_source_rows *rows)
{
    if (!rows)
        return;
    wn_source_close(rows->source);
    wn_csv_reader_free(rows->reader);
    wn_text_free(&rows->record);
    wn_dictionary_free(&rows->names);
    wn_json_record_free(&rows->json);
    wn_source_arrays_free(&rows->arrays);
    wn_array_free(&rows->npy);
    wn_names_free(rows->own_column, rows->own);
    wn_names_free(rows->own_kind, rows->own);
    free(rows->row);
    wn_text_free(&rows->bytes);
    free(rows->cell);
    free(rows);
}

const char *wn_source_rows_reason(const struct wn_source_rows *rows)
{
    return rows->why.code ? rows->why.text : NULL;
}

size_t wn_source_rows_columns(const struct wn_source_rows *rows)
{
    return rows->columns;
}

const char *wn_source_rows_column(const struct wn_source_rows *rows,
                                  size_t column)
{
    return rows->column[column];
}

const char *wn_source_rows_kind(const struct wn_source_rows *rows,
                                size_t column)
{
    return rows->kind ? rows->kind[column] : "";
}

/* ---- one row ------------------------------------------------------------ */

static void add_cell(struct wn_row_cells *cells, const char *text,
                     size_t length)
{
    wn_grow(&cells->cell, &cells->capacity, cells->count + 1,
            sizeof *cells->cell);
    cells->cell[cells->count++] = (struct wn_cell){NULL, length};
    wn_text_add(&cells->bytes, text, length);
}

/* The record as cells in the order of the columns. */
static int read_json_record(struct wn_source_rows *rows, size_t row,
                            struct wn_row_cells *cells, struct wn_error *error)
{
    const struct wn_json_record *json = &rows->json;
    struct wn_cell *cell;
    int status = 0;

    if (wn_json_read(wn_text_of(&rows->record), rows->record.length,
                     &rows->json, error))
        return wn_fail(error, WN_EDATA, "%s: row %zu",
                       wn_source_name(rows->source), row);
    cell = wn_new(rows->columns, sizeof *cell);
    for (size_t f = 0; f < json->count && status == 0; f++) {
        const struct wn_json_leaf *leaf = &json->leaf[f];
        const long c = wn_dictionary_find(
            &rows->names, json->bytes.bytes + leaf->path, leaf->path_length);

        if (c < 0)
            status = wn_fail(error, WN_EDATA, "%s: row %zu: has other keys",
                             wn_source_name(rows->source), row);
        else
            cell[c] =
                (struct wn_cell){json->bytes.bytes + leaf->text, leaf->length};
    }
    for (size_t c = 0; c < rows->columns && status == 0; c++)
        add_cell(cells, cell[c].length ? cell[c].text : "", cell[c].length);
    free(cell);
    return status;
}

static int read_record(struct wn_source_rows *rows, size_t row,
                       struct wn_row_cells *cells, struct wn_error *error)
{
    const struct wn_cell *cell = NULL;
    size_t count = 0;

    if (wn_source_record(rows->source, row, &rows->record, error))
        return -1;
    const char *text = wn_text_of(&rows->record);
    const size_t length = rows->record.length;

    if (is_json(rows->dataset))
        return read_json_record(rows, row, cells, error);
    if (rows->dataset->form) { /* libsvm */
        const size_t label = strcspn(text, " \t");
        const size_t begin = label + strspn(text + label, " \t");

        add_cell(cells, text, label);
        add_cell(cells, text + begin, length - begin);
        return 0;
    }
    if (wn_csv_split(rows->reader, text, length, &cell, &count, error))
        return -1;
    const struct wn_dataset *dataset = rows->dataset;
    const bool named =
        dataset->file_name && dataset->files && count + 1 == rows->columns;
    if (count + named != rows->columns)
        return wn_fail_fields(error, wn_source_name(rows->source),
                              rows->dataset->row_line[row], count,
                              rows->columns);
    for (size_t c = 0; c < count; c++)
        add_cell(cells, cell[c].text, cell[c].length);
    if (named) {
        const char *name = wn_dataset_file(dataset, row);

        add_cell(cells, name, strlen(name));
    }
    return 0;
}

static int read_at_hand(struct wn_source_rows *rows, size_t row,
                        struct wn_row_cells *cells, struct wn_error *error)
{
    const size_t *found = rows->rows ? bsearch(&row, rows->row, rows->rows,
                                               sizeof row, ascending_rows)
                                     : NULL;

    if (!found) {
        wn_source_rows_fetch(rows, &(int64_t){(int64_t)row}, 1);
        found = rows->rows ? rows->row : NULL;
    }
    if (!found)
        return wn_fail(error, WN_EDATA, "%s: row %zu cannot be read",
                       wn_source_name(rows->source), row);
    const struct cell *cell =
        rows->cell + (size_t)(found - rows->row) * rows->columns;
    for (size_t c = 0; c < rows->columns; c++)
        add_cell(cells, wn_text_of(&rows->bytes) + cell[c].begin,
                 cell[c].length);
    return 0;
}

bool wn_source_rows_read(struct wn_source_rows *rows, size_t row,
                         struct wn_row_cells *cells)
{
    struct wn_error error = {0};

    cells->count = cells->bytes.length = 0;
    if (!rows->columns)
        return false;
    if (rows->dataset->row_offset ? read_record(rows, row, cells, &error)
                                  : read_at_hand(rows, row, cells, &error)) {
        cells->count = 0;
        keep_reason(rows, &error);
        return false;
    }
    const char *at = wn_text_of(&cells->bytes);
    for (size_t c = 0; c < cells->count; c++) {
        cells->cell[c].text = at;
        at += cells->cell[c].length;
    }
    return true;
}

void wn_row_cells_free(struct wn_row_cells *cells)
{
    free(cells->cell);
    wn_text_free(&cells->bytes);
    *cells = (struct wn_row_cells){0};
}
