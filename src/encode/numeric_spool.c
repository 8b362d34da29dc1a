/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features that are encoded before it is certain what they are;
 * numeric_spool.h. */
#include "encode/numeric_spool.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "encode/columns.h"
#include "util/file.h"
#include "util/memory.h"
#include "util/parallel.h"

enum { SAMPLE_PIECE = 1024 };

/* The sample being read. */
struct peek {
    const struct wn_table *table;
    size_t stride, rows;
    double *number; /* columns x rows */
};

struct piece {
    struct peek *peek;
    struct wn_csv_reader *reader;
};

static void numeric_spool_stop_piece(void *own)
{
    struct piece *piece = own;

    if (piece)
        wn_csv_reader_free(piece->reader);
    free(piece);
}

static void *numeric_spool_start_piece(void *shared, struct wn_error *error)
{
    struct piece *piece = wn_new(1, sizeof *piece);

    piece->peek = shared;
    piece->reader = wn_csv_reader_new(piece->peek->table->csv);
    if (piece->reader)
        return piece;
    numeric_spool_stop_piece(piece);
    return NULL;
}

static int numeric_spool_take_row(void *context, size_t row,
                                  const struct wn_cell *cells,
                                  struct wn_error *error)
{
    const struct peek *peek = context;
    const struct wn_table *table = peek->table;
    const size_t at = row / peek->stride;

    for (size_t c = 0; c < wn_csv_columns(table->csv); c++)
        if (table->column[c].role == WN_ROLE_FEATURE &&
            !wn_number_parse_padded(cells[c].text, cells[c].length,
                                    &peek->number[c * peek->rows + at]))
            return wn_fail(error, WN_EDATA, "no number");
    return 0;
}

static int numeric_spool_read_piece(void *own, size_t p, struct wn_error *error)
{
    const struct piece *piece = own;
    struct peek *peek = piece->peek;

    for (size_t i = p * SAMPLE_PIECE;
         i < (p + 1) * SAMPLE_PIECE && i < peek->rows; i++) {
        const size_t row =
            wn_sample_row(i, peek->stride, wn_csv_rows(peek->table->csv));

        if (wn_csv_read(piece->reader, row, row + 1, numeric_spool_take_row,
                        peek, error))
            return -1;
    }
    return 0;
}

static int numeric_spool_join_piece(void *shared, void *own, size_t p,
                                    struct wn_error *error)
{
    (void)shared, (void)own, (void)p, (void)error;
    return 0;
}

/* The places that columns.c gives. */
static void place(struct wn_numeric_spool *ahead, const struct wn_table *table)
{
    for (int second = 0; second < 2; second++)
        for (size_t c = 0; c < wn_csv_columns(table->csv); c++)
            if (table->column[c].role == WN_ROLE_FEATURE &&
                table->column[c].second == (second == 1) &&
                ahead->scale[c].per_deviation > 0)
                ahead->place[c] = ahead->d++;
}

static int numeric_spool_fit(struct wn_numeric_spool *ahead,
                             const struct peek *peek)
{
    const struct wn_table *table = peek->table;
    double *spare = wn_new(peek->rows, sizeof *spare);

    for (size_t c = 0; c < wn_csv_columns(table->csv); c++) {
        ahead->place[c] = SIZE_MAX;
        if (table->column[c].role == WN_ROLE_FEATURE)
            wn_scale_fit(&ahead->scale[c], peek->number + c * peek->rows, spare,
                         peek->rows);
    }
    place(ahead, table);
    free(spare);
    return ahead->d ? 0 : -1;
}

/* Only columns that can be numbers, and no text that is handed on. */
static bool applies(const struct wn_table *table, size_t stride)
{
    if (stride == 1 || table->na_count)
        return false;
    for (size_t c = 0; c < wn_csv_columns(table->csv); c++) {
        const struct wn_column *column = &table->column[c];

        if (column->role == WN_ROLE_ID ||
            (column->role == WN_ROLE_FEATURE && column->kind != WN_KIND_GUESS &&
             column->kind != WN_KIND_NUMERIC))
            return false;
    }
    return true;
}

struct wn_numeric_spool *wn_numeric_spool_new(const struct wn_table *table,
                                              size_t stride)
{
    const size_t columns = wn_csv_columns(table->csv);
    const size_t rows = (wn_csv_rows(table->csv) + stride - 1) / stride;
    struct wn_error quiet = {0};
    struct peek peek = {table, stride, rows, NULL};
    const struct wn_parallel pieces = {.threads = table->threads,
                                       .count = (rows + SAMPLE_PIECE - 1) /
                                                SAMPLE_PIECE,
                                       .shared = &peek,
                                       .start = numeric_spool_start_piece,
                                       .work = numeric_spool_read_piece,
                                       .join = numeric_spool_join_piece,
                                       .stop = numeric_spool_stop_piece};
    struct wn_numeric_spool *ahead =
        applies(table, stride) ? wn_new(1, sizeof *ahead) : NULL;

    if (!ahead)
        return NULL;
    ahead->spool = -1;
    ahead->place = wn_new(columns, sizeof *ahead->place);
    ahead->scale = wn_new(columns, sizeof *ahead->scale);
    peek.number = wn_new(wn_product(columns, rows, 1), sizeof *peek.number);
    if (ahead->place && ahead->scale && peek.number &&
        wn_parallel_ordered(&pieces, &quiet) == 0 &&
        numeric_spool_fit(ahead, &peek) == 0)
        ahead->spool = wn_temporary(&quiet);
    free(peek.number);
    if (ahead->spool >= 0)
        return ahead;
    wn_numeric_spool_free(ahead);
    return NULL;
}

void wn_numeric_spool_free(struct wn_numeric_spool *ahead)
{
    if (!ahead)
        return;
    if (ahead->spool >= 0)
        close(ahead->spool);
    free(ahead->place);
    free(ahead->scale);
    free(ahead);
}

void wn_numeric_spool_keep(struct wn_numeric_spool *ahead, size_t begin,
                           size_t end, const float *features)
{
    const size_t row = ahead->d * sizeof *features;
    const char *bytes = (const char *)features;
    size_t left = features ? (end - begin) * row : 0;
    off_t at = (off_t)(begin * row);

    if (!features)
        atomic_store(&ahead->wrong, true);
    while (left && !atomic_load(&ahead->wrong)) {
        const ssize_t put = pwrite(ahead->spool, bytes, left, at);

        if (put <= 0) {
            atomic_store(&ahead->wrong, true);
            break;
        }
        bytes += put;
        at += put;
        left -= (size_t)put;
    }
}

bool wn_numeric_spool_holds(const struct wn_numeric_spool *ahead,
                            const struct wn_table *table)
{
    if (atomic_load(&ahead->wrong) || ahead->d != table->d)
        return false;
    for (size_t c = 0; c < wn_csv_columns(table->csv); c++) {
        const struct wn_column *column = &table->column[c];
        const bool placed = ahead->place[c] != SIZE_MAX;

        if (column->role != WN_ROLE_FEATURE)
            continue;
        if (column->features != placed || column->missing || column->invalid)
            return false;
        if (placed &&
            (column->kind != WN_KIND_NUMERIC ||
             column->first != ahead->place[c] ||
             memcmp(&column->scale, &ahead->scale[c], sizeof column->scale)))
            return false;
    }
    return true;
}

/* --- giving out --------------------------------------------------------- */

struct giving {
    const struct wn_numeric_spool *ahead;
    size_t n, rows; /* of a block */
    const struct wn_table_sink *sink;
};

struct block {
    const struct giving *giving;
    size_t count;
    float *features;
};

static void stop_block(void *own)
{
    struct block *block = own;

    if (block)
        free(block->features);
    free(block);
}

static void *start_block(void *shared, struct wn_error *error)
{
    const struct giving *giving = shared;
    struct block *block = wn_new(1, sizeof *block);

    block->giving = giving;
    block->features = wn_new(wn_product(giving->rows, giving->ahead->d, 1),
                             sizeof *block->features);
    if (block->features)
        return block;
    stop_block(block);
    return NULL;
}

static int read_block(void *own, size_t p, struct wn_error *error)
{
    struct block *block = own;
    const struct giving *giving = block->giving;
    const size_t row = giving->ahead->d * sizeof *block->features;
    const size_t at = p * giving->rows, left = giving->n - at;

    block->count = left < giving->rows ? left : giving->rows;
    return wn_read_at(giving->ahead->spool, block->features, block->count * row,
                      (uint64_t)at * row, "temporary file", error);
}

static int give_block(void *shared, void *own, size_t p, struct wn_error *error)
{
    const struct giving *giving = shared;
    const struct block *block = own;

    (void)p;
    return giving->sink->features(giving->sink->context, block->count,
                                  block->features, error);
}

int wn_numeric_spool_give(const struct wn_numeric_spool *ahead,
                          const struct wn_table *table, size_t rows,
                          const struct wn_table_sink *sink,
                          struct wn_error *error)
{
    struct giving giving = {ahead, wn_csv_rows(table->csv), rows, sink};
    const struct wn_parallel pieces = {.threads = table->threads,
                                       .count = (giving.n - 1) / rows + 1,
                                       .shared = &giving,
                                       .start = start_block,
                                       .work = read_block,
                                       .join = give_block,
                                       .stop = stop_block};

    return wn_parallel_ordered(&pieces, error);
}
