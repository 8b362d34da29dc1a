/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encode/leakage.h: how well one column alone tells the label.
 *
 * Rows are put in bins by their cell: equal cells together, or numbers between
 * quantiles, at most WN_LEAKAGE_BINS of them and no more than the square root
 * of the rows; missing cells are a bin of their own. The rows fall in two
 * halves by chance; each half is told the label that most rows of its bin have
 * in the other half. Of the share that is right and that of the largest class
 *
 *   lift = (right - largest) / (1 - largest)
 *
 * is 1 for a column that gives the label away and about 0 for one that says
 * nothing; WN_LEAKAGE_ROWS rows are enough to know. A column is suspicious
 * where the lower end of the 90 % interval of Wilson 1927 of the share that is
 * right still has a lift of WN_LEAKAGE_SHARE. */
#ifndef WN_ENCODE_LEAKAGE_H
#define WN_ENCODE_LEAKAGE_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

enum { WN_LEAKAGE_BINS = 64, WN_LEAKAGE_ROWS = 16384 };
#define WN_LEAKAGE_SHARE 0.9

struct wn_leakage {
    double lift; /* below 0 where chance had it so; NaN: not known */
    double low;  /* lift of the lower end */
};

struct wn_leakage_limits; /* labels of a sample of rows, and room to work */

/* label[m] of 0..k-1 must outlive it; m >= 1. */
struct wn_leakage_limits *wn_leakage_new(const int32_t *label, size_t m,
                                         size_t k) WN_MUST_CHECK;
void wn_leakage_free(struct wn_leakage_limits *room);

/* value[m], NaN where missing, and `count` numbers in order, which are those
 * or of more rows. */
struct wn_leakage wn_leakage_numbers(struct wn_leakage_limits *room,
                                     const double *value, const double *sorted,
                                     size_t count);
/* mark[m]: digests of cells, 0 where missing. */
struct wn_leakage wn_leakage_marks(struct wn_leakage_limits *room,
                                   const uint64_t *mark);

#endif
