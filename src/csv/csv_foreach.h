/* SPDX-License-Identifier: GPL-3.0-or-later */
/* csv/csv_foreach.h: one reading of all rows of a CSV file for any number of
 * visitors.
 *
 * Rows are cut into pieces by their bytes alone. A thread takes a whole piece
 * and shows every row to each visitor in turn; the results of pieces are merged
 * in file order. So neither results nor the reported error depend on the number
 * of threads. */
#ifndef WN_CSV_CSV_FOREACH_H
#define WN_CSV_CSV_FOREACH_H

#include <stddef.h>

#include "csv/csv.h"
#include "util/log.h"

enum { WN_PIECE_ROWS = 4096, WN_PIECE_BYTES = 1 << 20 };

/* Whoever wants to see the cells. `state` belongs to one thread. */
struct wn_csv_visitor {
    void *shared;
    void *(*start)(void *shared); /* a new state */
    /* The piece of rows begin .. end-1 begins; or NULL. */
    void (*begin)(void *state, size_t begin, size_t end);
    wn_csv_row *row; /* its context is the state */
    /* The piece has been read. Called in file order, one piece at a time; or
     * NULL. */
    int (*finish)(void *shared, void *state, size_t begin, size_t end,
                  struct wn_error *error);
    void (*stop)(void *state); /* free it */
};

struct wn_csv_pass {
    const struct wn_csv *csv;
    int threads;
    size_t rows; /* maximum of a piece; a row longer than WN_PIECE_BYTES is a
                    piece of its own */
    struct wn_log *log; /* for progress, or NULL */
    const char *what;   /* "reading" */
};

int wn_csv_foreach(const struct wn_csv_pass *pass,
                   const struct wn_csv_visitor *visitors, size_t count,
                   struct wn_error *error) WN_MUST_CHECK;

#endif
