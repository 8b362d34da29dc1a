/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Probability columns: their names, their cells, their classes; see
 * user_probability.h. */
#include "encode/user_probability.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clean/pattern.h"
#include "util/memory.h"
#include "util/number.h"
#include "util/spill.h"
#include "util/text.h"

/* Floats divided by their sum may exceed 1 by this. */
#define SLACK 1e-5

enum { NAMES_SHOWN = 12 };

int wn_user_probability_find(struct wn_table *table, const char *pattern,
                             struct wn_error *error)
{
    const struct wn_csv *csv = table->csv;
    const size_t columns = csv->columns;
    struct wn_dictionary *classes = &table->user_class;
    struct wn_pattern *names = wn_pattern_new("probability", pattern, error);
    int status = names ? 0 : -1;
    size_t found = 0;

    const size_t set = table->user_sets++;
    const size_t others = classes->count;
    size_t *column;

    if (set == 0)
        table->user_column =
            wn_new(columns, WN_BROUGHT_MAX * sizeof *table->user_column);
    column = table->user_column + set * columns;
    for (size_t c = 0; c < columns; c++)
        column[c] = SIZE_MAX;
    for (size_t c = 0; c < columns && status == 0; c++) {
        const char *name = csv->column[c];
        size_t begin, length;

        if (table->column[c].role != WN_ROLE_FEATURE)
            continue;
        const int match =
            wn_pattern_group(names, name, strlen(name), &begin, &length, error);
        if (match < 0)
            status = -1;
        if (match <= 0)
            continue;
        const size_t at =
            length ? wn_dictionary_add(classes, name + begin, length, 0, 0) : 0;
        if (length == 0)
            status = wn_fail(error, WN_EDATA,
                             "%s: column %.120s: found no class name in it by "
                             "--probability, wanted one",
                             csv->name, name);
        else if (column[at] != SIZE_MAX)
            status = wn_fail(error, WN_EDATA,
                             "%s: columns %.120s and %.120s are both for class "
                             "%.*s by --probability, wanted one",
                             csv->name, csv->column[column[at]], name,
                             (int)length, name + begin);
        column[at] = c;
        table->column[c].role = WN_ROLE_PROBABILITY;
        found++;
    }
    wn_pattern_free(names);
    if (status == 0 && found == 0)
        return wn_fail(error, WN_EUSAGE,
                       "--probability: no column's name matches '%s'", pattern);
    /* All sets have the same classes. */
    for (size_t v = 0; v < classes->count && set && status == 0; v++)
        if (column[v] == SIZE_MAX || v >= others)
            status = wn_fail(error, WN_EDATA,
                             "%s: --probability: found a column for class "
                             "%.*s in one set and not in '%.60s', wanted it "
                             "in all",
                             csv->name, wn_text_shown(classes->value[v].length),
                             wn_dictionary_text(classes, v), pattern);
    return status;
}

/* --- cells -------------------------------------------------------------- */

int wn_user_probability_row(const double *in, size_t k, float *out, size_t *at,
                            double *sum)
{
    *sum = 0;
    for (size_t c = 0; c < k; c++) {
        if (!(in[c] >= 0 && in[c] <= 1 + SLACK)) {
            *at = c;
            return 1;
        }
        *sum += in[c];
        out[c] = (float)fmin(in[c], 1);
    }
    return fabs(*sum - 1) <= WN_SUM_SLACK ? 0 : 2;
}

struct piece {
    const struct wn_table *table;
    double in[]; /* k */
};

static void *user_probability_start(void *shared)
{
    const struct wn_table *table = shared;
    struct piece *piece =
        wn_new(1, sizeof *piece + table->user_class.count * sizeof *piece->in);

    piece->table = table;
    return piece;
}

static int user_probability_read_row(void *state, size_t row,
                                     const struct wn_cell *cells,
                                     struct wn_error *error)
{
    struct piece *piece = state;
    const struct wn_table *table = piece->table;
    const struct wn_csv *csv = table->csv;
    const size_t k = table->user_class.count;

    for (size_t set = 0; set < table->user_sets; set++) {
        const size_t *column = table->user_column + set * csv->columns;
        size_t bad = 0;
        int defect = 0;
        double sum;

        for (; bad < k; bad++)
            if (!wn_cell_number(&cells[column[bad]], csv->form.decimal_comma,
                                &piece->in[bad]))
                break;
        defect = bad < k
                     ? 1
                     : wn_user_probability_row(piece->in, k,
                                               table->user_probability +
                                                   (set * csv->rows + row) * k,
                                               &bad, &sum);
        if (defect == 1) {
            const struct wn_cell *cell = &cells[column[bad]];

            return wn_csv_fail(csv, row, column[bad], error,
                               "found '%.*s', wanted a probability",
                               wn_text_shown(cell->length), cell->text);
        }
        if (defect == 2) {
            uint64_t line = csv->line[row];
            const char *name = wn_csv_where(&csv->form, csv->name, &line);

            return wn_fail(error, WN_EDATA,
                           "%s:%llu: found probabilities that sum to %.6g, "
                           "wanted 1",
                           name, (unsigned long long)line, sum);
        }
    }
    return 0;
}

/* Threads write their rows in place, so nothing is left to merge. */
bool wn_user_probability_visit(struct wn_table *table,
                               struct wn_csv_visitor *visitor)
{
    const size_t k = table->user_class.count;

    if (k == 0)
        return false;
    table->user_probability =
        wn_spill_new(wn_product(table->user_sets, table->csv->rows, k),
                     sizeof *table->user_probability);
    *visitor = (struct wn_csv_visitor){.shared = table,
                                       .start = user_probability_start,
                                       .row = user_probability_read_row,
                                       .stop = free};
    return true;
}

/* --- which class has which column --------------------------------------- */

/* List the names in `of` that `in` does not have; returns how many. */
static size_t list_others(struct wn_text *text, const struct wn_dictionary *of,
                          const struct wn_dictionary *in)
{
    size_t count = 0;

    for (size_t v = 0; v < of->count; v++) {
        const char *name = wn_dictionary_text(of, v);
        const size_t length = of->value[v].length;

        if (wn_dictionary_find(in, name, length) >= 0)
            continue;
        if (count < NAMES_SHOWN)
            wn_text_format(text, "%s%.*s", count ? ", " : "",
                           (int)(length < 60 ? length : 60), name);
        else if (count == NAMES_SHOWN)
            wn_text_format(text, ", ...");
        count++;
    }
    return count;
}

int wn_user_probability_match(struct wn_table *table, struct wn_error *error)
{
    struct wn_text lone_text = {0}, extra_text = {0};
    int status = 0;

    if (table->user_class.count == 0)
        return 0;
    const size_t lone =
        list_others(&lone_text, &table->classes, &table->user_class);
    const size_t extra =
        list_others(&extra_text, &table->user_class, &table->classes);
    if (lone || (extra && table->declared.count))
        status = wn_fail(
            error, WN_EDATA,
            "%s: --probability: found classes without a column: %s; "
            "columns without a class: %s; wanted a column for each class",
            table->csv->name, lone ? lone_text.bytes : "none",
            extra ? extra_text.bytes : "none");
    else if (extra)
        wn_log_note(table->log,
                    "%s: --probability: columns for classes that no row "
                    "has: %s",
                    table->csv->name, extra_text.bytes);
    if (status == 0)
        wn_dictionary_merge(&table->classes, &table->user_class, NULL);
    wn_text_free(&lone_text);
    wn_text_free(&extra_text);
    return status;
}

void wn_user_probability_reorder(struct wn_table *table)
{
    const struct wn_dictionary *classes = &table->classes;
    const size_t k = table->user_class.count;
    size_t *from = wn_new(k, sizeof *from);
    float *old = wn_new(k, sizeof *old);

    for (size_t c = 0; c < k; c++)
        from[c] = (size_t)wn_dictionary_find(&table->user_class,
                                             wn_dictionary_text(classes, c),
                                             classes->value[c].length);
    for (size_t row = 0; k && row < table->user_sets * table->csv->rows;
         row++) {
        float *out = table->user_probability + row * k;

        memcpy(old, out, k * sizeof *old);
        for (size_t c = 0; c < k; c++)
            out[c] = old[from[c]];
    }
    free(from);
    free(old);
}
