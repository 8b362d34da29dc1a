/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fields, records and windows of a CSV file.
 *
 * Most records hold no quote. Such a record ends at the next line feed, which
 * memchr() finds at the speed of memory. Only a record with a quote, or with a
 * defect, is walked byte by byte:
 *
 *   record  = field *(delimiter field) (LF / CR LF / end of file)
 *   field   = *plain / '"' *(any but '"' and NUL / '""') '"'
 *   plain   = any byte but delimiter, '"', CR, LF, NUL
 */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv/csv_private.h"
#include "util/file.h"
#include "util/memory.h"

/* --- fields of a well-formed record ------------------------------------- */

/* The end of the field that begins at `at`. */
static size_t field_end(const char *record, size_t length, char delimiter,
                        size_t at)
{
    if (at < length && record[at] == '"')
        for (at++; at < length; at++)
            if (record[at] == '"' && (at + 1 == length || record[++at] != '"'))
                break;
    const char *end =
        at < length ? memchr(record + at, delimiter, length - at) : NULL;
    return end ? (size_t)(end - record) : length;
}

/* The top bit of each of text[0..7] that equals that byte of `pattern`; the
 * first byte is the lowest. */
static inline uint64_t equal_bytes(const char *text, uint64_t pattern)
{
    const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f);
    uint64_t word;

    memcpy(&word, text, sizeof word);
    word = le64toh(word) ^ pattern;
    return ~(((word & low) + low) | word | low);
}

size_t wn_scan_fields(const char *record, size_t length, char delimiter,
                      struct wn_cell *cells, size_t capacity)
{
    const uint64_t pattern =
        UINT64_C(0x0101010101010101) * (unsigned char)delimiter;
    const bool quoted = memchr(record, '"', length) != NULL;
    size_t count = 0, begin = 0;

    for (size_t at = 0; !quoted && at + 8 <= length; at += 8)
        for (uint64_t found = equal_bytes(record + at, pattern); found;
             found &= found - 1) {
            const size_t end = at + (size_t)__builtin_ctzll(found) / 8;

            if (count < capacity)
                cells[count] = (struct wn_cell){record + begin, end - begin};
            count++;
            begin = end + 1;
        }
    for (;; count++) {
        const size_t end = field_end(record, length, delimiter, begin);

        if (count < capacity)
            cells[count] = (struct wn_cell){record + begin, end - begin};
        if (end == length)
            return count + 1;
        begin = end + 1;
    }
}

int wn_field_find(const char *record, size_t length, char delimiter,
                  size_t column, size_t *begin, size_t *end)
{
    length = wn_text_without_line_end(record, length);
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

void wn_field_write(struct wn_text *out, const char *text, size_t length,
                    char delimiter)
{
    bool quotes = false;

    for (size_t i = 0; i < length; i++)
        quotes |= text[i] == '"' || text[i] == '\n' || text[i] == '\r' ||
                  text[i] == delimiter;
    if (!quotes) {
        wn_text_add(out, text, length);
        return;
    }
    wn_text_add(out, "\"", 1);
    for (size_t i = 0; i < length; i++) {
        wn_text_add(out, text + i, 1);
        if (text[i] == '"')
            wn_text_add(out, "\"", 1);
    }
    wn_text_add(out, "\"", 1);
}

/* --- records ------------------------------------------------------------ */

/* A position in a record. */
struct walk {
    struct wn_scan *scan;
    const char *begin, *at, *end;
    bool last;
    size_t field; /* from 0 */
    uint64_t line;
    const char *field_begin;
    uint64_t first_line, field_line; /* of their beginnings */
    struct wn_record *record;
    struct wn_error *error;
};

/* The current field is malformed. */
static int fail_field(const struct walk *walk, enum wn_csv_break broken,
                      const char *text)
{
    const struct wn_scan *scan = walk->scan;

    walk->record->broken = broken;
    walk->record->length = (size_t)(walk->field_begin - walk->begin);
    walk->record->lines = walk->field_line - walk->first_line;
    wn_fail(walk->error, WN_EDATA, "%s", text);
    if (scan->column && walk->field < scan->columns)
        wn_fail(walk->error, WN_EDATA, "column %.120s",
                scan->column[walk->field]);
    else
        wn_fail(walk->error, WN_EDATA, "field %zu", walk->field + 1);
    uint64_t line = walk->field_line;
    const char *name = wn_csv_where(scan->form, scan->name, &line);
    return wn_fail(walk->error, WN_EDATA, "%s:%llu", name,
                   (unsigned long long)line);
}

/* The current byte is malformed. On a later line than the field's first, the
 * likely cause is the quote at the field's beginning. */
static int fail_here(const struct walk *walk, enum wn_csv_break broken,
                     const char *text)
{
    char late[300];

    if (walk->line == walk->field_line)
        return fail_field(walk, broken, text);
    snprintf(late, sizeof late,
             "%s, on line %llu of the quoted field that begins here; is its "
             "quote closed?",
             text, (unsigned long long)walk->line);
    return fail_field(walk, WN_BREAK_OPEN, late);
}

static int fail_quote(const struct walk *walk)
{
    const char *text = walk->field_begin;
    size_t length = (size_t)(walk->at - text);

    wn_text_trim(&text, &length);
    return fail_here(walk, WN_BREAK_QUOTE,
                     length || walk->at == walk->field_begin
                         ? "found a quote inside an unquoted field, wanted the "
                           "whole field in quotes and \"\" for a quote"
                         : "found a blank before a quote, wanted the quote "
                           "right after the delimiter");
}

static int fail_nul(const struct walk *walk)
{
    return fail_here(walk, WN_BREAK_NUL,
                     "found a NUL byte, wanted text (is this file binary?)");
}

/* An unclosed quote must not take in the whole file. */
static int check_field(const struct walk *walk)
{
    const size_t limit = walk->scan->form->max_field;
    char text[160];

    if ((size_t)(walk->at - walk->field_begin) <= limit)
        return 0;
    snprintf(text, sizeof text,
             "found a field of more than %zu bytes, wanted at most that "
             "(--max-field)%s",
             limit, *walk->field_begin == '"' ? "; is its quote closed?" : "");
    return fail_field(walk, WN_BREAK_LONG_FIELD, text);
}

/* Move after the closing quote: 1 done, 0 more bytes needed, -1. */
static int walk_quoted(struct walk *walk)
{
    for (walk->at++;; walk->at++) {
        if (walk->at == walk->end) {
            if (check_field(walk))
                return -1;
            return walk->last
                       ? fail_field(
                             walk, WN_BREAK_OPEN,
                             "found the end of the file, wanted the quote "
                             "that closes the field opened here")
                       : 0;
        }
        if (*walk->at == '\n')
            walk->line++;
        else if (*walk->at == '\0')
            return fail_nul(walk);
        if (*walk->at != '"')
            continue;
        if (walk->at + 1 == walk->end && !walk->last)
            return 0;
        walk->at++;
        if (walk->at == walk->end || *walk->at != '"')
            return check_field(walk) ? -1 : 1;
    }
}

/* Walk field by field to the end of the record: 1 done, 0 more bytes needed,
 * -1. */
static int walk_record(struct walk *walk)
{
    struct wn_record *record = walk->record;
    const char delimiter = walk->scan->form->delimiter;
    const char *end = walk->end;

    for (;; walk->at++, walk->field++) {
        walk->field_begin = walk->at;
        walk->field_line = walk->line;
        if (walk->at < end && *walk->at == '"') {
            const int status = walk_quoted(walk);

            if (status != 1)
                return status;
        } else {
            for (; walk->at < end && *walk->at != delimiter &&
                   *walk->at != '\n' && *walk->at != '\r';
                 walk->at++) {
                if (*walk->at == '\0')
                    return fail_nul(walk);
                if (*walk->at == '"')
                    return fail_quote(walk);
            }
            if (check_field(walk))
                return -1;
        }
        if (walk->at == end) {
            if (!walk->last)
                return 0;
            break;
        }
        if (*walk->at == '\n')
            break;
        if (*walk->at == '\r') {
            if (walk->at + 1 == end && !walk->last)
                return 0;
            if (walk->at + 1 == end || walk->at[1] != '\n')
                return fail_here(
                    walk, WN_BREAK_CR,
                    "found a carriage return without a line feed, wanted LF or "
                    "CR LF at the end of a line");
            break;
        }
        if (*walk->at == '\0')
            return fail_nul(walk);
        if (*walk->at != delimiter)
            return fail_here(walk, WN_BREAK_AFTER_QUOTE,
                             "found text after the closing quote, wanted a "
                             "delimiter or the end of the line");
    }
    record->length = (size_t)(walk->at - walk->begin);
    record->whole = record->length;
    record->lines = walk->line - walk->first_line;
    record->fields = walk->field + 1;
    if (walk->at < end) {
        record->whole += *walk->at == '\r' ? 2 : 1;
        record->lines++;
    }
    return 1;
}

/* The next `byte` from `text` on, or `end`; `known` is the last answer. */
static const char *next_of(const char *known, char byte, const char *text,
                           const char *end)
{
    if (known && known >= text)
        return known;
    const char *found = memchr(text, byte, (size_t)(end - text));
    return found ? found : end;
}

int wn_scan_record(struct wn_scan *scan, const char *text, const char *end,
                   bool last, uint64_t line, struct wn_record *record,
                   struct wn_error *error)
{
    struct walk walk = {.scan = scan,
                        .begin = text,
                        .at = text,
                        .end = end,
                        .last = last,
                        .line = line,
                        .first_line = line,
                        .record = record,
                        .error = error};
    const char *stop = memchr(text, '\n', (size_t)(end - text));
    const bool ended = stop != NULL;

    if (!ended)
        stop = end;
    scan->quote = next_of(scan->quote, '"', text, end);
    scan->cr = next_of(scan->cr, '\r', text, end);
    scan->nul = next_of(scan->nul, '\0', text, end);
    const bool crlf = ended && stop > text && scan->cr == stop - 1;
    const size_t length = (size_t)(stop - text) - crlf;
    int status = 1;
    if (scan->quote < stop || scan->nul < stop || (scan->cr < stop && !crlf) ||
        length > scan->form->max_field)
        status = walk_record(&walk);
    else if (!ended && !last)
        status = 0;
    else
        *record = (struct wn_record){
            .length = length,
            .whole = length + crlf + ended,
            .lines = ended,
            .fields = scan->count
                          ? wn_scan_fields(text, length, scan->form->delimiter,
                                           NULL, 0)
                          : 0};
    if (status < 0 || (status ? record->length : (size_t)(end - text)) <=
                          scan->form->max_record)
        return status;
    *record = (struct wn_record){.broken = WN_BREAK_LONG_RECORD};
    const char *name = wn_csv_where(scan->form, scan->name, &line);
    return wn_fail(error, WN_EDATA,
                   "%s:%llu: found a record of more than %zu bytes, wanted at "
                   "most that (--max-record)",
                   name, (unsigned long long)line, scan->form->max_record);
}

/* --- windows ------------------------------------------------------------ */

void wn_window_free(struct wn_window *window)
{
    free(window->bytes);
    window->bytes = NULL;
    window->capacity = window->length = 0;
}

int wn_window_load(struct wn_window *window, uint64_t at, size_t length,
                   struct wn_error *error)
{
    if (length > window->size - at)
        length = (size_t)(window->size - at);
    window->length = 0;
    wn_grow(&window->bytes, &window->capacity, length, 1);
    if (wn_read_at(window->descriptor, window->bytes, length, at, window->name,
                   error))
        return -1;
    window->at = at;
    window->length = length;
    return 0;
}

int wn_window_scan(const struct wn_window *window, struct wn_scan *scan,
                   uint64_t at, uint64_t line, struct wn_record *record,
                   struct wn_error *error)
{
    const char *text = wn_window_find(window, at);
    const bool last = window->at + window->length == window->size;

    return text ? wn_scan_record(scan, text, window->bytes + window->length,
                                 last, line, record, error)
                : 0;
}

/* The window doubles until the record fits, so scanning again costs at most
 * twice as much. */
int wn_window_scan_whole(struct wn_window *window, struct wn_scan *scan,
                         uint64_t at, uint64_t line, struct wn_record *record,
                         struct wn_error *error)
{
    size_t length = window->step;
    int status = wn_window_scan(window, scan, at, line, record, error);

    for (; status == 0; length *= 2) {
        if (wn_window_load(window, at, length, error))
            return -1;
        scan->quote = scan->cr = scan->nul = NULL;
        status = wn_window_scan(window, scan, at, line, record, error);
    }
    return status;
}

int wn_window_line_end(const struct wn_window *window, uint64_t at,
                       uint64_t *end, struct wn_error *error)
{
    const char *text = wn_window_find(window, at);
    const size_t have =
        text ? (size_t)(window->bytes + window->length - text) : 0;
    const char *feed = have ? memchr(text, '\n', have) : NULL;
    char part[4096];

    *end = at + (feed ? (size_t)(feed - text) + 1 : have);
    while (!feed && *end < window->size) {
        const uint64_t left = window->size - *end;
        const size_t length = left < sizeof part ? (size_t)left : sizeof part;

        if (wn_read_at(window->descriptor, part, length, *end, window->name,
                       error))
            return -1;
        feed = memchr(part, '\n', length);
        *end += feed ? (size_t)(feed - part) + 1 : length;
    }
    return 0;
}
