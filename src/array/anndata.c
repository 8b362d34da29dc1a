/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Groups of a user's HDF5 file that hold one array; see hdf5.h. The formats
 * are anndata's: categorical, nullable-*, csr_matrix. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "array/hdf5_dataset.h"
#include "array/hdf5_store.h"
#include "array/sandbox.h"
#include "util/memory.h"
#include "util/text.h"

/* Set the shape of the group's array and open its temporary file. */
static int begin_array(struct wn_hdf5_reader *reader, size_t rows,
                       size_t columns)
{
    struct wn_array *array = reader->array;

    array->rank = columns == 1 ? 1 : 2;
    array->extent[0] = rows;
    array->extent[1] = columns;
    if (!wn_array_shape(array))
        return wn_hdf5_refuse(reader, "claims more cells than are possible");
    wn_array_sink_open(&reader->sink, array);
    return 0;
}

/* ---- codes and categories: the name of each row, "" for code -1 --------- */

struct categories {
    struct wn_text all;
    size_t *end; /* where the text of each one ends */
};

static int add_category(void *context, size_t cell, const char *text,
                        size_t length, struct wn_error *error)
{
    struct categories *categories = context;

    (void)error;
    categories->end[cell] = categories->all.length + length;
    wn_text_add(&categories->all, text, length);
    return 0;
}

static int read_codes(struct wn_hdf5_reader *reader)
{
    struct wn_array codes = {0}, names = {0};
    struct wn_array_rows rows = {0};
    struct categories categories = {0};
    struct wn_error *error = reader->error;
    int status = -1;

    if (wn_hdf5_member_read(reader, "codes", &codes) ||
        wn_hdf5_member_read(reader, "categories", &names))
        goto done;
    if (codes.rank != 1 || names.rank != 1 || !codes.whole) {
        wn_hdf5_refuse(reader, "wanted whole numbers in codes and a list of "
                               "categories");
        goto done;
    }
    categories.end = wn_new(names.rows, sizeof *categories.end);
    if (wn_array_texts(&names, add_category, &categories, error))
        goto done;
    reader->array->text = true;
    if (begin_array(reader, codes.rows, 1))
        goto done;
    wn_array_rows_open(&rows, &codes);
    for (size_t i = 0; i < codes.rows && !error->code; i++) {
        const double *code = wn_array_row(&rows, i, error);
        size_t begin = 0, end = 0;

        if (!code)
            break;
        if (!(*code >= -1 && *code < (double)names.rows)) {
            wn_fail(error, WN_EDATA,
                    "%s: %s/codes: row %zu: found %.15g, wanted -1 or the "
                    "number of one of %zu categories",
                    reader->name, reader->path, i, *code, names.rows);
            break;
        }
        if (*code >= 0)
            end = categories.end[(size_t)*code];
        if (*code > 0)
            begin = categories.end[(size_t)*code - 1];
        if (wn_array_put_text(&reader->sink,
                              wn_text_of(&categories.all) + begin, end - begin,
                              error))
            break;
    }
    status = wn_array_sink_close(&reader->sink, !error->code, error);
done:
    wn_array_rows_free(&rows);
    wn_array_free(&codes);
    wn_array_free(&names);
    wn_text_free(&categories.all);
    free(categories.end);
    return status;
}

/* ---- values and mask: NaN or "" where the mask is set ------------------- */

struct masked {
    struct wn_hdf5_reader *reader;
    struct wn_array_rows mask;
};

static int put_masked_text(void *context, size_t cell, const char *text,
                           size_t length, struct wn_error *error)
{
    struct masked *masked = context;
    const double *missing = wn_array_row(&masked->mask, cell, error);

    return missing ? wn_array_put_text(&masked->reader->sink, text,
                                       *missing != 0 ? 0 : length, error)
                   : -1;
}

static int read_masked(struct wn_hdf5_reader *reader)
{
    struct wn_array values = {0}, mask = {0};
    struct masked masked = {.reader = reader};
    struct wn_array_rows rows;
    struct wn_error *error = reader->error;
    int status = -1;

    if (wn_hdf5_member_read(reader, "values", &values) ||
        wn_hdf5_member_read(reader, "mask", &mask))
        goto done;
    if (values.rank != 1 || mask.rank != 1 || !mask.whole ||
        values.rows != mask.rows) {
        wn_hdf5_refuse(reader, "wanted a list of values and a mask as long");
        goto done;
    }
    reader->array->text = values.text;
    reader->array->whole = values.whole;
    reader->array->width = values.width;
    if (begin_array(reader, values.rows, 1))
        goto done;
    wn_array_rows_open(&masked.mask, &mask);
    wn_array_rows_open(&rows, &values);
    status = values.text
                 ? wn_array_texts(&values, put_masked_text, &masked, error)
                 : 0;
    for (size_t i = 0; !values.text && i < values.rows && status == 0; i++) {
        const double *value = wn_array_row(&rows, i, error);
        const double *missing =
            value ? wn_array_row(&masked.mask, i, error) : NULL;

        status = missing
                     ? wn_array_put_number(&reader->sink,
                                           *missing != 0 ? NAN : *value, error)
                     : -1;
    }
    wn_array_rows_free(&masked.mask);
    wn_array_rows_free(&rows);
    status = wn_array_sink_close(&reader->sink, status == 0, error);
done:
    wn_array_free(&values);
    wn_array_free(&mask);
    return status;
}

/* ---- data, indices and indptr: a sparse matrix by rows ------------------ */

enum {
    DENSE_MAX = 1032,        /* bytes of the matrix per byte of the file */
    BYTES_A_SECOND = 1 << 22 /* grants processor time for it */
};

/* Row i has the numbers data[indptr[i]] .. data[indptr[i+1]-1], in columns
 * indices[...]. */
struct sparse {
    struct wn_hdf5_reader *reader;
    struct wn_array data, indices, indptr;
    int64_t shape[2];
};

/* An attribute of the group, its dataspace and type; each may be invalid. */
struct group_attribute {
    hid_t id, space, type;
};

static struct group_attribute
open_attribute(const struct wn_hdf5_reader *reader, const char *name)
{
    const hid_t id = H5Aopen_by_name(reader->file, reader->path, name,
                                     H5P_DEFAULT, H5P_DEFAULT);

    return (struct group_attribute){id, H5Aget_space(id), H5Aget_type(id)};
}

static void close_attribute(const struct group_attribute *attribute)
{
    wn_hdf5_close(attribute->type);
    wn_hdf5_close(attribute->space);
    wn_hdf5_close(attribute->id);
}

/* Write out the matrix row by row; numbers of one cell add up. */
static int put_matrix(struct sparse *sparse)
{
    struct wn_hdf5_reader *reader = sparse->reader;
    struct wn_error *error = reader->error;
    const size_t rows = (size_t)sparse->shape[0];
    const size_t d = (size_t)sparse->shape[1];
    double *row = wn_new(d, sizeof *row), begin = 0;
    struct wn_array_rows data, indices, indptr;

    wn_array_rows_open(&data, &sparse->data);
    wn_array_rows_open(&indices, &sparse->indices);
    wn_array_rows_open(&indptr, &sparse->indptr);
    for (size_t i = 0; i <= rows && !error->code; i++) {
        const double *end = wn_array_row(&indptr, i, error);

        if (!end)
            break;
        if (i == 0) {
            begin = *end;
            continue;
        }
        if (!(begin >= 0 && begin <= *end &&
              *end <= (double)data.array->rows)) {
            wn_fail(error, WN_EDATA,
                    "%s: %s/indptr: row %zu: found %.15g and %.15g, wanted "
                    "ascending places of at most %zu",
                    reader->name, reader->path, i - 1, begin, *end,
                    data.array->rows);
            break;
        }
        memset(row, 0, d * sizeof *row);
        for (size_t p = (size_t)begin; p < (size_t)*end && !error->code; p++) {
            const double *column = wn_array_row(&indices, p, error);
            const double *value = column ? wn_array_row(&data, p, error) : NULL;

            if (value && *column >= 0 && *column < (double)d)
                row[(size_t)*column] += *value;
            else if (value)
                wn_fail(error, WN_EDATA,
                        "%s: %s/indices: row %zu: found %.15g, wanted one of "
                        "%zu columns",
                        reader->name, reader->path, i - 1, *column, d);
        }
        begin = *end;
        for (size_t j = 0; j < d && !error->code; j++)
            if (wn_array_put_number(&reader->sink, row[j], error))
                break;
    }
    wn_array_rows_free(&data);
    wn_array_rows_free(&indices);
    wn_array_rows_free(&indptr);
    free(row);
    return error->code ? -1 : 0;
}

bool wn_anndata_shape(const struct wn_hdf5_reader *reader, int64_t shape[2],
                      bool *by_columns)
{
    static const char csc[] = "csc_matrix";
    const struct group_attribute extents = open_attribute(reader, "shape");
    const bool good = extents.space >= 0 &&
                      H5Tget_class(extents.type) == H5T_INTEGER &&
                      H5Sget_simple_extent_npoints(extents.space) == 2 &&
                      H5Aread(extents.id, H5T_NATIVE_INT64, shape) >= 0 &&
                      shape[0] >= 0 && shape[1] >= 1;
    const struct group_attribute about =
        open_attribute(reader, "encoding-type");
    char text[64] = "", *variable = NULL;

    *by_columns = false;
    close_attribute(&extents);
    /* The extents of a square matrix do not tell whether it goes by rows. */
    if (about.type >= 0 && H5Sget_simple_extent_npoints(about.space) == 1) {
        if (H5Tis_variable_str(about.type) > 0) {
            *by_columns = H5Aread(about.id, about.type, &variable) >= 0 &&
                          variable && strcmp(variable, csc) == 0;
            H5free_memory(variable);
        } else if (H5Tget_size(about.type) < sizeof text) {
            *by_columns = H5Aread(about.id, about.type, text) >= 0 &&
                          strncmp(text, csc, sizeof csc - 1) == 0;
        }
    }
    close_attribute(&about);
    return good;
}

static int read_sparse(struct wn_hdf5_reader *reader)
{
    struct sparse sparse = {.reader = reader};
    bool by_columns;
    int status = -1;

    if (!wn_anndata_shape(reader, sparse.shape, &by_columns))
        return wn_hdf5_refuse(reader, "wanted an attribute shape of two whole "
                                      "numbers");
    if (wn_hdf5_member_read(reader, "data", &sparse.data) ||
        wn_hdf5_member_read(reader, "indices", &sparse.indices) ||
        wn_hdf5_member_read(reader, "indptr", &sparse.indptr))
        goto done;
    /* Check form and size of the matrix before the rows are allocated. */
    const size_t rows = (size_t)sparse.shape[0];
    const size_t columns = (size_t)sparse.shape[1];
    const size_t bytes = wn_product(rows, columns, sparse.data.width);

    if (sparse.data.rank != 1 || sparse.data.text || sparse.indices.rank != 1 ||
        !sparse.indices.whole || sparse.indptr.rank != 1 ||
        !sparse.indptr.whole || sparse.data.rows != sparse.indices.rows) {
        wn_hdf5_refuse(reader, "wanted lists of numbers in data, of columns in "
                               "indices, of places in indptr");
        goto done;
    }
    if (by_columns || sparse.indptr.rows != rows + 1) {
        wn_hdf5_refuse(reader, "is no matrix by rows, wanted a "
                               "csr_matrix: tocsr() before writing");
        goto done;
    }
    if (bytes / DENSE_MAX > reader->size ||
        columns > reader->memory / 4 / sizeof(double)) {
        wn_fail(reader->error, WN_EDATA,
                "%s: %s: %zu rows of %zu features each in a file of "
                "%llu bytes: too sparse for a dense matrix",
                reader->name, reader->path, rows, columns,
                (unsigned long long)reader->size);
        goto done;
    }
    wn_sandbox_seconds(WN_HDF5_SECONDS + bytes / BYTES_A_SECOND);

    reader->array->whole = sparse.data.whole;
    reader->array->width = sparse.data.width;
    if (begin_array(reader, (size_t)sparse.shape[0], (size_t)sparse.shape[1]))
        goto done;
    status = put_matrix(&sparse);
    status = wn_array_sink_close(&reader->sink, status == 0, reader->error);
done:
    wn_array_free(&sparse.data);
    wn_array_free(&sparse.indices);
    wn_array_free(&sparse.indptr);
    return status;
}

enum wn_anndata_kind wn_anndata_kind(const struct wn_hdf5_reader *reader)
{
    static const char *const members[][3] = {
        [WN_ANNDATA_CODES] = {"codes", "categories"},
        [WN_ANNDATA_MASKED] = {"values", "mask"},
        [WN_ANNDATA_SPARSE] = {"data", "indices", "indptr"}};
    char path[WN_HDF5_PATH];

    for (int kind = WN_ANNDATA_CODES; kind <= WN_ANNDATA_SPARSE; kind++) {
        int found = 0, wanted = 0;

        for (; wanted < 3 && members[kind][wanted]; wanted++) {
            wn_hdf5_member_path(reader, members[kind][wanted], path);
            found += H5Lexists(reader->file, path, H5P_DEFAULT) > 0;
        }
        if (found == wanted)
            return (enum wn_anndata_kind)kind;
    }
    return WN_ANNDATA_NONE;
}

int wn_anndata_read(struct wn_hdf5_reader *reader)
{
    switch (wn_anndata_kind(reader)) {
    case WN_ANNDATA_CODES:
        return read_codes(reader);
    case WN_ANNDATA_MASKED:
        return read_masked(reader);
    case WN_ANNDATA_SPARSE:
        return read_sparse(reader);
    default:
        return wn_hdf5_refuse(reader, "is no dataset");
    }
}
