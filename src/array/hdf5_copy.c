/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of foreign HDF5 into a new file, by a child; see hdf5.h. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array/sandbox.h"
#include "array/hdf5.h"
#include "array/hdf5_copy.h"
#include "array/hdf5_dataset.h"
#include "array/hdf5_store.h"
#include "util/file.h"
#include "util/memory.h"
#include "util/number.h"

/* Single rows out of compressed chunks take longer than all rows in order. */
enum { SECONDS = 60, BYTES_A_SECOND = 1 << 20 };

/* One dataset on its way. */
struct transfer {
    const struct wn_hdf5_copy *copy;
    struct wn_reader *reader;
    hid_t to; /* the new dataset */
    bool whole;
    size_t n;                 /* rows that go out */
    size_t width;             /* bytes of a cell in memory */
    char *buffer;             /* reader->step rows */
    const char *const *value; /* n new cells or NULL; NULL: none */
};

static uint64_t hdf5_copy_row_at(const struct transfer *transfer, size_t i)
{
    return transfer->whole ? i : transfer->copy->row[i];
}

/* Chunks no larger than what goes out, gzip where it was. */
static hid_t creation_of(const struct wn_reader *reader, const hsize_t *extent)
{
    const hid_t old = H5Dget_create_plist(reader->set);
    const hid_t new = H5Pcreate(H5P_DATASET_CREATE);
    const int rank = reader->array->rank;
    hsize_t chunk[WN_ARRAY_RANK] = {0};
    bool chunked = old >= 0 && H5Pget_layout(old) == H5D_CHUNKED &&
                   H5Pget_chunk(old, WN_ARRAY_RANK, chunk) == rank;
    bool good = old >= 0 && new >= 0 && H5Pset_obj_track_times(new, 0) >= 0;

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

        good = H5Pset_chunk(new, rank, chunk) >= 0 &&
               (!packed ||
                (H5Pset_shuffle(new) >= 0 &&
                 H5Pset_deflate(new, level[0] < 9 ? level[0] : 9) >= 0));
    }
    if (old >= 0)
        H5Pclose(old);
    if (!good && new >= 0)
        H5Pclose(new);
    return good ? new : H5I_INVALID_HID;
}

/* The groups on the way to `path` that are not there, without times: the same
 * rows give the same bytes on any day. */
static bool create_groups(hid_t file, const char *path)
{
    const hid_t creation = H5Pcreate(H5P_GROUP_CREATE);
    char part[WN_READER_PATH];
    bool good = creation >= 0 && H5Pset_obj_track_times(creation, 0) >= 0;

    for (size_t at = strspn(path, "/"); good; at += strspn(path + at, "/")) {
        at += strcspn(path + at, "/");
        if (!path[at] || at >= sizeof part)
            break;
        memcpy(part, path, at);
        part[at] = '\0';
        if (H5Lexists(file, part, H5P_DEFAULT) > 0)
            continue;
        const hid_t group =
            H5Gcreate2(file, part, H5P_DEFAULT, creation, H5P_DEFAULT);

        good = group >= 0 && H5Gclose(group) >= 0;
    }
    if (creation >= 0)
        H5Pclose(creation);
    return good;
}

static hid_t create_set(const struct wn_reader *reader, hid_t file, size_t n)
{
    hid_t space, creation, set = H5I_INVALID_HID;
    hsize_t extent[WN_ARRAY_RANK];

    memcpy(extent, reader->extent, sizeof extent);
    extent[0] = n;
    space = H5Screate_simple(reader->array->rank, extent, NULL);
    creation = creation_of(reader, extent);
    if (space >= 0 && creation >= 0 && create_groups(file, reader->path))
        set = H5Dcreate2(file, reader->path, reader->type, space, H5P_DEFAULT,
                         creation, H5P_DEFAULT);
    if (space >= 0)
        H5Sclose(space);
    if (creation >= 0)
        H5Pclose(creation);
    return set;
}

/* `rows` rows of one dataset between the file and the buffer. */
static bool move_rows(const struct transfer *transfer, hid_t set,
                      uint64_t begin, size_t rows, bool out)
{
    const struct wn_reader *reader = transfer->reader;
    hsize_t start[WN_ARRAY_RANK] = {begin}, count[WN_ARRAY_RANK];
    const hid_t space = H5Dget_space(set);
    hid_t memory;

    memcpy(count, reader->extent, sizeof count);
    count[0] = rows;
    memory = H5Screate_simple(reader->array->rank, count, NULL);
    const bool good = space >= 0 && memory >= 0 &&
                      H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL,
                                          count, NULL) >= 0 &&
                      (out ? H5Dwrite(set, reader->type, memory, space,
                                      H5P_DEFAULT, transfer->buffer)
                           : H5Dread(set, reader->type, memory, space,
                                     H5P_DEFAULT, transfer->buffer)) >= 0;
    /* What was written is no longer needed. */
    if (good && out && H5Tis_variable_str(reader->type) > 0)
        H5Dvlen_reclaim(reader->type, memory, H5P_DEFAULT, transfer->buffer);
    if (space >= 0)
        H5Sclose(space);
    if (memory >= 0)
        H5Sclose(memory);
    return good;
}

/* A cell of fixed-length text; 1 if it is too short. */
static int set_text(hid_t type, char *cell, size_t width, const char *text)
{
    const H5T_str_t pad = H5Tget_strpad(type);
    const size_t length = strlen(text);

    if (length + (pad == H5T_STR_NULLTERM) > width)
        return 1;
    memset(cell, pad == H5T_STR_SPACEPAD ? ' ' : 0, width);
    memcpy(cell, text, length);
    return 0;
}

/* A cell of the type the dataset has becomes `text`. */
static int set_cell(const struct transfer *transfer, char *cell,
                    const char *text)
{
    struct wn_reader *reader = transfer->reader;
    const hid_t type = reader->type;
    const H5T_class_t class = H5Tget_class(type);
    double number[2] = {0};
    char *old;

    if (class == H5T_STRING && H5Tis_variable_str(type) > 0) {
        memcpy(&old, cell, sizeof old);
        free(old);
        old = strdup(text);
        memcpy(cell, &old, sizeof old);
        return old ? 0 : wn_fail(reader->error, WN_EIO, "no memory");
    }
    if (class == H5T_STRING)
        return set_text(type, cell, transfer->width, text)
                   ? wn_fail(reader->error, WN_EDATA,
                             "%s: %s: has no room "
                             "for '%.80s'",
                             reader->name, reader->path, text)
                   : 0;
    const hid_t to = class == H5T_ENUM ? H5Tget_super(type) : H5Tcopy(type);
    const bool good =
        (class == H5T_INTEGER || class == H5T_FLOAT || class == H5T_ENUM) &&
        to >= 0 && wn_number_parse(text, strlen(text), number) &&
        H5Tconvert(H5T_NATIVE_DOUBLE, to, 1, number, NULL, H5P_DEFAULT) >= 0;
    if (to >= 0)
        H5Tclose(to);
    if (!good)
        return wn_fail(reader->error, WN_EDATA, "%s: %s: cannot hold '%.80s'",
                       reader->name, reader->path, text);
    memcpy(cell, number, transfer->width);
    return 0;
}

/* The cells of rows i .. i+rows-1 that are to change. */
static int change_rows(const struct transfer *transfer, size_t i, size_t rows)
{
    for (size_t r = 0; transfer->value && r < rows; r++)
        if (transfer->value[i + r] &&
            set_cell(transfer, transfer->buffer + r * transfer->width,
                     transfer->value[i + r]))
            return -1;
    return 0;
}

/* Runs of rows that follow each other. */
static int copy_rows(const struct transfer *transfer)
{
    struct wn_reader *reader = transfer->reader;

    for (size_t i = 0; i < transfer->n;) {
        const uint64_t from = hdf5_copy_row_at(transfer, i);
        size_t run = 1;

        while (run < reader->step && i + run < transfer->n &&
               hdf5_copy_row_at(transfer, i + run) == from + run)
            run++;
        if (from + run > reader->extent[0] ||
            !move_rows(transfer, reader->set, from, run, false))
            return wn_reader_refuse(reader, "damaged, cannot be read");
        if (change_rows(transfer, i, run))
            return -1;
        if (!move_rows(transfer, transfer->to, i, run, true))
            return wn_fail(reader->error, WN_EIO, "%s: %s: cannot write",
                           transfer->copy->name, reader->path);
        i += run;
    }
    return 0;
}

int wn_copy_set(const struct wn_hdf5_copy *copy, struct wn_reader *reader,
                hid_t file, bool whole, const char *const *value)
{
    struct wn_array array = {0};
    struct transfer transfer = {.copy = copy,
                                .reader = reader,
                                .to = H5I_INVALID_HID,
                                .whole = whole,
                                .value = value};
    int status = -1;

    reader->array = &array;
    if (wn_reader_open(reader))
        goto done;
    transfer.n = whole ? array.rows : copy->n;
    transfer.width = H5Tget_size(reader->type);
    if (!whole && array.rows != copy->rows)
        wn_fail(reader->error, WN_EDATA,
                "%s: %s: found %zu rows, wanted %zu "
                "as when it was audited",
                reader->name, reader->path, array.rows, copy->rows);
    else if (transfer.value && array.columns != 1)
        wn_reader_refuse(reader, "wanted one label a row");
    else if (reader->axis > 0)
        wn_reader_refuse(reader, "its rows are too large");
    else
        transfer.buffer =
            wn_new(wn_product(reader->step, array.columns, 1), transfer.width);
    if (wn_sandbox_seconds(
            SECONDS + wn_product(array.rows, array.columns, transfer.width) /
                          BYTES_A_SECOND))
        goto done;
    transfer.to = create_set(reader, file, transfer.n);
    if (transfer.to < 0)
        wn_fail(reader->error, WN_EIO, "%s: %s: cannot write", copy->name,
                reader->path);
    else if (copy_rows(&transfer) == 0)
        status = wn_copy_attributes(copy, reader, file, NULL, 0);
done:
    if (transfer.to >= 0 && H5Dclose(transfer.to) < 0 && status == 0)
        status = wn_fail(reader->error, WN_EIO, "%s: %s: cannot write",
                         copy->name, reader->path);
    wn_reader_close(reader);
    free(transfer.buffer);
    return status;
}

static int copy_object(const struct wn_hdf5_copy *copy,
                       struct wn_reader *reader, hid_t file, size_t i)
{
    const bool whole = copy->whole >> i & 1;
    const char *const *value = i == copy->changed ? copy->value : NULL;
    H5O_type_t type;

    reader->path = copy->paths[i];
    if (wn_reader_find(reader, &type))
        return -1;
    if (type == H5O_TYPE_DATASET)
        return wn_copy_set(copy, reader, file, whole, value);
    return type == H5O_TYPE_GROUP
               ? wn_copy_group(copy, reader, file, whole, value)
               : wn_reader_refuse(reader, "is no dataset");
}

struct task {
    const struct wn_hdf5_copy *copy;
    int descriptor;
    uint64_t memory;
    struct wn_error *error; /* shared */
};

static void hdf5_copy_work(void *context)
{
    const struct task *task = context;
    const struct wn_hdf5_copy *copy = task->copy;
    struct wn_store from = {.descriptor = task->descriptor};
    struct wn_store to = {.descriptor = copy->descriptor};
    struct wn_reader reader = {.name = wn_input_name(copy->path),
                               .memory = task->memory,
                               .error = task->error};
    struct stat about;
    hid_t file = H5I_INVALID_HID;

    if (fstat(task->descriptor, &about)) {
        wn_fail_errno(reader.error, "%s: cannot look at", reader.name);
        return;
    }
    reader.size = (uint64_t)about.st_size;
    reader.file = wn_store_open(&from, reader.name, reader.error);
    if (reader.file >= 0)
        file = wn_store_create(&to, copy->name, reader.error);
    for (size_t i = 0; file >= 0 && i < copy->count; i++)
        if (copy_object(copy, &reader, file, i))
            break;
    if (file >= 0 && (H5Fclose(file) < 0 || to.failure) && !reader.error->code)
        wn_fail(reader.error, WN_EIO, "%s: cannot write: %s", copy->name,
                to.failure ? strerror(to.failure) : "HDF5 fails");
    if (reader.file >= 0)
        H5Fclose(reader.file);
}

int wn_hdf5_write(const struct wn_hdf5_copy *copy, uint64_t memory,
                  struct wn_error *error)
{
    struct wn_error *told = wn_sandbox_share(sizeof *told);
    struct task task = {copy, -1, memory, told};
    int status = -1;

    assert(copy->count <= WN_HDF5_MAX);
    if (!told)
        return -1;
    task.descriptor = wn_input_open(copy->path, NULL, error);
    if (task.descriptor >= 0)
        status =
            wn_sandbox_run(wn_input_name(copy->path), memory, WN_READER_SECONDS,
                           hdf5_copy_work, &task, error);
    if (status == 0 && told->code) {
        *error = *told;
        status = -1;
    }
    if (task.descriptor >= 0)
        close(task.descriptor);
    munmap(told, sizeof *told);
    return status;
}
