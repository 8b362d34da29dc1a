/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Failures are text, composed once at the bottom and prefixed on the way up. */
#include "util/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util/text.h"

/* Put a text in front, and after it what `number` of errno means, unless it
 * is 0. */
static void put_in_front(struct wn_error *error, enum wn_code code, int number,
                         const char *format, va_list list)
{
    enum { REASON = 100 }; /* bytes kept free for what errno means */
    char text[sizeof error->text], old[sizeof error->text];

    vsnprintf(text, sizeof text - (number ? REASON : 0), format, list);
    if (number)
        snprintf(text + strlen(text), sizeof text - strlen(text), ": %s",
                 strerror(number));
    if (error->code == WN_OK) {
        error->code = code;
        snprintf(error->text, sizeof error->text, "%s", text);
        return;
    }
    memcpy(old, error->text, sizeof old);
    const int used = snprintf(error->text, sizeof error->text, "%s: ", text);
    if ((size_t)used < sizeof error->text)
        snprintf(error->text + used, sizeof error->text - (size_t)used, "%s",
                 old);
}

int wn_fail(struct wn_error *error, enum wn_code code, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    put_in_front(error, code, 0, format, list);
    va_end(list);
    return -1;
}

int wn_fail_errno(struct wn_error *error, const char *format, ...)
{
    const int number = errno;
    va_list list;

    va_start(list, format);
    put_in_front(error, WN_EIO, number, format, list);
    va_end(list);
    return -1;
}

/* Two lines: visible text from at most 50 bytes before the place to 20 after
 * it, and the caret below that place. */
static void show_place(struct wn_error *error, const char *text, size_t length,
                       size_t at)
{
    enum { BEFORE = 50, BEHIND = 20 };
    size_t begin = at > BEFORE ? at - BEFORE : 0, column = 0;
    size_t end = length - at > BEHIND ? at + BEHIND : length;
    struct wn_text shown = {0};

    /* Characters of UTF-8 stay whole. */
    while (begin && ((unsigned char)text[begin] & 0xc0) == 0x80)
        begin--;
    while (end < length && ((unsigned char)text[end] & 0xc0) == 0x80)
        end++;
    wn_text_add_visible(&shown, text + begin, at - begin);
    for (size_t i = 0; i < shown.length; i++)
        column += ((unsigned char)shown.bytes[i] & 0xc0) != 0x80;
    wn_text_add_visible(&shown, text + at, end - at);
    snprintf(error->excerpt, sizeof error->excerpt, "  %s\n  %*s^",
             wn_text_of(&shown), (int)column, "");
    wn_text_free(&shown);
}

int wn_fail_at(struct wn_error *error, const char *text, size_t length,
               size_t at, const char *format, ...)
{
    va_list list;

    if (error->code == WN_OK)
        show_place(error, text, length, at);
    va_start(list, format);
    put_in_front(error, WN_EUSAGE, 0, format, list);
    va_end(list);
    return -1;
}

int wn_code_status(enum wn_code code)
{
    switch (code) {
    case WN_OK:
        return 0;
    case WN_EBUSY:
        return 75;
    default:
        return 2;
    }
}
