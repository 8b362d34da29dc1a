/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pieces of rows over threads, results in file order; see sweep.h. */
#include "encode/sweep.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "util/memory.h"

/* Piece p holds rows bound[p] .. bound[p+1]-1. */
static size_t *cut_rows(const struct wn_sweep *sweep, size_t *pieces,
                        struct wn_error *error)
{
    const uint64_t *offset = wn_csv_offset(sweep->csv);
    const size_t rows = wn_csv_rows(sweep->csv);
    size_t *bound = NULL, room = 0, count = 0;

    for (size_t row = 0; row < rows; count++) {
        const size_t first = row++;

        while (row < rows && row - first < sweep->rows &&
               offset[row + 1] - offset[first] <= WN_PIECE_BYTES)
            row++;
        if (wn_grow(&bound, &room, count + 2, sizeof *bound, error)) {
            free(bound);
            return NULL;
        }
        bound[count] = first;
        bound[count + 1] = row;
    }
    *pieces = count;
    return bound;
}

/* One thread's piece of the work; `failed` holds the first error in the order
 * of the file, `stopped` tells that there is one. */
static void take_piece(const struct wn_sweep *sweep, const size_t *bound,
                       size_t pieces, atomic_bool *stopped,
                       struct wn_error *failed)
{
    struct wn_error error = {0};
    struct wn_csv_reader *reader = wn_csv_reader_new(sweep->csv, &error);
    void *own = reader ? sweep->start(sweep->shared, &error) : NULL;

#pragma omp for ordered schedule(dynamic, 1)
    for (size_t p = 0; p < pieces; p++) {
        int status = own ? 0 : -1;

        if (status == 0 && !atomic_load(stopped)) {
            sweep->begin(own, bound[p], bound[p + 1]);
            status = wn_csv_read(reader, bound[p], bound[p + 1], sweep->row,
                                 own, &error);
        }
#pragma omp ordered
        if (!atomic_load(stopped)) {
            if (status == 0)
                status = sweep->finish(sweep->shared, own, bound[p],
                                       bound[p + 1], &error);
            if (status) {
                *failed = error;
                atomic_store(stopped, true);
            }
            wn_talk_progress(sweep->talk, sweep->what, p, pieces);
        }
    }
    sweep->stop(own);
    wn_csv_reader_free(reader);
}

int wn_sweep(const struct wn_sweep *sweep, struct wn_error *error)
{
    struct wn_error failed = {0};
    atomic_bool stopped = false;
    size_t pieces;
    size_t *bound = cut_rows(sweep, &pieces, error);

    if (!bound)
        return -1;
    wn_talk_progress(sweep->talk, sweep->what, 0, pieces);
#pragma omp parallel num_threads(sweep->threads)
    take_piece(sweep, bound, pieces, &stopped, &failed);
    wn_talk_progress(sweep->talk, sweep->what, pieces, pieces);
    free(bound);
    if (!atomic_load(&stopped))
        return 0;
    *error = failed;
    return -1;
}
