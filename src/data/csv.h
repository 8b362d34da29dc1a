/* SPDX-License-Identifier: GPL-3.0-or-later */
/* data/csv.h: CSV records with their place in the file, cells by libcsv.
 *
 * RFC 4180, strict: a quote inside an unquoted field, text after a closing
 * quote, a lone CR, a NUL byte and a quote that never closes are errors that
 * name file, line and column. LF, CR LF and a mixture end records; a BOM is
 * skipped; the last line end may be missing; empty lines between records
 * belong to no record. Bytes are kept as they are: nothing is trimmed.
 *
 * Reading goes in two steps so that the second can run on several blocks at
 * once: a quote-aware scan finds where each record begins, on which line; then
 * libcsv takes blocks of whole records apart. The scan's count of records and
 * libcsv's must agree. */
#ifndef WN_DATA_CSV_H
#define WN_DATA_CSV_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

struct wn_csv; /* an open file: descriptor, name, record index, header */

struct wn_csv_limits {
    size_t field;   /* bytes a field may have, 16 MiB */
    size_t columns; /* 65,535 */
    size_t record;  /* bytes a record may have, 1 GiB */
};
extern const struct wn_csv_limits wn_csv_limits_standard;

/* Open `path` (NULL or "-": standard input), scan it, read the header.
 * `delimiter` is one byte. Errors: WN_EIO; WN_EDATA for a file that is empty,
 * a header with an empty or repeated name, too many columns, and what the scan
 * finds malformed; all with file:line. */
struct wn_csv *wn_csv_open(const char *path, char delimiter,
                           const struct wn_csv_limits *limits,
                           struct wn_error *error) WN_MUST_CHECK;
void wn_csv_close(struct wn_csv *csv);

const char *wn_csv_name(const struct wn_csv *csv);
size_t wn_csv_columns(const struct wn_csv *csv);
const char *wn_csv_column(const struct wn_csv *csv, size_t column);
/* The column called `name`, or -1. */
long wn_csv_find(const struct wn_csv *csv, const char *name);

/* Data records (without the header), and per record: */
size_t wn_csv_rows(const struct wn_csv *csv);
const uint64_t *wn_csv_offset(const struct wn_csv *csv); /* rows+1 */
const uint64_t *wn_csv_line(const struct wn_csv *csv);   /* rows */
const uint64_t *wn_csv_hash(const struct wn_csv *csv);   /* rows */
uint64_t wn_csv_size(const struct wn_csv *csv);          /* bytes in all */
/* Digest of the whole file, 32 hexadecimal digits. */
const char *wn_csv_digest(const struct wn_csv *csv);

/* Called once per cell in order; text is valid during the call only and not
 * NUL-terminated. Return 0 to go on, -1 after wn_fail(). */
typedef int wn_csv_cell(void *context, size_t row, size_t column,
                        const char *text, size_t length,
                        struct wn_error *error);

/* Hand the cells of rows begin .. end-1 to `cell`. May run on several threads
 * over disjoint ranges of one wn_csv. A record with too few or too many fields
 * is WN_EDATA with file:line, both counts. */
int wn_csv_cells(const struct wn_csv *csv, size_t begin, size_t end,
                 wn_csv_cell *cell, void *context, struct wn_error *error)
    WN_MUST_CHECK;

#endif
