/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pieces of rows over threads, results in file order; see csv_foreach.h. */
#include "csv/csv_foreach.h"

#include <stdlib.h>

#include "util/memory.h"
#include "util/parallel.h"

struct reading {
    const struct wn_csv_pass *pass;
    const struct wn_csv_visitor *visitors;
    size_t count;
    size_t *bound; /* piece p holds rows bound[p] .. bound[p+1]-1 */
    size_t pieces;
};

struct worker {
    const struct reading *reading;
    struct wn_csv_reader *reader;
    void *state[]; /* of each visitor */
};

static void csv_foreach_stop(void *own)
{
    struct worker *worker = own;

    for (size_t v = 0; v < worker->reading->count; v++)
        worker->reading->visitors[v].stop(worker->state[v]);
    wn_csv_reader_free(worker->reader);
    free(worker);
}

static void *csv_foreach_start(void *shared)
{
    const struct reading *reading = shared;
    struct worker *worker =
        wn_new(1, sizeof *worker + reading->count * sizeof *worker->state);

    worker->reading = reading;
    worker->reader = wn_csv_reader_new(reading->pass->csv);
    for (size_t v = 0; v < reading->count; v++)
        worker->state[v] =
            reading->visitors[v].start(reading->visitors[v].shared);
    return worker;
}

static int csv_foreach_show_row(void *context, size_t row,
                                const struct wn_cell *cells,
                                struct wn_error *error)
{
    const struct worker *worker = context;

    for (size_t v = 0; v < worker->reading->count; v++)
        if (worker->reading->visitors[v].row(worker->state[v], row, cells,
                                             error))
            return -1;
    return 0;
}

static int csv_foreach_work(void *own, size_t p, struct wn_error *error)
{
    struct worker *worker = own;
    const struct reading *reading = worker->reading;
    const size_t *bound = reading->bound + p;

    for (size_t v = 0; v < reading->count; v++)
        if (reading->visitors[v].begin)
            reading->visitors[v].begin(worker->state[v], bound[0], bound[1]);
    return wn_csv_read(worker->reader, bound[0], bound[1], csv_foreach_show_row,
                       worker, error);
}

static int csv_foreach_join(void *shared, void *own, size_t p,
                            struct wn_error *error)
{
    const struct reading *reading = shared;
    const struct worker *worker = own;

    for (size_t v = 0; v < reading->count; v++)
        if (reading->visitors[v].finish &&
            reading->visitors[v].finish(reading->visitors[v].shared,
                                        worker->state[v], reading->bound[p],
                                        reading->bound[p + 1], error))
            return -1;
    wn_log_progress(reading->pass->log, reading->pass->what, p,
                    reading->pieces);
    return 0;
}

int wn_csv_foreach(const struct wn_csv_pass *pass,
                   const struct wn_csv_visitor *visitors, size_t count,
                   struct wn_error *error)
{
    struct reading reading = {
        .pass = pass, .visitors = visitors, .count = count};
    const uint64_t *offset = pass->csv->offset;
    const size_t rows = pass->csv->rows;

    for (size_t row = 0, capacity = 0; row < rows; reading.pieces++) {
        const size_t first = row++;

        while (row < rows && row - first < pass->rows &&
               offset[row + 1] - offset[first] <= WN_PIECE_BYTES)
            row++;
        wn_grow(&reading.bound, &capacity, reading.pieces + 2,
                sizeof *reading.bound);
        reading.bound[reading.pieces] = first;
        reading.bound[reading.pieces + 1] = row;
    }
    const struct wn_parallel pieces = {.threads = pass->threads,
                                       .count = reading.pieces,
                                       .shared = &reading,
                                       .start = csv_foreach_start,
                                       .work = csv_foreach_work,
                                       .join = csv_foreach_join,
                                       .stop = csv_foreach_stop};
    wn_log_progress(pass->log, pass->what, 0, reading.pieces);
    const int status = wn_parallel_ordered(&pieces, error);
    wn_log_progress(pass->log, pass->what, reading.pieces, reading.pieces);
    free(reading.bound);
    return status;
}
