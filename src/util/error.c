/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Failures are text, composed once at the bottom and prefixed on the way up. */
#include "util/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void put_in_front(struct wn_error *error, enum wn_code code,
                         const char *text)
{
    char old[sizeof error->text];

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
    char text[sizeof error->text];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    put_in_front(error, code, text);
    return -1;
}

int wn_fail_errno(struct wn_error *error, const char *format, ...)
{
    const int number = errno;
    char text[sizeof error->text - 100];
    char whole[sizeof error->text];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    snprintf(whole, sizeof whole, "%s: %s", text, strerror(number));
    put_in_front(error, WN_EIO, whole);
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
