/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Readers that split records into cells; see csv.h.
 *
 * A record without quotes is split at its delimiters. A record with quotes goes
 * to libcsv, in strict mode and without trimming blanks. */
#include <csv.h>
#include <stdlib.h>
#include <string.h>

#include "csv/csv_private.h"
#include "util/file.h"
#include "util/memory.h"

struct wn_csv_reader {
    const struct wn_csv *csv; /* NULL: of records from elsewhere */
    char delimiter;
    struct csv_parser parser;
    char *bytes; /* of the rows being read */
    size_t bytes_capacity;
    char *plain; /* of one record, its fields without quotes */
    size_t plain_capacity, plain_used;
    struct wn_cell *cells;
    size_t capacity, count; /* count > capacity: too many fields */
};

static int never(unsigned char byte)
{
    (void)byte;
    return 0;
}

struct wn_csv_reader *wn_csv_reader_apart(char delimiter, size_t capacity)
{
    struct wn_csv_reader *reader = wn_new(1, sizeof *reader);

    reader->delimiter = delimiter;
    reader->capacity = capacity;
    reader->cells = wn_new(capacity, sizeof *reader->cells);
    csv_init(&reader->parser, CSV_STRICT);
    csv_set_delim(&reader->parser, (unsigned char)delimiter);
    csv_set_space_func(&reader->parser, never);
    return reader;
}

struct wn_csv_reader *wn_csv_reader_new(const struct wn_csv *csv)
{
    struct wn_csv_reader *reader =
        wn_csv_reader_apart(csv->form.delimiter, csv->columns);

    reader->csv = csv;
    return reader;
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

/* libcsv reuses its buffer for the next field, so keep a copy. All fields
 * together are shorter than the record, whose length has been reserved. */
static void keep_field(void *text, size_t length, void *context)
{
    struct wn_csv_reader *reader = context;
    char *copy = reader->plain + reader->plain_used;

    if (length)
        memcpy(copy, text, length);
    reader->plain_used += length;
    if (reader->count < reader->capacity)
        reader->cells[reader->count] = (struct wn_cell){copy, length};
    reader->count++;
}

int wn_csv_split(struct wn_csv_reader *reader, const char *text, size_t length,
                 const struct wn_cell **cells, size_t *count,
                 struct wn_error *error)
{
    *cells = reader->cells;
    if (!memchr(text, '"', length)) {
        *count = wn_scan_fields(text, length, reader->delimiter, reader->cells,
                                reader->capacity);
        return 0;
    }
    reader->count = 0;
    reader->plain_used = WN_NUMBER_PAD;
    wn_grow(&reader->plain, &reader->plain_capacity, length + WN_NUMBER_PAD, 1);
    if (csv_parse(&reader->parser, text, length, keep_field, NULL, reader) !=
            length ||
        csv_fini(&reader->parser, keep_field, NULL, reader)) {
        const int code = csv_error(&reader->parser);

        if (code == CSV_ENOMEM)
            wn_die("no memory for libcsv");
        return wn_fail(error, WN_EDATA, "libcsv: %s", csv_strerror(code));
    }
    *count = reader->count;
    return 0;
}

int wn_fail_fields(struct wn_error *error, const char *name, uint64_t line,
                   size_t found, size_t wanted)
{
    return wn_fail(error, WN_EDATA, "%s:%llu: found %zu field%s, wanted %zu",
                   name, (unsigned long long)line, found, found == 1 ? "" : "s",
                   wanted);
}

/* Where row `row` ends: before the empty lines after it, or after them. */
static uint64_t row_end(const struct wn_csv *csv, size_t row)
{
    return csv->own->end ? csv->own->end[row] : csv->offset[row + 1];
}

int wn_csv_read(struct wn_csv_reader *reader, size_t begin, size_t end,
                wn_csv_row *show, void *context, struct wn_error *error)
{
    const struct wn_csv *csv = reader->csv;
    const struct wn_overrides *overrides = csv->overrides;
    const size_t columns = csv->columns - csv->parts.column;
    const uint64_t first = csv->offset[begin];
    const size_t bytes =
        end > begin ? (size_t)(row_end(csv, end - 1) - first) : 0;
    size_t next = overrides ? wn_overrides_find(overrides, begin) : 0;

    wn_grow(&reader->bytes, &reader->bytes_capacity, WN_NUMBER_PAD + bytes, 1);
    if (wn_read_at(csv->own->file.descriptor, reader->bytes + WN_NUMBER_PAD,
                   bytes, first, csv->name, error))
        return -1;
    for (size_t row = begin; row < end; row++) {
        const char *text =
            reader->bytes + WN_NUMBER_PAD + (csv->offset[row] - first);
        /* Without the line end, and empty lines after it. */
        const size_t length = wn_text_without_line_end(
            text, (size_t)(row_end(csv, row) - csv->offset[row]));
        const struct wn_cell *cells;
        size_t count = 0;

        const int status =
            wn_csv_split(reader, text, length, &cells, &count, error);
        if (status || count != columns) {
            uint64_t line = csv->line[row];
            const char *name = wn_csv_where(&csv->form, csv->name, &line);

            return status ? wn_fail(error, WN_EDATA, "%s:%llu", name,
                                    (unsigned long long)line)
                          : wn_fail_fields(error, name, line, count, columns);
        }
        if (columns < csv->columns)
            reader->cells[columns] =
                wn_csv_part_of(&csv->parts, csv->line[row])->cell;
        for (; overrides && next < overrides->count &&
               overrides->row[next] == (int64_t)row;
             next++)
            reader->cells[overrides->column[next]] = (struct wn_cell){
                overrides->text + overrides->end[next],
                (size_t)(overrides->end[next + 1] - overrides->end[next])};
        if (show && show(context, row, cells, error))
            return -1;
    }
    return 0;
}
