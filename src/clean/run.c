/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules over all rows, in one pass; see run.h.
 *
 * A rule whose pattern takes too long is stopped after a certain row. Which one
 * is known when all rows before it are read, and pieces behind it may have been
 * read by then. So the pass ends there and begins again with that row known;
 * that happens once at most for each rule. */
#include "clean/run.h"

#include <stdlib.h>
#include <string.h>

#include "csv/csv_foreach.h"
#include "util/hash.h"
#include "util/memory.h"

/* A rule on one column. */
struct step {
    size_t rule;
    uint64_t *digest; /* of `unique`: one a row, 0 where it is missing */
};

/* A column with rules: fixes are step[first..checks-1], then come checks. */
struct target {
    size_t column, first, checks, end;
};

struct pass {
    struct wn_clean *clean;
    const struct wn_table *table;
    struct target *target;
    struct step *step;
    size_t targets, steps, target_room, step_room;
    int64_t *spent; /* by each rule, in the rows read so far */
    bool stopped;   /* a rule lost our patience: begin again */
};

/* A match that cost something. */
struct cost {
    size_t row, rule;
    int cost;
};

struct piece {
    struct pass *pass;
    struct wn_clean_tools tools;
    struct wn_text held; /* the cell so far, if a fix made it */
    struct wn_overrides fixes;
    struct wn_clean_broken *broken;
    struct wn_clean_count *count; /* `stop` is not used */
    struct cost *cost;
    int64_t *spent;
    size_t brokens, broken_room, costs, cost_room;
};

/* --- which rule is for which column ------------------------------------- */

static int run_matches(const struct wn_clean_rules *rules, size_t r,
                       struct wn_matcher *matcher, const char *name,
                       struct wn_error *error)
{
    const struct wn_clean_rule *rule = &rules->rule[r];
    const int found =
        wn_regex_match(rule->columns, matcher, name, strlen(name), error);

    return found < 2 ? found
                     : wn_fail(error, WN_EDATA,
                               "%s:%zu: '%s' takes too long on '%.60s', wanted "
                               "a simpler pattern",
                               rules->file, rule->line, rule->head, name);
}

/* The rules of one column, fixes or checks. */
static int add_steps(struct pass *pass, const char *name, bool fixes,
                     struct wn_matcher *matcher, bool *used,
                     struct wn_error *error)
{
    const struct wn_clean_rules *rules = &pass->clean->rules;
    const size_t n = wn_csv_rows(pass->table->csv);

    for (size_t r = 0; r < rules->count; r++) {
        const struct wn_clean_action *action = rules->rule[r].action;
        int found;

        if ((action->kind == WN_CLEAN_FIX) != fixes)
            continue;
        found = run_matches(rules, r, matcher, name, error);
        if (found < 0 ||
            (found && wn_grow(&pass->step, &pass->step_room, pass->steps + 1,
                              sizeof *pass->step)))
            return -1;
        if (!found)
            continue;
        used[r] = true;
        struct step *step = &pass->step[pass->steps++];
        *step = (struct step){.rule = r};
        if (action->kind == WN_CLEAN_UNIQUE &&
            !(step->digest = wn_new(n, sizeof *step->digest)))
            return -1;
    }
    return 0;
}

static int add_target(struct pass *pass, size_t column,
                      struct wn_matcher *matcher, bool *used,
                      struct wn_error *error)
{
    const char *name = wn_csv_column(pass->table->csv, column);
    struct target target = {.column = column, .first = pass->steps};

    if (add_steps(pass, name, true, matcher, used, error))
        return -1;
    target.checks = pass->steps;
    if (add_steps(pass, name, false, matcher, used, error))
        return -1;
    target.end = pass->steps;
    if (target.first == target.end)
        return 0;
    wn_grow(&pass->target, &pass->target_room, pass->targets + 1,
            sizeof target);
    pass->target[pass->targets++] = target;
    return 0;
}

static int plan(struct pass *pass, struct wn_error *error)
{
    const struct wn_clean_rules *rules = &pass->clean->rules;
    struct wn_matcher *matcher = wn_matcher_new(error);
    bool *used = wn_new(rules->count, sizeof *used);
    int status = matcher && used ? 0 : -1;

    for (size_t c = 0; c < wn_csv_columns(pass->table->csv) && !status; c++)
        status = add_target(pass, c, matcher, used, error);
    for (size_t r = 0; r < rules->count && status == 0; r++)
        if (!used[r])
            status = wn_fail(
                error, WN_EDATA, "%s:%zu: no column's name matches '%s'",
                rules->file, rules->rule[r].line, rules->rule[r].head);
    free(used);
    wn_matcher_free(matcher);
    return status;
}

/* --- a piece of rows ---------------------------------------------------- */

static void run_stop_piece(void *own)
{
    struct piece *piece = own;

    if (!piece)
        return;
    wn_matcher_free(piece->tools.matcher);
    wn_text_free(&piece->tools.out);
    wn_text_free(&piece->held);
    wn_overrides_free(&piece->fixes);
    free(piece->broken);
    free(piece->count);
    free(piece->cost);
    free(piece->spent);
    free(piece);
}

static void *run_start_piece(void *shared, struct wn_error *error)
{
    struct pass *pass = shared;
    const size_t rules = pass->clean->rules.count;
    struct piece *piece = wn_new(1, sizeof *piece);

    piece->pass = pass;
    piece->tools.most = wn_csv_form(pass->table->csv)->field;
    piece->tools.matcher = wn_matcher_new(error);
    piece->count = wn_new(rules, sizeof *piece->count);
    piece->spent = wn_new(rules, sizeof *piece->spent);
    if (piece->tools.matcher && piece->count && piece->spent)
        return piece;
    run_stop_piece(piece);
    return NULL;
}

static void run_begin_piece(void *own, size_t begin, size_t end)
{
    struct piece *piece = own;
    const size_t rules = piece->pass->clean->rules.count;

    (void)begin;
    (void)end;
    wn_overrides_clear(&piece->fixes);
    piece->brokens = piece->costs = 0;
    memset(piece->count, 0, rules * sizeof *piece->count);
    memset(piece->spent, 0, rules * sizeof *piece->spent);
}

/* One rule on one cell; what the action returns. */
static int run_evaluate(struct piece *piece, size_t r, size_t row,
                        size_t column, const struct wn_cell *cell,
                        struct wn_error *error)
{
    const struct wn_clean *clean = piece->pass->clean;
    const struct wn_clean_rule *rule = &clean->rules.rule[r];
    const size_t stop = clean->count[r].stop;
    int done = 2;

    /* With so much spent in this piece alone the pass begins again. */
    if (row < stop &&
        (stop != SIZE_MAX || piece->spent[r] < WN_CLEAN_PATIENCE)) {
        done = rule->action->apply(rule, cell, &piece->tools, error);
        const int cost = wn_matcher_cost(piece->tools.matcher);

        if (done < 0)
            return wn_csv_fail(piece->pass->table->csv, row, column, error,
                               "%.120s", rule->name);
        if (cost) {
            wn_grow(&piece->cost, &piece->cost_room, piece->costs + 1,
                    sizeof *piece->cost);
            piece->cost[piece->costs++] = (struct cost){row, r, cost};
            piece->spent[r] += cost;
        }
    }
    piece->count[r].passed_over += done == 2;
    return done;
}

/* What a fix makes is bound as what is read is. */
static int run_check_size(const struct piece *piece, size_t r, size_t row,
                          size_t column, struct wn_error *error)
{
    const struct pass *pass = piece->pass;

    if (piece->tools.out.length <= piece->tools.most)
        return 0;
    wn_fail(error, WN_EDATA, "makes a cell of %zu bytes, wanted at most %zu",
            piece->tools.out.length, piece->tools.most);
    return wn_csv_fail(pass->table->csv, row, column, error, "%.120s",
                       pass->clean->rules.rule[r].name);
}

/* Apply the fixes; *cell becomes what they leave. */
static int fix_cell(struct piece *piece, const struct target *target,
                    size_t row, struct wn_cell *cell, struct wn_error *error)
{
    const struct wn_cell before = *cell;

    for (size_t s = target->first; s < target->checks; s++) {
        const size_t r = piece->pass->step[s].rule;
        const int done =
            run_evaluate(piece, r, row, target->column, cell, error);

        if (done < 0)
            return -1;
        if (done != 1)
            continue;
        if (run_check_size(piece, r, row, target->column, error))
            return -1;
        const struct wn_text swapped = piece->held;
        piece->held = piece->tools.out;
        piece->tools.out = swapped;
        *cell = (struct wn_cell){wn_text_of(&piece->held), piece->held.length};
        piece->count[r].changed++;
    }
    if (cell->text == before.text ||
        (cell->length == before.length &&
         memcmp(cell->text, before.text, cell->length) == 0))
        return 0;
    return wn_overrides_add(&piece->fixes, row, target->column, cell->text,
                            cell->length);
}

static void name_broken(struct wn_clean_count *count, size_t row, size_t column,
                        const struct wn_cell *cell)
{
    if (count->told == WN_CLEAN_TOLD)
        return;
    const size_t at = count->told++;
    count->cell[at].row = row;
    count->cell[at].column = column;
    count->cell[at].length =
        cell->length < WN_CLEAN_SHOWN ? cell->length : WN_CLEAN_SHOWN;
    if (cell->length)
        memcpy(count->cell[at].text, cell->text, count->cell[at].length);
}

static int check_cell(struct piece *piece, const struct target *target,
                      size_t row, const struct wn_cell *cell,
                      struct wn_error *error)
{
    const bool missing = wn_table_is_missing(piece->pass->table, cell);

    for (size_t s = target->checks; s < target->end; s++) {
        const struct step *step = &piece->pass->step[s];
        const size_t r = step->rule;
        int done = 0;

        switch (piece->pass->clean->rules.rule[r].action->kind) {
        case WN_CLEAN_UNIQUE:
            if (!missing) {
                const uint64_t digest = wn_hash_bits(cell->text, cell->length);

                step->digest[row] = digest ? digest : 1;
            }
            break;
        case WN_CLEAN_MISSING:
            done = missing;
            break;
        default:
            if (!missing)
                done = run_evaluate(piece, r, row, target->column, cell, error);
        }
        if (done < 0)
            return -1;
        if (done != 1)
            continue;
        wn_grow(&piece->broken, &piece->broken_room, piece->brokens + 1,
                sizeof *piece->broken);
        piece->broken[piece->brokens++] = (struct wn_clean_broken){
            row, (uint32_t)target->column, (uint32_t)r};
        piece->count[r].broken++;
        name_broken(&piece->count[r], row, target->column, cell);
    }
    return 0;
}

static int run_take_row(void *own, size_t row, const struct wn_cell *cells,
                        struct wn_error *error)
{
    struct piece *piece = own;
    const struct pass *pass = piece->pass;

    for (size_t t = 0; t < pass->targets; t++) {
        const struct target *target = &pass->target[t];
        struct wn_cell cell = cells[target->column];

        if (fix_cell(piece, target, row, &cell, error) ||
            check_cell(piece, target, row, &cell, error))
            return -1;
    }
    return 0;
}

/* --- pieces together ---------------------------------------------------- */

/* Rules that have cost too much by now are stopped after the row in which that
 * happened first; what is behind that row is for the next time. */
static void spend(struct pass *pass, const struct piece *piece)
{
    size_t last = SIZE_MAX;

    for (size_t i = 0; i < piece->costs && piece->cost[i].row <= last; i++) {
        const struct cost *cost = &piece->cost[i];
        struct wn_clean_count *count = &pass->clean->count[cost->rule];

        pass->spent[cost->rule] += cost->cost;
        if (pass->spent[cost->rule] < WN_CLEAN_PATIENCE ||
            count->stop != SIZE_MAX)
            continue;
        last = cost->row;
        count->stop = last + 1;
        pass->stopped = true;
    }
}

static void add_counts(struct wn_clean_count *to,
                       const struct wn_clean_count *from)
{
    to->changed += from->changed;
    to->broken += from->broken;
    to->passed_over += from->passed_over;
    for (size_t i = 0; i < from->told && to->told < WN_CLEAN_TOLD; i++)
        to->cell[to->told++] = from->cell[i];
}

static int run_finish_piece(void *shared, void *own, size_t begin, size_t end,
                            struct wn_error *error)
{
    struct pass *pass = shared;
    struct wn_clean *clean = pass->clean;
    const struct piece *piece = own;

    (void)begin;
    (void)end;
    spend(pass, piece);
    if (pass->stopped)
        return wn_fail(error, WN_ENUMERIC, "a rule is stopped");
    for (size_t r = 0; r < clean->rules.count; r++)
        add_counts(&clean->count[r], &piece->count[r]);
    if (wn_overrides_join(&clean->fixes, &piece->fixes))
        return -1;
    wn_grow(&clean->broken, &clean->room, clean->brokens + piece->brokens,
            sizeof *clean->broken);
    if (piece->brokens)
        memcpy(clean->broken + clean->brokens, piece->broken,
               piece->brokens * sizeof *piece->broken);
    clean->brokens += piece->brokens;
    return 0;
}

/* --- cells that stand there again --------------------------------------- */

static int add_again(struct wn_clean *clean, size_t r, size_t row,
                     size_t column)
{
    const struct wn_cell none = {0};

    wn_grow(&clean->broken, &clean->room, clean->brokens + 1,
            sizeof *clean->broken);
    clean->broken[clean->brokens++] =
        (struct wn_clean_broken){row, (uint32_t)column, (uint32_t)r};
    clean->count[r].broken++;
    name_broken(&clean->count[r], row, column, &none);
    return 0;
}

/* Rows go into a table by their digests; one that finds its own there is
 * another row's cell again. */
static int find_again(struct wn_clean *clean, const struct step *step,
                      size_t column, size_t n)
{
    size_t slots = 16;
    int status = 0;

    while (slots < 2 * n)
        slots *= 2;
    uint64_t *slot = wn_new(slots, sizeof *slot);
    for (size_t row = 0; row < n && status == 0; row++) {
        const uint64_t digest = step->digest[row];
        size_t at = digest & (slots - 1);

        while (slot[at] && slot[at] != digest)
            at = (at + 1) & (slots - 1);
        if (digest && slot[at] == digest)
            status = add_again(clean, step->rule, row, column);
        slot[at] = digest ? digest : slot[at];
    }
    free(slot);
    return status;
}

static int by_place(const void *a, const void *b)
{
    const struct wn_clean_broken *one = a, *two = b;

    if (one->row != two->row)
        return one->row < two->row ? -1 : 1;
    if (one->column != two->column)
        return one->column < two->column ? -1 : 1;
    return one->rule < two->rule ? -1 : one->rule > two->rule;
}

static int find_all_again(struct pass *pass)
{
    struct wn_clean *clean = pass->clean;
    bool any = false;

    for (size_t t = 0; t < pass->targets; t++)
        for (size_t s = pass->target[t].checks; s < pass->target[t].end; s++)
            if (pass->step[s].digest) {
                any = true;
                if (find_again(clean, &pass->step[s], pass->target[t].column,
                               wn_csv_rows(pass->table->csv)))
                    return -1;
            }
    if (any && clean->brokens)
        qsort(clean->broken, clean->brokens, sizeof *clean->broken, by_place);
    return 0;
}

/* --- all of it ---------------------------------------------------------- */

/* Everything but where rules are stopped. */
static void begin_again(struct pass *pass)
{
    struct wn_clean *clean = pass->clean;

    for (size_t r = 0; r < clean->rules.count; r++) {
        clean->count[r] = (struct wn_clean_count){.stop = clean->count[r].stop};
        pass->spent[r] = 0;
    }
    wn_overrides_clear(&clean->fixes);
    clean->brokens = 0;
    pass->stopped = false;
}

static int sweep_all(struct pass *pass, struct wn_error *error)
{
    const struct wn_table *table = pass->table;
    const struct wn_csv_foreach sweep = {.csv = table->csv,
                                         .threads = table->threads,
                                         .rows = WN_PIECE_ROWS,
                                         .shared = pass,
                                         .start = run_start_piece,
                                         .begin = run_begin_piece,
                                         .row = run_take_row,
                                         .finish = run_finish_piece,
                                         .stop = run_stop_piece,
                                         .talk = table->talk,
                                         .what = "cleaning"};

    for (;;) {
        struct wn_error own = {0};

        begin_again(pass);
        if (wn_csv_foreach(&sweep, &own) == 0)
            return 0;
        if (!pass->stopped) {
            *error = own;
            return -1;
        }
    }
}

int wn_clean_apply_all(struct wn_clean *clean, const struct wn_table *table,
                       struct wn_error *error)
{
    const size_t rules = clean->rules.count;
    struct pass pass = {.clean = clean, .table = table};
    int status = -1;

    free(clean->count);
    clean->count = wn_new(rules, sizeof *clean->count);
    pass.spent = wn_new(rules, sizeof *pass.spent);
    for (size_t r = 0; r < rules; r++)
        clean->count[r].stop = SIZE_MAX;
    if (plan(&pass, error) == 0 && sweep_all(&pass, error) == 0)
        status = find_all_again(&pass);
    for (size_t s = 0; s < pass.steps; s++)
        free(pass.step[s].digest);
    free(pass.step);
    free(pass.target);
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
