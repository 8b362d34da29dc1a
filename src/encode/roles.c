/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Read the columns with a role; see roles.h. Each piece of rows numbers names
 * on its own; the numbers are merged in file order and sorted at the end. */
#include "encode/roles.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "encode/boolean.h"
#include "util/memory.h"
#include "util/number.h"
#include "util/text.h"

const struct wn_role_kind wn_role_kinds[] = {
    {WN_ROLE_GROUP, "group", WN_ROLE_NAMES,
     "rows with the same cell here belong together, e.g. one patient"},
    {WN_ROLE_SPLIT, "split", WN_ROLE_NAMES,
     "the column that names the split: train, test"},
    {WN_ROLE_TRUSTED, "trusted", WN_ROLE_FLAG,
     "the column that marks labels known to be right"},
    {WN_ROLE_WEIGHT, "weight", WN_ROLE_AMOUNT,
     "the column with the weight of a row"},
    {WN_ROLE_COST, "cost", WN_ROLE_AMOUNT,
     "the column with the cost of reviewing a row"},
    {WN_ROLE_ANNOTATOR, "annotator", WN_ROLE_NAMES,
     "the column that names who gave the label"},
    {0}};

struct piece {
    struct wn_roles *roles;
    struct wn_dictionary names[WN_ROLE_KINDS];
    int32_t *code[WN_ROLE_KINDS]; /* of the piece's rows, into its own names */
    size_t begin;
};

static void *roles_start(void *shared)
{
    struct piece *piece = wn_new(1, sizeof *piece);

    piece->roles = shared;
    for (size_t r = 0; r < WN_ROLE_KINDS; r++)
        if (piece->roles->of[r].code)
            piece->code[r] = wn_new(WN_PIECE_ROWS, sizeof **piece->code);
    return piece;
}

static void roles_stop(void *state)
{
    struct piece *piece = state;

    for (size_t r = 0; r < WN_ROLE_KINDS; r++) {
        wn_dictionary_free(&piece->names[r]);
        free(piece->code[r]);
    }
    free(piece);
}

static void roles_begin(void *state, size_t begin, size_t end)
{
    struct piece *piece = state;

    (void)end;
    piece->begin = begin;
    for (size_t r = 0; r < WN_ROLE_KINDS; r++)
        wn_dictionary_clear(&piece->names[r]);
}

static int roles_fail(const struct wn_roles *roles, size_t row, size_t r,
                      const struct wn_cell *cell, const char *wanted,
                      struct wn_error *error)
{
    return wn_csv_fail(roles->table->csv, row, roles->column[r], error,
                       "found '%.*s', wanted %s", wn_text_shown(cell->length),
                       cell->text, wanted);
}

static int roles_row(void *state, size_t row, const struct wn_cell *cells,
                     struct wn_error *error)
{
    struct piece *piece = state;
    const struct wn_roles *roles = piece->roles;

    for (size_t r = 0; r < WN_ROLE_KINDS; r++) {
        const struct wn_role_values *values = &roles->of[r];
        const struct wn_cell *cell = &cells[roles->column[r]];
        double amount;

        if (!values->there)
            continue;
        const bool missing = wn_table_is_missing(roles->table, cell);
        if (values->code && missing) {
            piece->code[r][row - piece->begin] = -1;
        } else if (values->code) {
            const size_t known = piece->names[r].count;

            if (cell->length > WN_NAME_BYTES)
                return wn_csv_fail(
                    roles->table->csv, row, roles->column[r], error,
                    "found a name of %zu bytes, wanted at most %d",
                    cell->length, WN_NAME_BYTES);
            piece->code[r][row - piece->begin] = (int32_t)wn_dictionary_add(
                &piece->names[r], cell->text, cell->length, 1, row);
            if (piece->names[r].count > known &&
                !wn_text_is_utf8(cell->text, cell->length))
                return roles_fail(roles, row, r, cell,
                                  wn_csv_wanted_text(roles->table->csv), error);
        } else if (values->flag && !missing) {
            const int truth = wn_boolean_parse(cell->text, cell->length);

            if (truth < 0)
                return roles_fail(roles, row, r, cell, "true or false", error);
            values->flag[row] = (uint8_t)truth;
        } else if (values->amount) {
            if (!wn_cell_number(cell, roles->table->csv->form.decimal_comma,
                                &amount) ||
                !(amount >= 0 && amount <= (double)FLT_MAX))
                return roles_fail(roles, row, r, cell, "a number of 0 or more",
                                  error);
            values->amount[row] = (float)amount;
        }
    }
    return 0;
}

static int roles_finish(void *shared, void *state, size_t begin, size_t end,
                        struct wn_error *error)
{
    struct wn_roles *roles = shared;
    const struct piece *piece = state;

    (void)error;
    for (size_t r = 0; r < WN_ROLE_KINDS; r++) {
        struct wn_role_values *values = &roles->of[r];
        int32_t *number;

        if (!values->code)
            continue;
        number = wn_new(piece->names[r].count, sizeof *number);
        wn_dictionary_merge(&values->names, &piece->names[r], number);
        for (size_t row = begin; row < end; row++) {
            const int32_t own = piece->code[r][row - begin];

            values->code[row] = own < 0 ? -1 : number[own];
        }
        free(number);
    }
    return 0;
}

bool wn_roles_visit(struct wn_roles *roles, const struct wn_table *table,
                    struct wn_csv_visitor *visitor)
{
    const size_t columns = table->csv->columns;
    const size_t n = table->csv->rows;
    bool any = false;

    roles->table = table;
    for (size_t r = 0; r < WN_ROLE_KINDS; r++) {
        struct wn_role_values *values = &roles->of[r];
        size_t c = 0;

        while (c < columns && table->column[c].role != wn_role_kinds[r].role)
            c++;
        if (c == columns)
            continue;
        any = values->there = true;
        roles->column[r] = c;
        if (wn_role_kinds[r].content == WN_ROLE_NAMES)
            values->code = wn_new(n, sizeof *values->code);
        else if (wn_role_kinds[r].content == WN_ROLE_FLAG)
            values->flag = wn_new(n, sizeof *values->flag);
        else
            values->amount = wn_new(n, sizeof *values->amount);
    }
    *visitor = (struct wn_csv_visitor){.shared = roles,
                                       .start = roles_start,
                                       .begin = roles_begin,
                                       .row = roles_row,
                                       .finish = roles_finish,
                                       .stop = roles_stop};
    return any;
}

int wn_roles_conclude(struct wn_roles *roles, struct wn_error *error)
{
    const struct wn_csv *csv = roles->table->csv;
    const size_t n = csv->rows;

    for (size_t r = 0; r < WN_ROLE_KINDS; r++) {
        struct wn_role_values *values = &roles->of[r];
        const char *column = csv->column[roles->column[r]];
        size_t zeros = 0;

        if (values->code) {
            int32_t *place = wn_new(values->names.count, sizeof *place);

            wn_dictionary_sort(&values->names, place);
            for (size_t row = 0; row < n; row++)
                if (values->code[row] >= 0)
                    values->code[row] = place[values->code[row]];
            free(place);
            if (values->names.count == 0)
                return wn_fail(error, WN_EDATA,
                               "%s: column %.120s: found no %s in it, wanted "
                               "some",
                               csv->name, column, wn_role_kinds[r].name);
        }
        while (values->amount && zeros < n && values->amount[zeros] == 0)
            zeros++;
        if (values->amount && zeros == n &&
            wn_role_kinds[r].role == WN_ROLE_WEIGHT)
            return wn_fail(error, WN_EDATA,
                           "%s: column %.120s: found only weights of 0, "
                           "wanted some above",
                           csv->name, column);
    }
    return 0;
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
