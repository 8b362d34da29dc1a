/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An open CSV file: the header, and readers that take records apart.
 *
 * A record without a quote is cut at its delimiters; there is nothing in it
 * that could be read in two ways. A record with one goes to libcsv, told to be
 * strict and to leave blanks alone. */
#include "data/csv.h"

#include <csv.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/fix.h"
#include "data/index.h"
#include "data/sniff.h"
#include "data/word.h"
#include "util/file.h"
#include "util/memory.h"

enum { MAGIC = 8 }; /* bytes that tell what a file is */

const struct wn_csv_form wn_csv_form_standard = {
    .delimiter = ',',
    .field = (size_t)16 << 20,
    .columns = 65535,
    .record = (size_t)1 << 30,
    .threads = 1,
    .block = (size_t)1 << 20,
};

const char *const wn_csv_break_names[WN_BREAKS] = {
    [WN_BREAK_FIELDS] = "wrong number of fields",
    [WN_BREAK_QUOTE] = "quote inside an unquoted field",
    [WN_BREAK_AFTER_QUOTE] = "text after the closing quote",
    [WN_BREAK_OPEN] = "quote that is not closed",
    [WN_BREAK_CR] = "carriage return without a line feed",
    [WN_BREAK_NUL] = "NUL byte",
    [WN_BREAK_LONG_FIELD] = "field too long",
    [WN_BREAK_LONG_RECORD] = "record too long",
    [WN_BREAK_LABEL] = "no label",
    [WN_BREAK_LONG_LABEL] = "label too long",
    [WN_BREAK_CLASS] = "label that is no class",
    [WN_BREAK_UTF8] = "not UTF-8"};

struct wn_csv {
    struct wn_csv_form form;
    char *name;
    struct stat opened;
    struct wn_window file; /* its beginning */
    uint64_t header_begin, header_end, header_line; /* empty: none */
    size_t unnamed; /* columns whose name there is empty */
    char **column;
    size_t columns;
    struct wn_index index;
    const struct wn_fixes *fixes; /* laid over the cells, or NULL */
};

struct wn_csv_reader {
    const struct wn_csv *csv;
    struct csv_parser parser;
    char *bytes; /* of the rows being read */
    size_t bytes_room;
    char *plain; /* of one record, its fields without quotes */
    size_t plain_room, plain_used;
    struct wn_cell *cells;
    size_t room, count; /* count may exceed room: then the record is ragged */
};

/* --- records into cells ------------------------------------------------- */

static int never(unsigned char byte)
{
    (void)byte;
    return 0;
}

static void add_cell(struct wn_csv_reader *reader, const char *text,
                     size_t length)
{
    if (reader->count < reader->room)
        reader->cells[reader->count] = (struct wn_cell){text, length};
    reader->count++;
}

static void cut(struct wn_csv_reader *reader, const char *text, size_t length)
{
    const char delimiter = reader->csv->form.delimiter;
    const uint64_t pattern =
        UINT64_C(0x0101010101010101) * (unsigned char)delimiter;
    struct wn_cell *cell = reader->cells;
    const struct wn_cell *end = cell + reader->room;
    size_t begin = 0, at = 0;

    for (; at + 8 <= length && end - cell >= 8; at += 8)
        for (uint64_t found = wn_equal_bytes(text + at, pattern); found;
             found &= found - 1) {
            const size_t stop = at + (size_t)__builtin_ctzll(found) / 8;

            *cell++ = (struct wn_cell){text + begin, stop - begin};
            begin = stop + 1;
        }
    reader->count = (size_t)(cell - reader->cells);
    for (; at < length; at++)
        if (text[at] == delimiter) {
            add_cell(reader, text + begin, at - begin);
            begin = at + 1;
        }
    add_cell(reader, text + begin, length - begin);
}

/* libcsv uses its buffer again for the next field. All fields together are
 * shorter than the record, for which there is room. */
static void keep_field(void *text, size_t length, void *context)
{
    struct wn_csv_reader *reader = context;
    char *place = reader->plain + reader->plain_used;

    if (length)
        memcpy(place, text, length);
    reader->plain_used += length;
    add_cell(reader, place, length);
}

static int unquote(struct wn_csv_reader *reader, const char *text,
                   size_t length, struct wn_error *error)
{
    reader->plain_used = WN_NUMBER_PAD;
    if (wn_grow(&reader->plain, &reader->plain_room, length + WN_NUMBER_PAD,
                1, error))
        return -1;
    if (csv_parse(&reader->parser, text, length, keep_field, NULL, reader) ==
            length &&
        csv_fini(&reader->parser, keep_field, NULL, reader) == 0)
        return 0;
    const int code = csv_error(&reader->parser);
    return wn_fail(error, code == CSV_EPARSE ? WN_EDATA : WN_ENOMEM,
                   "libcsv: %s", csv_strerror(code));
}

static int split(struct wn_csv_reader *reader, const char *text,
                 size_t length, struct wn_error *error)
{
    reader->count = 0;
    if (memchr(text, '"', length))
        return unquote(reader, text, length, error);
    cut(reader, text, length);
    return 0;
}

static struct wn_csv_reader *make_reader(const struct wn_csv *csv,
                                         size_t room, struct wn_error *error)
{
    struct wn_csv_reader *reader = wn_new(1, sizeof *reader, error);

    if (!reader)
        return NULL;
    reader->csv = csv;
    reader->room = room;
    csv_init(&reader->parser, CSV_STRICT);
    csv_set_delim(&reader->parser, (unsigned char)csv->form.delimiter);
    csv_set_space_func(&reader->parser, never);
    reader->cells = wn_new(room, sizeof *reader->cells, error);
    if (reader->cells)
        return reader;
    wn_csv_reader_free(reader);
    return NULL;
}

struct wn_csv_reader *wn_csv_reader_new(const struct wn_csv *csv,
                                        struct wn_error *error)
{
    return make_reader(csv, csv->columns, error);
}

void wn_csv_reader_free(struct wn_csv_reader *reader)
{
    if (!reader)
        return;
    csv_free(&reader->parser);
    free(reader->bytes);
    free(reader->plain);
    free(reader->cells);
    free(reader);
}

int wn_fail_fields(struct wn_error *error, const char *name, uint64_t line,
                   size_t found, size_t wanted)
{
    return wn_fail(error, WN_EDATA, "%s:%llu: found %zu field%s, wanted %zu",
                   name, (unsigned long long)line, found,
                   found == 1 ? "" : "s", wanted);
}

/* Where row `row` ends: before empty lines, or behind them. */
static uint64_t row_end(const struct wn_index *index, size_t row)
{
    return index->end ? index->end[row] : index->offset[row + 1];
}

/* The cells of a row that are to be read otherwise; `fix` is the first that is
 * not of an earlier row. Returns the first of a later one. */
static size_t lay_over(struct wn_csv_reader *reader, size_t row, size_t fix)
{
    const struct wn_fixes *fixes = reader->csv->fixes;

    for (; fix < fixes->count && fixes->row[fix] == (int64_t)row; fix++)
        reader->cells[fixes->column[fix]] = (struct wn_cell){
            fixes->text + fixes->end[fix],
            (size_t)(fixes->end[fix + 1] - fixes->end[fix])};
    return fix;
}

void wn_csv_lay_over(struct wn_csv *csv, const struct wn_fixes *fixes)
{
    csv->fixes = fixes && fixes->count ? fixes : NULL;
}

int wn_csv_read(struct wn_csv_reader *reader, size_t begin, size_t end,
                wn_csv_row *take, void *context, struct wn_error *error)
{
    const struct wn_csv *csv = reader->csv;
    const struct wn_index *index = &csv->index;
    const uint64_t first = index->offset[begin];
    const size_t bytes =
        end > begin ? (size_t)(row_end(index, end - 1) - first) : 0;
    size_t fix = csv->fixes ? wn_fixes_find(csv->fixes, begin) : 0;

    if (wn_grow(&reader->bytes, &reader->bytes_room, WN_NUMBER_PAD + bytes, 1,
                error) ||
        wn_read_at(csv->file.descriptor, reader->bytes + WN_NUMBER_PAD, bytes,
                   first, csv->name, error))
        return -1;
    for (size_t row = begin; row < end; row++) {
        const char *text =
            reader->bytes + WN_NUMBER_PAD + (index->offset[row] - first);
        size_t length = (size_t)(row_end(index, row) - index->offset[row]);

        /* The line end, and empty lines behind it. */
        while (length && (text[length - 1] == '\n' || text[length - 1] == '\r'))
            length--;
        if (split(reader, text, length, error))
            return wn_fail(error, WN_EDATA, "%s:%llu", csv->name,
                           (unsigned long long)index->line[row]);
        if (reader->count != csv->columns)
            return wn_fail_fields(error, csv->name, index->line[row],
                                  reader->count, csv->columns);
        if (csv->fixes)
            fix = lay_over(reader, row, fix);
        if (take(context, row, reader->cells, error))
            return -1;
    }
    return 0;
}

/* --- the header --------------------------------------------------------- */

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
    char ***sorted = wn_new(csv->columns, sizeof *sorted, error);
    char **first = NULL, **again = NULL;

    if (!sorted)
        return -1;
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
    return wn_fail(error, WN_EDATA,
                   "%s:%llu: field %zu: found the name '%.120s' again (field "
                   "%zu has it), wanted another",
                   csv->name, (unsigned long long)csv->header_line,
                   (size_t)(again - csv->column) + 1, *again,
                   (size_t)(first - csv->column) + 1);
}

/* What a column without a name is called; NULL on failure. */
static char *name_place(size_t column, struct wn_error *error)
{
    struct wn_text name = {0};

    if (wn_text_format(&name, error, "c%zu", column + 1)) {
        wn_text_free(&name);
        return NULL;
    }
    return name.bytes;
}

static int number_columns(struct wn_csv *csv, size_t count,
                          struct wn_error *error)
{
    csv->column = wn_new(count, sizeof *csv->column, error);
    if (!csv->column)
        return -1;
    for (size_t c = 0; c < count; c++) {
        csv->column[c] = name_place(c, error);
        if (!csv->column[c])
            return -1;
        csv->columns++;
    }
    return 0;
}

static int name_columns(struct wn_csv *csv, const struct wn_cell *cells,
                        size_t count, struct wn_error *error)
{
    csv->column = wn_new(count, sizeof *csv->column, error);
    if (!csv->column)
        return -1;
    for (size_t c = 0; c < count; c++) {
        if (cells[c].length > WN_CSV_NAME)
            return fail_header(csv, c, error,
                               "found a name of more than 1,024 bytes, wanted "
                               "at most that (is this the header?)");
        if (!wn_text_is_utf8(cells[c].text, cells[c].length))
            return fail_header(csv, c, error,
                               "found a name that is not UTF-8, wanted UTF-8: "
                               "see iconv(1)");
        csv->column[c] =
            cells[c].length
                ? wn_copy_text(cells[c].text, cells[c].length, error)
                : name_place(c, error);
        if (!csv->column[c])
            return -1;
        csv->columns++;
        csv->unnamed += cells[c].length == 0;
    }
    return check_repeated(csv, error);
}

static int read_header(struct wn_csv *csv, const char *text,
                       const struct wn_record *record, struct wn_error *error)
{
    struct wn_csv_reader *reader = make_reader(csv, record->fields, error);
    int status = -1;

    if (!reader)
        return -1;
    if (split(reader, text, record->length, error))
        goto done;
    if (reader->count > csv->form.columns) {
        wn_fail(error, WN_EDATA,
                "%s:%llu: found %zu columns, wanted at most %zu "
                "(--max-columns)", csv->name,
                (unsigned long long)csv->header_line, reader->count,
                csv->form.columns);
        goto done;
    }
    status = csv->form.nameless
                 ? number_columns(csv, reader->count, error)
                 : name_columns(csv, reader->cells, reader->count, error);
done:
    wn_csv_reader_free(reader);
    return status;
}

/* --- the file ----------------------------------------------------------- */

/* Files that are not CSV at all, by their first bytes. */
static int check_magic(const struct wn_window *file, struct wn_error *error)
{
    static const struct {
        const char *bytes;
        size_t length;
        const char *what;
    } known[] = {
        {"\xff\xfe", 2, "UTF-16 text, wanted UTF-8: see iconv(1)"},
        {"\xfe\xff", 2, "UTF-16 text, wanted UTF-8: see iconv(1)"},
        {"\x1f\x8b", 2, "gzip data, wanted text: see zcat(1)"},
        {"\x28\xb5\x2f\xfd", 4, "zstd data, wanted text: see zstdcat(1)"},
        {"\xfd"
         "7zXZ",
         5, "xz data, wanted text: see xzcat(1)"},
        {"PK\x03\x04", 4, "a zip archive or spreadsheet, wanted CSV"},
        {"\x89HDF\r\n\x1a\n", 8, "an HDF5 file, wanted CSV"},
    };

    if (file->size == 0)
        return wn_fail(error, WN_EDATA,
                       "%s: found an empty file, wanted a header and rows",
                       file->name);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (file->length >= known[i].length &&
            memcmp(file->bytes, known[i].bytes, known[i].length) == 0)
            return wn_fail(error, WN_EDATA, "%s: found %s", file->name,
                           known[i].what);
    return 0;
}

/* Look at the first bytes; *begin is behind a byte order mark. */
static int look_at_head(struct wn_csv *csv, uint64_t *begin,
                        struct wn_error *error)
{
    static const char mark[] = "\xef\xbb\xbf";
    struct wn_window *file = &csv->file;

    if (wn_window_load(file, 0, file->step < MAGIC ? MAGIC : file->step,
                       error) ||
        check_magic(file, error))
        return -1;
    *begin = file->length >= 3 && memcmp(file->bytes, mark, 3) == 0 ? 3 : 0;
    return 0;
}

/* The header, which is the first record; rows begin at *begin, *line. */
static int find_header(struct wn_csv *csv, uint64_t *begin, uint64_t *line,
                       struct wn_error *error)
{
    struct wn_window *file = &csv->file;
    struct wn_scan scan = {.name = csv->name, .form = &csv->form,
                           .count = true};
    struct wn_record record = {0};

    *line = 1;
    for (; *begin < file->size;
         *begin += record.whole, *line += record.lines) {
        if (wn_window_scan(file, &scan, *begin, *line, &record, error) < 0)
            return -1;
        if (record.length == 0)
            continue;
        csv->header_line = *line;
        if (read_header(csv, wn_window_find(file, *begin), &record, error))
            return -1;
        if (!csv->form.nameless) {
            csv->header_begin = *begin;
            *begin += record.whole;
            *line += record.lines;
            csv->header_end = *begin;
        }
        return 0;
    }
    return wn_fail(error, WN_EDATA,
                   "%s: found no text, wanted a header and rows", csv->name);
}

static int take_nothing(void *context, size_t row,
                        const struct wn_cell *cells, struct wn_error *error)
{
    (void)context;
    (void)row;
    (void)cells;
    (void)error;
    return 0;
}

/* The scan does not count fields; before its error is told, see whether a row
 * that it passed has too few or too many. */
static void look_for_earlier(const struct wn_csv *csv, struct wn_error *error)
{
    const struct wn_index *index = &csv->index;
    struct wn_error earlier = {0};
    struct wn_csv_reader *reader = wn_csv_reader_new(csv, &earlier);

    for (size_t row = 0; row < index->rows && !earlier.code;) {
        const size_t begin = row++;

        while (row < index->rows && index->offset[row + 1] -
                                            index->offset[begin] <=
                                        csv->form.block)
            row++;
        if (wn_csv_read(reader, begin, row, take_nothing, NULL, &earlier) &&
            earlier.code == WN_EDATA)
            *error = earlier;
    }
    wn_csv_reader_free(reader);
}

static int scan_file(struct wn_csv *csv, struct wn_error *error)
{
    struct wn_index_task task = {.file = &csv->file, .form = &csv->form};
    size_t columns;

    if (look_at_head(csv, &task.begin, error) ||
        (csv->form.sniff && wn_sniff(&csv->file, task.begin, &csv->form,
                                     &columns, error)) ||
        find_header(csv, &task.begin, &task.line, error))
        return -1;
    task.column = csv->column;
    task.columns = csv->columns;
    wn_window_free(&csv->file);
    if (wn_index_build(&csv->index, &task, error)) {
        if (error->code == WN_EDATA)
            look_for_earlier(csv, error);
        return -1;
    }
    if (csv->index.rows)
        return 0;
    if (csv->index.left_outs)
        return wn_fail(error, WN_EDATA,
                       "%s: found no record that is well-formed, wanted at "
                       "least one row", csv->name);
    return wn_fail(error, WN_EDATA,
                   "%s: found a header and no rows, wanted at least one row",
                   csv->name);
}

static struct wn_csv *open_file(const char *path,
                                const struct wn_csv_form *form,
                                struct wn_error *error)
{
    struct wn_csv *csv = wn_new(1, sizeof *csv, error);
    const char *name = wn_input_name(path);

    if (!csv)
        return NULL;
    csv->form = *form;
    csv->file.descriptor = -1;
    csv->file.step = form->block;
    csv->file.name = csv->name = wn_copy_text(name, strlen(name), error);
    if (csv->name)
        csv->file.descriptor = wn_input_open(path, NULL, error);
    if (csv->file.descriptor >= 0 && fstat(csv->file.descriptor, &csv->opened))
        wn_fail_errno(error, "%s: cannot look at", name);
    if (csv->file.descriptor < 0 || error->code) {
        wn_csv_close(csv);
        return NULL;
    }
    csv->file.size = (uint64_t)csv->opened.st_size;
    return csv;
}

struct wn_csv *wn_csv_open(const char *path, const struct wn_csv_form *form,
                           struct wn_error *error)
{
    struct wn_csv *csv = open_file(path, form, error);

    if (!csv || scan_file(csv, error) == 0)
        return csv;
    wn_csv_close(csv);
    return NULL;
}

int wn_csv_sniff(const char *path, struct wn_csv_form *form, size_t *columns,
                 struct wn_error *error)
{
    struct wn_csv *csv = open_file(path, form, error);
    uint64_t begin;
    const int status =
        csv && look_at_head(csv, &begin, error) == 0 &&
                wn_sniff(&csv->file, begin, form, columns, error) == 0
            ? 0
            : -1;

    wn_csv_close(csv);
    return status;
}

void wn_csv_close(struct wn_csv *csv)
{
    if (!csv)
        return;
    if (csv->file.descriptor >= 0)
        close(csv->file.descriptor);
    wn_window_free(&csv->file);
    for (size_t c = 0; c < csv->columns; c++)
        free(csv->column[c]);
    free(csv->column);
    wn_index_free(&csv->index);
    free(csv->name);
    free(csv);
}

const char *wn_csv_name(const struct wn_csv *csv)
{
    return csv->name;
}

const struct wn_csv_form *wn_csv_form(const struct wn_csv *csv)
{
    return &csv->form;
}

char wn_csv_delimiter(const struct wn_csv *csv)
{
    return csv->form.delimiter;
}

size_t wn_csv_columns(const struct wn_csv *csv)
{
    return csv->columns;
}

size_t wn_csv_unnamed(const struct wn_csv *csv)
{
    return csv->unnamed;
}

const char *wn_csv_column(const struct wn_csv *csv, size_t column)
{
    return csv->column[column];
}

long wn_csv_find(const struct wn_csv *csv, const char *name)
{
    for (size_t c = 0; c < csv->columns; c++)
        if (strcmp(csv->column[c], name) == 0)
            return (long)c;
    return -1;
}

size_t wn_csv_rows(const struct wn_csv *csv)
{
    return csv->index.rows;
}

const uint64_t *wn_csv_offset(const struct wn_csv *csv)
{
    return csv->index.offset;
}

const uint64_t *wn_csv_line(const struct wn_csv *csv)
{
    return csv->index.line;
}

const uint64_t *wn_csv_hash(const struct wn_csv *csv)
{
    return csv->index.hash;
}

uint64_t wn_csv_size(const struct wn_csv *csv)
{
    return csv->file.size;
}

const char *wn_csv_digest(const struct wn_csv *csv)
{
    return csv->index.digest;
}

int wn_csv_leave_out(struct wn_csv *csv, const uint8_t *out,
                     struct wn_error *error)
{
    return wn_index_leave_out(&csv->index, out, error);
}

const uint64_t *wn_csv_left_out(const struct wn_csv *csv, size_t *count)
{
    *count = csv->index.left_outs;
    return csv->index.left_out;
}

static int copy_range(const struct wn_csv *csv, uint64_t begin, uint64_t end,
                      int descriptor, const char *name,
                      struct wn_error *error)
{
    struct wn_window part = csv->file;
    int status = 0;

    for (; begin < end && status == 0; begin += part.length) {
        const uint64_t left = end - begin;

        status = wn_window_load(
            &part, begin, left < part.step ? (size_t)left : part.step, error);
        if (status == 0)
            status = wn_write_all(descriptor, part.bytes, part.length, name,
                                  error);
    }
    wn_window_free(&part);
    return status;
}

int wn_csv_write_left_out(const struct wn_csv *csv, int descriptor,
                          const char *name, struct wn_error *error)
{
    const uint64_t *range = csv->index.left_out;

    if (copy_range(csv, csv->header_begin, csv->header_end, descriptor, name,
                   error))
        return -1;
    for (size_t i = 0; i < csv->index.left_outs; i++)
        if (copy_range(csv, range[2 * i], range[2 * i + 1], descriptor, name,
                       error))
            return -1;
    return 0;
}

int wn_csv_bytes(const struct wn_csv *csv, uint64_t begin, size_t length,
                 char *out, struct wn_error *error)
{
    return wn_read_at(csv->file.descriptor, out, length, begin, csv->name,
                      error);
}

int wn_csv_unchanged(const struct wn_csv *csv, struct wn_error *error)
{
    const struct stat *old = &csv->opened;
    struct stat now;

    if (fstat(csv->file.descriptor, &now))
        return wn_fail_errno(error, "%s: cannot look at", csv->name);
    if (now.st_size == old->st_size &&
        now.st_mtim.tv_sec == old->st_mtim.tv_sec &&
        now.st_mtim.tv_nsec == old->st_mtim.tv_nsec)
        return 0;
    return wn_fail(error, WN_EIO, "%s: changed while it was being read",
                   csv->name);
}

int wn_csv_fail(const struct wn_csv *csv, size_t row, size_t column,
                struct wn_error *error, const char *format, ...)
{
    char text[400];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    return wn_fail(error, WN_EDATA, "%s:%llu: column %.120s: %s", csv->name,
                   (unsigned long long)csv->index.line[row],
                   csv->column[column], text);
}

/* --- one field, for prune ----------------------------------------------- */

/* The end of the field that begins at `at`. */
static size_t field_end(const char *record, size_t length, char delimiter,
                        size_t at)
{
    if (at < length && record[at] == '"')
        for (at++; at < length; at++)
            if (record[at] == '"' &&
                (at + 1 == length || record[++at] != '"'))
                break;
    while (at < length && record[at] != delimiter)
        at++;
    return at;
}

int wn_csv_locate(const char *record, size_t length, char delimiter,
                  size_t column, size_t *begin, size_t *end)
{
    while (length &&
           (record[length - 1] == '\n' || record[length - 1] == '\r'))
        length--;
    *begin = 0;
    for (;; column--) {
        *end = field_end(record, length, delimiter, *begin);
        if (column == 0)
            return 0;
        if (*end == length)
            return -1;
        *begin = *end + 1;
    }
}

int wn_csv_write(struct wn_text *out, const char *text, size_t length,
                 char delimiter, struct wn_error *error)
{
    bool quotes = false;

    for (size_t i = 0; i < length; i++)
        quotes |= text[i] == '"' || text[i] == '\n' || text[i] == '\r' ||
                  text[i] == delimiter;
    if (!quotes)
        return wn_text_add(out, text, length, error);
    if (wn_text_add(out, "\"", 1, error))
        return -1;
    for (size_t i = 0; i < length; i++)
        if (wn_text_add(out, text + i, 1, error) ||
            (text[i] == '"' && wn_text_add(out, "\"", 1, error)))
            return -1;
    return wn_text_add(out, "\"", 1, error);
}
