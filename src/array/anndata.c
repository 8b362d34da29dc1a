/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Groups in foreign HDF5 that stand for one array; see hdf5.h. The formats
 * are those of anndata: categorical, nullable-*, csr_matrix. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "array/sandbox.h"
#include "array/hdf5_dataset.h"
#include "util/memory.h"
#include "util/number.h"
#include "util/text.h"

int wn_reader_read_member(const struct wn_reader *reader, const char *member,
                          struct wn_array *array)
{
    struct wn_reader own = *reader;
    H5O_type_t type;
    char path[WN_READER_PATH];

    wn_reader_member(reader, member, path);
    own.path = path;
    if (wn_array_begin(array, path, reader->error))
        return -1;
    own.array = array;
    if (wn_reader_find(&own, &type))
        return -1;
    return type == H5O_TYPE_DATASET ? wn_reader_dataset(&own)
                                    : wn_reader_refuse(&own, "is no dataset");
}

/* What the array of a group is like, and a way into its file. */
static int begin_array(struct wn_reader *reader, size_t rows, size_t columns)
{
    struct wn_array *array = reader->array;

    array->rank = columns == 1 ? 1 : 2;
    array->extent[0] = rows;
    array->extent[1] = columns;
    if (!wn_array_shape(array))
        return wn_reader_refuse(reader, "claims more cells than there can be");
    return wn_array_sink_open(&reader->sink, array);
}

static int anndata_put_number(struct wn_reader *reader, double value)
{
    const float narrow = (float)value;

    return reader->array->width == 4
               ? wn_array_put(&reader->sink, &narrow, sizeof narrow,
                              reader->error)
               : wn_array_put(&reader->sink, &value, sizeof value,
                              reader->error);
}

/* ---- codes and categories ----------------------------------------------- */

struct categories {
    struct wn_text all;
    size_t *end; /* where each one's text ends */
    size_t count;
};

static int anndata_take_category(void *context, size_t cell, const char *text,
                                 size_t length, struct wn_error *error)
{
    struct categories *categories = context;

    categories->end[cell] = categories->all.length + length;
    wn_text_add(&categories->all, text, length);
    return 0;
}

static int load_categories(const struct wn_reader *reader,
                           const struct wn_array *array,
                           struct categories *categories)
{
    struct wn_error *error = reader->error;
    char text[32];
    double value;

    categories->count = array->rows;
    categories->end = wn_new(array->rows, sizeof *categories->end);
    if (array->text)
        return wn_array_texts(array, anndata_take_category, categories, error);
    for (size_t i = 0; i < array->rows; i++)
        if (wn_array_numbers(array, i, i + 1, &value, error) ||
            anndata_take_category(categories, i, text,
                                  wn_number_format(value, text), error))
            return -1;
    return 0;
}

/* A code is the number of a category, or -1 for none: that is empty text. */
static int put_code(struct wn_reader *reader,
                    const struct categories *categories, size_t row,
                    double code)
{
    size_t begin = 0, end = 0;

    if (!(code >= -1 && code < (double)categories->count))
        return wn_fail(reader->error, WN_EDATA,
                       "%s: %s/codes: row %zu: found "
                       "%.15g, wanted -1 or the number of one of %zu "
                       "categories",
                       reader->name, reader->path, row, code,
                       categories->count);
    if (code >= 0) {
        begin = code > 0 ? categories->end[(size_t)code - 1] : 0;
        end = categories->end[(size_t)code];
    }
    return wn_array_put_text(&reader->sink,
                             wn_text_of(&categories->all) + begin, end - begin,
                             reader->error);
}

static int put_codes(struct wn_reader *reader, const struct wn_array *codes,
                     const struct categories *categories)
{
    struct wn_array_rows rows;
    int status = wn_array_rows_open(&rows, codes);

    for (size_t i = 0; i < codes->rows && status == 0; i++) {
        const double *code = wn_array_row(&rows, i, reader->error);

        status = code ? put_code(reader, categories, i, *code) : -1;
    }
    wn_array_rows_free(&rows);
    return status;
}

static int read_codes(struct wn_reader *reader)
{
    struct wn_array codes = {0}, names = {0};
    struct categories categories = {0};
    int status = -1;

    if (wn_reader_read_member(reader, "codes", &codes) ||
        wn_reader_read_member(reader, "categories", &names))
        goto done;
    if (codes.rank != 1 || names.rank != 1 || !codes.whole) {
        wn_reader_refuse(reader, "wanted whole numbers in codes and a list of "
                                 "categories");
        goto done;
    }
    reader->array->text = true;
    if (load_categories(reader, &names, &categories) ||
        begin_array(reader, codes.rows, 1))
        goto done;
    status = put_codes(reader, &codes, &categories);
    status = wn_array_sink_close(&reader->sink, status == 0, reader->error);
done:
    wn_array_free(&codes);
    wn_array_free(&names);
    wn_text_free(&categories.all);
    free(categories.end);
    return status;
}

/* ---- values and mask ---------------------------------------------------- */

struct masked {
    struct wn_reader *reader;
    struct wn_array_rows mask;
};

/* 1 if the row is missing, 0 if not. */
static int is_masked(struct masked *masked, size_t row)
{
    const double *cell =
        wn_array_row(&masked->mask, row, masked->reader->error);

    return cell ? *cell != 0 : -1;
}

static int put_masked_text(void *context, size_t cell, const char *text,
                           size_t length, struct wn_error *error)
{
    struct masked *masked = context;
    const int missing = is_masked(masked, cell);

    return missing < 0 ? -1
                       : wn_array_put_text(&masked->reader->sink, text,
                                           missing ? 0 : length, error);
}

static int put_masked_numbers(struct masked *masked,
                              const struct wn_array *values)
{
    struct wn_reader *reader = masked->reader;
    struct wn_array_rows rows;
    int status = wn_array_rows_open(&rows, values);

    for (size_t i = 0; i < values->rows && status == 0; i++) {
        const double *value = wn_array_row(&rows, i, reader->error);
        const int missing = is_masked(masked, i);

        status = !value || missing < 0
                     ? -1
                     : anndata_put_number(reader, missing ? NAN : *value);
    }
    wn_array_rows_free(&rows);
    return status;
}

static int read_masked(struct wn_reader *reader)
{
    struct wn_array values = {0}, mask = {0};
    struct masked masked = {.reader = reader};
    int status = -1;

    if (wn_reader_read_member(reader, "values", &values) ||
        wn_reader_read_member(reader, "mask", &mask))
        goto done;
    if (values.rank != 1 || mask.rank != 1 || !mask.whole ||
        values.rows != mask.rows) {
        wn_reader_refuse(reader, "wanted a list of values and a mask as long");
        goto done;
    }
    reader->array->text = values.text;
    reader->array->whole = values.whole;
    reader->array->width = values.width;
    if (wn_array_rows_open(&masked.mask, &mask) ||
        begin_array(reader, values.rows, 1))
        goto done;
    status = values.text ? wn_array_texts(&values, put_masked_text, &masked,
                                          reader->error)
                         : put_masked_numbers(&masked, &values);
    status = wn_array_sink_close(&reader->sink, status == 0, reader->error);
done:
    wn_array_rows_free(&masked.mask);
    wn_array_free(&values);
    wn_array_free(&mask);
    return status;
}

/* ---- data, indices and indptr ------------------------------------------- */

enum {
    DENSE_MOST = 1032,       /* how many times its file a matrix may be */
    BYTES_A_SECOND = 1 << 22 /* processor time that is allowed for it */
};

/* The numbers of row i are data[indptr[i]] .. data[indptr[i+1]-1], in columns
 * indices[...]. */
struct sparse {
    struct wn_reader *reader;
    struct wn_array data, indices, indptr;
    struct wn_array_rows data_at, indices_at, indptr_at;
    double *row;
};

/* An attribute of the group, what it is and how many; each may be invalid. */
struct attribute {
    hid_t id, space, type;
};

static struct attribute attribute_open(const struct wn_reader *reader,
                                       const char *name)
{
    const hid_t id = H5Aopen_by_name(reader->file, reader->path, name,
                                     H5P_DEFAULT, H5P_DEFAULT);

    return (struct attribute){id, id < 0 ? H5I_INVALID_HID : H5Aget_space(id),
                              id < 0 ? H5I_INVALID_HID : H5Aget_type(id)};
}

static void attribute_close(const struct attribute *about)
{
    if (about->type >= 0)
        H5Tclose(about->type);
    if (about->space >= 0)
        H5Sclose(about->space);
    if (about->id >= 0)
        H5Aclose(about->id);
}

/* The attribute "shape": two whole numbers. */
static int read_shape(struct wn_reader *reader, int64_t shape[2])
{
    const struct attribute about = attribute_open(reader, "shape");
    const bool good = about.space >= 0 && about.type >= 0 &&
                      H5Tget_class(about.type) == H5T_INTEGER &&
                      H5Sget_simple_extent_npoints(about.space) == 2 &&
                      H5Aread(about.id, H5T_NATIVE_INT64, shape) >= 0 &&
                      shape[0] >= 0 && shape[1] >= 1;

    attribute_close(&about);
    return good ? 0
                : wn_reader_refuse(reader, "wanted an attribute shape of "
                                           "two whole numbers");
}

/* Whether the attribute "encoding-type" says that the matrix goes by columns:
 * where it is square its extents do not tell. */
static bool is_csc(const struct wn_reader *reader)
{
    static const char csc[] = "csc_matrix";
    const struct attribute about = attribute_open(reader, "encoding-type");
    char text[64] = "", *variable = NULL;
    bool found = false;

    if (about.space < 0 || about.type < 0 ||
        H5Sget_simple_extent_npoints(about.space) != 1) {
        found = false;
    } else if (H5Tis_variable_str(about.type) > 0) {
        found = H5Aread(about.id, about.type, &variable) >= 0 && variable &&
                strcmp(variable, csc) == 0;
        H5free_memory(variable);
    } else if (H5Tget_size(about.type) < sizeof text) {
        found = H5Aread(about.id, about.type, text) >= 0 &&
                strncmp(text, csc, sizeof csc - 1) == 0;
    }
    attribute_close(&about);
    return found;
}

/* That the matrix goes by rows, and what it takes, before it is taken. */
static int check_sparse(struct sparse *sparse, const int64_t shape[2])
{
    struct wn_reader *reader = sparse->reader;
    const size_t rows = (size_t)shape[0], columns = (size_t)shape[1];
    const size_t bytes = wn_product(rows, columns, sparse->data.width);

    if (sparse->data.rank != 1 || sparse->data.text ||
        sparse->indices.rank != 1 || !sparse->indices.whole ||
        sparse->indptr.rank != 1 || !sparse->indptr.whole ||
        sparse->data.rows != sparse->indices.rows)
        return wn_reader_refuse(reader, "wanted lists of numbers in data, of "
                                        "columns in indices, of places in "
                                        "indptr");
    if (is_csc(reader) || sparse->indptr.rows != rows + 1)
        return wn_reader_refuse(reader, "is no matrix by rows, wanted a "
                                        "csr_matrix: tocsr() before writing");
    if (bytes / DENSE_MOST > reader->size ||
        columns > reader->memory / 4 / sizeof *sparse->row)
        return wn_fail(reader->error, WN_EDATA,
                       "%s: %s: %zu rows of %zu "
                       "features each in a file of %llu bytes: sparser than "
                       "it is read here",
                       reader->name, reader->path, rows, columns,
                       (unsigned long long)reader->size);
    return wn_sandbox_seconds(WN_READER_SECONDS + bytes / BYTES_A_SECOND)
               ? wn_fail_errno(reader->error, "%s: cannot limit the time",
                               reader->name)
               : 0;
}

static int anndata_fill_row(struct sparse *sparse, size_t row, size_t columns)
{
    struct wn_reader *reader = sparse->reader;
    struct wn_error *error = reader->error;
    const double *place = wn_array_row(&sparse->indptr_at, row, error);
    const double begin = place ? *place : -1;

    place = place ? wn_array_row(&sparse->indptr_at, row + 1, error) : NULL;
    if (!place)
        return -1;
    if (!(begin >= 0 && begin <= *place && *place <= (double)sparse->data.rows))
        return wn_fail(error, WN_EDATA,
                       "%s: %s/indptr: row %zu: found %.15g "
                       "and %.15g, wanted places that ascend, at most %zu",
                       reader->name, reader->path, row, begin, *place,
                       sparse->data.rows);
    const size_t end = (size_t)*place;
    memset(sparse->row, 0, columns * sizeof *sparse->row);
    for (size_t p = (size_t)begin; p < end; p++) {
        const double *column = wn_array_row(&sparse->indices_at, p, error);
        const double *value =
            column ? wn_array_row(&sparse->data_at, p, error) : NULL;

        if (!value)
            return -1;
        if (!(*column >= 0 && *column < (double)columns))
            return wn_fail(error, WN_EDATA,
                           "%s: %s/indices: row %zu: found "
                           "%.15g, wanted one of %zu columns",
                           reader->name, reader->path, row, *column, columns);
        sparse->row[(size_t)*column] += *value;
    }
    return 0;
}

static int anndata_put_rows(struct sparse *sparse)
{
    const size_t columns = sparse->reader->array->columns;

    for (size_t i = 0; i < sparse->reader->array->rows; i++) {
        if (anndata_fill_row(sparse, i, columns))
            return -1;
        for (size_t j = 0; j < columns; j++)
            if (anndata_put_number(sparse->reader, sparse->row[j]))
                return -1;
    }
    return 0;
}

static int read_sparse(struct wn_reader *reader)
{
    struct sparse sparse = {.reader = reader};
    struct wn_error *error = reader->error;
    int64_t shape[2];
    int status = -1;

    if (read_shape(reader, shape) ||
        wn_reader_read_member(reader, "data", &sparse.data) ||
        wn_reader_read_member(reader, "indices", &sparse.indices) ||
        wn_reader_read_member(reader, "indptr", &sparse.indptr) ||
        check_sparse(&sparse, shape))
        goto done;
    reader->array->whole = sparse.data.whole;
    reader->array->width = sparse.data.width;
    sparse.row = wn_new((size_t)shape[1], sizeof *sparse.row);
    if (wn_array_rows_open(&sparse.data_at, &sparse.data) ||
        wn_array_rows_open(&sparse.indices_at, &sparse.indices) ||
        wn_array_rows_open(&sparse.indptr_at, &sparse.indptr) ||
        begin_array(reader, (size_t)shape[0], (size_t)shape[1]))
        goto done;
    status = anndata_put_rows(&sparse);
    status = wn_array_sink_close(&reader->sink, status == 0, error);
done:
    wn_array_rows_free(&sparse.data_at);
    wn_array_rows_free(&sparse.indices_at);
    wn_array_rows_free(&sparse.indptr_at);
    wn_array_free(&sparse.data);
    wn_array_free(&sparse.indices);
    wn_array_free(&sparse.indptr);
    free(sparse.row);
    return status;
}

int wn_reader_group(struct wn_reader *reader)
{
    static int (*const read[])(struct wn_reader *) = {
        [WN_READER_CODES] = read_codes,
        [WN_READER_MASKED] = read_masked,
        [WN_READER_SPARSE] = read_sparse};
    const enum wn_reader_kind kind = wn_reader_kind(reader);

    return kind == WN_READER_NEITHER ? wn_reader_refuse(reader, "is no dataset")
                                     : read[kind](reader);
}
