/* SPDX-License-Identifier: GPL-3.0-or-later */
/* array/hdf5_dataset.h: one array in a user's HDF5 file, checked and read by
 * the child process of hdf5.h. Private to this room. */
#ifndef WN_ARRAY_HDF5_DATASET_H
#define WN_ARRAY_HDF5_DATASET_H

#include <hdf5.h>

#include "array/array.h"

/* Processor time of the child to begin with; opening an array adds to it. */
enum { WN_HDF5_SECONDS = 2 };

/* The array at hand in an open file. */
struct wn_hdf5_reader {
    const char *name; /* of the file, in messages */
    const char *path; /* of the dataset or group */
    struct wn_array *array;
    struct wn_array_sink sink;
    uint64_t size; /* of the file in bytes */
    uint64_t memory;
    hid_t file, set, type;
    hsize_t extent[WN_ARRAY_RANK];
    /* A piece to read is `step` slices along `axis`, with index fixed along
     * the axes before it. */
    int axis;
    size_t step;
    struct wn_error *error;
};

/* Fail with "x.h5: /x: why"; -1. */
int wn_hdf5_refuse(struct wn_hdf5_reader *reader, const char *why);
/* Resolve reader->path, which must consist of hard links; *type is the kind of
 * object. */
int wn_hdf5_find(struct wn_hdf5_reader *reader, H5O_type_t *type) WN_MUST_CHECK;
/* The path of a member of the group reader->path. */
enum { WN_HDF5_PATH = 1100 };
void wn_hdf5_member_path(const struct wn_hdf5_reader *reader,
                         const char *member, char path[WN_HDF5_PATH]);

/* Open the dataset reader->path, check it and set shape, axis and step.
 * wn_hdf5_dataset_close() in any case. */
int wn_hdf5_dataset_open(struct wn_hdf5_reader *reader) WN_MUST_CHECK;
void wn_hdf5_dataset_close(struct wn_hdf5_reader *reader);
/* Read the cells of the dataset reader->path into reader->array. */
int wn_hdf5_dataset_read(struct wn_hdf5_reader *reader) WN_MUST_CHECK;
/* Read a dataset of the group reader->path into an array of its own, which the
 * caller frees. */
int wn_hdf5_member_read(const struct wn_hdf5_reader *reader, const char *member,
                        struct wn_array *array) WN_MUST_CHECK;

/* anndata.c: groups that hold one array as anndata writes it, known by their
 * members: codes and categories; values and mask; data, indices, indptr. */
enum wn_anndata_kind {
    WN_ANNDATA_NONE,
    WN_ANNDATA_CODES,
    WN_ANNDATA_MASKED,
    WN_ANNDATA_SPARSE
};
enum wn_anndata_kind wn_anndata_kind(const struct wn_hdf5_reader *reader);
/* Read the array of the group reader->path into reader->array. */
int wn_anndata_read(struct wn_hdf5_reader *reader) WN_MUST_CHECK;

#endif
