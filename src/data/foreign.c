/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Foreign HDF5, read by a child; see foreign.h. */
#include "data/foreign.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/audit.h"
#include "data/child.h"
#include "data/foreign_look.h"
#include "data/store.h"
#include "util/file.h"
#include "util/memory.h"
#include "util/number.h"
#include "util/text.h"

/* What the child says at its end: of the arrays all but name and spool. */
struct verdict {
    struct wn_error error;
    struct wn_array array[WN_FOREIGN_MOST];
};

/* ---- in the child: reading ---------------------------------------------- */

/* A piece of a dataset: some slices along the reader's axis. */
struct piece {
    hsize_t start[WN_ARRAY_RANK], count[WN_ARRAY_RANK];
    size_t cells;
};

static void fit(const struct wn_reader *reader, struct piece *piece)
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
    fit(reader, piece);
    return true;
}

/* The piece behind this one, row-major; false at the end. */
static bool next(const struct wn_reader *reader, struct piece *piece)
{
    for (int r = reader->axis; r >= 0; r--) {
        piece->start[r] += piece->count[r];
        if (piece->start[r] < reader->extent[r]) {
            fit(reader, piece);
            return true;
        }
        piece->start[r] = 0;
    }
    return false;
}

/* A piece as `type` into out; *memory is its space. */
static int read_piece(struct wn_reader *reader, hid_t type,
                      const struct piece *piece, void *out, hid_t *memory)
{
    const hid_t space = H5Dget_space(reader->set);

    *memory = H5Screate_simple(reader->array->rank, piece->count, NULL);
    const bool good = space >= 0 && *memory >= 0 &&
                      H5Sselect_hyperslab(space, H5S_SELECT_SET, piece->start,
                                          NULL, piece->count, NULL) >= 0 &&
                      H5Dread(reader->set, type, *memory, space, H5P_DEFAULT,
                              out) >= 0;
    if (space >= 0)
        H5Sclose(space);
    return good ? 0 : wn_reader_refuse(reader, "damaged, cannot be read");
}

/* Enumerations have to be read as what they are made of. */
static hid_t number_type(const struct wn_reader *reader)
{
    return H5Tget_class(reader->type) == H5T_ENUM
               ? H5Tget_super(reader->type)
               : H5Tcopy(reader->type);
}

static int copy_numbers(struct wn_reader *reader, const struct piece *piece,
                        char *buffer)
{
    const struct wn_array *array = reader->array;
    const bool is_enum = H5Tget_class(reader->type) == H5T_ENUM;
    const hid_t wanted =
        array->width == 4 ? H5T_IEEE_F32LE : H5T_IEEE_F64LE;
    const hid_t found = number_type(reader);
    hid_t memory = H5I_INVALID_HID;
    int status = read_piece(reader, is_enum ? reader->type : wanted, piece,
                            buffer, &memory);

    if (memory >= 0)
        H5Sclose(memory);
    if (status == 0 && is_enum &&
        H5Tconvert(found, wanted, piece->cells, buffer, NULL, H5P_DEFAULT) <
            0)
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
    int status = read_piece(reader, reader->type, piece, buffer, &memory);

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
    char *buffer =
        wn_new(piece.cells, width > 8 ? width : 8, reader->error);
    if (!buffer || wn_array_sink_open(&reader->sink, reader->array,
                                      reader->error)) {
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

static int read_dataset(struct wn_reader *reader)
{
    int status = -1;

    if (wn_reader_open(reader) == 0)
        status = copy_all(reader);
    wn_reader_close(reader);
    return status;
}

/* ---- in the child: codes and categories --------------------------------- */

static int read_member(const struct wn_reader *reader, const char *member,
                       struct wn_array *array)
{
    struct wn_reader own = *reader;
    H5O_type_t type;
    char path[1100];

    snprintf(path, sizeof path, "%.1000s/%s", reader->path, member);
    own.path = path;
    if (wn_array_begin(array, path, reader->error))
        return -1;
    own.array = array;
    if (wn_reader_find(&own, &type))
        return -1;
    return type == H5O_TYPE_DATASET ? read_dataset(&own)
                                    : wn_reader_refuse(&own, "is no dataset");
}

struct categories {
    struct wn_text all;
    size_t *end; /* where each one's text ends */
    size_t count;
};

static int take_category(void *context, size_t cell, const char *text,
                         size_t length, struct wn_error *error)
{
    struct categories *categories = context;

    categories->end[cell] = categories->all.length + length;
    return wn_text_add(&categories->all, text, length, error);
}

static int load_categories(const struct wn_reader *reader,
                           const struct wn_array *array,
                           struct categories *categories)
{
    struct wn_error *error = reader->error;
    char text[32];
    double value;

    categories->count = array->rows;
    categories->end = wn_new(array->rows, sizeof *categories->end, error);
    if (!categories->end)
        return -1;
    if (array->text)
        return wn_array_texts(array, take_category, categories, error);
    for (size_t i = 0; i < array->rows; i++)
        if (wn_array_numbers(array, i, i + 1, &value, error) ||
            take_category(categories, i, text, wn_number_format(value, text),
                          error))
            return -1;
    return 0;
}

/* A code is the number of a category, or -1 for none: that is empty text. */
static int put_codes(struct wn_reader *reader, const struct wn_array *codes,
                     const struct categories *categories)
{
    enum { ROWS = 4096 };
    double code[ROWS];

    for (size_t at = 0; at < codes->rows; at += ROWS) {
        const size_t end =
            codes->rows - at < ROWS ? codes->rows : at + ROWS;

        if (wn_array_numbers(codes, at, end, code, reader->error))
            return -1;
        for (size_t i = at; i < end; i++) {
            const double c = code[i - at];
            size_t begin = 0, stop = 0;

            if (!(c >= -1 && c < (double)categories->count))
                return wn_fail(reader->error, WN_EDATA,
                               "%s: %s/codes: row %zu: found %.15g, wanted -1 "
                               "or the number of one of %zu categories",
                               reader->name, reader->path, i, c,
                               categories->count);
            if (c >= 0) {
                begin = c > 0 ? categories->end[(size_t)c - 1] : 0;
                stop = categories->end[(size_t)c];
            }
            if (wn_array_put_text(&reader->sink,
                                  wn_text_of(&categories->all) + begin,
                                  stop - begin, reader->error))
                return -1;
        }
    }
    return 0;
}

/* As anndata and pandas write it: the text of each row. */
static int read_categorical(struct wn_reader *reader)
{
    struct wn_array codes = {0}, names = {0};
    struct categories categories = {0};
    int status = -1;

    if (H5Lexists(reader->file, reader->path, H5P_DEFAULT) <= 0 ||
        read_member(reader, "codes", &codes) ||
        read_member(reader, "categories", &names))
        goto done;
    if (codes.rank != 1 || names.rank != 1 || !codes.whole) {
        wn_reader_refuse(reader, "wanted whole numbers in codes and a list of "
                       "categories");
        goto done;
    }
    reader->array->text = true;
    reader->array->rank = 1;
    reader->array->extent[0] = codes.rows;
    if (!wn_array_shape(reader->array) ||
        load_categories(reader, &names, &categories) ||
        wn_array_sink_open(&reader->sink, reader->array, reader->error))
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

static int read_object(struct wn_reader *reader)
{
    H5O_type_t type;

    if (wn_reader_find(reader, &type))
        return -1;
    if (type == H5O_TYPE_DATASET)
        return read_dataset(reader);
    if (type == H5O_TYPE_GROUP && wn_reader_is_categorical(reader))
        return read_categorical(reader);
    return wn_reader_refuse(reader, "is no dataset");
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

static void work(void *context)
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
static int accept(struct wn_array *array, const struct wn_array *told,
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
        status = wn_text_format(&text, error, "%s: %s", name, paths[i]);
        if (status == 0)
            status = wn_array_begin(&arrays[i], wn_text_of(&text), error);
        verdict->array[i] = arrays[i];
    }
    wn_text_free(&text);
    return status;
}

int wn_foreign_read(const char *path, const char *const *paths, size_t count,
                    uint64_t memory, struct wn_array *arrays,
                    struct wn_error *error)
{
    const char *name = wn_input_name(path);
    struct verdict *verdict = wn_child_share(sizeof *verdict, error);
    int descriptor = -1, status = -1;

    assert(count <= WN_FOREIGN_MOST);
    if (!verdict || begin_arrays(name, paths, count, arrays, verdict, error))
        goto done;
    descriptor = wn_input_open(path, NULL, error);
    struct task task = {name, descriptor, paths, count, memory, verdict};
    if (descriptor < 0 ||
        wn_child_run(name, memory, WN_READER_SECONDS, work, &task, error))
        goto done;
    if (verdict->error.code) {
        *error = verdict->error;
        goto done;
    }
    status = 0;
    for (size_t i = 0; i < count && status == 0; i++)
        status = accept(&arrays[i], &verdict->array[i], error);
done:
    if (descriptor >= 0)
        close(descriptor);
    if (verdict)
        munmap(verdict, sizeof *verdict);
    for (size_t i = 0; status && i < count; i++)
        wn_array_free(&arrays[i]);
    return status;
}
