/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report/shown.h: which cells of a row a report shows, and how far each is from
 * the cells of other rows.
 *
 * The columns of --show, in their order; without --show the text column and the
 * up to WN_SHOWN columns that differ most from the row's neighbours of the
 * suggested class (of the most probable other class where none is suggested; of
 * all neighbours where none has it). Columns of identifiers, of the label and
 * of roles never differ. Of arrays with more than 100 features a row shows
 * nothing without --show.
 *
 * A number differs by its distance from the median of those neighbours, in
 * units of the column's spread: the mean distance from the median over
 * WN_SHOWN_SAMPLE rows taken evenly from the whole source, times sqrt(pi / 2),
 * which is the standard deviation where numbers are normal. Dates are numbers
 * of seconds. Any other cell differs by the share of those neighbours that have
 * other bytes there: from 0 to 1. */
#ifndef WN_REPORT_SHOWN_H
#define WN_REPORT_SHOWN_H

#include "audit/source_rows.h"
#include "report/report.h"

enum { WN_SHOWN = 4, WN_SHOWN_SAMPLE = 200 };

struct wn_shown; /* an open source, and the choice of columns */

/* How to open one. */
struct wn_shown_request {
    struct wn_source_where where;
    const char *pattern; /* --show, or NULL */
    const char *option;  /* what to call it in messages; NULL: show */
};

/* Open the source of the report's audit. NULL, WN_EUSAGE if the pattern is none
 * or matches no column; a source that cannot be had is no failure. The report
 * and the audit must outlive it. */
struct wn_shown *wn_shown_open(const struct wn_report *report,
                               const struct wn_audit *audit,
                               const struct wn_shown_request *request,
                               struct wn_error *error) WN_MUST_CHECK;
void wn_shown_close(struct wn_shown *shown);

/* Why some or all cells are missing, in plain words; NULL if none are. */
const char *wn_shown_reason(const struct wn_shown *shown);
/* The columns of --show, ascending; 0 without --show or without a source. They
 * are the same for every row. */
size_t wn_shown_columns(const struct wn_shown *shown, const size_t **column);
const char *wn_shown_name(const struct wn_shown *shown, size_t column);
/* What ingest made of it, "" if that is unknown; whether that is text. */
const char *wn_shown_kind(const struct wn_shown *shown, size_t column);
bool wn_shown_is_text(const struct wn_shown *shown, size_t column);

/* The nearest rows of a row, nearest first, until the next call of any function
 * here; their number, 0 without a graph. */
size_t wn_shown_neighbors(struct wn_shown *shown, size_t row,
                          const int32_t **neighbor);
/* The `wanted` columns that a row has as a picture: those of --show, or without
 * it all features; NULL if they are not so many, *found of them. For free(). */
size_t *wn_shown_pixels(const struct wn_shown *shown, size_t wanted,
                        size_t *found);
/* Parse the SHAPE of --image, ROWSxCOLUMNS or ROWSxCOLUMNSx3; WN_EUSAGE. */
int wn_image_parse(const char *text, struct wn_image_shape *image,
                   struct wn_error *error) WN_MUST_CHECK;
/* WN_EUSAGE if report->shown has not as many columns of pixels as report->image
 * wants. Nothing to check is no failure. */
int wn_shown_check_image(const struct wn_report *report,
                         struct wn_error *error) WN_MUST_CHECK;
/* A cell as a number, NaN if it is none. */
double wn_shown_number(const struct wn_shown *shown, size_t column,
                       const struct wn_cell *cell);

/* The numbers of a column, or dates in seconds, in WN_SHOWN_SAMPLE rows taken
 * evenly, ascending; how many there are. */
size_t wn_shown_sample(struct wn_shown *shown, size_t column,
                       const double **value);

/* Tell which rows come next: reading rows of an HDF5 file one by one is slow.
 * Returns how many of them, from the first on, need not be told again. */
size_t wn_shown_fetch(struct wn_shown *shown, const int64_t *row, size_t count);
/* The same where their nearest rows are read, too: wn_shown_choose() does, and
 * so does a table that compares a row with its neighbours. */
void wn_shown_fetch_near(struct wn_shown *shown, const int64_t *row,
                         size_t count);

/* The cells of a row, all columns; false if they cannot be had. */
bool wn_shown_read(struct wn_shown *shown, size_t row,
                   struct wn_row_cells *cells);
/* Choose *count columns to show of a row that has these cells, for free(). With
 * --show they are in its order, else those that differ most come first. */
size_t *wn_shown_choose(struct wn_shown *shown, size_t row,
                        const struct wn_row_cells *cells, size_t *count);
/* Whether two cells of a column are far from each other: numbers by one spread
 * or more, other cells if their bytes are not the same. */
bool wn_shown_differ(struct wn_shown *shown, size_t column,
                     const struct wn_cell *one, const struct wn_cell *two);

#endif
