/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copying rows of a user's HDF5 file into a new one, in a child process; see
 * hdf5.h. Groups that hold one array are copied member by member. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array/hdf5.h"
#include "array/hdf5_dataset.h"
#include "array/hdf5_store.h"
#include "array/sandbox.h"
#include "util/file.h"
#include "util/memory.h"
#include "util/number.h"

enum {
    ATTRIBUTE_MAX = 1 << 16, /* bytes of an attribute that is copied */
    /* Time to copy: reading single rows from compressed chunks is slow. */
    SECONDS = 60,
    BYTES_A_SECOND = 1 << 20
};

static int fail_write(const struct wn_hdf5_copy *copy,
                      const struct wn_hdf5_reader *reader)
{
    return wn_fail(reader->error, WN_EIO, "%s: %s: cannot write", copy->name,
                   reader->path);
}

/* ---- attributes --------------------------------------------------------- */

/* Where attributes go; the one named `rows_name` gets n as its first number. */
struct attribute_target {
    hid_t object;
    const char *rows_name;
    uint64_t n;
};

/* Copy an attribute if it is small and holds numbers or text. */
static herr_t copy_attribute(hid_t object, const char *name,
                             const H5A_info_t *info, void *context)
{
    const struct attribute_target *target = context;
    const hid_t from = H5Aopen(object, name, H5P_DEFAULT);
    const hid_t type = H5Aget_type(from), space = H5Aget_space(from);
    const hssize_t count = H5Sget_simple_extent_npoints(space);
    const size_t bytes = wn_product((size_t)count, H5Tget_size(type), 1);
    const H5T_class_t class = H5Tget_class(type);
    bool good = type >= 0 && count >= 0;

    (void)info;
    if (good && count > 0 && bytes <= ATTRIBUTE_MAX &&
        (class == H5T_INTEGER || class == H5T_FLOAT || class == H5T_STRING ||
         class == H5T_ENUM)) {
        char *buffer = wn_new(1, bytes);
        hid_t to = H5I_INVALID_HID;

        good = H5Aread(from, type, buffer) >= 0;
        if (good && target->rows_name && strcmp(name, target->rows_name) == 0) {
            uint64_t n = target->n;

            good = class == H5T_INTEGER && H5Tget_size(type) <= sizeof n &&
                   H5Tconvert(H5T_NATIVE_UINT64, type, 1, &n, NULL,
                              H5P_DEFAULT) >= 0;
            if (good)
                memcpy(buffer, &n, H5Tget_size(type));
        }
        if (good)
            to = H5Acreate2(target->object, name, type, space, H5P_DEFAULT,
                            H5P_DEFAULT);
        good = to >= 0 && H5Awrite(to, type, buffer) >= 0;
        if (H5Tis_variable_str(type) > 0)
            H5Dvlen_reclaim(type, space, H5P_DEFAULT, buffer);
        wn_hdf5_close(to);
        free(buffer);
    }
    wn_hdf5_close(type);
    wn_hdf5_close(space);
    wn_hdf5_close(from);
    return good ? 0 : -1;
}

/* Copy the attributes of reader->path to the object of that name in `file`. */
static int copy_attributes(const struct wn_hdf5_copy *copy,
                           struct wn_hdf5_reader *reader, hid_t file,
                           const char *rows_name)
{
    struct attribute_target target = {H5Oopen(file, reader->path, H5P_DEFAULT),
                                      rows_name, copy->n};
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

static uint64_t source_row(const struct wn_hdf5_copy *copy, bool whole,
                           size_t i)
{
    return whole ? i : copy->row[i];
}

/* Create a dataset of n rows like the reader's, with gzip where that has it and
 * chunks no larger than the data, and the groups above it. Neither gets times,
 * so that the same rows give the same bytes on any day. */
static hid_t create_dataset(const struct wn_hdf5_reader *reader, hid_t file,
                            size_t n)
{
    const hid_t old = H5Dget_create_plist(reader->set);
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    const hid_t group_creation = H5Pcreate(H5P_GROUP_CREATE);
    const char *path = reader->path;
    const int rank = reader->array->rank;
    hsize_t extent[WN_ARRAY_RANK], chunk[WN_ARRAY_RANK] = {0};
    char part[WN_HDF5_PATH];
    bool chunked = H5Pget_layout(old) == H5D_CHUNKED &&
                   H5Pget_chunk(old, WN_ARRAY_RANK, chunk) == rank;
    bool good = old >= 0 && H5Pset_obj_track_times(creation, 0) >= 0 &&
                H5Pset_obj_track_times(group_creation, 0) >= 0;
    hid_t set = H5I_INVALID_HID;

    memcpy(extent, reader->extent, sizeof extent);
    extent[0] = n;
    for (int r = 0; r < rank && chunked; r++) {
        chunk[r] = chunk[r] < extent[r] ? chunk[r] : extent[r];
        chunked = chunk[r] > 0;
    }
    if (good && chunked) {
        unsigned level[1] = {0}, flags;
        size_t count = 1;
        const bool packed =
            H5Pget_filter_by_id2(old, H5Z_FILTER_DEFLATE, &flags, &count, level,
                                 0, NULL, NULL) >= 0;

        good = H5Pset_chunk(creation, rank, chunk) >= 0 &&
               (!packed ||
                (H5Pset_shuffle(creation) >= 0 &&
                 H5Pset_deflate(creation, level[0] < 9 ? level[0] : 9) >= 0));
    }
    for (size_t at = strspn(path, "/"); good; at += strspn(path + at, "/")) {
        at += strcspn(path + at, "/");
        if (!path[at] || at >= sizeof part)
            break;
        memcpy(part, path, at);
        part[at] = '\0';
        if (H5Lexists(file, part, H5P_DEFAULT) > 0)
            continue;
        const hid_t group =
            H5Gcreate2(file, part, H5P_DEFAULT, group_creation, H5P_DEFAULT);

        good = group >= 0 && H5Gclose(group) >= 0;
    }
    const hid_t space = H5Screate_simple(rank, extent, NULL);
    if (good && space >= 0)
        set = H5Dcreate2(file, path, reader->type, space, H5P_DEFAULT, creation,
                         H5P_DEFAULT);
    wn_hdf5_close(space);
    wn_hdf5_close(group_creation);
    wn_hdf5_close(creation);
    wn_hdf5_close(old);
    return set;
}

/* Move `rows` rows of a dataset to (`out`) or from the buffer. */
static bool move_rows(const struct wn_hdf5_reader *reader, hid_t set,
                      uint64_t begin, size_t rows, char *buffer, bool out)
{
    hsize_t start[WN_ARRAY_RANK] = {begin}, count[WN_ARRAY_RANK];
    const hid_t space = H5Dget_space(set);

    memcpy(count, reader->extent, sizeof count);
    count[0] = rows;
    const hid_t memory = H5Screate_simple(reader->array->rank, count, NULL);
    const bool good =
        space >= 0 && memory >= 0 &&
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) >=
            0 &&
        (out ? H5Dwrite(set, reader->type, memory, space, H5P_DEFAULT, buffer)
             : H5Dread(set, reader->type, memory, space, H5P_DEFAULT,
                       buffer)) >= 0;
    /* Strings of variable length are freed once they are written. */
    if (good && out && H5Tis_variable_str(reader->type) > 0)
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

/* Copy the wanted rows of the dataset reader->path, or all if `whole`, and its
 * attributes. value: copy->n new cells, NULL for one that stays; or NULL. */
static int copy_dataset(const struct wn_hdf5_copy *copy,
                        struct wn_hdf5_reader *reader, hid_t file, bool whole,
                        const char *const *value)
{
    struct wn_array array = {0};
    hid_t to = H5I_INVALID_HID;
    size_t n, width;
    char *buffer = NULL; /* reader->step rows */
    int status = -1;

    reader->array = &array;
    if (wn_hdf5_dataset_open(reader))
        goto done;
    n = whole ? array.rows : copy->n;
    width = H5Tget_size(reader->type);
    if (!whole && array.rows != copy->rows) {
        wn_fail(reader->error, WN_EDATA,
                "%s: %s: found %zu rows, wanted %zu as when it was audited",
                reader->name, reader->path, array.rows, copy->rows);
        goto done;
    }
    if (value && array.columns != 1) {
        wn_hdf5_refuse(reader, "wanted one label a row");
        goto done;
    }
    if (reader->axis > 0) {
        wn_hdf5_refuse(reader, "its rows are too large");
        goto done;
    }
    buffer = wn_new(wn_product(reader->step, array.columns, 1), width);
    wn_sandbox_seconds(SECONDS + wn_product(array.rows, array.columns, width) /
                                     BYTES_A_SECOND);
    to = create_dataset(reader, file, n);
    if (to < 0) {
        fail_write(copy, reader);
        goto done;
    }
    /* Copy the rows, those that follow each other at once. */
    for (size_t i = 0; i < n;) {
        const uint64_t from = source_row(copy, whole, i);
        size_t count = 1;

        while (count < reader->step && i + count < n &&
               source_row(copy, whole, i + count) == from + count)
            count++;
        if (from + count > reader->extent[0] ||
            !move_rows(reader, reader->set, from, count, buffer, false)) {
            wn_hdf5_refuse(reader, "damaged, cannot be read");
            goto done;
        }
        for (size_t r = 0; value && r < count; r++)
            if (value[i + r] &&
                set_cell(reader, width, buffer + r * width, value[i + r]))
                goto done;
        if (!move_rows(reader, to, i, count, buffer, true)) {
            fail_write(copy, reader);
            goto done;
        }
        i += count;
    }
    status = copy_attributes(copy, reader, file, NULL);
done:
    if (to >= 0 && H5Dclose(to) < 0 && status == 0)
        status = fail_write(copy, reader);
    wn_hdf5_dataset_close(reader);
    free(buffer);
    return status;
}

/* ---- groups that hold one array ----------------------------------------- */

static int copy_member(const struct wn_hdf5_copy *copy,
                       const struct wn_hdf5_reader *reader, hid_t file,
                       const char *member, bool whole, const char *const *value)
{
    struct wn_hdf5_reader inner = *reader;
    char path[WN_HDF5_PATH];
    H5O_type_t type;

    wn_hdf5_member_path(reader, member, path);
    inner.path = path;
    if (wn_hdf5_find(&inner, &type))
        return -1;
    return type == H5O_TYPE_DATASET
               ? copy_dataset(copy, &inner, file, whole, value)
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
                      const struct wn_hdf5_reader *reader, hid_t file,
                      bool whole, const char *const *value)
{
    struct recode recode = {.name = value};
    struct wn_error *error = reader->error;
    struct wn_array names = {0};
    char text[32];
    double number;
    int status = 0;

    if (value) {
        status = wn_hdf5_member_read(reader, "categories", &names);
        recode.row = wn_new(copy->n, sizeof *recode.row);
        recode.code = wn_new(copy->n, sizeof *recode.code);
        recode.number = wn_new(names.rows, sizeof *recode.number);
        for (size_t i = 0; i < copy->n; i++)
            if (value[i])
                recode.row[recode.rows++] = i;
    }
    if (status == 0 && names.text)
        status = wn_array_texts(&names, match_category, &recode, error);
    for (size_t c = 0; status == 0 && !names.text && c < names.rows; c++) {
        status = wn_array_numbers(&names, c, c + 1, &number, error);
        if (status == 0)
            match_category(&recode, c, text, wn_number_format(number, text),
                           error);
    }
    for (size_t r = 0; r < recode.rows && status == 0; r++)
        if (!recode.code[recode.row[r]])
            status =
                wn_fail(error, WN_EDATA, "%s: %s/categories: have no '%.80s'",
                        reader->name, reader->path, value[recode.row[r]]);
    if (status == 0)
        status =
            copy_member(copy, reader, file, "codes", whole, recode.code) ||
                    copy_member(copy, reader, file, "categories", true, NULL)
                ? -1
                : 0;
    wn_array_free(&names);
    free(recode.row);
    free(recode.code);
    free(recode.number);
    return status;
}

static int copy_sparse(const struct wn_hdf5_copy *copy,
                       struct wn_hdf5_reader *reader, hid_t file)
{
    struct wn_hdf5_copy cells = *copy;
    struct wn_array indptr = {0}, data = {0};
    const hsize_t extent[1] = {copy->n + 1};
    uint64_t *place = NULL, *ends = wn_new(copy->n + 1, sizeof *ends);
    size_t capacity = 0, used = 0;
    double at[2];
    char path[WN_HDF5_PATH];
    hid_t to = H5I_INVALID_HID;
    bool good = false;

    if (wn_hdf5_member_read(reader, "indptr", &indptr) ||
        wn_hdf5_member_read(reader, "data", &data))
        goto done;
    if (indptr.rank != 1 || !indptr.whole || indptr.rows != copy->rows + 1) {
        wn_fail(reader->error, WN_EDATA,
                "%s: %s: wanted a matrix of %zu rows as when it was audited",
                reader->name, reader->path, copy->rows);
        goto done;
    }
    /* List the places in data of the wanted rows, and where each row ends. */
    wn_grow(&place, &capacity, 1, sizeof *place);
    for (size_t i = 0; i < copy->n; i++) {
        const size_t row = copy->row[i];

        if (wn_array_numbers(&indptr, row, row + 2, at, reader->error))
            goto done;
        if (!(at[0] >= 0 && at[0] <= at[1] && at[1] <= (double)data.rows)) {
            wn_hdf5_refuse(reader, "its indptr does not ascend");
            goto done;
        }
        const size_t count = (size_t)at[1] - (size_t)at[0];
        wn_grow(&place, &capacity, used + count + 1, sizeof *place);
        for (size_t p = 0; p < count; p++)
            place[used++] = (uint64_t)at[0] + p;
        ends[i + 1] = used;
    }
    cells.row = place;
    cells.n = used;
    cells.rows = data.rows;
    if (copy_member(&cells, reader, file, "data", false, NULL) ||
        copy_member(&cells, reader, file, "indices", false, NULL))
        goto done;
    /* indptr is new, but keeps its type. */
    wn_hdf5_member_path(reader, "indptr", path);
    const hid_t space = H5Screate_simple(1, extent, NULL);
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    const hid_t from = H5Dopen2(reader->file, path, H5P_DEFAULT);
    const hid_t type = H5Dget_type(from);
    if (space >= 0 && type >= 0 && H5Pset_obj_track_times(creation, 0) >= 0)
        to = H5Dcreate2(file, path, type, space, H5P_DEFAULT, creation,
                        H5P_DEFAULT);
    good = to >= 0 && H5Dwrite(to, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL,
                               H5P_DEFAULT, ends) >= 0;
    wn_hdf5_close(to);
    wn_hdf5_close(type);
    wn_hdf5_close(from);
    wn_hdf5_close(creation);
    wn_hdf5_close(space);
    if (!good)
        fail_write(copy, reader);
done:
    wn_array_free(&indptr);
    wn_array_free(&data);
    free(place);
    free(ends);
    return good ? 0 : -1;
}

/* ---- the child ---------------------------------------------------------- */

struct copy_task {
    const struct wn_hdf5_copy *copy;
    int descriptor;
    uint64_t memory;
};

static void copy_in_child(void *context, struct wn_error *error)
{
    const struct copy_task *task = context;
    const struct wn_hdf5_copy *copy = task->copy;
    struct wn_hdf5_store from = {.descriptor = task->descriptor};
    struct wn_hdf5_store to = {.descriptor = copy->descriptor};
    struct wn_hdf5_reader reader = {.name = wn_input_name(copy->path),
                                    .memory = task->memory,
                                    .error = error};
    struct stat about;
    hid_t file = H5I_INVALID_HID;

    if (fstat(task->descriptor, &about)) {
        wn_fail_errno(error, "%s: cannot read its size", reader.name);
        return;
    }
    reader.size = (uint64_t)about.st_size;
    reader.file = wn_hdf5_open(&from, reader.name, error);
    if (reader.file >= 0)
        file = wn_hdf5_create(&to, copy->name, error);
    for (size_t i = 0; !error->code && i < copy->count; i++) {
        const bool whole = copy->whole >> i & 1;
        const char *const *value = i == copy->changed ? copy->value : NULL;
        enum wn_anndata_kind kind = WN_ANNDATA_NONE;
        H5O_type_t type;
        int status;

        reader.path = copy->paths[i];
        if (wn_hdf5_find(&reader, &type))
            break;
        if (type == H5O_TYPE_DATASET) {
            if (copy_dataset(copy, &reader, file, whole, value))
                break;
            continue;
        }
        if (type == H5O_TYPE_GROUP)
            kind = wn_anndata_kind(&reader);
        if (kind == WN_ANNDATA_CODES)
            status = copy_codes(copy, &reader, file, whole, value);
        else if (kind == WN_ANNDATA_MASKED)
            status = copy_member(copy, &reader, file, "values", whole, value) ||
                     copy_member(copy, &reader, file, "mask", whole, NULL);
        else if (kind == WN_ANNDATA_SPARSE && !whole)
            status = copy_sparse(copy, &reader, file);
        else
            status = wn_hdf5_refuse(&reader, "is no dataset");
        if (status ||
            copy_attributes(copy, &reader, file,
                            kind == WN_ANNDATA_SPARSE ? "shape" : NULL))
            break;
    }
    if (file >= 0 && (H5Fclose(file) < 0 || to.failure) && !error->code)
        wn_fail(error, WN_EIO, "%s: cannot write: %s", copy->name,
                to.failure ? strerror(to.failure) : "HDF5 fails");
    if (reader.file >= 0)
        H5Fclose(reader.file);
}

int wn_hdf5_write(const struct wn_hdf5_copy *copy, uint64_t memory,
                  struct wn_error *error)
{
    struct copy_task task = {copy, wn_input_open(copy->path, NULL, error),
                             memory};
    int status = -1;

    assert(copy->count <= WN_HDF5_MAX);
    if (task.descriptor < 0)
        return -1;
    status =
        wn_sandbox_run(wn_input_name(copy->path), memory, WN_HDF5_SECONDS,
                       (const int[]){task.descriptor, copy->descriptor, -1},
                       copy_in_child, &task, error);
    close(task.descriptor);
    return status;
}
