/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The datasets of a foreign HDF5 file, for a message; see hdf5.h. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "array/hdf5.h"
#include "array/hdf5_dataset.h"
#include "array/hdf5_store.h"
#include "array/sandbox.h"
#include "util/file.h"

enum { MAX_LISTED = 12, LIST_BYTES = 600 };

/* What the child finds, in shared memory. */
struct listing {
    size_t count, listed, length;
    char text[LIST_BYTES];
};

struct list_task {
    const char *name;
    int descriptor;
    struct listing *listing;
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
    if (object >= 0 && H5Iget_type(object) == H5I_DATASET) {
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
        H5Sclose(space);
        listing->count++;
    }
    if (object >= 0)
        H5Oclose(object);
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
    const struct list_task *task = context;
    struct wn_hdf5_store store = {.descriptor = task->descriptor};
    const hid_t file = wn_hdf5_open(&store, task->name, error);

    if (file < 0)
        return;
    if (H5Lvisit(file, H5_INDEX_NAME, H5_ITER_INC, list_dataset,
                 task->listing) < 0)
        wn_fail(error, WN_EDATA, "%s: damaged, its datasets cannot be listed",
                task->name);
    H5Fclose(file);
}

int wn_hdf5_list(const char *path, uint64_t memory, struct wn_text *out,
                 struct wn_error *error)
{
    const char *name = wn_input_name(path);
    const int descriptor = wn_input_open(path, NULL, error);

    if (descriptor < 0)
        return -1;
    struct listing *listing = wn_sandbox_share(sizeof *listing);
    struct list_task task = {name, descriptor, listing};
    const int status = wn_sandbox_run(name, memory, WN_HDF5_SECONDS,
                                      list_in_child, &task, error);
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
