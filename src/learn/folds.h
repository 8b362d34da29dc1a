/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/folds.h: stratified folds for cross-validation. */
#ifndef WN_LEARN_FOLDS_H
#define WN_LEARN_FOLDS_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

/* Give every row a fold, so that each class is spread evenly over the folds
 * and the folds differ in size by one row a class at most.
 *   label  n, 0..k-1, or -1: such rows are spread as a class of their own
 *   folds  2 .. n
 *   seed   the same seed, the same folds
 *   fold   out, n, 0..folds-1
 * Each class continues where the one before it stopped, so that classes with
 * fewer rows than folds do not all end up in the first ones.
 * Errors: WN_EUSAGE (folds out of range), WN_ENOMEM. */
int wn_folds_assign(const int32_t *label, size_t n, size_t k, size_t folds,
                    uint64_t seed, int32_t *fold,
                    struct wn_error *error) WN_MUST_CHECK;

/* The same for rows in groups that must stay together. Groups come in random
 * order, large ones first, and each goes to the fold that has least of its
 * classes (each class counted by its share of all) and of rows.
 *   group   n, 0..groups-1, groups <= n
 *   folds   2 .. the number of groups with rows
 * Time O(n folds), memory O(n + folds k).
 * Errors: WN_EUSAGE (folds out of range), WN_ENOMEM. */
int wn_folds_assign_groups(const int32_t *label, size_t n, size_t k,
                           const int32_t *group, size_t groups, size_t folds,
                           uint64_t seed, int32_t *fold,
                           struct wn_error *error) WN_MUST_CHECK;

#endif
