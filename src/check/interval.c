/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wilson's score interval; see interval.h. */
#include "check/interval.h"

#include <math.h>

static const double z90 = 1.6448536269514722;

void wn_noise_interval(const struct wn_noise *noise, double *low,
                       double *high)
{
    double sample = 0;

    for (size_t cell = 0; cell < noise->k * noise->k; cell++)
        sample += (double)noise->raw[cell];
    const double z2 = z90 * z90 / sample, p = noise->rate;
    const double middle = (p + z2 / 2) / (1 + z2);
    const double half = z90 / (1 + z2) *
                        sqrt(p * (1 - p) / sample + z2 / 4 / sample);

    *low = fmin(fmax(middle - half, 0), p);
    *high = fmax(fmin(middle + half, 1), p);
}
