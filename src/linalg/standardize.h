/* SPDX-License-Identifier: GPL-3.0-or-later */
/* linalg/standardize.h: rows as models that measure distances see them.
 *
 * Each feature less its mean, divided by its standard deviation, cut at -3 and
 * 3: a rare large value, of a pixel at the edge or a count, would otherwise put
 * a row far from all others. */
#ifndef WN_LINALG_STANDARDIZE_H
#define WN_LINALG_STANDARDIZE_H

#include <stdbool.h>
#include <stddef.h>

#include "util/error.h"

struct wn_standardize {
    size_t d;
    float *mean, *scale; /* d each; scale 0 for a constant feature */
};

/* From n x d rows, finite. On failure (WN_ENOMEM) there is nothing to free. */
int wn_standardize_make(struct wn_standardize *standard, const float *x,
                        size_t n, size_t d) WN_MUST_CHECK;
void wn_standardize_free(struct wn_standardize *standard);

/* Whether the features' deviations differ by more than half. */
bool wn_standardize_uneven(const struct wn_standardize *standard);
/* All features by one number, the root of their mean variance, in place of
 * each by its own: of features in a common unit (categories as 0 and 1, the
 * terms of a text, an embedding) a rare one then counts less than a frequent
 * one. The rows' mean square stays, but for the cuts. */
void wn_standardize_join(struct wn_standardize *standard);

/* One row. */
void wn_standardize_row(const struct wn_standardize *standard, const float *x,
                        float *out);
/* The share of the rows' squared norm (standardised) that lies beyond the
 * cuts, over up to 4,096 rows. */
double wn_standardize_excess(const struct wn_standardize *standard,
                             const float *x, size_t n);

#endif
