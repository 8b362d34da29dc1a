/* SPDX-License-Identifier: GPL-3.0-or-later */
/* render/grid.h: aligned columns of text, no wider than a terminal.
 *
 * Cells come row by row. Data is shown through wn_text_add_visible(). When a
 * line would be wider than WN_WIDTH the widest columns that may shrink do, and
 * what does not fit ends in "..."; a last column may go on in lines below, or
 * stand there where it would be very narrow. */
#ifndef WN_RENDER_GRID_H
#define WN_RENDER_GRID_H

#include <stdbool.h>
#include <stddef.h>

#include "util/error.h"
#include "util/text.h"

enum { WN_WIDTH = 80 };

enum wn_align { WN_LEFT, WN_RIGHT };
/* How a column gives way; only the last one, aligned left, may wrap. */
enum wn_yield { WN_FIXED, WN_SHRINKS, WN_WRAPS };

struct wn_grid_column {
    const char *head;
    enum wn_align align;
    enum wn_yield yields;
};

struct wn_grid {
    const struct wn_grid_column *column;
    size_t columns;
    struct wn_text bytes; /* the cells, visible, one after another */
    size_t *end;          /* where each ends in bytes */
    size_t cells, room;
};

void wn_grid_start(struct wn_grid *grid, const struct wn_grid_column *column,
                   size_t columns);
int wn_grid_add(struct wn_grid *grid, const char *bytes,
                size_t length) WN_MUST_CHECK;
/* NULL is shown as "-". */
int wn_grid_add_text(struct wn_grid *grid, const char *text) WN_MUST_CHECK;
int wn_grid_format(struct wn_grid *grid, const char *format, ...) WN_MUST_CHECK
    __attribute__((format(printf, 2, 3)));
/* The same where something is known, else "-". */
int wn_grid_known(struct wn_grid *grid, bool known, const char *format,
                  ...) WN_MUST_CHECK __attribute__((format(printf, 3, 4)));
/* Head line and rows, indented by two; no trailing blanks. */
int wn_grid_print(const struct wn_grid *grid,
                  struct wn_text *out) WN_MUST_CHECK;
/* The same under an empty line and a title; nothing for a grid without rows. */
int wn_grid_print_under(const char *title, const struct wn_grid *grid,
                        struct wn_text *out) WN_MUST_CHECK;
void wn_grid_free(struct wn_grid *grid);

/* Terminal cells that valid UTF-8 takes: 2 for East Asian wide characters and
 * pictographs, 0 for combining marks. */
size_t wn_cells(const char *text, size_t length);
/* The longest prefix of whole characters that takes at most `cells`. */
size_t wn_cells_prefix(const char *text, size_t length, size_t cells);

#endif
