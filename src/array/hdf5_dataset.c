/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checking and reading a dataset of a user's HDF5 file; see hdf5_dataset.h. */
#include "array/hdf5_dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "array/hdf5_store.h"
#include "array/sandbox.h"
#include "util/memory.h"

enum {
    PIECE = 1 << 20,         /* bytes to read at once, if chunks allow */
    CACHE_MAX = 1 << 26,     /* bytes of HDF5's cache of chunks */
    MAX_FILTERS = 8,         /* of a dataset; each known one fits twice */
    DEFLATE_MAX = 1032,      /* the highest ratio of deflate */
    BYTES_A_SECOND = 1 << 22 /* grants processor time for reading */
};

int wn_hdf5_refuse(struct wn_hdf5_reader *reader, const char *why)
{
    return wn_fail(reader->error, WN_EDATA, "%s: %s: %s", reader->name,
                   reader->path, why);
}

/* ---- chunks ------------------------------------------------------------- */

/* The length to which zlib expands `size` bytes. Counting stops soon after
 * `most`. 0 if the stream does not end properly. */
static size_t inflated_size(const unsigned char *bytes, size_t size,
                            size_t most)
{
    enum { SCRATCH = 1 << 16 };
    unsigned char *scratch = wn_new(SCRATCH, 1);
    z_stream stream = {.next_in = (z_const Bytef *)bytes,
                       .avail_in = (uInt)size};
    int status = inflateInit(&stream);
    size_t total = 0;

    while (status == Z_OK && total <= most) {
        stream.next_out = scratch;
        stream.avail_out = SCRATCH;
        status = inflate(&stream, Z_SYNC_FLUSH);
        total += SCRATCH - stream.avail_out;
    }
    inflateEnd(&stream);
    free(scratch);
    return status == Z_STREAM_END || total > most ? total : 0;
}

/* The bytes that HDF5 gets when it takes a stored chunk through the filters
 * from the last to the first, without those in the mask; 0 if it cannot. */
static size_t filtered_size(const H5Z_filter_t *filter, int filters,
                            unsigned mask, const unsigned char *bytes,
                            size_t size, size_t most)
{
    bool plain = false;

    for (int f = filters - 1; f >= 0; f--) {
        if (mask >> f & 1)
            continue;
        if (filter[f] == H5Z_FILTER_FLETCHER32)
            size = size > 4 ? size - 4 : 0;
        else if (filter[f] == H5Z_FILTER_DEFLATE && !plain)
            size = inflated_size(bytes, size, most + 4);
        else if (filter[f] == H5Z_FILTER_DEFLATE)
            size = 0; /* filters before it in this order change its bytes */
        plain |= filter[f] != H5Z_FILTER_FLETCHER32;
    }
    return size;
}

static int refuse_chunk(struct wn_hdf5_reader *reader)
{
    return wn_hdf5_refuse(reader, "damaged: a chunk is not of the size that "
                                  "its extents want");
}

/* Check that every stored chunk expands to exactly `bytes` bytes: HDF5 1.10
 * copies that many from a buffer of the length it found. A chunk that is not
 * stored holds fill values. */
static int check_chunks(struct wn_hdf5_reader *reader, hid_t creation,
                        const hsize_t *chunk, size_t bytes)
{
    const int rank = reader->array->rank;
    const int filters = H5Pget_nfilters(creation);
    H5Z_filter_t filter[MAX_FILTERS];
    hsize_t offset[WN_ARRAY_RANK] = {0};
    unsigned char *stored = NULL;
    size_t capacity = 0, got;
    unsigned options = 0;
    bool good, more = reader->array->rows && reader->array->columns;

    good = filters <= MAX_FILTERS && H5Pget_chunk_opts(creation, &options) >= 0;
    for (int f = 0; f < filters && good; f++) {
        unsigned flags, config;
        size_t none = 0;

        filter[f] = H5Pget_filter2(creation, (unsigned)f, &flags, &none, NULL,
                                   0, NULL, &config);
    }
    while (good && more) {
        hsize_t size = 0;
        uint32_t mask = 0;
        bool partial = false;

        for (int r = 0; r < rank; r++)
            partial |= reader->extent[r] - offset[r] < chunk[r];
        good = H5Dget_chunk_storage_size(reader->set, offset, &size) >= 0 &&
               size <= reader->memory / 4;
        if (good && size) {
            wn_grow(&stored, &capacity, (size_t)size, 1);
            good = H5Dread_chunk(reader->set, H5P_DEFAULT, offset, &mask,
                                 stored) >= 0;
            got = partial && options & H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS
                      ? (size_t)size
                      : filtered_size(filter, filters, mask, stored,
                                      (size_t)size, bytes);
            good = good && got == bytes;
        }
        more = false;
        for (int r = rank - 1; r >= 0 && !more; r--) {
            offset[r] += chunk[r];
            more = offset[r] < reader->extent[r];
            offset[r] = more ? offset[r] : 0;
        }
    }
    free(stored);
    return good ? 0 : refuse_chunk(reader);
}

/* ---- checks before anything is read ------------------------------------- */

int wn_hdf5_find(struct wn_hdf5_reader *reader, H5O_type_t *type)
{
    char part[1024];
    H5L_info_t link;
    H5O_info_t about;

    for (size_t at = 0; reader->path[at];) {
        at += strspn(reader->path + at, "/");
        at += strcspn(reader->path + at, "/");
        if (at >= sizeof part)
            return wn_hdf5_refuse(reader, "the path is too long");
        memcpy(part, reader->path, at);
        part[at] = '\0';
        if (H5Lexists(reader->file, part, H5P_DEFAULT) <= 0)
            return wn_hdf5_refuse(reader, "is not in the file");
        if (H5Lget_info(reader->file, part, &link, H5P_DEFAULT) < 0)
            return wn_hdf5_refuse(reader, "its link is damaged");
        if (link.type != H5L_TYPE_HARD)
            return wn_hdf5_refuse(
                reader, link.type == H5L_TYPE_SOFT ? "refused: a soft link"
                        : link.type == H5L_TYPE_EXTERNAL
                            ? "refused: a link to another file"
                            : "refused: a user-defined link");
    }
    if (H5Oget_info_by_name2(reader->file, reader->path, &about, H5O_INFO_BASIC,
                             H5P_DEFAULT) < 0)
        return wn_hdf5_refuse(reader, "damaged");
    *type = about.type;
    return 0;
}

void wn_hdf5_member_path(const struct wn_hdf5_reader *reader,
                         const char *member, char path[WN_HDF5_PATH])
{
    snprintf(path, WN_HDF5_PATH, "%.1000s/%s", reader->path, member);
}

int wn_hdf5_check_storage(struct wn_hdf5_reader *reader, hid_t creation)
{
    const int filters = H5Pget_nfilters(creation);

    if (filters < 0)
        return wn_hdf5_refuse(reader, "damaged");
    if (H5Pget_external_count(creation) != 0)
        return wn_hdf5_refuse(reader, "refused: data in another file");
    if (H5Pget_layout(creation) == H5D_VIRTUAL)
        return wn_hdf5_refuse(reader, "refused: a virtual dataset");
    for (int f = 0; f < filters; f++) {
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
    return 0;
}

/* The bytes of a cell in the file. Of what has a variable length it holds a
 * length and the place of the content, an address of `address` bytes and a
 * number. */
static size_t stored_width(hid_t type, size_t address)
{
    const H5T_class_t class = H5Tget_class(type);
    size_t width = H5Tget_size(type);

    if (class == H5T_VLEN || H5Tis_variable_str(type) > 0)
        return 8 + address;
    if (class == H5T_ARRAY) {
        const hid_t base = H5Tget_super(type);
        const size_t cell = H5Tget_size(base);

        width = cell ? width / cell * stored_width(base, address) : 0;
        wn_hdf5_close(base);
    }
    for (int m = 0; class == H5T_COMPOUND && m < H5Tget_nmembers(type); m++) {
        const hid_t member = H5Tget_member_type(type, (unsigned)m);

        width += stored_width(member, address) - H5Tget_size(member);
        wn_hdf5_close(member);
    }
    return width;
}

/* Refuse what claims more than the file or the memory holds, before anything is
 * allocated. Fills in the shape of the array and its chunks. */
static int check_dataset(struct wn_hdf5_reader *reader, hid_t creation,
                         hsize_t chunk[WN_ARRAY_RANK])
{
    const H5T_class_t class = H5Tget_class(reader->type);
    const size_t width = H5Tget_size(reader->type);
    const hid_t space = H5Dget_space(reader->set);
    const int rank = H5Sget_simple_extent_ndims(space);
    struct wn_array *array = reader->array;

    array->text = class == H5T_STRING;
    array->whole = class == H5T_INTEGER || class == H5T_ENUM;
    array->width = width <= (array->whole ? 2u : 4u) ? 4 : 8;
    array->rank = rank;
    if (!reader->any_type && !array->text && !array->whole &&
        class != H5T_FLOAT)
        wn_hdf5_refuse(reader, "found a type that is neither number nor text");
    else if (width == 0 ||
             width >
                 (array->text || reader->any_type ? (size_t)WN_ARRAY_TEXT : 8))
        wn_fail(reader->error, WN_EDATA, "%s: %s: found cells of %zu bytes",
                reader->name, reader->path, width);
    else if (rank < 1 || rank > WN_ARRAY_RANK ||
             H5Sget_simple_extent_type(space) != H5S_SIMPLE ||
             H5Sget_simple_extent_dims(space, reader->extent, NULL) < 0)
        wn_hdf5_refuse(reader, "wanted an array of 1 to 8 dimensions");
    wn_hdf5_close(space);
    if (reader->error->code)
        return -1;
    for (int r = 0; r < rank; r++)
        array->extent[r] = reader->extent[r];
    if (!wn_array_shape(array))
        return wn_hdf5_refuse(reader, "claims more cells than are possible");
    const hsize_t stored = H5Dget_storage_size(reader->set);
    const size_t content = wn_product(array->rows, array->columns, width);
    const H5D_layout_t layout = H5Pget_layout(creation);
    size_t bytes, address = 8, length;

    const hid_t whole = H5Fget_create_plist(reader->file);
    H5Pget_sizes(whole, &address, &length);
    wn_hdf5_close(whole);
    bytes = stored_width(reader->type, address);
    if (layout != H5D_CHUNKED && stored &&
        stored != wn_product(array->rows, array->columns, bytes))
        return wn_fail(reader->error, WN_EDATA,
                       "%s: %s: holds %llu bytes, wanted %zu", reader->name,
                       reader->path, (unsigned long long)stored,
                       wn_product(array->rows, array->columns, bytes));
    if (layout == H5D_CHUNKED) {
        if (H5Pget_chunk(creation, WN_ARRAY_RANK, chunk) != array->rank)
            return wn_hdf5_refuse(reader, "its chunks are damaged");
        for (int r = 0; r < array->rank; r++)
            bytes = chunk[r] ? wn_product(bytes, chunk[r], 1) : SIZE_MAX;
        if (bytes > reader->memory / 4)
            return wn_fail(reader->error, WN_EDATA,
                           "%s: %s: a chunk of %zu bytes needs more memory "
                           "than --memory allows",
                           reader->name, reader->path, bytes);
    }
    if (reader->any_type && stored == 0)
        return 0; /* fill values, which the caller does not read */
    if (stored > reader->size || content / DEFLATE_MAX > stored)
        return wn_fail(reader->error, WN_EDATA,
                       "%s: %s: claims %zu bytes and has %llu, in a file of "
                       "%llu",
                       reader->name, reader->path, content,
                       (unsigned long long)stored,
                       (unsigned long long)reader->size);
    wn_sandbox_seconds(WN_HDF5_SECONDS + content / BYTES_A_SECOND);
    if (layout == H5D_CHUNKED && H5Pget_nfilters(creation) > 0)
        return check_chunks(reader, creation, chunk, bytes);
    return layout == H5D_CHUNKED && (bytes == 0 || stored % bytes)
               ? refuse_chunk(reader)
               : 0;
}

int wn_hdf5_dataset_open(struct wn_hdf5_reader *reader)
{
    const hid_t access = H5Pcreate(H5P_DATASET_ACCESS);
    const size_t share = reader->memory / 4;
    const struct wn_array *array = reader->array;
    hsize_t chunk[WN_ARRAY_RANK] = {1, 1, 1, 1, 1, 1, 1, 1};
    size_t slice, cache = share < CACHE_MAX ? share : CACHE_MAX;
    bool good = false;

    reader->set = H5Dopen2(reader->file, reader->path, access);
    const hid_t creation = H5Dget_create_plist(reader->set);
    wn_hdf5_close(reader->set);
    reader->set = H5I_INVALID_HID;
    /* The cache keeps a chunk until the last piece that needs it. Without
     * filters there is none: HDF5 1.10 would copy a whole chunk from however
     * many bytes the file stores of it. */
    if (H5Pset_chunk_cache(
            access, 521, H5Pget_nfilters(creation) > 0 ? cache : 0, 0.75) >= 0)
        reader->set = H5Dopen2(reader->file, reader->path, access);
    reader->type = H5Dget_type(reader->set);
    if (creation < 0 || reader->type < 0)
        wn_hdf5_refuse(reader, "damaged");
    else
        good = wn_hdf5_check_storage(reader, creation) == 0 &&
               check_dataset(reader, creation, chunk) == 0;
    wn_hdf5_close(creation);
    wn_hdf5_close(access);
    if (!good)
        return -1;
    /* Choose axis and step: whole rows of chunks, about PIECE bytes of them, or
     * parts of a row where a row is too large for the memory. */
    slice = H5Tget_size(reader->type);
    slice = slice > 8 ? slice : 8;
    for (int r = 0; r < array->rank; r++)
        slice = wn_product(slice, array->extent[r], 1);
    for (reader->axis = 0; reader->axis < array->rank; reader->axis++) {
        const size_t extent = array->extent[reader->axis];

        slice = extent ? slice / extent : 0;
        if (slice <= share)
            break;
    }
    reader->step = chunk[reader->axis];
    if (reader->step < PIECE / (slice + 1))
        reader->step *= PIECE / (slice + 1) / reader->step;
    if (reader->step > share / (slice + 1))
        reader->step = share / (slice + 1);
    if (reader->step > array->extent[reader->axis])
        reader->step = array->extent[reader->axis];
    reader->step += reader->step == 0;
    return 0;
}

void wn_hdf5_dataset_close(struct wn_hdf5_reader *reader)
{
    wn_hdf5_close(reader->type);
    wn_hdf5_close(reader->set);
    reader->type = reader->set = H5I_INVALID_HID;
}

/* ---- reading ------------------------------------------------------------ */

/* Part of a dataset: some slices along the reader's axis. */
struct piece {
    hsize_t start[WN_ARRAY_RANK], count[WN_ARRAY_RANK];
    size_t cells;
};

/* Set the count along the axis: a step, or what is left. */
static void fit_piece(const struct wn_hdf5_reader *reader, struct piece *piece)
{
    const int axis = reader->axis;
    const size_t left = reader->extent[axis] - piece->start[axis];

    piece->count[axis] = left < reader->step ? left : reader->step;
    piece->cells = 1;
    for (int r = 0; r < reader->array->rank; r++)
        piece->cells *= piece->count[r];
}

/* Read a piece and put its numbers or texts into the sink. */
static int copy_piece(struct wn_hdf5_reader *reader, const struct piece *piece,
                      char *buffer)
{
    const struct wn_array *array = reader->array;
    const bool is_enum = H5Tget_class(reader->type) == H5T_ENUM;
    const hid_t wanted =
        array->width == 4 ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE;
    const hid_t type = array->text || is_enum ? reader->type : wanted;
    const size_t width = H5Tget_size(reader->type);
    const bool variable = array->text && H5Tis_variable_str(reader->type) > 0;
    const bool blanks =
        array->text && H5Tget_strpad(reader->type) == H5T_STR_SPACEPAD;
    const hid_t space = H5Dget_space(reader->set);
    const hid_t memory = H5Screate_simple(array->rank, piece->count, NULL);
    const bool good =
        space >= 0 && memory >= 0 &&
        H5Sselect_hyperslab(space, H5S_SELECT_SET, piece->start, NULL,
                            piece->count, NULL) >= 0 &&
        H5Dread(reader->set, type, memory, space, H5P_DEFAULT, buffer) >= 0;
    int status = 0;

    wn_hdf5_close(space);
    if (!good) {
        status = wn_hdf5_refuse(reader, "damaged, cannot be read");
    } else if (is_enum) {
        /* HDF5 converts enumerations only from their base type. */
        const hid_t base = H5Tget_super(reader->type);

        if (H5Tconvert(base, wanted, piece->cells, buffer, NULL, H5P_DEFAULT) <
            0)
            status = wn_hdf5_refuse(reader, "its numbers cannot be converted");
        wn_hdf5_close(base);
    }
    if (!array->text && status == 0)
        status = wn_array_put(&reader->sink, buffer,
                              piece->cells * array->width, reader->error);
    for (size_t c = 0; array->text && status == 0 && c < piece->cells; c++) {
        const char *text = buffer + c * width;
        size_t length;

        if (variable) {
            memcpy(&text, buffer + c * width, sizeof text);
            text = text ? text : "";
            length = strlen(text);
        } else {
            length = strnlen(text, width);
            while (blanks && length && text[length - 1] == ' ')
                length--;
        }
        status = wn_array_put_text(&reader->sink, text, length, reader->error);
    }
    if (variable && good)
        H5Dvlen_reclaim(reader->type, memory, H5P_DEFAULT, buffer);
    wn_hdf5_close(memory);
    return status;
}

int wn_hdf5_dataset_read(struct wn_hdf5_reader *reader)
{
    struct wn_array *array = reader->array;
    struct piece piece = {{0}, {0}, 0};
    int status = wn_hdf5_dataset_open(reader);

    if (status == 0 && array->rows && array->columns) {
        const size_t width = H5Tget_size(reader->type);
        char *buffer;

        for (int r = 0; r < array->rank; r++)
            piece.count[r] = r < reader->axis ? 1 : reader->extent[r];
        fit_piece(reader, &piece);
        buffer = wn_new(piece.cells, width > 8 ? width : 8);
        wn_array_sink_open(&reader->sink, array);
        for (bool more = true; status == 0 && more;) {
            status = copy_piece(reader, &piece, buffer);
            more = false;
            /* The next piece, row-major. */
            for (int r = reader->axis; r >= 0 && !more; r--) {
                piece.start[r] += piece.count[r];
                more = piece.start[r] < reader->extent[r];
                piece.start[r] = more ? piece.start[r] : 0;
            }
            if (more)
                fit_piece(reader, &piece);
        }
        free(buffer);
        status = wn_array_sink_close(&reader->sink, status == 0, reader->error);
    }
    wn_hdf5_dataset_close(reader);
    return status;
}

int wn_hdf5_member_read(const struct wn_hdf5_reader *reader, const char *member,
                        struct wn_array *array)
{
    struct wn_hdf5_reader inner = *reader;
    H5O_type_t type = H5O_TYPE_UNKNOWN;
    char path[WN_HDF5_PATH];

    wn_hdf5_member_path(reader, member, path);
    inner.path = path;
    inner.array = array;
    if (wn_array_begin(array, path, reader->error) ||
        wn_hdf5_find(&inner, &type))
        return -1;
    return type == H5O_TYPE_DATASET ? wn_hdf5_dataset_read(&inner)
                                    : wn_hdf5_refuse(&inner, "is no dataset");
}
