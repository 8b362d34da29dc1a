/* SPDX-License-Identifier: GPL-3.0-or-later */
/* data/foreign.h: arrays out of an HDF5 file that is not ours.
 *
 * Such a file comes in any form and from anybody. It is read by a child
 * process, under limits of memory and processor time, into unlinked temporary
 * files; this process only ever sees those. So a file on which the HDF5
 * library crashes or spins is an error like any other. What could lead out of
 * the file is refused as for audit files: links that are not hard, external
 * storage, virtual datasets, filters other than deflate, shuffle and
 * fletcher32. Contiguous and compact storage, any byte order, any size of
 * integer and float up to 8 bytes, booleans and enumerations, fixed and
 * variable-length strings are read. */
#ifndef WN_DATA_FOREIGN_H
#define WN_DATA_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

struct wn_foreign; /* the arrays that were asked for */

/* Read the datasets paths[0..count) ("/x", "group/y"; at most 16) of the file
 * `path`, standard input if NULL or "-". `memory`: most bytes that the child
 * may use beyond what the process has, and so the bound for a chunk.
 * WN_EDATA names file and dataset; WN_EIO. */
struct wn_foreign *wn_foreign_open(const char *path, const char *const *paths,
                                   size_t count, uint64_t memory,
                                   struct wn_error *error) WN_MUST_CHECK;
void wn_foreign_close(struct wn_foreign *foreign);
/* How messages name the file. */
const char *wn_foreign_name(const struct wn_foreign *foreign);

/* Of array i: its first extent, and the product of the others (1 for a
 * vector); whether it holds text, and whether its numbers are integers. */
size_t wn_foreign_rows(const struct wn_foreign *foreign, size_t i);
size_t wn_foreign_columns(const struct wn_foreign *foreign, size_t i);
bool wn_foreign_is_text(const struct wn_foreign *foreign, size_t i);
bool wn_foreign_is_whole(const struct wn_foreign *foreign, size_t i);

/* Rows begin .. end-1 of array i, which holds numbers, row-major. Integers
 * beyond 2^53 are rounded. */
int wn_foreign_numbers(const struct wn_foreign *foreign, size_t i,
                       size_t begin, size_t end, double *out,
                       struct wn_error *error) WN_MUST_CHECK;
/* All rows x columns strings of array i, which holds text; their padding is
 * taken off. The caller frees *texts with wn_names_free(). */
int wn_foreign_texts(const struct wn_foreign *foreign, size_t i,
                     char ***texts, struct wn_error *error) WN_MUST_CHECK;

#endif
