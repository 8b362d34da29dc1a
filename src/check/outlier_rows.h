/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check/outlier_rows.h: rows far from everything. */
#ifndef WN_CHECK_OUTLIER_ROWS_H
#define WN_CHECK_OUTLIER_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

/* Flag rows whose mean distance to their m neighbours is above the third
 * quartile by more than (1/threshold - 1) interquartile ranges; threshold 0
 * flags nothing.
 *   distance  n x m, m >= 1
 *   hit       out, n, comes zeroed
 *   cut       out, the mean distance above which a row is flagged
 * Compared with: cleanlab Datalab outlier, golden.json outlier_features. */
void wn_outliers(const float *distance, size_t n, size_t m, double threshold,
                 uint8_t *hit, double *cut);

#endif
