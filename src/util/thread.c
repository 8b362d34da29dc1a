/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fixed row blocks and the thread count. */
#include "util/thread.h"

#include <omp.h>

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

int wn_threads(int asked)
{
    return asked > 0 ? asked : omp_get_num_procs();
}
