/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Median, quartiles and a bend in the tails; see scale.h. */
#include "encode/scale.h"

#include <float.h>
#include <stdint.h>
#include <string.h>

/* Doubles as whole numbers in the same order. */
static uint64_t key_of(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

/* One byte of the keys at a time, the lowest first. No input makes this slow,
 * as some do quicksort. */
static void sort(double *value, double *spare, size_t count)
{
    for (int shift = 0; shift < 64; shift += 8) {
        size_t place[257] = {0};

        for (size_t i = 0; i < count; i++)
            place[(key_of(value[i]) >> shift & 255) + 1]++;
        for (int b = 0; b < 255; b++)
            place[b + 1] += place[b];
        for (size_t i = 0; i < count; i++)
            spare[place[key_of(value[i]) >> shift & 255]++] = value[i];
        memcpy(value, spare, count * sizeof *value);
    }
}

/* Half of the quantile p of ordered values, interpolated. */
static double half_quantile(const double *value, size_t count, double p)
{
    const double at = p * (double)(count - 1);
    const size_t below = (size_t)at;
    const size_t above = below + 1 < count ? below + 1 : below;
    const double part = at - (double)below;

    return 0.5 * value[below] * (1 - part) + 0.5 * value[above] * part;
}

/* Of half values about `center`; scaled, so that no square overflows. */
static double root_mean_square(const double *value, size_t count, double center)
{
    const double most = fmax(fabs(0.5 * value[0] - center),
                             fabs(0.5 * value[count - 1] - center));
    double sum = 0;

    if (!(most > 0))
        return 0;
    for (size_t i = 0; i < count; i++) {
        const double part = (0.5 * value[i] - center) / most;

        sum += part * part;
    }
    return most * sqrt(sum / (double)count);
}

double wn_scale_bend(double z)
{
    /* The quotient of finite numbers may be infinite. */
    return copysign(3 + log1p(fmin(fabs(z), DBL_MAX) - 3), z);
}

static double robust(const struct wn_scale *scale, double x)
{
    const double z = (0.5 * x - scale->center) * scale->per_spread;

    return fabs(z) > 3 ? wn_scale_bend(z) : z;
}

void wn_scale_fit(struct wn_scale *scale, double *value, double *spare,
                  size_t count)
{
    double spread, sum = 0, square = 0;

    sort(value, spare, count);
    *scale = (struct wn_scale){.center = half_quantile(value, count, 0.5)};
    spread = (half_quantile(value, count, 0.75) -
              half_quantile(value, count, 0.25)) /
             1.349;
    if (!(spread > 0))
        spread = root_mean_square(value, count, scale->center);
    /* Differences below 1e-300 are none. */
    if (!(spread > 1e-300))
        return;
    scale->per_spread = 1 / spread;
    for (size_t i = 0; i < count; i++)
        sum += robust(scale, value[i]);
    scale->mean = sum / (double)count;
    for (size_t i = 0; i < count; i++) {
        const double beside = robust(scale, value[i]) - scale->mean;

        square += beside * beside;
    }
    if (square > 0)
        scale->per_deviation = 1 / sqrt(square / (double)count);
}
