/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prog/prune/selection.h: which rows prune keeps, and in which order. Arrays
 * only. */
#ifndef WN_PROG_PRUNE_SELECTION_H
#define WN_PROG_PRUNE_SELECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

struct wn_selection {
    size_t n;
    uint8_t *removed; /* n: 1 = left out */
    size_t kept;      /* how many are not */
};

int wn_selection_new(struct wn_selection *selection, size_t n) WN_MUST_CHECK;
void wn_selection_free(struct wn_selection *selection);
void wn_selection_remove(struct wn_selection *selection, size_t row);

/* Of the rows still kept, keep those with the lowest score (the highest if
 * `highest`), ties to the lower row, so that at most round(fraction n) are
 * left. With `label` (n, 0..k-1 or -1; else NULL) the same is done for each
 * class by itself, rows without a label being one more class, and a class that
 * has a row keeps one unless fraction is 0. score: n, no NaN. */
int wn_selection_keep(struct wn_selection *selection, const float *score,
                      bool highest, double fraction, const int32_t *label,
                      size_t k) WN_MUST_CHECK;

/* The kept rows in ascending (or descending) order of score, ties to the lower
 * row; in their own order if score is NULL. order: selection->kept rows. */
int wn_selection_order(const struct wn_selection *selection, const float *score,
                       bool descending, size_t *order) WN_MUST_CHECK;

#endif
