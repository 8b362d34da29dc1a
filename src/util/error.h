/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/error.h: how a library function reports failure.
 *
 * Every fallible function returns 0 or -1 (or a pointer or NULL), takes a
 * `struct wn_error *` last and is marked WN_MUST_CHECK. Nothing below
 * src/prog exits or prints. */
#ifndef WN_UTIL_ERROR_H
#define WN_UTIL_ERROR_H

#include <stddef.h>

#define WN_MUST_CHECK __attribute__((warn_unused_result))

enum wn_code {
    WN_OK = 0,
    WN_EUSAGE,   /* the command line asks for something impossible */
    WN_EDATA,    /* an input is malformed or does not fit another */
    WN_EIO,      /* open, read, write, rename */
    WN_ENUMERIC, /* no convergence, or NaN from finite input */
    WN_EBUSY     /* another process holds the lock: exit status 75 */
};

/* Lives on the caller's stack: `struct wn_error error = {0};`. The text is one
 * line, without program name or newline. It may hold bytes of the
 * input as they are: log.h makes them harmless when it prints. */
struct wn_error {
    enum wn_code code;
    char text[1000];
    char excerpt[400]; /* of wn_fail_at(); else "" */
};

/* Record a failure and return -1 for `return wn_fail(...)`. A second call on
 * the same error keeps the code and puts its text in front: "letters.h5: row
 * 17: ...". */
int wn_fail(struct wn_error *error, enum wn_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with WN_EIO, and strerror(errno) at the end. */
int wn_fail_errno(struct wn_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same with WN_EUSAGE, for byte `at` of text[0..length), which the user
 * typed. log.h prints the text around it and a caret below. */
int wn_fail_at(struct wn_error *error, const char *text, size_t length,
               size_t at, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* The exit status for a code: 0, 2 or 75. */
int wn_code_status(enum wn_code code);

#endif
