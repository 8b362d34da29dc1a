/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ingest: notes on columns, spelling variants and rows. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clean/label_type.h"
#include "clean/variants.h"
#include "prog/ingest/ingest.h"
#include "render/grid.h"
#include "util/memory.h"
#include "util/number.h"

enum { MAX_VARIANTS = 10 };

/* Whether a column is called like the one that names who labelled: "rater",
 * "worker_id". */
static bool names_annotator(const char *name)
{
    static const char *const words[] = {"annotator", "worker",   "rater",
                                        "labeler",   "labeller", "coder",
                                        "voter"};

    for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
        const char *at = strcasestr(name, words[w]);

        if (at && (at == name || !isalpha((unsigned char)at[-1])) &&
            !isalpha((unsigned char)at[strlen(words[w])]))
            return true;
    }
    return false;
}

/* Hints on columns: numbers with a word for "missing", which make the column
 * one of categories; and the votes of several people. */
static void log_hints(const struct ingest *ingest)
{
    enum { REPEAT = 5 };
    const struct wn_table *table = &ingest->table;
    const struct wn_csv *csv = ingest->csv;
    const size_t rows = wn_csv_rows(csv);

    for (size_t c = 0; c < wn_csv_columns(csv); c++) {
        const struct wn_column *column = &table->column[c];
        const struct wn_value *word = NULL;

        if (column->role != WN_ROLE_FEATURE)
            continue;
        if (column->distinct >= 2 && REPEAT * column->distinct <= rows &&
            names_annotator(wn_csv_column(csv, c)))
            wn_log_note(ingest->run->log,
                        "%s: column %s: does it say who gave the label? If so: "
                        "--annotator='%s', and --group= the column of the "
                        "items, where several people label one",
                        wn_csv_name(csv), wn_csv_column(csv, c),
                        wn_csv_column(csv, c));
        if (column->kind != WN_KIND_CATEGORICAL || column->padded ||
            2 * column->numbers < rows)
            continue;
        /* All other cells are one word, which stands more than once. */
        for (size_t v = 0; v < column->values.count; v++) {
            const struct wn_value *value = &column->values.value[v];

            if (value->count > 1 &&
                value->count + column->numbers + column->missing == rows)
                word = value;
        }
        double number;
        if (word && !wn_number_parse(column->values.bytes + word->at,
                                     word->length, &number))
            wn_log_note(
                ingest->run->log,
                "%s: column %s: %llu of %zu cells are numbers, %llu "
                "are '%.*s'. If that means missing: --na='%.*s'",
                wn_csv_name(csv), wn_csv_column(csv, c),
                (unsigned long long)column->numbers, rows,
                (unsigned long long)word->count, wn_text_shown(word->length),
                column->values.bytes + word->at, wn_text_shown(word->length),
                column->values.bytes + word->at);
    }
}

void ingest_log_columns(const struct ingest *ingest)
{
    static const struct wn_grid_column head[] = {
        {"column", WN_LEFT, WN_SHRINKS},  {"kind", WN_LEFT, WN_FIXED},
        {"missing", WN_RIGHT, WN_FIXED},  {"invalid", WN_RIGHT, WN_FIXED},
        {"distinct", WN_RIGHT, WN_FIXED}, {"features", WN_RIGHT, WN_FIXED},
        {"note", WN_LEFT, WN_SHRINKS}};
    const struct wn_table *table = &ingest->table;
    const struct wn_csv *csv = ingest->csv;
    struct wn_log *log = ingest->run->log;
    const char *file = wn_csv_name(csv);
    const size_t unnamed = wn_csv_unnamed(csv);

    if (unnamed)
        wn_log_note(log,
                    "%s: %zu column%s without a name in the header: called "
                    "by place, c1, c2 and so on",
                    file, unnamed, unnamed == 1 ? "" : "s");
    ingest_log_rules(ingest);
    for (size_t c = 0; c < wn_csv_columns(csv); c++)
        if (table->column[c].invalid > WN_INGEST_NOTES)
            wn_log_note(log,
                        "%s: column %s: %llu of %zu cells: wanted %s; encoded "
                        "as missing",
                        file, wn_csv_column(csv, c),
                        (unsigned long long)table->column[c].invalid,
                        wn_csv_rows(csv), wn_table_wanted(table, c));
    for (size_t c = 0; c < wn_csv_columns(csv); c++)
        if (table->column[c].role == WN_ROLE_FEATURE &&
            table->column[c].leakage.low >= WN_LEAKAGE_SHARE)
            wn_log_note(log,
                        "%s: column %s: alone predicts the label (%.0f %%). Is "
                        "it a copy of the label? If so: --ignore='%s'",
                        file, wn_csv_column(csv, c),
                        100 * table->column[c].leakage.lift,
                        wn_csv_column(csv, c));
    log_hints(ingest);
    if (log->level < WN_VERBOSE)
        return;
    /* One table of all columns, a line at a time. */
    struct wn_text text = {0};
    struct wn_grid grid;
    wn_grid_start(&grid, head, sizeof head / sizeof *head);
    for (size_t c = 0; c < wn_csv_columns(csv); c++) {
        const struct wn_column *column = &table->column[c];
        const uint64_t distinct = column->role == WN_ROLE_LABEL
                                      ? table->classes.count
                                      : column->distinct;

        wn_grid_add_text(&grid, wn_csv_column(csv, c));
        wn_grid_add_text(&grid, wn_table_kind(table, c));
        wn_grid_add_count(&grid, column->missing);
        wn_grid_add_count(&grid, column->invalid + column->broken);
        wn_grid_format_known(&grid, distinct, "%s%llu",
                             column->distinct_estimated ? "~" : "",
                             (unsigned long long)distinct);
        wn_grid_add_count(&grid, column->features);
        wn_grid_add_text(&grid, wn_table_note(table, c));
    }
    wn_grid_print(&grid, &text);
    for (const char *line = text.bytes; *line;) {
        const size_t length = strcspn(line, "\n");

        wn_log_verbose(log, "%.*s", (int)length, line);
        line += length + (line[length] == '\n');
    }
    wn_text_free(&text);
}

void ingest_log_rows(const struct ingest *ingest)
{
    const struct wn_table *table = &ingest->table;
    const char *file = wn_csv_name(ingest->csv);
    const size_t n = wn_csv_rows(ingest->csv);
    size_t left;

    wn_csv_left_out(ingest->csv, &left);
    wn_log_note(ingest->run->log,
                "%s: %zu rows in = %zu kept + %zu rejected, %zu feature%s, "
                "%zu class%s",
                file, n + left, n, left, table->d, table->d == 1 ? "" : "s",
                table->classes.count, table->classes.count == 1 ? "" : "es");
    if (table->second_block)
        wn_log_note(ingest->run->log,
                    "%s: the last %zu of the features are the second block",
                    file, table->second_block);
}

/* "'setsoa' (1) is nearly 'setosa' (50); ...: RULE": a class name that should
 * be another, and the cleaning rule that makes it so. */
static void note_rename(const struct wn_run *run, const char *source,
                        const char *column, const struct wn_dictionary *classes,
                        size_t from, size_t to, const char *relation,
                        const char *advice)
{
    const struct wn_value *old = &classes->value[from];
    const struct wn_value *new = &classes->value[to];
    const char *old_name = wn_dictionary_text(classes, from);
    const char *new_name = wn_dictionary_text(classes, to);
    struct wn_text rule = {0};

    wn_variants_write_rule(&rule, column, old_name, old->length, new_name,
                           new->length);
    wn_log_note(
        run->log, "%s: column %s: '%.*s' (%llu) %s '%.*s' (%llu); %s: %s",
        source, column, wn_text_shown(old->length), old_name,
        (unsigned long long)old->count, relation, wn_text_shown(new->length),
        new_name, (unsigned long long)new->count, advice, wn_text_of(&rule));
    wn_text_free(&rule);
}

/* Hints on class names: slips of the pen, and lists of labels. */
static void log_labels(const struct wn_run *run, const char *source,
                       const char *column, const struct wn_dictionary *classes,
                       const int32_t *same)
{
    int32_t *like = wn_new(classes->count, sizeof *like);
    char separator;
    uint64_t lists;
    size_t slips = 0;

    wn_labels_slips(classes, like);
    for (size_t c = 0; c < classes->count; c++) {
        if (like[c] < 0 || (size_t)same[c] != c || slips++ >= MAX_VARIANTS)
            continue;
        note_rename(run, source, column, classes, c, (size_t)like[c],
                    "is nearly", "if it is a slip, the rule");
    }
    if (wn_labels_are_lists(classes, &separator, &lists))
        wn_log_note(run->log,
                    "%s: column %s: %llu labels look like lists with '%c'; "
                    "each combination is a class of its own. If a row may have "
                    "several labels, audit them one by one: winnow-recipes(7)",
                    source, column, (unsigned long long)lists, separator);
    free(like);
}

int ingest_write_variants(const struct wn_run *run,
                          struct wn_audit_writer *writer, const char *source,
                          const char *column,
                          const struct wn_dictionary *classes,
                          struct wn_error *error)
{
    int32_t *same = wn_new(classes->count, sizeof *same);
    size_t found = 0;
    int status = 0;

    column = column ? column : "label";
    for (size_t c = 0;
         strcmp(wn_option_text(run->options, "label-type"), "ordinal") == 0 &&
         c < classes->count;
         c++) {
        const size_t length = classes->value[c].length;
        const char *name = wn_dictionary_text(classes, c);
        double grade;

        if (!wn_number_parse(name, length, &grade) || grade != floor(grade)) {
            free(same);
            return wn_fail(error, WN_EDATA,
                           "%s: column %s: --label-type=ordinal: found '%.*s', "
                           "wanted whole numbers",
                           source, column, wn_text_shown(length), name);
        }
    }
    wn_variants_find(classes, same);
    for (size_t c = 0; c < classes->count; c++) {
        const size_t to = (size_t)same[c];
        if (to == c || found++ >= MAX_VARIANTS)
            continue;
        note_rename(run, source, column, classes, c, to, "is a spelling of",
                    "rule");
    }
    if (found > MAX_VARIANTS)
        wn_log_note(run->log,
                    "%s: %zu more classes are spellings of others; report "
                    "shows them",
                    source, found - MAX_VARIANTS);
    log_labels(run, source, column, classes, same);
    if (found)
        status = ingest_write_vector(writer, "data/label_same", WN_I32,
                                     classes->count, same, error);
    free(same);
    return status;
}
