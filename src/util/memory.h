/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/memory.h: allocation that knows about overflow and about failing. */
#ifndef WN_UTIL_MEMORY_H
#define WN_UTIL_MEMORY_H

#include <stddef.h>

#include "util/error.h"

/* count x size zeroed bytes, 64-byte aligned below 128 KiB and as malloc() does
 * it from there on, for free(); never NULL for count = 0. NULL with WN_ENOMEM
 * when it overflows or is refused. */
void *wn_new(size_t count, size_t size, struct wn_error *error) WN_MUST_CHECK;

/* Let *array hold at least `need` elements of `size` bytes: grows by half,
 * keeps the content, does not zero the new part. *room is the capacity.
 * On failure the old array stays valid. */
int wn_grow(void *array, size_t *room, size_t need, size_t size,
            struct wn_error *error) WN_MUST_CHECK;

/* a x b x c, or SIZE_MAX when that overflows. */
size_t wn_product(size_t a, size_t b, size_t c);

/* A copy of the first `length` bytes of text, NUL-terminated. */
char *wn_copy_text(const char *text, size_t length,
                   struct wn_error *error) WN_MUST_CHECK;

#endif
