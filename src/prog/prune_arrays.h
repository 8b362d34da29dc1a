/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prog/prune_arrays.h: prune(1) where the audited dataset is arrays. */
#ifndef WN_PROG_PRUNE_ARRAYS_H
#define WN_PROG_PRUNE_ARRAYS_H

#include "data/dataset.h"
#include "util/file.h"

/* Whether rows have no place in a text that could be copied. */
static inline bool prune_is_arrays(const struct wn_dataset *dataset)
{
    return dataset->form && !dataset->row_offset;
}

/* Write rows order[0..kept) of the audit to `output`, all other rows of the
 * source `path` to `removed` (NULL: nowhere): as HDF5 with the datasets that
 * were audited, or, of .npy files, the numbers of rows as another one. */
int prune_arrays(const struct wn_audit *audit,
                 const struct wn_dataset *dataset, const char *path,
                 const size_t *order, size_t kept, struct wn_output *output,
                 struct wn_output *removed,
                 struct wn_error *error) WN_MUST_CHECK;

#endif
