/* SPDX-License-Identifier: GPL-3.0-or-later */
/* audit/features.h: the features of an audit file, wherever they are.
 *
 * They lie in data/features, or, after `ingest --link`, in the user's own HDF5
 * file: then attributes of /data say where:
 *
 *   link         the file, named as source is
 *   link_array   the dataset in it
 *   link_digest  of the rows' features as f32, as a dataset's digest is
 *
 * The file is looked for from here, beside the audit file, and beside it
 * without directories; it is read as hdf5.h reads files that are not ours,
 * and what does not have the digest is refused. */
#ifndef WN_AUDIT_FEATURES_H
#define WN_AUDIT_FEATURES_H

#include "audit/audit.h"
#include "array/array.h"
#include "util/hash.h"

/* How many features there are; *d = 0 for none. */
int wn_features_width(const struct wn_audit *audit, size_t *d,
                      struct wn_error *error) WN_MUST_CHECK;

struct wn_features; /* being read by row */

/* WN_EDATA if there are none, or a linked file is not what it was; WN_EIO if
 * it is not there. */
struct wn_features *wn_features_open(const struct wn_audit *audit,
                                     struct wn_error *error) WN_MUST_CHECK;
/* Rows begin .. end-1, d numbers each. */
int wn_features_read(struct wn_features *features, size_t begin, size_t end,
                     float *out, struct wn_error *error) WN_MUST_CHECK;
void wn_features_close(struct wn_features *features);

/* The digest of rows keep[0..n), all n if NULL, of an array of numbers as f32:
 * what ingest puts into link_digest. WN_EDATA for a number that is not finite
 * in f32. */
int wn_features_digest(const struct wn_array *array, const uint64_t *keep,
                       size_t n, char out[WN_DIGEST_TEXT],
                       struct wn_error *error) WN_MUST_CHECK;

#endif
