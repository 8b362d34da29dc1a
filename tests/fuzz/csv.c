/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CSV: the reader against a plain reading of the grammar, byte by byte, which
 * shares no code with it. Every record is either kept or rejected, as the
 * grammar says. A kept record has the right place and the right cells, for any
 * number of threads and any size of blocks. */
#include "fuzz.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "csv/csv.h"
#include "util/hash.h"

/* What the grammar says of the records behind the header. */
struct plain {
    const char *text;
    size_t length, at;
    size_t columns;
    size_t kept, rejected;
    size_t *kept_at, *rejected_at;
    uint64_t *cells; /* of each kept record */
};

static bool at_end(const struct plain *plain, size_t at)
{
    return at >= plain->length || plain->text[at] == '\n' ||
           (plain->text[at] == '\r' && at + 1 < plain->length &&
            plain->text[at + 1] == '\n');
}

static uint64_t add(uint64_t sum, char byte)
{
    return (sum ^ (unsigned char)byte) * UINT64_C(0x100000001b3);
}

/* Behind the field at `at`, its text added to *sum; 0 if it is malformed. */
static size_t plain_field(const struct plain *plain, size_t at, uint64_t *sum)
{
    const char *text = plain->text;
    const bool quoted = at < plain->length && text[at] == '"';

    for (at += quoted; quoted; at++) {
        if (at >= plain->length || text[at] == 0)
            return 0;
        if (text[at] == '"' && (++at >= plain->length || text[at] != '"'))
            break;
        *sum = add(*sum, text[at]);
    }
    if (quoted)
        return at_end(plain, at) || text[at] == ',' ? at : 0;
    for (; !at_end(plain, at) && text[at] != ','; at++) {
        if (text[at] == '"' || text[at] == '\r' || text[at] == 0)
            return 0;
        *sum = add(*sum, text[at]);
    }
    return at;
}

/* The record at plain->at: true if it is well-formed; its fields and cells.
 * Goes on behind it, or behind the line on which the wrong field begins. */
static bool plain_record(struct plain *plain, size_t *fields, uint64_t *sum)
{
    size_t at = plain->at;

    *fields = 0;
    *sum = 1;
    for (;;) {
        const size_t behind = plain_field(plain, at, sum);

        if (!behind &&
            !(at == 0 && (at_end(plain, 0) || plain->text[0] == ','))) {
            while (at < plain->length && plain->text[at] != '\n')
                at++;
            plain->at = at + 1;
            return false;
        }
        ++*fields;
        *sum = *sum * 31 + 7;
        at = behind;
        if (at_end(plain, at))
            break;
        at++;
    }
    plain->at = at + (at < plain->length && plain->text[at] == '\r') + 1;
    return true;
}

/* Whether the record between `begin` and plain->at looks like one that two
 * stray quotes made of many (csv/record_index.h): then it goes on behind its
 * first line. */
static bool is_made_of_many(struct plain *plain, size_t begin, size_t fields)
{
    const size_t end = plain->at < plain->length ? plain->at : plain->length;
    const size_t wanted = fields == plain->columns ? 4 : 1;
    struct plain line = {.text = plain->text, .columns = plain->columns};
    size_t feeds = 0, inside = 0;
    uint64_t sum;

    for (size_t at = begin; at < end; at++)
        feeds += plain->text[at] == '\n';
    if (plain->columns == 1 || feeds < wanted + 2)
        return false;
    while (plain->text[begin++] != '\n')
        continue;
    for (line.at = begin; inside < wanted || fields == plain->columns;
         inside++) {
        const size_t at = line.at;
        size_t found;

        for (line.length = at; line.length < end;)
            if (plain->text[line.length++] == '\n')
                break;
        if (line.length == end)
            break;
        if (memchr(plain->text + at, '"', line.length - at) ||
            !plain_record(&line, &found, &sum) || found != plain->columns)
            return false;
    }
    if (inside < wanted)
        return false;
    plain->at = begin;
    return true;
}

static void skip_empty(struct plain *plain)
{
    while (plain->at < plain->length && at_end(plain, plain->at))
        plain->at += plain->text[plain->at] == '\r' ? 2 : 1;
}

static struct plain *read_plainly(const char *bytes, size_t length,
                                  bool lenient)
{
    struct plain *plain = calloc(1, sizeof *plain);
    uint64_t sum;

    fuzz_need(plain);
    plain->kept_at = calloc(length + 1, sizeof *plain->kept_at);
    plain->rejected_at = calloc(length + 1, sizeof *plain->rejected_at);
    plain->cells = calloc(length + 1, sizeof *plain->cells);
    fuzz_need(plain->kept_at && plain->rejected_at && plain->cells);
    plain->text = bytes;
    plain->length = length;
    if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        plain->at = 3;
    skip_empty(plain);
    if (!plain_record(plain, &plain->columns, &sum))
        return plain;
    for (skip_empty(plain); plain->at < length; skip_empty(plain)) {
        const size_t begin = plain->at;
        size_t fields;

        if (plain_record(plain, &fields, &sum) &&
            !(lenient && is_made_of_many(plain, begin, fields)) &&
            fields == plain->columns) {
            plain->cells[plain->kept] = sum;
            plain->kept_at[plain->kept++] = begin;
        } else {
            plain->rejected_at[plain->rejected++] = begin;
        }
    }
    return plain;
}

struct seen {
    const struct wn_csv *csv;
    const struct plain *plain;
    size_t rejected, rows;
};

static void take_reject(void *context, enum wn_csv_break broken,
                        const char *text)
{
    struct seen *seen = context;

    fuzz_need(broken >= 0 && broken < WN_BREAKS);
    fuzz_need(text && *text);
    seen->rejected++;
}

static int take_row(void *context, size_t row, const struct wn_cell *cells,
                    struct wn_error *error)
{
    struct seen *seen = context;
    uint64_t sum = 1;

    (void)error;
    fuzz_need(row == seen->rows);
    for (size_t c = 0; c < seen->csv->columns; c++) {
        for (size_t i = 0; i < cells[c].length; i++)
            sum = add(sum, cells[c].text[i]);
        sum = sum * 31 + 7;
    }
    fuzz_need(sum == seen->plain->cells[row]);
    seen->rows++;
    return 0;
}

static void compare_left_out(const struct wn_csv *csv,
                             const struct plain *plain)
{
    size_t pairs;
    const uint64_t *pair = csv->left_out;
    pairs = csv->left_outs;
    size_t p = 0;

    for (size_t i = 0; i < plain->rejected; i++) {
        while (p < pairs && pair[2 * p + 1] <= plain->rejected_at[i])
            p++;
        fuzz_need(p < pairs && pair[2 * p] <= plain->rejected_at[i]);
    }
    p = 0;
    for (size_t i = 0; i < plain->kept; i++) {
        while (p < pairs && pair[2 * p + 1] <= plain->kept_at[i])
            p++;
        fuzz_need(p == pairs || pair[2 * p] > plain->kept_at[i]);
    }
}

static int read_leniently(const char *path, const struct plain *plain,
                          int threads, size_t block)
{
    struct wn_error error = {0};
    struct seen seen = {.plain = plain};
    struct wn_csv_form form = wn_csv_default_form;

    form.reject = take_reject;
    form.context = &seen;
    form.threads = threads;
    form.block = block;
    struct wn_csv *csv = wn_csv_open(path, &form, &error);
    if (!csv) {
        fuzz_need(*error.text);
        return 0;
    }
    seen.csv = csv;
    fuzz_need(csv->columns == plain->columns);
    fuzz_need(seen.rejected == plain->rejected);
    fuzz_need(csv->rows == plain->kept);
    for (size_t i = 0; i < plain->kept; i++)
        fuzz_need(csv->offset[i] == plain->kept_at[i]);
    compare_left_out(csv, plain);
    struct wn_csv_reader *reader = wn_csv_reader_new(csv);
    fuzz_need(reader);
    fuzz_need(!wn_csv_read(reader, 0, plain->kept, take_row, &seen, &error));
    fuzz_need(seen.rows == plain->kept);
    wn_csv_reader_free(reader);
    wn_csv_close(csv);
    return 1;
}

/* Whether the strict reader takes all of it. */
static bool read_strictly(const char *path, const struct plain *plain)
{
    struct wn_error error = {0};
    struct seen seen = {.plain = plain};
    struct wn_csv *csv = wn_csv_open(path, &wn_csv_default_form, &error);
    struct wn_csv_reader *reader = csv ? wn_csv_reader_new(csv) : NULL;
    bool taken = false;

    if (reader) {
        seen.csv = csv;
        taken = wn_csv_read(reader, 0, csv->rows, take_row, &seen, &error) == 0;
        fuzz_need(!taken || seen.rows == plain->kept);
    }
    fuzz_need(taken || *error.text);
    wn_csv_reader_free(reader);
    wn_csv_close(csv);
    return taken;
}

static void free_plain(struct plain *plain)
{
    free(plain->kept_at);
    free(plain->rejected_at);
    free(plain->cells);
    free(plain);
}

int fuzz_csv(const char *bytes, size_t length)
{
    struct plain *plain = read_plainly(bytes, length, true);
    struct plain *strict = read_plainly(bytes, length, false);
    const char *path = fuzz_file(bytes, length);
    const int lenient =
        read_leniently(path, plain, 1, wn_csv_default_form.block);

    fuzz_need(read_leniently(path, plain, 2, 16) == lenient);
    fuzz_need(read_strictly(path, strict) ==
              (lenient && strict->rejected == 0));
    free_plain(plain);
    free_plain(strict);
    return lenient;
}
