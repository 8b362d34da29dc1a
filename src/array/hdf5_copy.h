/* SPDX-License-Identifier: GPL-3.0-or-later */
/* array/hdf5_copy.h: one object of foreign HDF5 into a new file. Private to
 * this room; only for the child that hdf5.h speaks of. */
#ifndef WN_ARRAY_HDF5_COPY_H
#define WN_ARRAY_HDF5_COPY_H

#include "array/hdf5.h"
#include "array/hdf5_dataset.h"

/* The rows of the dataset reader->path that `copy` wants, or all if `whole`,
 * and its attributes. value: copy->n new cells, NULL for one that stays, or
 * NULL. */
int wn_copy_set(const struct wn_hdf5_copy *copy, struct wn_reader *reader,
                hid_t file, bool whole, const char *const *value) WN_MUST_CHECK;
/* The same of a group that stands for an array. */
int wn_copy_group(const struct wn_hdf5_copy *copy, struct wn_reader *reader,
                  hid_t file, bool whole,
                  const char *const *value) WN_MUST_CHECK;
/* Attributes of reader->path, small ones of numbers and text, to the object of
 * that name in `file`; where `rows` is an attribute's name, it holds whole
 * numbers whose first becomes n. */
int wn_copy_attributes(const struct wn_hdf5_copy *copy,
                       struct wn_reader *reader, hid_t file, const char *rows,
                       uint64_t n) WN_MUST_CHECK;

#endif
