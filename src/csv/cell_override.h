/* SPDX-License-Identifier: GPL-3.0-or-later */
/* csv/cell_override.h: cells that are read otherwise than they stand in the
 * file, in the order of rows and, in a row, of columns. {0} holds none. */
#ifndef WN_CSV_CELL_OVERRIDE_H
#define WN_CSV_CELL_OVERRIDE_H

#include <stddef.h>
#include <stdint.h>

#include "audit/audit.h"

struct wn_overrides {
    size_t count, row_room, column_room, end_room, text_room;
    int64_t *row;
    int32_t *column;
    uint64_t *end; /* count+1: the text of fix i is text[end[i]..end[i+1]-1] */
    char *text;    /* readable from 16 bytes before the first, for numbers */
};

/* Append a fix; it stands behind all there are. */
int wn_overrides_add(struct wn_overrides *fixes, size_t row, size_t column,
                     const char *text, size_t length) WN_MUST_CHECK;
/* Append all of `more`. */
int wn_overrides_join(struct wn_overrides *fixes,
                      const struct wn_overrides *more) WN_MUST_CHECK;
/* Where `row` or a later one is first in the ascending rows[0..count). */
size_t wn_row_first(const int64_t *rows, size_t count, size_t row);
/* The first fix of row `row` or of a later one. */
size_t wn_overrides_find(const struct wn_overrides *fixes, size_t row);
/* Those of an audit of n rows and so many columns, none where it has no
 * data/fix. WN_EDATA for what is out of order or not in the table. */
int wn_overrides_read(struct wn_overrides *fixes, const struct wn_audit *audit,
                      size_t n, size_t columns,
                      struct wn_error *error) WN_MUST_CHECK;
/* Forget the fixes, keep the memory. */
void wn_overrides_clear(struct wn_overrides *fixes);
void wn_overrides_free(struct wn_overrides *fixes);

#endif
