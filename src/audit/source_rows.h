/* SPDX-License-Identifier: GPL-3.0-or-later */
/* audit/source_rows.h: the cells of single rows of the audited file, for
 * programs that show them.
 *
 *   CSV     the columns of the file; a cell without its quotes, as the file has
 *           it, whatever cleaning rules made of it
 *   JSON Lines  the same, columns named by their keys
 *   libsvm  `label`, and all other features of the row as one text
 *   HDF5    the audited datasets: /label, /x#0, /x#1, ...; numbers as text
 *   npy     the same of the file with the features
 *
 * Cells are the bytes of a stranger: they go to a terminal through
 * wn_text_add_visible() alone. A row is shown only as it was audited: a CSV or
 * libsvm record is compared with its hash, a file of arrays with its digest.
 * Where cells cannot be had the caller goes on without them and can say why. */
#ifndef WN_AUDIT_SOURCE_ROWS_H
#define WN_AUDIT_SOURCE_ROWS_H

#include "array/hdf5.h"
#include "audit/dataset.h"
#include "audit/source.h"
#include "csv/csv.h"
#include "util/text.h"

struct wn_source_rows; /* an open source */

/* Open the source of `dataset` (with WN_PART_ROW and WN_PART_COLUMN) as
 * wn_source_open() does. Never fails: see wn_source_rows_reason(). The dataset
 * and the audit must outlive it. */
struct wn_source_rows *wn_source_rows_open(const struct wn_dataset *dataset,
                                           const struct wn_audit *audit,
                                           const struct wn_source_where *where)
    __attribute__((returns_nonnull));
void wn_source_rows_close(struct wn_source_rows *rows);
/* Why the last row, or all rows, could not be had, in plain words and visible
 * bytes; NULL if all went well so far. */
const char *wn_source_rows_reason(const struct wn_source_rows *rows);

/* The columns; 0 where no cells can be had. */
size_t wn_source_rows_columns(const struct wn_source_rows *rows);
const char *wn_source_rows_column(const struct wn_source_rows *rows,
                                  size_t column);
/* What ingest made of it: "numeric", "text", "label" ...; "" if unknown. */
const char *wn_source_rows_kind(const struct wn_source_rows *rows,
                                size_t column);

/* Read these rows at once, as many as fit into some MiB. Returns how many it
 * read, from the first on. Without it, each row of an HDF5 or npy file costs a
 * reading of its own; CSV and libsvm do not need it. Repeated rows are fine. */
size_t wn_source_rows_fetch(struct wn_source_rows *rows, const int64_t *row,
                            size_t count);

/* The cells of one row; {0} is empty. */
struct wn_row_cells {
    struct wn_cell *cell; /* count; NULL where the row cannot be had */
    size_t count, capacity;
    struct wn_text bytes;
};

/* Fill *cells, which a later call may fill again. False, with count 0, where
 * the row cannot be had. */
bool wn_source_rows_read(struct wn_source_rows *rows, size_t row,
                         struct wn_row_cells *cells);
void wn_row_cells_free(struct wn_row_cells *cells);

/* The audited datasets of an HDF5 file, from the attribute `arrays` of /data,
 * and where the audited rows are in them. */
struct wn_source_arrays {
    char *text; /* lines "role /path", cut at their ends */
    const char *role[WN_HDF5_MAX], *path[WN_HDF5_MAX];
    size_t count;
    uint32_t whole; /* bit i: path[i] is a list, without a row for each row */
    size_t label;   /* the path of the label */
    const char *names; /* that of the list of names, or NULL */
    size_t rows;       /* of the source */
};

/* Read *arrays, and check that the audit says which rows of the source it has:
 * dataset->row_line, ascending and below arrays->rows. wn_source_arrays_free()
 * in any case. */
int wn_source_arrays_read(const struct wn_dataset *dataset,
                          const struct wn_audit *audit,
                          struct wn_source_arrays *arrays,
                          struct wn_error *error) WN_MUST_CHECK;
void wn_source_arrays_free(struct wn_source_arrays *arrays);

#endif
