/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Learn the text model of a column (text_model.h) from rows at equal
 * distances. */
#include <stdlib.h>
#include <string.h>

#include "encode/survey.h"
#include "util/memory.h"

/* Maximum bytes of the file that a sample of documents stands for. */
enum { SAMPLE_BYTES = 1 << 28 };

struct wn_text_fit {
    struct wn_table *table;
    size_t column, stride;
    struct wn_documents all;
};

struct piece {
    const struct wn_text_fit *fit;
    struct wn_terms *terms;
    struct wn_documents documents;
};

/* Append `rows` documents; start[] is relative to start[0]. */
static void append(struct wn_documents *documents, size_t rows,
                   const uint64_t *start, const uint32_t *place,
                   const float *often)
{
    const size_t have =
        documents->count ? (size_t)documents->start[documents->count] : 0;
    const size_t more = (size_t)(start[rows] - start[0]);

    wn_grow(&documents->start, &documents->start_capacity,
            documents->count + rows + 1, sizeof *documents->start);
    wn_grow(&documents->place, &documents->place_capacity, have + more,
            sizeof *documents->place);
    wn_grow(&documents->often, &documents->often_capacity, have + more,
            sizeof *documents->often);
    documents->start[documents->count] = have;
    for (size_t i = 1; i <= rows; i++)
        documents->start[documents->count + i] = have + start[i] - start[0];
    if (more) {
        memcpy(documents->place + have, place, more * sizeof *place);
        memcpy(documents->often + have, often, more * sizeof *often);
    }
    documents->count += rows;
}

static void free_documents(struct wn_documents *documents)
{
    free(documents->start);
    free(documents->place);
    free(documents->often);
}

static void *text_fit_start(void *shared)
{
    struct piece *piece = wn_new(1, sizeof *piece);

    piece->fit = shared;
    piece->terms = wn_terms_new(piece->fit->table->text_grams);
    return piece;
}

static void text_fit_stop(void *state)
{
    struct piece *piece = state;

    wn_terms_free(piece->terms);
    free_documents(&piece->documents);
    free(piece);
}

static int text_fit_row(void *state, size_t row, const struct wn_cell *cells,
                        struct wn_error *error)
{
    struct piece *piece = state;
    const struct wn_text_fit *fit = piece->fit;
    const struct wn_cell *cell = &cells[fit->column];

    if (row % fit->stride || wn_table_is_missing(fit->table, cell))
        return 0;
    if (wn_terms_read(piece->terms, cell->text, cell->length, error))
        return -1;
    const uint64_t start[2] = {0, wn_terms_count(piece->terms)};
    append(&piece->documents, 1, start, wn_terms_place(piece->terms),
           wn_terms_often(piece->terms));
    return 0;
}

static int text_fit_finish(void *shared, void *state, size_t begin, size_t end,
                           struct wn_error *error)
{
    struct wn_text_fit *fit = shared;
    struct wn_documents *documents = &((struct piece *)state)->documents;

    (void)begin, (void)end, (void)error;
    if (documents->count)
        append(&fit->all, documents->count, documents->start, documents->place,
               documents->often);
    documents->count = 0;
    return 0;
}

struct wn_text_fit *wn_text_fit_new(struct wn_table *table, size_t column,
                                    struct wn_csv_visitor *visitor)
{
    const size_t by_count =
        (table->csv->rows - 1) / WN_TEXT_MODEL_DOCUMENTS + 1;
    const size_t by_bytes = (size_t)(table->csv->size / SAMPLE_BYTES) + 1;
    struct wn_text_fit *fit = wn_new(1, sizeof *fit);

    fit->table = table;
    fit->column = column;
    fit->stride = by_count > by_bytes ? by_count : by_bytes;
    *visitor = (struct wn_csv_visitor){.shared = fit,
                                       .start = text_fit_start,
                                       .row = text_fit_row,
                                       .finish = text_fit_finish,
                                       .stop = text_fit_stop};
    return fit;
}

int wn_text_fit_conclude(struct wn_text_fit *fit, struct wn_error *error)
{
    const struct wn_table *table = fit->table;
    /* Ten documents for a direction: fewer give noise. */
    const size_t max = fit->all.count / 10 + 1;
    struct wn_column *column = &fit->table->column[fit->column];

    if (fit->all.count == 0)
        return 0;
    column->text_model = wn_text_model_fit(
        &fit->all, table->text_dims < max ? table->text_dims : max,
        table->text_svd, table->threads, error);
    return column->text_model ? 0 : -1;
}

void wn_text_fit_free(struct wn_text_fit *fit)
{
    if (!fit)
        return;
    free_documents(&fit->all);
    free(fit);
}
