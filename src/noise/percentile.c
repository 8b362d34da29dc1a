/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Percentiles as numpy's; see percentile.h. */
#include "noise/percentile.h"

#include <math.h>
#include <stdlib.h>

static int percentile_compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

void wn_sort(double *x, size_t n)
{
    qsort(x, n, sizeof *x, percentile_compare);
}

double wn_percentile(const double *x, size_t n, double q)
{
    const double place = q / 100 * (double)(n - 1);
    const size_t at = (size_t)floor(place);

    return at + 1 < n ? x[at] + (place - (double)at) * (x[at + 1] - x[at])
                      : x[n - 1];
}
