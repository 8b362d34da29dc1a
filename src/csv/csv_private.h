/* SPDX-License-Identifier: GPL-3.0-or-later */
/* csv/csv_private.h: what an open CSV file is made of. Private to csv.c,
 * csv_header.c and csv_reader.c. */
#ifndef WN_CSV_CSV_PRIVATE_H
#define WN_CSV_CSV_PRIVATE_H

#include <sys/stat.h>

#include "csv/csv.h"
#include "csv/cell_override.h"
#include "csv/record_index.h"
#include "csv/scan.h"

struct wn_csv {
    struct wn_csv_form form;
    char *name;
    struct stat opened;
    struct wn_window file;                          /* its beginning */
    uint64_t header_begin, header_end, header_line; /* empty: none */
    size_t unnamed; /* columns whose name there is empty */
    char **column;
    size_t columns;
    struct wn_index index;
    const struct wn_overrides *fixes; /* laid over the cells, or NULL */
};

/* csv_header.c: the columns out of the first record, at `text`, which is no
 * longer than it says. WN_EDATA as of wn_csv_open(). */
int wn_csv_read_header(struct wn_csv *csv, const char *text,
                       const struct wn_record *record,
                       struct wn_error *error) WN_MUST_CHECK;

/* csv_reader.c: a reader with room for so many cells, and one record taken
 * apart: *count may exceed the room, then the cells beyond are missing. */
struct wn_csv_reader *wn_csv_reader_sized(const struct wn_csv *csv,
                                          size_t room) WN_MUST_CHECK;
int wn_csv_take_apart(struct wn_csv_reader *reader, const char *text,
                      size_t length, const struct wn_cell **cells,
                      size_t *count, struct wn_error *error) WN_MUST_CHECK;

#endif
