/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ingest: the roles and kinds of columns, from the options. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clean/pattern.h"
#include "encode/user_probability.h"
#include "prog/ingest/ingest.h"
#include "util/memory.h"
#include "util/number.h"

enum { MAX_NAMES = 12 /* column names in a message */ };

/* Give the column that an option names a role, if the option is given. The
 * error for an unknown column suggests a column name, a delimiter or
 * --no-header, and lists the columns. */
static int give_role(const struct wn_run *run, struct wn_table *table,
                     const char *option, enum wn_role role,
                     struct wn_error *error)
{
    const struct wn_csv *csv = table->csv;
    const char *name = wn_option_text(run->options, option);
    const size_t columns = csv->columns;
    struct wn_text text = {0};
    size_t best = 0, numbers = 0;
    double number;

    if (!name)
        return 0;
    const long c = wn_csv_find(csv, name);
    if (c >= 0 && table->column[c].role != WN_ROLE_FEATURE)
        return wn_fail(error, WN_EUSAGE, "--%s: column %s is the %s already",
                       option, name, wn_table_kind(table, (size_t)c));
    if (c >= 0) {
        table->column[c].role = role;
        if (role == WN_ROLE_LABEL)
            table->label_column = (size_t)c;
        return 0;
    }
    for (size_t i = 0; i < columns; i++) {
        const char *column = csv->column[i];

        numbers += wn_number_parse(column, strlen(column), &number);
        if (wn_text_distance(name, column) <
            wn_text_distance(name, csv->column[best]))
            best = i;
    }
    const char *near = csv->column[best];
    /* "1 3:0.5 7:1" */
    const size_t first = strspn(near, "+-.0123456789");
    const size_t second = first ? first + strspn(near + first, " ") : 0;
    const size_t index = strspn(near + second, "0123456789");
    if (2 * numbers > columns)
        wn_text_format(&text, "; the header looks like data, not names: "
                              "--no-header?");
    else if (wn_text_distance(name, near) <= strlen(name) / 3 + 1)
        wn_text_format(&text, "; is '%s' meant?", near);
    else if (columns == 1 && second > first && index &&
             near[second + index] == ':')
        wn_text_format(&text, "; --from=libsvm?");
    else if (columns == 1 && strpbrk(near, ",;\t|"))
        wn_text_format(&text, "; is another --delimiter meant?");
    wn_text_format(&text, " (%zu column%s:", columns, columns == 1 ? "" : "s");
    for (size_t i = 0; i < columns && i < MAX_NAMES; i++)
        wn_text_format(&text, "%s %.60s", i ? "," : "", csv->column[i]);
    wn_text_format(&text, columns > MAX_NAMES ? ", ...)" : ")");
    wn_fail(error, WN_EDATA, "%s: found no column '%s' for --%s%s", csv->name,
            name, option, wn_text_of(&text));
    wn_text_free(&text);
    return -1;
}

/* Two values beside the kinds: `ignore`, and the columns of --features-b. */
enum { IGNORE = WN_KIND_GUESS, SECOND_BLOCK = WN_KINDS };

/* Give the columns whose names match a kind; one must. A column with a role
 * keeps it, so that `--label=label_1 --ignore=label.*` does what is meant; if
 * it is named in full, that is an error. An ignored column does not become part
 * of the second block: `--features-b=txt_.* --ignore=txt_9`. */
static int assign_matching(struct wn_table *table, const char *option,
                           const char *text, int kind, struct wn_error *error)
{
    struct wn_pattern *pattern = wn_pattern_new(option, text, error);
    size_t matches = 0;

    if (!pattern)
        return -1;
    for (size_t c = 0; c < table->csv->columns && !error->code; c++) {
        struct wn_column *column = &table->column[c];
        const char *name = table->csv->column[c];

        if (wn_pattern_matches(pattern, name, strlen(name), error) != 1)
            continue;
        matches++;
        if (column->role != WN_ROLE_FEATURE &&
            column->role != WN_ROLE_IGNORED) {
            if (strcmp(text, name) == 0)
                wn_fail(error, WN_EUSAGE, "--%s: column %s is the %s already",
                        option, name, wn_table_kind(table, c));
        } else if (kind == SECOND_BLOCK) {
            column->second = column->role == WN_ROLE_FEATURE;
        } else {
            column->role = kind == IGNORE ? WN_ROLE_IGNORED : WN_ROLE_FEATURE;
            column->kind = (enum wn_column_kind)kind;
        }
    }
    wn_pattern_free(pattern);
    if (!error->code && matches == 0)
        wn_fail(error, WN_EUSAGE, "--%s: no column's name matches '%s'", option,
                text);
    return error->code ? -1 : 0;
}

int ingest_roles(const struct wn_run *run, struct wn_table *table,
                 struct wn_error *error)
{
    size_t sets;
    const char *const *probability =
        wn_option_list(run->options, "probability", &sets);
    const char *second = wn_option_text(run->options, "features-b");
    size_t ignored, kinds;
    const char *const *ignore =
        wn_option_list(run->options, "ignore", &ignored);
    const char *const *kind = wn_option_list(run->options, "kind", &kinds);

    table->column = wn_new(table->csv->columns, sizeof *table->column);
    if (give_role(run, table, "label", WN_ROLE_LABEL, error) ||
        give_role(run, table, "id", WN_ROLE_ID, error))
        return -1;
    for (size_t r = 0; r < WN_ROLE_KINDS; r++)
        if (give_role(run, table, wn_role_kinds[r].name, wn_role_kinds[r].role,
                      error))
            return -1;
    if (sets > WN_BROUGHT_MAX)
        return wn_fail(error, WN_EUSAGE,
                       "--probability: found %zu, wanted at most %d", sets,
                       WN_BROUGHT_MAX);
    for (size_t s = 0; s < sets; s++)
        if (wn_user_probability_find(table, probability[s], error))
            return -1;
    for (size_t i = 0; i < kinds; i++) {
        /* PATTERN:KIND; the pattern may contain colons. */
        const char *colon = strrchr(kind[i], ':');
        const char *name = colon ? colon + 1 : "";
        int number = WN_KIND_GUESS + 1;

        while (number < WN_KINDS &&
               strcmp(name, wn_table_kind_name((enum wn_column_kind)number)))
            number++;
        /* `ignored` as in the column table */
        if (strcmp(name, "ignore") == 0 || strcmp(name, "ignored") == 0)
            number = IGNORE;
        if (number == WN_KINDS) {
            struct wn_text names = {0};

            for (number = WN_KIND_GUESS + 1; number < WN_KINDS; number++)
                wn_text_format(&names, "%s, ",
                               wn_table_kind_name((enum wn_column_kind)number));
            wn_fail(error, WN_EUSAGE,
                    "--kind: found '%s', wanted PATTERN:KIND, where KIND is "
                    "%sor ignore",
                    kind[i], wn_text_of(&names));
            wn_text_free(&names);
            return -1;
        }
        char *pattern = wn_copy_text(kind[i], (size_t)(colon - kind[i]));
        const int status =
            assign_matching(table, "kind", pattern, number, error);
        free(pattern);
        if (status)
            return -1;
    }
    for (size_t i = 0; i < ignored; i++)
        if (assign_matching(table, "ignore", ignore[i], IGNORE, error))
            return -1;
    /* The names of the files are no feature unless --kind says so. */
    struct wn_column *last = &table->column[table->csv->columns - 1];
    if (table->csv->parts.column && last->role == WN_ROLE_FEATURE &&
        last->kind == WN_KIND_GUESS)
        last->role = WN_ROLE_IGNORED;
    return !second || ingest_names_array(second)
               ? 0
               : assign_matching(table, "features-b", second, SECOND_BLOCK,
                                 error);
}

int ingest_classes(const struct wn_run *run, struct wn_table *table,
                   struct wn_error *error)
{
    const char *path = wn_option_text(run->options, "classes");
    FILE *file = path ? fopen(path, "re") : NULL;
    char *line = NULL;
    size_t capacity = 0;
    ssize_t read;
    int status = 0;

    if (!path)
        return 0;
    if (!file)
        return wn_fail_errno(error, "%s: cannot open", path);
    wn_input_protect(fileno(file));
    while (status == 0 && (read = getline(&line, &capacity, file)) > 0) {
        size_t length = (size_t)read - (line[read - 1] == '\n');

        length -= length && line[length - 1] == '\r';
        if (length > WN_NAME_BYTES || !wn_text_is_utf8(line, length) ||
            memchr(line, '\0', length))
            status = wn_fail(error, WN_EDATA,
                             "%s: found '%.*s', wanted class names in UTF-8 of "
                             "at most %d bytes, one a line",
                             path, wn_text_shown(length), line, WN_NAME_BYTES);
        else if (length)
            wn_dictionary_add(&table->declared, line, length, 0, 0);
    }
    if (status == 0 && ferror(file))
        status = wn_fail_errno(error, "%s: cannot read", path);
    if (status == 0 && table->declared.count == 0)
        status = wn_fail(error, WN_EDATA,
                         "%s: found no class names, wanted one a line", path);
    free(line);
    fclose(file);
    if (status == 0)
        wn_option_set(run->options, "classes", ingest_source_name(path));
    return status;
}
