/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/copies.h: rows that are copies of one another.
 *
 * A model that saw a copy of a row knows the row's label, so copies must be
 * left out together, whatever their labels. Two kinds count:
 *   exact  equal features, bit for bit (-0 equals 0)
 *   near   rows i and j are each among the other's first c neighbours, and for
 *          both the distance to the next neighbour after c is more than
 *          1 / WN_COPIES_GAP times as long, for a c of at most WN_COPIES_MAX
 * A gap in the distances finds near copies also where every row has one, which
 * a threshold on the median distance cannot. */
#ifndef WN_LEARN_COPIES_H
#define WN_LEARN_COPIES_H

#include <stddef.h>
#include <stdint.h>

enum { WN_COPIES_MAX = 5 }; /* near copies of one row */
#define WN_COPIES_GAP 0.25

struct wn_copies {
    size_t exact; /* rows with the features of an earlier row */
    size_t near;  /* rows with a near copy that is not exact */
};

/* Merge the groups of copies.
 *   x         n x d, finite
 *   neighbor  n x m, nearest first, -1 = none; NULL: exact copies only
 *   distance  n x m, of `neighbor`
 *   group     in and out, n, 0..*groups-1; out: numbered by their first row
 *   groups    in and out, how many there are
 * Time O(n d + n log n + n m), memory O(n). */
void wn_copies_merge(const float *x, size_t n, size_t d,
                     const int32_t *neighbor, const float *distance, size_t m,
                     int32_t *group, size_t *groups, struct wn_copies *found);

#endif
