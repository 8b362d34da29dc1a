/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a user's HDF5 file in a child process; see hdf5.h. */
#include "array/hdf5.h"

#include <assert.h>
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
    struct stat about;

    if (fstat(task->descriptor, &about)) {
        wn_fail_errno(error, "%s: cannot read its size", reader.name);
        return;
    }
    reader.size = (uint64_t)about.st_size;
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

/* Take over what the child says about the temporary file that it wrote. */
static int accept_array(struct wn_array *array, const struct wn_array *reported,
                        struct wn_error *error)
{
    char *const name = array->name;
    const int spool = array->spool;
    struct stat about;

    *array = *reported;
    array->name = name;
    array->spool = spool;
    if (fstat(spool, &about) || (uint64_t)about.st_size != array->bytes)
        return wn_fail(error, WN_EIO, "%s: the temporary file is incomplete",
                       name);
    return 0;
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

    assert(count <= WN_HDF5_MAX);
    memset(arrays, 0, count * sizeof *arrays);
    for (size_t i = 0; status == 0 && i < count; i++) {
        text.length = 0;
        wn_text_format(&text, "%s: %s", name, paths[i]);
        status = wn_array_begin(&arrays[i], text.bytes, error);
        shared[i] = arrays[i];
    }
    if (status == 0)
        status = wn_sandbox_run(name, memory, WN_HDF5_SECONDS, read_in_child,
                                &task, error);
    for (size_t i = 0; status == 0 && i < count; i++)
        status = accept_array(&arrays[i], &shared[i], error);
    for (size_t i = 0; status && i < count; i++)
        wn_array_free(&arrays[i]);
    if (descriptor >= 0)
        close(descriptor);
    wn_text_free(&text);
    munmap(shared, size);
    return status;
}
