/* SPDX-License-Identifier: GPL-3.0-or-later */
/* csv/encoding.h: text in other encodings than UTF-8, by iconv(3).
 *
 * Every line is decoded on its own. So encodings that keep a state from one
 * line to the next, such as UTF-7 and ISO-2022, are refused. */
#ifndef WN_CSV_ENCODING_H
#define WN_CSV_ENCODING_H

#include <iconv.h>
#include <stdbool.h>
#include <stddef.h>

#include "util/error.h"
#include "util/text.h"

enum { WN_ENCODING_NAME = 64 };

struct wn_encoding {
    char name[WN_ENCODING_NAME]; /* with the byte order: "UTF-16LE" */
    size_t mark; /* bytes of the byte order mark at the beginning of the file */
    struct wn_text feed; /* the encoded line feed */
    iconv_t in, out;     /* to and from UTF-8 */
};

/* Open the encoding `name` for a file that begins with bytes[0..length). UTF-16
 * and UTF-32 follow the byte order mark there, else they are little-endian.
 * WN_EUSAGE if the C library does not know it, or it keeps a state. */
struct wn_encoding *wn_encoding_open(const char *name, const char *bytes,
                                     size_t length,
                                     struct wn_error *error) WN_MUST_CHECK;
void wn_encoding_close(struct wn_encoding *encoding);

/* Append bytes[0..length) as UTF-8. Returns how many of them were decoded; if
 * that is fewer than `length`, the byte there begins no whole character. */
size_t wn_encoding_decode(struct wn_encoding *encoding, const char *bytes,
                          size_t length, struct wn_text *out) WN_MUST_CHECK;
/* Decode, and set place[i], i = 0 .. out->length, to where the character of
 * byte i begins, place[out->length] = length. *place is for free(). WN_EDATA if
 * the bytes are not of the encoding. */
int wn_encoding_decode_places(struct wn_encoding *encoding, const char *bytes,
                              size_t length, struct wn_text *out,
                              size_t **place,
                              struct wn_error *error) WN_MUST_CHECK;
/* Append UTF-8 text[0..length) in the encoding. WN_EDATA if it has no such
 * character. */
int wn_encoding_encode(struct wn_encoding *encoding, const char *text,
                       size_t length, struct wn_text *out,
                       struct wn_error *error) WN_MUST_CHECK;

#endif
