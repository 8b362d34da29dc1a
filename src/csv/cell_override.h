/* SPDX-License-Identifier: GPL-3.0-or-later */
/* csv/cell_override.h: cells whose text replaces the text in the file, ordered
 * by row and, within a row, by column. {0} is empty. */
#ifndef WN_CSV_CELL_OVERRIDE_H
#define WN_CSV_CELL_OVERRIDE_H

#include <stddef.h>
#include <stdint.h>

struct wn_overrides {
    size_t count, row_capacity, column_capacity, end_capacity, text_capacity;
    int64_t *row;
    int32_t *column;
    uint64_t *end; /* count+1: override i is text[end[i]..end[i+1]-1] */
    char *text;    /* WN_NUMBER_PAD readable bytes stand before it */
};

/* Append an override, which comes after all present ones in order. */
void wn_overrides_add(struct wn_overrides *overrides, size_t row, size_t column,
                      const char *text, size_t length);
/* Append all of `more`. */
void wn_overrides_join(struct wn_overrides *overrides,
                       const struct wn_overrides *more);
/* The index of the first element >= row of the ascending rows[0..count). */
size_t wn_row_first(const int64_t *rows, size_t count, size_t row);
/* The index of the first override in row `row` or later. */
size_t wn_overrides_find(const struct wn_overrides *overrides, size_t row);
/* Empty it but keep the memory. */
void wn_overrides_clear(struct wn_overrides *overrides);
void wn_overrides_free(struct wn_overrides *overrides);

#endif
