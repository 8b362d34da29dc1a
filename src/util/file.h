/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/file.h: whole-or-absent outputs, and inputs that may be pipes.
 *
 * An output file NAME is written as .NAME.part beside it, locked, synced and,
 * once it is whole, renamed to NAME. The name of the part is fixed, so the next
 * run takes over what a killed run left. Standard output, devices and pipes get
 * their bytes at the end from an unlinked temporary file, so they see nothing
 * of a run that fails. */
#ifndef WN_UTIL_FILE_H
#define WN_UTIL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/hash.h"

/* Open closed descriptors 0, 1 and 2 as something that fails when used, so that
 * no file opened later gets their numbers. Call it first in main. */
void wn_file_standard(void);

struct wn_output; /* an output being written */

/* Begin to write `path` (NULL or "-": standard output). WN_EUSAGE if it is an
 * existing regular file, unless `force`; WN_EBUSY if another run is writing it.
 * A symbolic link is followed: the file it names is replaced, the link stays.
 */
struct wn_output *wn_output_open(const char *path, bool force,
                                 struct wn_error *error) WN_MUST_CHECK;
/* The descriptor to write to, at offset 0, readable and seekable. */
int wn_output_descriptor(const struct wn_output *output);
/* For messages: the path, or "standard output". */
const char *wn_output_name(const struct wn_output *output);
/* Sync, rename or copy out, and free in any case. On failure nothing appears
 * under the name. */
int wn_output_commit(struct wn_output *output,
                     struct wn_error *error) WN_MUST_CHECK;
/* Discard what was written, and free; NULL is fine. */
void wn_output_abandon(struct wn_output *output);
/* Remove the half-written files of all open outputs, for a program that ends at
 * once. */
void wn_output_remove_parts(void);

/* Write all bytes, across short writes and EINTR. */
int wn_write_all(int descriptor, const void *bytes, size_t length,
                 const char *name, struct wn_error *error) WN_MUST_CHECK;
/* Read exactly `length` bytes at `offset`. */
int wn_read_at(int descriptor, void *bytes, size_t length, uint64_t offset,
               const char *name, struct wn_error *error) WN_MUST_CHECK;

int wn_file_size(int descriptor, const char *name, uint64_t *size,
                 struct wn_error *error) WN_MUST_CHECK;
/* The digest of the first `size` bytes of an open file. */
int wn_file_digest(int descriptor, const char *name, uint64_t size,
                   char out[WN_DIGEST_TEXT],
                   struct wn_error *error) WN_MUST_CHECK;

/* Open `path` (NULL or "-": standard input) for reading. Input that cannot seek
 * is first copied to an unlinked temporary file, and *spooled is set (spooled
 * may be NULL). Directories are refused. Returns a descriptor at offset 0, or
 * -1. */
int wn_input_open(const char *path, bool *spooled,
                  struct wn_error *error) WN_MUST_CHECK;
/* An output never replaces a file that this run reads. wn_input_open() and
 * wn_input_protect() note the file; wn_output_open() and wn_output_commit()
 * refuse to replace it. wn_input_release() allows it again, for the stages
 * that continue an audit file. */
void wn_input_protect(int descriptor);
void wn_input_release(int descriptor);
/* For messages: the path, or "standard input". */
const char *wn_input_name(const char *path);

/* The folder of temporary files, $TMPDIR or /tmp, and a new unlinked file in
 * it, open for reading and writing. */
const char *wn_temporary_folder(void);
int wn_temporary(struct wn_error *error) WN_MUST_CHECK;
/* Close one. */
void wn_temporary_close(int descriptor);

/* For a child process that may open no file: make `count` temporary files, at
 * most WN_RESERVE, before it starts, or as many as can be had; the others are
 * -1. In the child,
 * wn_temporary_only() lets wn_temporary() hand out these alone, and
 * wn_temporary_close() take them back. */
enum { WN_RESERVE = 4 };
void wn_temporary_reserve(int reserve[WN_RESERVE], int count);
void wn_temporary_only(const int reserve[WN_RESERVE]);

/* Append to a temporary file. WN_EIO "NAME: ..." if it becomes larger than
 * the limit: input may have no end. By default that is nine tenths of what is
 * free in the folder when the first file is written, or a child starts. */
int wn_temporary_write(int descriptor, const void *bytes, size_t length,
                       const char *name, struct wn_error *error) WN_MUST_CHECK;
void wn_temporary_limit(uint64_t bytes);

#endif
