/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Readers that take records apart; see csv.h.
 *
 * A record without a quote is cut at its delimiters; there is nothing in it
 * that could be read in two ways. A record with one goes to libcsv, told to be
 * strict and to leave blanks alone. */
#include <csv.h>
#include <stdlib.h>
#include <string.h>

#include "csv/csv_private.h"
#include "csv/swar.h"
#include "util/file.h"
#include "util/memory.h"

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

static void csv_reader_cut(struct wn_csv_reader *reader, const char *text,
                           size_t length)
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
    wn_grow(&reader->plain, &reader->plain_room, length + WN_NUMBER_PAD, 1);
    if (csv_parse(&reader->parser, text, length, keep_field, NULL, reader) ==
            length &&
        csv_fini(&reader->parser, keep_field, NULL, reader) == 0)
        return 0;
    const int code = csv_error(&reader->parser);
    return wn_fail(error, code == CSV_EPARSE ? WN_EDATA : WN_EIO, "libcsv: %s",
                   csv_strerror(code));
}

static int split(struct wn_csv_reader *reader, const char *text, size_t length,
                 struct wn_error *error)
{
    reader->count = 0;
    if (memchr(text, '"', length))
        return unquote(reader, text, length, error);
    csv_reader_cut(reader, text, length);
    return 0;
}

int wn_csv_take_apart(struct wn_csv_reader *reader, const char *text,
                      size_t length, const struct wn_cell **cells,
                      size_t *count, struct wn_error *error)
{
    if (split(reader, text, length, error))
        return -1;
    *cells = reader->cells;
    *count = reader->count;
    return 0;
}

struct wn_csv_reader *wn_csv_reader_sized(const struct wn_csv *csv, size_t room)
{
    struct wn_csv_reader *reader = wn_new(1, sizeof *reader);

    reader->csv = csv;
    reader->room = room;
    csv_init(&reader->parser, CSV_STRICT);
    csv_set_delim(&reader->parser, (unsigned char)csv->form.delimiter);
    csv_set_space_func(&reader->parser, never);
    reader->cells = wn_new(room, sizeof *reader->cells);
    if (reader->cells)
        return reader;
    wn_csv_reader_free(reader);
    return NULL;
}

struct wn_csv_reader *wn_csv_reader_new(const struct wn_csv *csv)
{
    return wn_csv_reader_sized(csv, csv->columns);
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
                   name, (unsigned long long)line, found, found == 1 ? "" : "s",
                   wanted);
}

/* Where row `row` ends: before empty lines, or behind them. */
static uint64_t csv_reader_row_end(const struct wn_index *index, size_t row)
{
    return index->end ? index->end[row] : index->offset[row + 1];
}

/* The cells of a row that are to be read otherwise; `fix` is the first that is
 * not of an earlier row. Returns the first of a later one. */
static size_t lay_over(struct wn_csv_reader *reader, size_t row, size_t fix)
{
    const struct wn_overrides *fixes = reader->csv->fixes;

    for (; fix < fixes->count && fixes->row[fix] == (int64_t)row; fix++)
        reader->cells[fixes->column[fix]] =
            (struct wn_cell){fixes->text + fixes->end[fix],
                             (size_t)(fixes->end[fix + 1] - fixes->end[fix])};
    return fix;
}

void wn_csv_lay_over(struct wn_csv *csv, const struct wn_overrides *fixes)
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
        end > begin ? (size_t)(csv_reader_row_end(index, end - 1) - first) : 0;
    size_t fix = csv->fixes ? wn_overrides_find(csv->fixes, begin) : 0;

    wn_grow(&reader->bytes, &reader->bytes_room, WN_NUMBER_PAD + bytes, 1);
    if (wn_read_at(csv->file.descriptor, reader->bytes + WN_NUMBER_PAD, bytes,
                   first, csv->name, error))
        return -1;
    for (size_t row = begin; row < end; row++) {
        const char *text =
            reader->bytes + WN_NUMBER_PAD + (index->offset[row] - first);
        size_t length =
            (size_t)(csv_reader_row_end(index, row) - index->offset[row]);

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
