/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ingest: where an array stands, and the array.
 *
 *   /x, x          the dataset /x of the input, if that is HDF5
 *   FILE.h5:/x     the dataset /x of another HDF5 file
 *   FILE.npy       a file of NumPy's */
#include <stdlib.h>
#include <string.h>

#include "array/hdf5.h"
#include "array/npy.h"
#include "prog/ingest/ingest_work.h"
#include "util/memory.h"

uint64_t ingest_hdf5_memory(const struct wn_run *run)
{
    return wn_option_given(run->options, "memory")
               ? (uint64_t)wn_option_number(run->options, "memory")
               : WN_HDF5_BYTES;
}

static int ingest_array_spec_read_hdf5(const struct wn_run *run,
                                       const char *file, const char *path,
                                       struct wn_array *array,
                                       struct wn_error *error)
{
    return wn_hdf5_read(file, &path, 1, ingest_hdf5_memory(run), array, error);
}

static bool ends_in(const char *text, const char *end)
{
    const size_t length = strlen(text), size = strlen(end);

    return length >= size && strcmp(text + length - size, end) == 0;
}

bool ingest_is_place(const char *text)
{
    return strstr(text, ":/") || ends_in(text, ".npy");
}

/* No absolute path goes into a file that may be passed on. */
static int record_place(const struct wn_run *run, const char *option,
                        const char *place, const char *colon)
{
    const char *last = place;

    if (*place != '/')
        return 0;
    for (const char *at = place; *at && at != colon; at++)
        if (*at == '/')
            last = at + 1;
    return wn_option_set(run->options, option, last);
}

int ingest_array(const struct wn_run *run, bool inside, const char *option,
                 struct wn_array *array, struct wn_error *error)
{
    const char *place = wn_option_text(run->options, option);
    const char *colon = place ? strstr(place, ":/") : NULL;
    int status;

    *array = (struct wn_array){0};
    if (!place)
        return 0;
    if (inside && !colon && !ends_in(place, ".npy"))
        return ingest_array_spec_read_hdf5(run, wn_run_input(run), place, array,
                                           error);
    if (record_place(run, option, place, colon))
        return -1;
    if (!colon)
        return wn_npy_read(place, array, error);
    char *file = wn_copy_text(place, (size_t)(colon - place));
    status = ingest_array_spec_read_hdf5(run, file, colon + 1, array, error);
    free(file);
    return status;
}
