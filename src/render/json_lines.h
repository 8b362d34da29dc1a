/* SPDX-License-Identifier: GPL-3.0-or-later */
/* render/json_lines.h: JSON Lines, one object a line, pure ASCII: non-ASCII
 * characters are \uXXXX, so that no byte of the data can drive a terminal.
 * Private to this room. */
#ifndef WN_RENDER_JSON_LINES_H
#define WN_RENDER_JSON_LINES_H

#include <stddef.h>

#include <jansson.h>

#include "util/error.h"
#include "util/text.h"

/* {.out, .error} begins. */
struct wn_json_lines {
    struct wn_text *out;
    size_t count;
    struct wn_error *error;
};

/* Text, null for NULL; a byte that is not UTF-8 becomes the four characters
 * \xNN. Like all that makes values: NULL where there is no memory. */
json_t *wn_json_bytes(const char *bytes, size_t length);
json_t *wn_json_text(const char *text);
/* A number, the shortest text that reads back as the same; NaN and infinity are
 * null. The float .1f becomes 0.1. */
json_t *wn_json_number(double value);
json_t *wn_json_float(float value);

/* Write and free an object; NULL, the trace of a failed allocation, fails. */
int wn_json_lines_put(struct wn_json_lines *lines,
                      json_t *object) WN_MUST_CHECK;
/* The first line names the schema, the last says that all others are there. */
int wn_json_lines_first(struct wn_json_lines *lines,
                        const char *kind) WN_MUST_CHECK;
int wn_json_lines_last(struct wn_json_lines *lines) WN_MUST_CHECK;

#endif
