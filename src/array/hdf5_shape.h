/* SPDX-License-Identifier: GPL-3.0-or-later */
/* array/hdf5_shape.h: a dataset's type and extents, and its rows in and out of
 * HDF5. Private to this room. */
#ifndef WN_ARRAY_HDF5_SHAPE_H
#define WN_ARRAY_HDF5_SHAPE_H

#include <hdf5.h>

#include "audit/layout.h"

struct wn_shape {
    int type;     /* enum wn_type or WN_NAMES */
    size_t width; /* bytes of an element */
    int rank;
    size_t extent[3]; /* 1 beyond the rank */
};

/* The HDF5 type of our types, in the file and in memory (little-endian); a
 * copy to be closed. */
hid_t wn_type_open(int type, size_t width);

/* Rows begin .. begin+rows-1 of an open dataset of this shape: read into
 * `to`, or, where that is NULL, written from `from`. False if HDF5 refuses. */
bool wn_rows_move(hid_t set, const struct wn_shape *shape, size_t begin,
                  size_t rows, void *to, const void *from);

#endif
