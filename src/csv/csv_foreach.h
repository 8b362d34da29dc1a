/* SPDX-License-Identifier: GPL-3.0-or-later */
/* csv/csv_foreach.h: go over all rows of a CSV file, several pieces at once.
 *
 * Rows are cut into pieces by their bytes alone. Threads take whole pieces;
 * what a piece gave is handed on in the order of the file. So neither results
 * nor the error that is reported depend on the number of threads. */
#ifndef WN_CSV_CSV_FOREACH_H
#define WN_CSV_CSV_FOREACH_H

#include <stddef.h>

#include "csv/csv.h"
#include "util/log.h"

enum { WN_PIECE_ROWS = 4096, WN_PIECE_BYTES = 1 << 20 };

struct wn_csv_foreach {
    const struct wn_csv *csv;
    int threads;
    size_t rows; /* most rows of a piece; one with more than WN_PIECE_BYTES
                    is a piece of its own */
    void *shared;
    /* What a thread needs of its own; it becomes the context of `row`. */
    void *(*start)(void *shared, struct wn_error *error);
    /* A piece begins, rows begin .. end-1. */
    void (*begin)(void *own, size_t begin, size_t end);
    wn_csv_row *row;
    /* The piece is read. Called in the order of the file, one at a time. */
    int (*finish)(void *shared, void *own, size_t begin, size_t end,
                  struct wn_error *error);
    void (*stop)(void *own); /* takes NULL */
    struct wn_log *talk;     /* for progress, or NULL */
    const char *what;
};

int wn_csv_foreach(const struct wn_csv_foreach *sweep,
                   struct wn_error *error) WN_MUST_CHECK;

#endif
