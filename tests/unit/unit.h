/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What cmocka requires before it, and helpers that several unit tests share. */
#ifndef WN_TESTS_UNIT_H
#define WN_TESTS_UNIT_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/error.h"

static inline void assert_near(double found, double wanted, double tolerance)
{
    if (!(fabs(found - wanted) <= tolerance))
        fail_msg("found %.12g, wanted %.12g within %g", found, wanted,
                 tolerance);
}

/* Fail the test with the error's text. */
static inline void unit_must(int failed, const struct wn_error *error)
{
    if (failed)
        fail_msg("%s", error->text);
}

/* In a child process: end it if an HDF5 call failed. */
static inline void unit_need(int64_t result)
{
    if (result < 0)
        _exit(20);
}

/* Write a file of these bytes. */
static inline void unit_put(const char *path, const void *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

/* Read a whole file, for free(); NULL if it does not exist. */
static inline char *unit_load(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    char *bytes;

    if (!file)
        return NULL;
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *length = (size_t)ftell(file);
    rewind(file);
    bytes = malloc(*length + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *length, file), *length);
    fclose(file);
    return bytes;
}

#endif
