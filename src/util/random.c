/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xoshiro256** seeded by splitmix64; see random.h. */
#include "util/random.h"

#include <math.h>

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t rotate(uint64_t x, int by)
{
    return (x << by) | (x >> (64 - by));
}

void wn_random_start(struct wn_random *random, uint64_t seed,
                     enum wn_purpose purpose, uint64_t replicate,
                     uint64_t block)
{
    const uint64_t part[4] = {seed, (uint64_t)purpose, replicate, block};
    uint64_t mix = 0;

    for (int i = 0; i < 4; i++) {
        mix ^= part[i];
        mix = splitmix(&mix);
    }
    for (int i = 0; i < 4; i++)
        random->state[i] = splitmix(&mix);
}

uint64_t wn_random_bits(struct wn_random *random)
{
    uint64_t *s = random->state;
    const uint64_t result = rotate(s[1] * 5, 7) * 9;
    const uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

double wn_random_unit(struct wn_random *random)
{
    return (double)(wn_random_bits(random) >> 11) * 0x1p-53;
}

uint64_t wn_random_below(struct wn_random *random, uint64_t below)
{
    const uint64_t limit = UINT64_MAX - UINT64_MAX % below;
    uint64_t bits;

    do
        bits = wn_random_bits(random);
    while (bits >= limit);
    return bits % below;
}

double wn_random_normal(struct wn_random *random)
{
    double u, v, s;

    do {
        u = 2 * wn_random_unit(random) - 1;
        v = 2 * wn_random_unit(random) - 1;
        s = u * u + v * v;
    } while (s >= 1 || s == 0);
    return u * sqrt(-2 * log(s) / s);
}

void wn_random_shuffle(struct wn_random *random, int32_t *order, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        const size_t j = (size_t)wn_random_below(random, i);
        const int32_t kept = order[i - 1];

        order[i - 1] = order[j];
        order[j] = kept;
    }
}

void wn_random_order(struct wn_random *random, int32_t *order, size_t n)
{
    wn_random_draw(random, order, n, 0);
}

void wn_random_draw(struct wn_random *random, int32_t *order, size_t n,
                    size_t m)
{
    for (size_t i = 0; i < n; i++)
        order[i] = (int32_t)i;
    if (m < n)
        wn_random_shuffle(random, order, n);
}
