/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The header of a CSV file: what its columns are called; see csv.h. */
#include <stdlib.h>
#include <string.h>

#include "csv/csv_private.h"
#include "util/memory.h"

static int fail_header(const struct wn_csv *csv, size_t column,
                       struct wn_error *error, const char *text)
{
    return wn_fail(error, WN_EDATA, "%s:%llu: field %zu: %s", csv->name,
                   (unsigned long long)csv->header_line, column + 1, text);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(**(char **const *)a, **(char **const *)b);
}

/* Sort pointers to the names; equal ones are then neighbours. Of several
 * repetitions the one furthest left is told. */
static int check_repeated(const struct wn_csv *csv, struct wn_error *error)
{
    char ***sorted = wn_new(csv->columns, sizeof *sorted);
    char **first = NULL, **again = NULL;
    double number;

    for (size_t c = 0; c < csv->columns; c++)
        sorted[c] = &csv->column[c];
    qsort(sorted, csv->columns, sizeof *sorted, by_name);
    for (size_t c = 1; c < csv->columns; c++) {
        char **one = sorted[c - 1], **two = sorted[c];

        if (strcmp(*one, *two))
            continue;
        if (!again || (one > two ? one : two) < again) {
            again = one > two ? one : two;
            first = one > two ? two : one;
        }
    }
    free(sorted);
    if (!again)
        return 0;
    if (wn_number_parse(*again, strlen(*again), &number))
        return wn_fail(error, WN_EDATA,
                       "%s:%llu: this line looks like data, not names (%.120s "
                       "appears twice): --no-header?",
                       csv->name, (unsigned long long)csv->header_line, *again);
    return wn_fail(error, WN_EDATA,
                   "%s:%llu: field %zu: found the name '%.120s' again (field "
                   "%zu has it), wanted another",
                   csv->name, (unsigned long long)csv->header_line,
                   (size_t)(again - csv->column) + 1, *again,
                   (size_t)(first - csv->column) + 1);
}

/* What a column without a name is called; NULL on failure. */
static char *name_place(size_t column)
{
    struct wn_text name = {0};

    wn_text_format(&name, "c%zu", column + 1);
    return name.bytes;
}

static int number_columns(struct wn_csv *csv, size_t count)
{
    csv->column = wn_new(count, sizeof *csv->column);
    for (size_t c = 0; c < count; c++) {
        csv->column[c] = name_place(c);
        csv->columns++;
    }
    return 0;
}

static int name_columns(struct wn_csv *csv, const struct wn_cell *cells,
                        size_t count, struct wn_error *error)
{
    csv->column = wn_new(count, sizeof *csv->column);
    for (size_t c = 0; c < count; c++) {
        if (cells[c].length > WN_CSV_NAME)
            return fail_header(csv, c, error,
                               "found a name of more than 1,024 bytes, wanted "
                               "at most that (is this the header?)");
        if (!wn_text_is_utf8(cells[c].text, cells[c].length))
            return fail_header(csv, c, error,
                               "found a name that is not UTF-8, wanted UTF-8: "
                               "iconv -f latin1 -t utf8 FILE");
        csv->column[c] = cells[c].length
                             ? wn_copy_text(cells[c].text, cells[c].length)
                             : name_place(c);
        if (!csv->column[c])
            return -1;
        csv->columns++;
        csv->unnamed += cells[c].length == 0;
    }
    return check_repeated(csv, error);
}

int wn_csv_read_header(struct wn_csv *csv, const char *text,
                       const struct wn_record *record, struct wn_error *error)
{
    struct wn_csv_reader *reader = wn_csv_reader_sized(csv, record->fields);
    const struct wn_cell *cells;
    size_t count;
    int status = -1;

    if (!reader)
        return -1;
    if (wn_csv_take_apart(reader, text, record->length, &cells, &count, error))
        goto done;
    if (count > csv->form.columns) {
        wn_fail(error, WN_EDATA,
                "%s:%llu: found %zu columns, wanted at most %zu "
                "(--max-columns)",
                csv->name, (unsigned long long)csv->header_line, count,
                csv->form.columns);
        goto done;
    }
    status = csv->form.nameless ? number_columns(csv, count)
                                : name_columns(csv, cells, count, error);
done:
    wn_csv_reader_free(reader);
    return status;
}
