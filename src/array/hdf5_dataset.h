/* SPDX-License-Identifier: GPL-3.0-or-later */
/* array/hdf5_dataset.h: an array in foreign HDF5, looked at before it is read.
 * Private to this room; only for the child that hdf5.h speaks of. */
#ifndef WN_ARRAY_HDF5_DATASET_H
#define WN_ARRAY_HDF5_DATASET_H

#include <hdf5.h>

#include "array/array.h"

/* Seconds of processor time for the child; wn_reader_open() allows more. */
enum { WN_READER_SECONDS = 2 };

/* The child's view of the dataset it is at. */
struct wn_reader {
    const char *name;
    const char *path;
    struct wn_array *array;
    struct wn_array_sink sink;
    uint64_t size; /* of the HDF5 file */
    uint64_t memory;
    hid_t file, set, type;
    hsize_t extent[WN_ARRAY_RANK];
    int axis;    /* read in pieces along this axis, */
    size_t step; /* so much of it at once, one of those before */
    struct wn_error *error;
};

/* "x.h5: /x: why"; -1. */
int wn_reader_refuse(struct wn_reader *reader, const char *why);
/* Follow reader->path in reader->file: all of it is hard links; *type is what
 * is there. */
int wn_reader_find(struct wn_reader *reader, H5O_type_t *type) WN_MUST_CHECK;
/* Groups that stand for one array, as anndata writes them, known by what they
 * hold: codes and categories; values and mask; data, indices and indptr. */
enum wn_reader_kind {
    WN_READER_NEITHER,
    WN_READER_CODES,
    WN_READER_MASKED,
    WN_READER_SPARSE
};
enum wn_reader_kind wn_reader_kind(const struct wn_reader *reader);
/* The path of a member of the group reader->path. */
enum { WN_READER_PATH = 1100 };
void wn_reader_member(const struct wn_reader *reader, const char *member,
                      char path[WN_READER_PATH]);
/* Open the dataset reader->path and fill in what it is and how it is read in
 * pieces. wn_reader_close() in any case. */
int wn_reader_open(struct wn_reader *reader) WN_MUST_CHECK;
void wn_reader_close(struct wn_reader *reader);

/* hdf5.c: the cells of the dataset reader->path into reader->array. */
int wn_reader_dataset(struct wn_reader *reader) WN_MUST_CHECK;
/* anndata.c: the same of a group; and a dataset in it into an array of
 * its own, which the caller frees. */
int wn_reader_group(struct wn_reader *reader) WN_MUST_CHECK;
int wn_reader_read_member(const struct wn_reader *reader, const char *member,
                          struct wn_array *array) WN_MUST_CHECK;

#endif
