/* SPDX-License-Identifier: GPL-3.0-or-later */
/* audit/layout.h: the table of audit/layout.def. Private to this room. */
#ifndef WN_AUDIT_LAYOUT_H
#define WN_AUDIT_LAYOUT_H

#include "audit/audit.h"

struct wn_layout {
    const char *path; /* "*" stands for one name */
    enum wn_type type;
    const char *extents; /* "n,d", "n+1", "3" */
    const char *about;
};

/* The row of a dataset's path, or NULL if the format has no such dataset. */
const struct wn_layout *wn_layout_find(const char *path);
/* Whether the format has datasets below the group `path`. */
bool wn_layout_has_group(const char *path);
int wn_layout_rank(const struct wn_layout *row);

/* The letters of the extents and their values in one file. {0} before. */
struct wn_symbols {
    struct {
        char name[8];
        size_t value;
        char first[128]; /* the path that set it */
    } row[32];
    size_t count;
};

/* Check the extents of a dataset against the letters so far and add new
 * letters. WN_EDATA with path, found, wanted and the path that set the
 * letter. */
int wn_layout_bind(const struct wn_layout *row, const char *path,
                   const size_t extent[3], struct wn_symbols *symbols,
                   struct wn_error *error) WN_MUST_CHECK;

#endif
