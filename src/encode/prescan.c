/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A look at the cells before the survey: rows that are to be left out must not
 * take part in any statistic. */
#include <stdlib.h>

#include "csv/csv_foreach.h"
#include "encode/table.h"
#include "util/memory.h"

struct refused {
    enum wn_csv_break broken;
    struct wn_error why;
};

struct look {
    const struct wn_table *table;
    uint8_t *out;
    wn_csv_reject *reject; /* or NULL */
    void *context;
};

struct piece {
    const struct look *look;
    struct refused *refused; /* in the order of the rows */
    size_t count, room;
};

static void prescan_stop(void *own)
{
    struct piece *piece = own;

    if (piece)
        free(piece->refused);
    free(piece);
}

static void *prescan_start(void *shared)
{
    struct piece *piece = wn_new(1, sizeof *piece);

    if (piece)
        piece->look = shared;
    return piece;
}

static void prescan_begin_piece(void *own, size_t begin, size_t end)
{
    (void)begin;
    (void)end;
    ((struct piece *)own)->count = 0;
}

/* Whether the label can be taken; else why not. */
static bool check_label(const struct wn_table *table, size_t row,
                        const struct wn_cell *cell, struct refused *refused)
{
    const struct wn_csv *csv = table->csv;
    const size_t c = table->label_column;

    if (wn_table_is_missing(table, cell)) {
        refused->broken = WN_BREAK_LABEL;
        wn_csv_fail(csv, row, c, &refused->why, "found no label, wanted one");
    } else if (cell->length > WN_NAME_BYTES) {
        refused->broken = WN_BREAK_LONG_LABEL;
        wn_csv_fail(csv, row, c, &refused->why,
                    "found a label of %zu bytes, wanted a class name of at "
                    "most %d",
                    cell->length, WN_NAME_BYTES);
    } else if (table->declared.count &&
               wn_dictionary_find(&table->declared, cell->text, cell->length) <
                   0) {
        refused->broken = WN_BREAK_CLASS;
        wn_csv_fail(csv, row, c, &refused->why,
                    "found '%.*s', wanted a class of --classes",
                    wn_text_told(cell->length), cell->text);
    }
    return refused->broken == WN_BREAKS;
}

static bool prescan_check_utf8(const struct wn_table *table, size_t row,
                               const struct wn_cell *cells,
                               struct refused *refused)
{
    for (size_t c = 0; c < wn_csv_columns(table->csv); c++) {
        const struct wn_column *column = &table->column[c];
        const struct wn_cell *cell = &cells[c];

        if (column->role == WN_ROLE_IGNORED || column->kind == WN_KIND_TEXT ||
            wn_text_is_utf8(cell->text, cell->length))
            continue;
        refused->broken = WN_BREAK_UTF8;
        wn_csv_fail(table->csv, row, c, &refused->why,
                    "found '%.*s', wanted UTF-8: see iconv(1)",
                    wn_text_told(cell->length), cell->text);
        return false;
    }
    return true;
}

static int prescan_take_row(void *own, size_t row, const struct wn_cell *cells,
                            struct wn_error *error)
{
    struct piece *piece = own;
    const struct look *look = piece->look;
    const struct wn_table *table = look->table;
    const struct wn_cell *label = &cells[table->label_column];
    struct refused refused = {.broken = WN_BREAKS};

    if (!look->reject) {
        look->out[row] = wn_table_is_missing(table, label);
        return 0;
    }
    if (check_label(table, row, label, &refused) &&
        prescan_check_utf8(table, row, cells, &refused))
        return 0;
    wn_grow(&piece->refused, &piece->room, piece->count + 1,
            sizeof *piece->refused);
    look->out[row] = 1;
    piece->refused[piece->count++] = refused;
    return 0;
}

static int prescan_finish_piece(void *shared, void *own, size_t begin,
                                size_t end, struct wn_error *error)
{
    const struct look *look = shared;
    const struct piece *piece = own;

    (void)begin;
    (void)end;
    (void)error;
    for (size_t i = 0; i < piece->count; i++)
        look->reject(look->context, piece->refused[i].broken,
                     piece->refused[i].why.text);
    return 0;
}

int wn_prescan(const struct wn_table *table, uint8_t *out,
               wn_csv_reject *reject, void *context, struct wn_error *error)
{
    struct look look = {table, out, reject, context};
    const struct wn_csv_pass pass_over = {.csv = table->csv,
                                          .threads = table->threads,
                                          .rows = WN_PIECE_ROWS,
                                          .log = table->talk,
                                          .what = "reading labels"};
    const struct wn_csv_visitor visitor = {.shared = &look,
                                           .start = prescan_start,
                                           .begin = prescan_begin_piece,
                                           .row = prescan_take_row,
                                           .finish = prescan_finish_piece,
                                           .stop = prescan_stop};

    return wn_csv_foreach(&pass_over, &visitor, 1, error);
}
