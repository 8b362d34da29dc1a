/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values of ours into objects of jansson, and these as lines; see json_lines.h.
 */
#include "render/json_lines.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/number.h"

json_t *wn_json_bytes(const char *bytes, size_t length)
{
    struct wn_text copy = {0};
    json_t *string = NULL;

    if (!bytes)
        return json_null();
    if (wn_text_is_utf8(bytes, length))
        return json_stringn(bytes, length);
    if (wn_text_add_visible(&copy, bytes, length) == 0)
        string = json_stringn(copy.bytes, copy.length);
    wn_text_free(&copy);
    return string;
}

json_t *wn_json_text(const char *text)
{
    return wn_json_bytes(text, text ? strlen(text) : 0);
}

json_t *wn_json_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

/* The double that is written like the float: .1f becomes 0.1. */
json_t *wn_json_float(float value)
{
    char text[32];

    if (!isfinite(value))
        return json_null();
    wn_number_format_float(value, text);
    return json_real(strtod(text, NULL));
}

static int add_dump(const char *bytes, size_t size, void *context)
{
    struct wn_json_lines *lines = context;

    wn_text_add(lines->out, bytes, size);
    return 0;
}

/* jansson writes the strings; it has one precision for all reals, so numbers
 * and what holds them are written here. */
static int put_scalar(struct wn_json_lines *lines, const json_t *value)
{
    char text[32];

    if (json_is_real(value)) {
        wn_text_add(lines->out, text,
                    wn_number_format(json_real_value(value), text));
        return 0;
    }
    return json_dump_callback(value, add_dump, lines,
                              JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
}

static int put_value(struct wn_json_lines *lines, json_t *value);

static int put_members(struct wn_json_lines *lines, json_t *object)
{
    const char *before = "{";

    for (void *at = json_object_iter(object); at;
         at = json_object_iter_next(object, at)) {
        /* Keys are ours: words of ASCII. */
        wn_text_format(lines->out, "%s\"%s\":", before,
                       json_object_iter_key(at));
        if (put_value(lines, json_object_iter_value(at)))
            return -1;
        before = ",";
    }
    wn_text_format(lines->out, "%s}", *before == '{' ? "{" : "");
    return 0;
}

static int put_elements(struct wn_json_lines *lines, const json_t *array)
{
    const size_t count = json_array_size(array);

    wn_text_add(lines->out, "[", 1);
    for (size_t i = 0; i < count; i++)
        if ((i && wn_text_add(lines->out, ",", 1)) ||
            put_value(lines, json_array_get(array, i)))
            return -1;
    wn_text_add(lines->out, "]", 1);
    return 0;
}

static int put_value(struct wn_json_lines *lines, json_t *value)
{
    if (json_is_object(value))
        return put_members(lines, value);
    if (json_is_array(value))
        return put_elements(lines, value);
    return put_scalar(lines, value);
}

/* Write and free an object; NULL, the trace of a failed allocation, fails. */
int wn_json_lines_put(struct wn_json_lines *lines, json_t *object)
{
    int status = -1;

    if (object && put_value(lines, object) == 0)
        status = wn_text_add(lines->out, "\n", 1);
    json_decref(object);
    lines->count++;
    if (status && lines->error->code == WN_OK)
        wn_fail(lines->error, WN_EIO, "no memory for a line of JSON");
    return status;
}

int wn_json_lines_first(struct wn_json_lines *lines, const char *kind)
{
    return wn_json_lines_put(
        lines, json_pack("{s:s,s:s,s:s}", "schema", "winnow-report/1",
                         "content", kind, "version", PACKAGE_VERSION));
}

int wn_json_lines_last(struct wn_json_lines *lines)
{
    return wn_json_lines_put(lines,
                             json_pack("{s:b,s:I}", "complete", 1, "lines",
                                       (json_int_t)lines->count + 1));
}
