/* SPDX-License-Identifier: GPL-3.0-or-later */
/* array/sandbox.h: run work that may crash or hang in a child process. For the
 * rooms array and audit.
 *
 * The HDF5 library is not made for malicious files. A child process with
 * limits on memory, processor time and system calls looks at a file first; if
 * the child dies, the file is refused. */
#ifndef WN_ARRAY_SANDBOX_H
#define WN_ARRAY_SANDBOX_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

/* Zeroed memory shared with children; munmap() it with its size. */
void *wn_sandbox_share(size_t size) __attribute__((returns_nonnull));

/* In the child: allow so many more seconds of processor time from now on, then
 * SIGXCPU. */
void wn_sandbox_seconds(uint64_t seconds);

/* Run work(context, error) in a child with at most `memory` bytes beyond what
 * this process has, `seconds` of processor time, and of the open descriptors
 * only those in `keep`, a list that ends with -1, and so many temporary files,
 * at most WN_RESERVE of util/file.h. The child dies with this process, can gain
 * no privileges and open no file: a filter (seccomp, and Landlock where the
 * kernel has it) leaves it memory and its descriptors. `work` returns results
 * through shared memory. -1 with its error if it set one; WN_EDATA, about the
 * HDF5 file `name`, if the child dies, or runs out of time or memory. */
int wn_sandbox_run(const char *name, uint64_t memory, uint64_t seconds,
                   const int *keep, int temporaries,
                   void (*work)(void *context, struct wn_error *error),
                   void *context, struct wn_error *error) WN_MUST_CHECK;

#endif
