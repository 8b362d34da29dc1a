/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ingest: notes on columns, spelling variants and rows. */
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

/* Note what looks like a mistake in column c, and keep it for the report. */
static void __attribute__((format(printf, 3, 4)))
hint(struct ingest *ingest, size_t c, const char *format, ...)
{
    char part[400];
    struct wn_text text = {0};
    va_list list;

    va_start(list, format);
    vsnprintf(part, sizeof part, format, list);
    va_end(list);
    wn_text_format(&text, "column %s: %s", ingest->csv->column[c], part);
    wn_log_note(ingest->run->log, "%s: %s", ingest->csv->name, text.bytes);
    wn_grow(&ingest->hint, &ingest->hint_capacity, ingest->hints + 1,
            sizeof *ingest->hint);
    ingest->hint[ingest->hints++] = text.bytes;
}

/* Whether a word usually means "missing". */
static bool means_missing(const char *text, size_t length)
{
    static const char *const words[] = {
        "?",       "-",       "--",           ".",
        "*",       "x",       "na",           "n/a",
        "n.a.",    "#n/a",    "nan",          "null",
        "none",    "nil",     "void",         "nd",
        "unknown", "missing", "not available"};

    for (size_t w = 0; w < sizeof words / sizeof *words; w++)
        if (strlen(words[w]) == length &&
            strncasecmp(words[w], text, length) == 0)
            return true;
    return false;
}

/* A column of numbers where a word that stands more than once, or up to three
 * that usually mean "missing", stand for all other cells. A column with many
 * values lists its most frequent ones only, and their counts may be estimates.
 */
static void hint_missing(struct ingest *ingest, size_t c,
                         const struct wn_frequent *top, size_t tops)
{
    enum { WORDS = 3 };
    const struct wn_column *column = &ingest->table.column[c];
    const size_t rows = ingest->csv->rows;
    const uint64_t others = rows - column->numbers - column->missing;
    struct wn_text words = {0}, options = {0};
    size_t count = 0, usual = 0;
    uint64_t cells = 0;
    double number;

    for (size_t v = 0; v < (column->many ? tops : column->values.count); v++) {
        const struct wn_value *value =
            column->many ? NULL : &column->values.value[v];
        const char *text =
            value ? column->values.bytes + value->at : top[v].value;
        const size_t length = value ? value->length : strlen(text);
        const uint64_t found = value ? value->count : top[v].count;

        if ((!value && top[v].column != c) ||
            wn_number_parse(text, length, &number))
            continue;
        if (found < 2 || ++count > WORDS)
            break;
        cells += found;
        usual += means_missing(text, length);
        wn_text_format(&words, "%s'%.*s'", count > 1 ? " or " : "",
                       wn_text_shown(length), text);
        wn_text_format(&options, "%s--na=", count > 1 ? " " : "");
        wn_text_add_shell(&options, text, length);
    }
    if (count > 0 && count <= WORDS && (count == 1 || usual == count) &&
        (column->many ? 20 * cells >= 19 * others : cells == others))
        hint(ingest, c,
             "%llu of %zu cells are numbers, %llu are %s. If that means "
             "missing: %s",
             (unsigned long long)column->numbers, rows,
             (unsigned long long)others, wn_text_of(&words),
             wn_text_of(&options));
    wn_text_free(&words);
    wn_text_free(&options);
}

/* Whether all values stand in single quotes, which CSV takes for text. */
static bool in_single_quotes(const struct wn_dictionary *values)
{
    for (size_t v = 0; v < values->count; v++) {
        const struct wn_value *value = &values->value[v];
        const char *text = values->bytes + value->at;

        if (value->length < 2 || text[0] != '\'' ||
            text[value->length - 1] != '\'')
            return false;
    }
    return values->count > 1;
}

/* The columns whose cells are numbers once the comma is the decimal sign, in
 * one hint for all. */
static void hint_decimal_comma(struct ingest *ingest)
{
    const struct wn_table *table = &ingest->table;
    size_t first = 0, count = 0;
    char more[64] = "";

    for (size_t c = ingest->csv->columns; c-- > 0;) {
        const struct wn_column *column = &table->column[c];
        const uint64_t filled = ingest->csv->rows - column->missing;

        if (column->role == WN_ROLE_FEATURE && !column->comma &&
            column->kind != WN_KIND_NUMERIC && 10 * column->commas >= filled &&
            20 * (column->commas + column->numbers) >= 19 * filled &&
            column->commas) {
            first = c;
            count++;
        }
    }
    if (count > 1)
        snprintf(more, sizeof more, " (as in %zu more column%s)", count - 1,
                 count == 2 ? "" : "s");
    if (count)
        hint(ingest, first,
             "%llu of %zu cells look like numbers with a decimal comma%s: "
             "--decimal=,",
             (unsigned long long)(table->column[first].commas),
             ingest->csv->rows, more);
}

int ingest_write_hints(struct ingest *ingest, struct wn_error *error)
{
    enum { REPEAT = 5 };
    const struct wn_table *table = &ingest->table;
    const struct wn_csv *csv = ingest->csv;
    const size_t rows = csv->rows;
    struct wn_frequent *top;
    size_t tops;

    if (wn_frequent_list(table, &top, &tops, error))
        return -1;
    hint_decimal_comma(ingest);
    for (size_t c = 0; c < csv->columns; c++) {
        const struct wn_column *column = &table->column[c];
        const bool feature = column->role == WN_ROLE_FEATURE;

        const bool votes = c == table->voter;

        if (votes || (feature && column->distinct >= 2 &&
                      REPEAT * column->distinct <= rows &&
                      names_annotator(csv->column[c]))) {
            struct wn_text word = {0};

            wn_text_add_shell(&word, csv->column[c], strlen(csv->column[c]));
            if (votes)
                hint(ingest, c,
                     "most rows equal others but for it and the label: is this "
                     "a table of votes, and does it say who voted? If so: "
                     "--annotator=%.120s",
                     word.bytes);
            else
                hint(ingest, c,
                     "does it say who gave the label? If so: "
                     "--annotator=%.120s, and --group= the column of the "
                     "items, where several people label one",
                     word.bytes);
            wn_text_free(&word);
        }
        if (feature && column->kind == WN_KIND_CATEGORICAL && !column->padded &&
            2 * column->numbers >= rows)
            hint_missing(ingest, c, top, tops);
        if (in_single_quotes(column->role == WN_ROLE_LABEL ? &table->classes
                                                           : &column->values))
            hint(ingest, c,
                 "all cells stand in single quotes, which belong to the text: "
                 "CSV has double quotes");
    }
    wn_frequent_free(top, tops);
    return ingest->hints
               ? wn_audit_write_names(ingest->writer, "data/hint",
                                      (const char *const *)ingest->hint,
                                      ingest->hints, error)
               : 0;
}

void ingest_log_columns(const struct ingest *ingest)
{
    const struct wn_table *table = &ingest->table;
    const struct wn_csv *csv = ingest->csv;
    struct wn_log *log = ingest->run->log;
    const char *file = csv->name;
    const size_t unnamed = csv->unnamed;

    if (unnamed)
        wn_log_note(log,
                    "%s: %zu column%s without a name in the header: called "
                    "by place, c1, c2 and so on",
                    file, unnamed, unnamed == 1 ? "" : "s");
    ingest_log_rules(ingest);
    for (size_t c = 0; c < csv->columns; c++)
        if (table->column[c].invalid > WN_INGEST_NOTES)
            wn_log_note(log,
                        "%s: column %s: %llu of %zu cells: wanted %s; encoded "
                        "as missing",
                        file, csv->column[c],
                        (unsigned long long)table->column[c].invalid, csv->rows,
                        wn_table_wanted(table, c));
    for (size_t c = 0; c < csv->columns; c++)
        if (table->column[c].role == WN_ROLE_FEATURE &&
            table->column[c].leakage.low >= WN_LEAKAGE_SHARE)
            wn_log_note(log,
                        "%s: column %s: alone predicts the label (%.0f %%). Is "
                        "it a copy of the label? If so: --ignore='%s'",
                        file, csv->column[c],
                        100 * table->column[c].leakage.lift, csv->column[c]);
    if (log->level < WN_VERBOSE)
        return;
    /* One table of all columns, a line at a time. */
    struct wn_text text = {0};
    struct wn_grid grid;
    wn_grid_start(&grid,
                  "~column|kind|#missing|#invalid|#distinct|#features|~note");
    for (size_t c = 0; c < csv->columns; c++) {
        const struct wn_column *column = &table->column[c];
        const uint64_t distinct = column->role == WN_ROLE_LABEL
                                      ? table->classes.count
                                      : column->distinct;

        wn_grid_add_text(&grid, csv->column[c]);
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
    const char *file = ingest->csv->name;
    const size_t n = ingest->csv->rows, left = ingest->csv->left_outs;
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

/* Hints on class names: slips of the pen, lists of labels, and headers that
 * stand between the rows. */
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
    const long header = wn_dictionary_find(classes, column, strlen(column));
    if (header >= 0 && classes->value[header].count) {
        const uint64_t rows = classes->value[header].count;
        struct wn_text word = {0};

        wn_text_add_shell(&word, column, strlen(column));
        wn_log_note(run->log,
                    "%s: column %s: %llu row%s with its name as label. Does "
                    "the header stand again between the rows? If so: --na=%s "
                    "--missing-label=drop",
                    source, column, (unsigned long long)rows,
                    rows == 1 ? "" : "s", word.bytes);
        wn_text_free(&word);
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
        status = wn_audit_write_vector(writer, "data/label_same",
                                       classes->count, same, error);
    free(same);
    return status;
}
