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
    bool any_type; /* to copy: cells may be of other types than numbers, text */
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
/* The shape of the sparse matrix reader->path, and whether it goes by columns;
 * false where its attributes do not tell. */
bool wn_anndata_shape(const struct wn_hdf5_reader *reader, int64_t shape[2],
                      bool *by_columns);
/* Read the array of the group reader->path into reader->array. */
int wn_anndata_read(struct wn_hdf5_reader *reader) WN_MUST_CHECK;

/* hdf5_copy.c: copies of one object, with its attributes, to the same path in
 * `file`. What cannot be copied goes into copy->left_out. */
enum { WN_COPY_WHOLE = -1, WN_COPY_BOTH = -2 }; /* or the axis of the rows */
struct wn_hdf5_copy;
/* Fail with "out.h5: /x: cannot write"; -1. */
int wn_hdf5_fail_write(const struct wn_hdf5_copy *copy,
                       const struct wn_hdf5_reader *reader);
/* Name an object of the file, or an attribute of it, as left out. */
void wn_hdf5_leave_out(const struct wn_hdf5_copy *copy, const char *path,
                       const char *attribute, const char *why);
int wn_hdf5_copy_attributes(const struct wn_hdf5_copy *copy,
                            struct wn_hdf5_reader *reader, hid_t file,
                            const uint64_t *shape) WN_MUST_CHECK;
/* value: copy->n new cells, NULL for one that stays; or NULL. */
int wn_hdf5_copy_dataset(const struct wn_hdf5_copy *copy,
                         struct wn_hdf5_reader *reader, hid_t file, int axis,
                         const char *const *value) WN_MUST_CHECK;
/* A group that holds one array, along that axis. */
int wn_hdf5_copy_array(const struct wn_hdf5_copy *copy,
                       struct wn_hdf5_reader *reader, hid_t file,
                       enum wn_anndata_kind kind, int axis,
                       const char *const *value) WN_MUST_CHECK;
/* Make a group and those above it, without times; true where it is there. */
bool wn_hdf5_make_group(hid_t file, const char *path);
/* Refuse what leads out of the file, and filters that may run foreign code. */
int wn_hdf5_check_storage(struct wn_hdf5_reader *reader,
                          hid_t creation) WN_MUST_CHECK;

#endif
