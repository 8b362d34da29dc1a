/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise/percentile.h: order statistics. */
#ifndef WN_NOISE_PERCENTILE_H
#define WN_NOISE_PERCENTILE_H

#include <stddef.h>

/* Sort x[n], finite, rising. */
void wn_sort(double *x, size_t n);
/* The q-th percentile (0 .. 100) of sorted x[n], n >= 1, by linear
 * interpolation between neighbours; q = 50 is the median. */
double wn_percentile(const double *x, size_t n, double q);

#endif
