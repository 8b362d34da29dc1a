/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole chunks without HDF5's filters, which compute checksums word by word;
 * see hdf5_store.h. */
#include <endian.h>
#include <string.h>

#include "array/hdf5_store.h"
#include "util/simd.h"

enum { WORD_LANES = 32, STEPS = 256, MODULUS = 65535 };

/* Add STEPS x WORD_LANES words: `sum` of all, and `weighted`, each by the
 * number of words from it to the end. */
WN_MULTIVERSION static void add_words(const unsigned char *bytes, uint64_t *sum,
                                      uint64_t *weighted)
{
    /* 256 x 257 / 2 words are less than 2^32. */
    uint32_t lane[WORD_LANES] = {0}, rising[WORD_LANES] = {0};

    for (size_t s = 0; s < STEPS; s++) {
        uint16_t word[WORD_LANES];

        memcpy(word, bytes + s * sizeof word, sizeof word);
#pragma omp simd
        for (size_t l = 0; l < WORD_LANES; l++) {
            lane[l] += le16toh(word[l]);
            rising[l] += lane[l];
        }
    }
    *sum = *weighted = 0;
    for (size_t l = 0; l < WORD_LANES; l++) {
        *sum += lane[l];
        *weighted += (uint64_t)WORD_LANES * rising[l] - l * lane[l];
    }
}

/* The remainder as HDF5 has it: 0 only of 0. */
static uint32_t reduced(uint64_t sum)
{
    const uint32_t rest = (uint32_t)(sum % MODULUS);

    return rest || !sum ? rest : MODULUS;
}

/* Fletcher's checksum of words of 16 bits, high byte first. Both sums are
 * linear and 2^16 is 1 of this modulus, so the words may be taken low byte
 * first, and the bytes of the sums changed in the end. */
static uint32_t checksum(const char *content, size_t size)
{
    enum { BLOCK = 2 * STEPS * WORD_LANES };
    const unsigned char *at = (const unsigned char *)content;
    uint64_t sum = 0, rising = 0;

    for (; size >= BLOCK; size -= BLOCK, at += BLOCK) {
        uint64_t words, weighted;

        add_words(at, &words, &weighted);
        rising += sum * (BLOCK / 2) + weighted;
        sum += words;
        /* Keep what is not 0 apart from 0. */
        sum = reduced(sum);
        rising = reduced(rising);
    }
    for (size_t b = 0; b < size; b += 2) {
        sum += at[b] + (b + 1 < size ? (uint32_t)at[b + 1] << 8 : 0);
        rising += sum;
    }
    sum = reduced(sum);
    rising = reduced(rising);
    return (uint32_t)__builtin_bswap16((uint16_t)rising) << 16 |
           __builtin_bswap16((uint16_t)sum);
}

bool wn_hdf5_read_chunk(hid_t set, size_t row, size_t size, char *chunk)
{
    const hsize_t offset[3] = {row, 0, 0};
    hsize_t stored;
    uint32_t filters, wanted;

    if (H5Dget_chunk_storage_size(set, offset, &stored) < 0 ||
        stored != size + WN_CHUNK_SUM ||
        H5Dread_chunk(set, H5P_DEFAULT, offset, &filters, chunk) < 0 || filters)
        return false;
    memcpy(&wanted, chunk + size, sizeof wanted);
    return le32toh(wanted) == checksum(chunk, size);
}

bool wn_hdf5_write_chunk(hid_t set, size_t row, size_t size, char *chunk)
{
    const hsize_t offset[3] = {row, 0, 0};
    const uint32_t sum = htole32(checksum(chunk, size));

    memcpy(chunk + size, &sum, sizeof sum);
    return H5Dwrite_chunk(set, H5P_DEFAULT, 0, offset, size + WN_CHUNK_SUM,
                          chunk) >= 0;
}

void wn_hdf5_turn(const struct wn_hdf5_shape *shape, char *cells, size_t bytes)
{
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ || shape->type == WN_NAMES)
        return;
    for (char *cell = cells; cell < cells + bytes; cell += shape->width)
        for (size_t b = 0; b < shape->width / 2; b++) {
            char *low = cell + b, *high = cell + shape->width - 1 - b;
            const char byte = *low;

            *low = *high;
            *high = byte;
        }
}
