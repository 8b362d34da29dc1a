/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Foreign HDF5, read by a child; see hdf5.h. */
#include "array/hdf5.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/audit.h"
#include "array/sandbox.h"
#include "array/hdf5_dataset.h"
#include "array/hdf5_store.h"
#include "util/file.h"
#include "util/memory.h"
#include "util/text.h"

/* What the child says at its end: of the arrays all but name and spool. */
struct verdict {
    struct wn_error error;
    struct wn_array array[WN_HDF5_MAX];
};

/* ---- in the child: reading ---------------------------------------------- */

/* A piece of a dataset: some slices along the reader's axis. */
struct piece {
    hsize_t start[WN_ARRAY_RANK], count[WN_ARRAY_RANK];
    size_t cells;
};

static void hdf5_fit(const struct wn_reader *reader, struct piece *piece)
{
    const int axis = reader->axis;
    const size_t left = reader->extent[axis] - piece->start[axis];

    piece->count[axis] = left < reader->step ? left : reader->step;
    piece->cells = 1;
    for (int r = 0; r < reader->array->rank; r++)
        piece->cells *= piece->count[r];
}

/* The first piece; false if the dataset is empty. */
static bool first(const struct wn_reader *reader, struct piece *piece)
{
    *piece = (struct piece){{0}, {0}, 0};
    for (int r = 0; r < reader->array->rank; r++) {
        if (reader->extent[r] == 0)
            return false;
        piece->count[r] = r < reader->axis ? 1 : reader->extent[r];
    }
    hdf5_fit(reader, piece);
    return true;
}

/* The piece behind this one, row-major; false at the end. */
static bool next(const struct wn_reader *reader, struct piece *piece)
{
    for (int r = reader->axis; r >= 0; r--) {
        piece->start[r] += piece->count[r];
        if (piece->start[r] < reader->extent[r]) {
            hdf5_fit(reader, piece);
            return true;
        }
        piece->start[r] = 0;
    }
    return false;
}

/* A piece as `type` into out; *memory is its space. */
static int hdf5_read_piece(struct wn_reader *reader, hid_t type,
                           const struct piece *piece, void *out, hid_t *memory)
{
    const hid_t space = H5Dget_space(reader->set);

    *memory = H5Screate_simple(reader->array->rank, piece->count, NULL);
    const bool good =
        space >= 0 && *memory >= 0 &&
        H5Sselect_hyperslab(space, H5S_SELECT_SET, piece->start, NULL,
                            piece->count, NULL) >= 0 &&
        H5Dread(reader->set, type, *memory, space, H5P_DEFAULT, out) >= 0;
    if (space >= 0)
        H5Sclose(space);
    return good ? 0 : wn_reader_refuse(reader, "damaged, cannot be read");
}

/* Enumerations have to be read as what they are made of. */
static hid_t number_type(const struct wn_reader *reader)
{
    return H5Tget_class(reader->type) == H5T_ENUM ? H5Tget_super(reader->type)
                                                  : H5Tcopy(reader->type);
}

static int copy_numbers(struct wn_reader *reader, const struct piece *piece,
                        char *buffer)
{
    const struct wn_array *array = reader->array;
    const bool is_enum = H5Tget_class(reader->type) == H5T_ENUM;
    const hid_t wanted = array->width == 4 ? H5T_IEEE_F32LE : H5T_IEEE_F64LE;
    const hid_t found = number_type(reader);
    hid_t memory = H5I_INVALID_HID;
    int status = hdf5_read_piece(reader, is_enum ? reader->type : wanted, piece,
                                 buffer, &memory);

    if (memory >= 0)
        H5Sclose(memory);
    if (status == 0 && is_enum &&
        H5Tconvert(found, wanted, piece->cells, buffer, NULL, H5P_DEFAULT) < 0)
        status = wn_reader_refuse(reader, "its numbers cannot be converted");
    H5Tclose(found);
    return status ? -1
                  : wn_array_put(&reader->sink, buffer,
                                 piece->cells * array->width, reader->error);
}

/* How much of a fixed-length string is text. */
static size_t text_length(const struct wn_reader *reader, const char *text,
                          size_t width)
{
    size_t length = strnlen(text, width);

    if (H5Tget_strpad(reader->type) == H5T_STR_SPACEPAD)
        while (length && text[length - 1] == ' ')
            length--;
    return length;
}

static int put_texts(struct wn_reader *reader, const char *buffer, size_t cells,
                     bool variable)
{
    const size_t width = H5Tget_size(reader->type);

    for (size_t c = 0; c < cells; c++) {
        const char *text = buffer + c * width;

        if (variable)
            memcpy(&text, buffer + c * width, sizeof text);
        if (wn_array_put_text(&reader->sink, text ? text : "",
                              !text      ? 0
                              : variable ? strlen(text)
                                         : text_length(reader, text, width),
                              reader->error))
            return -1;
    }
    return 0;
}

static int copy_texts(struct wn_reader *reader, const struct piece *piece,
                      char *buffer)
{
    const bool variable = H5Tis_variable_str(reader->type) > 0;
    hid_t memory = H5I_INVALID_HID;
    int status = hdf5_read_piece(reader, reader->type, piece, buffer, &memory);

    if (status == 0)
        status = put_texts(reader, buffer, piece->cells, variable);
    if (variable && memory >= 0)
        H5Dvlen_reclaim(reader->type, memory, H5P_DEFAULT, buffer);
    if (memory >= 0)
        H5Sclose(memory);
    return status;
}

static int copy_all(struct wn_reader *reader)
{
    const size_t width = H5Tget_size(reader->type);
    struct piece piece;
    int status = 0;

    if (!first(reader, &piece))
        return 0;
    char *buffer = wn_new(piece.cells, width > 8 ? width : 8);
    if (!buffer || wn_array_sink_open(&reader->sink, reader->array)) {
        free(buffer);
        return -1;
    }
    do
        status = reader->array->text ? copy_texts(reader, &piece, buffer)
                                     : copy_numbers(reader, &piece, buffer);
    while (status == 0 && next(reader, &piece));
    free(buffer);
    return wn_array_sink_close(&reader->sink, status == 0, reader->error);
}

int wn_reader_dataset(struct wn_reader *reader)
{
    int status = -1;

    if (wn_reader_open(reader) == 0)
        status = copy_all(reader);
    wn_reader_close(reader);
    return status;
}

static int read_object(struct wn_reader *reader)
{
    H5O_type_t type;

    if (wn_reader_find(reader, &type))
        return -1;
    if (type == H5O_TYPE_DATASET)
        return wn_reader_dataset(reader);
    return type == H5O_TYPE_GROUP ? wn_reader_group(reader)
                                  : wn_reader_refuse(reader, "is no dataset");
}

/* What the child gets and, in `verdict`, gives. */
struct task {
    const char *name;
    int descriptor;
    const char *const *paths;
    size_t count;
    uint64_t memory;
    struct verdict *verdict;
};

static void hdf5_work(void *context)
{
    const struct task *task = context;
    struct wn_store store = {.descriptor = task->descriptor};
    struct wn_reader reader = {.name = task->name,
                               .memory = task->memory,
                               .error = &task->verdict->error};
    struct stat about;

    if (fstat(task->descriptor, &about)) {
        wn_fail_errno(reader.error, "%s: cannot look at", reader.name);
        return;
    }
    reader.size = (uint64_t)about.st_size;
    reader.file = wn_store_open(&store, reader.name, reader.error);
    for (size_t i = 0; reader.file >= 0 && i < task->count; i++) {
        reader.path = task->paths[i];
        reader.array = &task->verdict->array[i];
        if (read_object(&reader))
            break;
    }
    if (reader.file >= 0)
        H5Fclose(reader.file);
}

/* ---- in the parent ------------------------------------------------------ */

/* Take over what the child says; it wrote what it says it wrote. */
static int hdf5_accept(struct wn_array *array, const struct wn_array *told,
                       struct wn_error *error)
{
    char *const name = array->name;
    const int spool = array->spool;
    struct stat about;

    *array = *told;
    array->name = name;
    array->spool = spool;
    if (fstat(spool, &about) || (uint64_t)about.st_size != array->bytes)
        return wn_fail(error, WN_EIO, "%s: the temporary file is not whole",
                       name);
    return 0;
}

static int begin_arrays(const char *name, const char *const *paths,
                        size_t count, struct wn_array *arrays,
                        struct verdict *verdict, struct wn_error *error)
{
    struct wn_text text = {0};
    int status = 0;

    for (size_t i = 0; i < count && status == 0; i++) {
        text.length = 0;
        status = wn_text_format(&text, "%s: %s", name, paths[i]);
        if (status == 0)
            status = wn_array_begin(&arrays[i], wn_text_of(&text), error);
        verdict->array[i] = arrays[i];
    }
    wn_text_free(&text);
    return status;
}

int wn_hdf5_read(const char *path, const char *const *paths, size_t count,
                 uint64_t memory, struct wn_array *arrays,
                 struct wn_error *error)
{
    const char *name = wn_input_name(path);
    struct verdict *verdict = wn_sandbox_share(sizeof *verdict);
    int descriptor = -1, status = -1;

    assert(count <= WN_HDF5_MAX);
    if (!verdict || begin_arrays(name, paths, count, arrays, verdict, error))
        goto done;
    descriptor = wn_input_open(path, NULL, error);
    struct task task = {name, descriptor, paths, count, memory, verdict};
    if (descriptor < 0 || wn_sandbox_run(name, memory, WN_READER_SECONDS,
                                         hdf5_work, &task, error))
        goto done;
    if (verdict->error.code) {
        *error = verdict->error;
        goto done;
    }
    status = 0;
    for (size_t i = 0; i < count && status == 0; i++)
        status = hdf5_accept(&arrays[i], &verdict->array[i], error);
done:
    if (descriptor >= 0)
        close(descriptor);
    if (verdict)
        munmap(verdict, sizeof *verdict);
    for (size_t i = 0; status && i < count; i++)
        wn_array_free(&arrays[i]);
    return status;
}
