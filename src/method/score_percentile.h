/* SPDX-License-Identifier: GPL-3.0-or-later */
/* method/score_percentile.h: percentiles by linear interpolation. */
#ifndef WN_METHOD_SCORE_PERCENTILE_H
#define WN_METHOD_SCORE_PERCENTILE_H

#include <stddef.h>

/* The q-th percentile, 0 .. 100, of value[n], n >= 1, which is sorted on the
 * way: that at position q / 100 (n - 1), between two values a mean of them.
 * Compared with numpy.percentile. */
double wn_method_percentile(double *value, size_t n, double q);

#endif
