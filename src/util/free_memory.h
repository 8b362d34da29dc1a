/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/free_memory.h: how much memory is left for this process, so that work
 * that cannot fit is refused before it, not killed in it. */
#ifndef WN_UTIL_FREE_MEMORY_H
#define WN_UTIL_FREE_MEMORY_H

struct wn_free_memory {
    double bytes;     /* INFINITY where the system does not tell */
    const char *what; /* who has no more: "this machine has" */
    int addresses;    /* what is short are addresses, so that files would not
                         help that take the place of memory */
};

/* The least of
 *   what the system can give without swapping, MemAvailable of /proc/meminfo;
 *   what the control group and those it is in (version 2, or the one of memory
 *   of version 1) leave of their limits, page cache counted as left;
 *   what `ulimit -v` leaves.
 * `root` stands before the paths of files, "" but in tests. */
struct wn_free_memory wn_free_memory_find(const char *root);

/* The anonymous memory of this process now, bytes: RssAnon of
 * /proc/self/status. 0 where the system does not tell. */
double wn_anonymous_memory(void);

#endif
