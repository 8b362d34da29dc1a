/* SPDX-License-Identifier: GPL-3.0-or-later */
/* csv/csv.h: CSV records with their place in the file, cells by libcsv.
 *
 * RFC 4180, strict: a quote inside an unquoted field, text after a closing
 * quote, a CR without LF outside quotes, a NUL byte and a quote that never
 * closes are errors that name file, line and column. LF, CR LF and a mixture
 * end records; a UTF-8 BOM is skipped; the last line end may be missing; empty
 * lines belong to no record. Bytes are kept as they are: nothing is trimmed.
 *
 * Reading goes in two steps, so that the second can run on several ranges of
 * rows at once: a quote-aware scan (scan.h) finds where each record begins and
 * on which line; then records are taken apart into cells. */
#ifndef WN_CSV_CSV_H
#define WN_CSV_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/number.h"
#include "util/text.h"

enum { WN_CSV_NAME = 1024 }; /* bytes a column's name may have */

struct wn_csv; /* an open file: descriptor, name, record index, header */

/* What may be wrong with a record; the last four are for who reads the cells
 * to find. */
enum wn_csv_break {
    WN_BREAK_FIELDS,
    WN_BREAK_QUOTE,
    WN_BREAK_AFTER_QUOTE,
    WN_BREAK_OPEN,
    WN_BREAK_CR,
    WN_BREAK_NUL,
    WN_BREAK_LONG_FIELD,
    WN_BREAK_LONG_RECORD,
    WN_BREAK_LABEL,
    WN_BREAK_LONG_LABEL,
    WN_BREAK_CLASS,
    WN_BREAK_UTF8,
    WN_BREAKS
};
extern const char *const wn_csv_break_names[WN_BREAKS]; /* "NUL byte" */

/* Called for each record that is left out, in the order of the file, by one
 * thread at a time; `text` says where and why. */
typedef void wn_csv_reject(void *context, enum wn_csv_break broken,
                           const char *text);

struct wn_csv_form {
    char delimiter;
    bool nameless;         /* no header: the columns are called c1, c2, ... */
    bool sniff;            /* find out both; see sniff.h */
    const char *label;     /* the label's name, for the sniff; or NULL */
    size_t field;          /* bytes a field may have with its quotes, 16 MiB */
    size_t columns;        /* fields a record may have, 65,535 */
    size_t record;         /* bytes a record may have, 1 GiB */
    uint64_t memory;       /* bytes that the index may take, 0 for any number */
    wn_csv_reject *reject; /* leave malformed records out, and say so; NULL:
                              the first one is an error */
    void *context;
    int threads;  /* 1; results do not depend on it */
    size_t block; /* bytes read at once; nor on that */
};
extern const struct wn_csv_form wn_csv_form_standard;

/* Open `path` (NULL or "-": standard input), scan it, read the header.
 * Errors: WN_EIO; WN_EDATA for a file that is empty or no text, a header with
 * a repeated, too long or non-UTF-8 name, too many columns, and what
 * the scan finds malformed. */
struct wn_csv *wn_csv_open(const char *path, const struct wn_csv_form *form,
                           struct wn_error *error) WN_MUST_CHECK;
void wn_csv_close(struct wn_csv *csv);

/* What --sniff prints for a file: form->delimiter and form->nameless are set,
 * *columns is how many there are. Errors as of wn_csv_open() and wn_sniff(). */
int wn_csv_sniff(const char *path, struct wn_csv_form *form, size_t *columns,
                 struct wn_error *error) WN_MUST_CHECK;

const char *wn_csv_name(const struct wn_csv *csv);
/* How the file is read, with what a sniff found. */
const struct wn_csv_form *wn_csv_form(const struct wn_csv *csv);
char wn_csv_delimiter(const struct wn_csv *csv);
size_t wn_csv_columns(const struct wn_csv *csv);
/* How many have an empty name in the header; they are called by their place,
 * c1, c2 and so on, as all are without a header. */
size_t wn_csv_unnamed(const struct wn_csv *csv);
const char *wn_csv_column(const struct wn_csv *csv, size_t column);
/* The column called `name`, or -1. */
long wn_csv_find(const struct wn_csv *csv, const char *name);

/* Data records (without the header), and per record: */
size_t wn_csv_rows(const struct wn_csv *csv);
/* rows+1: where each record begins; the last is where the last record's line
 * has ended. Empty lines after a record lie between its end and the next. */
const uint64_t *wn_csv_offset(const struct wn_csv *csv);
const uint64_t *wn_csv_line(const struct wn_csv *csv); /* rows, from 1 */
const uint64_t *wn_csv_hash(const struct wn_csv *csv); /* rows, XXH3 of the
                                              bytes without the line end */
uint64_t wn_csv_size(const struct wn_csv *csv);        /* bytes in all */
/* Digest of the whole file, 32 hexadecimal digits. */
const char *wn_csv_digest(const struct wn_csv *csv);

/* Take out of the index the rows for which out[row] is not 0; one at least must
 * stay. The others close ranks. */
int wn_csv_leave_out(struct wn_csv *csv, const uint8_t *out) WN_MUST_CHECK;
/* Where each record that was left out begins and ends: *count pairs. */
const uint64_t *wn_csv_left_out(const struct wn_csv *csv, size_t *count);

/* Write the header, where there is one, and what was left out to `descriptor`,
 * byte for byte; `name` is for messages. */
int wn_csv_write_left_out(const struct wn_csv *csv, int descriptor,
                          const char *name,
                          struct wn_error *error) WN_MUST_CHECK;

/* The bytes begin .. begin+length-1 of the file, all inside it. */
int wn_csv_bytes(const struct wn_csv *csv, uint64_t begin, size_t length,
                 char *out, struct wn_error *error) WN_MUST_CHECK;

/* Whether the file still has the size and times it had when it was opened;
 * WN_EIO if not. Call it when everything was read. */
int wn_csv_unchanged(const struct wn_csv *csv,
                     struct wn_error *error) WN_MUST_CHECK;

/* "f.csv:7: found 2 fields, wanted 3". Returns -1, as wn_fail(). */
int wn_fail_fields(struct wn_error *error, const char *name, uint64_t line,
                   size_t found, size_t wanted);

/* Where a row's text stands, in front of a message: "f.csv:7: column age: ".
 * Returns -1, as wn_fail(). */
int wn_csv_fail(const struct wn_csv *csv, size_t row, size_t column,
                struct wn_error *error, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

struct wn_cell {
    const char *text; /* without quotes; not NUL-terminated; before it are
                         WN_NUMBER_PAD readable bytes */
    size_t length;
};

/* Whether a cell means "missing": it is empty or, without the blanks at both
 * ends, one of `tokens`. */
bool wn_cell_is_token(const struct wn_cell *cell, const char *const *tokens,
                      size_t count);
static inline bool wn_cell_is_missing(const struct wn_cell *cell,
                                      const char *const *tokens, size_t count)
{
    return cell->length == 0 ||
           (count && wn_cell_is_token(cell, tokens, count));
}

/* What takes rows apart; one for each thread. */
struct wn_csv_reader;
struct wn_csv_reader *wn_csv_reader_new(const struct wn_csv *csv) WN_MUST_CHECK;
void wn_csv_reader_free(struct wn_csv_reader *reader);

/* Called once a row in order; `cells` holds wn_csv_columns() of them and is
 * valid during the call. Return 0 to go on, -1 after wn_fail(). */
typedef int wn_csv_row(void *context, size_t row, const struct wn_cell *cells,
                       struct wn_error *error);

/* Read these cells in place of those that stand in the file; NULL: none. The
 * fixes must outlive their use. */
struct wn_overrides;
void wn_csv_lay_over(struct wn_csv *csv, const struct wn_overrides *fixes);

/* Hand rows begin .. end-1 to `take`. A record with too few or too many fields
 * is WN_EDATA with file, line and both counts. */
int wn_csv_read(struct wn_csv_reader *reader, size_t begin, size_t end,
                wn_csv_row *take, void *context,
                struct wn_error *error) WN_MUST_CHECK;

#endif
