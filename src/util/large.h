/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/large.h: large arrays, which a bound on memory moves into files.
 *
 * Without a bound they are ordinary memory. With one, each array of a MiB or
 * more is an unlinked temporary file in $TMPDIR (or /tmp), mapped shared: its
 * pages can leave the process at any moment without being lost. A guard thread
 * looks at the resident set four times a millisecond and, when it passes half
 * the bound, lets go of all pages of these arrays; what is still in use comes
 * back from the page cache or the disk when it is touched. So no result depends
 * on the bound, and no algorithm knows of it.
 *
 * The bound is the process's, as malloc's arena is: set once, before any
 * array, by the program. */
#ifndef WN_UTIL_LARGE_H
#define WN_UTIL_LARGE_H

#include <stddef.h>

#include "util/error.h"

/* Keep the resident set below `most` bytes from now on. WN_EIO where the
 * system does not tell how large it is. */
int wn_large_start(double most, struct wn_error *error) WN_MUST_CHECK;
/* No more guard: when no array is left. */
void wn_large_stop(void);

/* Look now, not only when the guard does: for places that many pages pass. */
void wn_large_check(void);

/* As wn_new(), for wn_large_free(). WN_EIO when the temporary file cannot be
 * made or has no room on its disk. */
void *wn_large_new(size_t count, size_t size, struct wn_error *error)
    WN_MUST_CHECK;
/* Also takes what wn_new() gave, and NULL. */
void wn_large_free(void *array);

#endif
