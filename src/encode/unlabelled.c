/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A look at the label column alone, before the survey: rows that are to be left
 * out must not take part in any statistic. */
#include <stdlib.h>

#include "encode/sweep.h"
#include "encode/table.h"
#include "util/memory.h"

struct look {
    const struct wn_table *table;
    uint8_t *out;
};

static void *start(void *shared, struct wn_error *error)
{
    struct look *own = wn_new(1, sizeof *own, error);

    if (own)
        *own = *(const struct look *)shared;
    return own;
}

static void begin_piece(void *own, size_t begin, size_t end)
{
    (void)own;
    (void)begin;
    (void)end;
}

static int take_row(void *own, size_t row, const struct wn_cell *cells,
                    struct wn_error *error)
{
    const struct look *look = own;

    (void)error;
    look->out[row] =
        wn_table_is_missing(look->table, &cells[look->table->label_column]);
    return 0;
}

static int finish_piece(void *shared, void *own, size_t begin, size_t end,
                        struct wn_error *error)
{
    (void)shared;
    (void)own;
    (void)begin;
    (void)end;
    (void)error;
    return 0;
}

int wn_table_unlabelled(const struct wn_table *table, uint8_t *out,
                        struct wn_error *error)
{
    struct look look = {table, out};
    const struct wn_sweep sweep = {
        .csv = table->csv, .threads = table->threads, .rows = WN_PIECE_ROWS,
        .shared = &look, .start = start, .begin = begin_piece,
        .row = take_row, .finish = finish_piece, .stop = free,
        .talk = table->talk, .what = "reading labels"};

    return wn_sweep(&sweep, error);
}
