/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encode/scale.h: numbers of any magnitude -> one scale, robustly.
 *
 *   b(z) = z                                   where |z| <= 3
 *          sign(z) (3 + log(1 + |z| - 3))      beyond
 *   s = b((x - median) / (interquartile range / 1.349))
 *   feature = b((s - mean of s) / (standard deviation of s))
 *
 * A well-behaved column is standardised as usual. A typing error of 10^6
 * neither shrinks all other numbers to nothing nor dominates every distance,
 * and larger numbers stay larger. If the interquartile range is 0, the root
 * mean square about the median replaces it. The result is finite for all finite
 * x. */
#ifndef WN_ENCODE_SCALE_H
#define WN_ENCODE_SCALE_H

#include <math.h>
#include <stddef.h>

struct wn_scale {
    double center, per_spread;  /* of x / 2, so that no difference overflows */
    double mean, per_deviation; /* of s; 0 for a constant */
};

/* Sort value[count], count >= 1, ascending, -0 before 0; scratch[count]. The
 * time does not depend on the values, as that of quicksort does. */
void wn_sort_numbers(double *value, double *scratch, size_t count);

/* Fit to value[0..count), finite, and sort them. scratch[count]; count >= 1. */
void wn_scale_fit(struct wn_scale *scale, double *value, double *scratch,
                  size_t count);

/* b(z) where |z| > 3. */
double wn_scale_bend(double z);

/* The feature of x; 0 if the scale's per_deviation is 0. */
static inline float wn_scale_apply(const struct wn_scale *scale, double x)
{
    double z = (0.5 * x - scale->center) * scale->per_spread;

    if (fabs(z) > 3)
        z = wn_scale_bend(z);
    z = (z - scale->mean) * scale->per_deviation;
    if (fabs(z) > 3)
        z = wn_scale_bend(z);
    return (float)z;
}

#endif
