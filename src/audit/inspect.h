/* SPDX-License-Identifier: GPL-3.0-or-later */
/* audit/inspect.h: look at everything in an HDF5 file before reading data.
 * Private to this room. */
#ifndef WN_AUDIT_INSPECT_H
#define WN_AUDIT_INSPECT_H

#include <hdf5.h>

#include "array/hdf5_store.h"
#include "util/hash.h"

/* One group or dataset below the root. */
struct wn_entry {
    char *path;
    bool group;
    struct wn_hdf5_shape shape;  /* of a dataset */
    char digest[WN_DIGEST_TEXT]; /* "" where there is none (subgroups) */
};

struct wn_catalog {
    struct wn_entry *entry; /* in byte order of the paths */
    size_t count, room;
};

/* Walk the file, which has `size` bytes, and refuse what winnow-storage(5) says
 * is refused. WN_EDATA with the object's path. */
int wn_inspect(hid_t file, uint64_t size, struct wn_catalog *catalog,
               struct wn_error *error) WN_MUST_CHECK;
const struct wn_entry *wn_catalog_find(const struct wn_catalog *catalog,
                                       const char *path);
void wn_catalog_free(struct wn_catalog *catalog);

#endif
