/* SPDX-License-Identifier: GPL-3.0-or-later */
/* linalg/standardize.h: standardised rows for models that measure distances.
 *
 * Each feature minus its mean, divided by its standard deviation and clipped to
 * -3 .. 3. Otherwise a rare large value, of a pixel at the edge or a count,
 * would put a row far from all others. */
#ifndef WN_LINALG_STANDARDIZE_H
#define WN_LINALG_STANDARDIZE_H

#include <stdbool.h>
#include <stddef.h>

struct wn_standardize {
    size_t d;
    float *mean, *scale; /* d each; scale 0 for a constant feature */
};

/* From n x d rows, finite. */
void wn_standardize_make(struct wn_standardize *standard, const float *x,
                         size_t n, size_t d);
void wn_standardize_free(struct wn_standardize *standard);

/* Whether the largest standard deviation is more than 1.5 times the smallest.
 */
bool wn_standardize_uneven(const struct wn_standardize *standard);
/* Scale all features by one number, the root of their mean variance, instead of
 * each by its own. Among features in a common unit (categories as 0 and 1, the
 * terms of a text, an embedding) a rare one then counts less than a frequent
 * one. The rows' mean square stays, except for clipping. */
void wn_standardize_join(struct wn_standardize *standard);

/* Standardise one row. */
void wn_standardize_row(const struct wn_standardize *standard, const float *x,
                        float *out);
/* The share of the rows' squared norm (standardised) that clipping removes,
 * over up to 4,096 rows. */
double wn_standardize_excess(const struct wn_standardize *standard,
                             const float *x, size_t n);

#endif
