/* SPDX-License-Identifier: GPL-3.0-or-later */
/* array/hdf5_store.h: HDF5 files on descriptors that winnow opened, and the
 * types and chunks of their datasets. For the rooms array and audit.
 *
 * A small file driver reads and writes the given descriptor. So HDF5 opens no
 * path and takes no lock, and winnow reports a full disk itself: after a failed
 * write the driver keeps errno and silently drops further writes, so that HDF5
 * can always close the file in good order. */
#ifndef WN_ARRAY_HDF5_STORE_H
#define WN_ARRAY_HDF5_STORE_H

#include <hdf5.h>

#include "array/array.h"

/* The driver's state; must outlive the open file. */
struct wn_hdf5_store {
    int descriptor;
    int failure; /* errno of the first failed read or write, else 0 */
};

/* Open for reading, or create (the descriptor must be of an empty file). The
 * name is for messages only. H5I_INVALID_HID on failure. wn_hdf5_start() of
 * hdf5.h comes first. */
hid_t wn_hdf5_open(struct wn_hdf5_store *store, const char *name,
                   struct wn_error *error) WN_MUST_CHECK;
hid_t wn_hdf5_create(struct wn_hdf5_store *store, const char *name,
                     struct wn_error *error) WN_MUST_CHECK;

/* Close an object of any kind but a file; invalid ids are ignored. */
void wn_hdf5_close(hid_t id);

/* A dataset of a stored type with up to three extents. */
struct wn_hdf5_shape {
    enum wn_type type;
    size_t width; /* bytes of a cell */
    int rank;
    size_t extent[3]; /* 1 beyond the rank */
};

/* The HDF5 type of a stored type in the file, where it is little-endian.
 * wn_hdf5_close() it. */
hid_t wn_hdf5_type(enum wn_type type, size_t width);

/* Turn `bytes` of cells from the order of this processor into that of the file,
 * which is little-endian, or back. */
void wn_hdf5_turn(const struct wn_hdf5_shape *shape, char *cells, size_t bytes);

/* Bytes of the checksum after a chunk. */
enum { WN_CHUNK_SUM = 4 };

/* Read or write the whole chunk that begins at `row`, of `size` bytes, its last
 * rows padded with 0, of an open dataset in chunks of whole rows with the
 * filter fletcher32 alone. The same bytes in the file as by H5Dread() and
 * H5Dwrite(), whose filter takes longer than anything else they do. `chunk` has
 * size + WN_CHUNK_SUM bytes. False if the chunk is not there, or not as wanted,
 * or its checksum does not fit; or if HDF5 refuses. */
bool wn_hdf5_read_chunk(hid_t set, size_t row, size_t size, char *chunk);
bool wn_hdf5_write_chunk(hid_t set, size_t row, size_t size, char *chunk);

#endif
