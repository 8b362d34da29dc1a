/* SPDX-License-Identifier: GPL-3.0-or-later */
/* audit/audit_private.h: an audit file that is open. Private to this room: the
 * reader's insides, which the writer needs to copy stages. */
#ifndef WN_AUDIT_AUDIT_PRIVATE_H
#define WN_AUDIT_AUDIT_PRIVATE_H

#include "audit/attribute.h"
#include "audit/inspect.h"
#include "audit/layout.h"
#include "array/hdf5_store.h"

enum { WN_FORMAT_VERSION = 1 };

extern const char *const wn_stage_name[]; /* by enum wn_stage */
/* Whether `path` is the stage's group or in it. */
bool wn_stage_holds(enum wn_stage stage, const char *path);

struct wn_audit {
    char *name;
    struct wn_hdf5_store store;
    uint64_t size;
    hid_t file;
    struct wn_catalog catalog;
    hid_t rows; /* the dataset last read by row, held open */
    char *rows_path;
};

/* "x.h5: PATH: what", with errno in place of `what` where a read failed. */
int wn_audit_fail(const struct wn_audit *audit, const char *path,
                  const char *what, struct wn_error *error);

/* Rows begin .. end-1 of a dataset; fletcher32 is checked, the digest not. */
int wn_entry_read(const struct wn_audit *audit, const struct wn_entry *entry,
                  size_t begin, size_t end, void *out,
                  struct wn_error *error) WN_MUST_CHECK;

/* wn_attributes_read() of an object; wn_attributes_free(). */
int wn_audit_attributes(const struct wn_audit *audit, const char *path,
                        struct wn_attribute **list, size_t *count,
                        struct wn_error *error) WN_MUST_CHECK;

#endif
