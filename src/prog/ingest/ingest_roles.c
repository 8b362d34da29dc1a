/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ingest: which column is what, by the options. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encode/user_probability.h"
#include "clean/pattern.h"
#include "prog/ingest/ingest_work.h"
#include "util/memory.h"

enum { NAMES_TOLD = 12 };

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
        status = wn_text_format(&text, "; is '%s' meant?", near);
    else if (columns == 1 && strpbrk(near, ",;\t|"))
        status = wn_text_format(&text, "; is another --delimiter "
                                       "meant?");
    if (status == 0)
        status = wn_text_format(&text, " (%zu column%s:", columns,
                                columns == 1 ? "" : "s");
    for (size_t c = 0; c < columns && c < NAMES_TOLD && status == 0; c++)
        status = wn_text_format(&text, "%s %.60s", c ? "," : "",
                                wn_csv_column(csv, c));
    if (status == 0)
        status = wn_text_format(&text, columns > NAMES_TOLD ? ", ...)" : ")");
    if (status == 0)
        wn_fail(error, WN_EDATA, "%s: found no column '%s' for --%s%s",
                wn_csv_name(csv), name, option, wn_text_of(&text));
    wn_text_free(&text);
    return -1;
}

/* Nothing where the option was not given. */
static int give_role(const struct wn_run *run, struct wn_table *table,
                     const char *option, enum wn_role role,
                     struct wn_error *error)
{
    const char *name = wn_option_text(run->options, option);
    const long c = name ? wn_csv_find(table->csv, name) : 0;

    if (!name)
        return 0;
    if (c < 0)
        return fail_unknown(table->csv, option, name, error);
    if (table->column[c].role != WN_ROLE_FEATURE)
        return wn_fail(error, WN_EUSAGE, "--%s: column %s is the %s already",
                       option, name, wn_table_kind(table, (size_t)c));
    table->column[c].role = role;
    if (role == WN_ROLE_LABEL)
        table->label_column = (size_t)c;
    return 0;
}

/* Hand over the columns whose names match, one at least: `take` returns whether
 * it could. Those with a role keep it: `--label=label_1 --ignore=label.*` says
 * what is meant. */
static int give_matching(struct wn_table *table, const char *option,
                         const char *text,
                         bool (*take)(struct wn_column *column, int what),
                         int what, struct wn_error *error)
{
    struct wn_pattern *pattern = wn_pattern_new(option, text, error);
    size_t matches = 0;
    int status = pattern ? 0 : -1;

    for (size_t c = 0; c < wn_csv_columns(table->csv) && status == 0; c++) {
        const char *name = wn_csv_column(table->csv, c);
        const int match =
            wn_pattern_matches(pattern, name, strlen(name), error);

        if (match < 0)
            status = -1;
        if (match <= 0)
            continue;
        matches++;
        if (!take(&table->column[c], what) && strcmp(text, name) == 0)
            status =
                wn_fail(error, WN_EUSAGE, "--%s: column %s is the %s already",
                        option, name, wn_table_kind(table, c));
    }
    wn_pattern_free(pattern);
    if (status == 0 && matches == 0)
        return wn_fail(error, WN_EUSAGE, "--%s: no column's name matches '%s'",
                       option, text);
    return status;
}

/* WN_KIND_GUESS: to be ignored. */
static bool take_kind(struct wn_column *column, int kind)
{
    if (column->role != WN_ROLE_FEATURE && column->role != WN_ROLE_IGNORED)
        return false;
    column->role = kind == WN_KIND_GUESS ? WN_ROLE_IGNORED : WN_ROLE_FEATURE;
    column->kind = (enum wn_column_kind)kind;
    return true;
}

/* What is ignored stays so: `--features-b=txt_.* --ignore=txt_9`. */
static bool take_second(struct wn_column *column, int what)
{
    (void)what;
    column->second = column->role == WN_ROLE_FEATURE;
    return column->second || column->role == WN_ROLE_IGNORED;
}

static int fail_kind(const char *text, struct wn_error *error)
{
    struct wn_text names = {0};
    int status = 0;

    for (int kind = WN_KIND_GUESS + 1; kind < WN_KINDS && status == 0; kind++)
        status = wn_text_format(&names, "%s, ",
                                wn_table_kind_name((enum wn_column_kind)kind));
    if (status == 0)
        wn_fail(error, WN_EUSAGE,
                "--kind: found '%s', wanted PATTERN:KIND, where KIND is "
                "%sor ignore",
                text, wn_text_of(&names));
    wn_text_free(&names);
    return -1;
}

/* PATTERN:KIND, where the pattern may hold colons too. */
static int parse_kind(struct wn_table *table, const char *text,
                      struct wn_error *error)
{
    const char *colon = strrchr(text, ':');
    int kind = WN_KIND_GUESS + 1;

    while (colon && kind < WN_KINDS &&
           strcmp(colon + 1, wn_table_kind_name((enum wn_column_kind)kind)))
        kind++;
    /* The column table says ignored. */
    if (colon &&
        (strcmp(colon + 1, "ignore") == 0 || strcmp(colon + 1, "ignored") == 0))
        kind = WN_KIND_GUESS;
    if (!colon || kind == WN_KINDS)
        return fail_kind(text, error);
    char *pattern = wn_copy_text(text, (size_t)(colon - text));
    const int status =
        give_matching(table, "kind", pattern, take_kind, kind, error);
    free(pattern);
    return status;
}

int ingest_roles(const struct wn_run *run, struct wn_table *table,
                 struct wn_error *error)
{
    const char *probability = wn_option_text(run->options, "probability");
    const char *second = wn_option_text(run->options, "features-b");
    size_t ignored, told;
    const char *const *ignore =
        wn_option_list(run->options, "ignore", &ignored);
    const char *const *kind = wn_option_list(run->options, "kind", &told);

    table->column = wn_new(wn_csv_columns(table->csv), sizeof *table->column);
    if (give_role(run, table, "label", WN_ROLE_LABEL, error) ||
        give_role(run, table, "id", WN_ROLE_ID, error))
        return -1;
    for (size_t r = 0; r < WN_ROLE_KINDS; r++)
        if (give_role(run, table, wn_role_kinds[r].name, wn_role_kinds[r].role,
                      error))
            return -1;
    if (probability && wn_user_probability_find(table, probability, error))
        return -1;
    for (size_t i = 0; i < told; i++)
        if (parse_kind(table, kind[i], error))
            return -1;
    for (size_t i = 0; i < ignored; i++)
        if (give_matching(table, "ignore", ignore[i], take_kind, WN_KIND_GUESS,
                          error))
            return -1;
    return !second || ingest_is_place(second)
               ? 0
               : give_matching(table, "features-b", second, take_second, 0,
                               error);
}

static int add_class(struct wn_table *table, const char *path, const char *text,
                     size_t length, struct wn_error *error)
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
    wn_dictionary_add(&table->declared, text, length, 0, 0);
    return 0;
}

int ingest_classes(const struct wn_run *run, struct wn_table *table,
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
                           (size_t)length - (line[length - 1] == '\n'), error);
    if (status == 0 && ferror(file))
        status = wn_fail_errno(error, "%s: cannot read", path);
    if (status == 0 && table->declared.count == 0)
        status = wn_fail(error, WN_EDATA,
                         "%s: found no class names, wanted one a line", path);
    free(line);
    fclose(file);
    /* No absolute path goes into a file that may be passed on. */
    return status ? -1
                  : wn_option_set(run->options, "classes",
                                     ingest_source_name(path));
}
