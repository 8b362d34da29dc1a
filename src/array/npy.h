/* SPDX-License-Identifier: GPL-3.0-or-later */
/* array/npy.h: arrays in NumPy's .npy files, versions 1 to 3.
 *
 *   93 4E 55 4D 50 59     signature, "\x93NUMPY"
 *   major, minor          1.0, 2.0, 3.0
 *   length                of the header, u16 in version 1, else u32
 *   header                {'descr': '<f4', 'fortran_order': False,
 *                          'shape': (3, 4), } padded with blanks
 *   cells                 nothing after them
 *
 * Format: numpy.lib.format. Floats of 2, 4 and 8 bytes, integers and booleans
 * of either byte order, S and U strings, C and Fortran order, 1 to 8
 * dimensions. Pickled objects are programs, and are refused. */
#ifndef WN_ARRAY_NPY_H
#define WN_ARRAY_NPY_H

#include "array/array.h"

/* Read the file `path` (NULL or "-": standard input) into *array, which the
 * caller frees. WN_EDATA names the file. On failure *array is {0}. */
int wn_npy_read(const char *path, struct wn_array *array,
                struct wn_error *error) WN_MUST_CHECK;

/* Write n whole numbers as a vector of <i8 to an open file. NumPy can use it as
 * an index: x[numpy.load(FILE)]. */
int wn_npy_write(int descriptor, const char *name, const uint64_t *number,
                 size_t n, struct wn_error *error) WN_MUST_CHECK;

#endif
