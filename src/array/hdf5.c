/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading and listing a user's HDF5 file in a child process; see hdf5.h. */
#include "array/hdf5.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array/hdf5_dataset.h"
#include "array/hdf5_store.h"
#include "array/sandbox.h"
#include "util/file.h"
#include "util/text.h"

/* The work of the child; `array` is in memory that it shares. */
struct read_task {
    const char *name;
    int descriptor;
    const char *const *paths;
    size_t count;
    uint64_t memory;
    struct wn_array *array;
};

static void read_in_child(void *context, struct wn_error *error)
{
    const struct read_task *task = context;
    struct wn_hdf5_store store = {.descriptor = task->descriptor};
    struct wn_hdf5_reader reader = {
        .name = task->name, .memory = task->memory, .error = error};

    if (wn_file_size(task->descriptor, reader.name, &reader.size, error))
        return;
    reader.file = wn_hdf5_open(&store, reader.name, error);
    for (size_t i = 0; !error->code && i < task->count; i++) {
        H5O_type_t type;

        reader.path = task->paths[i];
        reader.array = &task->array[i];
        if (wn_hdf5_find(&reader, &type))
            break;
        /* Errors are in *error. */
        if (type == H5O_TYPE_DATASET)
            (void)!wn_hdf5_dataset_read(&reader);
        else if (type == H5O_TYPE_GROUP)
            (void)!wn_anndata_read(&reader);
        else
            wn_hdf5_refuse(&reader, "is no dataset");
    }
    if (reader.file >= 0)
        H5Fclose(reader.file);
}

int wn_hdf5_read(const char *path, const char *const *paths, size_t count,
                 uint64_t memory, struct wn_array *arrays,
                 struct wn_error *error)
{
    const char *name = wn_input_name(path);
    const int descriptor = wn_input_open(path, NULL, error);
    const size_t size = WN_HDF5_MAX * sizeof(struct wn_array);
    struct wn_array *shared = wn_sandbox_share(size);
    struct read_task task = {name, descriptor, paths, count, memory, shared};
    struct wn_text text = {0};
    int status = descriptor < 0 ? -1 : 0;
    int keep[WN_HDF5_MAX + 2] = {descriptor};

    assert(count <= WN_HDF5_MAX);
    memset(arrays, 0, count * sizeof *arrays);
    for (size_t i = 0; status == 0 && i < count; i++) {
        text.length = 0;
        wn_text_format(&text, "%s: %s", name, paths[i]);
        status = wn_array_begin(&arrays[i], text.bytes, error);
        shared[i] = arrays[i];
        keep[i + 1] = arrays[i].spool;
    }
    keep[count + 1] = -1;
    if (status == 0)
        status = wn_sandbox_run(name, memory, WN_HDF5_SECONDS, keep, WN_RESERVE,
                                read_in_child, &task, error);
    /* Take over what the child reports, if it wrote what it says. */
    for (size_t i = 0; status == 0 && i < count; i++) {
        struct stat about;

        shared[i].name = arrays[i].name;
        shared[i].spool = arrays[i].spool;
        arrays[i] = shared[i];
        if (fstat(arrays[i].spool, &about) ||
            (uint64_t)about.st_size != arrays[i].bytes)
            status =
                wn_fail(error, WN_EIO, "%s: the temporary file is incomplete",
                        arrays[i].name);
    }
    for (size_t i = 0; status && i < count; i++)
        wn_array_free(&arrays[i]);
    if (descriptor >= 0)
        close(descriptor);
    wn_text_free(&text);
    munmap(shared, size);
    return status;
}

/* ---- the datasets of a file, for a message ------------------------------ */

enum { MAX_LISTED = 12, LIST_BYTES = 600 };

/* In memory that the child shares: the file, and what the child finds. */
struct listing {
    const char *name;
    int descriptor;
    size_t count, listed, length;
    char text[LIST_BYTES];
};

/* Add a dataset; links that are not hard may lead out of the file. */
static herr_t list_dataset(hid_t file, const char *path, const H5L_info_t *info,
                           void *context)
{
    struct listing *listing = context;
    char entry[LIST_BYTES] = "";
    hsize_t extent[H5S_MAX_RANK];
    size_t used = 0;

    if (info->type != H5L_TYPE_HARD)
        return 0;
    const hid_t object = H5Oopen(file, path, H5P_DEFAULT);
    if (H5Iget_type(object) == H5I_DATASET) {
        const hid_t space = H5Dget_space(object);
        const int rank = H5Sget_simple_extent_dims(space, extent, NULL);

        used = (size_t)snprintf(entry, sizeof entry, "%s/%.100s",
                                listing->count ? ", " : "", path);
        for (int r = 0; r < rank && used < sizeof entry; r++)
            used += (size_t)snprintf(entry + used, sizeof entry - used,
                                     "%s%llu", r ? " x " : " (",
                                     (unsigned long long)extent[r]);
        if (rank > 0 && used < sizeof entry)
            used += (size_t)snprintf(entry + used, sizeof entry - used, ")");
        wn_hdf5_close(space);
        listing->count++;
    }
    wn_hdf5_close(object);
    if (used && listing->listed + 1 == listing->count &&
        listing->listed < MAX_LISTED && listing->length + used < LIST_BYTES) {
        memcpy(listing->text + listing->length, entry, used);
        listing->length += used;
        listing->listed++;
    }
    return 0;
}

static void list_in_child(void *context, struct wn_error *error)
{
    struct listing *listing = context;
    struct wn_hdf5_store store = {.descriptor = listing->descriptor};
    const hid_t file = wn_hdf5_open(&store, listing->name, error);

    if (file < 0)
        return;
    if (H5Lvisit(file, H5_INDEX_NAME, H5_ITER_INC, list_dataset, listing) < 0)
        wn_fail(error, WN_EDATA, "%s: damaged, its datasets cannot be listed",
                listing->name);
    H5Fclose(file);
}

int wn_hdf5_list(const char *path, uint64_t memory, struct wn_text *out,
                 struct wn_error *error)
{
    const int descriptor = wn_input_open(path, NULL, error);
    struct listing *listing;
    int status;

    if (descriptor < 0)
        return -1;
    listing = wn_sandbox_share(sizeof *listing);
    listing->name = wn_input_name(path);
    listing->descriptor = descriptor;
    status = wn_sandbox_run(listing->name, memory, WN_HDF5_SECONDS,
                            (const int[]){descriptor, -1}, 0, list_in_child,
                            listing, error);
    if (status == 0) {
        wn_text_add(out, listing->text,
                    listing->length < LIST_BYTES ? listing->length : 0);
        if (listing->count > listing->listed)
            wn_text_format(out, " and %zu more",
                           listing->count - listing->listed);
        if (listing->count == 0)
            wn_text_format(out, "no dataset");
    }
    munmap(listing, sizeof *listing);
    close(descriptor);
    return status;
}
