/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copying one object of a user's HDF5 file into a new file: some of its rows,
 * or all of it; see hdf5.h. Groups that hold one array are copied member by
 * member.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "array/hdf5.h"
#include "array/hdf5_dataset.h"
#include "array/hdf5_store.h"
#include "array/sandbox.h"
#include "util/memory.h"
#include "util/number.h"

enum {
    SLAB = 1 << 24, /* bytes to move at once, if chunks allow */
    /* Time to copy: reading single rows from compressed chunks is slow. */
    SECONDS = 60,
    BYTES_A_SECOND = 1 << 20
};

int wn_hdf5_fail_write(const struct wn_hdf5_copy *copy,
                       const struct wn_hdf5_reader *reader)
{
    return wn_fail(reader->error, WN_EIO, "%s: %s: cannot write", copy->name,
                   reader->path);
}

void wn_hdf5_leave_out(const struct wn_hdf5_copy *copy, const char *path,
                       const char *attribute, const char *why)
{
    struct wn_hdf5_left_out *left = copy->left_out;
    const size_t space = sizeof left->text - left->length;

    left->count++;
    const int added =
        snprintf(left->text + left->length, space, "%s%s%s%s (%s)",
                 left->length ? ", " : "", path, attribute ? " attribute " : "",
                 attribute ? attribute : "", why);
    if (added > 0 && (size_t)added < space) {
        left->length += (size_t)added;
        left->listed++;
    }
    left->text[left->length] = '\0';
}

/* Whether cells may hold memory of their own, which HDF5 frees. */
static bool may_own_memory(hid_t type)
{
    const H5T_class_t class = H5Tget_class(type);

    return class == H5T_VLEN || class == H5T_COMPOUND || class == H5T_ARRAY ||
           H5Tis_variable_str(type) > 0;
}

/* ---- attributes --------------------------------------------------------- */

/* Where attributes go; `shape` (NULL: none) replaces the two numbers of the one
 * that is called so. */
struct attribute_target {
    const struct wn_hdf5_copy *copy;
    const struct wn_hdf5_reader *reader;
    hid_t object;
    const uint64_t *shape;
};

static herr_t copy_attribute(hid_t object, const char *name,
                             const H5A_info_t *info, void *context)
{
    const struct attribute_target *target = context;
    const struct wn_hdf5_reader *reader = target->reader;
    const hid_t from = H5Aopen(object, name, H5P_DEFAULT);
    const hid_t file_type = H5Aget_type(from), space = H5Aget_space(from);
    const hid_t type = H5Tcopy(file_type); /* of no file */
    const hssize_t count = H5Sget_simple_extent_npoints(space);
    const size_t bytes = wn_product((size_t)count, H5Tget_size(type), 1);
    bool good = type >= 0 && count >= 0;
    hid_t to = H5I_INVALID_HID;

    (void)info;
    /* References are places in the file, which are others in a copy. */
    if (good && H5Tdetect_class(type, H5T_REFERENCE) > 0) {
        wn_hdf5_leave_out(target->copy, reader->path, name, "references");
    } else if (good && bytes > reader->memory / 4) {
        wn_hdf5_leave_out(target->copy, reader->path, name, "too large");
    } else if (good) {
        char *buffer = wn_new(1, bytes);

        good = count == 0 || H5Aread(from, type, buffer) >= 0;
        if (good && target->shape && strcmp(name, "shape") == 0 && count == 2) {
            const size_t width = H5Tget_size(type);
            uint64_t shape[2] = {target->shape[0], target->shape[1]};

            good = H5Tget_class(type) == H5T_INTEGER &&
                   width <= sizeof *shape &&
                   H5Tconvert(H5T_NATIVE_UINT64, type, 2, shape, NULL,
                              H5P_DEFAULT) >= 0;
            if (good)
                memcpy(buffer, shape, 2 * width);
        }
        if (good)
            to = H5Acreate2(target->object, name, type, space, H5P_DEFAULT,
                            H5P_DEFAULT);
        if (good && to < 0)
            wn_hdf5_leave_out(target->copy, reader->path, name,
                              "cannot be made");
        else
            good = good && (count == 0 || H5Awrite(to, type, buffer) >= 0);
        if (count > 0 && may_own_memory(type))
            H5Dvlen_reclaim(type, space, H5P_DEFAULT, buffer);
        wn_hdf5_close(to);
        free(buffer);
    }
    wn_hdf5_close(type);
    wn_hdf5_close(file_type);
    wn_hdf5_close(space);
    wn_hdf5_close(from);
    return good ? 0 : -1;
}

int wn_hdf5_copy_attributes(const struct wn_hdf5_copy *copy,
                            struct wn_hdf5_reader *reader, hid_t file,
                            const uint64_t *shape)
{
    struct attribute_target target = {
        copy, reader, H5Oopen(file, reader->path, H5P_DEFAULT), shape};
    const hid_t from = H5Oopen(reader->file, reader->path, H5P_DEFAULT);
    const bool good =
        target.object >= 0 && H5Aiterate2(from, H5_INDEX_NAME, H5_ITER_INC,
                                          NULL, copy_attribute, &target) >= 0;

    wn_hdf5_close(from);
    wn_hdf5_close(target.object);
    return good ? 0
                : wn_fail(reader->error, WN_EDATA,
                          "%s: %s: its attributes cannot be copied to %s",
                          reader->name, reader->path, copy->name);
}

/* ---- datasets ----------------------------------------------------------- */

bool wn_hdf5_make_group(hid_t file, const char *path)
{
    const hid_t creation = H5Pcreate(H5P_GROUP_CREATE);
    bool good = H5Pset_obj_track_times(creation, 0) >= 0;
    char part[WN_HDF5_PATH];

    for (size_t at = strspn(path, "/"); good && path[at];
         at += strspn(path + at, "/")) {
        at += strcspn(path + at, "/");
        good = at < sizeof part;
        if (!good)
            break;
        memcpy(part, path, at);
        part[at] = '\0';
        if (H5Lexists(file, part, H5P_DEFAULT) > 0)
            continue;
        const hid_t group =
            H5Gcreate2(file, part, H5P_DEFAULT, creation, H5P_DEFAULT);

        good = group >= 0 && H5Gclose(group) >= 0;
    }
    wn_hdf5_close(creation);
    return good;
}

/* Create a dataset of that extent like the reader's, with its filters and
 * chunks no larger than the data, and the groups above it. Neither gets times,
 * so that the same rows give the same bytes on any day. */
static hid_t create_dataset(const struct wn_hdf5_reader *reader, hid_t file,
                            const hsize_t *extent)
{
    const hid_t old = H5Dget_create_plist(reader->set);
    const hid_t creation = H5Pcopy(old);
    const hid_t type = H5Tcopy(reader->type); /* of no file */
    const char *path = reader->path, *last = strrchr(path, '/');
    const int rank = reader->array->rank;
    hsize_t chunk[WN_ARRAY_RANK] = {0};
    char above[WN_HDF5_PATH];
    const size_t length = last ? (size_t)(last - path) : 0;
    const bool chunks = H5Pget_layout(old) == H5D_CHUNKED;
    bool some = true, good = old >= 0 && length < sizeof above &&
                             H5Pset_obj_track_times(creation, 0) >= 0;
    hid_t set = H5I_INVALID_HID;

    if (good && chunks) {
        good = H5Pget_chunk(old, WN_ARRAY_RANK, chunk) == rank;
        for (int r = 0; r < rank; r++) {
            chunk[r] = chunk[r] < extent[r] ? chunk[r] : extent[r];
            some &= chunk[r] > 0;
        }
        /* Nothing has no chunks. */
        good =
            good && (some ? H5Pset_chunk(creation, rank, chunk) >= 0
                          : H5Premove_filter(creation, H5Z_FILTER_ALL) >= 0 &&
                                H5Pset_layout(creation, H5D_CONTIGUOUS) >= 0);
    }
    if (good) {
        memcpy(above, path, length);
        above[length] = '\0';
        good = wn_hdf5_make_group(file, above);
    }
    const hid_t space = H5Screate_simple(rank, extent, NULL);
    if (good && space >= 0)
        set = H5Dcreate2(file, path, type, space, H5P_DEFAULT, creation,
                         H5P_DEFAULT);
    wn_hdf5_close(space);
    wn_hdf5_close(type);
    wn_hdf5_close(creation);
    wn_hdf5_close(old);
    return set;
}

/* Move `count` slices along the axis, of a dataset of that extent, to (`out`)
 * or from the buffer. */
static bool move_slices(const struct wn_hdf5_reader *reader, hid_t set,
                        const hsize_t *extent, int axis, uint64_t begin,
                        size_t slices, char *buffer, bool out)
{
    hsize_t start[WN_ARRAY_RANK] = {0}, count[WN_ARRAY_RANK];
    const hid_t space = H5Dget_space(set);

    memcpy(count, extent, sizeof count);
    start[axis] = begin;
    count[axis] = slices;
    const hid_t memory = H5Screate_simple(reader->array->rank, count, NULL);
    const bool good =
        space >= 0 && memory >= 0 &&
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) >=
            0 &&
        (out ? H5Dwrite(set, reader->type, memory, space, H5P_DEFAULT, buffer)
             : H5Dread(set, reader->type, memory, space, H5P_DEFAULT,
                       buffer)) >= 0;
    /* What cells own is freed once it is written. */
    if (good && out && may_own_memory(reader->type))
        H5Dvlen_reclaim(reader->type, memory, H5P_DEFAULT, buffer);
    wn_hdf5_close(space);
    wn_hdf5_close(memory);
    return good;
}

/* Replace a cell of `width` bytes by `text`, in the type of the dataset. */
static int set_cell(struct wn_hdf5_reader *reader, size_t width, char *cell,
                    const char *text)
{
    const hid_t type = reader->type;
    const H5T_class_t class = H5Tget_class(type);
    const size_t length = strlen(text);
    double number[2] = {0};

    if (class == H5T_STRING && H5Tis_variable_str(type) > 0) {
        char *old, *new = wn_copy_text(text, length);

        memcpy(&old, cell, sizeof old);
        free(old);
        memcpy(cell, &new, sizeof new);
        return 0;
    }
    if (class == H5T_STRING) {
        const H5T_str_t pad = H5Tget_strpad(type);

        if (length + (pad == H5T_STR_NULLTERM) > width)
            return wn_fail(reader->error, WN_EDATA,
                           "%s: %s: its strings are too short for '%.80s'",
                           reader->name, reader->path, text);
        memset(cell, pad == H5T_STR_SPACEPAD ? ' ' : 0, width);
        memcpy(cell, text, length);
        return 0;
    }
    const hid_t to = class == H5T_ENUM ? H5Tget_super(type) : H5Tcopy(type);
    const bool good =
        (class == H5T_INTEGER || class == H5T_FLOAT || class == H5T_ENUM) &&
        wn_number_parse(text, length, number) &&
        H5Tconvert(H5T_NATIVE_DOUBLE, to, 1, number, NULL, H5P_DEFAULT) >= 0;
    wn_hdf5_close(to);
    if (!good)
        return wn_fail(reader->error, WN_EDATA, "%s: %s: cannot hold '%.80s'",
                       reader->name, reader->path, text);
    memcpy(cell, number, width);
    return 0;
}

/* Copy the slices of an open dataset to `to`, those that follow each other at
 * once. */
static int copy_slices(const struct wn_hdf5_copy *copy,
                       struct wn_hdf5_reader *reader, hid_t to,
                       const hsize_t *extent, int axis,
                       const char *const *value)
{
    const size_t width = H5Tget_size(reader->type);
    const int along = axis < 0 ? 0 : axis;
    const bool whole = axis == WN_COPY_WHOLE, both = axis == WN_COPY_BOTH;
    const size_t n = (size_t)extent[along];
    size_t slice = width, step = reader->step;

    for (int r = 0; r < reader->array->rank; r++)
        slice = r == along ? slice : wn_product(slice, reader->extent[r], 1);
    if (reader->axis > 0 || slice > reader->memory / 4)
        return wn_hdf5_refuse(reader, "its rows are too large");
    if (along > 0)
        step = slice < SLAB ? SLAB / (slice + 1) + 1 : 1;
    step = step < reader->extent[along] ? step : (size_t)reader->extent[along];
    step += step == 0;
    char *buffer = wn_new(wn_product(step, slice, 1), 1);
    char *gathered = both ? wn_new(wn_product(step, copy->n, width), 1) : NULL;
    int status = 0;
    for (size_t i = 0; i < n && slice > 0 && status == 0;) {
        const uint64_t from = whole ? i : copy->row[i];
        size_t count = 1;

        while (count < step && i + count < n &&
               (whole ? i + count : copy->row[i + count]) == from + count)
            count++;
        if (from + count > reader->extent[along] ||
            !move_slices(reader, reader->set, reader->extent, along, from,
                         count, buffer, false)) {
            status = wn_hdf5_refuse(reader, "damaged, cannot be read");
            break;
        }
        for (size_t r = 0; value && r < count && status == 0; r++)
            if (value[i + r])
                status =
                    set_cell(reader, width, buffer + r * width, value[i + r]);
        /* Of each row only the cells of the wanted rows. */
        for (size_t c = 0; both && c < count * copy->n; c++)
            memcpy(gathered + c * width,
                   buffer +
                       (c / copy->n * copy->rows + copy->row[c % copy->n]) *
                           width,
                   width);
        if (status == 0 && !move_slices(reader, to, extent, along, i, count,
                                        both ? gathered : buffer, true))
            status = wn_hdf5_fail_write(copy, reader);
        i += count;
    }
    free(gathered);
    free(buffer);
    return status;
}

int wn_hdf5_copy_dataset(const struct wn_hdf5_copy *copy,
                         struct wn_hdf5_reader *reader, hid_t file, int axis,
                         const char *const *value)
{
    struct wn_array array = {0};
    hsize_t extent[WN_ARRAY_RANK];
    hid_t to = H5I_INVALID_HID;
    int status = -1;

    reader->array = &array;
    if (wn_hdf5_dataset_open(reader))
        goto done;
    memcpy(extent, reader->extent, sizeof extent);
    for (int r = 0; r < array.rank; r++) {
        if (r != axis && axis != WN_COPY_BOTH)
            continue;
        if (extent[r] != copy->rows) {
            wn_fail(reader->error, WN_EDATA,
                    "%s: %s: found %zu rows, wanted %zu as when it was audited",
                    reader->name, reader->path, (size_t)extent[r], copy->rows);
            goto done;
        }
        extent[r] = copy->n;
    }
    if (value && array.columns != 1) {
        wn_hdf5_refuse(reader, "wanted one label a row");
        goto done;
    }
    wn_sandbox_seconds(SECONDS + wn_product(array.rows, array.columns,
                                            H5Tget_size(reader->type)) /
                                     BYTES_A_SECOND);
    to = create_dataset(reader, file, extent);
    if (to < 0) {
        wn_hdf5_fail_write(copy, reader);
        goto done;
    }
    /* What was never written has the fill value in the copy, too. */
    status = H5Dget_storage_size(reader->set) || value
                 ? copy_slices(copy, reader, to, extent, axis, value)
                 : 0;
    if (status == 0)
        status = wn_hdf5_copy_attributes(copy, reader, file, NULL);
done:
    if (to >= 0 && H5Dclose(to) < 0 && status == 0)
        status = wn_hdf5_fail_write(copy, reader);
    wn_hdf5_dataset_close(reader);
    return status;
}

/* ---- groups that hold one array ----------------------------------------- */

static int copy_member(const struct wn_hdf5_copy *copy,
                       const struct wn_hdf5_reader *reader, hid_t file,
                       const char *member, int axis, const char *const *value)
{
    struct wn_hdf5_reader inner = *reader;
    char path[WN_HDF5_PATH];
    H5O_type_t type;

    wn_hdf5_member_path(reader, member, path);
    inner.path = path;
    if (wn_hdf5_find(&inner, &type))
        return -1;
    return type == H5O_TYPE_DATASET
               ? wn_hdf5_copy_dataset(copy, &inner, file, axis, value)
               : wn_hdf5_refuse(&inner, "is no dataset");
}

/* The codes of new names. */
struct recode {
    const char *const *name; /* n, NULL for a row that stays */
    size_t *row, rows;       /* the rows that change */
    const char **code;       /* n: the number of the category as text */
    char (*number)[32];      /* of each category */
};

static int match_category(void *context, size_t category, const char *text,
                          size_t length, struct wn_error *error)
{
    struct recode *recode = context;

    (void)error;
    wn_number_format((double)category, recode->number[category]);
    for (size_t r = 0; r < recode->rows; r++) {
        const size_t i = recode->row[r];

        if (strlen(recode->name[i]) == length &&
            memcmp(recode->name[i], text, length) == 0)
            recode->code[i] = recode->number[category];
    }
    return 0;
}

/* Copy codes and categories; new names become the codes of categories. */
static int copy_codes(const struct wn_hdf5_copy *copy,
                      const struct wn_hdf5_reader *reader, hid_t file, int axis,
                      const char *const *value)
{
    struct recode recode = {.name = value};
    struct wn_error *error = reader->error;
    struct wn_array names = {0};
    int status = 0;

    if (value) {
        status = wn_hdf5_member_read(reader, "categories", &names);
        recode.row = wn_new(copy->n, sizeof *recode.row);
        recode.code = wn_new(copy->n, sizeof *recode.code);
        recode.number = wn_new(wn_product(names.rows, names.columns, 1),
                               sizeof *recode.number);
        for (size_t i = 0; i < copy->n; i++)
            if (value[i])
                recode.row[recode.rows++] = i;
    }
    if (status == 0 && value)
        status = wn_array_texts(&names, match_category, &recode, error);
    for (size_t r = 0; r < recode.rows && status == 0; r++)
        if (!recode.code[recode.row[r]])
            status =
                wn_fail(error, WN_EDATA, "%s: %s/categories: have no '%.80s'",
                        reader->name, reader->path, value[recode.row[r]]);
    if (status == 0)
        status = copy_member(copy, reader, file, "codes", axis, recode.code) ||
                         copy_member(copy, reader, file, "categories",
                                     WN_COPY_WHOLE, NULL)
                     ? -1
                     : 0;
    wn_array_free(&names);
    free(recode.row);
    free(recode.code);
    free(recode.number);
    return status;
}

/* Write n numbers as a member of the type that it has in the source. */
static bool write_numbers(const struct wn_hdf5_reader *reader, hid_t file,
                          const char *member, const uint64_t *number, size_t n)
{
    const hsize_t extent[1] = {n};
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    char path[WN_HDF5_PATH];
    hid_t to = H5I_INVALID_HID;

    wn_hdf5_member_path(reader, member, path);
    const hid_t from = H5Dopen2(reader->file, path, H5P_DEFAULT);
    const hid_t file_type = H5Dget_type(from), type = H5Tcopy(file_type);
    const hid_t space = H5Screate_simple(1, extent, NULL);
    if (space >= 0 && type >= 0 && H5Pset_obj_track_times(creation, 0) >= 0)
        to = H5Dcreate2(file, path, type, space, H5P_DEFAULT, creation,
                        H5P_DEFAULT);
    const bool good = to >= 0 && H5Dwrite(to, H5T_NATIVE_UINT64, H5S_ALL,
                                          H5S_ALL, H5P_DEFAULT, number) >= 0;
    wn_hdf5_close(to);
    wn_hdf5_close(space);
    wn_hdf5_close(type);
    wn_hdf5_close(file_type);
    wn_hdf5_close(from);
    wn_hdf5_close(creation);
    return good;
}

/* A number of a sparse matrix: its place in data, its new minor index. */
struct cell {
    uint64_t place, index;
};

static int by_index(const void *a, const void *b)
{
    const struct cell *x = a, *y = b;

    if (x->index != y->index)
        return x->index < y->index ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

/* The cells of the wanted rows of a sparse matrix. */
struct selection {
    struct cell *cell;
    size_t count, capacity;
    uint64_t *end; /* where each major row ends, from 0 */
};

/* Select the cells of major row `from` in columns new_index (NULL: all). */
static int select_cells(struct wn_hdf5_reader *reader,
                        const struct wn_array *indptr,
                        const struct wn_array *indices, size_t from,
                        const int64_t *new_index, size_t minor,
                        struct selection *out)
{
    const size_t first = out->count;
    double at[2], column = 0;

    if (wn_array_numbers(indptr, from, from + 2, at, reader->error))
        return -1;
    if (!(at[0] >= 0 && at[0] <= at[1] && at[1] <= (double)indices->rows))
        return wn_hdf5_refuse(reader, "its indptr does not ascend");
    for (size_t p = (size_t)at[0]; p < (size_t)at[1]; p++) {
        int64_t index = 0;

        if (new_index) {
            if (wn_array_numbers(indices, p, p + 1, &column, reader->error))
                return -1;
            if (!(column >= 0 && column < (double)minor))
                return wn_hdf5_refuse(reader, "its indices are out of range");
            index = new_index[(size_t)column];
        }
        if (index < 0)
            continue;
        wn_grow(&out->cell, &out->capacity, out->count + 1, sizeof *out->cell);
        out->cell[out->count++] = (struct cell){p, (uint64_t)index};
    }
    if (new_index)
        qsort(out->cell + first, out->count - first, sizeof *out->cell,
              by_index);
    return 0;
}

/* The members of a sparse matrix; shape becomes that of the copy. */
static int copy_sparse(const struct wn_hdf5_copy *copy,
                       struct wn_hdf5_reader *reader, hid_t file, int axis,
                       uint64_t shape[2])
{
    struct wn_hdf5_copy cells = *copy;
    struct wn_array indptr = {0}, indices = {0};
    struct selection chosen = {0};
    uint64_t *place = NULL, *index = NULL;
    int64_t *new_index = NULL, extent[2] = {0};
    bool by_columns = false;
    int status = -1;

    if (wn_hdf5_member_read(reader, "indptr", &indptr) ||
        wn_hdf5_member_read(reader, "indices", &indices))
        goto done;
    if (!wn_anndata_shape(reader, extent, &by_columns)) {
        wn_hdf5_refuse(reader, "wanted an attribute shape of two whole "
                               "numbers");
        goto done;
    }
    const size_t major = (size_t)extent[by_columns];
    const size_t minor = (size_t)extent[!by_columns];
    const bool rows_are_major = axis == WN_COPY_BOTH || axis == by_columns;
    const bool rows_are_minor = axis == WN_COPY_BOTH || axis == !by_columns;
    if (indptr.rank != 1 || !indptr.whole || indptr.rows != major + 1 ||
        indices.rank != 1 || !indices.whole ||
        (rows_are_major && major != copy->rows) ||
        (rows_are_minor && minor != copy->rows)) {
        wn_fail(reader->error, WN_EDATA,
                "%s: %s: wanted a matrix of %zu rows as when it was audited",
                reader->name, reader->path, copy->rows);
        goto done;
    }
    const size_t n = rows_are_major ? copy->n : major;
    if (rows_are_minor) {
        new_index = wn_new(minor, sizeof *new_index);
        for (size_t j = 0; j < minor; j++)
            new_index[j] = -1;
        for (size_t i = 0; i < copy->n; i++)
            new_index[copy->row[i]] = (int64_t)i;
    }
    chosen.end = wn_new(n + 1, sizeof *chosen.end);
    for (size_t i = 0; i < n; i++) {
        if (select_cells(reader, &indptr, &indices,
                         rows_are_major ? copy->row[i] : i, new_index, minor,
                         &chosen))
            goto done;
        chosen.end[i + 1] = chosen.count;
    }
    place = wn_new(chosen.count, sizeof *place);
    index = wn_new(chosen.count, sizeof *index);
    for (size_t p = 0; p < chosen.count; p++) {
        place[p] = chosen.cell[p].place;
        index[p] = chosen.cell[p].index;
    }
    cells.row = place;
    cells.n = chosen.count;
    cells.rows = indices.rows;
    if (copy_member(&cells, reader, file, "data", 0, NULL) ||
        (!new_index && copy_member(&cells, reader, file, "indices", 0, NULL)))
        goto done;
    status = (new_index &&
              !write_numbers(reader, file, "indices", index, chosen.count)) ||
                     !write_numbers(reader, file, "indptr", chosen.end, n + 1)
                 ? wn_hdf5_fail_write(copy, reader)
                 : 0;
    shape[0] = axis == 0 || axis == WN_COPY_BOTH ? copy->n : (size_t)extent[0];
    shape[1] = axis == 1 || axis == WN_COPY_BOTH ? copy->n : (size_t)extent[1];
done:
    wn_array_free(&indptr);
    wn_array_free(&indices);
    free(chosen.cell);
    free(chosen.end);
    free(new_index);
    free(place);
    free(index);
    return status;
}

int wn_hdf5_copy_array(const struct wn_hdf5_copy *copy,
                       struct wn_hdf5_reader *reader, hid_t file,
                       enum wn_anndata_kind kind, int axis,
                       const char *const *value)
{
    uint64_t shape[2];
    int status = -1;

    if (kind == WN_ANNDATA_CODES)
        status = copy_codes(copy, reader, file, axis, value);
    else if (kind == WN_ANNDATA_MASKED)
        status = copy_member(copy, reader, file, "values", axis, value) ||
                         copy_member(copy, reader, file, "mask", axis, NULL)
                     ? -1
                     : 0;
    else if (kind == WN_ANNDATA_SPARSE)
        status = copy_sparse(copy, reader, file, axis, shape);
    else
        return wn_hdf5_refuse(reader, "is no dataset");
    return status ? -1
                  : wn_hdf5_copy_attributes(copy, reader, file,
                                            kind == WN_ANNDATA_SPARSE ? shape
                                                                      : NULL);
}
