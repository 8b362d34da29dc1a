/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Find the rows to leave out before the survey: they must not take part in any
 * statistic. */
#include <stdlib.h>

#include "csv/csv_foreach.h"
#include "encode/table.h"
#include "util/memory.h"

struct rejected {
    enum wn_csv_break broken;
    struct wn_error why;
};

struct prescan {
    const struct wn_table *table;
    uint8_t *out;
    wn_csv_reject *reject; /* or NULL */
    void *context;
};

struct piece {
    const struct prescan *prescan;
    struct rejected *rejected; /* in the order of the rows */
    size_t count, capacity;
};

static void *prescan_start(void *shared)
{
    struct piece *piece = wn_new(1, sizeof *piece);

    piece->prescan = shared;
    return piece;
}

static void prescan_stop(void *state)
{
    struct piece *piece = state;

    free(piece->rejected);
    free(piece);
}

static int prescan_row(void *state, size_t row, const struct wn_cell *cells,
                       struct wn_error *error)
{
    struct piece *piece = state;
    const struct prescan *prescan = piece->prescan;
    const struct wn_table *table = prescan->table;
    const struct wn_csv *csv = table->csv;
    const size_t l = table->label_column;
    const struct wn_cell *label = &cells[l];
    struct rejected rejected = {.broken = WN_BREAKS};

    (void)error;
    if (!prescan->reject) {
        prescan->out[row] = wn_table_is_missing(table, label);
        return 0;
    }
    /* The first defect of the row. */
    if (wn_table_is_missing(table, label)) {
        wn_csv_fail(csv, row, l, &rejected.why, "found no label, wanted one");
        rejected.broken = WN_BREAK_LABEL;
    } else if (label->length > WN_NAME_BYTES) {
        wn_csv_fail(csv, row, l, &rejected.why,
                    "found a label of %zu bytes, wanted a class name of at "
                    "most %d",
                    label->length, WN_NAME_BYTES);
        rejected.broken = WN_BREAK_LONG_LABEL;
    } else if (table->declared.count &&
               wn_dictionary_find(&table->declared, label->text,
                                  label->length) < 0) {
        wn_csv_fail(csv, row, l, &rejected.why,
                    "found '%.*s', wanted a class of --classes",
                    wn_text_shown(label->length), label->text);
        rejected.broken = WN_BREAK_CLASS;
    }
    for (size_t c = 0; rejected.broken == WN_BREAKS && c < csv->columns; c++) {
        const struct wn_column *column = &table->column[c];
        const struct wn_cell *cell = &cells[c];

        if (column->role == WN_ROLE_IGNORED || column->kind == WN_KIND_TEXT ||
            wn_text_is_utf8(cell->text, cell->length))
            continue;
        wn_csv_fail(csv, row, c, &rejected.why, "found '%.*s', wanted %s",
                    wn_text_shown(cell->length), cell->text,
                    wn_csv_wanted_text(csv));
        rejected.broken = WN_BREAK_UTF8;
    }
    if (rejected.broken == WN_BREAKS)
        return 0;
    wn_grow(&piece->rejected, &piece->capacity, piece->count + 1,
            sizeof *piece->rejected);
    prescan->out[row] = 1;
    piece->rejected[piece->count++] = rejected;
    return 0;
}

static int prescan_finish(void *shared, void *state, size_t begin, size_t end,
                          struct wn_error *error)
{
    const struct prescan *prescan = shared;
    struct piece *piece = state;

    (void)begin, (void)end, (void)error;
    for (size_t i = 0; i < piece->count; i++)
        prescan->reject(prescan->context, piece->rejected[i].broken,
                        piece->rejected[i].why.text);
    piece->count = 0;
    return 0;
}

int wn_prescan(const struct wn_table *table, uint8_t *out,
               wn_csv_reject *reject, void *context, struct wn_error *error)
{
    struct prescan prescan = {table, out, reject, context};
    const struct wn_csv_pass reading = {.csv = table->csv,
                                        .threads = table->threads,
                                        .rows = WN_PIECE_ROWS,
                                        .log = table->log,
                                        .what = "reading labels"};
    const struct wn_csv_visitor visitor = {.shared = &prescan,
                                           .start = prescan_start,
                                           .row = prescan_row,
                                           .finish = prescan_finish,
                                           .stop = prescan_stop};

    return wn_csv_foreach(&reading, &visitor, 1, error);
}
