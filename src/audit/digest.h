/* SPDX-License-Identifier: GPL-3.0-or-later */
/* audit/digest.h: the digests of winnow-storage(5). Private to this room. */
#ifndef WN_AUDIT_DIGEST_H
#define WN_AUDIT_DIGEST_H

#include "audit/attribute.h"
#include "array/hdf5_store.h"
#include "util/hash.h"

/* What the digest of a stage covers: a line for each dataset and attribute.
 * {0} before. */
struct wn_digest {
    char **line;
    size_t count, room;
};
int wn_digest_dataset(struct wn_digest *digest, const char *path,
                      const char *content) WN_MUST_CHECK;
int wn_digest_attribute(struct wn_digest *digest, const char *path,
                        const struct wn_attribute *attribute) WN_MUST_CHECK;
/* Sorts the lines, so that their order makes no difference. */
int wn_digest_text(struct wn_digest *digest, char out[WN_DIGEST_TEXT]);
void wn_digest_free(struct wn_digest *digest);

/* Begin a dataset's digest: type and extents; the content follows. */
struct wn_hash *
wn_digest_begin(const struct wn_hdf5_shape *shape) WN_MUST_CHECK;

#endif
