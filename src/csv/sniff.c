/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The delimiter of a table, its decimal sign, and whether it has a header.
 *
 * The sniffer reads the first WN_SNIFF_BYTES. A delimiter fits if every record
 * has as many fields as the first, two or more, by the grammar of scan.c; with
 * form->reject, nine records in ten. There is a header if the first record
 * holds form->label, or if no cell of it is a number or empty and nine in ten
 * cells below are numbers in some column. There is none if a cell of it is a
 * number above numbers, or is there twice, or if form->label is c1, c2 and so
 * on. A tie is refused, with the options that decide it. The decimal sign is a
 * comma if nine in ten cells of some column are numbers then, and one in ten
 * only then. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "csv/csv_private.h"
#include "util/arena.h"

static const char candidates[] = {',', ';', '\t', '|'};
enum { CANDIDATES = sizeof candidates, MIN_PERCENT = 90 };

/* How well a delimiter fits. */
struct fit {
    size_t fields;  /* of the first record */
    size_t records; /* read */
    size_t alike;   /* of them with as many fields */
};

/* The records in the window, one after the other. */
struct walk {
    const struct wn_window *window;
    struct wn_scan scan;
    uint64_t at;
};

static struct walk start_walk(const struct wn_window *window, uint64_t begin,
                              const struct wn_csv_form *form)
{
    return (struct walk){
        .window = window,
        .scan = {.name = window->name, .form = form, .count = true},
        .at = begin};
}

/* The next record that is not empty: 1; -1 if it is malformed; 0 at the end of
 * the window. */
static int next_record(struct walk *walk, const char **text,
                       struct wn_record *record)
{
    for (;;) {
        struct wn_error quiet = {0};
        const int status = wn_window_scan(walk->window, &walk->scan, walk->at,
                                          0, record, &quiet);

        *text = wn_window_find(walk->window, walk->at);
        if (status < 0) {
            const char *end = walk->window->bytes + walk->window->length;

            assert(*text);
            const char *feed = memchr(*text, '\n', (size_t)(end - *text));

            walk->at += (uint64_t)((feed ? feed + 1 : end) - *text);
            return -1;
        }
        if (status == 0)
            return 0;
        walk->at += record->whole;
        if (record->length)
            return 1;
    }
}

static bool fits(const struct fit *fit, const struct wn_csv_form *form)
{
    return fit->fields >= 2 && fit->records >= 2 &&
           (form->reject ? fit->alike * 100 >= fit->records * MIN_PERCENT
                         : fit->alike == fit->records);
}

/* --- the header --------------------------------------------------------- */

/* The cells of a record without their quotes; doubled quotes inside do not
 * matter here. Missing cells are empty. */
static void split_record(const char *text, size_t length, char delimiter,
                         struct wn_cell *cells, size_t columns)
{
    for (size_t c = wn_scan_fields(text, length, delimiter, cells, columns);
         c < columns; c++)
        cells[c] = (struct wn_cell){text, 0};
    for (size_t c = 0; c < columns; c++)
        if (cells[c].length >= 2 && cells[c].text[0] == '"') {
            cells[c].text++;
            cells[c].length -= 2;
        }
}

/* With a decimal point or a comma. */
static bool is_number(const struct wn_cell *cell)
{
    double value;

    return wn_number_parse(cell->text, cell->length, &value) ||
           wn_number_parse_comma(cell->text, cell->length, &value);
}

static int by_text(const void *a, const void *b)
{
    const struct wn_cell *one = a, *two = b;

    return wn_text_compare(one->text, one->length, two->text, two->length);
}

/* Whether the first record is a header: 1 yes, -1 no, 0 cannot tell. Of the
 * filled[c] cells below it, numbers[c] are numbers. Reorders `first`. */
static int judge_header(struct wn_cell *first, const size_t *numbers,
                        const size_t *filled, size_t columns, const char *label)
{
    int answer = 0;

    for (size_t c = 0; label && c < columns; c++)
        if (first[c].length == strlen(label) &&
            memcmp(first[c].text, label, first[c].length) == 0)
            return 1;
    if (label && label[0] == 'c' && label[1] &&
        strspn(label + 1, "0123456789") == strlen(label + 1))
        return -1;
    for (size_t c = 0; c < columns; c++) {
        const bool numeric =
            filled[c] && numbers[c] * 100 >= filled[c] * MIN_PERCENT;

        if (numeric && is_number(&first[c]))
            return -1;
        answer |= numeric && first[c].length;
    }
    qsort(first, columns, sizeof *first, by_text);
    for (size_t c = 1; c < columns; c++)
        if (first[c].length && by_text(&first[c - 1], &first[c]) == 0)
            return -1;
    return answer;
}

static int sniff_header(const struct wn_window *window, uint64_t begin,
                        struct wn_csv_form *form, size_t columns)
{
    struct walk walk = start_walk(window, begin, form);
    struct wn_arena arena = {0};
    struct wn_cell *first = wn_arena_new(&arena, sizeof *first, columns, 1);
    struct wn_cell *cells = wn_arena_new(&arena, sizeof *cells, columns, 1);
    size_t *numbers = wn_arena_new(&arena, sizeof *numbers, columns, 1);
    size_t *filled = wn_arena_new(&arena, sizeof *filled, columns, 1);
    size_t *commas = wn_arena_new(&arena, sizeof *commas, columns, 1);
    struct wn_record record;
    const char *text;
    double value;
    int status;

    next_record(&walk, &text, &record);
    split_record(text, record.length, form->delimiter, first, columns);
    while ((status = next_record(&walk, &text, &record)) != 0) {
        if (status < 0 || record.fields != columns)
            continue;
        split_record(text, record.length, form->delimiter, cells, columns);
        for (size_t c = 0; c < columns; c++) {
            filled[c] += cells[c].length != 0;
            numbers[c] += is_number(&cells[c]);
            commas[c] +=
                !wn_number_parse(cells[c].text, cells[c].length, &value) &&
                is_number(&cells[c]);
        }
    }
    for (size_t c = 0; c < columns && !form->keep_decimal; c++)
        form->decimal_comma |= commas[c] * (100 - MIN_PERCENT) >= filled[c] &&
                               filled[c] &&
                               numbers[c] * 100 >= filled[c] * MIN_PERCENT;
    const int answer =
        judge_header(first, numbers, filled, columns, form->label);
    wn_arena_free(&arena);
    return answer;
}

/* --- the answer --------------------------------------------------------- */

void wn_csv_form_options(const struct wn_csv_form *form, struct wn_text *text)
{
    const char one[2] = {form->delimiter, '\0'};
    const bool tab = form->delimiter == '\t';

    wn_text_format(text, "--delimiter=%s%s%s%s%s", tab ? "" : "'",
                   tab ? "tab" : one, tab ? "" : "'",
                   form->decimal_comma ? " --decimal=," : "",
                   form->no_header ? " --no-header" : "");
}

/* List candidates: "--delimiter=',' (3 columns in 98 of 100)". */
static int fail_delimiter(const struct wn_window *window,
                          const struct wn_csv_form *form,
                          const struct fit fit[CANDIDATES], bool only_fitting,
                          const char *what, const char *wanted,
                          struct wn_error *error)
{
    struct wn_text text = {0};

    for (int i = 0; i < CANDIDATES; i++) {
        struct wn_csv_form one = *form;

        one.delimiter = candidates[i];
        if (only_fitting ? !fits(&fit[i], form) : fit[i].fields < 2)
            continue;
        wn_text_format(&text, "%s", text.length ? ", " : "");
        wn_csv_form_options(&one, &text);
        wn_text_format(&text, " (%zu columns in %zu of %zu)", fit[i].fields,
                       fit[i].alike, fit[i].records);
    }
    wn_fail(error, WN_EDATA, "%s: --sniff: found %s %s; wanted %s",
            window->name, what, text.length ? text.bytes : "none", wanted);
    wn_text_free(&text);
    return -1;
}

static int choose_delimiter(const struct wn_window *window, uint64_t begin,
                            struct wn_csv_form *form, size_t *columns,
                            struct wn_error *error)
{
    struct fit fit[CANDIDATES] = {0};
    int chosen = -1, fitting = 0;

    if (form->delimiter) {
        struct walk walk = start_walk(window, begin, form);
        struct wn_record record = {.fields = 0};
        const char *text;

        *columns = next_record(&walk, &text, &record) > 0 ? record.fields : 1;
        return 0;
    }
    for (int i = 0; i < CANDIDATES; i++) {
        struct wn_csv_form one = *form;
        struct walk walk = start_walk(window, begin, &one);
        struct wn_record record;
        const char *text;
        int status;

        one.delimiter = candidates[i];
        while ((status = next_record(&walk, &text, &record)) != 0) {
            if (fit[i].records++ == 0)
                fit[i].fields = status > 0 ? record.fields : 0;
            fit[i].alike += status > 0 && record.fields == fit[i].fields;
        }
        if (fits(&fit[i], form)) {
            chosen = i;
            fitting++;
        }
    }
    if (fitting == 0)
        return fail_delimiter(window, form, fit, false,
                              "no delimiter that gives all of the first "
                              "records as many fields:",
                              "--delimiter=C", error);
    if (fitting > 1)
        return fail_delimiter(window, form, fit, true,
                              "delimiters that fit alike:", "one of them",
                              error);
    form->delimiter = candidates[chosen];
    *columns = fit[chosen].fields;
    return 0;
}

/* The first line that is not UTF-8, from 1, or 0. Neither a label nor a number
 * is recognised in other encodings. */
static size_t find_foreign_line(const struct wn_window *window)
{
    const char *line = window->bytes, *end = line + window->length;
    size_t number = 1;

    for (; line < end; number++) {
        const char *feed = memchr(line, '\n', (size_t)(end - line));

        /* A line that the window cuts may end inside a character. */
        if (!feed && window->at + window->length < window->size)
            return 0;
        if (!wn_text_is_utf8(line, (size_t)((feed ? feed : end) - line)))
            return number;
        line = feed ? feed + 1 : end;
    }
    return 0;
}

int wn_sniff(const struct wn_window *file, uint64_t begin,
             struct wn_csv_form *form, size_t *columns, struct wn_error *error)
{
    struct wn_window window = *file;
    int status;

    window.bytes = NULL;
    window.capacity = 0;
    status = wn_window_load(&window, begin, WN_SNIFF_BYTES, error) ||
             choose_delimiter(&window, begin, form, columns, error);
    const int header =
        status ? 0 : sniff_header(&window, begin, form, *columns);

    if (status == 0 && !form->no_header) {
        const char one[2] = {form->delimiter, '\0'};
        const char *name = form->delimiter == '\t' ? "tab" : one;

        const size_t line = header == 0 ? find_foreign_line(&window) : 0;
        if (line)
            status = wn_fail(error, WN_EDATA,
                             "%s: --sniff: found bytes that are not UTF-8 in "
                             "line %zu, wanted UTF-8: --encoding=latin1?",
                             file->name, line);
        else if (header == 0)
            status = wn_fail(error, WN_EDATA,
                             "%s: --sniff: found nothing that tells whether "
                             "the first record is a header; wanted "
                             "--delimiter='%s' if it is, --delimiter='%s' "
                             "--no-header if it is not",
                             file->name, name, name);
        form->no_header = header == -1;
    }
    wn_window_free(&window);
    return status ? -1 : 0;
}
