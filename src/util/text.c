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

size_t wn_text_write_point(uint32_t point, char bytes[4])
{
    const int size = u8_uctomb((uint8_t *)bytes, point, 4);

    return size > 0 ? (size_t)size : 0;
}

/* Controls, what changes the direction of writing, and what cannot be seen: two
 * names that look alike must not differ in it alone. */
static bool needs_escape(uint32_t point)
{
    static const uint32_t range[][2] = {
        {0, 0x1f},        {0x7f, 0x9f},     {0xad, 0xad},      {0x61c, 0x61c},
        {0x180e, 0x180e}, {0x200b, 0x200f}, {0x2028, 0x202e},  {0x2060, 0x206f},
        {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f}};
    size_t r = 0;

    while (r < sizeof range / sizeof *range && point > range[r][1])
        r++;
    return r < sizeof range / sizeof *range && point >= range[r][0];
}

/* Add one code point, or one byte that is not UTF-8, as text. */
static void add_escape(struct wn_text *text, uint32_t point)
{
    wn_text_format(text,
                   point < 0x100     ? "\\x%02x"
                   : point < 0x10000 ? "\\u%04x"
                                     : "\\U%08x",
                   (unsigned)point);
}

void wn_text_add_visible(struct wn_text *text, const char *bytes, size_t length)
{
    while (length) {
        uint32_t point;
        size_t size = wn_text_point(bytes, length, &point);

        if (size == 0) {
            size = 1;
            add_escape(text, (unsigned char)bytes[0]);
        } else if (!needs_escape(point)) {
            wn_text_add(text, bytes, size);
        } else {
            add_escape(text, point);
        }
        bytes += size;
        length -= size;
    }
}

void wn_text_add_shell(struct wn_text *text, const char *word, size_t length)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_./+-:,@%=";
    size_t safe = 0;

    while (safe < length && memchr(plain, word[safe], sizeof plain - 1))
        safe++;
    if (length && safe == length) {
        wn_text_add(text, word, length);
        return;
    }
    wn_text_add(text, "'", 1);
    while (length) {
        const char *quote = memchr(word, '\'', length);
        const size_t size = quote ? (size_t)(quote - word) : length;

        wn_text_add_visible(text, word, size);
        if (quote)
            wn_text_add(text, "'\\''", 4);
        word += size + (quote != NULL);
        length -= size + (quote != NULL);
    }
    wn_text_add(text, "'", 1);
}

void wn_text_make_lines_visible(struct wn_text *text)
{
    struct wn_text safe = {0};
    const char *at = wn_text_of(text);
    size_t length = text->length;

    while (length) {
        const size_t size = strcspn(at, "\n\t");
        const size_t part = size < length ? size : length;

        wn_text_add_visible(&safe, at, part);
        if (part < length && at[part])
            wn_text_add(&safe, at + part, 1);
        else if (part < length)
            wn_text_add_visible(&safe, at + part, 1); /* NUL */
        at += part + (part < length);
        length -= part + (part < length);
    }
    wn_text_free(text);
    *text = safe;
}

int wn_text_compare(const char *one, size_t length, const char *two,
                    size_t other_length)
{
    const size_t common = length < other_length ? length : other_length;
    const int order = common ? memcmp(one, two, common) : 0;

    return order ? order : (length > other_length) - (length < other_length);
}

int wn_text_place(const char *list, char separator, const char *word,
                  size_t length)
{
    for (int place = 0;; place++) {
        const char *end = strchr(list, separator);
        const size_t size = end ? (size_t)(end - list) : strlen(list);

        if (size == length && memcmp(list, word, length) == 0)
            return place;
        if (!end)
            return -1;
        list = end + 1;
    }
}

bool wn_text_is_utf8(const char *bytes, size_t length)
{
    return !u8_check((const uint8_t *)bytes, length);
}

int wn_text_ascending(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

size_t wn_text_distance(const char *a, const char *b)
{
    enum { MAX = WN_TEXT_FAR };
    size_t row[MAX + 1];
    const size_t length = strlen(b);

    if (length > MAX || strlen(a) > MAX)
        return MAX;
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t corner = row[0]++;

        for (size_t j = 0; j < length; j++) {
            const size_t change = corner + ((a[i] | 32) != (b[j] | 32));
            size_t best = row[j] < row[j + 1] ? row[j] : row[j + 1];

            best++;
            corner = row[j + 1];
            row[j + 1] = change < best ? change : best;
        }
    }
    return row[length];
}

bool wn_text_lists(const char *list, char separator, const char *word,
                   size_t length)
{
    for (;;) {
        const char *end = strchrnul(list, separator);

        if ((size_t)(end - list) == length && memcmp(list, word, length) == 0)
            return true;
        if (!*end)
            return false;
        list = end + 1;
    }
}

void wn_lines_add(struct wn_lines *lines, const char *format, ...)
{
    va_list list;

    wn_grow(&lines->line, &lines->capacity, lines->count + 1,
            sizeof *lines->line);
    va_start(list, format);
    if (vasprintf(&lines->line[lines->count++], format, list) < 0)
        wn_die("no memory for a line of text");
    va_end(list);
}

void wn_lines_free(struct wn_lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        free(lines->line[i]);
    free(lines->line);
    *lines = (struct wn_lines){0};
}
