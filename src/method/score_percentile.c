/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Percentiles; see score_percentile.h. */
#include "method/score_percentile.h"

#include <stdlib.h>

static int score_percentile_ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double wn_method_percentile(double *value, size_t n, double q)
{
    qsort(value, n, sizeof *value, score_percentile_ascending);
    const double at = q / 100 * (double)(n - 1);
    const size_t low = (size_t)at;
    const size_t high = low + 1 < n ? low + 1 : low;

    return value[low] + (at - (double)low) * (value[high] - value[low]);
}
