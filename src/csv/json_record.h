/* SPDX-License-Identifier: GPL-3.0-or-later */
/* csv/json_record.h: one line of JSON Lines as cells with names.
 *
 *     {"id": 7, "text": {"de": "f\u00fcnf"}, "x": [0.5, null]}
 *
 *     id       7
 *     text.de  fünf
 *     x.0      0.5
 *     x.1      (missing)
 *
 * Strict: RFC 8259 with one object a line, in UTF-8. Beyond it these are
 * errors: a key that is empty or stands twice in its object, U+0000, half a
 * surrogate pair, and more than WN_JSON_DEPTH objects and arrays in one
 * another. A number keeps its digits as they are, so none is too large.
 * Libraries give numbers as double or int64_t, and do not tell where a value
 * stands. */
#ifndef WN_CSV_JSON_RECORD_H
#define WN_CSV_JSON_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "util/dictionary.h"
#include "util/error.h"
#include "util/text.h"

enum { WN_JSON_DEPTH = 64 };

enum wn_json_kind {
    WN_JSON_NULL, /* a missing cell: its text is empty */
    WN_JSON_BOOL, /* "true" or "false" */
    WN_JSON_NUMBER,
    WN_JSON_STRING /* without its quotes and escapes */
};

/* A value that is no object and no array. */
struct wn_json_leaf {
    enum wn_json_kind kind;
    size_t path, path_length; /* its name, in the record's `bytes` */
    size_t text, length;      /* its text, there */
    size_t begin, end;        /* its bytes in the line */
};

/* {0} is empty. */
struct wn_json_record {
    struct wn_json_leaf *leaf;
    size_t count, capacity;
    struct wn_text bytes;
    struct wn_dictionary keys; /* so far, with the paths to them */
};

/* Read line[0..length), without its line end. WN_EDATA "byte 12: found ...,
 * wanted ...". */
int wn_json_read(const char *line, size_t length, struct wn_json_record *record,
                 struct wn_error *error) WN_MUST_CHECK;
void wn_json_record_free(struct wn_json_record *record);

/* Append text[0..length) as a value like `kind`: a number or truth value stays
 * one where the text is one, an empty text becomes null, all others strings. */
void wn_json_write(struct wn_text *out, const char *text, size_t length,
                   enum wn_json_kind kind);

#endif
