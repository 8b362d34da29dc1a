/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/file.h: an output is whole or absent; an input may be a pipe.
 *
 * An output file NAME is written as .NAME.part beside it, locked, synced and
 * renamed over NAME when it is whole. The part's name is fixed, so that what a
 * killed run left behind is taken over by the next one. Standard output,
 * devices and pipes get the bytes at the end, from an unlinked temporary file,
 * so they too see nothing of a run that failed. */
#ifndef WN_UTIL_FILE_H
#define WN_UTIL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/hash.h"

/* Give a closed descriptor 0, 1 or 2 something harmless that fails when used,
 * so that no file opened later takes its number. Call first in main. */
void wn_file_standard(void);

struct wn_output; /* an output being written */

/* Begin to write `path`, or standard output if NULL or "-".
 * `force`: an existing regular file may be replaced, else that is WN_EUSAGE.
 * WN_EBUSY when another run is writing the same file. A symbolic link is
 * followed, so the file it names is replaced and the link stays. */
struct wn_output *wn_output_open(const char *path, bool force,
                                 struct wn_error *error) WN_MUST_CHECK;
/* The descriptor to write to, at offset 0, readable and seekable. */
int wn_output_descriptor(const struct wn_output *output);
/* How messages name it: the path, or "standard output". */
const char *wn_output_name(const struct wn_output *output);
/* Sync, rename (or copy out), free. On failure nothing has appeared under
 * the name and everything is freed too. */
int wn_output_commit(struct wn_output *output,
                     struct wn_error *error) WN_MUST_CHECK;
/* Drop what was written; NULL is fine. */
void wn_output_abandon(struct wn_output *output);
/* Remove the half-written files of all outputs that are open, for a program
 * that ends at once. */
void wn_output_remove_parts(void);

/* Write all of bytes, going on after short writes and EINTR. */
int wn_write_all(int descriptor, const void *bytes, size_t length,
                 const char *name, struct wn_error *error) WN_MUST_CHECK;
/* Read exactly length bytes at offset. */
int wn_read_at(int descriptor, void *bytes, size_t length, uint64_t offset,
               const char *name, struct wn_error *error) WN_MUST_CHECK;

/* The digest of all `size` bytes of an open file. */
int wn_file_digest(int descriptor, const char *name, uint64_t size,
                   char out[WN_DIGEST_TEXT],
                   struct wn_error *error) WN_MUST_CHECK;

/* Open `path` for reading, or standard input if NULL or "-". What cannot seek
 * is copied to an unlinked temporary file in $TMPDIR (or /tmp) first; *spooled
 * tells (may be NULL). Directories are refused. Returns a descriptor at offset
 * 0 or -1. */
int wn_input_open(const char *path, bool *spooled,
                  struct wn_error *error) WN_MUST_CHECK;
/* How messages name it: the path, or "standard input". */
const char *wn_input_name(const char *path);

/* An unlinked temporary file, read and write, and the folder it is in: that of
 * $TMPDIR or /tmp. */
const char *wn_temporary_folder(void);
int wn_temporary(struct wn_error *error) WN_MUST_CHECK;

#endif
