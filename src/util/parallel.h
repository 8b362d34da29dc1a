/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/parallel.h: work that is cut into pieces, done side by side and put
 * together in order.
 *
 * Threads take pieces as they become free. What a piece gave is joined to the
 * pieces before it, one at a time, piece 0 first; so neither results nor the
 * error that is reported depend on the number of threads. */
#ifndef WN_UTIL_PARALLEL_H
#define WN_UTIL_PARALLEL_H

#include <stddef.h>

#include "util/error.h"

struct wn_parallel {
    int threads;
    size_t count;
    void *shared;
    /* What a thread needs of its own; NULL with *error set if it cannot. */
    void *(*start)(void *shared, struct wn_error *error);
    /* Piece p: at any time, by any thread. 0 or -1. */
    int (*work)(void *own, size_t p, struct wn_error *error);
    /* Then, when all pieces before p have been joined. 0 or -1. */
    int (*join)(void *shared, void *own, size_t p, struct wn_error *error);
    void (*stop)(void *own); /* takes NULL */
};

/* 0, or -1 with the error of the first piece that failed; no piece behind it
 * has been joined then. */
int wn_parallel_ordered(const struct wn_parallel *pieces,
                        struct wn_error *error) WN_MUST_CHECK;

#endif
