/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An open CSV file: blocks by pread() (a file that shrinks is then an error
 * and not a signal), the record index, the header, and readers that take
 * records apart.
 *
 * A record without a quote is cut at its delimiters; there is nothing in it
 * that could be read in two ways. A record with one goes to libcsv, told to be
 * strict and to leave blanks alone. */
#include "data/csv.h"

#include <csv.h>
#include <endian.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/scan.h"
#include "util/file.h"
#include "util/hash.h"
#include "util/memory.h"

enum { MAGIC_BYTES = 8 };

const struct wn_csv_form wn_csv_form_standard = {
    .delimiter = ',',
    .field = (size_t)16 << 20,
    .columns = 65535,
    .record = (size_t)1 << 30,
    .block = (size_t)1 << 20,
};

struct wn_csv {
    struct wn_csv_form form;
    int descriptor;
    char *name;
    struct stat opened;
    uint64_t size;
    char digest[WN_DIGEST_TEXT];

    uint64_t header_offset, header_end, header_line;
    char **column;
    size_t columns;

    size_t rows, offset_room, line_room, hash_room;
    uint64_t *offset, *line, *hash;
    uint64_t *end;      /* of each row; NULL: the next row's offset */
    uint64_t *left_out; /* pairs */
    size_t left_out_count;
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

/* --- the scan ----------------------------------------------------------- */

struct buffer {
    char *bytes;
    size_t room, begin, end;
    uint64_t offset; /* in the file, of bytes[begin] */
    uint64_t line;   /* on which bytes[begin] stands */
    bool last;       /* the file ends with bytes[end-1] */
    struct wn_hash *digest;
};

static ssize_t read_some(struct wn_csv *csv, char *bytes, size_t length,
                         struct wn_error *error)
{
    ssize_t got;

    do
        got = pread(csv->descriptor, bytes, length, (off_t)csv->size);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        wn_fail_errno(error, "%s: cannot read", csv->name);
    return got;
}

/* Get at least one more byte, or learn that there is none. A record that does
 * not fit doubles the buffer, so scanning it again costs no more than twice. */
static int refill(struct wn_csv *csv, struct buffer *buffer,
                  struct wn_error *error)
{
    const size_t have = buffer->end - buffer->begin;
    const size_t more = have > csv->form.block ? have : csv->form.block;

    if (have)
        memmove(buffer->bytes, buffer->bytes + buffer->begin, have);
    buffer->begin = 0;
    buffer->end = have;
    if (wn_grow(&buffer->bytes, &buffer->room, have + more, 1, error))
        return -1;
    const ssize_t got = read_some(csv, buffer->bytes + have, more, error);
    if (got < 0)
        return -1;
    wn_hash_add(buffer->digest, buffer->bytes + have, (size_t)got);
    buffer->end += (size_t)got;
    csv->size += (uint64_t)got;
    buffer->last = got == 0;
    return 0;
}

static void advance(struct buffer *buffer, size_t bytes, size_t lines)
{
    buffer->begin += bytes;
    buffer->offset += bytes;
    buffer->line += lines;
}

/* Files that are not CSV at all, by their first bytes. */
static int check_magic(struct wn_csv *csv, struct buffer *buffer,
                       struct wn_error *error)
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

    while (buffer->end < MAGIC_BYTES && !buffer->last)
        if (refill(csv, buffer, error))
            return -1;
    if (buffer->end == 0)
        return wn_fail(error, WN_EDATA,
                       "%s: found an empty file, wanted a header and rows",
                       csv->name);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (buffer->end >= known[i].length &&
            memcmp(buffer->bytes, known[i].bytes, known[i].length) == 0)
            return wn_fail(error, WN_EDATA, "%s: found %s", csv->name,
                           known[i].what);
    if (buffer->end >= 3 && memcmp(buffer->bytes, "\xef\xbb\xbf", 3) == 0)
        advance(buffer, 3, 0);
    return 0;
}

static int add_row(struct wn_csv *csv, const struct buffer *buffer,
                   const struct wn_record *record, struct wn_error *error)
{
    const size_t row = csv->rows;

    if (wn_grow(&csv->offset, &csv->offset_room, row + 2,
                sizeof *csv->offset, error) ||
        wn_grow(&csv->line, &csv->line_room, row + 1, sizeof *csv->line,
                error) ||
        wn_grow(&csv->hash, &csv->hash_room, row + 1, sizeof *csv->hash,
                error))
        return -1;
    csv->offset[row] = buffer->offset;
    csv->offset[row + 1] = buffer->offset + record->whole;
    csv->line[row] = buffer->line;
    csv->hash[row] =
        wn_hash_bits(buffer->bytes + buffer->begin, record->length);
    csv->rows++;
    return 0;
}

static int read_header(struct wn_csv *csv, const struct buffer *buffer,
                       const struct wn_record *record,
                       struct wn_error *error);

/* One record of the buffer. 1 taken, 0 more bytes are wanted, -1. */
static int take_record(struct wn_csv *csv, struct wn_scan *scan,
                       struct buffer *buffer, struct wn_error *error)
{
    const char *text = buffer->bytes + buffer->begin;
    struct wn_record record;
    const int status =
        buffer->begin == buffer->end
            ? 0
            : wn_scan_record(scan, text, buffer->bytes + buffer->end,
                             buffer->last, buffer->line, &record, error);

    if (status != 1)
        return status;
    if (record.length > 0) {
        const bool header = !csv->column;

        if ((header && read_header(csv, buffer, &record, error)) ||
            ((!header || csv->form.nameless) &&
             add_row(csv, buffer, &record, error)))
            return -1;
        scan->column = csv->column;
        scan->columns = csv->columns;
    }
    advance(buffer, record.whole, record.lines);
    return 1;
}

static int scan_file(struct wn_csv *csv, struct wn_error *error)
{
    struct wn_scan scan = {.name = csv->name, .form = &csv->form};
    struct buffer buffer = {.line = 1};
    int status = -1, taken;

    buffer.digest = wn_hash_new(error);
    if (!buffer.digest || check_magic(csv, &buffer, error))
        goto done;
    for (;;) {
        while ((taken = take_record(csv, &scan, &buffer, error)) == 1)
            ;
        if (taken < 0)
            goto done;
        if (buffer.last)
            break;
        if (refill(csv, &buffer, error))
            goto done;
        scan.quote = scan.cr = scan.nul = NULL;
    }
    if (!csv->column) {
        wn_fail(error, WN_EDATA,
                "%s: found no text, wanted a header and rows", csv->name);
        goto done;
    }
    if (csv->rows == 0) {
        wn_fail(error, WN_EDATA,
                "%s: found a header and no rows, wanted at least one row",
                csv->name);
        goto done;
    }
    wn_hash_text(buffer.digest, csv->digest);
    status = 0;
done:
    free(buffer.bytes);
    wn_hash_free(buffer.digest);
    return status;
}

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

/* The top bit of each of eight bytes that are equal to those of `pattern`. */
static uint64_t equal_bytes(const char *text, uint64_t pattern)
{
    const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f);
    uint64_t word;

    memcpy(&word, text, sizeof word);
    word = le64toh(word) ^ pattern;
    return ~(((word & low) + low) | word | low);
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
        for (uint64_t found = equal_bytes(text + at, pattern); found;
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

static int fail_ragged(const struct wn_csv *csv, size_t row, size_t count,
                       struct wn_error *error)
{
    return wn_fail(error, WN_EDATA, "%s:%llu: found %zu field%s, wanted %zu",
                   csv->name, (unsigned long long)csv->line[row], count,
                   count == 1 ? "" : "s", csv->columns);
}

int wn_csv_read(struct wn_csv_reader *reader, size_t begin, size_t end,
                wn_csv_row *take, void *context, struct wn_error *error)
{
    const struct wn_csv *csv = reader->csv;
    const uint64_t first = csv->offset[begin];
    const size_t bytes = (size_t)(csv->offset[end] - first);

    if (wn_grow(&reader->bytes, &reader->bytes_room, WN_NUMBER_PAD + bytes, 1,
                error) ||
        wn_read_at(csv->descriptor, reader->bytes + WN_NUMBER_PAD, bytes,
                   first, csv->name, error))
        return -1;
    for (size_t row = begin; row < end; row++) {
        const char *text =
            reader->bytes + WN_NUMBER_PAD + (csv->offset[row] - first);
        const uint64_t stop = csv->end ? csv->end[row] : csv->offset[row + 1];
        size_t length = (size_t)(stop - csv->offset[row]);

        /* The line end, and empty lines behind it. */
        while (length && (text[length - 1] == '\n' || text[length - 1] == '\r'))
            length--;
        if (split(reader, text, length, error))
            return wn_fail(error, WN_EDATA, "%s:%llu", csv->name,
                           (unsigned long long)csv->line[row]);
        if (reader->count != csv->columns)
            return fail_ragged(csv, row, reader->count, error);
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

static int number_columns(struct wn_csv *csv, size_t count,
                          struct wn_error *error)
{
    csv->column = wn_new(count, sizeof *csv->column, error);
    if (!csv->column)
        return -1;
    for (size_t c = 0; c < count; c++) {
        struct wn_text name = {0};

        if (wn_text_format(&name, error, "c%zu", c + 1)) {
            wn_text_free(&name);
            return -1;
        }
        csv->column[c] = name.bytes;
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
        if (cells[c].length == 0)
            return fail_header(csv, c, error,
                               "found an empty name, wanted a column name");
        if (cells[c].length > WN_CSV_NAME)
            return fail_header(csv, c, error,
                               "found a name of more than 1,024 bytes, wanted "
                               "at most that (is this the header?)");
        if (!wn_text_is_utf8(cells[c].text, cells[c].length))
            return fail_header(csv, c, error,
                               "found a name that is not UTF-8, wanted UTF-8: "
                               "see iconv(1)");
        csv->column[c] = wn_copy_text(cells[c].text, cells[c].length, error);
        if (!csv->column[c])
            return -1;
        csv->columns++;
    }
    return check_repeated(csv, error);
}

static int read_header(struct wn_csv *csv, const struct buffer *buffer,
                       const struct wn_record *record, struct wn_error *error)
{
    const char *text = buffer->bytes + buffer->begin;
    struct wn_csv_reader *reader;
    size_t fields = 1;
    int status = -1;

    csv->header_line = buffer->line;
    for (size_t i = 0; i < record->length; i++)
        fields += text[i] == csv->form.delimiter;
    reader = make_reader(csv, fields, error);
    if (!reader)
        return -1;
    if (split(reader, text, record->length, error))
        goto done;
    if (reader->count > csv->form.columns) {
        wn_fail(error, WN_EDATA,
                "%s:%llu: found %zu columns, wanted at most %zu", csv->name,
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

struct wn_csv *wn_csv_open(const char *path, const struct wn_csv_form *form,
                           struct wn_error *error)
{
    struct wn_csv *csv = wn_new(1, sizeof *csv, error);
    const char *name = wn_input_name(path);

    if (!csv)
        return NULL;
    csv->form = *form;
    csv->descriptor = -1;
    csv->name = wn_copy_text(name, strlen(name), error);
    if (!csv->name)
        goto fail;
    csv->descriptor = wn_input_open(path, NULL, error);
    if (csv->descriptor < 0)
        goto fail;
    if (fstat(csv->descriptor, &csv->opened)) {
        wn_fail_errno(error, "%s: cannot look at", name);
        goto fail;
    }
    if (scan_file(csv, error) == 0)
        return csv;
fail:
    wn_csv_close(csv);
    return NULL;
}

void wn_csv_close(struct wn_csv *csv)
{
    if (!csv)
        return;
    if (csv->descriptor >= 0)
        close(csv->descriptor);
    for (size_t c = 0; c < csv->columns; c++)
        free(csv->column[c]);
    free(csv->column);
    free(csv->offset);
    free(csv->line);
    free(csv->hash);
    free(csv->end);
    free(csv->left_out);
    free(csv->name);
    free(csv);
}

const char *wn_csv_name(const struct wn_csv *csv)
{
    return csv->name;
}

char wn_csv_delimiter(const struct wn_csv *csv)
{
    return csv->form.delimiter;
}

size_t wn_csv_columns(const struct wn_csv *csv)
{
    return csv->columns;
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
    return csv->rows;
}

const uint64_t *wn_csv_offset(const struct wn_csv *csv)
{
    return csv->offset;
}

const uint64_t *wn_csv_line(const struct wn_csv *csv)
{
    return csv->line;
}

const uint64_t *wn_csv_hash(const struct wn_csv *csv)
{
    return csv->hash;
}

uint64_t wn_csv_size(const struct wn_csv *csv)
{
    return csv->size;
}

const char *wn_csv_digest(const struct wn_csv *csv)
{
    return csv->digest;
}

/* What was empty between a record and the next goes with the record. */
int wn_csv_leave_out(struct wn_csv *csv, const uint8_t *out,
                     struct wn_error *error)
{
    const uint64_t last = csv->offset[csv->rows];
    size_t kept = 0, left = 0;

    csv->end = wn_new(csv->rows, sizeof *csv->end, error);
    csv->left_out = wn_new(2 * csv->rows, sizeof *csv->left_out, error);
    if (!csv->end || !csv->left_out)
        return -1;
    for (size_t row = 0; row < csv->rows; row++) {
        const uint64_t begin = csv->offset[row], end = csv->offset[row + 1];

        if (out[row]) {
            csv->left_out[left++] = begin;
            csv->left_out[left++] = end;
            continue;
        }
        csv->offset[kept] = begin;
        csv->line[kept] = csv->line[row];
        csv->hash[kept] = csv->hash[row];
        csv->end[kept++] = end;
    }
    csv->offset[kept] = kept ? csv->end[kept - 1] : last;
    csv->rows = kept;
    csv->left_out_count = left / 2;
    return 0;
}

const uint64_t *wn_csv_left_out(const struct wn_csv *csv, size_t *count)
{
    *count = csv->left_out_count;
    return csv->left_out;
}

int wn_csv_unchanged(const struct wn_csv *csv, struct wn_error *error)
{
    const struct stat *old = &csv->opened;
    struct stat now;

    if (fstat(csv->descriptor, &now))
        return wn_fail_errno(error, "%s: cannot look at", csv->name);
    if ((uint64_t)now.st_size == csv->size && now.st_size == old->st_size &&
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
                   (unsigned long long)csv->line[row], csv->column[column],
                   text);
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
