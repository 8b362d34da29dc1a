/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/date.h: calendar dates in text.
 *
 *   date  = year-month-day            separated by "-", "/" or "."; year of
 *           day-month-year            four digits, the others of one or two
 *           month-day-year            not separated by "."
 *   time  = hh:mm[:ss[.fraction]]     after "T" or blanks
 *   zone  = Z / (+ or -)hh[[:]mm]
 *   cell  = date [time [zone]]        with blanks around it
 *
 * The calendar is the one of ISO 8601, years 1 to 9999. */
#ifndef WN_UTIL_DATE_H
#define WN_UTIL_DATE_H

#include <stdbool.h>
#include <stddef.h>

enum wn_date_order { WN_YEAR_FIRST, WN_DAY_FIRST, WN_MONTH_FIRST };
enum { WN_DATE_ORDERS = 3 };

struct wn_date {
    int year, month, day; /* as written */
    double second;        /* of the day */
    int offset;           /* minutes east of UTC; 0 if the cell has no zone */
};

/* One bit, 1 << order, for each order in which the text is a date. */
unsigned wn_date_orders(const char *text, size_t length);
/* Parse a date in that order into *date; false if it is none. */
bool wn_date_parse(const char *text, size_t length, enum wn_date_order order,
                   struct wn_date *date);

/* Seconds since 1970-01-01T00:00:00Z. */
double wn_date_instant(const struct wn_date *date);
/* 0 for Monday. */
int wn_date_weekday(const struct wn_date *date);
/* An instant as "2024-02-29" or "2024-02-29T23:59:01Z"; "nan" outside of
 * the years 1 to 9999. Returns the length. */
size_t wn_date_format(double instant, char out[32]);

#endif
