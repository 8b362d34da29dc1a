/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/folds.h: stratified folds for cross-validation. */
#ifndef WN_LEARN_FOLDS_H
#define WN_LEARN_FOLDS_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

/* Assign every row to a fold.
 *   label   n, 0..k-1, or -1: such rows are spread like a class of their own
 *   group   n, 0..groups-1, groups <= n: rows that share a fold; NULL: each row
 *           is its own group
 *   folds   2 .. the number of groups with rows
 *   seed    the same seed gives the same folds
 *   fold    out, n, 0..folds-1
 * Without groups the folds' counts of a class differ by at most one. Each class
 * starts at the fold after the last one that the previous class used, so
 * classes with fewer rows than folds do not crowd the first folds. Groups are
 * assigned in random order, largest first; each goes to the fold that holds the
 * least of its classes (a share of each class) plus its share of the rows.
 * Time O(n folds), memory O(n + folds k).
 * Errors: WN_EUSAGE (folds out of range). */
int wn_folds_assign(const int32_t *label, size_t n, size_t k,
                    const int32_t *group, size_t groups, size_t folds,
                    uint64_t seed, int32_t *fold,
                    struct wn_error *error) WN_MUST_CHECK;

#endif
