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

double wn_sketch_count(const uint8_t *registers, unsigned bits)
{
    const double m = (double)((size_t)1 << bits);
    const unsigned max = 64 - bits;
    uint32_t count[66] = {0};

    for (size_t r = 0; r < (size_t)1 << bits; r++)
        count[registers[r]]++;
    /* tau of the share x of registers that are not full:
     * (1 - x - sum over j >= 1 of (1 - x^(2^-j))^2 2^-j) / 3. */
    double x = 1 - count[max + 1] / m, last = INFINITY, unit = 1;
    double tau = x > 0 ? 1 - x : 0;
    while (x > 0 && tau < last) {
        last = tau;
        x = sqrt(x);
        unit *= 0.5;
        tau -= (1 - x) * (1 - x) * unit;
    }
    double sum = m * (tau / 3);
    for (unsigned rank = max; rank >= 1; rank--)
        sum = 0.5 * (sum + count[rank]);
    /* sigma of the share x of empty registers:
     * x + sum over j >= 1 of x^(2^j) 2^(j-1). */
    x = count[0] / m;
    double sigma = x;
    unit = 1;
    do {
        last = sigma;
        x *= x;
        sigma += x * unit;
        unit += unit;
    } while (sigma > last);
    sum += m * sigma;
    return m * m / (2 * log(2) * sum);
}
