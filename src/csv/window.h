/* SPDX-License-Identifier: GPL-3.0-or-later */
/* csv/window.h: a part of a CSV file in memory, and the records in it.
 *
 * By pread(): a file that shrinks meanwhile is then an error and not a
 * signal. */
#ifndef WN_CSV_WINDOW_H
#define WN_CSV_WINDOW_H

#include "csv/scan.h"

/* {descriptor, name, size, step} begins; the window is then empty. */
struct wn_window {
    int descriptor;
    const char *name;
    uint64_t size; /* of the file */
    size_t step;   /* bytes read at once, at least */
    char *bytes;
    size_t room;
    uint64_t at; /* in the file, of bytes[0] */
    size_t length;
};

void wn_window_free(struct wn_window *window);

/* Have bytes at .. at+length-1, or up to the end of the file. */
int wn_window_load(struct wn_window *window, uint64_t at, size_t length,
                   struct wn_error *error) WN_MUST_CHECK;

/* Where the byte `at` of the file stands, if the window holds it. */
static inline const char *wn_window_find(const struct wn_window *window,
                                         uint64_t at)
{
    return at >= window->at && at - window->at < window->length
               ? window->bytes + (at - window->at)
               : NULL;
}

/* wn_scan_record() for the record at `at` < size, from the bytes at hand: 1,
 * -1, or 0 if they end too early. Scan from left to right with one `scan`. */
int wn_window_look(const struct wn_window *window, struct wn_scan *scan,
                   uint64_t at, uint64_t line, struct wn_record *record,
                   struct wn_error *error) WN_MUST_CHECK;
/* The same, but more is read where it is wanted: 1 or -1. */
int wn_window_scan(struct wn_window *window, struct wn_scan *scan, uint64_t at,
                   uint64_t line, struct wn_record *record,
                   struct wn_error *error) WN_MUST_CHECK;

/* *end = where the line goes on in which the byte `at` stands: behind its line
 * feed, or the end of the file. */
int wn_window_line_end(const struct wn_window *window, uint64_t at,
                       uint64_t *end, struct wn_error *error) WN_MUST_CHECK;

#endif
