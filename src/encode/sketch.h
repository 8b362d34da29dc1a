/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encode/sketch.h: estimate the number of different digests in little memory.
 *
 * HyperLogLog (Flajolet, Fusy, Gandouet and Meunier 2007): 2^bits registers of
 * a byte. A register holds 1 + the maximum number of leading zeros of its
 * digests. The estimator of Ertl 2017 is unbiased for all numbers from 0 on;
 * its standard error is 1.04 / sqrt(2^bits). Neither order nor repetition
 * matters, so parts may be merged in any order. */
#ifndef WN_ENCODE_SKETCH_H
#define WN_ENCODE_SKETCH_H

#include <stddef.h>
#include <stdint.h>

/* Load the register of a digest, which wn_sketch_add() will want soon. */
static inline void wn_sketch_prefetch(const uint8_t *registers, unsigned bits,
                                      uint64_t digest)
{
    __builtin_prefetch(&registers[digest >> (64 - bits)], 1);
}

/* Registers are 0 at first. `bits` 4 to 16. */
static inline void wn_sketch_add(uint8_t *registers, unsigned bits,
                                 uint64_t digest)
{
    const size_t at = (size_t)(digest >> (64 - bits));
    const uint64_t rest = digest << bits | (uint64_t)1 << (bits - 1);
    const uint8_t rank = (uint8_t)(__builtin_clzll(rest) + 1);

    if (rank > registers[at])
        registers[at] = rank;
}

/* `into` becomes the sketch of both. */
void wn_sketch_merge(uint8_t *into, const uint8_t *from, unsigned bits);
double wn_sketch_count(const uint8_t *registers, unsigned bits);

#endif
