/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blocks of rows, and pieces of work joined in order; see parallel.h. */
#include "util/parallel.h"

#include <omp.h>
#include <stdatomic.h>
#include <stdbool.h>

size_t wn_block_count(size_t n)
{
    return n / WN_BLOCK + (n % WN_BLOCK != 0);
}

size_t wn_block_begin(size_t b)
{
    return b * WN_BLOCK;
}

size_t wn_block_end(size_t b, size_t n)
{
    const size_t end = (b + 1) * WN_BLOCK;

    return end < n ? end : n;
}

int wn_threads(int requested)
{
    return requested > 0 ? requested : omp_get_num_procs();
}

int wn_parallel_ordered(const struct wn_parallel *pieces,
                        struct wn_error *error)
{
    struct wn_error failed = {0}; /* of the first piece that failed */
    atomic_bool stopped = false;

#pragma omp parallel num_threads(pieces->threads)
    {
        struct wn_error piece_error = {0};
        void *workspace = pieces->start(pieces->shared);

#pragma omp for ordered schedule(dynamic, 1)
        for (size_t p = 0; p < pieces->count; p++) {
            int status = 0;

            if (!atomic_load(&stopped))
                status = pieces->work(workspace, p, &piece_error);
#pragma omp ordered
            if (!atomic_load(&stopped)) {
                if (status == 0)
                    status = pieces->join(pieces->shared, workspace, p,
                                          &piece_error);
                if (status) {
                    failed = piece_error;
                    atomic_store(&stopped, true);
                }
            }
        }
        pieces->stop(workspace);
    }
    if (!atomic_load(&stopped))
        return 0;
    *error = failed;
    return -1;
}
