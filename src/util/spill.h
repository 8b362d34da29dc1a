/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/spill.h: large arrays that --memory moves into temporary files.
 *
 * Without a limit they are ordinary memory. With one, every array of at least
 * limit / 256 bytes (256 KiB or more) is an unlinked temporary file in $TMPDIR
 * or /tmp, mapped shared, and the kernel pages it in and out. The limit is on
 * anonymous memory (RssAnon in /proc/self/status): file pages may stay in
 * memory for as long as nobody else wants it. A control group gives a hard
 * bound on both. */
#ifndef WN_UTIL_SPILL_H
#define WN_UTIL_SPILL_H

#include <stddef.h>

/* From now on put large arrays into files; `limit` in bytes. The limit is the
 * process's: the program calls this once, before any large array. */
void wn_spill_start(double limit);

/* As wn_new(), for wn_spill_free(). Ends the program, as wn_new() does, when
 * the temporary file cannot be made or its disk is full. */
void *wn_spill_new(size_t count, size_t size) __attribute__((returns_nonnull));
/* Also takes what wn_new() gave, and NULL. */
void wn_spill_free(void *array);

#endif
