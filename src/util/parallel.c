/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pieces over threads, joined in order; see parallel.h. */
#include "util/parallel.h"

#include <stdatomic.h>
#include <stdbool.h>

/* One thread's share; `failed` holds the first error in order, `stopped` tells
 * that there is one. */
static void take_pieces(const struct wn_parallel *pieces, atomic_bool *stopped,
                        struct wn_error *failed)
{
    struct wn_error error = {0};
    void *own = pieces->start(pieces->shared, &error);

#pragma omp for ordered schedule(dynamic, 1)
    for (size_t p = 0; p < pieces->count; p++) {
        int status = own ? 0 : -1;

        if (status == 0 && !atomic_load(stopped))
            status = pieces->work(own, p, &error);
#pragma omp ordered
        if (!atomic_load(stopped)) {
            if (status == 0)
                status = pieces->join(pieces->shared, own, p, &error);
            if (status) {
                *failed = error;
                atomic_store(stopped, true);
            }
        }
    }
    pieces->stop(own);
}

int wn_parallel_ordered(const struct wn_parallel *pieces,
                        struct wn_error *error)
{
    struct wn_error failed = {0};
    atomic_bool stopped = false;

#pragma omp parallel num_threads(pieces->threads)
    take_pieces(pieces, &stopped, &failed);
    if (!atomic_load(&stopped))
        return 0;
    *error = failed;
    return -1;
}
