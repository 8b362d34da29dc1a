/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where each record of a CSV file begins, found by all threads.
 *
 * The file is cut into pieces of form->block bytes. A thread lists the records
 * that begin in a piece as if its first line feed ended a record:
 *
 *     piece      ..,"b | c\n d",2\n 3,x\n 4,y\n 5, | z\n ..
 *     list               ~~~~~~~ ~~~~~~ ~~~~~~ ~~~~~~~~~~
 *
 * Inside a quoted field that guess is wrong, so the lists are joined in file
 * order. Where the last true record ended, a listed record that begins at that
 * byte is true too, because the grammar keeps no state between records. If none
 * is listed there, the record is scanned again. So the index equals that of one
 * scan from the first byte to the last.
 *
 * With form->reject a malformed record is left out. If only its number of
 * fields is wrong, all of it is left out. Otherwise it is left out up to the
 * end of the line on which the bad field begins, so that a stray quote does not
 * swallow the lines after it. Two stray quotes can make a well-formed field of
 * all lines between them. If each line inside a record has the right number of
 * fields and no quote, the first quote is taken for a stray one, provided that
 * there are four such lines, or that the record itself has a wrong number of
 * fields. */
#include <stdlib.h>
#include <string.h>

#include "csv/csv_private.h"
#include "util/memory.h"
#include "util/parallel.h"

/* A listed record. */
struct found {
    uint64_t offset, hash;
    uint32_t length, whole, lines, fields;
};

struct join {
    struct wn_csv *csv;
    uint64_t begin;          /* of the first record */
    uint64_t next, line;     /* where the next true record begins */
    struct wn_window window; /* of a record that extends beyond its piece */
    struct wn_hash *digest;
    bool lenient, after_reject; /* the record before `next` was left out */
};

struct piece {
    const struct join *join;
    struct wn_window window;
    struct found *found;
    size_t count, capacity;
};

/* --- lists -------------------------------------------------------------- */

static void record_index_stop_piece(void *own)
{
    struct piece *piece = own;

    wn_window_free(&piece->window);
    free(piece->found);
    free(piece);
}

static void *record_index_start_piece(void *shared)
{
    const struct join *join = shared;
    struct piece *piece = wn_new(1, sizeof *piece);

    piece->join = join;
    piece->window = join->csv->own->file;
    return piece;
}

/* The columns that records have, without the one for the names of files. */
static size_t columns_of(const struct join *join)
{
    return join->csv->columns - join->csv->parts.column;
}

static struct wn_scan start_scan(const struct join *join)
{
    return (struct wn_scan){.name = join->csv->name,
                            .form = &join->csv->form,
                            .column = join->csv->column,
                            .columns = columns_of(join),
                            .count = join->lenient};
}

static struct found describe_record(uint64_t at, const char *text,
                                    const struct wn_record *record)
{
    return (struct found){at,
                          wn_hash_bits(text, record->length),
                          (uint32_t)record->length,
                          (uint32_t)record->whole,
                          (uint32_t)record->lines,
                          (uint32_t)record->fields};
}

/* The byte after the first line feed from `at` on, or the window's end. */
static uint64_t next_line(const struct wn_window *window, uint64_t at)
{
    const char *text = wn_window_find(window, at);
    const char *end = window->bytes + window->length;
    const char *feed = text ? memchr(text, '\n', (size_t)(end - text)) : NULL;

    return feed ? at + (uint64_t)(feed - text) + 1
                : window->at + window->length;
}

/* The window begins a byte before the piece, to see whether that byte ends a
 * line, and extends beyond it to see the end of its last record. Records that
 * are malformed or end later are left to the join. */
static int list_piece(void *own, size_t p, struct wn_error *error)
{
    struct piece *piece = own;
    struct wn_window *window = &piece->window;
    struct wn_scan scan = start_scan(piece->join);
    const size_t step = window->step;
    uint64_t at = (uint64_t)p * step;
    const uint64_t end = at + step;

    piece->count = 0;
    if (wn_window_load(window, at - (at > 0), step + step / 16 + (at > 0),
                       error))
        return -1;
    at = at > piece->join->begin ? next_line(window, at - 1)
                                 : piece->join->begin;
    while (at < end) {
        struct wn_error quiet = {0};
        struct wn_record record;
        const int status =
            wn_window_scan(window, &scan, at, 0, &record, &quiet);

        if (status == 0)
            break;
        if (status < 0) {
            at = next_line(window, at);
            continue;
        }
        wn_grow(&piece->found, &piece->capacity, piece->count + 1,
                sizeof *piece->found);
        piece->found[piece->count++] =
            describe_record(at, wn_window_find(window, at), &record);
        at += record.whole;
    }
    return 0;
}

/* --- the join ----------------------------------------------------------- */

/* A record begins at `at`, or the file ends. Empty lines before it belong to
 * the record before them. */
static void close_last(struct join *join, uint64_t at)
{
    struct wn_csv *csv = join->csv;

    if (join->after_reject)
        csv->left_out[2 * csv->left_outs - 1] = at;
    else if (join->lenient && csv->rows)
        csv->own->end[csv->rows - 1] = at;
    join->after_reject = false;
}

/* Leave out join->next .. end-1, which has `lines` lines. */
static void reject(struct join *join, uint64_t end, uint64_t lines,
                   enum wn_csv_break broken, const char *text)
{
    struct wn_csv *csv = join->csv;

    wn_grow(&csv->left_out, &csv->own->left_capacity, 2 * csv->left_outs + 2,
            sizeof *csv->left_out);
    close_last(join, join->next);
    csv->left_out[2 * csv->left_outs] = join->next;
    csv->left_out[2 * csv->left_outs++ + 1] = end;
    join->after_reject = true;
    join->next = end;
    join->line += lines;
    csv->form.reject(csv->form.context, broken, text);
}

/* Whether the lines inside a record at `text` are records themselves, so that
 * the quote on its first line is probably a stray one. */
static bool has_rows_inside(const struct join *join, const char *text,
                            const struct found *found)
{
    enum { MANY = 4 };
    const size_t columns = columns_of(join);
    const size_t wanted = found->fields == columns ? MANY : 1;
    const char *end = text + found->whole;
    struct wn_scan scan = start_scan(join);
    size_t inside = 0;

    if (columns == 1 || found->lines < wanted + 2)
        return false;
    text = memchr(text, '\n', found->whole);
    for (text++; inside < wanted || found->fields == columns; inside++) {
        struct wn_error quiet = {0};
        struct wn_record record;
        const char *feed = memchr(text, '\n', (size_t)(end - text));

        if (!feed || feed + 1 == end)
            break;
        if (memchr(text, '"', (size_t)(feed - text)) ||
            wn_scan_record(&scan, text, feed + 1, true, 0, &record, &quiet) !=
                1 ||
            record.fields != columns)
            return false;
        text = feed + 1;
        scan.quote = scan.cr = scan.nul = NULL;
    }
    return inside >= wanted;
}

/* Take the record at join->next, whose bytes are at `text`. */
static void take_record(struct join *join, const struct found *found,
                        const char *text)
{
    struct wn_csv *csv = join->csv;
    const size_t row = csv->rows, columns = columns_of(join);
    struct wn_error wrong = {0};
    uint64_t line = join->line;
    const char *name = wn_csv_where(&csv->form, csv->name, &line);

    if (join->lenient && found->lines > 1 &&
        has_rows_inside(join, text, found)) {
        const char *feed = memchr(text, '\n', found->whole);

        wn_fail(&wrong, WN_EDATA,
                "%s:%llu: found a quoted field whose lines are records, "
                "wanted the quote that closes it",
                name, (unsigned long long)line);
        reject(join, found->offset + (uint64_t)(feed - text) + 1, 1,
               WN_BREAK_OPEN, wrong.text);
        return;
    }
    if (found->length && join->lenient && found->fields != columns) {
        wn_fail_fields(&wrong, name, line, found->fields, columns);
        reject(join, found->offset + found->whole, found->lines,
               WN_BREAK_FIELDS, wrong.text);
        return;
    }
    if (found->length) {
        wn_grow(&csv->offset, &csv->own->offset_capacity, row + 2,
                sizeof *csv->offset);
        wn_grow(&csv->line, &csv->own->line_capacity, row + 1,
                sizeof *csv->line);
        wn_grow(&csv->hash, &csv->own->hash_capacity, row + 1,
                sizeof *csv->hash);
        if (join->lenient)
            wn_grow(&csv->own->end, &csv->own->end_capacity, row + 1,
                    sizeof *csv->own->end);
        close_last(join, found->offset);
        csv->offset[row] = found->offset;
        csv->offset[row + 1] = found->offset + found->whole;
        csv->line[row] = join->line;
        csv->hash[row] = found->hash;
        if (join->lenient)
            csv->own->end[row] = csv->offset[row + 1];
        csv->rows++;
    }
    join->next += found->whole;
    join->line += found->lines;
}

static int join_piece(void *shared, void *own, size_t p, struct wn_error *error)
{
    struct join *join = shared;
    const struct piece *piece = own;
    const struct wn_window *window = &piece->window;
    const struct wn_csv_own *index = join->csv->own;
    const uint64_t limit = join->csv->form.memory;
    struct wn_scan scan = start_scan(join);
    const uint64_t begin = (uint64_t)p * window->step;
    const uint64_t left = window->size - begin;
    const size_t length = left < window->step ? (size_t)left : window->step;
    size_t f = 0;

    wn_hash_add(join->digest, wn_window_find(window, begin), length);
    while (join->next < begin + length) {
        const uint64_t at = join->next;
        const char *text = wn_window_find(window, at);
        struct wn_record record;
        struct wn_error wrong = {0};
        uint64_t end;

        while (f < piece->count && piece->found[f].offset < at)
            f++;
        if (f < piece->count && piece->found[f].offset == at) {
            take_record(join, &piece->found[f], text);
            continue;
        }
        /* The record is not listed: scan it. */
        int status =
            wn_window_scan(window, &scan, at, join->line, &record, &wrong);
        if (status == 0) {
            struct wn_scan fresh = start_scan(join);

            status = wn_window_scan_whole(&join->window, &fresh, at, join->line,
                                          &record, &wrong);
            text = wn_window_find(&join->window, at);
        }
        if (status > 0) {
            const struct found found = describe_record(at, text, &record);

            take_record(join, &found, text);
            continue;
        }
        if (!join->lenient || wrong.code != WN_EDATA) {
            *error = wrong;
            return -1;
        }
        if (wn_window_line_end(window, at + record.length, &end, error))
            return -1;
        reject(join, end, record.lines + 1, record.broken, wrong.text);
    }
    const uint64_t words = index->offset_capacity + index->line_capacity +
                           index->hash_capacity + index->end_capacity +
                           index->left_capacity;
    if (limit == 0 || 8 * words <= limit)
        return 0;
    return wn_fail(error, WN_EUSAGE,
                   "--memory: %s: the index of the first %zu rows takes %llu "
                   "MiB, wanted at most %llu MiB",
                   join->csv->name, join->csv->rows,
                   (unsigned long long)(words >> 17) + 1,
                   (unsigned long long)(limit >> 20));
}

int wn_index_build(struct wn_csv *csv, uint64_t begin, uint64_t line,
                   struct wn_error *error)
{
    const struct wn_window *file = &csv->own->file;
    struct join join = {.csv = csv,
                        .begin = begin,
                        .next = begin,
                        .line = line,
                        .window = *file,
                        .digest = wn_hash_new(),
                        .lenient = csv->form.reject != NULL};
    const struct wn_parallel pieces = {
        .threads = csv->form.threads,
        .count = (size_t)((file->size - 1) / file->step) + 1,
        .shared = &join,
        .start = record_index_start_piece,
        .work = list_piece,
        .join = join_piece,
        .stop = record_index_stop_piece};
    const int status = wn_parallel_ordered(&pieces, error);

    if (status == 0) {
        close_last(&join, file->size);
        wn_hash_text(join.digest, csv->digest);
    }
    wn_hash_free(join.digest);
    wn_window_free(&join.window);
    return status;
}

/* --- leaving out -------------------------------------------------------- */

void wn_csv_leave_out(struct wn_csv *csv, const uint8_t *out)
{
    const uint64_t *old = csv->left_out;
    const size_t rows = csv->rows, olds = csv->left_outs;
    const uint64_t last = rows ? csv->offset[rows] : 0;
    uint64_t *end = wn_new(rows, sizeof *end), *left;
    size_t kept = 0, count = 0, o = 0;

    for (size_t row = 0; row < rows; row++)
        count += out[row] != 0;
    left = wn_new(2 * (count + olds), sizeof *left);
    count = 0;
    for (size_t row = 0; row < rows; row++) {
        const uint64_t begin = csv->offset[row];
        const uint64_t stop =
            csv->own->end ? csv->own->end[row] : csv->offset[row + 1];

        for (; o < olds && old[2 * o] < begin; o++, count += 2)
            memcpy(left + count, old + 2 * o, 2 * sizeof *left);
        if (out[row]) {
            left[count++] = begin;
            left[count++] = stop;
            continue;
        }
        csv->offset[kept] = begin;
        csv->line[kept] = csv->line[row];
        csv->hash[kept] = csv->hash[row];
        end[kept++] = stop;
    }
    for (; o < olds; o++, count += 2)
        memcpy(left + count, old + 2 * o, 2 * sizeof *left);
    csv->offset[kept] = kept ? end[kept - 1] : last;
    csv->rows = kept;
    free(csv->own->end);
    free(csv->left_out);
    csv->own->end = end;
    csv->left_out = left;
    csv->left_outs = count / 2;
}
