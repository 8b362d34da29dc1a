/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/random.h: seeded random numbers, one stream per purpose.
 *
 * The generator is xoshiro256** (Blackman and Vigna 2018), its state filled by
 * splitmix64 from (seed, purpose, replicate, block), so a stream depends
 * neither on how many numbers another one drew nor on threads. */
#ifndef WN_UTIL_RANDOM_H
#define WN_UTIL_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* What a stream is for. Append only: a number is part of the results. */
enum wn_purpose {
    WN_RANDOM_FOLDS = 1,
    WN_RANDOM_WEIGHTS,
    WN_RANDOM_BATCHES,
    WN_RANDOM_FEATURES,
    WN_RANDOM_TREES,
    WN_RANDOM_SAMPLE,
    WN_RANDOM_PROJECTION,
    WN_RANDOM_CELLS,
    WN_RANDOM_REVIEW,
    WN_RANDOM_PLANT,
    WN_RANDOM_ROWS,
    WN_RANDOM_SURROGATES
};

struct wn_random {
    uint64_t state[4];
};

/* Start the stream (seed, purpose, replicate, block). */
void wn_random_start(struct wn_random *random, uint64_t seed,
                     enum wn_purpose purpose, uint64_t replicate,
                     uint64_t block);
/* 64 random bits. */
uint64_t wn_random_bits(struct wn_random *random);
/* Uniform in [0, 1), 53 bits. */
double wn_random_unit(struct wn_random *random);
/* Uniform in 0 .. below-1 without bias; below >= 1. */
uint64_t wn_random_below(struct wn_random *random, uint64_t below);
/* Standard normal (Marsaglia's polar method, the second value dropped). */
double wn_random_normal(struct wn_random *random);
/* Put order[0..n) in random order (Fisher-Yates). */
void wn_random_shuffle(struct wn_random *random, int32_t *order, size_t n);
/* order[0..n) becomes 0 .. n-1 in random order. */
void wn_random_order(struct wn_random *random, int32_t *order, size_t n);
/* The same if m < n, of which the caller uses the first m; for m >= n all rows
 * in ascending order. */
void wn_random_draw(struct wn_random *random, int32_t *order, size_t n,
                    size_t m);

#endif
