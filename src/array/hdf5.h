/* SPDX-License-Identifier: GPL-3.0-or-later */
/* array/hdf5.h: arrays out of an HDF5 file that is not ours.
 *
 * Such a file comes in any form and from anybody. It is read by a child
 * process, under limits of memory and processor time, into unlinked temporary
 * files; this process only ever sees those. So a file on which the HDF5
 * library crashes or spins is an error like any other. What could lead out of
 * the file is refused as for audit files: links that are not hard, external
 * storage, virtual datasets, filters other than deflate, shuffle and
 * fletcher32. Contiguous and compact storage, any byte order, any size of
 * integer and float up to 8 bytes, booleans and enumerations, fixed and
 * variable-length strings are read. So are groups that stand for one array, as
 * anndata writes them: of codes and categories the name of each row, empty for
 * code -1; of values and mask the values, NaN or empty where the mask is set;
 * of data, indices and indptr, a sparse matrix by rows, the whole matrix. */
#ifndef WN_ARRAY_HDF5_H
#define WN_ARRAY_HDF5_H

#include "array/array.h"

enum { WN_HDF5_MAX = 16 };
/* What the child may use where nobody says. */
#define WN_HDF5_BYTES ((uint64_t)1 << 30)

/* Read the datasets paths[0..count) ("/x", "group/y"; at most WN_HDF5_MAX)
 * of the file `path`, standard input if NULL or "-", into arrays[0..count),
 * which the caller frees. `memory`: most bytes that the child may use beyond
 * what the process has, and so the bound for a chunk. On failure nothing is
 * left in them: WN_EDATA names file and dataset; WN_EIO. */
int wn_hdf5_read(const char *path, const char *const *paths, size_t count,
                 uint64_t memory, struct wn_array *arrays,
                 struct wn_error *error) WN_MUST_CHECK;

/* What goes into a new HDF5 file. */
struct wn_hdf5_copy {
    const char *path;         /* of the file that is copied from */
    const char *const *paths; /* datasets or groups, as above */
    size_t count;
    uint32_t whole;      /* bit i: paths[i] goes out whole, else by row */
    size_t rows;         /* of each that goes by row */
    const uint64_t *row; /* n of them, in the order they go out */
    size_t n;
    size_t changed;           /* the path whose cells, */
    const char *const *value; /* n, become value[i] where that is not NULL; a
                                 number where it holds such. NULL: none do */
    int descriptor;           /* an empty file, read and write */
    const char *name;         /* how messages call it */
};

/* Write datasets with the same names, types and attributes, compressed where
 * they were, that hold the rows wanted; groups as groups of the same kind. All
 * is done by a child, as above. */
int wn_hdf5_write(const struct wn_hdf5_copy *copy, uint64_t memory,
                  struct wn_error *error) WN_MUST_CHECK;

#endif
