/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/thread.h: how work is cut, so that no result depends on threads. */
#ifndef WN_UTIL_THREAD_H
#define WN_UTIL_THREAD_H

#include <stddef.h>

/* Rows are cut into blocks of this many, whatever -j or --memory say. Threads
 * take whole blocks; partial sums are combined in block order. */
enum { WN_BLOCK = 256 };

/* The number of blocks over n rows, and the rows of block b. */
size_t wn_block_count(size_t n);
size_t wn_block_begin(size_t b);
size_t wn_block_end(size_t b, size_t n);

/* Threads for -j: `asked`, or the processors this process may use if 0. */
int wn_threads(int asked);

#endif
