/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Overridden cells, their texts in one buffer; see cell_override.h. */
#include "csv/cell_override.h"

#include <stdlib.h>
#include <string.h>

#include "util/memory.h"
#include "util/number.h"

/* Room for `count` more overrides with `bytes` more bytes of text. */
static void cell_override_reserve(struct wn_overrides *overrides, size_t count,
                                  size_t bytes)
{
    const size_t need = overrides->count + count;
    const size_t used =
        overrides->count ? (size_t)overrides->end[overrides->count] : 0;
    char *text = overrides->text ? overrides->text - WN_NUMBER_PAD : NULL;

    wn_grow(&overrides->row, &overrides->row_capacity, need,
            sizeof *overrides->row);
    wn_grow(&overrides->column, &overrides->column_capacity, need,
            sizeof *overrides->column);
    wn_grow(&overrides->end, &overrides->end_capacity, need + 1,
            sizeof *overrides->end);
    wn_grow(&text, &overrides->text_capacity, WN_NUMBER_PAD + used + bytes, 1);
    overrides->text = text + WN_NUMBER_PAD;
    if (overrides->count == 0) {
        overrides->end[0] = 0;
        memset(text, 0, WN_NUMBER_PAD);
    }
}

void wn_overrides_add(struct wn_overrides *overrides, size_t row, size_t column,
                      const char *text, size_t length)
{
    cell_override_reserve(overrides, 1, length);
    const size_t i = overrides->count++, at = (size_t)overrides->end[i];
    overrides->row[i] = (int64_t)row;
    overrides->column[i] = (int32_t)column;
    if (length)
        memcpy(overrides->text + at, text, length);
    overrides->end[i + 1] = at + length;
}

void wn_overrides_join(struct wn_overrides *overrides,
                       const struct wn_overrides *more)
{
    const size_t count = more->count, old = overrides->count;
    const size_t bytes = count ? (size_t)more->end[count] : 0;

    if (count == 0)
        return;
    cell_override_reserve(overrides, count, bytes);
    memcpy(overrides->row + old, more->row, count * sizeof *more->row);
    memcpy(overrides->column + old, more->column, count * sizeof *more->column);
    memcpy(overrides->text + overrides->end[old], more->text, bytes);
    for (size_t i = 1; i <= count; i++)
        overrides->end[old + i] = overrides->end[old] + more->end[i];
    overrides->count += count;
}

size_t wn_row_first(const int64_t *rows, size_t count, size_t row)
{
    size_t low = 0, high = count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (rows[middle] < (int64_t)row)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t wn_overrides_find(const struct wn_overrides *overrides, size_t row)
{
    return wn_row_first(overrides->row, overrides->count, row);
}

void wn_overrides_clear(struct wn_overrides *overrides)
{
    overrides->count = 0;
}

void wn_overrides_free(struct wn_overrides *overrides)
{
    free(overrides->row);
    free(overrides->column);
    free(overrides->end);
    if (overrides->text)
        free(overrides->text - WN_NUMBER_PAD);
    *overrides = (struct wn_overrides){0};
}
