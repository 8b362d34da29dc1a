/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Growing text; and escapes, so that no byte of a data set can drive the
 * reader's terminal (CWE-150). */
#include "util/text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

#include "util/memory.h"

void wn_text_add(struct wn_text *text, const char *bytes, size_t length)
{
    wn_grow(&text->bytes, &text->capacity, text->length + length + 1, 1);
    if (length)
        memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

void wn_text_format(struct wn_text *text, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    const int need = vsnprintf(NULL, 0, format, list);
    va_end(list);
    /* Our formats have no wide characters and no huge widths. */
    assert(need >= 0);
    wn_grow(&text->bytes, &text->capacity, text->length + (size_t)need + 1, 1);
    va_start(list, format);
    vsnprintf(text->bytes + text->length, (size_t)need + 1, format, list);
    va_end(list);
    text->length += (size_t)need;
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
    ucs4_t found;
    const int size = u8_mbtoucr(&found, (const uint8_t *)text, length);

    *point = found;
    return size > 0 ? (size_t)size : 0;
}

static bool drives_the_terminal(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x61c ||
           (point >= 0x200b && point <= 0x200f) ||
           (point >= 0x2028 && point <= 0x202e) ||
           (point >= 0x2066 && point <= 0x2069) || point == 0xfeff;
}

void wn_text_add_visible(struct wn_text *text, const char *bytes, size_t length)
{
    while (length) {
        uint32_t point;
        size_t size = wn_text_point(bytes, length, &point);

        if (size == 0) {
            size = 1;
            wn_text_format(text, "\\x%02x", (unsigned char)bytes[0]);
        } else if (!drives_the_terminal(point)) {
            wn_text_add(text, bytes, size);
        } else if (point < 0x100) {
            wn_text_format(text, "\\x%02x", (unsigned)point);
        } else {
            wn_text_format(text, "\\u%04x", (unsigned)point);
        }
        bytes += size;
        length -= size;
    }
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
    return !u8_check((const uint8_t *)bytes, length);
}

int wn_text_ascending(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}
