/* SPDX-License-Identifier: GPL-3.0-or-later */
/* array/array.h: an array out of a file that is not ours.
 *
 * What reads such files (hdf5.h, npy.h, libsvm.h) leaves the array's cells,
 * row-major, in an unlinked temporary file: numbers as f32 where that is exact,
 * else f64; text as each string with its length (u32) before it. So all further
 * work goes by blocks, whatever the file was and however it was packed. */
#ifndef WN_ARRAY_ARRAY_H
#define WN_ARRAY_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

enum { WN_ARRAY_RANK = 8, WN_ARRAY_TEXT = 16 << 20 /* bytes of one string */ };

struct wn_array {
    char *name; /* how messages call it: "x.h5: /x"; NULL: there is none */
    int spool;
    int rank; /* 1 .. WN_ARRAY_RANK */
    size_t extent[WN_ARRAY_RANK];
    size_t rows, columns; /* the first extent; the product of the others */
    bool text;            /* it holds strings */
    bool whole;           /* its numbers are integers */
    size_t width;         /* bytes of a number in the temporary file: 4 or 8 */
    uint64_t bytes;       /* in the temporary file */
};

/* Name a new array and give it a temporary file. */
int wn_array_begin(struct wn_array *array, const char *name,
                   struct wn_error *error) WN_MUST_CHECK;
/* Give up what *array holds; {0} is fine. */
void wn_array_free(struct wn_array *array);
/* Take rows and columns from rank and extent; false if that overflows. */
bool wn_array_shape(struct wn_array *array);

/* Rows begin .. end-1 of an array of numbers. Integers beyond 2^53 are
 * rounded. */
int wn_array_numbers(const struct wn_array *array, size_t begin, size_t end,
                     double *out, struct wn_error *error) WN_MUST_CHECK;
/* The same row by row, in ascending order at best: a block of rows is held. */
struct wn_array_rows {
    const struct wn_array *array;
    double *block;
    size_t begin, end, step;
};
int wn_array_rows_open(struct wn_array_rows *rows,
                       const struct wn_array *array) WN_MUST_CHECK;
/* One row, valid until the next call; NULL on failure. */
const double *wn_array_row(struct wn_array_rows *rows, size_t row,
                           struct wn_error *error) WN_MUST_CHECK;
void wn_array_rows_free(struct wn_array_rows *rows);
/* Hand all cells of an array of text to `take`, in order; it returns 0 to go
 * on, -1 after wn_fail(). The text is not NUL-terminated. */
int wn_array_texts(const struct wn_array *array,
                   int (*take)(void *context, size_t cell, const char *text,
                               size_t length, struct wn_error *error),
                   void *context, struct wn_error *error) WN_MUST_CHECK;

/* Bytes on their way into an array's temporary file. */
struct wn_array_sink {
    struct wn_array *array;
    char *buffer;
    size_t used;
};
int wn_array_sink_open(struct wn_array_sink *sink,
                       struct wn_array *array) WN_MUST_CHECK;
/* Cells as they lie in the file; array->bytes counts them. */
int wn_array_put(struct wn_array_sink *sink, const void *bytes, size_t length,
                 struct wn_error *error) WN_MUST_CHECK;
int wn_array_put_text(struct wn_array_sink *sink, const char *text,
                      size_t length, struct wn_error *error) WN_MUST_CHECK;
/* Write out what waits (nothing after a failure) and free. */
int wn_array_sink_close(struct wn_array_sink *sink, bool keep,
                        struct wn_error *error) WN_MUST_CHECK;

#endif
