/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prog/prune/prune_arrays.h: prune(1) where the audited dataset is arrays. */
#ifndef WN_PROG_PRUNE_PRUNE_ARRAYS_H
#define WN_PROG_PRUNE_PRUNE_ARRAYS_H

#include "audit/dataset.h"
#include "util/file.h"

/* Whether rows have no place in a text that could be copied. */
static inline bool prune_is_arrays(const struct wn_dataset *dataset)
{
    return dataset->form && !dataset->row_offset;
}

/* What is to be written. */
struct prune_job {
    const struct wn_audit *audit;
    const struct wn_dataset *dataset;
    const char *path;    /* of the source */
    const size_t *order; /* `kept` rows of the audit */
    size_t kept;
    const uint8_t *relabel;    /* n: 1 = gets the class suggestion[row]; */
    const int32_t *suggestion; /* both NULL: none does */
};

/* Write the rows to `output`, all other rows of the source to `removed` (NULL:
 * nowhere): as HDF5 with the datasets that were audited, or, of .npy files, the
 * numbers of rows as another one. */
int prune_arrays(const struct prune_job *job, struct wn_output *output,
                 struct wn_output *removed,
                 struct wn_error *error) WN_MUST_CHECK;

#endif
