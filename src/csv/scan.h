/* SPDX-License-Identifier: GPL-3.0-or-later */
/* csv/scan.h: where a CSV record ends, and whether it is well-formed.
 *
 * Most records hold no quote: then the next line feed ends it, and memchr()
 * finds that at the speed of memory. Only a record with a quote, or with
 * something wrong, is walked byte by byte:
 *
 *   record  = field *(delimiter field) (LF / CR LF / end of file)
 *   field   = *plain / '"' *(any but '"' and NUL / '""') '"'
 *   plain   = any byte but delimiter, '"', CR, LF, NUL
 */
#ifndef WN_CSV_SCAN_H
#define WN_CSV_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "csv/csv.h"

struct wn_scan {
    const char *name; /* of the file, for messages */
    const struct wn_csv_form *form;
    char *const *column; /* names, NULL while the header is read */
    size_t columns;
    bool count; /* count the fields */
    /* The next of each byte at or behind the place scanned last; start a new
     * buffer with NULL. */
    const char *quote, *cr, *nul;
};

struct wn_record {
    size_t length;            /* bytes without the line end */
    size_t whole;             /* with it */
    size_t lines;             /* line feeds in it */
    size_t fields;            /* if scan->count, else undefined */
    enum wn_csv_break broken; /* of a malformed one; its length and lines go
                                 to where the field begins that is wrong */
};

/* The record that begins at `text`, on line `line`; bytes up to `end` are
 * there, and `last` tells that the file ends with them. text < end. Returns 1
 * and fills *record, 0 when more bytes are wanted, -1 with WN_EDATA and
 * record->broken when it is malformed or beyond a limit. */
int wn_scan_record(struct wn_scan *scan, const char *text, const char *end,
                   bool last, uint64_t line, struct wn_record *record,
                   struct wn_error *error) WN_MUST_CHECK;

#endif
