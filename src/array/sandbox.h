/* SPDX-License-Identifier: GPL-3.0-or-later */
/* array/sandbox.h: do what may crash or spin in a process of its own. Private
 * to this room.
 *
 * The HDF5 library is not made for crafted files. What it is to look at first,
 * it looks at in a child under limits; if that dies, the file is refused. */
#ifndef WN_ARRAY_SANDBOX_H
#define WN_ARRAY_SANDBOX_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

/* Zeroed memory that a child shares, or NULL; munmap() it with its size. */
void *wn_sandbox_share(size_t size) WN_MUST_CHECK;

/* Processor time from now on, in the child: SIGXCPU after so many seconds. */
int wn_sandbox_seconds(uint64_t seconds);

/* Run work(context), which tells its results through shared memory, with at
 * most `memory` bytes beyond what the process has and `seconds` of processor
 * time. WN_EDATA, in words about the HDF5 file `name`, if it does not come
 * back. */
int wn_sandbox_run(const char *name, uint64_t memory, uint64_t seconds,
                   void (*work)(void *context), void *context,
                   struct wn_error *error) WN_MUST_CHECK;

#endif
