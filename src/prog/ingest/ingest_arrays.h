/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prog/ingest/ingest_arrays.h: a dataset that comes as arrays, one a role.
 * Included by ingest_arrays*.c and ingest_formats.c only. */
#ifndef WN_PROG_INGEST_INGEST_ARRAYS_H
#define WN_PROG_INGEST_INGEST_ARRAYS_H

#include "array/libsvm.h"
#include "encode/rescale.h"
#include "prog/ingest/ingest_work.h"

/* Everything that is read and found. {.run, .form} begins. */
struct arrays {
    const struct wn_run *run;
    const char *form; /* "hdf5", "libsvm", "npy" */
    char *source;     /* the file that names the dataset, "-" for a pipe */
    char *label_place;
    char digest[WN_DIGEST_TEXT];
    uint64_t size;
    struct wn_libsvm text; /* of form libsvm */

    struct wn_array features, label, names, probability, id;
    struct wn_array role[WN_ROLE_KINDS];
    struct beside beside;

    size_t rows, n; /* of the arrays; without those that are dropped */
    uint64_t *keep; /* n rows of the arrays; NULL: all of them */
    bool link;      /* the features stay in their file */
    struct wn_dictionary classes;
    int32_t *code; /* n labels */
    size_t *order; /* the column of each class */
    struct wn_roles roles;
    struct wn_rescale rescale;
    double low, high; /* of all features */
    struct wn_audit_writer *writer;
};

static inline size_t arrays_row(const struct arrays *arrays, size_t i)
{
    return arrays->keep ? (size_t)arrays->keep[i] : i;
}

/* ingest_arrays.c: labels, roles and scales of what was read. */
int arrays_prepare(struct arrays *arrays, struct wn_error *error) WN_MUST_CHECK;
void arrays_free(struct arrays *arrays);

/* ingest_arrays_write.c: all of /data, and what is said of it. */
int arrays_write(struct arrays *arrays, struct wn_error *error) WN_MUST_CHECK;

#endif
