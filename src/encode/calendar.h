/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encode/calendar.h: a column of dates -> a few features.
 *
 *   when               the instant, on the scale of scale.h
 *   when:month-sin     the month on a circle, sin and cos of 2 pi m / 12
 *   when:month-cos
 *   when:weekday-sin   the day of the week, likewise
 *   when:weekday-cos
 *   when:day           the day of the month, -1 for the first, 1 for the 31st
 *   when:hour-sin      the time of the day, likewise
 *   when:hour-cos
 *
 * Parts that are the same in all cells are left out. Parts are read off the
 * clock that the cell shows; the instant takes its time zone into account.
 *
 * All cells of a column are read in one order of year, month and day: the order
 * in which most of them are dates. The order is ambiguous if as many cells are
 * dates with the day first as with the month first. */
#ifndef WN_ENCODE_CALENDAR_H
#define WN_ENCODE_CALENDAR_H

#include "csv/csv_foreach.h"
#include "encode/table.h"

enum wn_date_order wn_calendar_order(const struct wn_column *column);
bool wn_calendar_is_ambiguous(const struct wn_column *column);

/* Learn the features of all date columns: 1 and a visitor for one reading of
 * the file, then wn_calendar_fit_conclude(); 0 if there is no such column; -1
 * with WN_EDATA for a column declared to hold dates that has none, or has an
 * ambiguous order. wn_calendar_fit_free(*fit) in any case. */
struct wn_calendar_fit;
int wn_calendar_fit_new(struct wn_table *table, struct wn_calendar_fit **fit,
                        struct wn_csv_visitor *visitor,
                        struct wn_error *error) WN_MUST_CHECK;
void wn_calendar_fit_conclude(struct wn_calendar_fit *fit);
void wn_calendar_fit_free(struct wn_calendar_fit *fit);

/* The entries of kind.h. */
size_t wn_calendar_features(const struct wn_column *column);
void wn_calendar_name(const struct wn_column *column, size_t f,
                      struct wn_text *name);
int wn_calendar_encode(const struct wn_column *column,
                       const struct wn_cell *cell, struct wn_terms *terms,
                       float *out, struct wn_error *error);
void wn_calendar_unknown(const struct wn_column *column, float *out);

#endif
