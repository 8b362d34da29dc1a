/* SPDX-License-Identifier: GPL-3.0-or-later */
/* csv/csv.h: CSV records with their place in the file, and their cells.
 *
 * RFC 4180, strict: a quote inside an unquoted field, text after a closing
 * quote, a CR without LF outside quotes, a NUL byte and a quote that never
 * closes are errors that name file, line and column. A first line "sep=;", as
 * spreadsheets write and read it, names the delimiter and is no record. Records
 * end with LF, CR LF or a mixture of both; a UTF-8 BOM is skipped; the last
 * line end may be missing; empty lines belong to no record. Bytes are kept as
 * they are: nothing is trimmed.
 *
 * Reading takes two steps. A quote-aware scan finds where each record begins
 * and on which line. Then ranges of rows are split into cells, several ranges
 * at once. */
#ifndef WN_CSV_CSV_H
#define WN_CSV_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/hash.h"
#include "util/number.h"
#include "util/text.h"

enum { WN_CSV_NAME = 1024 }; /* maximum bytes of a column's name */

/* Why a record is rejected. The scan finds the first eight; the others are for
 * code that reads the cells. */
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
    WN_BREAK_JSON,
    WN_BREAKS
};
extern const char *const wn_csv_break_names[WN_BREAKS]; /* "NUL byte" */

/* Called for each record that is left out, in file order, by one thread at a
 * time; `text` says where and why. */
typedef void wn_csv_reject(void *context, enum wn_csv_break broken,
                           const char *text);

struct wn_cell {
    const char *text; /* without quotes; not NUL-terminated; WN_NUMBER_PAD
                         readable bytes stand before it */
    size_t length;
};

/* Several files are joined to one text: the first file whole, the others
 * without what stands before their rows, each with a line end after its last
 * line. Offsets and line numbers count in the joined text. */
struct wn_csv_part {
    char *name;          /* of the file */
    struct wn_cell cell; /* the name as a cell */
    uint64_t size, skip; /* bytes of the file; those left out before its rows */
    char digest[WN_DIGEST_TEXT]; /* of the whole file */
    uint64_t begin;              /* place of its first byte that is not */
    uint64_t line, own_line;     /* its line there, and in the file */
};
struct wn_csv_parts {
    struct wn_csv_part *part;
    size_t count;
    bool column; /* the last column holds the names of the files */
};

struct wn_csv_form {
    char delimiter;        /* 0: that of a first line "sep=;", else a comma */
    bool json_lines;       /* the file is JSON Lines; see json_record.h */
    const char *encoding;  /* of the text; NULL: UTF-8 */
    bool decimal_comma;    /* numbers are written as in 1.234,5 */
    bool no_header;        /* columns are called c1, c2, ... */
    bool no_rows;          /* a header without rows is a table, too */
    bool sniff;            /* find out what they are, see wn_csv_sniff() */
    bool keep_decimal;     /* but not decimal_comma */
    const char *label;     /* name of the label column for the sniffer, or
                              NULL */
    size_t max_field;      /* bytes with the quotes; default 16 MiB */
    size_t max_columns;    /* default 65,535 */
    size_t max_record;     /* bytes; default 1 GiB */
    uint64_t memory;       /* maximum bytes of the index; 0: no limit */
    wn_csv_reject *reject; /* leave malformed records out and report each;
                              NULL: the first one is an error */
    void *context;         /* of reject() */
    const struct wn_csv_parts *parts; /* set by wn_csv_open_several() */
    int threads;                      /* default 1; does not change results */
    size_t block; /* bytes read at once; does not change results */
};
extern const struct wn_csv_form wn_csv_default_form;

struct wn_csv_own;   /* what only this room reads */
struct wn_overrides; /* cell_override.h */

/* An open file. Only this room changes it. */
struct wn_csv {
    char *name;                /* for messages */
    struct wn_csv_form form;   /* in use, with the sniffed values */
    bool sep_line;             /* a first line "sep=;" names the delimiter */
    struct wn_csv_parts parts; /* of several files; {0} of one */
    int descriptor;            /* to read the bytes of the file again */
    uint64_t size;             /* of them */
    char digest[WN_DIGEST_TEXT];
    const char *encoding; /* as a file of its own needs it, "UTF-16LE"; NULL:
                             UTF-8 */
    char **column;        /* names */
    size_t columns;
    size_t unnamed; /* columns whose name in the header is empty; they are
                       called by their place, c1, c2 and so on */
    size_t rows;    /* data records, without the header */
    /* rows + 1: where each record begins; the last is the end of the last
     * record's line. Empty lines after a record lie between its end and the
     * next. In a file of another encoding these are places in its UTF-8 text,
     * which wn_csv_to_source() turns into places in the file. */
    uint64_t *offset;
    uint64_t *line;     /* rows, from 1 */
    uint64_t *hash;     /* rows, XXH3 of the bytes without the line end */
    uint64_t *left_out; /* left_outs pairs, begin and end as in offset, of the
                           records that were left out */
    size_t left_outs;
    const struct wn_overrides *overrides; /* cells to read in place of those in
                                             the file; NULL: none. They must
                                             outlive their use. */
    struct wn_csv_own *own;
};

/* Open `path` (NULL or "-": standard input), scan it, read the header.
 * Errors: WN_EIO; WN_EDATA for a file that is empty or not text, a header with
 * a repeated, too long or non-UTF-8 name, too many columns, and malformed
 * records. */
struct wn_csv *wn_csv_open(const char *path, const struct wn_csv_form *form,
                           struct wn_error *error) WN_MUST_CHECK;
/* The same for `count` files with the same header, or without one, as one
 * table; see struct wn_csv_part. `column`: the name of one more column, at the
 * end, that holds the names of the files. WN_EDATA if a header differs. */
struct wn_csv *wn_csv_open_several(const char *const *paths, size_t count,
                                   const char *column,
                                   const struct wn_csv_form *form,
                                   struct wn_error *error) WN_MUST_CHECK;
void wn_csv_close(struct wn_csv *csv);
/* Append bytes skip .. size-1 of an open file to the temporary file `to`, and a
 * line feed if its last line has none. *place becomes the next byte of `to`,
 * *line its line there. */
int wn_csv_append_file(int to, int descriptor, const char *name, uint64_t skip,
                       uint64_t size, uint64_t *place, uint64_t *line,
                       struct wn_error *error) WN_MUST_CHECK;
/* The part that holds a line. */
const struct wn_csv_part *wn_csv_part_of(const struct wn_csv_parts *parts,
                                         uint64_t line);
/* The file that a line of `name` belongs to; *line becomes its line there. */
const char *wn_csv_where(const struct wn_csv_form *form, const char *name,
                         uint64_t *line);

/* Whether a file that begins with text[0..length) seems to be JSON Lines. */
bool wn_csv_looks_like_json(const char *text, size_t length);

/* Find the delimiter, the decimal sign and, unless form->no_header is set,
 * whether the first record is a header; *columns is their number. See sniff.c
 * for the rules. Errors: as wn_csv_open(); WN_EDATA for a tie and if no
 * delimiter fits. */
int wn_csv_sniff(const char *path, struct wn_csv_form *form, size_t *columns,
                 struct wn_error *error) WN_MUST_CHECK;
/* Append "--delimiter=';' --decimal=, --no-header", quoted for a shell. */
void wn_csv_form_options(const struct wn_csv_form *form, struct wn_text *text);

/* The column called `name`, or -1. */
long wn_csv_find(const struct wn_csv *csv, const char *name);
/* What a message wants where text is not of the file's encoding. */
const char *wn_csv_wanted_text(const struct wn_csv *csv);
void wn_csv_to_source(const struct wn_csv *csv, const uint64_t *places,
                      size_t count, uint64_t *in_source);

/* Remove the rows with out[row] != 0 from the index; at least one row must
 * stay. Later rows move up. */
void wn_csv_leave_out(struct wn_csv *csv, const uint8_t *out);
/* Copy the header, if there is one, and the records left out to `descriptor`,
 * byte for byte; `name` is for messages. */
int wn_csv_write_left_out(const struct wn_csv *csv, int descriptor,
                          const char *name,
                          struct wn_error *error) WN_MUST_CHECK;

/* WN_EIO if the file's size or times changed since it was opened. Call it after
 * the last read. */
int wn_csv_unchanged(const struct wn_csv *csv,
                     struct wn_error *error) WN_MUST_CHECK;

/* "f.csv:7: found 2 fields, wanted 3". Returns -1, as wn_fail(). */
int wn_fail_fields(struct wn_error *error, const char *name, uint64_t line,
                   size_t found, size_t wanted);

/* WN_EDATA "f.csv:7: column age: TEXT". Returns -1, as wn_fail(). */
int wn_csv_fail(const struct wn_csv *csv, size_t row, size_t column,
                struct wn_error *error, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* The number in a cell, "7.4" or, with a decimal comma, "7,4". */
static inline bool wn_cell_number(const struct wn_cell *cell, bool comma,
                                  double *value)
{
    return comma ? wn_number_parse_comma(cell->text, cell->length, value)
                 : wn_number_parse_padded(cell->text, cell->length, value);
}

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

/* Splits rows into cells; one for each thread. */
struct wn_csv_reader;
struct wn_csv_reader *wn_csv_reader_new(const struct wn_csv *csv);
void wn_csv_reader_free(struct wn_csv_reader *reader);

/* A reader for wn_csv_split() alone, of records that come from elsewhere, up to
 * `capacity` cells of each. */
struct wn_csv_reader *wn_csv_reader_apart(char delimiter, size_t capacity);
/* Split one record, which must have WN_NUMBER_PAD readable bytes before it if
 * numbers are parsed. *count may exceed the capacity; then the cells beyond it
 * are missing. They are valid until the next call. */
int wn_csv_split(struct wn_csv_reader *reader, const char *text, size_t length,
                 const struct wn_cell **cells, size_t *count,
                 struct wn_error *error) WN_MUST_CHECK;

/* Called once for each row in order; cells[csv->columns] is valid during
 * the call. Returns 0 to go on, -1 after wn_fail(). */
typedef int wn_csv_row(void *context, size_t row, const struct wn_cell *cells,
                       struct wn_error *error);

/* Show rows begin .. end-1 to `row`, NULL: only check them. A record with too
 * few or too many fields is WN_EDATA with file, line and both counts. */
int wn_csv_read(struct wn_csv_reader *reader, size_t begin, size_t end,
                wn_csv_row *row, void *context,
                struct wn_error *error) WN_MUST_CHECK;

/* The bytes of field `column` (from 0) of one well-formed record, with its
 * quotes: record[*begin .. *end-1]. -1 if the record has fewer fields. */
int wn_field_find(const char *record, size_t length, char delimiter,
                  size_t column, size_t *begin, size_t *end) WN_MUST_CHECK;
/* Append text[0..length) as one field, quoted if it needs quotes. */
void wn_field_write(struct wn_text *out, const char *text, size_t length,
                    char delimiter);

#endif
