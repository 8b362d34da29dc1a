/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing audit files; see audit.h.
 *
 * Content goes out chunk by chunk in order, and earlier stages are rewritten
 * from their content instead of being copied object by object. So the bytes of
 * a file depend only on its content, and a damaged chunk stops the copy. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit_private.h"
#include "util/file.h"
#include "util/memory.h"

/* Up to so many links and attributes stay in the header of an object. */
enum { CHUNK_BYTES = 1 << 20, GROUP_LINKS = 256, HEADER_ATTRIBUTES = 64 };

struct wn_audit_writer {
    struct wn_output *output;
    struct wn_hdf5_store store;
    hid_t file;
    enum wn_stage stage;
    struct wn_digest lines;
    struct wn_symbols symbols;

    /* The dataset being written; `path` is NULL between two. */
    char *path;
    hid_t set;
    struct wn_hdf5_shape shape;
    size_t row_bytes, chunk_rows;
    char *chunk;    /* rows of a chunk, and its checksum */
    size_t waiting; /* so many rows wait there */
    size_t done;    /* rows in the file */
    struct wn_hash *hash;
};

static int audit_write_fail(struct wn_audit_writer *writer,
                            struct wn_error *error)
{
    const char *name = wn_output_name(writer->output);

    errno = writer->store.failure;
    if (errno)
        return wn_fail_errno(error, "%s: cannot write", name);
    return wn_fail(error, WN_EIO, "%s: cannot write: HDF5 refuses", name);
}

static int make_group(struct wn_audit_writer *writer, const char *path,
                      struct wn_error *error)
{
    if (H5Lexists(writer->file, path, H5P_DEFAULT) > 0)
        return 0;
    const hid_t list = H5Pcreate(H5P_GROUP_CREATE);
    hid_t group = H5I_INVALID_HID;

    if (H5Pset_obj_track_times(list, 0) >= 0 &&
        H5Pset_link_phase_change(list, GROUP_LINKS, 0) >= 0 &&
        H5Pset_attr_phase_change(list, HEADER_ATTRIBUTES, 0) >= 0)
        group = H5Gcreate2(writer->file, path, H5P_DEFAULT, list, H5P_DEFAULT);
    wn_hdf5_close(list);
    if (group < 0 || H5Gclose(group) < 0)
        return audit_write_fail(writer, error);
    return 0;
}

/* Make the groups above `path`. */
static int make_parents(struct wn_audit_writer *writer, const char *path,
                        struct wn_error *error)
{
    for (const char *at = strchr(path, '/'); at; at = strchr(at + 1, '/')) {
        char *parent = wn_copy_text(path, (size_t)(at - path));
        const int status = make_group(writer, parent, error);

        free(parent);
        if (status)
            return -1;
    }
    return 0;
}

static void drop_dataset(struct wn_audit_writer *writer)
{
    if (writer->set >= 0)
        H5Dclose(writer->set);
    writer->set = H5I_INVALID_HID;
    wn_hash_free(writer->hash);
    free(writer->path);
    free(writer->chunk);
    writer->hash = NULL;
    writer->path = writer->chunk = NULL;
}

void wn_chunk_extents(const struct wn_hdf5_shape *shape, hsize_t chunk[3])
{
    const size_t row =
        wn_product(shape->extent[1], shape->extent[2], shape->width);

    chunk[0] = row ? CHUNK_BYTES / row : 1;
    chunk[0] += chunk[0] == 0;
    chunk[1] = shape->extent[1];
    chunk[2] = shape->extent[2];
    if (chunk[0] > shape->extent[0])
        chunk[0] = shape->extent[0];
    for (int r = 0; r < 3; r++)
        chunk[r] += chunk[r] == 0;
}

/* Extents beyond the rank of the dataset are ignored. */
static int begin_dataset(struct wn_audit_writer *writer, const char *path,
                         enum wn_type type, size_t width,
                         const size_t extent[3], struct wn_error *error)
{
    const struct wn_layout *row = wn_layout_find(path);
    struct wn_hdf5_shape *shape = &writer->shape;

    assert(!writer->path && row && row->type == type);
    if (wn_layout_bind(row, path, extent, &writer->symbols, error))
        return wn_fail(error, WN_EDATA, "%s", wn_output_name(writer->output));
    shape->type = type;
    shape->width = width;
    shape->rank = wn_layout_rank(row);
    for (int r = 0; r < 3; r++)
        shape->extent[r] = r < shape->rank ? extent[r] : 1;
    writer->row_bytes = wn_product(shape->extent[1], shape->extent[2], width);
    hsize_t chunk[3];
    wn_chunk_extents(shape, chunk);
    writer->chunk_rows = chunk[0];
    writer->waiting = writer->done = 0;
    writer->path = wn_copy_text(path, strlen(path));
    writer->hash = wn_digest_begin(shape);
    writer->chunk = wn_new(
        wn_product(writer->chunk_rows, writer->row_bytes, 1) + WN_CHUNK_SUM, 1);
    if (make_parents(writer, path, error))
        goto failed;
    const hsize_t whole[3] = {shape->extent[0], shape->extent[1],
                              shape->extent[2]};
    const hid_t stored = wn_hdf5_type(type, width);
    const hid_t space = H5Screate_simple(shape->rank, whole, NULL);
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    const hid_t access = H5Pcreate(H5P_DATASET_ACCESS);
    /* Without a cache chunks leave HDF5 at once, in the order they come. */
    if (stored >= 0 && space >= 0 &&
        H5Pset_chunk(creation, shape->rank, chunk) >= 0 &&
        H5Pset_fletcher32(creation) >= 0 &&
        H5Pset_obj_track_times(creation, 0) >= 0 &&
        H5Pset_attr_phase_change(creation, HEADER_ATTRIBUTES, 0) >= 0 &&
        H5Pset_chunk_cache(access, 1, 0, 1) >= 0)
        writer->set = H5Dcreate2(writer->file, path, stored, space, H5P_DEFAULT,
                                 creation, access);
    wn_hdf5_close(access);
    wn_hdf5_close(creation);
    wn_hdf5_close(space);
    wn_hdf5_close(stored);
    if (writer->set >= 0)
        return 0;
    audit_write_fail(writer, error);
failed:
    drop_dataset(writer);
    return -1;
}

int wn_audit_write_begin(struct wn_audit_writer *writer, const char *path,
                         enum wn_type type, const size_t extent[3],
                         struct wn_error *error)
{
    return begin_dataset(writer, path, type, wn_type_size(type), extent, error);
}

/* Write the rows that wait, a whole chunk or the last one, as the file has
 * them, and add these bytes to the digest while they are in the cache of the
 * processor. */
static int audit_write_put_rows(struct wn_audit_writer *writer,
                                struct wn_error *error)
{
    const size_t rows = writer->waiting, row = writer->row_bytes;
    const size_t size = writer->chunk_rows * row;

    wn_hdf5_turn(&writer->shape, writer->chunk, rows * row);
    wn_hash_add(writer->hash, writer->chunk, rows * row);
    memset(writer->chunk + rows * row, 0, size - rows * row);
    const bool good =
        wn_hdf5_write_chunk(writer->set, writer->done, size, writer->chunk);
    writer->done += rows;
    writer->waiting = 0;
    return good && !writer->store.failure ? 0 : audit_write_fail(writer, error);
}

/* Read the rows of an entry into chunks, and write these; the dataset has just
 * begun. */
static int copy_chunks(struct wn_audit_writer *writer,
                       const struct wn_audit *from,
                       const struct wn_entry *entry, struct wn_error *error)
{
    const size_t n = entry->shape.extent[0];

    for (size_t at = 0; at < n && writer->row_bytes; at = writer->done) {
        const size_t left = n - at;

        writer->waiting = left < writer->chunk_rows ? left : writer->chunk_rows;
        if (wn_entry_read(from, entry, at, at + writer->waiting, writer->chunk,
                          error) ||
            audit_write_put_rows(writer, error))
            return -1;
    }
    writer->done = n;
    return 0;
}

int wn_audit_write_append(struct wn_audit_writer *writer, size_t rows,
                          const void *content, struct wn_error *error)
{
    const char *at = content;

    assert(writer->path &&
           rows <= writer->shape.extent[0] - writer->done - writer->waiting);
    if (writer->row_bytes == 0) {
        writer->done += rows;
        return 0;
    }
    for (size_t taken; rows; rows -= taken) {
        taken = writer->chunk_rows - writer->waiting;
        if (taken > rows)
            taken = rows;
        memcpy(writer->chunk + writer->waiting * writer->row_bytes, at,
               taken * writer->row_bytes);
        writer->waiting += taken;
        if (writer->waiting == writer->chunk_rows &&
            audit_write_put_rows(writer, error))
            return -1;
        at += taken * writer->row_bytes;
    }
    return 0;
}

static int put_attribute(struct wn_audit_writer *writer, hid_t object,
                         const struct wn_attribute *attribute,
                         struct wn_error *error)
{
    return wn_attribute_write(object, attribute)
               ? audit_write_fail(writer, error)
               : 0;
}

static int put_digest(struct wn_audit_writer *writer, hid_t object,
                      char digest[WN_DIGEST_TEXT], struct wn_error *error)
{
    return put_attribute(
        writer, object,
        &(struct wn_attribute){.name = "digest", .text = digest}, error);
}

int wn_audit_write_end(struct wn_audit_writer *writer, struct wn_error *error)
{
    char digest[WN_DIGEST_TEXT];
    int status = 0;

    assert(writer->path);
    if (writer->waiting)
        status = audit_write_put_rows(writer, error);
    wn_hash_text(writer->hash, digest);
    if (status == 0) {
        assert(writer->done == writer->shape.extent[0]);
        status = put_digest(writer, writer->set, digest, error);
    }
    wn_digest_dataset(&writer->lines, writer->path, digest);
    drop_dataset(writer);
    return status;
}

int wn_audit_write(struct wn_audit_writer *writer, const char *path,
                   enum wn_type type, const size_t extent[3],
                   const void *content, struct wn_error *error)
{
    if (wn_audit_write_begin(writer, path, type, extent, error))
        return -1;
    if (wn_audit_write_append(writer, extent[0], content, error))
        return -1;
    return wn_audit_write_end(writer, error);
}

int wn_audit_write_names(struct wn_audit_writer *writer, const char *path,
                         const char *const *names, size_t count,
                         struct wn_error *error)
{
    const size_t extent[3] = {count, 0, 0};
    size_t width = 1;
    char *cell;
    int status;

    for (size_t i = 0; i < count; i++)
        if (strlen(names[i]) > width)
            width = strlen(names[i]);
    cell = wn_new(width + 1, 1);
    status = begin_dataset(writer, path, WN_NAMES, width, extent, error);
    for (size_t i = 0; status == 0 && i < count; i++) {
        memset(cell, 0, width);
        memcpy(cell, names[i], strlen(names[i]));
        status = wn_audit_write_append(writer, 1, cell, error);
    }
    free(cell);
    return status ? -1 : wn_audit_write_end(writer, error);
}

int wn_audit_write_vector(struct wn_audit_writer *writer, const char *path,
                          size_t n, const void *content, struct wn_error *error)
{
    const enum wn_type type = wn_layout_find(path)->type;

    return type == WN_NAMES
               ? wn_audit_write_names(writer, path, content, n, error)
               : wn_audit_write(writer, path, type, (size_t[3]){n}, content,
                                error);
}

int wn_audit_write_vectors(struct wn_audit_writer *writer, size_t n,
                           const struct wn_vector *list, size_t count,
                           struct wn_error *error)
{
    int status = 0;

    for (size_t v = 0; v < count && status == 0; v++)
        status = wn_audit_write_vector(writer, list[v].path, n, list[v].content,
                                       error);
    return status;
}

static int write_attribute(struct wn_audit_writer *writer, const char *path,
                           const struct wn_attribute *attribute,
                           struct wn_error *error)
{
    int status;

    if (make_parents(writer, path, error) ||
        (!wn_layout_find(path) && make_group(writer, path, error)))
        return -1;
    const hid_t object = H5Oopen(writer->file, path, H5P_DEFAULT);
    if (object < 0)
        return audit_write_fail(writer, error);
    status = put_attribute(writer, object, attribute, error);
    wn_digest_attribute(&writer->lines, path, attribute);
    H5Oclose(object);
    return status;
}

int wn_audit_write_text(struct wn_audit_writer *writer, const char *path,
                        const char *attribute, const char *text,
                        struct wn_error *error)
{
    const struct wn_attribute whole = {.name = (char *)attribute,
                                       .text = (char *)text};

    return write_attribute(writer, path, &whole, error);
}

int wn_audit_write_number(struct wn_audit_writer *writer, const char *path,
                          const char *attribute, double value,
                          struct wn_error *error)
{
    const struct wn_attribute whole = {
        .name = (char *)attribute, .number = true, .value = value};

    return write_attribute(writer, path, &whole, error);
}

int wn_audit_write_facts(struct wn_audit_writer *writer,
                         const struct wn_fact *list, size_t count,
                         struct wn_error *error)
{
    int status = 0;

    for (size_t f = 0; f < count && status == 0; f++)
        status = wn_audit_write_number(writer, list[f].path, list[f].attribute,
                                       list[f].value, error);
    return status;
}

int wn_audit_provenance(struct wn_audit_writer *writer, const char *program,
                        const char *options, const char *input,
                        struct wn_error *error)
{
    const char *group = wn_stage_name[writer->stage];

    if (wn_audit_write_text(writer, group, "program", program, error) ||
        wn_audit_write_text(writer, group, "version", PACKAGE_VERSION, error) ||
        wn_audit_write_text(writer, group, "options", options, error))
        return -1;
    return input ? wn_audit_write_text(writer, group, "input", input, error)
                 : 0;
}

/* Close a stage with the digest over all its lines. */
static int seal_stage(struct wn_audit_writer *writer, enum wn_stage stage,
                      char digest[WN_DIGEST_TEXT], struct wn_error *error)
{
    const char *group = wn_stage_name[stage];
    int status;

    if (make_group(writer, group, error))
        return -1;
    wn_digest_text(&writer->lines, digest);
    const hid_t object = H5Oopen(writer->file, group, H5P_DEFAULT);
    if (object < 0)
        return audit_write_fail(writer, error);
    status = put_digest(writer, object, digest, error);
    H5Oclose(object);
    wn_digest_free(&writer->lines);
    return status;
}

/* Copy the datasets and attributes of a stage and check its digest. */
static int copy_stage(struct wn_audit_writer *writer,
                      const struct wn_audit *from, enum wn_stage stage,
                      struct wn_error *error)
{
    char digest[WN_DIGEST_TEXT];
    int status = 0;

    for (size_t i = 0; status == 0 && i < from->catalog.count; i++) {
        const struct wn_entry *entry = &from->catalog.entry[i];
        struct wn_attribute *list;
        size_t count;

        if (!wn_stage_holds(stage, entry->path))
            continue;
        if (!entry->group) {
            const struct wn_hdf5_shape *shape = &entry->shape;

            if (begin_dataset(writer, entry->path, shape->type, shape->width,
                              shape->extent, error) ||
                (entry->kept ? wn_audit_write_append(writer, shape->extent[0],
                                                     entry->kept, error)
                             : copy_chunks(writer, from, entry, error)) ||
                wn_audit_write_end(writer, error))
                return -1;
        }
        if (wn_audit_attributes(from, entry->path, &list, &count, error))
            return -1;
        for (size_t a = 0; status == 0 && a < count; a++)
            if (strcmp(list[a].name, "digest"))
                status = write_attribute(writer, entry->path, &list[a], error);
        wn_attributes_free(list, count);
    }
    if (status || seal_stage(writer, stage, digest, error))
        return -1;
    if (strcmp(digest, wn_audit_digest(from, stage)))
        return wn_fail(error, WN_EDATA,
                       "%s: %s: its content does not fit its digest: changed "
                       "or damaged",
                       wn_audit_name(from), wn_stage_name[stage]);
    return 0;
}

/* An audit file is HDF5, useless on a terminal. */
static int refuse_terminal(const char *path, struct wn_error *error)
{
    if ((path && strcmp(path, "-")) || !isatty(STDOUT_FILENO))
        return 0;
    return wn_fail(error, WN_EUSAGE,
                   "refusing to write an audit file to a terminal; --output "
                   "names a file");
}

int wn_audit_try(const char *path, bool force, struct wn_error *error)
{
    struct wn_output *output = refuse_terminal(path, error)
                                   ? NULL
                                   : wn_output_open(path, force, error);
    const int status = output ? 0 : -1;

    wn_output_abandon(output);
    return status;
}

struct wn_audit_writer *wn_audit_create(const char *path, bool force,
                                        const struct wn_audit *from,
                                        enum wn_stage stage,
                                        struct wn_error *error)
{
    const struct wn_attribute format = {.name = "format",
                                        .text = "winnow-audit"};
    const struct wn_attribute version = {.name = "format_version",
                                         .number = true,
                                         .whole = true,
                                         .value = WN_FORMAT_VERSION};
    struct wn_audit_writer *writer;
    int status = -1;

    assert(from || stage == WN_DATA);
    if (refuse_terminal(path, error))
        return NULL;
    if (from)
        wn_audit_release(from);
    writer = wn_new(1, sizeof *writer);
    writer->file = writer->set = H5I_INVALID_HID;
    writer->stage = stage;
    writer->output = wn_output_open(path, force, error);
    if (writer->output) {
        writer->store.descriptor = wn_output_descriptor(writer->output);
        writer->file = wn_hdf5_create(&writer->store,
                                      wn_output_name(writer->output), error);
    }
    if (writer->file >= 0 &&
        put_attribute(writer, writer->file, &format, error) == 0)
        status = put_attribute(writer, writer->file, &version, error);
    for (enum wn_stage s = WN_DATA; status == 0 && s < stage; s++)
        status = copy_stage(writer, from, s, error);
    if (status == 0)
        return writer;
    wn_audit_abandon(writer);
    return NULL;
}

static void free_writer(struct wn_audit_writer *writer)
{
    drop_dataset(writer);
    wn_digest_free(&writer->lines);
    free(writer);
}

int wn_audit_finish(struct wn_audit_writer *writer, struct wn_error *error)
{
    struct wn_output *output = writer->output;
    char digest[WN_DIGEST_TEXT];
    int status;

    assert(!writer->path);
    status = seal_stage(writer, writer->stage, digest, error);
    if (status == 0) {
        const herr_t closed = H5Fclose(writer->file);

        writer->file = H5I_INVALID_HID;
        if (closed < 0 || writer->store.failure)
            status = audit_write_fail(writer, error);
    }
    if (status) {
        wn_audit_abandon(writer);
        return -1;
    }
    free_writer(writer);
    return wn_output_commit(output, error);
}

void wn_audit_abandon(struct wn_audit_writer *writer)
{
    if (!writer)
        return;
    drop_dataset(writer);
    if (writer->file >= 0) {
        /* The file will be removed: a failed store drops what HDF5 flushes. */
        if (!writer->store.failure)
            writer->store.failure = EIO;
        H5Fclose(writer->file);
    }
    wn_output_abandon(writer->output);
    free_writer(writer);
}
