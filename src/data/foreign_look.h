/* SPDX-License-Identifier: GPL-3.0-or-later */
/* data/foreign_look.h: an array in foreign HDF5, looked at before it is read.
 * Private to this room; only for the child that foreign.h speaks of. */
#ifndef WN_DATA_FOREIGN_LOOK_H
#define WN_DATA_FOREIGN_LOOK_H

#include <hdf5.h>

#include "data/array.h"

/* Seconds of processor time for the child; wn_reader_open() allows more. */
enum { WN_READER_SECONDS = 2 };

/* The child's view of the dataset it is at. */
struct wn_reader {
    const char *name;
    const char *path;
    struct wn_array *array;
    struct wn_array_sink sink;
    uint64_t size;   /* of the HDF5 file */
    uint64_t memory;
    hid_t file, set, type;
    hsize_t extent[WN_ARRAY_RANK];
    int axis;        /* read in pieces along this axis, */
    size_t step;     /* so much of it at once, one of those before */
    struct wn_error *error;
};

/* "x.h5: /x: why"; -1. */
int wn_reader_refuse(struct wn_reader *reader, const char *why);
/* Follow reader->path in reader->file: all of it is hard links; *type is what
 * is there. */
int wn_reader_find(struct wn_reader *reader, H5O_type_t *type) WN_MUST_CHECK;
/* Whether a group holds codes and categories. */
bool wn_reader_is_categorical(const struct wn_reader *reader);
/* Open the dataset reader->path and fill in what it is and how it is read in
 * pieces. wn_reader_close() in any case. */
int wn_reader_open(struct wn_reader *reader) WN_MUST_CHECK;
void wn_reader_close(struct wn_reader *reader);

#endif
