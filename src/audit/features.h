/* SPDX-License-Identifier: GPL-3.0-or-later */
/* audit/features.h: the features of an audit file, wherever they are stored.
 *
 * They are in data/features or, after `ingest --link`, in the user's own HDF5
 * file. Then attributes of /data say where:
 *
 *   link         the file, named as source is
 *   link_array   the dataset in it
 *   link_digest  the digest of a dataset with the rows' features as f32
 *
 * The file is looked up as source.h looks up the source, and read as hdf5.h
 * reads a user's file. A file with another digest is refused. */
#ifndef WN_AUDIT_FEATURES_H
#define WN_AUDIT_FEATURES_H

#include "audit/audit.h"
#include "array/array.h"
#include "util/hash.h"

/* The number of features; 0 if there are none. */
int wn_features_width(const struct wn_audit *audit, size_t *d,
                      struct wn_error *error) WN_MUST_CHECK;

struct wn_features; /* features being read by row */

/* WN_EDATA if there are none or the linked file has changed; WN_EIO if it is
 * not found. */
struct wn_features *wn_features_open(const struct wn_audit *audit,
                                     struct wn_error *error) WN_MUST_CHECK;
/* Read rows begin .. end-1, d numbers each. */
int wn_features_read(struct wn_features *features, size_t begin, size_t end,
                     float *out, struct wn_error *error) WN_MUST_CHECK;
void wn_features_close(struct wn_features *features);

/* Compute link_digest: of rows keep[0..n) (NULL: all n) of an array of numbers,
 * as f32. WN_EDATA for a number that is not finite in f32. */
int wn_features_digest(const struct wn_array *array, const uint64_t *keep,
                       size_t n, char out[WN_DIGEST_TEXT],
                       struct wn_error *error) WN_MUST_CHECK;

#endif
