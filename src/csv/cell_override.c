/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changed cells, one behind the other; see cell_override.h. */
#include "csv/cell_override.h"

#include <stdlib.h>
#include <string.h>

#include "util/spill.h"
#include "util/memory.h"
#include "util/number.h"

/* Room for `count` more fixes with `bytes` more bytes of text. `end` and the
 * bytes before the text are set when there is the first. */
static int cell_override_make_room(struct wn_overrides *fixes, size_t count,
                                   size_t bytes)
{
    const size_t need = fixes->count + count;
    const size_t used = fixes->count ? (size_t)fixes->end[fixes->count] : 0;
    char *text = fixes->text ? fixes->text - WN_NUMBER_PAD : NULL;

    const int status =
        wn_grow(&fixes->row, &fixes->row_room, need, sizeof *fixes->row) ||
        wn_grow(&fixes->column, &fixes->column_room, need,
                sizeof *fixes->column) ||
        wn_grow(&fixes->end, &fixes->end_room, need + 1, sizeof *fixes->end) ||
        wn_grow(&text, &fixes->text_room, WN_NUMBER_PAD + used + bytes, 1);
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

int wn_overrides_add(struct wn_overrides *fixes, size_t row, size_t column,
                     const char *text, size_t length)
{
    if (cell_override_make_room(fixes, 1, length))
        return -1;
    const size_t i = fixes->count++, at = (size_t)fixes->end[i];
    fixes->row[i] = (int64_t)row;
    fixes->column[i] = (int32_t)column;
    if (length)
        memcpy(fixes->text + at, text, length);
    fixes->end[i + 1] = at + length;
    return 0;
}

int wn_overrides_join(struct wn_overrides *fixes,
                      const struct wn_overrides *more)
{
    const size_t count = more->count, old = fixes->count;
    const size_t bytes = count ? (size_t)more->end[count] : 0;

    if (count == 0)
        return 0;
    if (cell_override_make_room(fixes, count, bytes))
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

size_t wn_overrides_find(const struct wn_overrides *fixes, size_t row)
{
    return wn_row_first(fixes->row, fixes->count, row);
}

/* The arrays of data/fix as they stand in the file. */
struct fixed {
    size_t count, bytes;
    int64_t *row;
    int32_t *column;
    uint64_t *offset;
    char *text;
};

static int bad_fix(const struct wn_audit *audit, size_t i, const char *what,
                   struct wn_error *error)
{
    return wn_fail(error, WN_EDATA, "%s: data/fix: cell %zu %s",
                   wn_audit_name(audit), i, what);
}

/* What is wrong with fix i, or NULL: in order, inside the table, and of a text
 * that a field may have. */
static const char *wrong_with(const struct fixed *fixed, size_t i, size_t n,
                              size_t columns)
{
    const int64_t row = fixed->row[i];
    const int32_t column = fixed->column[i];
    const uint64_t from = fixed->offset[i], to = fixed->offset[i + 1];

    if (i == 0 && from != 0)
        return "does not begin with the text";
    if (row < 0 || (uint64_t)row >= n || column < 0 ||
        (size_t)column >= columns)
        return "is not in the table";
    if (i && (row < fixed->row[i - 1] ||
              (row == fixed->row[i - 1] && column <= fixed->column[i - 1])))
        return "is out of order";
    if (from > to || to > fixed->bytes ||
        memchr(fixed->text + from, '\0', (size_t)(to - from)))
        return "has no proper text";
    return NULL;
}

static int read_fixed(struct fixed *fixed, const struct wn_audit *audit,
                      struct wn_error *error)
{
    const size_t count[3] = {fixed->count, 0, 0};
    const size_t ends[3] = {fixed->count + 1, 0, 0};
    const size_t bytes[3] = {fixed->bytes, 0, 0};

    if (!wn_audit_has(audit, "data/fix/column") ||
        !wn_audit_has(audit, "data/fix/offset") ||
        !wn_audit_has(audit, "data/fix/text"))
        return bad_fix(audit, 0, "lacks its column, offset or text", error);
    fixed->row = wn_audit_read(audit, "data/fix/row", WN_I64, count, error);
    if (!fixed->row)
        return -1;
    fixed->column =
        wn_audit_read(audit, "data/fix/column", WN_I32, count, error);
    if (!fixed->column)
        return -1;
    fixed->offset =
        wn_audit_read(audit, "data/fix/offset", WN_U64, ends, error);
    if (!fixed->offset)
        return -1;
    fixed->text = wn_audit_read(audit, "data/fix/text", WN_U8, bytes, error);
    return fixed->text ? 0 : -1;
}

int wn_overrides_read(struct wn_overrides *fixes, const struct wn_audit *audit,
                      size_t n, size_t columns, struct wn_error *error)
{
    struct fixed fixed = {0};
    int status = 0;

    if (wn_audit_extent(audit, "data/fix/row", 0, &fixed.count, error) ||
        wn_audit_extent(audit, "data/fix/text", 0, &fixed.bytes, error))
        return -1;
    if (fixed.count)
        status = read_fixed(&fixed, audit, error);
    for (size_t i = 0; i < fixed.count && status == 0; i++) {
        const char *wrong = wrong_with(&fixed, i, n, columns);

        status = wrong
                     ? bad_fix(audit, i, wrong, error)
                     : wn_overrides_add(
                           fixes, (size_t)fixed.row[i], (size_t)fixed.column[i],
                           fixed.text + fixed.offset[i],
                           (size_t)(fixed.offset[i + 1] - fixed.offset[i]));
    }
    wn_spill_free(fixed.row);
    wn_spill_free(fixed.column);
    wn_spill_free(fixed.offset);
    wn_spill_free(fixed.text);
    return status;
}

void wn_overrides_clear(struct wn_overrides *fixes)
{
    fixes->count = 0;
}

void wn_overrides_free(struct wn_overrides *fixes)
{
    free(fixes->row);
    free(fixes->column);
    free(fixes->end);
    if (fixes->text)
        free(fixes->text - WN_NUMBER_PAD);
    *fixes = (struct wn_overrides){0};
}
