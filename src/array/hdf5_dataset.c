/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is looked at in foreign HDF5 before it is read; see hdf5_dataset.h. */
#include "array/hdf5_dataset.h"

#include <stdio.h>
#include <string.h>

#include "array/sandbox.h"
#include "util/memory.h"

enum {
    PIECE = 1 << 20,         /* bytes read at once, if chunks allow */
    CACHE_MOST = 1 << 26,    /* of chunks that are in several pieces */
    DEFLATE_MOST = 1032,     /* how far deflate can compress */
    BYTES_A_SECOND = 1 << 22 /* processor time that is allowed for reading */
};

int wn_reader_refuse(struct wn_reader *reader, const char *why)
{
    return wn_fail(reader->error, WN_EDATA, "%s: %s: %s", reader->name,
                   reader->path, why);
}

/* ---- in the child: is it safe, what is it ------------------------------- */

int wn_reader_find(struct wn_reader *reader, H5O_type_t *type)
{
    char part[1024];
    H5L_info_t link;
    H5O_info_t about;

    for (size_t at = 0; reader->path[at];) {
        at += strspn(reader->path + at, "/");
        at += strcspn(reader->path + at, "/");
        if (at >= sizeof part)
            return wn_reader_refuse(reader, "the path is too long");
        memcpy(part, reader->path, at);
        part[at] = '\0';
        if (H5Lexists(reader->file, part, H5P_DEFAULT) <= 0)
            return wn_reader_refuse(reader, "is not in the file");
        if (H5Lget_info(reader->file, part, &link, H5P_DEFAULT) < 0)
            return wn_reader_refuse(reader, "its link is damaged");
        if (link.type != H5L_TYPE_HARD)
            return wn_reader_refuse(
                reader, link.type == H5L_TYPE_SOFT ? "refused: a soft link"
                        : link.type == H5L_TYPE_EXTERNAL
                            ? "refused: a link to another file"
                            : "refused: a user-defined link");
    }
    if (H5Oget_info_by_name2(reader->file, reader->path, &about, H5O_INFO_BASIC,
                             H5P_DEFAULT) < 0)
        return wn_reader_refuse(reader, "damaged");
    *type = about.type;
    return 0;
}

static int check_filters(struct wn_reader *reader, hid_t creation)
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
    return count < 0 ? wn_reader_refuse(reader, "damaged") : 0;
}

/* Along which axis, and how far at once: whole rows of chunks, about a PIECE
 * of them, or less than a row where a row is too large. */
static void hdf5_dataset_cut(struct wn_reader *reader, const hsize_t *chunk,
                             size_t cell)
{
    const struct wn_array *array = reader->array;
    size_t slice = cell;

    for (int r = 0; r < array->rank; r++)
        slice = wn_product(slice, array->extent[r], 1);
    for (reader->axis = 0; reader->axis < array->rank; reader->axis++) {
        const size_t extent = array->extent[reader->axis];

        slice = extent ? slice / extent : 0;
        if (slice <= reader->memory / 4)
            break;
    }
    reader->step = chunk[reader->axis];
    if (reader->step < PIECE / (slice + 1))
        reader->step *= PIECE / (slice + 1) / reader->step;
    if (reader->step > reader->memory / 4 / (slice + 1))
        reader->step = reader->memory / 4 / (slice + 1);
    if (reader->step > array->extent[reader->axis])
        reader->step = array->extent[reader->axis];
    reader->step += reader->step == 0;
}

static int check_chunks(struct wn_reader *reader, hid_t creation, size_t width,
                        hsize_t *chunk)
{
    size_t bytes = width;

    if (H5Pget_layout(creation) != H5D_CHUNKED)
        return 0;
    if (H5Pget_chunk(creation, WN_ARRAY_RANK, chunk) != reader->array->rank)
        return wn_reader_refuse(reader, "its chunks are damaged");
    for (int r = 0; r < reader->array->rank; r++)
        bytes = chunk[r] ? wn_product(bytes, chunk[r], 1) : SIZE_MAX;
    if (bytes > reader->memory / 4)
        return wn_fail(reader->error, WN_EDATA,
                       "%s: %s: a chunk of %zu bytes needs more memory "
                       "than --memory allows",
                       reader->name, reader->path, bytes);
    return 0;
}

/* Sizes against the file and the memory, before anything is allocated. */
static int check_sizes(struct wn_reader *reader, hid_t creation)
{
    const size_t width = H5Tget_size(reader->type);
    const hsize_t stored = H5Dget_storage_size(reader->set);
    hsize_t chunk[WN_ARRAY_RANK] = {1, 1, 1, 1, 1, 1, 1, 1};
    const size_t content =
        wn_product(reader->array->rows, reader->array->columns, width);

    if (check_chunks(reader, creation, width, chunk))
        return -1;
    if (stored > reader->size || content / DEFLATE_MOST > stored)
        return wn_fail(reader->error, WN_EDATA,
                       "%s: %s: claims %zu bytes and has %llu, in a file of "
                       "%llu",
                       reader->name, reader->path, content,
                       (unsigned long long)stored,
                       (unsigned long long)reader->size);
    hdf5_dataset_cut(reader, chunk, width > 8 ? width : 8);
    return wn_sandbox_seconds(WN_READER_SECONDS + content / BYTES_A_SECOND)
               ? wn_fail_errno(reader->error, "%s: cannot limit the time",
                               reader->name)
               : 0;
}

static int hdf5_dataset_check_type(struct wn_reader *reader)
{
    const H5T_class_t class = H5Tget_class(reader->type);
    const size_t width = H5Tget_size(reader->type);
    struct wn_array *array = reader->array;

    array->text = class == H5T_STRING;
    array->whole = class == H5T_INTEGER || class == H5T_ENUM;
    if (!array->text && !array->whole && class != H5T_FLOAT)
        return wn_reader_refuse(reader, "found a type that is neither number "
                                        "nor text");
    if (width == 0 || width > (array->text ? (size_t)WN_ARRAY_TEXT : 8))
        return wn_fail(reader->error, WN_EDATA,
                       "%s: %s: elements of %zu "
                       "bytes",
                       reader->name, reader->path, width);
    array->width = width <= (array->whole ? 2u : 4u) ? 4 : 8;
    return 0;
}

static int hdf5_dataset_check_space(struct wn_reader *reader)
{
    const hid_t space = H5Dget_space(reader->set);
    const int rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
    int status = -1;

    if (rank < 1 || rank > WN_ARRAY_RANK ||
        H5Sget_simple_extent_type(space) != H5S_SIMPLE ||
        H5Sget_simple_extent_dims(space, reader->extent, NULL) < 0) {
        wn_reader_refuse(reader, "wanted an array of 1 to 8 dimensions");
    } else {
        reader->array->rank = rank;
        for (int r = 0; r < rank; r++)
            reader->array->extent[r] = reader->extent[r];
        status = wn_array_shape(reader->array)
                     ? 0
                     : wn_reader_refuse(reader, "claims more cells than "
                                                "there can be");
    }
    if (space >= 0)
        H5Sclose(space);
    return status;
}

static int check_dataset(struct wn_reader *reader)
{
    const hid_t creation = H5Dget_create_plist(reader->set);
    int status = -1;

    if (creation < 0 || reader->type < 0)
        wn_reader_refuse(reader, "damaged");
    else if (H5Pget_external_count(creation) != 0)
        wn_reader_refuse(reader, "refused: data in another file");
    else if (H5Pget_layout(creation) == H5D_VIRTUAL)
        wn_reader_refuse(reader, "refused: a virtual dataset");
    else if (check_filters(reader, creation) == 0 &&
             hdf5_dataset_check_type(reader) == 0 &&
             hdf5_dataset_check_space(reader) == 0)
        status = check_sizes(reader, creation);
    if (creation >= 0)
        H5Pclose(creation);
    return status;
}

/* A cache that holds chunks until the last piece they are in. */
static hid_t open_set(const struct wn_reader *reader)
{
    const hid_t access = H5Pcreate(H5P_DATASET_ACCESS);
    const size_t share = reader->memory / 4;
    hid_t set = H5I_INVALID_HID;

    if (access >= 0 &&
        H5Pset_chunk_cache(access, 521, share < CACHE_MOST ? share : CACHE_MOST,
                           0.75) >= 0)
        set = H5Dopen2(reader->file, reader->path, access);
    if (access >= 0)
        H5Pclose(access);
    return set;
}

int wn_reader_open(struct wn_reader *reader)
{
    reader->set = open_set(reader);
    reader->type = reader->set < 0 ? H5I_INVALID_HID : H5Dget_type(reader->set);
    if (reader->set < 0)
        return wn_reader_refuse(reader, "damaged");
    return check_dataset(reader);
}

void wn_reader_close(struct wn_reader *reader)
{
    if (reader->type >= 0)
        H5Tclose(reader->type);
    if (reader->set >= 0)
        H5Dclose(reader->set);
    reader->type = reader->set = H5I_INVALID_HID;
}

void wn_reader_member(const struct wn_reader *reader, const char *member,
                      char path[WN_READER_PATH])
{
    snprintf(path, WN_READER_PATH, "%.1000s/%s", reader->path, member);
}

enum wn_reader_kind wn_reader_kind(const struct wn_reader *reader)
{
    static const char *const members[][3] = {
        [WN_READER_CODES] = {"codes", "categories"},
        [WN_READER_MASKED] = {"values", "mask"},
        [WN_READER_SPARSE] = {"data", "indices", "indptr"}};
    char path[WN_READER_PATH];

    for (int kind = WN_READER_CODES; kind <= WN_READER_SPARSE; kind++) {
        int found = 0, wanted = 0;

        for (; wanted < 3 && members[kind][wanted]; wanted++) {
            wn_reader_member(reader, members[kind][wanted], path);
            found += H5Lexists(reader->file, path, H5P_DEFAULT) > 0;
        }
        if (found == wanted)
            return (enum wn_reader_kind)kind;
    }
    return WN_READER_NEITHER;
}
