/* SPDX-License-Identifier: GPL-3.0-or-later */
/* csv/swar.h: eight bytes of text at once. */
#ifndef WN_CSV_SWAR_H
#define WN_CSV_SWAR_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

/* The top bit of each of text[0..7] that is equal to that byte of `pattern`;
 * the first byte is the lowest. */
static inline uint64_t wn_equal_bytes(const char *text, uint64_t pattern)
{
    const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f);
    uint64_t word;

    memcpy(&word, text, sizeof word);
    word = le64toh(word) ^ pattern;
    return ~(((word & low) + low) | word | low);
}

#endif
