/* SPDX-License-Identifier: GPL-3.0-or-later */
/* audit/attribute.h: attributes of an audit file's groups and datasets. Private
 * to this room. */
#ifndef WN_AUDIT_ATTRIBUTE_H
#define WN_AUDIT_ATTRIBUTE_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>

#include "util/error.h"

/* A scalar: a fixed-length text or a number. */
struct wn_attribute {
    char *name;
    bool number;
    bool whole; /* written as a 32-bit integer */
    char *text; /* NULL for a number */
    double value;
};
/* All attributes of an object in byte order of their names. */
int wn_attributes_read(hid_t object, struct wn_attribute **list, size_t *count,
                       struct wn_error *error) WN_MUST_CHECK;
void wn_attributes_free(struct wn_attribute *list, size_t count);
int wn_attribute_write(hid_t object,
                       const struct wn_attribute *attribute) WN_MUST_CHECK;

#endif
