/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encode/rescale.h: one scale for the features of an array.
 *
 *   none     unchanged
 *   even     minus the mean of each feature, divided by one number: the root
 *            mean square over all features. Distances keep their proportions,
 *            which suits embeddings and pixels.
 *   robust   each feature by scale.h, as the columns of a table; a constant
 *            feature becomes 0
 *   auto     robust if there are three or more features and one of them has
 *            more than half of all variance, as in raw measurements; else even
 *
 * Fitted on wn_sample_rows() rows at equal distances. */
#ifndef WN_ENCODE_RESCALE_H
#define WN_ENCODE_RESCALE_H

#include "array/array.h"
#include "encode/scale.h"

enum wn_rescale_how {
    WN_RESCALE_NONE,
    WN_RESCALE_EVEN,
    WN_RESCALE_ROBUST,
    WN_RESCALE_AUTO
};
extern const char wn_rescale_choices[]; /* "none|...", in that order */

struct wn_rescale {
    enum wn_rescale_how how; /* never auto after the fit */
    size_t d;
    struct wn_scale *scale; /* d, robust */
    double *mean;           /* d, even */
    double factor;          /* even */
};

/* Fit to rows keep[0..n) of an array of numbers; keep = NULL: all of its n
 * rows. WN_EDATA with row and column for a number that is not finite or beyond
 * float. */
int wn_rescale_fit(struct wn_rescale *rescale, enum wn_rescale_how how,
                   const struct wn_array *array, const uint64_t *keep, size_t n,
                   struct wn_error *error) WN_MUST_CHECK;
void wn_rescale_free(struct wn_rescale *rescale);

/* Rescale one row of d numbers, row `row` of the array. Errors as above. */
int wn_rescale_row(const struct wn_rescale *rescale,
                   const struct wn_array *array, size_t row, const double *in,
                   float *out, struct wn_error *error) WN_MUST_CHECK;

/* WN_EDATA "x.npy: WHERE row 7, column 3: ..." for a number beyond float;
 * returns -1. */
int wn_rescale_fail(const struct wn_array *array, const char *where, size_t row,
                    size_t column, double value,
                    struct wn_error *error) WN_MUST_CHECK;

#endif
