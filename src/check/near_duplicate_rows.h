/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check/near_duplicate_rows.h: rows much closer to another row than is usual.
 */
#ifndef WN_CHECK_NEAR_DUPLICATE_ROWS_H
#define WN_CHECK_NEAR_DUPLICATE_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

/* Flag rows that have, or are, a neighbour at a distance strictly below
 * `radius` times the median distance to the nearest neighbour.
 *   index, distance  n x m neighbours, nearest first, m >= 1
 *   hit              out, n, comes zeroed
 * Compared with: cleanlab Datalab near_duplicate, golden.json near_duplicate,
 * near_duplicate_1d. */
void wn_bounds_duplicates(const int32_t *index, const float *distance, size_t n,
                          size_t m, double radius, uint8_t *hit);

/* *radius, in medians of the distance to the nearest neighbour, becomes a
 * distance. */
void wn_bounds_radius(const float *distance, size_t n, size_t m,
                      double *radius);

#endif
