/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Record ends by memchr() where there is no quote, else by the grammar; see
 * scan.h. */
#include "csv/scan.h"

#include <stdio.h>
#include <string.h>

#include "csv/swar.h"

/* A record being walked. */
struct walk {
    struct wn_scan *scan;
    const char *begin, *at, *end;
    bool last;
    size_t field;  /* the field we are in, from 0 */
    uint64_t line; /* the line we are on */
    const char *field_begin;
    uint64_t first_line, field_line; /* where the record and the field begin */
    struct wn_record *record;
    struct wn_error *error;
};

/* At the field that is wrong. */
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
    return wn_fail(walk->error, WN_EDATA, "%s:%llu", scan->name,
                   (unsigned long long)walk->field_line);
}

/* At the byte that is wrong. If it stands on a later line than its field began,
 * what is wrong is more likely to be the quote on that line. */
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

static int fail_nul(const struct walk *walk)
{
    return fail_here(walk, WN_BREAK_NUL,
                     "found a NUL byte, wanted text (is this file binary?)");
}

static int fail_cr(const struct walk *walk)
{
    return fail_here(
        walk, WN_BREAK_CR,
        "found a carriage return without a line feed, wanted LF or "
        "CR LF at the end of a line");
}

/* Bytes of a field before we stop to ask for more: an unclosed quote must not
 * eat the file. */
static int check_field(const struct walk *walk)
{
    const size_t limit = walk->scan->form->field;
    char text[160];

    if ((size_t)(walk->at - walk->field_begin) <= limit)
        return 0;
    snprintf(text, sizeof text,
             "found a field of more than %zu bytes, wanted at most that "
             "(--max-field)%s",
             limit, *walk->field_begin == '"' ? "; is its quote closed?" : "");
    return fail_field(walk, WN_BREAK_LONG_FIELD, text);
}

/* Leaves walk->at behind the closing quote. 1 done, 0 more bytes, -1. */
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

/* Leaves walk->at on the byte that ends the field. */
static int walk_plain(struct walk *walk)
{
    for (; walk->at < walk->end; walk->at++) {
        const char c = *walk->at;

        if (c == walk->scan->form->delimiter || c == '\n' || c == '\r')
            break;
        if (c == '\0')
            return fail_nul(walk);
        if (c == '"')
            return fail_here(walk, WN_BREAK_QUOTE,
                             "found a quote inside an unquoted field, wanted "
                             "the whole field in quotes and \"\" for a quote");
    }
    return check_field(walk) ? -1 : 1;
}

/* What follows a field: 2 another field, 1 the end of the record, 0, -1. */
static int walk_end(struct walk *walk)
{
    if (walk->at == walk->end)
        return walk->last ? 1 : 0;
    if (*walk->at == walk->scan->form->delimiter) {
        walk->at++;
        walk->field++;
        return 2;
    }
    if (*walk->at == '\n')
        return 1;
    if (*walk->at == '\0')
        return fail_nul(walk);
    if (*walk->at != '\r')
        return fail_here(walk, WN_BREAK_AFTER_QUOTE,
                         "found text after the closing quote, wanted a "
                         "delimiter or the end of the line");
    if (walk->at + 1 == walk->end)
        return walk->last ? fail_cr(walk) : 0;
    return walk->at[1] == '\n' ? 1 : fail_cr(walk);
}

static int walk_record(struct walk *walk)
{
    struct wn_record *record = walk->record;
    int status;

    do {
        walk->field_begin = walk->at;
        walk->field_line = walk->line;
        status = walk->at < walk->end && *walk->at == '"' ? walk_quoted(walk)
                                                          : walk_plain(walk);
        if (status == 1)
            status = walk_end(walk);
    } while (status == 2);
    if (status != 1)
        return status;
    record->length = (size_t)(walk->at - walk->begin);
    record->whole = record->length;
    record->lines = walk->line - walk->first_line;
    record->fields = walk->field + 1;
    if (walk->at < walk->end) {
        record->whole += *walk->at == '\r' ? 2 : 1;
        record->lines++;
    }
    return 1;
}

/* Of a record without a quote. */
static size_t count_fields(const char *text, size_t length, char delimiter)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t pattern = ones * (unsigned char)delimiter;
    size_t fields = 1, at = 0;

    for (; at + 8 <= length; at += 8)
        fields +=
            (size_t)((wn_equal_bytes(text + at, pattern) >> 7) * ones >> 56);
    for (; at < length; at++)
        fields += text[at] == delimiter;
    return fields;
}

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
        length > scan->form->field)
        status = walk_record(&walk);
    else if (!ended && !last)
        status = 0;
    else
        *record = (struct wn_record){
            .length = length,
            .whole = length + crlf + ended,
            .lines = ended,
            .fields = scan->count
                          ? count_fields(text, length, scan->form->delimiter)
                          : 0};
    if (status < 0 ||
        (status ? record->length : (size_t)(end - text)) <= scan->form->record)
        return status;
    *record = (struct wn_record){.broken = WN_BREAK_LONG_RECORD};
    return wn_fail(error, WN_EDATA,
                   "%s:%llu: found a record of more than %zu bytes, wanted at "
                   "most that (--max-record)",
                   scan->name, (unsigned long long)line, scan->form->record);
}
