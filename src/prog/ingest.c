/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ingest(1): a CSV file into the stage /data of an audit file. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/audit.h"
#include "data/csv.h"
#include "encode/pattern.h"
#include "encode/table.h"
#include "encode/variants.h"
#include "model/linear.h"
#include "model/svd.h"
#include "prog/program.h"
#include "util/memory.h"
#include "util/number.h"

enum { NOTES = 3, NAMES_TOLD = 12, VARIANTS_TOLD = 10 };

static const struct wn_option first_rows[] = {
    {.name = "label", .letter = 'l', .kind = WN_TEXT, .value = "COLUMN",
     .recorded = true, .help = "the column that holds the label (required)"},
    {.name = "id", .kind = WN_TEXT, .value = "COLUMN", .recorded = true,
     .help = "the column that names the rows; no feature"},
    {.name = "ignore", .kind = WN_LIST, .value = "PATTERN", .recorded = true,
     .help = "leave out columns whose whole name matches; repeatable"},
    {.name = "kind", .kind = WN_LIST, .value = "PATTERN:KIND",
     .recorded = true,
     .help = "columns whose whole name matches are numeric, categorical, "
             "text or ignored, whatever is in them; the last match counts"},
    {.name = "no-header", .kind = WN_FLAG, .recorded = true,
     .help = "the first record is a row; columns are called c1, c2, ..."},
    {.name = "na", .kind = WN_LIST, .value = "TOKEN", .recorded = true,
     .help = "cells that are TOKEN are missing, as empty ones are; repeatable"},
    {.name = "missing-label", .kind = WN_CHOICE, .value = "HOW",
     .standard = "reject", .choices = "reject|drop", .recorded = true,
     .help = "rows without a label: refuse the file, or leave them out"},
    {.name = "classes", .kind = WN_TEXT, .value = "FILE", .recorded = true,
     .help = "FILE has the classes there may be, one a line"},
    {.name = "one-hot", .kind = WN_WHOLE, .value = "N", .standard = "64",
     .low = 2, .high = 65535, .recorded = true,
     .help = "a feature a value up to N values, hashed above"},
    {.name = "text-dims", .kind = WN_WHOLE, .value = "N", .standard = "128",
     .low = 1, .high = 4096, .recorded = true,
     .help = "give a text column N features"},
    {.name = "delimiter", .letter = 'd', .kind = WN_TEXT, .value = "C",
     .standard = ",", .recorded = true,
     .help = "the byte between fields, or tab"},
    {0}};

static const struct wn_option *const last_rows[] = {
    &wn_option_output,  &wn_option_force, &wn_option_threads,
    &wn_option_memory,  &wn_option_quiet, &wn_option_verbose,
    &wn_option_help,    &wn_option_version};

/* The option table: ours, the shared ones. */
enum { ROOM = 32 };
static struct wn_option rows[ROOM];

static void make_rows(void)
{
    wn_option_add_rows(rows, ROOM, first_rows);
    for (size_t s = 0; s < sizeof last_rows / sizeof *last_rows; s++)
        wn_option_add(rows, ROOM, last_rows[s]);
}

/* What is gathered while features go out by block. */
struct gathered {
    struct wn_run *run;
    const struct wn_table *table;
    struct wn_audit_writer *writer;
    int64_t *row;
    int32_t *column, *rule;
    size_t defects, row_room, column_room, rule_room;
    struct wn_text id;
    uint64_t *id_offset;
    size_t ids, id_room;
    uint64_t *noted; /* broken cells of each column so far */
};

static int parse_delimiter(const struct wn_run *run, char *delimiter,
                           struct wn_error *error)
{
    const char *text = wn_option_text(run->options, "delimiter");

    if (strcmp(text, "tab") == 0 || strcmp(text, "\\t") == 0)
        text = "\t";
    if (strlen(text) != 1 || strchr("\"\r\n", *text))
        return wn_fail(error, WN_EUSAGE,
                       "--delimiter: found '%s', wanted one byte that is no "
                       "quote or line end, or tab",
                       text);
    *delimiter = *text;
    return 0;
}

/* --- columns and their roles -------------------------------------------- */

/* Edits that turn one name into the other, letter case for nothing. */
static size_t name_distance(const char *a, const char *b)
{
    enum { MOST = 64 };
    size_t row[MOST + 1];
    const size_t length = strlen(b);

    if (length > MOST || strlen(a) > MOST)
        return MOST;
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t corner = row[0]++;

        for (size_t j = 0; j < length; j++) {
            const size_t change = corner + ((a[i] | 32) != (b[j] | 32));
            size_t best = row[j] < row[j + 1] ? row[j] : row[j + 1];

            best++;
            corner = row[j + 1];
            row[j + 1] = change < best ? change : best;
        }
    }
    return row[length];
}

static int fail_unknown(const struct wn_csv *csv, const char *option,
                        const char *name, struct wn_error *error)
{
    const size_t columns = wn_csv_columns(csv);
    struct wn_text text = {0};
    size_t best = 0;

    for (size_t c = 1; c < columns; c++)
        if (name_distance(name, wn_csv_column(csv, c)) <
            name_distance(name, wn_csv_column(csv, best)))
            best = c;
    const char *near = wn_csv_column(csv, best);
    int status = 0;
    if (name_distance(name, near) <= strlen(name) / 3 + 1)
        status = wn_text_format(&text, error, "; is '%s' meant?", near);
    else if (columns == 1 && strpbrk(near, ",;\t|"))
        status = wn_text_format(&text, error, "; is another --delimiter "
                                              "meant?");
    if (status == 0)
        status = wn_text_format(&text, error, " (%zu column%s:", columns,
                                columns == 1 ? "" : "s");
    for (size_t c = 0; c < columns && c < NAMES_TOLD && status == 0; c++)
        status = wn_text_format(&text, error, "%s %.60s", c ? "," : "",
                                wn_csv_column(csv, c));
    if (status == 0)
        status = wn_text_format(&text, error,
                                columns > NAMES_TOLD ? ", ...)" : ")");
    if (status == 0)
        wn_fail(error, WN_EDATA, "%s: found no column '%s' for --%s%s",
                wn_csv_name(csv), name, option, wn_text_of(&text));
    wn_text_free(&text);
    return -1;
}

static int give_role(struct wn_table *table, const char *option,
                     const char *name, enum wn_role role, size_t *column,
                     struct wn_error *error)
{
    const long c = wn_csv_find(table->csv, name);

    if (c < 0)
        return fail_unknown(table->csv, option, name, error);
    if (table->column[c].role != WN_ROLE_FEATURE)
        return wn_fail(error, WN_EUSAGE,
                       "--%s: column %s is the label already", option, name);
    table->column[c].role = role;
    *column = (size_t)c;
    return 0;
}

/* What --kind may say. */
static const struct {
    const char *name;
    enum wn_role role;
    enum wn_column_kind kind;
} kinds[] = {{"numeric", WN_ROLE_FEATURE, WN_KIND_NUMERIC},
             {"categorical", WN_ROLE_FEATURE, WN_KIND_CATEGORICAL},
             {"text", WN_ROLE_FEATURE, WN_KIND_TEXT},
             {"ignored", WN_ROLE_IGNORED, WN_KIND_GUESS}};
enum { KINDS = sizeof kinds / sizeof *kinds, IGNORED = KINDS - 1 };

/* Give kind k to the columns whose names match. The label and the id keep
 * their roles: `--label=label_1 --ignore=label.*` says what is meant. */
static int give_kind(struct wn_table *table, const char *option,
                     const char *text, size_t k, struct wn_error *error)
{
    struct wn_pattern *pattern = wn_pattern_new(option, text, error);
    size_t matches = 0;
    int status = pattern ? 0 : -1;

    for (size_t c = 0; c < wn_csv_columns(table->csv) && status == 0; c++) {
        const char *name = wn_csv_column(table->csv, c);
        struct wn_column *column = &table->column[c];
        const int match =
            wn_pattern_matches(pattern, name, strlen(name), error);

        if (match < 0)
            status = -1;
        if (match <= 0)
            continue;
        matches++;
        if (column->role == WN_ROLE_FEATURE ||
            column->role == WN_ROLE_IGNORED) {
            column->role = kinds[k].role;
            column->kind = kinds[k].kind;
        } else if (strcmp(text, name) == 0) {
            status = wn_fail(error, WN_EUSAGE,
                             "--%s: column %s is the %s already", option,
                             name, wn_table_kind(table, c));
        }
    }
    wn_pattern_free(pattern);
    if (status == 0 && matches == 0)
        return wn_fail(error, WN_EUSAGE,
                       "--%s: no column's name matches '%s'", option, text);
    return status;
}

/* PATTERN:KIND, where the pattern may hold colons too. */
static int parse_kind(struct wn_table *table, const char *text,
                      struct wn_error *error)
{
    const char *colon = strrchr(text, ':');
    size_t k = 0;

    while (colon && k < KINDS && strcmp(colon + 1, kinds[k].name))
        k++;
    if (!colon || k == KINDS)
        return wn_fail(error, WN_EUSAGE,
                       "--kind: found '%s', wanted PATTERN:KIND, where KIND "
                       "is numeric, categorical, text or ignored",
                       text);
    char *pattern = wn_copy_text(text, (size_t)(colon - text), error);
    if (!pattern)
        return -1;
    const int status = give_kind(table, "kind", pattern, k, error);
    free(pattern);
    return status;
}

static int give_roles(const struct wn_run *run, struct wn_table *table,
                      struct wn_error *error)
{
    const char *id = wn_option_text(run->options, "id");
    size_t ignored, told, column;
    const char *const *ignore =
        wn_option_list(run->options, "ignore", &ignored);
    const char *const *kind = wn_option_list(run->options, "kind", &told);

    table->column =
        wn_new(wn_csv_columns(table->csv), sizeof *table->column, error);
    if (!table->column ||
        give_role(table, "label", wn_option_text(run->options, "label"),
                  WN_ROLE_LABEL, &table->label_column, error) ||
        (id && give_role(table, "id", id, WN_ROLE_ID, &column, error)))
        return -1;
    for (size_t i = 0; i < told; i++)
        if (parse_kind(table, kind[i], error))
            return -1;
    for (size_t i = 0; i < ignored; i++)
        if (give_kind(table, "ignore", ignore[i], IGNORED, error))
            return -1;
    return 0;
}

/* --- the sink ----------------------------------------------------------- */

static int take_features(void *context, size_t n, const float *features,
                         struct wn_error *error)
{
    const struct gathered *gathered = context;

    return wn_audit_write_append(gathered->writer, n, features, error);
}

static void note_broken(struct gathered *gathered, struct wn_defect defect,
                        const struct wn_cell *cell)
{
    const struct wn_csv *csv = gathered->table->csv;

    if (gathered->noted[defect.column]++ < NOTES)
        wn_talk_note(gathered->run->talk,
                     "%s:%llu: column %s: found '%.*s', wanted a number",
                     wn_csv_name(csv),
                     (unsigned long long)wn_csv_line(csv)[defect.row],
                     wn_csv_column(csv, defect.column),
                     (int)(cell->length < 80 ? cell->length : 80),
                     cell->text);
}

static int take_defect(void *context, struct wn_defect defect,
                       const struct wn_cell *cell, struct wn_error *error)
{
    struct gathered *gathered = context;
    const size_t at = gathered->defects;

    if (wn_grow(&gathered->row, &gathered->row_room, at + 1,
                sizeof *gathered->row, error) ||
        wn_grow(&gathered->column, &gathered->column_room, at + 1,
                sizeof *gathered->column, error) ||
        wn_grow(&gathered->rule, &gathered->rule_room, at + 1,
                sizeof *gathered->rule, error))
        return -1;
    gathered->row[at] = (int64_t)defect.row;
    gathered->column[at] = (int32_t)defect.column;
    gathered->rule[at] = defect.rule;
    gathered->defects++;
    if (cell)
        note_broken(gathered, defect, cell);
    return 0;
}

static int take_id(void *context, const struct wn_cell *cell,
                   struct wn_error *error)
{
    struct gathered *gathered = context;

    if (wn_grow(&gathered->id_offset, &gathered->id_room, gathered->ids + 2,
                sizeof *gathered->id_offset, error) ||
        wn_text_add(&gathered->id, cell->text, cell->length, error))
        return -1;
    if (gathered->ids == 0)
        gathered->id_offset[0] = 0;
    gathered->id_offset[++gathered->ids] = gathered->id.length;
    return 0;
}

/* --- the audit file ----------------------------------------------------- */

static int write_array(struct wn_audit_writer *writer, const char *path,
                       enum wn_type type, size_t count, const void *content,
                       struct wn_error *error)
{
    const size_t extent[3] = {count, 0, 0};

    return wn_audit_write(writer, path, type, extent, content, error);
}

static int write_features(struct gathered *gathered, struct wn_error *error)
{
    const struct wn_table *table = gathered->table;
    const struct wn_sink sink = {gathered, take_features, take_defect,
                                 take_id};
    const size_t extent[3] = {wn_csv_rows(table->csv), table->d, 0};

    return wn_audit_write_begin(gathered->writer, "data/features", WN_F32,
                                extent, error) ||
                   wn_table_encode(table, &sink, error) ||
                   wn_audit_write_end(gathered->writer, error) ||
                   wn_audit_write_names(
                       gathered->writer, "data/feature_name",
                       (const char *const *)table->feature_name, table->d,
                       error)
               ? -1
               : 0;
}

static int write_labels(struct gathered *gathered, struct wn_error *error)
{
    const struct wn_table *table = gathered->table;
    const size_t k = table->classes.count;
    char **name = wn_new(k, sizeof *name, error);
    int status = name ? 0 : -1;

    for (size_t c = 0; c < k && status == 0; c++) {
        name[c] = wn_copy_text(wn_dictionary_text(&table->classes, c),
                               table->classes.value[c].length, error);
        status = name[c] ? 0 : -1;
    }
    if (status == 0)
        status = write_array(gathered->writer, "data/label", WN_I32,
                             wn_csv_rows(table->csv), table->label, error) ||
                         wn_audit_write_names(gathered->writer,
                                              "data/label_name",
                                              (const char *const *)name, k,
                                              error)
                     ? -1
                     : 0;
    if (name)
        wn_names_free(name, k);
    return status;
}

static int write_rows(struct gathered *gathered, struct wn_error *error)
{
    struct wn_audit_writer *writer = gathered->writer;
    const struct wn_csv *csv = gathered->table->csv;
    const size_t n = wn_csv_rows(csv);

    size_t left;
    const uint64_t *left_out = wn_csv_left_out(csv, &left);
    const size_t extent[3] = {left, 2, 0};

    if (left && wn_audit_write(writer, "data/left_out", WN_U64, extent,
                               left_out, error))
        return -1;
    if (write_array(writer, "data/row_offset", WN_U64, n + 1,
                    wn_csv_offset(csv), error) ||
        write_array(writer, "data/row_line", WN_U64, n, wn_csv_line(csv),
                    error) ||
        write_array(writer, "data/row_hash", WN_U64, n, wn_csv_hash(csv),
                    error))
        return -1;
    if (!gathered->ids)
        return 0;
    return write_array(writer, "data/id_offset", WN_U64, n + 1,
                       gathered->id_offset, error) ||
                   write_array(writer, "data/id", WN_U8, gathered->id.length,
                               wn_text_of(&gathered->id), error)
               ? -1
               : 0;
}

static int write_defects(struct gathered *gathered, struct wn_error *error)
{
    struct wn_audit_writer *writer = gathered->writer;
    const size_t t = gathered->defects;

    return write_array(writer, "data/defect/row", WN_I64, t, gathered->row,
                       error) ||
                   write_array(writer, "data/defect/column", WN_I32, t,
                               gathered->column, error) ||
                   write_array(writer, "data/defect/rule", WN_I32, t,
                               gathered->rule, error) ||
                   wn_audit_write_names(writer, "data/defect/rule_name",
                                        wn_rule_names,
                                        sizeof wn_rule_names /
                                            sizeof *wn_rule_names,
                                        error)
               ? -1
               : 0;
}

/* The column table, one array a statistic. */
struct profile {
    const char **name, **kind;
    uint64_t *missing, *invalid, *distinct;
    double *min, *max;
};

static void fill_profile(const struct wn_table *table,
                         struct profile *profile)
{
    for (size_t c = 0; c < wn_csv_columns(table->csv); c++) {
        const struct wn_column *column = &table->column[c];
        const bool numeric = column->role == WN_ROLE_FEATURE &&
                             column->kind == WN_KIND_NUMERIC;

        profile->name[c] = wn_csv_column(table->csv, c);
        profile->kind[c] = wn_table_kind(table, c);
        profile->missing[c] = column->missing;
        profile->invalid[c] = column->invalid;
        profile->distinct[c] = column->role == WN_ROLE_LABEL
                                   ? table->classes.count
                                   : column->distinct;
        profile->min[c] = numeric ? column->min : NAN;
        profile->max[c] = numeric ? column->max : NAN;
    }
}

static int write_columns(struct gathered *gathered, struct wn_error *error)
{
    struct wn_audit_writer *writer = gathered->writer;
    const size_t columns = wn_csv_columns(gathered->table->csv);
    struct profile p = {
        wn_new(columns, sizeof *p.name, error),
        wn_new(columns, sizeof *p.kind, error),
        wn_new(columns, sizeof *p.missing, error),
        wn_new(columns, sizeof *p.invalid, error),
        wn_new(columns, sizeof *p.distinct, error),
        wn_new(columns, sizeof *p.min, error),
        wn_new(columns, sizeof *p.max, error)};
    int status = -1;

    if (!p.name || !p.kind || !p.missing || !p.invalid || !p.distinct ||
        !p.min || !p.max)
        goto done;
    fill_profile(gathered->table, &p);
    if (wn_audit_write_names(writer, "data/column/name", p.name, columns,
                             error) ||
        wn_audit_write_names(writer, "data/column/kind", p.kind, columns,
                             error) ||
        write_array(writer, "data/column/missing", WN_U64, columns, p.missing,
                    error) ||
        write_array(writer, "data/column/invalid", WN_U64, columns, p.invalid,
                    error) ||
        write_array(writer, "data/column/distinct", WN_U64, columns,
                    p.distinct, error) ||
        write_array(writer, "data/column/min", WN_F64, columns, p.min,
                    error) ||
        write_array(writer, "data/column/max", WN_F64, columns, p.max, error))
        goto done;
    status = 0;
done:
    free(p.name);
    free(p.kind);
    free(p.missing);
    free(p.invalid);
    free(p.distinct);
    free(p.min);
    free(p.max);
    return status;
}

/* The operand as given if it is relative; no absolute path goes into a file
 * that may be passed on. */
static const char *source_name(const struct wn_run *run)
{
    const char *path = wn_run_input(run);

    if (!path)
        return "-";
    while (path[0] == '.' && path[1] == '/') {
        path += 2;
        while (*path == '/')
            path++;
    }
    return *path == '/' ? strrchr(path, '/') + 1 : path;
}

static int write_provenance(struct gathered *gathered, struct wn_error *error)
{
    struct wn_audit_writer *writer = gathered->writer;
    const struct wn_table *table = gathered->table;
    const char delimiter[2] = {wn_csv_delimiter(table->csv), '\0'};
    struct wn_text options = {0};
    int status = -1;

    if (wn_options_describe(gathered->run->options, &options, error) ||
        wn_audit_provenance(writer, gathered->run->name, wn_text_of(&options),
                            wn_csv_digest(table->csv), error) ||
        wn_audit_write_text(writer, "data", "task", "classification",
                            error) ||
        wn_audit_write_text(writer, "data", "source",
                            source_name(gathered->run), error) ||
        wn_audit_write_text(writer, "data", "source_digest",
                            wn_csv_digest(table->csv), error) ||
        wn_audit_write_number(writer, "data", "source_size",
                              (double)wn_csv_size(table->csv), error) ||
        wn_audit_write_text(writer, "data", "label_column",
                            wn_csv_column(table->csv, table->label_column),
                            error) ||
        wn_audit_write_text(writer, "data", "delimiter", delimiter, error))
        goto done;
    status = 0;
done:
    wn_text_free(&options);
    return status;
}

/* --- talk --------------------------------------------------------------- */

static void tell_columns(const struct gathered *gathered)
{
    const struct wn_table *table = gathered->table;
    struct wn_talk *talk = gathered->run->talk;

    for (size_t c = 0; c < wn_csv_columns(table->csv); c++) {
        const struct wn_column *column = &table->column[c];
        const char *note = column->role != WN_ROLE_FEATURE ||
                                   column->features > 0
                               ? ""
                           : column->kind == WN_KIND_IDENTIFIER
                               ? "; left out"
                               : "; constant, left out";

        wn_talk_detail(talk,
                       "column %s: %s, %llu missing, %llu invalid, "
                       "%zu feature%s%s",
                       wn_csv_column(table->csv, c), wn_table_kind(table, c),
                       (unsigned long long)column->missing,
                       (unsigned long long)column->invalid, column->features,
                       column->features == 1 ? "" : "s", note);
    }
}

/* "Cat" and "cat ": the labels are kept, the person is told. */
static int tell_variants(const struct gathered *gathered,
                         struct wn_error *error)
{
    const struct wn_dictionary *classes = &gathered->table->classes;
    int32_t *same = wn_new(classes->count, sizeof *same, error);
    size_t told = 0;

    if (!same || wn_variants_find(classes, same, error)) {
        free(same);
        return -1;
    }
    for (size_t c = 0; c < classes->count; c++) {
        const struct wn_value *one = &classes->value[same[c]];
        const struct wn_value *two = &classes->value[c];

        if ((size_t)same[c] == c || told++ >= VARIANTS_TOLD)
            continue;
        wn_talk_note(gathered->run->talk,
                     "%s: column %s: classes '%.*s' (%llu) and '%.*s' (%llu) "
                     "differ in case or blanks only",
                     wn_csv_name(gathered->table->csv),
                     wn_csv_column(gathered->table->csv,
                                   gathered->table->label_column),
                     (int)one->length,
                     wn_dictionary_text(classes, (size_t)same[c]),
                     (unsigned long long)one->count, (int)two->length,
                     wn_dictionary_text(classes, c),
                     (unsigned long long)two->count);
    }
    free(same);
    return 0;
}

static void tell_summary(const struct gathered *gathered)
{
    const struct wn_table *table = gathered->table;
    const size_t n = wn_csv_rows(table->csv);

    for (size_t c = 0; c < wn_csv_columns(table->csv); c++)
        if (table->column[c].invalid > NOTES)
            wn_talk_note(gathered->run->talk,
                         "%s: column %s: %llu of %zu cells are no numbers; "
                         "encoded as missing",
                         wn_csv_name(table->csv),
                         wn_csv_column(table->csv, c),
                         (unsigned long long)table->column[c].invalid, n);
    tell_columns(gathered);
    size_t left;
    wn_csv_left_out(table->csv, &left);
    void (*const say)(struct wn_talk *, const char *, ...) =
        left ? wn_talk_note : wn_talk_detail;
    say(gathered->run->talk,
        "%s: %zu rows in = %zu kept + %zu rejected, %zu feature%s, "
        "%zu class%s",
        wn_csv_name(table->csv), n + left, n, left, table->d,
        table->d == 1 ? "" : "s", table->classes.count,
        table->classes.count == 1 ? "" : "es");
}

/* --- all of it ---------------------------------------------------------- */

static int write_audit(struct gathered *gathered, struct wn_error *error)
{
    gathered->writer =
        wn_run_create(gathered->run, NULL, WN_DATA, error);
    gathered->noted = wn_new(wn_csv_columns(gathered->table->csv),
                             sizeof *gathered->noted, error);
    if (!gathered->writer || !gathered->noted ||
        write_features(gathered, error) || write_labels(gathered, error) ||
        write_rows(gathered, error) || write_columns(gathered, error) ||
        write_defects(gathered, error) ||
        write_provenance(gathered, error) ||
        wn_csv_unchanged(gathered->table->csv, error))
        return -1;
    if (tell_variants(gathered, error))
        return -1;
    tell_summary(gathered);
    struct wn_audit_writer *writer = gathered->writer;
    gathered->writer = NULL;
    return wn_audit_finish(writer, error);
}

static int add_class(struct wn_table *table, const char *path,
                     const char *text, size_t length, struct wn_error *error)
{
    if (length && text[length - 1] == '\r')
        length--;
    if (length == 0)
        return 0;
    if (length > WN_NAME_BYTES || !wn_text_is_utf8(text, length) ||
        memchr(text, '\0', length))
        return wn_fail(error, WN_EDATA,
                       "%s: found '%.*s', wanted class names in UTF-8 of at "
                       "most %d bytes, one a line",
                       path, (int)(length < 80 ? length : 80), text,
                       WN_NAME_BYTES);
    return wn_dictionary_add(&table->declared, text, length, 0, 0, error) < 0
               ? -1
               : 0;
}

static int declare_classes(const struct wn_run *run, struct wn_table *table,
                           struct wn_error *error)
{
    const char *path = wn_option_text(run->options, "classes");
    FILE *file = path ? fopen(path, "re") : NULL;
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    int status = 0;

    if (!path)
        return 0;
    if (!file)
        return wn_fail_errno(error, "%s: cannot open", path);
    while (status == 0 && (length = getline(&line, &room, file)) > 0)
        status = add_class(table, path, line,
                           (size_t)length - (line[length - 1] == '\n'),
                           error);
    if (status == 0 && ferror(file))
        status = wn_fail_errno(error, "%s: cannot read", path);
    if (status == 0 && table->declared.count == 0)
        status = wn_fail(error, WN_EDATA,
                         "%s: found no class names, wanted one a line", path);
    free(line);
    fclose(file);
    return status;
}

/* Rows without a label out of the index, before anything is counted. */
static int drop_unlabelled(const struct wn_run *run, struct wn_csv *csv,
                           const struct wn_table *table,
                           struct wn_error *error)
{
    const size_t n = wn_csv_rows(csv);
    size_t kept = n;

    if (strcmp(wn_option_text(run->options, "missing-label"), "drop"))
        return 0;
    uint8_t *out = wn_new(n, 1, error);
    int status = out ? wn_table_unlabelled(table, out, error) : -1;
    for (size_t row = 0; row < n && status == 0; row++)
        kept -= out[row];
    if (status == 0 && kept == 0)
        status = wn_fail(error, WN_EDATA,
                         "%s: column %.120s: found no label in it, wanted one "
                         "in some rows",
                         wn_csv_name(csv),
                         wn_csv_column(csv, table->label_column));
    if (status == 0 && kept < n)
        status = wn_csv_leave_out(csv, out, error);
    free(out);
    return status;
}

/* Refuse at once what would need more than --memory: the index of the records,
 * two words for each cell of the survey's sample, and each thread's blocks. */
static int check_memory(const struct wn_run *run, const struct wn_csv *csv,
                        struct wn_error *error)
{
    const double n = (double)wn_csv_rows(csv);
    const double columns = (double)wn_csv_columns(csv);
    const double most_sampled =
        fmin(fmin(n, WN_SAMPLE) * columns, fmax(1 << 22, 256 * columns));
    char what[100];

    snprintf(what, sizeof what, "%.0f rows of %.0f columns", n, columns);
    return wn_run_afford(run,
                         40 * n + 16 * most_sampled +
                             8e6 * run->threads + 16e6,
                         what, error);
}

static int ingest(struct wn_run *run, struct wn_error *error)
{
    struct wn_csv_form form = wn_csv_form_standard;
    struct wn_table table = {.threads = run->threads, .talk = run->talk};
    struct gathered gathered = {.run = run, .table = &table};
    struct wn_csv *csv = NULL;
    int status = -1;

    if (!wn_option_given(run->options, "label"))
        return wn_fail(error, WN_EUSAGE,
                       "--label=COLUMN is wanted; see --help");
    if (parse_delimiter(run, &form.delimiter, error))
        return -1;
    wn_linear_start();
    form.nameless = wn_option_on(run->options, "no-header");
    table.one_hot = (size_t)wn_option_number(run->options, "one-hot");
    table.text_dims = (size_t)wn_option_number(run->options, "text-dims");
    table.svd = wn_svd_basis;
    table.na = wn_option_list(run->options, "na", &table.na_count);
    table.csv = csv = wn_csv_open(wn_run_input(run), &form, error);
    if (csv && check_memory(run, csv, error) == 0 &&
        give_roles(run, &table, error) == 0 &&
        declare_classes(run, &table, error) == 0 &&
        drop_unlabelled(run, csv, &table, error) == 0 &&
        wn_table_survey(&table, error) == 0)
        status = write_audit(&gathered, error);
    wn_audit_abandon(gathered.writer);
    free(gathered.row);
    free(gathered.column);
    free(gathered.rule);
    wn_text_free(&gathered.id);
    free(gathered.id_offset);
    free(gathered.noted);
    if (csv)
        wn_table_free(&table);
    wn_csv_close(csv);
    return status;
}

int main(int argc, char **argv)
{
    static const struct wn_program program = {
        .brief = "Read a CSV file, encode its columns, begin an audit file.",
        .synopsis = "--label=COLUMN [OPTION...] [FILE]",
        .rows = rows,
        .most = 1};

    make_rows();
    return wn_program_main(&program, argc, argv, ingest);
}
