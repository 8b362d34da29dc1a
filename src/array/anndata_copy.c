/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Groups that stand for an array, and attributes, into a new file; see
 * hdf5_copy.h. */
#include <stdlib.h>
#include <string.h>

#include "array/hdf5_copy.h"
#include "util/memory.h"
#include "util/number.h"

enum { ATTRIBUTE_MOST = 1 << 16 /* bytes of one that is copied */ };

static int fail_write(const struct wn_hdf5_copy *copy,
                      const struct wn_reader *reader)
{
    return wn_fail(reader->error, WN_EIO, "%s: %s: cannot write", copy->name,
                   reader->path);
}

/* --- attributes ---------------------------------------------------------- */

struct attributes {
    hid_t to; /* the new object */
    const char *rows;
    uint64_t n;
};

static bool is_simple(hid_t type)
{
    const H5T_class_t class = H5Tget_class(type);

    return class == H5T_INTEGER || class == H5T_FLOAT || class == H5T_STRING ||
           class == H5T_ENUM;
}

/* Read, change where wanted, write. */
static bool anndata_copy_put_attribute(const struct attributes *attributes,
                                       hid_t from, const char *name, hid_t type,
                                       hid_t space, size_t bytes)
{
    char *buffer = calloc(1, bytes);
    hid_t to = H5I_INVALID_HID;
    bool good = buffer && H5Aread(from, type, buffer) >= 0;

    if (good && attributes->rows && strcmp(name, attributes->rows) == 0) {
        uint64_t n = attributes->n;

        good =
            H5Tget_class(type) == H5T_INTEGER &&
            H5Tget_size(type) <= sizeof n &&
            H5Tconvert(H5T_NATIVE_UINT64, type, 1, &n, NULL, H5P_DEFAULT) >= 0;
        if (good)
            memcpy(buffer, &n, H5Tget_size(type));
    }
    if (good)
        to = H5Acreate2(attributes->to, name, type, space, H5P_DEFAULT,
                        H5P_DEFAULT);
    good = to >= 0 && H5Awrite(to, type, buffer) >= 0;
    if (buffer && H5Tis_variable_str(type) > 0)
        H5Dvlen_reclaim(type, space, H5P_DEFAULT, buffer);
    if (to >= 0)
        H5Aclose(to);
    free(buffer);
    return good;
}

static herr_t copy_attribute(hid_t object, const char *name,
                             const H5A_info_t *info, void *context)
{
    const hid_t from = H5Aopen(object, name, H5P_DEFAULT);
    const hid_t type = from < 0 ? H5I_INVALID_HID : H5Aget_type(from);
    const hid_t space = from < 0 ? H5I_INVALID_HID : H5Aget_space(from);
    const hssize_t count = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
    bool good = type >= 0 && count >= 0;

    (void)info;
    if (good && is_simple(type) && count > 0) {
        const size_t bytes = wn_product((size_t)count, H5Tget_size(type), 1);

        if (bytes <= ATTRIBUTE_MOST)
            good = anndata_copy_put_attribute(context, from, name, type, space,
                                              bytes);
    }
    if (type >= 0)
        H5Tclose(type);
    if (space >= 0)
        H5Sclose(space);
    if (from >= 0)
        H5Aclose(from);
    return good ? 0 : -1;
}

int wn_copy_attributes(const struct wn_hdf5_copy *copy,
                       struct wn_reader *reader, hid_t file, const char *rows,
                       uint64_t n)
{
    struct attributes attributes = {
        .to = H5Oopen(file, reader->path, H5P_DEFAULT), .rows = rows, .n = n};
    const hid_t from = H5Oopen(reader->file, reader->path, H5P_DEFAULT);
    const bool good = from >= 0 && attributes.to >= 0 &&
                      H5Aiterate2(from, H5_INDEX_NAME, H5_ITER_INC, NULL,
                                  copy_attribute, &attributes) >= 0;

    if (from >= 0)
        H5Oclose(from);
    if (attributes.to >= 0)
        H5Oclose(attributes.to);
    return good ? 0
                : wn_fail(reader->error, WN_EDATA,
                          "%s: %s: its attributes "
                          "cannot be copied to %s",
                          reader->name, reader->path, copy->name);
}

/* --- members by row ------------------------------------------------------ */

static int copy_member(const struct wn_hdf5_copy *copy,
                       const struct wn_reader *reader, hid_t file,
                       const char *member, bool whole, const char *const *value)
{
    struct wn_reader own = *reader;
    char path[WN_READER_PATH];
    H5O_type_t type;

    wn_reader_member(reader, member, path);
    own.path = path;
    if (wn_reader_find(&own, &type))
        return -1;
    return type == H5O_TYPE_DATASET
               ? wn_copy_set(copy, &own, file, whole, value)
               : wn_reader_refuse(&own, "is no dataset");
}

/* --- codes and categories ------------------------------------------------ */

/* Where the names of rows that change stand among the categories. */
struct codes {
    const char *const *name; /* n, NULL for one that stays */
    size_t *row, rows;       /* those that change */
    const char **code;       /* n: the number of the category as text */
    char (*number)[32];      /* of each category */
};

static void match_names(struct codes *codes, size_t cell, const char *text,
                        size_t length)
{
    wn_number_format((double)cell, codes->number[cell]);
    for (size_t r = 0; r < codes->rows; r++) {
        const size_t i = codes->row[r];

        if (strlen(codes->name[i]) == length &&
            memcmp(codes->name[i], text, length) == 0)
            codes->code[i] = codes->number[cell];
    }
}

static int anndata_copy_take_category(void *context, size_t cell,
                                      const char *text, size_t length,
                                      struct wn_error *error)
{
    (void)error;
    match_names(context, cell, text, length);
    return 0;
}

static int match_numbers(struct codes *codes, const struct wn_array *names,
                         struct wn_error *error)
{
    char text[32];
    double value;

    for (size_t c = 0; c < names->rows; c++) {
        if (wn_array_numbers(names, c, c + 1, &value, error))
            return -1;
        match_names(codes, c, text, wn_number_format(value, text));
    }
    return 0;
}

static int find_codes(struct codes *codes, struct wn_reader *reader,
                      const struct wn_array *names, size_t n)
{
    struct wn_error *error = reader->error;

    codes->row = wn_new(n, sizeof *codes->row);
    codes->code = wn_new(n, sizeof *codes->code);
    codes->number = wn_new(names->rows, sizeof *codes->number);
    for (size_t i = 0; i < n; i++)
        if (codes->name[i])
            codes->row[codes->rows++] = i;
    if (names->text
            ? wn_array_texts(names, anndata_copy_take_category, codes, error)
            : match_numbers(codes, names, error))
        return -1;
    for (size_t r = 0; r < codes->rows; r++)
        if (!codes->code[codes->row[r]])
            return wn_fail(error, WN_EDATA,
                           "%s: %s/categories: have no "
                           "'%.80s'",
                           reader->name, reader->path,
                           codes->name[codes->row[r]]);
    return 0;
}

static int copy_codes(const struct wn_hdf5_copy *copy, struct wn_reader *reader,
                      hid_t file, bool whole, const char *const *value)
{
    struct codes codes = {.name = value};
    struct wn_array names = {0};
    int status = 0;

    if (value)
        status = wn_reader_read_member(reader, "categories", &names) ||
                         find_codes(&codes, reader, &names, copy->n)
                     ? -1
                     : 0;
    if (status == 0)
        status =
            copy_member(copy, reader, file, "codes", whole, codes.code) ||
                    copy_member(copy, reader, file, "categories", true, NULL)
                ? -1
                : 0;
    wn_array_free(&names);
    free(codes.row);
    free(codes.code);
    free(codes.number);
    return status;
}

/* --- data, indices and indptr -------------------------------------------- */

/* Where the numbers of the rows that go out stand; *ends gets n+1 places. */
static uint64_t *anndata_copy_find_places(const struct wn_hdf5_copy *copy,
                                          struct wn_reader *reader,
                                          const struct wn_array *indptr,
                                          size_t all, uint64_t *ends)
{
    struct wn_error *error = reader->error;
    uint64_t *place = NULL;
    size_t room = 0, used = 0;
    double at[2];

    for (size_t i = 0; i < copy->n; i++) {
        const size_t row = copy->row[i];

        if (wn_array_numbers(indptr, row, row + 2, at, error))
            break;
        if (!(at[0] >= 0 && at[0] <= at[1] && at[1] <= (double)all)) {
            wn_reader_refuse(reader, "its indptr does not ascend");
            break;
        }
        const size_t count = (size_t)at[1] - (size_t)at[0];
        wn_grow(&place, &room, used + count + 1, sizeof *place);
        for (size_t p = 0; p < count; p++)
            place[used++] = (uint64_t)at[0] + p;
        ends[i + 1] = used;
    }
    if (copy->n == 0 && wn_grow(&place, &room, 1, sizeof *place))
        return NULL;
    if (error->code) {
        free(place);
        return NULL;
    }
    return place;
}

/* indptr of the type that it had. */
static int put_ends(const struct wn_hdf5_copy *copy,
                    const struct wn_reader *reader, hid_t file,
                    const uint64_t *ends)
{
    const hsize_t extent[1] = {copy->n + 1};
    const hid_t space = H5Screate_simple(1, extent, NULL);
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    char path[WN_READER_PATH];
    hid_t from, type, to = H5I_INVALID_HID;

    wn_reader_member(reader, "indptr", path);
    from = H5Dopen2(reader->file, path, H5P_DEFAULT);
    type = from < 0 ? H5I_INVALID_HID : H5Dget_type(from);
    if (space >= 0 && type >= 0 && creation >= 0 &&
        H5Pset_obj_track_times(creation, 0) >= 0)
        to = H5Dcreate2(file, path, type, space, H5P_DEFAULT, creation,
                        H5P_DEFAULT);
    const bool good = to >= 0 && H5Dwrite(to, H5T_NATIVE_UINT64, H5S_ALL,
                                          H5S_ALL, H5P_DEFAULT, ends) >= 0;
    if (to >= 0)
        H5Dclose(to);
    if (type >= 0)
        H5Tclose(type);
    if (from >= 0)
        H5Dclose(from);
    if (creation >= 0)
        H5Pclose(creation);
    if (space >= 0)
        H5Sclose(space);
    return good ? 0 : fail_write(copy, reader);
}

static int copy_sparse(const struct wn_hdf5_copy *copy,
                       struct wn_reader *reader, hid_t file)
{
    struct wn_hdf5_copy cells = *copy;
    struct wn_array indptr = {0}, data = {0};
    uint64_t *place = NULL, *ends = NULL;
    int status = -1;

    if (wn_reader_read_member(reader, "indptr", &indptr) ||
        wn_reader_read_member(reader, "data", &data))
        goto done;
    if (indptr.rank != 1 || !indptr.whole || indptr.rows != copy->rows + 1) {
        wn_fail(reader->error, WN_EDATA,
                "%s: %s: wanted a matrix of %zu rows "
                "as when it was audited",
                reader->name, reader->path, copy->rows);
        goto done;
    }
    ends = wn_new(copy->n + 1, sizeof *ends);
    if (ends)
        place =
            anndata_copy_find_places(copy, reader, &indptr, data.rows, ends);
    if (!place)
        goto done;
    cells.row = place;
    cells.n = ends[copy->n];
    cells.rows = data.rows;
    if (copy_member(&cells, reader, file, "data", false, NULL) ||
        copy_member(&cells, reader, file, "indices", false, NULL))
        goto done;
    status = put_ends(copy, reader, file, ends);
done:
    wn_array_free(&indptr);
    wn_array_free(&data);
    free(place);
    free(ends);
    return status;
}

int wn_copy_group(const struct wn_hdf5_copy *copy, struct wn_reader *reader,
                  hid_t file, bool whole, const char *const *value)
{
    const enum wn_reader_kind kind = wn_reader_kind(reader);
    int status = -1;

    if (kind == WN_READER_CODES)
        status = copy_codes(copy, reader, file, whole, value);
    else if (kind == WN_READER_MASKED)
        status = copy_member(copy, reader, file, "values", whole, value) ||
                         copy_member(copy, reader, file, "mask", whole, NULL)
                     ? -1
                     : 0;
    else if (kind == WN_READER_SPARSE && !whole)
        status = copy_sparse(copy, reader, file);
    else
        wn_reader_refuse(reader, "is no dataset");
    return status
               ? -1
               : wn_copy_attributes(copy, reader, file,
                                    kind == WN_READER_SPARSE ? "shape" : NULL,
                                    copy->n);
}
