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

/* Radix sort by one byte of the keys at a time, the lowest first. A byte that
 * all keys share needs no pass. */
void wn_sort_numbers(double *value, double *scratch, size_t count)
{
    enum { BYTES = 8, VALUES = 256 };
    size_t place[BYTES][VALUES + 1] = {0};
    double *from = value, *to = scratch;

    for (size_t i = 0; i < count; i++)
        for (int b = 0; b < BYTES; b++)
            place[b][(key_of(value[i]) >> 8 * b & 255) + 1]++;
    for (int b = 0; b < BYTES; b++) {
        if (place[b][(key_of(value[0]) >> 8 * b & 255) + 1] == count)
            continue;
        for (int v = 0; v < VALUES; v++)
            place[b][v + 1] += place[b][v];
        for (size_t i = 0; i < count; i++)
            to[place[b][key_of(from[i]) >> 8 * b & 255]++] = from[i];
        double *swapped = from;
        from = to;
        to = swapped;
    }
    if (from != value)
        memcpy(value, from, count * sizeof *value);
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

double wn_scale_bend(double z)
{
    /* The quotient of finite numbers may be infinite. */
    return copysign(3 + log1p(fmin(fabs(z), DBL_MAX) - 3), z);
}

static double robust_score(const struct wn_scale *scale, double x)
{
    const double z = (0.5 * x - scale->center) * scale->per_spread;

    return fabs(z) > 3 ? wn_scale_bend(z) : z;
}

void wn_scale_fit(struct wn_scale *scale, double *value, double *scratch,
                  size_t count)
{
    double spread, sum = 0, square = 0;

    wn_sort_numbers(value, scratch, count);
    *scale = (struct wn_scale){.center = half_quantile(value, count, 0.5)};
    spread = (half_quantile(value, count, 0.75) -
              half_quantile(value, count, 0.25)) /
             1.349;
    if (!(spread > 0)) {
        /* The root mean square about the median, as multiples of the maximum so
         * that no square overflows. */
        const double center = scale->center;
        const double max = fmax(fabs(0.5 * value[0] - center),
                                fabs(0.5 * value[count - 1] - center));
        double total = 0;

        for (size_t i = 0; max > 0 && i < count; i++) {
            const double part = (0.5 * value[i] - center) / max;

            total += part * part;
        }
        spread = max * sqrt(total / (double)count);
    }
    /* A spread below 1e-300 counts as 0. */
    if (!(spread > 1e-300))
        return;
    scale->per_spread = 1 / spread;
    for (size_t i = 0; i < count; i++)
        sum += robust_score(scale, value[i]);
    scale->mean = sum / (double)count;
    for (size_t i = 0; i < count; i++) {
        const double beside = robust_score(scale, value[i]) - scale->mean;

        square += beside * beside;
    }
    if (square > 0)
        scale->per_deviation = 1 / sqrt(square / (double)count);
}
