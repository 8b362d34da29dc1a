/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report/history.h: one line for every audit of a dataset.
 *
 * A history is a CSV file: a first line of names, then a line for each night,
 * by ascending number. A line that is torn, out of order or otherwise no night
 * is passed over, so that no damage needs a hand. */
#ifndef WN_REPORT_HISTORY_H
#define WN_REPORT_HISTORY_H

#include "report/report.h"
#include "util/hash.h"

enum {
    WN_MAX_NIGHTS = 1000,     /* the last ones that are kept in memory */
    WN_HISTORY_TAIL = 1 << 18 /* bytes at the end that are read */
};

/* Unknown numbers are NaN; unknown texts "". */
struct wn_night {
    double number; /* 1, 2, ...: the order, whatever the clock */
    double when;   /* the audit began, seconds since 1970 */
    double rows;
    double rate, low, high; /* share of wrong labels, 90 % interval */
    double flagged;         /* rows with a label issue */
    double fresh, gone;     /* flags since the night before */
    double decided;         /* rows that people judged */
    double drifted;         /* columns that drifted since that night */
    double psi;             /* the largest index of population stability */
    double schema;          /* changes of columns and classes */
    double seconds;         /* the audit took */
    char version[24];       /* of flag */
    char options[WN_DIGEST_TEXT]; /* digest of the options of all stages */
};

struct wn_nights {
    size_t count, skipped;  /* kept, and lines that are no night */
    struct wn_night *night; /* the last WN_MAX_NIGHTS, oldest first */
    uint64_t head;          /* bytes of the file before its tail */
    struct wn_text text;    /* the tail, without the skipped lines */
};

/* Read the nights of the last WN_HISTORY_TAIL bytes, about a thousand, with
 * numbers below `before` (0: all): time and memory do not grow with the nights.
 * An empty file is an empty history; WN_EDATA for a first line that is none of
 * ours. Call wn_nights_free() after a failure, too. */
int wn_nights_load(struct wn_nights *history, const char *file, double before,
                   struct wn_error *error) WN_MUST_CHECK;
void wn_nights_free(struct wn_nights *history);

/* What there is to write down of a flagged audit. `number` and `when` are the
 * caller's, so are `seconds`. */
void wn_night_describe(const struct wn_report *report, struct wn_night *night);

/* Add a night, with the line of names before the first. */
void wn_nights_add(struct wn_nights *history, const struct wn_night *night);

/* Write the history that was read from `file`, with what was added, to `path`,
 * which is whole or absent. */
int wn_nights_write(const struct wn_nights *history, const char *file,
                    const char *path, struct wn_error *error) WN_MUST_CHECK;

#endif
