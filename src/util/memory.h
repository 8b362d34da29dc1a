/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/memory.h: allocation that does not fail.
 *
 * Out of memory ends the program, so nothing here returns an error and no
 * caller checks for one. The program sets a handler that removes half-written
 * outputs, prints one line and exits with status 2. */
#ifndef WN_UTIL_MEMORY_H
#define WN_UTIL_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* count x size zeroed bytes, for free(). Blocks below 128 KiB are 64-byte
 * aligned, larger ones as malloc() aligns them. Never NULL, also for
 * count = 0. */
void *wn_new(size_t count, size_t size) __attribute__((returns_nonnull));

/* Make *array hold at least `need` elements of `size` bytes. It grows by half,
 * keeps its content and does not zero the new part; *capacity is what it can
 * hold now. */
void wn_grow(void *array, size_t *capacity, size_t need, size_t size);

/* From now on a program that has more than `bytes` of anonymous memory, or asks
 * for it at once, ends as if there were no more. Looked at each time when
 * another MiB was asked for. At least 24 MiB. */
void wn_memory_limit(uint64_t bytes);

/* a x b x c, or SIZE_MAX when that overflows. wn_new() refuses SIZE_MAX. */
size_t wn_product(size_t a, size_t b, size_t c);

/* A copy of the first `length` bytes of text, NUL-terminated, for free(). */
char *wn_copy_text(const char *text, size_t length)
    __attribute__((returns_nonnull));

/* End the program: the handler gets one line, without program name or newline,
 * and does not return. Any thread may call it. Without a handler it aborts. */
void wn_die(const char *message) __attribute__((noreturn));
void wn_die_handler(void (*handler)(const char *message));

#endif
