/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An open CSV file, from its first bytes to the index of its records. */
#include "csv/csv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "csv/csv_private.h"
#include "util/file.h"
#include "util/memory.h"

enum { MAGIC = 4096 }; /* bytes that tell files of other kinds */

/* clang-format off */
const struct wn_csv_form wn_csv_default_form = {
    .delimiter = ',',
    .max_field = (size_t)16 << 20,
    .max_columns = 65535,
    .max_record = (size_t)1 << 30,
    .threads = 1,
    .block = (size_t)1 << 20,
};
/* clang-format on */

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
    [WN_BREAK_UTF8] = "not UTF-8",
    [WN_BREAK_JSON] = "malformed JSON"};

/* --- the header --------------------------------------------------------- */

static int fail_header(const struct wn_csv *csv, size_t column,
                       struct wn_error *error, const char *text)
{
    return wn_fail(error, WN_EDATA, "%s:%llu: field %zu: %s", csv->name,
                   (unsigned long long)csv->own->header_line, column + 1, text);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(**(char **const *)a, **(char **const *)b);
}

/* Sort pointers to the names; equal names are then neighbours. Report the
 * leftmost repetition. */
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
                       csv->name, (unsigned long long)csv->own->header_line,
                       *again);
    return wn_fail(error, WN_EDATA,
                   "%s:%llu: field %zu: found the name '%.120s' again (field "
                   "%zu has it), wanted another",
                   csv->name, (unsigned long long)csv->own->header_line,
                   (size_t)(again - csv->column) + 1, *again,
                   (size_t)(first - csv->column) + 1);
}

/* Read the columns from the first record; rows begin at *begin on line *line.
 */
static int read_header(struct wn_csv *csv, uint64_t *begin, uint64_t *line,
                       struct wn_error *error)
{
    struct wn_window *file = &csv->own->file;
    struct wn_scan scan = {
        .name = csv->name, .form = &csv->form, .count = true};
    const bool named = !csv->form.no_header;
    struct wn_record record = {0};
    const struct wn_cell *cells;
    size_t count;

    if (!csv->form.delimiter)
        csv->form.delimiter = ',';
    *line = 1 + csv->sep_line;
    for (; *begin < file->size; *begin += record.whole, *line += record.lines) {
        if (wn_window_scan_whole(file, &scan, *begin, *line, &record, error) <
            0)
            return -1;
        if (record.length)
            break;
    }
    if (record.length == 0)
        return wn_fail(error, WN_EDATA,
                       "%s: found no text, wanted a header and rows",
                       csv->name);
    csv->own->header_line = *line;
    struct wn_csv_reader *reader =
        wn_csv_reader_apart(csv->form.delimiter, record.fields);
    int status = wn_csv_split(reader, wn_window_find(file, *begin),
                              record.length, &cells, &count, error);
    if (status == 0 && count > csv->form.max_columns)
        status = wn_fail(error, WN_EDATA,
                         "%s:%llu: found %zu columns, wanted at most %zu "
                         "(--max-columns)",
                         csv->name, (unsigned long long)csv->own->header_line,
                         count, csv->form.max_columns);
    if (status == 0)
        csv->column = wn_new(count, sizeof *csv->column);
    for (size_t c = 0; c < count && status == 0; c++) {
        const size_t length = named ? cells[c].length : 0;
        struct wn_text name = {0};

        if (length > WN_CSV_NAME)
            status = fail_header(csv, c, error,
                                 "found a name of more than 1,024 bytes, "
                                 "wanted at most that (is this the header?)");
        else if (!wn_text_is_utf8(cells[c].text, length))
            status = fail_header(csv, c, error,
                                 csv->own->transcript.encoding
                                     ? "found a name that is not of the "
                                       "--encoding"
                                     : "found a name that is not UTF-8, wanted "
                                       "UTF-8: --encoding=latin1?");
        if (status)
            break;
        if (length)
            wn_text_add(&name, cells[c].text, length);
        else
            wn_text_format(&name, "c%zu", c + 1);
        csv->column[csv->columns++] = name.bytes;
        csv->unnamed += named && length == 0;
    }
    wn_csv_reader_free(reader);
    if (status || !named)
        return status;
    csv->own->header_begin = *begin;
    *begin += record.whole;
    *line += record.lines;
    csv->own->header_end = *begin;
    return check_repeated(csv, error);
}

/* --- opening ------------------------------------------------------------ */

/* Skip a first line "sep=;", which names the delimiter unless the form does. */
static void read_sep_line(struct wn_csv *csv, uint64_t *begin)
{
    static const char word[] = "sep=";
    const struct wn_window *file = &csv->own->file;
    const char *text = file->bytes + *begin;
    const size_t length = file->length - (size_t)*begin,
                 word_length = sizeof word - 1;

    if (length < word_length + 2 || strncasecmp(text, word, word_length))
        return;
    const size_t cr = text[word_length + 1] == '\r';
    if (strchr("\"\r\n", text[word_length]) || length < word_length + cr + 2 ||
        text[word_length + cr + 1] != '\n')
        return;
    if (!csv->form.delimiter)
        csv->form.delimiter = text[word_length];
    csv->sep_line = true;
    csv->own->sep_begin = *begin;
    *begin = csv->own->sep_end = *begin + word_length + cr + 2;
}

/* Open the file, load its first bytes and refuse files that are not CSV; *begin
 * is after a byte order mark. */
static struct wn_csv *csv_open_file(const char *path,
                                    const struct wn_csv_form *form,
                                    uint64_t *begin, struct wn_error *error)
{
    struct wn_csv *csv = wn_new(1, sizeof *csv);
    struct wn_csv_own *own = csv->own = wn_new(1, sizeof *own);
    struct wn_window *file = &own->file;
    const char *name = wn_input_name(path);

    csv->form = *form;
    own->transcript.descriptor = -1;
    file->step = form->block;
    file->name = csv->name = wn_copy_text(name, strlen(name));
    file->descriptor = wn_input_open(path, NULL, error);
    if (file->descriptor < 0)
        goto failed;
    if (fstat(file->descriptor, &own->opened)) {
        wn_fail_errno(error, "%s: cannot read its size and time", name);
        goto failed;
    }
    csv->descriptor = file->descriptor;
    csv->size = file->size = (uint64_t)own->opened.st_size;
    if (wn_window_load(file, 0, file->step < MAGIC ? MAGIC : file->step, error))
        goto failed;
    if (file->size == 0) {
        wn_fail(error, WN_EDATA,
                "%s: found an empty file, wanted a header and rows", name);
        goto failed;
    }
    if (wn_csv_check_kind(file, form, error))
        goto failed;
    if (form->json_lines) {
        /* The transcript is well-formed; quotes make its fields longer. */
        csv->form.delimiter = ',';
        csv->form.reject = NULL;
        csv->form.max_field = 2 * form->max_field + 2;
        csv->form.max_record = SIZE_MAX / 4;
        if (wn_transcript_json(&own->transcript, file, form, error))
            goto failed;
    } else if (form->encoding) {
        if (wn_transcript_decode(&own->transcript, file, form, error))
            goto failed;
        csv->encoding = own->transcript.encoding->name;
    }
    *begin = wn_text_mark(file->bytes, file->length);
    if (!form->json_lines)
        read_sep_line(csv, begin);
    return csv;
failed:
    wn_csv_close(csv);
    return NULL;
}

/* Find the records of a file whose header was read. On failure, close the file
 * and return NULL. */
static struct wn_csv *open_rows(struct wn_csv *csv, uint64_t begin,
                                uint64_t line, struct wn_error *error)
{
    const struct wn_transcript *transcript = &csv->own->transcript;

    wn_window_free(&csv->own->file);
    if (wn_index_build(csv, begin, line, error)) {
        struct wn_csv_reader *reader = wn_csv_reader_new(csv);
        struct wn_error earlier = {0};

        /* The scan does not count fields. Before its error is reported, look
         * for an earlier row with too few or too many fields. */
        for (size_t row = 0;
             error->code == WN_EDATA && row < csv->rows && !earlier.code;) {
            const size_t first = row++;

            while (row < csv->rows &&
                   csv->offset[row + 1] - csv->offset[first] <= csv->form.block)
                row++;
            if (wn_csv_read(reader, first, row, NULL, NULL, &earlier) &&
                earlier.code == WN_EDATA)
                *error = earlier;
        }
        wn_csv_reader_free(reader);
        goto failed;
    }
    if (transcript->descriptor >= 0)
        memcpy(csv->digest, transcript->digest, sizeof csv->digest);
    /* Rows of JSON Lines have the lines and hashes of their source; malformed
     * ones are left out. */
    if (csv->form.json_lines) {
        uint8_t *out = wn_new(csv->rows, sizeof *out), any = 0;

        for (size_t row = 0; row < csv->rows; row++) {
            csv->line[row] = transcript->part[row].line;
            csv->hash[row] = transcript->part[row].hash;
            any |= out[row] = transcript->part[row].out;
        }
        if (any)
            wn_csv_leave_out(csv, out);
        free(out);
    }
    if (csv->rows || csv->form.no_rows)
        return csv;
    wn_fail(error, WN_EDATA,
            csv->left_outs
                ? "%s: found no record that is well-formed, wanted at least "
                  "one row"
                : "%s: found a header and no rows, wanted at least one row",
            csv->name);
failed:
    wn_csv_close(csv);
    return NULL;
}

/* Open a file and read its header. */
static struct wn_csv *open_header(const char *path,
                                  const struct wn_csv_form *form,
                                  uint64_t *begin, uint64_t *line,
                                  struct wn_error *error)
{
    struct wn_csv *csv = csv_open_file(path, form, begin, error);
    size_t columns;

    if (csv && ((csv->form.sniff && wn_sniff(&csv->own->file, *begin,
                                             &csv->form, &columns, error)) ||
                read_header(csv, begin, line, error))) {
        wn_csv_close(csv);
        csv = NULL;
    }
    return csv;
}

struct wn_csv *wn_csv_open(const char *path, const struct wn_csv_form *form,
                           struct wn_error *error)
{
    uint64_t begin = 0, line = 1;
    struct wn_csv *csv = open_header(path, form, &begin, &line, error);

    return csv ? open_rows(csv, begin, line, error) : NULL;
}

/* --- several files ------------------------------------------------------- */

const struct wn_csv_part *wn_csv_part_of(const struct wn_csv_parts *parts,
                                         uint64_t line)
{
    size_t low = 0, high = parts->count;

    while (low + 1 < high) {
        const size_t middle = low + (high - low) / 2;

        if (parts->part[middle].line <= line)
            low = middle;
        else
            high = middle;
    }
    return &parts->part[low];
}

const char *wn_csv_where(const struct wn_csv_form *form, const char *name,
                         uint64_t *line)
{
    if (!form->parts)
        return name;
    const struct wn_csv_part *part = wn_csv_part_of(form->parts, *line);
    *line = *line - part->line + part->own_line;
    return part->name;
}

/* Compare the header of a file with that of the first one. */
static int check_same_header(const struct wn_csv *first,
                             const struct wn_csv *csv, struct wn_error *error)
{
    if (csv->columns != first->columns)
        return wn_fail(error, WN_EDATA,
                       "%s:%llu: found %zu columns, wanted %zu as in %s",
                       csv->name, (unsigned long long)csv->own->header_line,
                       csv->columns, first->columns, first->name);
    for (size_t c = 0; c < csv->columns; c++)
        if (strcmp(csv->column[c], first->column[c]))
            return wn_fail(error, WN_EDATA,
                           "%s:%llu: field %zu: found column '%.120s', wanted "
                           "'%.120s' as in %s",
                           csv->name, (unsigned long long)csv->own->header_line,
                           c + 1, csv->column[c], first->column[c],
                           first->name);
    return 0;
}

int wn_csv_append_file(int to, int descriptor, const char *name, uint64_t skip,
                       uint64_t size, uint64_t *place, uint64_t *line,
                       struct wn_error *error)
{
    enum { PIECE = 1 << 20 };
    char *bytes = wn_new(PIECE, 1), last = '\n';
    int status = 0;

    for (uint64_t at = skip; at < size && status == 0; at += PIECE) {
        const size_t length = size - at < PIECE ? (size_t)(size - at) : PIECE;

        status = wn_read_at(descriptor, bytes, length, at, name, error) ||
                         wn_temporary_write(to, bytes, length, name, error)
                     ? -1
                     : 0;
        for (size_t i = 0; i < length; i++)
            *line += bytes[i] == '\n';
        *place += length;
        last = bytes[length - 1];
    }
    free(bytes);
    if (status == 0 && last != '\n') {
        status = wn_temporary_write(to, "\n", 1, name, error);
        ++*place;
        ++*line;
    }
    return status;
}

/* One more column, for the names of the files. */
static int add_file_column(struct wn_csv *csv, const char *column,
                           struct wn_error *error)
{
    if (wn_csv_find(csv, column) >= 0)
        return wn_fail(
            error, WN_EUSAGE,
            "--file-column: %s has a column '%.120s', wanted another "
            "name",
            csv->name, column);
    char **more = wn_new(csv->columns + 1, sizeof *more);
    memcpy(more, csv->column, csv->columns * sizeof *more);
    free(csv->column);
    csv->column = more;
    csv->column[csv->columns++] = wn_copy_text(column, strlen(column));
    csv->parts.column = true;
    return 0;
}

struct wn_csv *wn_csv_open_several(const char *const *paths, size_t count,
                                   const char *column,
                                   const struct wn_csv_form *form,
                                   struct wn_error *error)
{
    uint64_t begin = 0, first_line = 1, place = 0, line = 1;
    struct wn_csv *csv =
        open_header(paths[0], form, &begin, &first_line, error);
    int status = csv ? 0 : -1, joined = csv ? wn_temporary(error) : -1;

    if (csv) {
        csv->parts.part = wn_new(count, sizeof *csv->parts.part);
        csv->parts.count = count;
    }
    if (joined < 0)
        status = -1;
    for (size_t f = 0; f < count && status == 0; f++) {
        struct wn_csv_part *part = &csv->parts.part[f];
        struct wn_csv_form same = csv->form;
        struct wn_csv *other = csv;

        /* A cell has padding before it. */
        part->name = (char *)wn_new(WN_NUMBER_PAD + strlen(paths[f]) + 1, 1) +
                     WN_NUMBER_PAD;
        memcpy(part->name, paths[f], strlen(paths[f]));
        part->cell = (struct wn_cell){part->name, strlen(paths[f])};
        same.sniff = false;
        part->own_line = 1;
        if (f > 0)
            other = open_header(paths[f], &same, &part->skip, &part->own_line,
                                error);
        status = !other || check_same_header(csv, other, error);
        part->begin = place;
        part->line = line;
        part->size = other ? other->size : 0;
        if (status == 0)
            status = wn_csv_append_file(joined, other->descriptor, other->name,
                                        part->skip, part->size, &place, &line,
                                        error) ||
                             wn_file_digest(other->descriptor, other->name,
                                            part->size, part->digest, error) ||
                             wn_csv_unchanged(other, error)
                         ? -1
                         : 0;
        if (other != csv)
            wn_csv_close(other);
    }
    if (status == 0 && column)
        status = add_file_column(csv, column, error);
    if (status == 0) {
        struct wn_text name = {0};

        close(csv->own->file.descriptor);
        csv->descriptor = csv->own->file.descriptor = joined;
        csv->size = csv->own->file.size = place;
        joined = -1;
        if (count > 1)
            wn_text_format(&name, "%s and %zu more", csv->name, count - 1);
        else
            wn_text_format(&name, "%s", csv->name);
        free(csv->name);
        csv->name = name.bytes;
        csv->own->file.name = csv->name;
        csv->form.parts = &csv->parts;
        if (fstat(csv->own->file.descriptor, &csv->own->opened))
            status = wn_fail_errno(error, "temporary file: cannot look at it");
    }
    if (joined >= 0)
        close(joined);
    if (status) {
        wn_csv_close(csv);
        return NULL;
    }
    return open_rows(csv, begin, first_line, error);
}

int wn_csv_sniff(const char *path, struct wn_csv_form *form, size_t *columns,
                 struct wn_error *error)
{
    uint64_t begin = 0;
    struct wn_csv *csv = csv_open_file(path, form, &begin, error);

    if (csv)
        form->delimiter = csv->form.delimiter;
    const int status =
        csv ? wn_sniff(&csv->own->file, begin, form, columns, error) : -1;

    wn_csv_close(csv);
    return status;
}

void wn_csv_close(struct wn_csv *csv)
{
    if (!csv)
        return;
    if (csv->own->file.descriptor >= 0)
        close(csv->own->file.descriptor);
    wn_transcript_free(&csv->own->transcript);
    for (size_t p = 0; p < csv->parts.count; p++)
        if (csv->parts.part[p].name)
            free(csv->parts.part[p].name - WN_NUMBER_PAD);
    free(csv->parts.part);
    wn_window_free(&csv->own->file);
    for (size_t c = 0; c < csv->columns; c++)
        free(csv->column[c]);
    free(csv->column);
    free(csv->offset);
    free(csv->line);
    free(csv->hash);
    free(csv->left_out);
    free(csv->own->end);
    free(csv->own);
    free(csv->name);
    free(csv);
}

long wn_csv_find(const struct wn_csv *csv, const char *name)
{
    for (size_t c = 0; c < csv->columns; c++)
        if (strcmp(csv->column[c], name) == 0)
            return (long)c;
    return -1;
}

void wn_csv_to_source(const struct wn_csv *csv, const uint64_t *places,
                      size_t count, uint64_t *in_source)
{
    const struct wn_transcript *transcript = &csv->own->transcript;

    for (size_t i = 0; i < count; i++)
        in_source[i] = transcript->descriptor >= 0
                           ? wn_transcript_find(transcript, places[i])
                           : places[i];
}

const char *wn_csv_wanted_text(const struct wn_csv *csv)
{
    return csv->own->transcript.descriptor >= 0 ? "text of the --encoding"
                                                : "UTF-8: --encoding=latin1?";
}

static int csv_copy_range(const struct wn_csv *csv, uint64_t begin,
                          uint64_t end, int descriptor, const char *name,
                          struct wn_error *error)
{
    struct wn_window part = csv->own->file;
    uint64_t places[2] = {begin, end};
    int status = 0;

    wn_csv_to_source(csv, places, 2, places);
    begin = places[0];
    end = places[1];
    part.descriptor = csv->descriptor;
    part.size = csv->size;
    for (; begin < end && status == 0; begin += part.length) {
        const uint64_t left = end - begin;

        status = wn_window_load(
            &part, begin, left < part.step ? (size_t)left : part.step, error);
        if (status == 0)
            status =
                wn_write_all(descriptor, part.bytes, part.length, name, error);
    }
    wn_window_free(&part);
    return status;
}

int wn_csv_write_left_out(const struct wn_csv *csv, int descriptor,
                          const char *name, struct wn_error *error)
{
    const uint64_t *range = csv->left_out;

    if (csv_copy_range(csv, csv->own->sep_begin, csv->own->sep_end, descriptor,
                       name, error) ||
        csv_copy_range(csv, csv->own->header_begin, csv->own->header_end,
                       descriptor, name, error))
        return -1;
    for (size_t i = 0; i < csv->left_outs; i++)
        if (csv_copy_range(csv, range[2 * i], range[2 * i + 1], descriptor,
                           name, error))
            return -1;
    return 0;
}

int wn_csv_unchanged(const struct wn_csv *csv, struct wn_error *error)
{
    const struct stat *old = &csv->own->opened;
    struct stat now;

    if (fstat(csv->descriptor, &now))
        return wn_fail_errno(error, "%s: cannot read its size and time",
                             csv->name);
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
    uint64_t line = csv->line[row];
    const char *name = wn_csv_where(&csv->form, csv->name, &line);
    return wn_fail(error, WN_EDATA, "%s:%llu: column %.120s: %s", name,
                   (unsigned long long)line, csv->column[column], text);
}

bool wn_cell_is_token(const struct wn_cell *cell, const char *const *tokens,
                      size_t count)
{
    const char *text = cell->text;
    size_t length = cell->length;

    wn_text_trim(&text, &length);
    for (size_t i = 0; i < count; i++)
        if (strlen(tokens[i]) == length && memcmp(tokens[i], text, length) == 0)
            return true;
    return false;
}
