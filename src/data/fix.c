/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changed cells, one behind the other; see fix.h. */
#include "data/fix.h"

#include <stdlib.h>
#include <string.h>

#include "util/memory.h"
#include "util/number.h"

/* Room for `count` more fixes with `bytes` more bytes of text. `end` and the
 * bytes before the text are set when there is the first. */
static int make_room(struct wn_fixes *fixes, size_t count, size_t bytes,
                     struct wn_error *error)
{
    const size_t need = fixes->count + count;
    const size_t used = fixes->count ? (size_t)fixes->end[fixes->count] : 0;
    char *text = fixes->text ? fixes->text - WN_NUMBER_PAD : NULL;

    const int status =
        wn_grow(&fixes->row, &fixes->row_room, need, sizeof *fixes->row,
                error) ||
        wn_grow(&fixes->column, &fixes->column_room, need,
                sizeof *fixes->column, error) ||
        wn_grow(&fixes->end, &fixes->end_room, need + 1, sizeof *fixes->end,
                error) ||
        wn_grow(&text, &fixes->text_room, WN_NUMBER_PAD + used + bytes, 1,
                error);
    if (text)
        fixes->text = text + WN_NUMBER_PAD;
    if (status)
        return -1;
    if (fixes->count == 0) {
        fixes->end[0] = 0;
        memset(text, 0, WN_NUMBER_PAD);
    }
    return 0;
}

int wn_fixes_add(struct wn_fixes *fixes, size_t row, size_t column,
                 const char *text, size_t length, struct wn_error *error)
{
    if (make_room(fixes, 1, length, error))
        return -1;
    const size_t i = fixes->count++, at = (size_t)fixes->end[i];
    fixes->row[i] = (int64_t)row;
    fixes->column[i] = (int32_t)column;
    if (length)
        memcpy(fixes->text + at, text, length);
    fixes->end[i + 1] = at + length;
    return 0;
}

int wn_fixes_join(struct wn_fixes *fixes, const struct wn_fixes *more,
                  struct wn_error *error)
{
    const size_t count = more->count, old = fixes->count;
    const size_t bytes = count ? (size_t)more->end[count] : 0;

    if (count == 0)
        return 0;
    if (make_room(fixes, count, bytes, error))
        return -1;
    memcpy(fixes->row + old, more->row, count * sizeof *more->row);
    memcpy(fixes->column + old, more->column, count * sizeof *more->column);
    memcpy(fixes->text + fixes->end[old], more->text, bytes);
    for (size_t i = 1; i <= count; i++)
        fixes->end[old + i] = fixes->end[old] + more->end[i];
    fixes->count += count;
    return 0;
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

size_t wn_fixes_find(const struct wn_fixes *fixes, size_t row)
{
    return wn_row_first(fixes->row, fixes->count, row);
}

void wn_fixes_clear(struct wn_fixes *fixes)
{
    fixes->count = 0;
}

void wn_fixes_free(struct wn_fixes *fixes)
{
    free(fixes->row);
    free(fixes->column);
    free(fixes->end);
    if (fixes->text)
        free(fixes->text - WN_NUMBER_PAD);
    *fixes = (struct wn_fixes){0};
}
