/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/spill.h: large arrays, which a bound on memory moves into files.
 *
 * Without a bound they are ordinary memory. With one, each array of 256 KiB or
 * more is an unlinked temporary file in $TMPDIR (or /tmp), mapped shared, of
 * which the process can touch only some windows at a time:
 *
 *     array   |....|####|....|....|####|####|....|   # open, . closed
 *
 * A touch of a closed window is a fault. Its handler closes the oldest windows
 * until there is room, opens this one, and the touch is made again. Closed
 * pages leave the process and stay in the page cache or on the disk. Windows
 * count as if all their pages were there, and what else the process has is
 * asked at each fault: so the bound holds at every moment, whatever the
 * threads do and however busy the machine is, no result depends on it, and no
 * algorithm knows of it.
 *
 * Only the process itself opens windows: a system call that is given a closed
 * one fails with EFAULT. HDF5 moves rows through its chunks, our own files
 * through buffers.
 *
 * The bound is the process's, as malloc's arena is: set once, before any
 * array, by the program. */
#ifndef WN_UTIL_SPILL_H
#define WN_UTIL_SPILL_H

#include <stddef.h>

#include "util/error.h"

/* Bytes of this process that are in memory now, its libraries among them; 0
 * where the system does not tell. */
double wn_spill_resident(void);

/* The smallest bound that can be kept where the program with its libraries and
 * all that is no large array take `other` bytes. */
double wn_spill_least(double other);

/* Keep the resident set below `most` bytes from now on. WN_EIO where the
 * system does not tell how large it is. */
int wn_spill_start(double most, struct wn_error *error) WN_MUST_CHECK;
/* No more bound: when no array is left. */
void wn_spill_stop(void);

/* Make room for so many bytes of ordinary memory; wn_new() does. */
void wn_spill_spare(size_t bytes);

/* As wn_new(), for wn_spill_free(). WN_EIO when the temporary file cannot be
 * made or has no room on its disk. */
void *wn_spill_new(size_t count, size_t size,
                   struct wn_error *error) WN_MUST_CHECK;
/* Also takes what wn_new() gave, and NULL. */
void wn_spill_free(void *array);

#endif
