/* SPDX-License-Identifier: GPL-3.0-or-later */
/* array/hdf5.h: arrays from a user's HDF5 file, and rows of them into a new
 * one.
 *
 * Such a file can have any form and any author. A child process with limits on
 * memory and processor time reads it into unlinked temporary files; this
 * process sees only those. So a file on which the HDF5 library crashes or hangs
 * gives an ordinary error. What could lead out of the file is refused, as in
 * audit files: links that are not hard, external storage, virtual datasets,
 * filters other than deflate, shuffle and fletcher32.
 *
 * Supported: contiguous, compact and chunked storage; integers and floats of up
 * to 8 bytes in any byte order; booleans and enumerations; strings of fixed and
 * variable length; and groups that hold one array as anndata writes it:
 *
 *   codes, categories      the name of each row; "" for code -1
 *   values, mask           the values; NaN or "" where the mask is set
 *   data, indices, indptr  a sparse matrix by rows, read as a dense one */
#ifndef WN_ARRAY_HDF5_H
#define WN_ARRAY_HDF5_H

#include "array/array.h"
#include "util/text.h"

/* Start the HDF5 library: no plugins, no external links, no messages of its
 * own. Call it once before anything else that reads or writes HDF5. */
int wn_hdf5_start(struct wn_error *error) WN_MUST_CHECK;

enum { WN_HDF5_MAX = 16 }; /* arrays per call */
/* The default of `memory`. */
#define WN_HDF5_BYTES ((uint64_t)1 << 30)

/* Read the datasets or groups paths[0..count) ("/x", "group/y") of the file
 * `path` (NULL or "-": standard input) into arrays[0..count), which the caller
 * frees. `memory`: bytes that the child may use beyond what this process has;
 * it also bounds the size of a chunk. On failure all arrays are {0}: WN_EDATA
 * names file and dataset; WN_EIO. */
int wn_hdf5_read(const char *path, const char *const *paths, size_t count,
                 uint64_t memory, struct wn_array *arrays,
                 struct wn_error *error) WN_MUST_CHECK;

/* Append the datasets of a file and their shapes to *out, for a message: "/x
 * (150 x 4), /y (150) and 7 more". Errors as of wn_hdf5_read(). */
int wn_hdf5_list(const char *path, uint64_t memory, struct wn_text *out,
                 struct wn_error *error) WN_MUST_CHECK;

/* The names of what was not copied, in memory that the child shares. */
struct wn_hdf5_left_out {
    size_t count, listed, length;
    char text[300];
};

/* What goes into a new HDF5 file. */
struct wn_hdf5_copy {
    const char *path;         /* the file to copy from */
    const char *const *paths; /* its datasets or groups, as above */
    size_t count;
    uint32_t whole;      /* bit i: copy all rows of paths[i] */
    size_t rows;         /* required of each of the others */
    const uint64_t *row; /* n rows of the others, in output order */
    size_t n;
    size_t changed;           /* index of the path whose cells change: */
    const char *const *value; /* n new cells, NULL for one that stays; parsed
                                 as numbers where the cells are. NULL: none */
    bool others;  /* copy all else that is in the file, too; of that, */
    bool partial; /* leave out what cannot be copied; else it is an error */
    struct wn_hdf5_left_out *left_out; /* wn_hdf5_write() sets it */
    int descriptor;   /* an empty file, open for reading and writing */
    const char *name; /* of that file, in messages */
};

/* Write the wanted rows as datasets and groups with the same names, types,
 * attributes and compression, in a child process as above; and with `others`
 * all else that is in the file. Whatever has a row for each row, by its place
 * in a file of anndata or else by the extent of one axis, gets the same rows in
 * the same order. Soft and external links stay links and are not followed.
 * References, refused storage, and arrays of which two axes are as long as the
 * rows cannot be copied: WN_EDATA names them, or with `partial` *left_out does.
 */
int wn_hdf5_write(const struct wn_hdf5_copy *copy, uint64_t memory,
                  struct wn_text *left_out,
                  struct wn_error *error) WN_MUST_CHECK;

/* A table as a new HDF5 file (hdf5_table.c): the group /table with a dataset
 * for each column, in their order, of doubles or of texts in UTF-8. In names a
 * slash becomes an underscore. */
struct wn_hdf5_table;
struct wn_hdf5_column {
    const char *name;
    bool number;
};

/* Begin one in the empty file `descriptor`, which messages call `file`. NULL:
 * WN_EDATA if two columns would have one name; WN_EIO. */
struct wn_hdf5_table *wn_hdf5_table_new(int descriptor, const char *file,
                                        const struct wn_hdf5_column *column,
                                        size_t columns, size_t rows,
                                        struct wn_error *error) WN_MUST_CHECK;
/* Write cells of `column` from `row` on: `count` doubles or pointers to texts,
 * as `number` says. WN_EIO. */
int wn_hdf5_table_write(struct wn_hdf5_table *table, size_t column, bool number,
                        size_t row, size_t count, const void *cells,
                        struct wn_error *error) WN_MUST_CHECK;
/* Close and free it; -1 if that fails, or if the error is set already. */
int wn_hdf5_table_end(struct wn_hdf5_table *table,
                      struct wn_error *error) WN_MUST_CHECK;

#endif
