/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/copies.h: rows that are copies of one another.
 *
 * A model that saw a copy of a row knows the row's label, so copies must be
 * left out together, whatever their labels. Three kinds count:
 *   exact     equal features, bit for bit (-0 equals 0)
 *   near      rows i and j are each among the other's first c neighbours, and
 *             for both the distance to the next neighbour after c is more than
 *             1 / WN_COPIES_GAP times as long, for a c of at most WN_COPIES_MAX
 *   jittered  the same with the gap below, by the ranks of the values, where no
 *             feature has more than 256 of them (pixels, counts): in standard
 *             deviations a step of a nearly constant feature is as long as the
 *             whole range of another, and hides such copies
 *
 * Near copies that are more than half of the rows of a class do not count: they
 * are a tight cluster, and without it nothing would know the class.
 *
 * In D dimensions a distance is by chance less than r times the next one with
 * probability r^D (Facco et al., Estimating the intrinsic dimension of datasets
 * by a minimal neighborhood information, 2017), so the gap of jittered copies
 * is WN_COPIES_STEPS or the r with probability WN_COPIES_CHANCE, if that is
 * less. D comes from neighbours 6 to 10 (Levina and Bickel 2005). The steps are
 * looked at where at least 2 % of 256 rows have such a gap.
 *
 * A gap in the distances finds near copies also where every row has one, which
 * a threshold on the median distance cannot. */
#ifndef WN_LEARN_COPIES_H
#define WN_LEARN_COPIES_H

#include <stddef.h>
#include <stdint.h>

#include "learn/sample.h"
#include "util/error.h"

enum { WN_COPIES_MAX = 5 }; /* near copies of one row */
#define WN_COPIES_GAP 0.25
#define WN_COPIES_STEPS 0.5
#define WN_COPIES_CHANCE 1e-4

struct wn_copies {
    size_t exact; /* rows with the features of an earlier row */
    size_t near;  /* rows with a near copy that is not exact */
};

/* Number groups in order of appearance and return how many there are; a row
 * without one is a group of its own.
 *   given   n, 0..groups-1 or -1; NULL: no row is in a group
 *   group   out, n */
size_t wn_groups_number(const int32_t *given, size_t groups, size_t n,
                        int32_t *group);

/* Merge the groups of copies.
 *   rows    x, and for near copies label, neighbor and distance; where threads
 *           is not 0, jittered copies are sought too, with probe and seed
 *   group   in and out, n, 0..*groups-1; out: numbered by their first row
 *   groups  in and out, how many there are
 * Time O(n d + n log n + n m), memory O(n + k); jittered copies take a graph
 * and n d more. Errors: those of wn_graph_find(). */
int wn_copies_merge(const struct wn_sample *rows, int32_t *group,
                    size_t *groups, struct wn_copies *found,
                    struct wn_error *error) WN_MUST_CHECK;

#endif
