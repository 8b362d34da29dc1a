/* SPDX-License-Identifier: GPL-3.0-or-later */
/* audit/layout.h: the table of audit/layout.def. Private to this room. */
#ifndef WN_AUDIT_LAYOUT_H
#define WN_AUDIT_LAYOUT_H

#include "audit/audit.h"

struct wn_layout {
    const char *path; /* "*" stands for one name */
    enum wn_type type;
    const char *extents; /* "n,d", "n+1", "3" */
    const char *values;  /* "-1..k", "[0,1]?", see layout.def */
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

/* Whether a dataset's values depend on the words of its attribute `names`. */
bool wn_layout_has_words(const struct wn_layout *row);
/* Check `count` values of a dataset, from row `begin` of `columns` values on,
 * against the table. `words`: how many the attribute `names` has. WN_EDATA with
 * path, row, found and wanted. */
int wn_layout_check_values(const struct wn_layout *row, const char *path,
                           const struct wn_symbols *symbols, size_t words,
                           size_t begin, size_t columns, size_t count,
                           const void *content,
                           struct wn_error *error) WN_MUST_CHECK;

/* Datasets of `group` that are all there or all absent; group NULL ends. */
struct wn_together {
    const char *group, *names; /* names separated by blanks */
};
extern const struct wn_together wn_layout_together[];

/* Check the text of an attribute (NULL: it is a number) against the words that
 * the table allows; one without a row is fine. */
int wn_layout_check_attribute(const char *path, const char *name,
                              const char *text,
                              struct wn_error *error) WN_MUST_CHECK;

/* Check the extents of a dataset against the letters so far and add new
 * letters. WN_EDATA with path, found, wanted and the path that set the
 * letter. */
int wn_layout_bind(const struct wn_layout *row, const char *path,
                   const size_t extent[3], struct wn_symbols *symbols,
                   struct wn_error *error) WN_MUST_CHECK;

#endif
