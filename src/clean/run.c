/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Apply all rules in one pass over the rows; see run.h.
 *
 * A rule that takes too long is stopped after the row in which it became too
 * expensive. That row is known only when all rows before it are read, and other
 * threads may have read rows after it by then. So the pass ends there and
 * starts again with that row known. This happens at most once for each rule. */
#include "clean/run.h"

#include <stdlib.h>
#include <string.h>

#include "csv/csv_foreach.h"
#include "util/hash.h"
#include "util/memory.h"

/* A rule on one column. */
struct column_rule {
    size_t rule;
    uint64_t *digest; /* of `unique`: one a row, 0 where it is missing */
};

/* A column and its rules: the fixes rule[fixes .. checks-1], then the checks
 * rule[checks .. end-1]. */
struct column {
    size_t column, fixes, checks, end;
};

struct pass {
    struct wn_clean *clean;
    const struct wn_clean_input *input;
    struct column *column;
    struct column_rule *rule;
    size_t columns, rules, column_capacity, rule_capacity;
    struct column_rule *row; /* the rules of rows */
    size_t rows, row_capacity;
    int64_t *spent; /* cost of each rule in the rows merged so far */
    bool restart;   /* a rule became too expensive */
};

/* A match that cost something. */
struct cost {
    size_t row, rule;
    int cost;
};

/* A thread's scratch, and its results for one piece of rows. */
struct piece {
    struct pass *pass;
    struct wn_clean_scratch scratch;
    struct wn_text cell; /* padding, and the cell so far if a fix changed it */
    /* Of rules of rows, by columns of the file: the cells after the fixes, the
     * texts of those that these changed, and which are missing. */
    struct wn_cell *now;
    struct wn_text *changed;
    bool *missing;
    struct wn_clean done; /* without rules; `stop` is not used */
    struct cost *cost;
    size_t costs, cost_capacity;
    int64_t *spent; /* by each rule in this piece */
};

/* --- the rules of each column -------------------------------------------- */

/* Add the fixes or the checks of a column; sets used[r] for its rules. */
static int add_rules(struct pass *pass, size_t c, bool fixes,
                     struct wn_matcher *matcher, bool *used,
                     struct wn_error *error)
{
    const struct wn_clean_rules *rules = &pass->clean->rules;
    const struct wn_csv *csv = pass->input->csv;
    const char *name = csv->column[c];

    for (size_t r = 0; r < rules->count; r++) {
        const struct wn_clean_rule *rule = &rules->rule[r];

        if ((rule->action->kind == WN_CLEAN_FIX) != fixes || !rule->columns)
            continue;
        const int match =
            wn_regex_match(rule->columns, matcher, name, strlen(name), error);
        if (match == 2)
            wn_fail(error, WN_EDATA,
                    "%s:%zu: '%s' takes too long on '%.60s', wanted a simpler "
                    "pattern",
                    rules->file, rule->line, rule->columns_text, name);
        if (error->code)
            return -1;
        if (match == 0)
            continue;
        used[r] = true;
        wn_grow(&pass->rule, &pass->rule_capacity, pass->rules + 1,
                sizeof *pass->rule);
        pass->rule[pass->rules++] = (struct column_rule){
            .rule = r,
            .digest = rule->action->kind == WN_CLEAN_UNIQUE
                          ? wn_new(csv->rows, sizeof(uint64_t))
                          : NULL};
    }
    return 0;
}

/* Find the columns of a rule of rows. */
static int add_row_rule(struct pass *pass, size_t r, struct wn_error *error)
{
    struct wn_clean_rule *rule = &pass->clean->rules.rule[r];
    const struct wn_csv *csv = pass->input->csv;

    for (size_t c = 0; c < 2 * rule->comparisons; c++) {
        struct wn_clean_operand *side = &rule->comparison[c / 2].side[c % 2];

        if (side->kind != WN_OPERAND_COLUMN || !side->text)
            continue;
        side->index = 0;
        while (side->index < csv->columns &&
               strcmp(csv->column[side->index], side->text))
            side->index++;
        if (side->index == csv->columns)
            return wn_fail_at(error, rule->text, strlen(rule->text), side->at,
                              "%s:%zu: found '%.60s', wanted the name of a "
                              "column, or a text in ' '",
                              pass->clean->rules.file, rule->line, side->text);
    }
    wn_grow(&pass->row, &pass->row_capacity, pass->rows + 1, sizeof *pass->row);
    pass->row[pass->rows++] =
        (struct column_rule){.rule = r,
                             .digest = rule->action->kind == WN_CLEAN_ROW_UNIQUE
                                           ? wn_new(csv->rows, sizeof(uint64_t))
                                           : NULL};
    return 0;
}

static int assign_rules(struct pass *pass, struct wn_error *error)
{
    const struct wn_clean_rules *rules = &pass->clean->rules;
    struct wn_matcher *matcher = wn_matcher_new();
    bool *used = wn_new(rules->count, sizeof *used);
    int status = 0;

    for (size_t c = 0; c < pass->input->csv->columns && !status; c++) {
        struct column column = {.column = c, .fixes = pass->rules};

        status = add_rules(pass, c, true, matcher, used, error);
        column.checks = pass->rules;
        if (status == 0)
            status = add_rules(pass, c, false, matcher, used, error);
        column.end = pass->rules;
        if (column.end == column.fixes)
            continue;
        wn_grow(&pass->column, &pass->column_capacity, pass->columns + 1,
                sizeof column);
        pass->column[pass->columns++] = column;
    }
    for (size_t r = 0; r < rules->count && status == 0; r++)
        if (!rules->rule[r].columns)
            status = add_row_rule(pass, r, error);
        else if (!used[r])
            status = wn_fail(
                error, WN_EDATA, "%s:%zu: no column's name matches '%s'",
                rules->file, rules->rule[r].line, rules->rule[r].columns_text);
    free(used);
    wn_matcher_free(matcher);
    return status;
}

/* --- a piece of rows ----------------------------------------------------- */

static void stop_clean(void *own)
{
    struct piece *piece = own;

    if (!piece)
        return;
    wn_matcher_free(piece->scratch.matcher);
    wn_text_free(&piece->scratch.out);
    wn_text_free(&piece->cell);
    for (size_t c = 0; c < piece->pass->input->csv->columns; c++)
        wn_text_free(&piece->changed[c]);
    free(piece->changed);
    free(piece->now);
    free(piece->missing);
    wn_clean_free(&piece->done);
    free(piece->cost);
    free(piece->spent);
    free(piece);
}

static void *start_clean(void *shared)
{
    struct pass *pass = shared;
    const size_t rules = pass->clean->rules.count;
    const size_t columns = pass->input->csv->columns;
    struct piece *piece = wn_new(1, sizeof *piece);

    piece->pass = pass;
    piece->scratch.max_bytes = pass->input->csv->form.max_field;
    piece->scratch.comma = pass->input->csv->form.decimal_comma;
    piece->scratch.matcher = wn_matcher_new();
    piece->now = wn_new(columns, sizeof *piece->now);
    piece->changed = wn_new(columns, sizeof *piece->changed);
    piece->missing = wn_new(columns, sizeof *piece->missing);
    piece->done.count = wn_new(rules, sizeof *piece->done.count);
    piece->spent = wn_new(rules, sizeof *piece->spent);
    return piece;
}

static void begin_clean(void *own, size_t begin, size_t end)
{
    struct piece *piece = own;
    const size_t rules = piece->pass->clean->rules.count;

    (void)begin;
    (void)end;
    wn_overrides_clear(&piece->done.fixes);
    piece->done.broken_count = piece->costs = 0;
    memset(piece->done.count, 0, rules * sizeof *piece->done.count);
    memset(piece->spent, 0, rules * sizeof *piece->spent);
}

/* Apply one rule to one cell; returns as wn_clean_apply. */
static int apply_rule(struct piece *piece, size_t r, size_t row, size_t column,
                      const struct wn_cell *cell, struct wn_error *error)
{
    const struct wn_clean *clean = piece->pass->clean;
    const struct wn_clean_rule *rule = &clean->rules.rule[r];
    const size_t stop = clean->count[r].stop;

    /* A piece that is too expensive by itself makes the pass start again. */
    if (row >= stop ||
        (stop == SIZE_MAX && piece->spent[r] >= WN_CLEAN_MAX_COST)) {
        piece->done.count[r].passed_over++;
        return 2;
    }
    int status = rule->action->apply(rule, cell, &piece->scratch, error);
    const struct wn_text *out = &piece->scratch.out;
    if (status == 1 && rule->action->kind == WN_CLEAN_FIX &&
        out->length > piece->scratch.max_bytes)
        status = wn_fail(error, WN_EDATA,
                         "makes a cell of %zu bytes, wanted at most %zu",
                         out->length, piece->scratch.max_bytes);
    if (status < 0)
        return wn_csv_fail(piece->pass->input->csv, row, column, error,
                           "%.120s", rule->name);
    const int cost = wn_matcher_cost(piece->scratch.matcher);
    if (cost) {
        wn_grow(&piece->cost, &piece->cost_capacity, piece->costs + 1,
                sizeof *piece->cost);
        piece->cost[piece->costs++] = (struct cost){row, r, cost};
        piece->spent[r] += cost;
    }
    piece->done.count[r].passed_over += status == 2;
    return status;
}

static void add_broken(struct wn_clean *clean, size_t row, size_t column,
                       size_t rule, const struct wn_cell *cell)
{
    struct wn_clean_count *count = &clean->count[rule];

    wn_grow(&clean->broken, &clean->broken_capacity, clean->broken_count + 1,
            sizeof *clean->broken);
    clean->broken[clean->broken_count++] =
        (struct wn_defect){row, (uint32_t)column, (uint32_t)rule};
    count->broken++;
    if (count->reported == WN_CLEAN_REPORTED)
        return;
    const size_t at = count->reported++;
    const size_t length =
        cell->length < WN_CLEAN_SHOWN ? cell->length : WN_CLEAN_SHOWN;
    count->cell[at].row = row;
    count->cell[at].column = column;
    count->cell[at].length = length;
    if (length)
        memcpy(count->cell[at].text, cell->text, length);
}

/* The rules of rows, after all fixes. */
static void check_row(struct piece *piece, size_t row)
{
    const struct pass *pass = piece->pass;

    for (size_t s = 0; s < pass->rows; s++) {
        const size_t r = pass->row[s].rule;
        const struct wn_clean_rule *rule = &pass->clean->rules.rule[r];
        const size_t column = wn_clean_row_column(rule);
        bool known = true;
        uint64_t digest = 0;

        for (size_t c = 0; pass->row[s].digest && c < rule->comparisons; c++) {
            const size_t at = rule->comparison[c].side[0].index;

            known = known && !piece->missing[at];
            digest = digest * UINT64_C(0x9e3779b97f4a7c15) +
                     wn_hash_bits(piece->now[at].text, piece->now[at].length);
        }
        digest = !known ? 0 : digest ? digest : 1;
        if (pass->row[s].digest)
            pass->row[s].digest[row] = digest;
        const int status = pass->row[s].digest
                               ? (digest ? 0 : -1)
                               : wn_clean_row(rule, piece->now, piece->missing,
                                              piece->scratch.comma);

        piece->done.count[r].looked += status >= 0;
        if (status == 1)
            add_broken(&piece->done, row, column, r, &piece->now[column]);
    }
}

/* Apply the rules that check one cell, as fixes have left it. */
static int check_cell(struct piece *piece, const struct column *column,
                      size_t row, struct wn_cell cell, bool missing,
                      struct wn_error *error)
{
    const struct pass *pass = piece->pass;

    for (size_t s = column->checks; s < column->end; s++) {
        const size_t r = pass->rule[s].rule;
        const int kind = (int)pass->clean->rules.rule[r].action->kind;
        int status = 0;

        if (kind == WN_CLEAN_MISSING) {
            status = missing;
        } else if (missing) {
            continue;
        } else if (kind == WN_CLEAN_UNIQUE) {
            const uint64_t digest = wn_hash_bits(cell.text, cell.length);

            pass->rule[s].digest[row] = digest ? digest : 1;
        } else {
            status = apply_rule(piece, r, row, column->column, &cell, error);
        }
        if (status < 0)
            return -1;
        piece->done.count[r].looked += status != 2;
        if (status == 1)
            add_broken(&piece->done, row, column->column, r, &cell);
    }
    return 0;
}

static int clean_row(void *own, size_t row, const struct wn_cell *cells,
                     struct wn_error *error)
{
    struct piece *piece = own;
    const struct pass *pass = piece->pass;
    const size_t columns = pass->rows ? pass->input->csv->columns : 0;

    for (size_t c = 0; c < columns; c++) {
        piece->now[c] = cells[c];
        piece->missing[c] = wn_cell_is_missing(&cells[c], pass->input->na,
                                               pass->input->na_count);
    }
    for (size_t c = 0; c < pass->columns; c++) {
        const struct column *column = &pass->column[c];
        const struct wn_cell before = cells[column->column];
        struct wn_cell cell = before;

        for (size_t s = column->fixes; s < column->checks; s++) {
            const size_t r = pass->rule[s].rule;
            const int status =
                apply_rule(piece, r, row, column->column, &cell, error);

            if (status < 0)
                return -1;
            if (status != 1)
                continue;
            static const char padding[WN_NUMBER_PAD];
            const struct wn_text *out = &piece->scratch.out;
            piece->cell.length = 0;
            wn_text_add(&piece->cell, padding, sizeof padding);
            wn_text_add(&piece->cell, out->bytes, out->length);
            cell = (struct wn_cell){piece->cell.bytes + sizeof padding,
                                    out->length};
            piece->done.count[r].changed++;
        }
        if (cell.text != before.text &&
            wn_text_compare(cell.text, cell.length, before.text, before.length))
            wn_overrides_add(&piece->done.fixes, row, column->column, cell.text,
                             cell.length);
        const struct wn_clean_input *input = pass->input;
        const bool missing =
            wn_cell_is_missing(&cell, input->na, input->na_count);
        if (pass->rows && cell.text != before.text) {
            struct wn_text *changed = &piece->changed[column->column];

            changed->length = 0;
            wn_text_add(changed, cell.text, cell.length);
            piece->now[column->column] =
                (struct wn_cell){wn_text_of(changed), cell.length};
            piece->missing[column->column] = missing;
        }
        if (check_cell(piece, column, row, cell, missing, error))
            return -1;
    }
    check_row(piece, row);
    return 0;
}

/* --- results of the pieces, in the order of the file --------------------- */

static int finish_clean(void *shared, void *own, size_t begin, size_t end,
                        struct wn_error *error)
{
    struct pass *pass = shared;
    struct wn_clean *clean = pass->clean;
    const struct piece *piece = own;
    const struct wn_clean *done = &piece->done;

    (void)begin;
    (void)end;
    /* Stop the rules that have become too expensive after the row in which the
     * first did. Costs after that row count in the next pass. */
    size_t last = SIZE_MAX;
    for (size_t i = 0; i < piece->costs && piece->cost[i].row <= last; i++) {
        const struct cost *cost = &piece->cost[i];
        struct wn_clean_count *count = &clean->count[cost->rule];

        pass->spent[cost->rule] += cost->cost;
        if (pass->spent[cost->rule] < WN_CLEAN_MAX_COST ||
            count->stop != SIZE_MAX)
            continue;
        last = cost->row;
        count->stop = last + 1;
        pass->restart = true;
    }
    if (pass->restart)
        return wn_fail(error, WN_ENUMERIC, "a rule takes too long");
    for (size_t r = 0; r < clean->rules.count; r++) {
        const struct wn_clean_count *from = &done->count[r];
        struct wn_clean_count *to = &clean->count[r];

        to->changed += from->changed;
        to->broken += from->broken;
        to->looked += from->looked;
        to->passed_over += from->passed_over;
        for (size_t i = 0;
             i < from->reported && to->reported < WN_CLEAN_REPORTED; i++)
            to->cell[to->reported++] = from->cell[i];
    }
    wn_grow(&clean->broken, &clean->broken_capacity,
            clean->broken_count + done->broken_count, sizeof *clean->broken);
    if (done->broken_count)
        memcpy(clean->broken + clean->broken_count, done->broken,
               done->broken_count * sizeof *done->broken);
    clean->broken_count += done->broken_count;
    wn_overrides_join(&clean->fixes, &done->fixes);
    return 0;
}

/* --- `unique` ------------------------------------------------------------ */

int wn_defect_by_place(const void *a, const void *b)
{
    const struct wn_defect *one = a, *two = b;

    if (one->row != two->row)
        return one->row < two->row ? -1 : 1;
    if (one->column != two->column)
        return one->column < two->column ? -1 : 1;
    return one->rule < two->rule ? -1 : one->rule > two->rule;
}

/* Enter the digests of the rows into a hash table. A cell whose digest is there
 * already repeats the cell of an earlier row. */
static void find_repeated(struct wn_clean *clean,
                          const struct column_rule *rule, size_t column,
                          size_t n)
{
    const struct wn_cell none = {0};
    size_t slots = 16;

    while (slots < 2 * n)
        slots *= 2;
    uint64_t *slot = wn_new(slots, sizeof *slot);
    for (size_t row = 0; row < n; row++) {
        const uint64_t digest = rule->digest[row];
        size_t at = digest & (slots - 1);

        if (digest == 0)
            continue;
        while (slot[at] && slot[at] != digest)
            at = (at + 1) & (slots - 1);
        if (slot[at] == digest)
            add_broken(clean, row, column, rule->rule, &none);
        slot[at] = digest;
    }
    free(slot);
}

/* Forget the broken cells of rules that hold in most of what they looked at;
 * their numbers stay. */
static void forgive(struct wn_clean *clean)
{
    size_t kept = 0;

    for (size_t b = 0; b < clean->broken_count; b++) {
        const struct wn_defect broken = clean->broken[b];
        struct wn_clean_count *count = &clean->count[broken.rule];
        const double allowed =
            (1 - clean->rules.rule[broken.rule].mostly) * (double)count->looked;

        if ((double)count->broken > allowed + 1e-9)
            clean->broken[kept++] = broken;
        else
            count->reported = 0;
    }
    clean->broken_count = kept;
}

int wn_clean_run(struct wn_clean *clean, const struct wn_clean_input *input,
                 struct wn_error *error)
{
    const size_t rules = clean->rules.count;
    struct pass pass = {.clean = clean, .input = input, .restart = true};
    const struct wn_csv_pass reading = {.csv = input->csv,
                                        .threads = input->threads,
                                        .rows = WN_PIECE_ROWS,
                                        .log = input->log,
                                        .what = "cleaning"};
    const struct wn_csv_visitor visitor = {.shared = &pass,
                                           .start = start_clean,
                                           .begin = begin_clean,
                                           .row = clean_row,
                                           .finish = finish_clean,
                                           .stop = stop_clean};

    free(clean->count);
    clean->count = wn_new(rules, sizeof *clean->count);
    for (size_t r = 0; r < rules; r++)
        clean->count[r].stop = SIZE_MAX;
    pass.spent = wn_new(rules, sizeof *pass.spent);
    int status = assign_rules(&pass, error);
    while (status == 0 && pass.restart) {
        struct wn_error failure = {0};

        for (size_t r = 0; r < rules; r++) {
            clean->count[r] =
                (struct wn_clean_count){.stop = clean->count[r].stop};
            pass.spent[r] = 0;
        }
        wn_overrides_clear(&clean->fixes);
        clean->broken_count = 0;
        pass.restart = false;
        if (wn_csv_foreach(&reading, &visitor, 1, &failure) && !pass.restart) {
            *error = failure;
            status = -1;
        }
    }
    for (size_t c = 0; c < pass.columns && status == 0; c++)
        for (size_t s = pass.column[c].checks; s < pass.column[c].end; s++)
            if (pass.rule[s].digest)
                find_repeated(clean, &pass.rule[s], pass.column[c].column,
                              input->csv->rows);
    for (size_t s = 0; s < pass.rows && status == 0; s++)
        if (pass.row[s].digest)
            find_repeated(
                clean, &pass.row[s],
                wn_clean_row_column(&clean->rules.rule[pass.row[s].rule]),
                input->csv->rows);
    if (status == 0) {
        if (clean->broken_count)
            qsort(clean->broken, clean->broken_count, sizeof *clean->broken,
                  wn_defect_by_place);
        forgive(clean);
    }
    for (size_t s = 0; s < pass.rules; s++)
        free(pass.rule[s].digest);
    for (size_t s = 0; s < pass.rows; s++)
        free(pass.row[s].digest);
    free(pass.row);
    free(pass.rule);
    free(pass.column);
    free(pass.spent);
    return status;
}

void wn_clean_free(struct wn_clean *clean)
{
    wn_clean_rules_free(&clean->rules);
    wn_overrides_free(&clean->fixes);
    free(clean->count);
    free(clean->broken);
    *clean = (struct wn_clean){0};
}
