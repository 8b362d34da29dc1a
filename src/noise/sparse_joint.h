/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise/sparse_joint.h: where a matrix of given by true classes has cells.
 *
 * Of k k pairs of classes at most n are ever confused: at ten thousand classes
 * the others would take gigabytes. Values stand in arrays beside, one for each
 * cell, so that several matrices share the places. Row s of 3 x 3:
 *   1 2 .   begin     0 2 4 6
 *   . 4 5   column    0 1  1 2  0 2
 *   6 . 0   diagonal  0 2 5      (always there, even for a 0) */
#ifndef WN_NOISE_SPARSE_JOINT_H
#define WN_NOISE_SPARSE_JOINT_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

/* Up to this many classes an audit file holds matrices whole, beyond it only
 * the cells that are not 0. */
enum { WN_WHOLE_CLASSES = 1000 };

struct wn_sparse {
    size_t k, cells;
    size_t *begin;    /* k + 1: where each row begins */
    size_t *diagonal; /* k: the cell [c][c] */
    int32_t *column;  /* cells, rising within a row */
};

/* The diagonal and every pair (row[i], column[i]), i < n, with neither < 0.
 * On failure *sparse is empty. */
int wn_sparse_make(struct wn_sparse *sparse, size_t k, const int32_t *row,
                   const int32_t *column, size_t n) WN_MUST_CHECK;
void wn_sparse_free(struct wn_sparse *sparse);
/* The cell [row][column], which must be there. O(log). */
size_t wn_sparse_find(const struct wn_sparse *sparse, size_t row,
                      size_t column);

#endif
