/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/parallel.h: fixed blocks of rows, the thread count, and pieces of work
 * whose results are joined in order. No result depends on the number of
 * threads. */
#ifndef WN_UTIL_PARALLEL_H
#define WN_UTIL_PARALLEL_H

#include <stddef.h>

#include "util/error.h"

/* Rows per block, whatever -j or --memory say. Threads take whole blocks;
 * partial sums are added in block order. */
enum { WN_BLOCK = 256 };

/* The number of blocks over n rows, and the rows of block b. */
size_t wn_block_count(size_t n);
size_t wn_block_begin(size_t b);
size_t wn_block_end(size_t b, size_t n);

/* The threads for -j: `requested`, or if that is 0 the processors that this
 * process may use. */
int wn_threads(int requested);

/* Threads take pieces as they become free. The results are joined one at a
 * time, piece 0 first, so neither they nor the reported error depend on the
 * number of threads. */
struct wn_parallel {
    int threads;
    size_t count;
    void *shared;
    void *(*start)(void *shared); /* makes a thread's workspace */
    /* Compute piece p: in any order, on any thread. 0 or -1. */
    int (*work)(void *workspace, size_t p, struct wn_error *error);
    /* Join piece p, after all pieces before it. 0 or -1. */
    int (*join)(void *shared, void *workspace, size_t p,
                struct wn_error *error);
    void (*stop)(void *workspace);
};

/* 0, or -1 with the error of the first piece that failed; no later piece has
 * been joined then. */
int wn_parallel_ordered(const struct wn_parallel *pieces,
                        struct wn_error *error) WN_MUST_CHECK;

#endif
