/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Aligned columns; see grid.h. */
#include "render/grid.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/memory.h"

/* In cells. A last column narrower than NARROW does not wrap: what is too long
 * for it stands below its line, indented by BELOW. */
enum { INDENT = 2, GAP = 2, LEAST = 6, NARROW = 24, BELOW = 6 };

static const struct {
    uint32_t first, last;
    size_t cells;
} special[] = {
    {0x0300, 0x036f, 0},   {0x0483, 0x0489, 0},   {0x0591, 0x05bd, 0},
    {0x064b, 0x065f, 0},   {0x1100, 0x115f, 2},   {0x1ab0, 0x1aff, 0},
    {0x1dc0, 0x1dff, 0},   {0x20d0, 0x20ff, 0},   {0x2e80, 0x303e, 2},
    {0x3041, 0xa4cf, 2},   {0xac00, 0xd7a3, 2},   {0xf900, 0xfaff, 2},
    {0xfe00, 0xfe0f, 0},   {0xfe20, 0xfe2f, 0},   {0xfe30, 0xfe6f, 2},
    {0xff00, 0xff60, 2},   {0xffe0, 0xffe6, 2},   {0x1f300, 0x1f64f, 2},
    {0x1f680, 0x1f6ff, 2}, {0x1f900, 0x1f9ff, 2}, {0x20000, 0x3fffd, 2}};

static size_t cells_of(uint32_t point)
{
    for (size_t s = 0; s < sizeof special / sizeof *special; s++)
        if (point >= special[s].first && point <= special[s].last)
            return special[s].cells;
    return 1;
}

/* The character at text[0..length): its bytes and its cells; a byte that is no
 * UTF-8 counts as one. */
static size_t character(const char *text, size_t length, size_t *cells)
{
    uint32_t point;
    const size_t size = wn_text_point(text, length, &point);

    *cells = size ? cells_of(point) : 1;
    return size ? size : 1;
}

size_t wn_cells(const char *text, size_t length)
{
    size_t cells = 0;

    for (size_t at = 0; at < length;) {
        size_t width;

        at += character(text + at, length - at, &width);
        cells += width;
    }
    return cells;
}

size_t wn_cells_prefix(const char *text, size_t length, size_t cells)
{
    size_t at = 0, used = 0, marks = 0;

    while (at < length) {
        size_t width;
        const size_t size = character(text + at, length - at, &width);

        /* A tower of combining marks is as bad as a long word. */
        marks = width ? 0 : marks + 1;
        if (used + width > cells || marks > 4)
            break;
        used += width;
        at += size;
    }
    return at;
}

void wn_grid_start(struct wn_grid *grid, const struct wn_grid_column *column,
                   size_t columns)
{
    *grid = (struct wn_grid){.column = column, .columns = columns};
}

void wn_grid_free(struct wn_grid *grid)
{
    wn_text_free(&grid->bytes);
    free(grid->end);
    *grid = (struct wn_grid){0};
}

int wn_grid_add(struct wn_grid *grid, const char *bytes, size_t length)
{
    wn_grow(&grid->end, &grid->room, grid->cells + 1, sizeof *grid->end);
    if (wn_text_add_visible(&grid->bytes, bytes, length))
        return -1;
    grid->end[grid->cells++] = grid->bytes.length;
    return 0;
}

int wn_grid_add_text(struct wn_grid *grid, const char *text)
{
    if (!text)
        text = "-";
    return wn_grid_add(grid, text, strlen(text));
}

enum { FORMATTED = 200 };

static int add_list(struct wn_grid *grid, bool known, const char *format,
                    va_list list)
{
    char text[FORMATTED];

    vsnprintf(text, sizeof text, format, list);
    return wn_grid_add_text(grid, known ? text : NULL);
}

int wn_grid_format(struct wn_grid *grid, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    const int status = add_list(grid, true, format, list);
    va_end(list);
    return status;
}

int wn_grid_known(struct wn_grid *grid, bool known, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    const int status = add_list(grid, known, format, list);
    va_end(list);
    return status;
}

static const char *cell_text(const struct wn_grid *grid, size_t cell,
                             size_t *length)
{
    const size_t begin = cell ? grid->end[cell - 1] : 0;

    *length = grid->end[cell] - begin;
    return wn_text_of(&grid->bytes) + begin;
}

static size_t line_width(const size_t *width, size_t columns)
{
    size_t sum = INDENT;

    for (size_t c = 0; c < columns; c++)
        sum += width[c] + (c ? GAP : 0);
    return sum;
}

/* One cell less for the widest column that may shrink; whether there is. */
static bool shrink(const struct wn_grid *grid, size_t *width)
{
    size_t widest = grid->columns;

    for (size_t c = 0; c < grid->columns; c++)
        if (grid->column[c].yields != WN_FIXED && width[c] > LEAST &&
            width[c] > strlen(grid->column[c].head) &&
            (widest == grid->columns || width[c] > width[widest]))
            widest = c;
    if (widest == grid->columns)
        return false;
    width[widest]--;
    return true;
}

static void measure(const struct wn_grid *grid, size_t *width)
{
    for (size_t c = 0; c < grid->columns; c++)
        width[c] = strlen(grid->column[c].head);
    for (size_t cell = 0; cell < grid->cells; cell++) {
        const size_t c = cell % grid->columns;
        size_t length;
        const char *text = cell_text(grid, cell, &length);
        size_t cells = wn_cells(text, length);

        /* No column needs more, and one step a cell must stay cheap. */
        if (cells > WN_WIDTH)
            cells = WN_WIDTH;
        if (cells > width[c])
            width[c] = cells;
    }
    while (line_width(width, grid->columns) > WN_WIDTH)
        if (!shrink(grid, width))
            break;
}

static int put_cell(const struct wn_grid *grid, const size_t *width, size_t c,
                    const char *text, size_t length, struct wn_text *out)
{
    size_t room = width[c], keep = wn_cells_prefix(text, length, room);
    const bool cut = keep < length;
    const bool last = c + 1 == grid->columns;

    if (cut && room > 3)
        keep = wn_cells_prefix(text, length, room - 3);
    room -= wn_cells(text, keep) + (cut && room > 3 ? 3 : 0);
    const int before = grid->column[c].align == WN_RIGHT ? (int)room : 0;
    const int after = grid->column[c].align == WN_LEFT && !last ? (int)room : 0;
    wn_text_format(out, "%*s%.*s%s%*s", (c ? GAP : INDENT) + before, "",
                   (int)keep, text, cut && width[c] > 3 ? "..." : "", after,
                   "");
    return 0;
}

static int end_line(struct wn_text *out)
{
    while (out->length && out->bytes[out->length - 1] == ' ')
        out->length--;
    wn_text_add(out, "\n", 1);
    return 0;
}

/* The last column, in as many lines as it takes. */
static int put_wrapped(const struct wn_grid *grid, const size_t *width,
                       const char *text, size_t length, struct wn_text *out)
{
    const size_t last = grid->columns - 1;
    size_t room = width[last];
    size_t indent = line_width(width, grid->columns) - room;
    size_t before = last ? GAP : INDENT;

    if (room < NARROW && wn_cells(text, length) > room) {
        end_line(out);
        before = indent = BELOW;
        room = WN_WIDTH - BELOW;
    }
    do {
        size_t keep = wn_cells_prefix(text, length, room);

        if (keep < length && text[keep] != ' ')
            for (size_t at = keep; at > 0; at--)
                if (text[at - 1] == ' ') {
                    keep = at - 1;
                    break;
                }
        wn_text_format(out, "%*s%.*s", (int)before, "", (int)keep, text);
        while (keep < length && text[keep] == ' ')
            keep++;
        text += keep;
        length -= keep;
        if (length && wn_text_add(out, "\n", 1))
            return -1;
        before = indent;
    } while (length);
    return 0;
}

int wn_grid_print(const struct wn_grid *grid, struct wn_text *out)
{
    size_t *width = wn_new(grid->columns, sizeof *width);
    int status = -1;

    assert(grid->cells % grid->columns == 0);
    measure(grid, width);
    for (size_t c = 0; c < grid->columns; c++)
        put_cell(grid, width, c, grid->column[c].head,
                 strlen(grid->column[c].head), out);
    end_line(out);
    for (size_t cell = 0; cell < grid->cells; cell++) {
        const size_t c = cell % grid->columns;
        size_t length;
        const char *text = cell_text(grid, cell, &length);

        if ((grid->column[c].yields == WN_WRAPS
                 ? put_wrapped(grid, width, text, length, out)
                 : put_cell(grid, width, c, text, length, out)) ||
            (c + 1 == grid->columns && end_line(out)))
            goto done;
    }
    status = 0;
done:
    free(width);
    return status;
}

int wn_grid_print_under(const char *title, const struct wn_grid *grid,
                        struct wn_text *out)
{
    if (grid->cells == 0)
        return 0;
    return wn_text_format(out, "\n%s\n", title) || wn_grid_print(grid, out) ? -1
                                                                            : 0;
}
