/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One pass over the columns with a role; see roles.h. Names have numbers of
 * their own in each piece of rows, which are merged in the order of the file
 * and sorted at the end. */
#include "encode/roles.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "csv/csv_foreach.h"
#include "encode/boolean.h"
#include "util/memory.h"
#include "util/number.h"
#include "util/text.h"

const struct wn_role_kind wn_role_kinds[] = {
    {WN_ROLE_GROUP, "group", WN_ROLE_NAMES,
     "rows with the same cell here belong together, as those of one patient"},
    {WN_ROLE_SPLIT, "split", WN_ROLE_NAMES,
     "the column that tells train from test"},
    {WN_ROLE_TRUSTED, "trusted", WN_ROLE_FLAG,
     "the column that tells which labels are known to be right"},
    {WN_ROLE_WEIGHT, "weight", WN_ROLE_AMOUNT,
     "the column that tells how much a row counts"},
    {WN_ROLE_COST, "cost", WN_ROLE_AMOUNT,
     "the column that tells what a review of a row costs"},
    {WN_ROLE_ANNOTATOR, "annotator", WN_ROLE_NAMES,
     "the column that tells who gave the label"},
    {0}};

struct reading {
    const struct wn_table *table;
    struct wn_roles *roles;
    size_t column[WN_ROLE_KINDS];
};

struct piece {
    const struct reading *reading;
    struct wn_dictionary names[WN_ROLE_KINDS];
    int32_t *code[WN_ROLE_KINDS]; /* of the piece's rows, into its own names */
    size_t begin;
};

static void roles_stop_piece(void *own)
{
    struct piece *piece = own;

    if (!piece)
        return;
    for (size_t r = 0; r < WN_ROLE_KINDS; r++) {
        wn_dictionary_free(&piece->names[r]);
        free(piece->code[r]);
    }
    free(piece);
}

static void *roles_start_piece(void *shared)
{
    struct piece *piece = wn_new(1, sizeof *piece);

    piece->reading = shared;
    for (size_t r = 0; r < WN_ROLE_KINDS; r++) {
        if (!piece->reading->roles->of[r].code)
            continue;
        piece->code[r] = wn_new(WN_PIECE_ROWS, sizeof **piece->code);
    }
    return piece;
}

static void roles_begin_piece(void *own, size_t begin, size_t end)
{
    struct piece *piece = own;

    (void)end;
    piece->begin = begin;
    for (size_t r = 0; r < WN_ROLE_KINDS; r++)
        wn_dictionary_clear(&piece->names[r]);
}

static int roles_fail_cell(const struct reading *reading, size_t row, size_t r,
                           const struct wn_cell *cell, const char *wanted,
                           struct wn_error *error)
{
    return wn_csv_fail(reading->table->csv, row, reading->column[r], error,
                       "found '%.*s', wanted %s", wn_text_told(cell->length),
                       cell->text, wanted);
}

static int take_name(struct piece *piece, size_t row, size_t r,
                     const struct wn_cell *cell, struct wn_error *error)
{
    const size_t known = piece->names[r].count;

    if (cell->length > WN_NAME_BYTES)
        return wn_csv_fail(piece->reading->table->csv, row,
                           piece->reading->column[r], error,
                           "found a name of %zu bytes, wanted at most %d",
                           cell->length, WN_NAME_BYTES);
    const size_t number =
        wn_dictionary_add(&piece->names[r], cell->text, cell->length, 1, row);
    if (piece->names[r].count > known &&
        !wn_text_is_utf8(cell->text, cell->length))
        return roles_fail_cell(piece->reading, row, r, cell,
                               "UTF-8: see iconv(1)", error);
    piece->code[r][row - piece->begin] = (int32_t)number;
    return 0;
}

static int roles_take_cell(struct piece *piece, size_t row, size_t r,
                           const struct wn_cell *cell, struct wn_error *error)
{
    const struct reading *reading = piece->reading;
    struct wn_role_values *values = &reading->roles->of[r];
    const bool missing = wn_table_is_missing(reading->table, cell);
    double amount;

    if (values->code && missing)
        piece->code[r][row - piece->begin] = -1;
    else if (values->code)
        return take_name(piece, row, r, cell, error);
    if (values->flag && !missing) {
        const int truth = wn_boolean_parse(cell->text, cell->length);

        if (truth < 0)
            return roles_fail_cell(reading, row, r, cell, "true or false",
                                   error);
        values->flag[row] = (uint8_t)truth;
    }
    if (values->amount) {
        if (!wn_number_parse_padded(cell->text, cell->length, &amount) ||
            !(amount >= 0 && amount <= (double)FLT_MAX))
            return roles_fail_cell(reading, row, r, cell,
                                   "a number of 0 or more", error);
        values->amount[row] = (float)amount;
    }
    return 0;
}

static int roles_take_row(void *own, size_t row, const struct wn_cell *cells,
                          struct wn_error *error)
{
    struct piece *piece = own;
    const struct reading *reading = piece->reading;

    for (size_t r = 0; r < WN_ROLE_KINDS; r++)
        if (reading->roles->of[r].there &&
            roles_take_cell(piece, row, r, &cells[reading->column[r]], error))
            return -1;
    return 0;
}

static void merge_names(struct wn_role_values *values,
                        const struct wn_dictionary *names, const int32_t *code,
                        size_t begin, size_t end)
{
    int32_t *number = wn_new(names->count, sizeof *number);

    wn_dictionary_merge(&values->names, names, number);
    for (size_t row = begin; row < end; row++) {
        const int32_t own = code[row - begin];

        values->code[row] = own < 0 ? -1 : number[own];
    }
    free(number);
}

static int roles_finish_piece(void *shared, void *own, size_t begin, size_t end,
                              struct wn_error *error)
{
    const struct reading *reading = shared;
    const struct piece *piece = own;

    for (size_t r = 0; r < WN_ROLE_KINDS; r++)
        if (piece->code[r])
            merge_names(&reading->roles->of[r], &piece->names[r],
                        piece->code[r], begin, end);
    return 0;
}

/* Whether any column has a role of ours, and room for what it holds. */
static int roles_prepare(struct reading *reading, bool *any)
{
    const struct wn_csv *csv = reading->table->csv;
    const size_t n = wn_csv_rows(csv);

    *any = false;
    for (size_t r = 0; r < WN_ROLE_KINDS; r++) {
        struct wn_role_values *values = &reading->roles->of[r];
        size_t c = 0;

        while (c < wn_csv_columns(csv) &&
               reading->table->column[c].role != wn_role_kinds[r].role)
            c++;
        if (c == wn_csv_columns(csv))
            continue;
        *any = values->there = true;
        reading->column[r] = c;
        switch (wn_role_kinds[r].content) {
        case WN_ROLE_NAMES:
            values->code = wn_new(n, sizeof *values->code);
            break;
        case WN_ROLE_FLAG:
            values->flag = wn_new(n, sizeof *values->flag);
            break;
        case WN_ROLE_AMOUNT:
            values->amount = wn_new(n, sizeof *values->amount);
            break;
        }
        if (!values->code && !values->flag && !values->amount)
            return -1;
    }
    return 0;
}

static int roles_sort_names(struct wn_role_values *values, size_t n)
{
    int32_t *place = wn_new(values->names.count, sizeof *place);

    wn_dictionary_sort(&values->names, place);
    for (size_t row = 0; row < n; row++)
        if (values->code[row] >= 0)
            values->code[row] = place[values->code[row]];
    free(place);
    return 0;
}

static int roles_conclude(const struct reading *reading, struct wn_error *error)
{
    const struct wn_csv *csv = reading->table->csv;
    const size_t n = wn_csv_rows(csv);

    for (size_t r = 0; r < WN_ROLE_KINDS; r++) {
        struct wn_role_values *values = &reading->roles->of[r];
        const char *column = wn_csv_column(csv, reading->column[r]);
        size_t heavy = 0;

        if (values->code && roles_sort_names(values, n))
            return -1;
        if (values->code && values->names.count == 0)
            return wn_fail(error, WN_EDATA,
                           "%s: column %.120s: found no %s in it, wanted some",
                           wn_csv_name(csv), column, wn_role_kinds[r].name);
        while (values->amount && heavy < n && values->amount[heavy] == 0)
            heavy++;
        if (values->amount && heavy == n &&
            wn_role_kinds[r].role == WN_ROLE_WEIGHT)
            return wn_fail(error, WN_EDATA,
                           "%s: column %.120s: found only weights of 0, "
                           "wanted some above",
                           wn_csv_name(csv), column);
    }
    return 0;
}

int wn_roles_read(struct wn_roles *roles, const struct wn_table *table,
                  struct wn_error *error)
{
    struct reading reading = {.table = table, .roles = roles};
    const struct wn_csv_pass pass_over = {.csv = table->csv,
                                          .threads = table->threads,
                                          .rows = WN_PIECE_ROWS,
                                          .log = table->talk,
                                          .what = "reading roles"};
    const struct wn_csv_visitor visitor = {.shared = &reading,
                                           .start = roles_start_piece,
                                           .begin = roles_begin_piece,
                                           .row = roles_take_row,
                                           .finish = roles_finish_piece,
                                           .stop = roles_stop_piece};
    bool any;

    if (roles_prepare(&reading, &any))
        return -1;
    if (!any)
        return 0;
    return wn_csv_foreach(&pass_over, &visitor, 1, error) ||
                   roles_conclude(&reading, error)
               ? -1
               : 0;
}

void wn_roles_free(struct wn_roles *roles)
{
    for (size_t r = 0; r < WN_ROLE_KINDS; r++) {
        wn_dictionary_free(&roles->of[r].names);
        free(roles->of[r].code);
        free(roles->of[r].flag);
        free(roles->of[r].amount);
    }
    *roles = (struct wn_roles){0};
}
