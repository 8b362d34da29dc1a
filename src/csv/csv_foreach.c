/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pieces of rows over threads, results in file order; see csv_foreach.h. */
#include "csv/csv_foreach.h"

#include <stdlib.h>

#include "util/memory.h"
#include "util/parallel.h"

/* Piece p holds rows bound[p] .. bound[p+1]-1. */
static size_t *csv_foreach_cut_rows(const struct wn_csv_foreach *sweep,
                                    size_t *pieces)
{
    const uint64_t *offset = wn_csv_offset(sweep->csv);
    const size_t rows = wn_csv_rows(sweep->csv);
    size_t *bound = NULL, room = 0, count = 0;

    for (size_t row = 0; row < rows; count++) {
        const size_t first = row++;

        while (row < rows && row - first < sweep->rows &&
               offset[row + 1] - offset[first] <= WN_PIECE_BYTES)
            row++;
        wn_grow(&bound, &room, count + 2, sizeof *bound);
        bound[count] = first;
        bound[count + 1] = row;
    }
    *pieces = count;
    return bound;
}

/* A sweep under way, and what a thread has of its own. */
struct all {
    const struct wn_csv_foreach *sweep;
    const size_t *bound;
    size_t pieces;
};
struct own {
    const struct all *all;
    struct wn_csv_reader *reader;
    void *context;
};

static void csv_foreach_stop(void *shared)
{
    struct own *own = shared;

    if (!own)
        return;
    own->all->sweep->stop(own->context);
    wn_csv_reader_free(own->reader);
    free(own);
}

static void *csv_foreach_start(void *shared, struct wn_error *error)
{
    const struct all *all = shared;
    struct own *own = wn_new(1, sizeof *own);

    own->all = all;
    own->reader = wn_csv_reader_new(all->sweep->csv);
    if (own->reader)
        own->context = all->sweep->start(all->sweep->shared, error);
    if (own->context)
        return own;
    csv_foreach_stop(own);
    return NULL;
}

static int csv_foreach_work(void *shared, size_t p, struct wn_error *error)
{
    const struct own *own = shared;
    const struct wn_csv_foreach *sweep = own->all->sweep;
    const size_t *bound = own->all->bound + p;

    sweep->begin(own->context, bound[0], bound[1]);
    return wn_csv_read(own->reader, bound[0], bound[1], sweep->row,
                       own->context, error);
}

static int csv_foreach_join(void *shared, void *one, size_t p,
                            struct wn_error *error)
{
    const struct all *all = shared;
    const struct own *own = one;

    if (all->sweep->finish(all->sweep->shared, own->context, all->bound[p],
                           all->bound[p + 1], error))
        return -1;
    wn_log_progress(all->sweep->talk, all->sweep->what, p, all->pieces);
    return 0;
}

int wn_csv_foreach(const struct wn_csv_foreach *sweep, struct wn_error *error)
{
    struct all all = {.sweep = sweep};
    size_t *bound = csv_foreach_cut_rows(sweep, &all.pieces);
    const struct wn_parallel pieces = {.threads = sweep->threads,
                                       .count = all.pieces,
                                       .shared = &all,
                                       .start = csv_foreach_start,
                                       .work = csv_foreach_work,
                                       .join = csv_foreach_join,
                                       .stop = csv_foreach_stop};

    if (!bound)
        return -1;
    all.bound = bound;
    wn_log_progress(sweep->talk, sweep->what, 0, all.pieces);
    const int status = wn_parallel_ordered(&pieces, error);
    wn_log_progress(sweep->talk, sweep->what, all.pieces, all.pieces);
    free(bound);
    return status;
}
