/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/free_memory.h: how much memory this process can still get, so that work
 * that cannot fit is refused before it starts. */
#ifndef WN_UTIL_FREE_MEMORY_H
#define WN_UTIL_FREE_MEMORY_H

struct wn_free_memory {
    double bytes;     /* INFINITY if the system does not say */
    const char *what; /* the tightest limit: "this machine has" */
    int addresses;    /* it is on addresses, so files in the place of memory
                         would not help */
};

/* The smallest of
 *   MemAvailable of /proc/meminfo;
 *   what the control group and its ancestors (version 2, or the memory
 *   controller of version 1) leave of their limits, page cache counted as free;
 *   what `ulimit -v` leaves.
 * `root` is put before the paths of files: "" except in tests. */
struct wn_free_memory wn_free_memory_find(const char *root);

/* The anonymous memory of this process now, in bytes: RssAnon of
 * /proc/self/status. 0 if the system does not say. */
double wn_anonymous_memory(void);

#endif
