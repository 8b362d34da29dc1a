/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/spill.h: large arrays that --memory moves into temporary files.
 *
 * Without a limit they are ordinary memory. With one, every array of at least
 * limit / 256 bytes (256 KiB or more) is an unlinked temporary file in $TMPDIR
 * or /tmp, mapped shared, and the kernel pages it in and out. The limit is on
 * anonymous memory (RssAnon in /proc/self/status): file pages may stay in
 * memory until another process needs it. A control group gives a hard bound
 * on both. */
#ifndef WN_UTIL_SPILL_H
#define WN_UTIL_SPILL_H

#include <stddef.h>

/* Put large arrays into files from now on; `limit` in bytes, for the whole
 * process. Call once, before the first large array. */
void wn_spill_start(double limit);

/* Like wn_new(); free with wn_spill_free(). Ends the program, as wn_new() does,
 * if the temporary file cannot be made or the disk is full. */
void *wn_spill_new(size_t count, size_t size) __attribute__((returns_nonnull));
/* Also takes arrays of wn_new(), and NULL. */
void wn_spill_free(void *array);

#endif
