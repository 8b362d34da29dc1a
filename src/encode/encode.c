/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The second pass: cells into rows of features, block by block; see table.h. */
#include <stdlib.h>
#include <string.h>

#include "encode/numeric_spool.h"
#include "encode/kind.h"
#include "csv/csv_foreach.h"
#include "util/memory.h"
#include "util/number.h"

enum { BLOCK_FLOATS = 1 << 20 };

const char *const wn_rule_names[WN_RULES_FIRST] = {"missing", "number", "date",
                                                   "boolean"};

/* The parts of cells that outlive the row: texts one behind the other. */
struct kept {
    struct wn_text text;
    size_t *end;
    size_t count, room;
};

struct encoding {
    const struct wn_table *table;
    const struct wn_table_sink *sink;
    size_t rows; /* most of a piece */
};

struct piece {
    const struct wn_table *table;
    float *features;
    size_t begin;
    struct wn_defect *defect;
    size_t defects, defect_room;
    struct kept broken, ids;
    struct wn_terms *terms; /* NULL where no column is text */
};

static int encode_keep(struct kept *kept, const struct wn_cell *cell)
{
    wn_grow(&kept->end, &kept->room, kept->count + 1, sizeof *kept->end);
    if (wn_text_add(&kept->text, cell->text, cell->length))
        return -1;
    kept->end[kept->count++] = kept->text.length;
    return 0;
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

static void encode_stop_piece(void *own)
{
    struct piece *piece = own;

    if (!piece)
        return;
    free(piece->features);
    free(piece->defect);
    free_kept(&piece->broken);
    free_kept(&piece->ids);
    wn_terms_free(piece->terms);
    free(piece);
}

static bool has_text(const struct wn_table *table)
{
    for (size_t c = 0; c < wn_csv_columns(table->csv); c++)
        if (table->column[c].prose)
            return true;
    return false;
}

static void *encode_start_piece(void *shared)
{
    const struct encoding *encoding = shared;
    struct piece *piece = wn_new(1, sizeof *piece);

    piece->table = encoding->table;
    piece->features = wn_new(wn_product(encoding->rows, piece->table->d, 1),
                             sizeof *piece->features);
    if (has_text(piece->table))
        piece->terms = wn_terms_new(piece->table->text_grams);
    return piece;
}

static void encode_begin_piece(void *own, size_t begin, size_t end)
{
    struct piece *piece = own;

    piece->begin = begin;
    piece->defects = 0;
    piece->broken.count = piece->broken.text.length = 0;
    piece->ids.count = piece->ids.text.length = 0;
    memset(piece->features, 0,
           (end - begin) * piece->table->d * sizeof *piece->features);
}

static void add_defect(struct piece *piece, size_t row, size_t column,
                       enum wn_rule rule)
{
    wn_grow(&piece->defect, &piece->defect_room, piece->defects + 1,
            sizeof *piece->defect);
    piece->defect[piece->defects++] =
        (struct wn_defect){row, (uint32_t)column, (uint8_t)rule};
}

static void encode_unknown(const struct wn_column *column, float *out)
{
    if (wn_kinds[column->kind].unknown)
        wn_kinds[column->kind].unknown(column, out);
    if (column->indicator)
        out[column->features - 1] = 1;
}

/* One cell of a feature column into its features, `out`, which are 0. */
static int encode_cell(struct piece *piece, size_t row, size_t c,
                       const struct wn_cell *cell, float *out,
                       struct wn_error *error)
{
    const struct wn_column *column = &piece->table->column[c];
    const struct wn_kind *kind = &wn_kinds[column->kind];

    if (wn_table_is_missing(piece->table, cell)) {
        encode_unknown(column, out);
        add_defect(piece, row, c, WN_RULE_MISSING);
        return 0;
    }
    if (!kind->encode)
        return 0;
    const int done = kind->encode(column, cell, piece->terms, out, error);
    if (done)
        return done < 0 ? -1 : 0;
    encode_unknown(column, out);
    if (encode_keep(&piece->broken, cell))
        return -1;
    add_defect(piece, row, c, kind->rule);
    return 0;
}

/* What most cells are, in short: a number in a numeric column, where no number
 * means "missing". False: not that. */
static inline bool encode_number(const struct wn_table *table,
                                 const struct wn_column *column,
                                 const struct wn_cell *cell, float *out)
{
    double value;

    if (column->kind != WN_KIND_NUMERIC || table->na_count ||
        !(column->scale.per_deviation > 0) ||
        !wn_number_parse_padded(cell->text, cell->length, &value))
        return false;
    *out = wn_scale_apply(&column->scale, value);
    return true;
}

static int encode_take_row(void *own, size_t row, const struct wn_cell *cells,
                           struct wn_error *error)
{
    struct piece *piece = own;
    const struct wn_table *table = piece->table;
    const size_t columns = wn_csv_columns(table->csv);
    float *out = piece->features + (row - piece->begin) * table->d;

    for (size_t c = 0; c < columns; c++) {
        const struct wn_column *column = &table->column[c];

        if (encode_number(table, column, &cells[c], out + column->first))
            continue;
        if (column->role == WN_ROLE_ID && encode_keep(&piece->ids, &cells[c]))
            return -1;
        if (column->role == WN_ROLE_FEATURE &&
            encode_cell(piece, row, c, &cells[c], out + column->first, error))
            return -1;
    }
    return 0;
}

static int encode_finish_piece(void *shared, void *own, size_t begin,
                               size_t end, struct wn_error *error)
{
    const struct encoding *encoding = shared;
    const struct wn_table_sink *sink = encoding->sink;
    const struct piece *piece = own;
    size_t broken = 0;

    if (sink->features(sink->context, end - begin, piece->features, error))
        return -1;
    for (size_t i = 0; i < piece->defects; i++) {
        struct wn_cell cell = {0};

        if (piece->defect[i].rule != WN_RULE_MISSING)
            cell = kept_cell(&piece->broken, broken++);
        if (sink->defect(sink->context, piece->defect[i],
                         cell.text ? &cell : NULL, error))
            return -1;
    }
    for (size_t i = 0; i < piece->ids.count; i++) {
        const struct wn_cell cell = kept_cell(&piece->ids, i);

        if (sink->id(sink->context, &cell, error))
            return -1;
    }
    return 0;
}

int wn_table_encode(const struct wn_table *table,
                    const struct wn_table_sink *sink, struct wn_error *error)
{
    size_t rows = table->d ? BLOCK_FLOATS / table->d : WN_PIECE_ROWS;

    if (rows == 0)
        rows = 1;
    if (rows > WN_PIECE_ROWS)
        rows = WN_PIECE_ROWS;
    if (table->ahead)
        return wn_numeric_spool_give(table->ahead, table, rows, sink, error);
    struct encoding encoding = {table, sink, rows};
    const struct wn_csv_pass pass_over = {.csv = table->csv,
                                          .threads = table->threads,
                                          .rows = rows,
                                          .log = table->talk,
                                          .what = "encoding"};
    const struct wn_csv_visitor visitor = {.shared = &encoding,
                                           .start = encode_start_piece,
                                           .begin = encode_begin_piece,
                                           .row = encode_take_row,
                                           .finish = encode_finish_piece,
                                           .stop = encode_stop_piece};

    return wn_csv_foreach(&pass_over, &visitor, 1, error);
}
