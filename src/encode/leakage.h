/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encode/leakage.h: how well one column alone predicts the label.
 *
 * Rows are binned by their cell: equal cells together, or numbers between
 * quantiles, at most WN_LEAKAGE_BINS bins and no more than the square root of
 * the rows; missing cells have a bin of their own. The rows are split into two
 * random halves, and the majority label of a bin in one half predicts the
 * labels of the bin in the other half. With `right` the share of right
 * predictions and `largest` the share of the largest class,
 *
 *   lift = (right - largest) / (1 - largest)
 *
 * is 1 for a column that gives the label away and about 0 for one that carries
 * no information. A column is suspicious if the lower end of the 90 % interval
 * of `right` (Wilson 1927) still has a lift of WN_LEAKAGE_SHARE. At most
 * WN_LEAKAGE_ROWS rows are tested. */
#ifndef WN_ENCODE_LEAKAGE_H
#define WN_ENCODE_LEAKAGE_H

#include <stddef.h>
#include <stdint.h>

enum { WN_LEAKAGE_BINS = 64, WN_LEAKAGE_ROWS = 16384 };
#define WN_LEAKAGE_SHARE 0.9

struct wn_leakage {
    double lift; /* may be below 0 by chance; NaN: unknown */
    double low;  /* lift of the interval's lower end */
};

struct wn_leakage_test; /* the labels of a sample of rows, and scratch */

/* label[m] of 0..k-1 must outlive it; m >= 1. */
struct wn_leakage_test *wn_leakage_new(const int32_t *label, size_t m,
                                       size_t k);
void wn_leakage_free(struct wn_leakage_test *test);

/* value[m], NaN if missing; sorted[count]: the numbers of these rows, or of
 * more rows, in order. */
struct wn_leakage wn_leakage_numbers(struct wn_leakage_test *test,
                                     const double *value, const double *sorted,
                                     size_t count);
/* digest[m] of cells, 0 if missing. */
struct wn_leakage wn_leakage_digests(struct wn_leakage_test *test,
                                     const uint64_t *digest);

#endif
