/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of columns against names of classes, then their cells;
 * user_probability.h. */
#include "encode/user_probability.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clean/pattern.h"
#include "csv/csv_foreach.h"
#include "util/memory.h"
#include "util/number.h"
#include "util/text.h"

/* A sum of floats that a division brought to 1 may be over it by this. */
#define OVER 1e-5

enum { NAMES_TOLD = 12, BLOCK_FLOATS = 1 << 20 };

/* One column whose name matched, its class at name[0 .. length). */
static int user_probability_add_column(struct wn_table *table, size_t c,
                                       const char *name, size_t length,
                                       struct wn_error *error)
{
    struct wn_dictionary *brought = &table->brought;
    const size_t known = brought->count;

    if (length == 0)
        return wn_fail(error, WN_EDATA,
                       "%s: column %.120s: found no class name in it by "
                       "--probability, wanted one",
                       wn_csv_name(table->csv), wn_csv_column(table->csv, c));
    const size_t at = wn_dictionary_add(brought, name, length, 0, 0);
    if (brought->count == known)
        return wn_fail(error, WN_EDATA,
                       "%s: columns %.120s and %.120s are both for class "
                       "%.*s by --probability, wanted one",
                       wn_csv_name(table->csv),
                       wn_csv_column(table->csv, table->brought_column[at]),
                       wn_csv_column(table->csv, c), (int)length, name);
    table->brought_column[at] = c;
    table->column[c].role = WN_ROLE_PROBABILITY;
    return 0;
}

int wn_user_probability_find(struct wn_table *table, const char *pattern,
                             struct wn_error *error)
{
    const size_t columns = wn_csv_columns(table->csv);
    struct wn_pattern *names = wn_pattern_new("probability", pattern, error);
    int status = names ? 0 : -1;

    table->brought_column = wn_new(columns, sizeof *table->brought_column);
    for (size_t c = 0; c < columns && status == 0; c++) {
        const char *name = wn_csv_column(table->csv, c);
        size_t begin, length;

        if (table->column[c].role != WN_ROLE_FEATURE)
            continue;
        const int match =
            wn_pattern_group(names, name, strlen(name), &begin, &length, error);
        if (match < 0 || (match && user_probability_add_column(
                                       table, c, name + begin, length, error)))
            status = -1;
    }
    wn_pattern_free(names);
    if (status == 0 && table->brought.count == 0)
        return wn_fail(error, WN_EUSAGE,
                       "--probability: no column's name matches '%s'", pattern);
    return status;
}

/* --- which class has which column --------------------------------------- */

/* A list of names that does not grow beyond what can be read. */
struct listing {
    struct wn_text text;
    size_t count;
};

static int list(struct listing *listing, const char *name, size_t length,
                struct wn_error *error)
{
    const size_t at = listing->count++;

    if (at > NAMES_TOLD)
        return 0;
    if (at == NAMES_TOLD) {
        wn_text_format(&listing->text, ", ...");
        return 0;
    }
    wn_text_format(&listing->text, "%s%.*s", at ? ", " : "",
                   (int)(length < 60 ? length : 60), name);
    return 0;
}

/* The names in `of` that `in` does not have. */
static int list_others(struct listing *listing, const struct wn_dictionary *of,
                       const struct wn_dictionary *in, struct wn_error *error)
{
    for (size_t v = 0; v < of->count; v++) {
        const char *name = wn_dictionary_text(of, v);
        const size_t length = of->value[v].length;

        if (wn_dictionary_find(in, name, length) < 0 &&
            list(listing, name, length, error))
            return -1;
    }
    return 0;
}

int wn_user_probability_match(struct wn_table *table, struct wn_error *error)
{
    struct listing lone = {0}, extra = {0};
    int status = -1;

    if (table->brought.count == 0)
        return 0;
    if (list_others(&lone, &table->classes, &table->brought, error) ||
        list_others(&extra, &table->brought, &table->classes, error))
        goto done;
    if (lone.count || (extra.count && table->declared.count)) {
        wn_fail(error, WN_EDATA,
                "%s: --probability: found classes without a column: %s; "
                "columns without a class: %s; wanted a column for each class",
                wn_csv_name(table->csv), lone.count ? lone.text.bytes : "none",
                extra.count ? extra.text.bytes : "none");
        goto done;
    }
    if (extra.count)
        wn_log_note(table->talk,
                    "%s: --probability: columns for classes that no row "
                    "has: %s",
                    wn_csv_name(table->csv), extra.text.bytes);
    wn_dictionary_merge(&table->classes, &table->brought, NULL);
    status = 0;
done:
    wn_text_free(&lone.text);
    wn_text_free(&extra.text);
    return status;
}

/* --- cells -------------------------------------------------------------- */

int wn_user_probability_row(const double *in, size_t k, float *out, size_t *at,
                            double *sum)
{
    *sum = 0;
    for (size_t c = 0; c < k; c++) {
        if (!(in[c] >= 0 && in[c] <= 1 + OVER)) {
            *at = c;
            return 1;
        }
        *sum += in[c];
        out[c] = (float)fmin(in[c], 1);
    }
    return fabs(*sum - 1) <= WN_SUM_SLACK ? 0 : 2;
}

struct reading {
    const struct wn_table *table;
    size_t *column; /* of each class */
    size_t rows;    /* most of a piece */
    wn_user_probability_take *take;
    void *context;
};

struct piece {
    const struct reading *reading;
    size_t begin;
    double *in;   /* k */
    float *block; /* rows x k */
};

static void user_probability_stop_piece(void *own)
{
    struct piece *piece = own;

    if (!piece)
        return;
    free(piece->in);
    free(piece->block);
    free(piece);
}

static void *user_probability_start_piece(void *shared)
{
    const struct reading *reading = shared;
    const size_t k = reading->table->classes.count;
    struct piece *piece = wn_new(1, sizeof *piece);

    piece->reading = reading;
    piece->in = wn_new(k, sizeof *piece->in);
    piece->block =
        wn_new(wn_product(reading->rows, k, 1), sizeof *piece->block);
    if (piece->in && piece->block)
        return piece;
    user_probability_stop_piece(piece);
    return NULL;
}

static void user_probability_begin_piece(void *own, size_t begin, size_t end)
{
    struct piece *piece = own;

    (void)end;
    piece->begin = begin;
}

static int user_probability_fail_cell(const struct reading *reading, size_t row,
                                      size_t column, const struct wn_cell *cell,
                                      struct wn_error *error)
{
    return wn_csv_fail(reading->table->csv, row, column, error,
                       "found '%.*s', wanted a probability",
                       wn_text_told(cell->length), cell->text);
}

static int user_probability_take_row(void *own, size_t row,
                                     const struct wn_cell *cells,
                                     struct wn_error *error)
{
    struct piece *piece = own;
    const struct reading *reading = piece->reading;
    const struct wn_table *table = reading->table;
    const size_t k = table->classes.count;
    size_t at = 0;
    double sum;

    for (size_t c = 0; c < k; c++) {
        const struct wn_cell *cell = &cells[reading->column[c]];

        if (!wn_number_parse_padded(cell->text, cell->length, &piece->in[c]))
            return user_probability_fail_cell(reading, row, reading->column[c],
                                              cell, error);
    }
    switch (wn_user_probability_row(
        piece->in, k, piece->block + (row - piece->begin) * k, &at, &sum)) {
    case 0:
        return 0;
    case 1:
        return user_probability_fail_cell(reading, row, reading->column[at],
                                          &cells[reading->column[at]], error);
    default:
        return wn_fail(error, WN_EDATA,
                       "%s:%llu: found probabilities that sum to %.6g, "
                       "wanted 1",
                       wn_csv_name(table->csv),
                       (unsigned long long)wn_csv_line(table->csv)[row], sum);
    }
}

static int user_probability_finish_piece(void *shared, void *own, size_t begin,
                                         size_t end, struct wn_error *error)
{
    const struct reading *reading = shared;
    const struct piece *piece = own;

    return reading->take(reading->context, end - begin, piece->block, error);
}

int wn_user_probability_read(const struct wn_table *table,
                             wn_user_probability_take *take, void *context,
                             struct wn_error *error)
{
    const struct wn_dictionary *classes = &table->classes;
    struct reading reading = {.table = table, .take = take, .context = context};
    struct wn_csv_pass pass_over = {.csv = table->csv,
                                    .threads = table->threads,
                                    .rows = 0,
                                    .log = table->talk,
                                    .what = "reading probabilities"};
    const struct wn_csv_visitor visitor = {
        .shared = &reading,
        .start = user_probability_start_piece,
        .begin = user_probability_begin_piece,
        .row = user_probability_take_row,
        .finish = user_probability_finish_piece,
        .stop = user_probability_stop_piece};

    reading.column = wn_new(classes->count, sizeof *reading.column);
    for (size_t c = 0; c < classes->count; c++) {
        const long at =
            wn_dictionary_find(&table->brought, wn_dictionary_text(classes, c),
                               classes->value[c].length);

        reading.column[c] = table->brought_column[at];
    }
    reading.rows = BLOCK_FLOATS / classes->count;
    if (reading.rows == 0)
        reading.rows = 1;
    if (reading.rows > WN_PIECE_ROWS)
        reading.rows = WN_PIECE_ROWS;
    pass_over.rows = reading.rows;
    const int status = wn_csv_foreach(&pass_over, &visitor, 1, error);
    free(reading.column);
    return status;
}
