/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Encode cells, or the numbers that the survey kept, as rows of features, block
 * by block; see table.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "encode/kind.h"
#include "encode/survey.h"
#include "util/memory.h"
#include "util/number.h"
#include "util/parallel.h"

enum { BLOCK_FLOATS = 1 << 20 };

const char *const wn_rule_names[WN_RULES_FIRST] = {"missing", "number", "date",
                                                   "boolean"};

/* Copies of cells, one after the other. */
struct kept {
    struct wn_text text;
    size_t *end;
    size_t count, capacity;
};

struct encoding {
    const struct wn_table *table;
    const struct wn_table_sink *sink;
    size_t rows; /* maximum of a piece */
    bool has_text;
};

struct piece {
    const struct encoding *encoding;
    const struct wn_table *table;
    float *features;
    size_t begin, end;
    struct wn_defect *defect;
    size_t defects, defect_capacity;
    struct kept broken, ids;
    struct wn_terms *terms; /* NULL if no column is text */
    double *numbers;        /* rows x spool->width, or NULL */
};

static void keep_cell(struct kept *kept, const struct wn_cell *cell)
{
    wn_grow(&kept->end, &kept->capacity, kept->count + 1, sizeof *kept->end);
    wn_text_add(&kept->text, cell->text, cell->length);
    kept->end[kept->count++] = kept->text.length;
}

static struct wn_cell kept_cell(const struct kept *kept, size_t i)
{
    const size_t begin = i ? kept->end[i - 1] : 0;

    return (struct wn_cell){wn_text_of(&kept->text) + begin,
                            kept->end[i] - begin};
}

static void free_kept(struct kept *kept)
{
    wn_text_free(&kept->text);
    free(kept->end);
}

static void encode_stop(void *state)
{
    struct piece *piece = state;

    free(piece->features);
    free(piece->defect);
    free_kept(&piece->broken);
    free_kept(&piece->ids);
    wn_terms_free(piece->terms);
    free(piece->numbers);
    free(piece);
}

static void *encode_start(void *shared)
{
    const struct encoding *encoding = shared;
    const struct wn_table *table = encoding->table;
    struct piece *piece = wn_new(1, sizeof *piece);

    piece->encoding = encoding;
    piece->table = table;
    piece->features = wn_new(wn_product(encoding->rows, table->d, 1),
                             sizeof *piece->features);
    if (encoding->has_text)
        piece->terms = wn_terms_new(table->text_grams);
    if (table->numbers)
        piece->numbers =
            wn_new(wn_product(encoding->rows, table->numbers->width, 1),
                   sizeof *piece->numbers);
    return piece;
}

static void encode_begin(void *state, size_t begin, size_t end)
{
    struct piece *piece = state;

    piece->begin = begin;
    piece->end = end;
    piece->defects = 0;
    piece->broken.count = piece->broken.text.length = 0;
    piece->ids.count = piece->ids.text.length = 0;
    memset(piece->features, 0,
           (end - begin) * piece->table->d * sizeof *piece->features);
}

/* Write the features of a missing or invalid cell, and note the defect. */
static void encode_unknown(struct piece *piece, size_t row, size_t c,
                           enum wn_rule rule, float *out)
{
    const struct wn_column *column = &piece->table->column[c];

    if (wn_kinds[column->kind].unknown)
        wn_kinds[column->kind].unknown(column, out);
    if (column->indicator)
        out[column->features - 1] = 1;
    wn_grow(&piece->defect, &piece->defect_capacity, piece->defects + 1,
            sizeof *piece->defect);
    piece->defect[piece->defects++] =
        (struct wn_defect){row, (uint32_t)c, rule};
}

/* --- from the cells ----------------------------------------------------- */

static int encode_row(void *state, size_t row, const struct wn_cell *cells,
                      struct wn_error *error)
{
    struct piece *piece = state;
    const struct wn_table *table = piece->table;
    float *out = piece->features + (row - piece->begin) * table->d;

    for (size_t c = 0; c < table->csv->columns; c++) {
        const struct wn_column *column = &table->column[c];
        const struct wn_kind *kind = &wn_kinds[column->kind];

        if (column->role == WN_ROLE_ID)
            keep_cell(&piece->ids, &cells[c]);
        if (column->role != WN_ROLE_FEATURE)
            continue;
        if (wn_table_is_missing(table, &cells[c])) {
            encode_unknown(piece, row, c, WN_RULE_MISSING, out + column->first);
            continue;
        }
        if (!kind->encode)
            continue;
        const int encoded = kind->encode(column, &cells[c], piece->terms,
                                         out + column->first, error);
        if (encoded < 0)
            return -1;
        if (encoded == 0) {
            encode_unknown(piece, row, c, kind->rule, out + column->first);
            keep_cell(&piece->broken, &cells[c]);
        }
    }
    return 0;
}

/* --- from the kept numbers ---------------------------------------------- */

static int encode_numbers(void *state, size_t p, struct wn_error *error)
{
    struct piece *piece = state;
    const struct wn_table *table = piece->table;
    const struct wn_numeric_spool *spool = table->numbers;
    const size_t n = table->csv->rows, rows = piece->encoding->rows;
    const size_t begin = p * rows, end = n - begin < rows ? n : begin + rows;

    encode_begin(piece, begin, end);
    if (wn_numeric_spool_read(spool, begin, end, piece->numbers, error))
        return -1;
    for (size_t row = begin; row < end; row++) {
        const double *number = piece->numbers + (row - begin) * spool->width;
        float *out = piece->features + (row - begin) * table->d;

        for (size_t c = 0; c < table->csv->columns; c++) {
            const struct wn_column *column = &table->column[c];

            if (column->role != WN_ROLE_FEATURE)
                continue;
            const double value = number[spool->slot[c]];
            if (isnan(value))
                encode_unknown(piece, row, c, WN_RULE_MISSING,
                               out + column->first);
            else if (column->kind == WN_KIND_NUMERIC &&
                     column->scale.per_deviation > 0)
                out[column->first] = wn_scale_apply(&column->scale, value);
        }
    }
    return 0;
}

/* --- to the sink -------------------------------------------------------- */

static int encode_finish(void *shared, void *state, size_t begin, size_t end,
                         struct wn_error *error)
{
    const struct encoding *encoding = shared;
    const struct wn_table_sink *sink = encoding->sink;
    const struct piece *piece = state;
    size_t broken = 0;

    if (sink->features(sink->context, end - begin, piece->features, error))
        return -1;
    for (size_t i = 0; i < piece->defects; i++) {
        struct wn_cell cell = {0};

        if (piece->defect[i].rule != WN_RULE_MISSING)
            cell = kept_cell(&piece->broken, broken++);
        sink->defect(sink->context, piece->defect[i], cell.text ? &cell : NULL);
    }
    for (size_t i = 0; i < piece->ids.count; i++) {
        const struct wn_cell cell = kept_cell(&piece->ids, i);

        sink->id(sink->context, &cell);
    }
    return 0;
}

static int encode_finish_numbers(void *shared, void *state, size_t p,
                                 struct wn_error *error)
{
    const struct piece *piece = state;

    (void)p;
    return encode_finish(shared, state, piece->begin, piece->end, error);
}

int wn_table_encode(const struct wn_table *table,
                    const struct wn_table_sink *sink, struct wn_error *error)
{
    /* A number takes twice the bytes of a feature. */
    const size_t kept = table->numbers ? 2 * table->numbers->width : 0;
    const size_t width = table->d > kept ? table->d : kept;
    size_t rows = width ? BLOCK_FLOATS / width : WN_PIECE_ROWS;

    if (rows == 0)
        rows = 1;
    if (rows > WN_PIECE_ROWS)
        rows = WN_PIECE_ROWS;
    struct encoding encoding = {.table = table, .sink = sink, .rows = rows};
    for (size_t c = 0; c < table->csv->columns; c++)
        encoding.has_text |= table->column[c].text_model != NULL;
    if (table->numbers) {
        const struct wn_parallel pieces = {
            .threads = table->threads,
            .count = (table->csv->rows - 1) / rows + 1,
            .shared = &encoding,
            .start = encode_start,
            .work = encode_numbers,
            .join = encode_finish_numbers,
            .stop = encode_stop};

        return wn_parallel_ordered(&pieces, error);
    }
    const struct wn_csv_pass reading = {.csv = table->csv,
                                        .threads = table->threads,
                                        .rows = rows,
                                        .log = table->log,
                                        .what = "encoding"};
    const struct wn_csv_visitor visitor = {.shared = &encoding,
                                           .start = encode_start,
                                           .begin = encode_begin,
                                           .row = encode_row,
                                           .finish = encode_finish,
                                           .stop = encode_stop};
    return wn_csv_foreach(&reading, &visitor, 1, error);
}
