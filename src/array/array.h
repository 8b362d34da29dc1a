/* SPDX-License-Identifier: GPL-3.0-or-later */
/* array/array.h: arrays from files that winnow did not write.
 *
 * The readers (hdf5.h, npy.h, libsvm.h) put the cells of an array, row-major,
 * into an unlinked temporary file: numbers as f32 where that is exact, else as
 * f64; strings each with their length (u32) in front. All further work reads
 * that file by blocks, whatever the format and compression of the original. */
#ifndef WN_ARRAY_ARRAY_H
#define WN_ARRAY_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

/* Types of stored cells; WN_NAMES are fixed-length UTF-8 strings. */
enum wn_type {
    WN_U8,
    WN_I32,
    WN_U32,
    WN_I64,
    WN_U64,
    WN_F32,
    WN_F64,
    WN_NAMES
};
/* "f32", "names": as in digests and messages. */
const char *wn_type_name(enum wn_type type);
/* Bytes of one number; 1 for WN_NAMES, whose width varies. */
size_t wn_type_size(enum wn_type type);

enum { WN_ARRAY_RANK = 8, WN_ARRAY_TEXT = 16 << 20 /* bytes of one string */ };

struct wn_array {
    char *name; /* in messages: "x.h5: /x"; NULL: no array */
    int spool;  /* descriptor of the temporary file */
    int rank;   /* 1 .. WN_ARRAY_RANK */
    size_t extent[WN_ARRAY_RANK];
    size_t rows, columns; /* the first extent; the product of the others */
    bool text;            /* cells are strings */
    bool whole;           /* cells are integers */
    size_t width;         /* bytes of a number in the temporary file: 4 or 8 */
    uint64_t bytes;       /* size of the temporary file */
};

/* Name a new array and open its temporary file. */
int wn_array_begin(struct wn_array *array, const char *name,
                   struct wn_error *error) WN_MUST_CHECK;
/* Free what *array holds; {0} is fine. */
void wn_array_free(struct wn_array *array);
/* Compute rows and columns from rank and extent; false on overflow. */
bool wn_array_shape(struct wn_array *array);

/* Read rows begin .. end-1 of an array of numbers. Integers beyond 2^53 are
 * rounded. */
int wn_array_numbers(const struct wn_array *array, size_t begin, size_t end,
                     double *out, struct wn_error *error) WN_MUST_CHECK;
/* Row access with one block of rows in memory: fast in ascending order. */
struct wn_array_rows {
    const struct wn_array *array;
    double *block;
    size_t begin, end, step;
};
void wn_array_rows_open(struct wn_array_rows *rows,
                        const struct wn_array *array);
/* One row, valid until the next call; NULL on failure. */
const double *wn_array_row(struct wn_array_rows *rows, size_t row,
                           struct wn_error *error) WN_MUST_CHECK;
void wn_array_rows_free(struct wn_array_rows *rows);
/* Call `take` for every cell in order, a number as wn_number_format() writes
 * it; `take` returns 0 to go on, -1 after wn_fail(). The text is not
 * NUL-terminated. */
int wn_array_texts(const struct wn_array *array,
                   int (*take)(void *context, size_t cell, const char *text,
                               size_t length, struct wn_error *error),
                   void *context, struct wn_error *error) WN_MUST_CHECK;

/* A buffer in front of an array's temporary file. */
struct wn_array_sink {
    struct wn_array *array;
    char *buffer;
    size_t used;
};
void wn_array_sink_open(struct wn_array_sink *sink, struct wn_array *array);
/* Append bytes in the file's own format; array->bytes counts them. */
int wn_array_put(struct wn_array_sink *sink, const void *bytes, size_t length,
                 struct wn_error *error) WN_MUST_CHECK;
/* Append a number, `array->width` bytes of it. */
int wn_array_put_number(struct wn_array_sink *sink, double value,
                        struct wn_error *error) WN_MUST_CHECK;
int wn_array_put_text(struct wn_array_sink *sink, const char *text,
                      size_t length, struct wn_error *error) WN_MUST_CHECK;
/* Free the buffer; with `keep` write it out first, else return -1. */
int wn_array_sink_close(struct wn_array_sink *sink, bool keep,
                        struct wn_error *error) WN_MUST_CHECK;

#endif
