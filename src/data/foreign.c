/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Foreign HDF5, read by a child; see foreign.h.
 *
 * The temporary file of an array of numbers holds them row-major as f32 where
 * that is exact, else f64; of text, each string with its length (u32) before
 * it. */
#include "data/foreign.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/audit.h"
#include "data/child.h"
#include "data/store.h"
#include "util/file.h"
#include "util/memory.h"
#include "util/text.h"

enum {
    ARRAYS_MOST = 16,
    RANK_MOST = 8,
    PIECE = 1 << 20,      /* bytes read at once, if chunks allow */
    DEFLATE_MOST = 1032,  /* how far deflate can compress */
    SECONDS_LEAST = 5,    /* processor time, and one second more for each */
    BYTES_A_SECOND = 1 << 22,
    TEXT_MOST = 16 << 20 /* bytes of one string */
};

/* What the child found out about an array. */
struct shape {
    size_t rows, columns;
    size_t width; /* bytes of a number in the temporary file: 4 or 8 */
    uint64_t bytes; /* in the temporary file */
    bool text, whole;
};

/* What the child says at its end. */
struct verdict {
    struct wn_error error;
    struct shape shape[ARRAYS_MOST];
};

struct wn_foreign {
    char *name;
    size_t count;
    int spool[ARRAYS_MOST];
    struct shape shape[ARRAYS_MOST];
};

/* The child's view of the dataset it is at. */
struct reader {
    const char *name;
    const char *path;
    int spool;
    struct shape *shape;
    uint64_t size;   /* of the HDF5 file */
    uint64_t memory;
    hid_t file, set, type;
    int rank;
    hsize_t extent[RANK_MOST];
    size_t step;     /* rows read at once */
    struct wn_error *error;
};

static int refuse(struct reader *reader, const char *why)
{
    return wn_fail(reader->error, WN_EDATA, "%s: %s: %s", reader->name,
                   reader->path, why);
}

/* ---- in the child: is it safe, what is it ------------------------------- */

/* Every component of the path is a hard link. */
static int check_path(struct reader *reader)
{
    char part[1024];
    H5L_info_t link;
    H5O_info_t about;

    for (size_t at = 0; reader->path[at];) {
        at += strspn(reader->path + at, "/");
        at += strcspn(reader->path + at, "/");
        if (at >= sizeof part)
            return refuse(reader, "the path is too long");
        memcpy(part, reader->path, at);
        part[at] = '\0';
        if (H5Lexists(reader->file, part, H5P_DEFAULT) <= 0)
            return refuse(reader, "is not in the file");
        if (H5Lget_info(reader->file, part, &link, H5P_DEFAULT) < 0)
            return refuse(reader, "its link is damaged");
        if (link.type != H5L_TYPE_HARD)
            return refuse(reader, link.type == H5L_TYPE_SOFT
                                      ? "refused: a soft link"
                                  : link.type == H5L_TYPE_EXTERNAL
                                      ? "refused: a link to another file"
                                      : "refused: a user-defined link");
    }
    if (H5Oget_info_by_name2(reader->file, reader->path, &about,
                             H5O_INFO_BASIC, H5P_DEFAULT) < 0)
        return refuse(reader, "damaged");
    return about.type == H5O_TYPE_DATASET ? 0
                                          : refuse(reader, "is no dataset");
}

static int check_filters(struct reader *reader, hid_t creation)
{
    const int count = H5Pget_nfilters(creation);

    for (int f = 0; f < count; f++) {
        unsigned flags, config;
        size_t none = 0;
        const H5Z_filter_t filter = H5Pget_filter2(
            creation, (unsigned)f, &flags, &none, NULL, 0, NULL, &config);

        if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE &&
            filter != H5Z_FILTER_FLETCHER32)
            return wn_fail(reader->error, WN_EDATA,
                           "%s: %s: refused: filter %d; wanted gzip, shuffle "
                           "or fletcher32 (h5repack -f GZIP=1 makes a copy)",
                           reader->name, reader->path, (int)filter);
    }
    return count < 0 ? refuse(reader, "damaged") : 0;
}

/* Sizes against the file and the memory, before anything is allocated. */
static int check_sizes(struct reader *reader, hid_t creation)
{
    const size_t width = H5Tget_size(reader->type);
    const hsize_t stored = H5Dget_storage_size(reader->set);
    hsize_t chunk[RANK_MOST] = {1};
    size_t content = wn_product(reader->shape->rows, reader->shape->columns,
                                width);
    size_t row = wn_product(reader->shape->columns,
                            width > 8 ? width : 8, 1);

    reader->step = 1;
    if (H5Pget_layout(creation) == H5D_CHUNKED) {
        size_t bytes = width;

        if (H5Pget_chunk(creation, RANK_MOST, chunk) != reader->rank)
            return refuse(reader, "its chunks are damaged");
        for (int r = 0; r < reader->rank; r++)
            bytes = wn_product(bytes, chunk[r], 1);
        if (bytes > reader->memory / 4)
            return wn_fail(reader->error, WN_EDATA,
                           "%s: %s: a chunk of %zu bytes needs more memory "
                           "than --memory allows", reader->name, reader->path,
                           bytes);
        reader->step = chunk[0];
    }
    if (row > reader->memory / 4 || stored > reader->size ||
        content / DEFLATE_MOST > stored)
        return wn_fail(reader->error, WN_EDATA,
                       "%s: %s: claims %zu bytes and has %llu, in a file of "
                       "%llu", reader->name, reader->path, content,
                       (unsigned long long)stored,
                       (unsigned long long)reader->size);
    /* Whole rows of chunks, about a PIECE of them. */
    if (reader->step < PIECE / (row + 1))
        reader->step *= PIECE / (row + 1) / reader->step;
    if (reader->step > reader->memory / 4 / (row + 1))
        reader->step = reader->memory / 4 / (row + 1);
    if (reader->step > reader->shape->rows)
        reader->step = reader->shape->rows;
    reader->step += reader->step == 0;
    return wn_child_seconds(SECONDS_LEAST + content / BYTES_A_SECOND)
               ? wn_fail_errno(reader->error, "%s: cannot limit the time",
                               reader->name)
               : 0;
}

static int check_type(struct reader *reader)
{
    const H5T_class_t class = H5Tget_class(reader->type);
    const size_t width = H5Tget_size(reader->type);

    reader->shape->text = class == H5T_STRING;
    reader->shape->whole = class == H5T_INTEGER || class == H5T_ENUM;
    if (!reader->shape->text && !reader->shape->whole && class != H5T_FLOAT)
        return refuse(reader, "found a type that is neither number nor text");
    if (width == 0 || width > (reader->shape->text ? TEXT_MOST : 8))
        return wn_fail(reader->error, WN_EDATA, "%s: %s: elements of %zu "
                       "bytes", reader->name, reader->path, width);
    reader->shape->width =
        width <= (reader->shape->whole ? 2u : 4u) ? 4 : 8;
    return 0;
}

static int check_space(struct reader *reader)
{
    const hid_t space = H5Dget_space(reader->set);
    int status = -1;

    reader->rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
    if (reader->rank < 1 || reader->rank > RANK_MOST ||
        H5Sget_simple_extent_type(space) != H5S_SIMPLE ||
        H5Sget_simple_extent_dims(space, reader->extent, NULL) < 0) {
        refuse(reader, "wanted an array of 1 to 8 dimensions");
    } else {
        reader->shape->rows = reader->extent[0];
        reader->shape->columns = 1;
        for (int r = 1; r < reader->rank; r++)
            reader->shape->columns =
                wn_product(reader->shape->columns, reader->extent[r], 1);
        status = 0;
    }
    if (space >= 0)
        H5Sclose(space);
    return status;
}

static int check_dataset(struct reader *reader)
{
    const hid_t creation = H5Dget_create_plist(reader->set);
    int status = -1;

    if (creation < 0 || reader->type < 0)
        refuse(reader, "damaged");
    else if (H5Pget_external_count(creation) != 0)
        refuse(reader, "refused: data in another file");
    else if (H5Pget_layout(creation) == H5D_VIRTUAL)
        refuse(reader, "refused: a virtual dataset");
    else if (check_filters(reader, creation) == 0 &&
             check_type(reader) == 0 && check_space(reader) == 0)
        status = check_sizes(reader, creation);
    if (creation >= 0)
        H5Pclose(creation);
    return status;
}

/* ---- in the child: reading ---------------------------------------------- */

/* Rows begin .. begin+rows-1 as `type` into out. */
static int read_rows(struct reader *reader, hid_t type, size_t begin,
                     size_t rows, void *out, hid_t *memory)
{
    hsize_t start[RANK_MOST] = {begin}, count[RANK_MOST];
    const hid_t space = H5Dget_space(reader->set);

    memcpy(count, reader->extent, sizeof count);
    count[0] = rows;
    *memory = H5Screate_simple(reader->rank, count, NULL);
    const bool good = space >= 0 && *memory >= 0 &&
                      H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL,
                                          count, NULL) >= 0 &&
                      H5Dread(reader->set, type, *memory, space, H5P_DEFAULT,
                              out) >= 0;
    if (space >= 0)
        H5Sclose(space);
    return good ? 0 : refuse(reader, "damaged, cannot be read");
}

/* Enumerations have to be read as what they are made of. */
static hid_t number_type(const struct reader *reader)
{
    return H5Tget_class(reader->type) == H5T_ENUM
               ? H5Tget_super(reader->type)
               : H5Tcopy(reader->type);
}

static int copy_numbers(struct reader *reader)
{
    struct shape *shape = reader->shape;
    const size_t cells = wn_product(reader->step, shape->columns, 1);
    const bool is_enum = H5Tget_class(reader->type) == H5T_ENUM;
    const hid_t wanted =
        shape->width == 4 ? H5T_IEEE_F32LE : H5T_IEEE_F64LE;
    const hid_t found = number_type(reader);
    char *buffer = wn_new(cells, 8, reader->error);
    int status = buffer ? 0 : -1;

    for (size_t at = 0; status == 0 && at < shape->rows;
         at += reader->step) {
        const size_t rows = shape->rows - at < reader->step
                                ? shape->rows - at
                                : reader->step;
        hid_t memory = H5I_INVALID_HID;

        status = read_rows(reader, is_enum ? reader->type : wanted, at, rows,
                           buffer, &memory);
        if (memory >= 0)
            H5Sclose(memory);
        if (status == 0 && is_enum &&
            H5Tconvert(found, wanted, rows * shape->columns, buffer, NULL,
                       H5P_DEFAULT) < 0)
            status = refuse(reader, "its numbers cannot be converted");
        if (status == 0)
            status = wn_write_all(reader->spool, buffer,
                                  rows * shape->columns * shape->width,
                                  "temporary file", reader->error);
    }
    shape->bytes = (uint64_t)shape->rows * shape->columns * shape->width;
    free(buffer);
    H5Tclose(found);
    return status;
}

static int put_text(struct reader *reader, const char *text, size_t length)
{
    const uint32_t size = (uint32_t)length;

    if (length > TEXT_MOST)
        return refuse(reader, "a string of more than 16 MiB");
    reader->shape->bytes += sizeof size + length;
    return wn_write_all(reader->spool, &size, sizeof size, "temporary file",
                        reader->error) ||
                   wn_write_all(reader->spool, text, length, "temporary file",
                                reader->error)
               ? -1
               : 0;
}

/* How much of a fixed-length string is text. */
static size_t text_length(const struct reader *reader, const char *text,
                          size_t width)
{
    size_t length = strnlen(text, width);

    if (H5Tget_strpad(reader->type) == H5T_STR_SPACEPAD)
        while (length && text[length - 1] == ' ')
            length--;
    return length;
}

static int put_texts(struct reader *reader, const char *buffer, size_t cells,
                     bool variable)
{
    const size_t width = H5Tget_size(reader->type);

    for (size_t c = 0; c < cells; c++) {
        const char *text = buffer + c * width;

        if (variable)
            memcpy(&text, buffer + c * width, sizeof text);
        if (put_text(reader, text ? text : "",
                     !text      ? 0
                     : variable ? strlen(text)
                                : text_length(reader, text, width)))
            return -1;
    }
    return 0;
}

static int copy_texts(struct reader *reader)
{
    const struct shape *shape = reader->shape;
    const bool variable = H5Tis_variable_str(reader->type) > 0;
    const size_t width = H5Tget_size(reader->type);
    char *buffer = wn_new(wn_product(reader->step, shape->columns, 1), width,
                          reader->error);
    int status = buffer ? 0 : -1;

    for (size_t at = 0; status == 0 && at < shape->rows;
         at += reader->step) {
        const size_t rows = shape->rows - at < reader->step
                                ? shape->rows - at
                                : reader->step;
        hid_t memory = H5I_INVALID_HID;

        status = read_rows(reader, reader->type, at, rows, buffer, &memory);
        if (status == 0)
            status = put_texts(reader, buffer, rows * shape->columns,
                               variable);
        if (variable && memory >= 0)
            H5Dvlen_reclaim(reader->type, memory, H5P_DEFAULT, buffer);
        if (memory >= 0)
            H5Sclose(memory);
    }
    free(buffer);
    return status;
}

static int read_dataset(struct reader *reader)
{
    int status = -1;

    if (check_path(reader))
        return -1;
    reader->set = H5Dopen2(reader->file, reader->path, H5P_DEFAULT);
    if (reader->set < 0)
        return refuse(reader, "damaged");
    reader->type = H5Dget_type(reader->set);
    if (check_dataset(reader) == 0)
        status = reader->shape->text ? copy_texts(reader)
                                     : copy_numbers(reader);
    if (reader->type >= 0)
        H5Tclose(reader->type);
    H5Dclose(reader->set);
    return status;
}

/* What the child gets and, in `verdict`, gives. */
struct task {
    struct wn_foreign *foreign;
    int descriptor;
    const char *const *paths;
    uint64_t memory;
    struct verdict *verdict;
};

static void work(void *context)
{
    const struct task *task = context;
    struct wn_store store = {.descriptor = task->descriptor};
    struct reader reader = {.name = task->foreign->name,
                            .memory = task->memory,
                            .error = &task->verdict->error};
    struct stat about;

    if (fstat(task->descriptor, &about)) {
        wn_fail_errno(reader.error, "%s: cannot look at", reader.name);
        return;
    }
    reader.size = (uint64_t)about.st_size;
    reader.file = wn_store_open(&store, reader.name, reader.error);
    for (size_t i = 0; reader.file >= 0 && i < task->foreign->count; i++) {
        reader.path = task->paths[i];
        reader.spool = task->foreign->spool[i];
        reader.shape = &task->verdict->shape[i];
        if (read_dataset(&reader))
            break;
    }
    if (reader.file >= 0)
        H5Fclose(reader.file);
}

/* ---- in the parent ------------------------------------------------------ */

/* The child wrote what it says it wrote. */
static int check_spools(const struct wn_foreign *foreign,
                        struct wn_error *error)
{
    for (size_t i = 0; i < foreign->count; i++) {
        struct stat about;

        if (fstat(foreign->spool[i], &about) ||
            (uint64_t)about.st_size != foreign->shape[i].bytes)
            return wn_fail(error, WN_EIO, "%s: the temporary file is not "
                           "whole", foreign->name);
    }
    return 0;
}

struct wn_foreign *wn_foreign_open(const char *path, const char *const *paths,
                                   size_t count, uint64_t memory,
                                   struct wn_error *error)
{
    const char *name = wn_input_name(path);
    struct wn_foreign *foreign = wn_new(1, sizeof *foreign, error);
    struct verdict *verdict = wn_child_share(sizeof *verdict, error);
    int descriptor = -1, status = -1;

    assert(count <= ARRAYS_MOST);
    if (!foreign || !verdict)
        goto done;
    for (; foreign->count < count; foreign->count++) {
        foreign->spool[foreign->count] = wn_temporary(error);
        if (foreign->spool[foreign->count] < 0)
            goto done;
    }
    foreign->name = wn_copy_text(name, strlen(name), error);
    descriptor = foreign->name ? wn_input_open(path, NULL, error) : -1;
    struct task task = {foreign, descriptor, paths, memory, verdict};
    if (descriptor < 0 ||
        wn_child_run(name, memory, SECONDS_LEAST, work, &task, error))
        goto done;
    if (verdict->error.code) {
        *error = verdict->error;
        goto done;
    }
    memcpy(foreign->shape, verdict->shape, sizeof foreign->shape);
    status = check_spools(foreign, error);
done:
    if (descriptor >= 0)
        close(descriptor);
    if (verdict)
        munmap(verdict, sizeof *verdict);
    if (status) {
        wn_foreign_close(foreign);
        return NULL;
    }
    return foreign;
}

void wn_foreign_close(struct wn_foreign *foreign)
{
    if (!foreign)
        return;
    for (size_t i = 0; i < foreign->count; i++)
        close(foreign->spool[i]);
    free(foreign->name);
    free(foreign);
}

const char *wn_foreign_name(const struct wn_foreign *foreign)
{
    return foreign->name;
}

size_t wn_foreign_rows(const struct wn_foreign *foreign, size_t i)
{
    return foreign->shape[i].rows;
}

size_t wn_foreign_columns(const struct wn_foreign *foreign, size_t i)
{
    return foreign->shape[i].columns;
}

bool wn_foreign_is_text(const struct wn_foreign *foreign, size_t i)
{
    return foreign->shape[i].text;
}

bool wn_foreign_is_whole(const struct wn_foreign *foreign, size_t i)
{
    return foreign->shape[i].whole;
}

int wn_foreign_numbers(const struct wn_foreign *foreign, size_t i,
                       size_t begin, size_t end, double *out,
                       struct wn_error *error)
{
    const struct shape *shape = &foreign->shape[i];
    const size_t cells = (end - begin) * shape->columns;
    /* Narrow numbers go to the end of the room and are widened in place. */
    char *at = (char *)out + cells * (8 - shape->width);

    if (wn_read_at(foreign->spool[i], at, cells * shape->width,
                   (uint64_t)begin * shape->columns * shape->width,
                   "temporary file", error))
        return -1;
    for (size_t c = 0; shape->width == 4 && c < cells; c++) {
        float narrow;

        memcpy(&narrow, at + c * sizeof narrow, sizeof narrow);
        out[c] = narrow;
    }
    return 0;
}

int wn_foreign_texts(const struct wn_foreign *foreign, size_t i,
                     char ***texts, struct wn_error *error)
{
    const struct shape *shape = &foreign->shape[i];
    const size_t cells = shape->rows * shape->columns;
    char *bytes = wn_new(shape->bytes, 1, error);
    char **list = wn_new(cells, sizeof *list, error);
    size_t count = 0;

    if (bytes && list &&
        wn_read_at(foreign->spool[i], bytes, shape->bytes, 0,
                   "temporary file", error) == 0)
        for (const char *at = bytes; count < cells; count++) {
            uint32_t size;

            memcpy(&size, at, sizeof size);
            list[count] = wn_copy_text(at + sizeof size, size, error);
            if (!list[count])
                break;
            at += sizeof size + size;
        }
    free(bytes);
    if (error->code) {
        wn_names_free(list, count);
        return -1;
    }
    *texts = list;
    return 0;
}
