/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Aligned columns; see grid.h. */
#include "render/grid.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistr.h>
#include <uniwidth.h>

#include "util/memory.h"

/* In cells. */
enum {
    INDENT = 2,
    GAP = 2,
    MIN_SHRUNK = 6,  /* no column shrinks below it */
    MIN_HEAD = 9,    /* nor below its head, or this where that is longer */
    MIN_WRAPPED = 24 /* a narrower last column starts below its line, indented
                        by WN_BELOW */
};

static size_t text_width = WN_WIDTH;

size_t wn_width(void)
{
    return text_width;
}

void wn_width_set(size_t cells)
{
    text_width = cells < WN_WIDTH_MIN   ? WN_WIDTH_MIN
                 : cells > WN_WIDTH_MAX ? WN_WIDTH_MAX
                                        : cells;
}

size_t wn_cells(const char *text, size_t length)
{
    return (size_t)u8_width((const uint8_t *)text, length, "UTF-8");
}

size_t wn_cells_prefix(const char *text, size_t length, size_t cells)
{
    size_t at = 0, used = 0, marks = 0;

    while (at < length) {
        ucs4_t point;
        const int size =
            u8_mbtouc(&point, (const uint8_t *)text + at, length - at);
        const int width = uc_width(point, "UTF-8");

        /* A tower of combining marks is as bad as a long word. */
        marks = width > 0 ? 0 : marks + 1;
        used += width > 0 ? (size_t)width : 0;
        if (used > cells || marks > 4)
            break;
        at += (size_t)size;
    }
    return at;
}

void wn_cells_add(struct wn_text *out, const char *text, size_t length,
                  size_t cells)
{
    enum { DOTS = 3 };
    const size_t all = wn_cells(text, length);

    const size_t whole = wn_cells_prefix(text, length, cells);
    if (whole == length || cells <= DOTS) {
        wn_text_add(out, text, whole);
        return;
    }
    const size_t tail = (cells - DOTS) / 2;
    const size_t head = wn_cells_prefix(text, length, cells - DOTS - tail);
    size_t from =
        all > tail ? wn_cells_prefix(text, length, all - tail) : length;
    /* A wide character may stand across the cut; it is left out. */
    while (from < length && wn_cells(text + from, length - from) > tail) {
        ucs4_t point;

        from += (size_t)u8_mbtouc(&point, (const uint8_t *)text + from,
                                  length - from);
    }
    wn_text_add(out, text, head);
    wn_text_add(out, "...", DOTS);
    wn_text_add(out, text + from,
                wn_cells_prefix(text + from, length - from, tail));
}

void wn_grid_head_data(struct wn_grid *grid, char mark, const char *head)
{
    wn_grow(&grid->column, &grid->column_capacity, grid->columns + 1,
            sizeof *grid->column);
    grid->column[grid->columns++] =
        (struct wn_grid_column){wn_copy_text(head, strlen(head)), mark};
}

void wn_grid_head(struct wn_grid *grid, const char *heads)
{
    for (;;) {
        const char mark = memchr("#~>", *heads, 3) ? *heads : '\0';
        const char *name = heads + (mark != '\0');
        const size_t length = strcspn(name, "|");
        char *head = wn_copy_text(name, length);

        wn_grid_head_data(grid, mark, head);
        free(head);
        if (!name[length])
            return;
        heads = name + length + 1;
    }
}

void wn_grid_start(struct wn_grid *grid, const char *heads)
{
    *grid = (struct wn_grid){0};
    wn_grid_head(grid, heads);
}

void wn_grid_add(struct wn_grid *grid, const char *bytes, size_t length)
{
    wn_grow(&grid->end, &grid->capacity, grid->cells + 1, sizeof *grid->end);
    wn_text_add_visible(&grid->bytes, bytes, length);
    grid->end[grid->cells++] = grid->bytes.length;
}

void wn_grid_add_text(struct wn_grid *grid, const char *text)
{
    if (!text)
        text = "-";
    wn_grid_add(grid, text, strlen(text));
}

void wn_grid_add_count(struct wn_grid *grid, uint64_t count)
{
    wn_grid_format(grid, "%llu", (unsigned long long)count);
}

static void add_formatted(struct wn_grid *grid, const char *format,
                          va_list list)
{
    char text[200];

    vsnprintf(text, sizeof text, format, list);
    wn_grid_add_text(grid, text);
}

void wn_grid_format(struct wn_grid *grid, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    add_formatted(grid, format, list);
    va_end(list);
}

void wn_grid_format_known(struct wn_grid *grid, bool known, const char *format,
                          ...)
{
    va_list list;

    va_start(list, format);
    if (known)
        add_formatted(grid, format, list);
    else
        wn_grid_add_text(grid, NULL);
    va_end(list);
}

void wn_grid_real(struct wn_grid *grid, const char *format, ...)
{
    va_list list, first;

    va_start(list, format);
    va_copy(first, list);
    if (isnan(va_arg(first, double)))
        wn_grid_add_text(grid, NULL);
    else
        add_formatted(grid, format, list);
    va_end(first);
    va_end(list);
}

void wn_grid_below(struct wn_grid *grid, const char *bytes, size_t length)
{
    const size_t rows = grid->cells / grid->columns;

    assert(rows && grid->cells % grid->columns == 0 && grid->belows < rows);
    wn_grow(&grid->below_end, &grid->below_capacity, rows,
            sizeof *grid->below_end);
    while (grid->belows < rows - 1)
        grid->below_end[grid->belows++] = grid->below.length;
    wn_text_format(&grid->below, "%*s%.*s\n", WN_BELOW, "", (int)length, bytes);
    grid->below_end[grid->belows++] = grid->below.length;
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

static void put_cell(const struct wn_grid *grid, const size_t *width, size_t c,
                     const char *text, size_t length, struct wn_text *out)
{
    const bool last = c + 1 == grid->columns;
    struct wn_text cut = {0};

    wn_cells_add(&cut, text, length, width[c]);
    const size_t blanks = width[c] - wn_cells(wn_text_of(&cut), cut.length);
    const bool number = grid->column[c].mark == '#';
    const int before = number ? (int)blanks : 0;
    const int after = number || last ? 0 : (int)blanks;
    wn_text_format(out, "%*s%s%*s", (c ? GAP : INDENT) + before, "",
                   wn_text_of(&cut), after, "");
    wn_text_free(&cut);
}

static void end_line(struct wn_text *out)
{
    while (out->length && out->bytes[out->length - 1] == ' ')
        out->length--;
    wn_text_add(out, "\n", 1);
}

/* The last column, in as many lines as it needs. */
static void put_wrapped(const struct wn_grid *grid, const size_t *width,
                        const char *text, size_t length, struct wn_text *out)
{
    const size_t last = grid->columns - 1;
    size_t space = width[last];
    size_t indent = line_width(width, grid->columns) - space;
    size_t before = last ? GAP : INDENT;

    if (space < MIN_WRAPPED && wn_cells(text, length) > space) {
        end_line(out);
        before = indent = WN_BELOW;
        space = text_width - WN_BELOW;
    }
    do {
        size_t keep = wn_cells_prefix(text, length, space);

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
        if (length)
            wn_text_add(out, "\n", 1);
        before = indent;
    } while (length);
}

void wn_grid_free(struct wn_grid *grid)
{
    for (size_t c = 0; c < grid->columns; c++)
        free(grid->column[c].head);
    free(grid->column);
    wn_text_free(&grid->bytes);
    wn_text_free(&grid->below);
    free(grid->end);
    free(grid->below_end);
    *grid = (struct wn_grid){0};
}

void wn_grid_print(struct wn_grid *grid, struct wn_text *out)
{
    size_t *width = wn_new(2 * grid->columns, sizeof *width);
    size_t *least = width + grid->columns;

    assert(grid->cells % grid->columns == 0);
    for (size_t c = 0; c < grid->columns; c++) {
        const char *head = grid->column[c].head;

        width[c] = wn_cells(head, strlen(head));
        least[c] = width[c] > MIN_HEAD ? MIN_HEAD : width[c];
        least[c] = least[c] < MIN_SHRUNK ? MIN_SHRUNK : least[c];
    }
    for (size_t cell = 0; cell < grid->cells; cell++) {
        const size_t c = cell % grid->columns;
        size_t length;
        const char *text = cell_text(grid, cell, &length);
        size_t cells = wn_cells(text, length);

        /* No column needs more, and the loop below shrinks cell by cell. */
        if (cells > text_width)
            cells = text_width;
        if (cells > width[c])
            width[c] = cells;
    }
    while (line_width(width, grid->columns) > text_width) {
        size_t widest = grid->columns;

        for (size_t c = 0; c < grid->columns; c++)
            if (memchr("~>", grid->column[c].mark, 2) && width[c] > least[c] &&
                (widest == grid->columns || width[c] > width[widest]))
                widest = c;
        if (widest == grid->columns)
            break;
        width[widest]--;
    }
    for (size_t c = 0; c < grid->columns; c++)
        put_cell(grid, width, c, grid->column[c].head,
                 strlen(grid->column[c].head), out);
    end_line(out);
    for (size_t cell = 0; cell < grid->cells; cell++) {
        const size_t c = cell % grid->columns;
        size_t length;
        const char *text = cell_text(grid, cell, &length);

        if (grid->column[c].mark == '>')
            put_wrapped(grid, width, text, length, out);
        else
            put_cell(grid, width, c, text, length, out);
        if (c + 1 < grid->columns)
            continue;
        end_line(out);
        const size_t row = cell / grid->columns;
        if (row < grid->belows) {
            const size_t begin = row ? grid->below_end[row - 1] : 0;

            wn_text_add(out, wn_text_of(&grid->below) + begin,
                        grid->below_end[row] - begin);
        }
    }
    free(width);
    wn_grid_free(grid);
}

void wn_grid_print_under(const char *title, struct wn_grid *grid,
                         struct wn_text *out)
{
    if (grid->cells) {
        wn_text_format(out, "\n%s\n", title);
        wn_grid_print(grid, out);
    }
    wn_grid_free(grid);
}
