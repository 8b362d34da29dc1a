/* SPDX-License-Identifier: GPL-3.0-or-later */
/* array/hdf5_store.h: HDF5 on a descriptor of ours. Private to this room.
 *
 * A small file driver reads and writes the descriptor it is given, so that
 * HDF5 opens no path by itself, locks nothing, and a full disk is ours to
 * report: after a failed write the driver keeps errno and takes further writes
 * without doing them, so that HDF5 can always be closed in good order. */
#ifndef WN_ARRAY_HDF5_STORE_H
#define WN_ARRAY_HDF5_STORE_H

#include <hdf5.h>

#include "util/error.h"

/* What the driver needs and leaves behind; outlives the open file. */
struct wn_store {
    int descriptor;
    int failure; /* errno of the first failed read or write, else 0 */
};

/* Make the driver known; also forbids plugins and external links. */
int wn_store_start(struct wn_error *error) WN_MUST_CHECK;

/* Open for reading, or create afresh (the descriptor must be at an empty
 * file). The name is only for messages. H5I_INVALID_HID on failure. */
hid_t wn_store_open(struct wn_store *store, const char *name,
                    struct wn_error *error) WN_MUST_CHECK;
hid_t wn_store_create(struct wn_store *store, const char *name,
                      struct wn_error *error) WN_MUST_CHECK;

#endif
