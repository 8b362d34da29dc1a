/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The estimator of O. Ertl, New cardinality estimation algorithms for
 * HyperLogLog sketches, 2017, algorithm 6; see sketch.h. */
#include "encode/sketch.h"

#include <math.h>

void wn_sketch_merge(uint8_t *into, const uint8_t *from, unsigned bits)
{
    for (size_t r = 0; r < (size_t)1 << bits; r++)
        into[r] = from[r] > into[r] ? from[r] : into[r];
}

/* x + sum over j >= 1 of x^(2^j) 2^(j-1): for the share of empty registers. */
static double sigma(double x)
{
    double sum = x, last, unit = 1;

    if (x == 1)
        return INFINITY;
    do {
        last = sum;
        x *= x;
        sum += x * unit;
        unit += unit;
    } while (sum > last);
    return sum;
}

/* (1 - x - sum over j >= 1 of (1 - x^(2^-j))^2 2^-j) / 3: for the share
 * of registers that are not full. */
static double tau(double x)
{
    double sum = 1 - x, last, unit = 1;

    if (x == 0 || x == 1)
        return 0;
    do {
        last = sum;
        x = sqrt(x);
        unit *= 0.5;
        sum -= (1 - x) * (1 - x) * unit;
    } while (sum < last);
    return sum / 3;
}

double wn_sketch_count(const uint8_t *registers, unsigned bits)
{
    const double m = (double)((size_t)1 << bits);
    const unsigned max = 64 - bits;
    uint32_t count[66] = {0};

    for (size_t r = 0; r < (size_t)1 << bits; r++)
        count[registers[r]]++;
    double sum = m * tau(1 - count[max + 1] / m);
    for (unsigned rank = max; rank >= 1; rank--)
        sum = 0.5 * (sum + count[rank]);
    sum += m * sigma(count[0] / m);
    return m * m / (2 * log(2) * sum);
}
