/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Growing text; and escapes, so that no byte of a data set can drive the
 * reader's terminal (CWE-150). */
#include "util/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/memory.h"

int wn_text_add(struct wn_text *text, const char *bytes, size_t length,
                struct wn_error *error)
{
    if (wn_grow(&text->bytes, &text->room, text->length + length + 1, 1, error))
        return -1;
    if (length)
        memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
    return 0;
}

int wn_text_format(struct wn_text *text, struct wn_error *error,
                   const char *format, ...)
{
    va_list list;

    va_start(list, format);
    const int need = vsnprintf(NULL, 0, format, list);
    va_end(list);
    if (need < 0)
        return wn_fail(error, WN_EDATA, "a text cannot be formatted");
    if (wn_grow(&text->bytes, &text->room, text->length + (size_t)need + 1, 1,
                error))
        return -1;
    va_start(list, format);
    vsnprintf(text->bytes + text->length, (size_t)need + 1, format, list);
    va_end(list);
    text->length += (size_t)need;
    return 0;
}

const char *wn_text_of(const struct wn_text *text)
{
    return text->bytes ? text->bytes : "";
}

void wn_text_free(struct wn_text *text)
{
    free(text->bytes);
    *text = (struct wn_text){0};
}

size_t wn_text_point(const char *text, size_t length, uint32_t *point)
{
    const unsigned char *bytes = (const unsigned char *)text;
    const unsigned char first = bytes[0];
    size_t size;
    uint32_t least;

    if (first < 0x80) {
        *point = first;
        return 1;
    }
    if ((first & 0xe0) == 0xc0) {
        size = 2;
        least = 0x80;
        *point = first & 0x1f;
    } else if ((first & 0xf0) == 0xe0) {
        size = 3;
        least = 0x800;
        *point = first & 0x0f;
    } else if ((first & 0xf8) == 0xf0) {
        size = 4;
        least = 0x10000;
        *point = first & 0x07;
    } else {
        return 0;
    }
    if (size > length)
        return 0;
    for (size_t i = 1; i < size; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        *point = *point << 6 | (bytes[i] & 0x3f);
    }
    if (*point < least || *point > 0x10ffff ||
        (*point >= 0xd800 && *point < 0xe000))
        return 0;
    return size;
}

static bool drives_the_terminal(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x61c ||
           (point >= 0x200b && point <= 0x200f) ||
           (point >= 0x2028 && point <= 0x202e) ||
           (point >= 0x2066 && point <= 0x2069) || point == 0xfeff;
}

int wn_text_add_visible(struct wn_text *text, const char *bytes, size_t length,
                        struct wn_error *error)
{
    while (length) {
        uint32_t point;
        size_t size = wn_text_point(bytes, length, &point);
        int status;

        if (size == 0) {
            size = 1;
            status =
                wn_text_format(text, error, "\\x%02x", (unsigned char)bytes[0]);
        } else if (!drives_the_terminal(point)) {
            status = wn_text_add(text, bytes, size, error);
        } else if (point < 0x100) {
            status = wn_text_format(text, error, "\\x%02x", (unsigned)point);
        } else {
            status = wn_text_format(text, error, "\\u%04x", (unsigned)point);
        }
        if (status)
            return -1;
        bytes += size;
        length -= size;
    }
    return 0;
}

int wn_text_compare(const char *one, size_t length, const char *two,
                    size_t other_length)
{
    const size_t common = length < other_length ? length : other_length;
    const int order = common ? memcmp(one, two, common) : 0;

    return order ? order : (length > other_length) - (length < other_length);
}

bool wn_text_is_utf8(const char *bytes, size_t length)
{
    while (length) {
        uint32_t point;
        const size_t size = wn_text_point(bytes, length, &point);

        if (size == 0)
            return false;
        bytes += size;
        length -= size;
    }
    return true;
}
