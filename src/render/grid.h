/* SPDX-License-Identifier: GPL-3.0-or-later */
/* render/grid.h: aligned columns of text, no wider than a terminal.
 *
 * Cells are added row by row and shown through wn_text_add_visible(). While a
 * line is wider than wn_width(), the widest column that may shrink or wrap
 * loses a cell; text that does not fit has "..." in its middle. A last column
 * that wraps continues in the lines below, or starts there if it would be very
 * narrow. */
#ifndef WN_RENDER_GRID_H
#define WN_RENDER_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/text.h"

/* The width of all text, in terminal cells: 80, until a program sets another
 * one, once, before it writes any. */
enum { WN_WIDTH = 80, WN_WIDTH_MIN = 40, WN_WIDTH_MAX = 1000 };
size_t wn_width(void);
void wn_width_set(size_t cells);

struct wn_grid_column {
    char *head;
    char mark;
};

struct wn_grid {
    struct wn_grid_column *column;
    size_t columns, column_capacity;
    struct wn_text bytes; /* the cells, visible, one after another */
    size_t *end;          /* where each ends in bytes */
    size_t cells, capacity;
    struct wn_text below; /* the lines below rows, one after another */
    size_t *below_end;    /* where that of each row up to `belows` ends */
    size_t belows, below_capacity;
};

/* Begin a grid, or add columns to one that has no rows yet. The heads are
 * words of the program, parted by '|'. The mark before a head says what the
 * column holds:
 *
 *   "#rows"    numbers, aligned at the right
 *   "~class"   text that shrinks if the line is too wide
 *   ">reason"  text that wraps, in the last column
 *   "kind"     text that stays whole */
void wn_grid_start(struct wn_grid *grid, const char *heads);
void wn_grid_head(struct wn_grid *grid, const char *heads);
/* Add a column whose head is data, visible already. */
void wn_grid_head_data(struct wn_grid *grid, char mark, const char *head);
void wn_grid_add(struct wn_grid *grid, const char *bytes, size_t length);
/* NULL is shown as "-". */
void wn_grid_add_text(struct wn_grid *grid, const char *text);
void wn_grid_add_count(struct wn_grid *grid, uint64_t count);
void wn_grid_format(struct wn_grid *grid, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same, or "-" if the value is not known. */
void wn_grid_format_known(struct wn_grid *grid, bool known, const char *format,
                          ...) __attribute__((format(printf, 3, 4)));
/* The same for one double, "-" for NaN: wn_grid_real(grid, "%.1f %%", share).
 */
void wn_grid_real(struct wn_grid *grid, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The row that was added last gets these visible bytes in a line of its own
 * below it; they should fit. */
enum { WN_BELOW = 6 /* cells before them */ };
void wn_grid_below(struct wn_grid *grid, const char *bytes, size_t length);
/* Print the head line and the rows, indented by two, without trailing blanks;
 * then free the grid. */
void wn_grid_print(struct wn_grid *grid, struct wn_text *out);
void wn_grid_free(struct wn_grid *grid);
/* The same below an empty line and a title; nothing for a grid without rows. */
void wn_grid_print_under(const char *title, struct wn_grid *grid,
                         struct wn_text *out);

/* The terminal cells that UTF-8 text takes: 2 for a wide East Asian character
 * or an emoji, 0 for a combining mark (Unicode Standard Annex 11). */
size_t wn_cells(const char *text, size_t length);
/* The bytes of the longest prefix of whole characters that takes at most
 * `cells`. */
size_t wn_cells_prefix(const char *text, size_t length, size_t cells);
/* Add visible text in at most `cells` cells: whole, or its two ends with "..."
 * between them. */
void wn_cells_add(struct wn_text *out, const char *text, size_t length,
                  size_t cells);

#endif
