/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Learn what a text column needs (text_model.h) from rows at equal distances:
 * one pass over the file for each such column. */
#include <stdlib.h>
#include <string.h>

#include "csv/csv_foreach.h"
#include "encode/table.h"
#include "util/memory.h"

/* Bytes of the file that the documents of a sample may stand for. */
enum { SAMPLE_BYTES = 1 << 28 };

struct fitting {
    const struct wn_table *table;
    size_t column, stride;
    struct wn_documents all;
};

struct piece {
    const struct fitting *fitting;
    struct wn_terms *terms;
    struct wn_documents own;
};

static void free_documents(struct wn_documents *documents)
{
    free(documents->start);
    free(documents->place);
    free(documents->often);
}

/* Append `rows` documents; ends are relative to from[0]. */
static int append(struct wn_documents *documents, size_t rows,
                  const uint64_t *start, const uint32_t *place,
                  const float *often)
{
    const size_t have =
        documents->count ? (size_t)documents->start[documents->count] : 0;
    const size_t more = (size_t)(start[rows] - start[0]);

    if (wn_grow(&documents->start, &documents->start_room,
                documents->count + rows + 1, sizeof *documents->start) ||
        wn_grow(&documents->place, &documents->place_room, have + more,
                sizeof *documents->place))
        return -1;
    wn_grow(&documents->often, &documents->often_room, have + more,
            sizeof *documents->often);
    documents->start[documents->count] = have;
    for (size_t i = 1; i <= rows; i++)
        documents->start[documents->count + i] = have + start[i] - start[0];
    if (more) {
        memcpy(documents->place + have, place, more * sizeof *place);
        memcpy(documents->often + have, often, more * sizeof *often);
    }
    documents->count += rows;
    return 0;
}

static void text_fit_stop_piece(void *own)
{
    struct piece *piece = own;

    if (!piece)
        return;
    wn_terms_free(piece->terms);
    free_documents(&piece->own);
    free(piece);
}

static void *text_fit_start_piece(void *shared)
{
    struct piece *piece = wn_new(1, sizeof *piece);

    piece->fitting = shared;
    piece->terms = wn_terms_new(piece->fitting->table->text_grams);
    return piece;
}

static void text_fit_begin_piece(void *own, size_t begin, size_t end)
{
    struct piece *piece = own;

    (void)begin;
    (void)end;
    piece->own.count = 0;
}

static int text_fit_take_row(void *own, size_t row, const struct wn_cell *cells,
                             struct wn_error *error)
{
    struct piece *piece = own;
    const struct fitting *fitting = piece->fitting;
    const struct wn_cell *cell = &cells[fitting->column];

    if (row % fitting->stride || wn_table_is_missing(fitting->table, cell))
        return 0;
    if (wn_terms_read(piece->terms, cell->text, cell->length, error))
        return -1;
    const uint64_t start[2] = {0, wn_terms_count(piece->terms)};
    return append(&piece->own, 1, start, wn_terms_place(piece->terms),
                  wn_terms_often(piece->terms));
}

static int text_fit_finish_piece(void *shared, void *own, size_t begin,
                                 size_t end, struct wn_error *error)
{
    struct fitting *fitting = shared;
    const struct piece *piece = own;

    (void)begin;
    (void)end;
    if (piece->own.count == 0)
        return 0;
    return append(&fitting->all, piece->own.count, piece->own.start,
                  piece->own.place, piece->own.often);
}

static size_t choose_stride(const struct wn_table *table)
{
    const size_t rows = wn_csv_rows(table->csv);
    const size_t by_count = (rows - 1) / WN_TEXT_MODEL_DOCUMENTS + 1;
    const size_t by_bytes =
        (size_t)(wn_csv_size(table->csv) / SAMPLE_BYTES) + 1;

    return by_count > by_bytes ? by_count : by_bytes;
}

static int text_fit_column(struct wn_table *table, size_t column,
                           struct wn_error *error)
{
    struct fitting fitting = {
        .table = table, .column = column, .stride = choose_stride(table)};
    const struct wn_csv_pass pass_over = {.csv = table->csv,
                                          .threads = table->threads,
                                          .rows = WN_PIECE_ROWS,
                                          .log = table->talk,
                                          .what = "reading text"};
    const struct wn_csv_visitor visitor = {.shared = &fitting,
                                           .start = text_fit_start_piece,
                                           .begin = text_fit_begin_piece,
                                           .row = text_fit_take_row,
                                           .finish = text_fit_finish_piece,
                                           .stop = text_fit_stop_piece};
    struct wn_column *to = &table->column[column];
    int status = -1;

    if (wn_csv_foreach(&pass_over, &visitor, 1, error))
        goto done;
    if (fitting.all.count) {
        /* Ten documents for a direction: fewer give noise. */
        const size_t most = fitting.all.count / 10 + 1;

        to->prose = wn_text_model_fit(
            &fitting.all, table->text_dims < most ? table->text_dims : most,
            table->svd, table->threads, error);
        if (!to->prose)
            goto done;
    }
    status = 0;
done:
    free_documents(&fitting.all);
    return status;
}

int wn_table_fit_text(struct wn_table *table, struct wn_error *error)
{
    for (size_t c = 0; c < wn_csv_columns(table->csv); c++)
        if (table->column[c].role == WN_ROLE_FEATURE &&
            table->column[c].kind == WN_KIND_TEXT &&
            text_fit_column(table, c, error))
            return -1;
    return 0;
}
