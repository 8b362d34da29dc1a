/* SPDX-License-Identifier: GPL-3.0-or-later */
/* linalg/kernels/bf16_split.h: floats as tiles of 16-bit floats for the matrix
 * unit; see kernels.h. Used by amx.c and layer.c.
 *
 * A tile has 16 lines of 64 bytes; a line holds 16 pairs of numbers, and the
 * unit adds up over the pairs. A line of A is a row; a pair within a line of B
 * is a column. As the order of a sum is free, inner index j of a step of 32 is
 * paired with j + 16, so that a pair is an `or` of two vectors and no bits
 * change lanes.
 *
 *   A: line i, pair j = A[i][j], A[i][j + 16]
 *   B: line j, pair l = B[j][l], B[j + 16][l]
 *
 * A step is two or three parts of two tiles that stand side by side, 4 or 6
 * KiB. Steps along the inner dimension make a strip of 32 rows of A or 32
 * columns of B. */
#ifndef WN_LINALG_KERNELS_BF16_SPLIT_H
#define WN_LINALG_KERNELS_BF16_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "linalg/kernels/kernels.h"

enum {
    SIDE = 16,        /* lines and pairs of a tile */
    STEP = 2 * SIDE,  /* inner indices of one step */
    STRIP = 2 * SIDE, /* rows or columns of a strip */
    TILE = SIDE * 64  /* bytes */
};

static inline size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

#ifdef WN_TILED

#include <immintrin.h>

#define TILED_INLINE WN_TILED static inline __attribute__((always_inline))

/* Bytes of a step of so many parts. */
static inline size_t step_bytes(int parts)
{
    return 2 * (size_t)parts * TILE;
}

/* Round 16 floats to 8 bits, into the upper halves of *bits; returns the
 * rests. */
WN_TILED static inline __m512 round_off(__m512 x, __m512i *bits)
{
    *bits = _mm512_and_si512(
        _mm512_add_epi32(_mm512_castps_si512(x), _mm512_set1_epi32(0x8000)),
        _mm512_set1_epi32((int)0xffff0000));
    return _mm512_sub_ps(x, _mm512_castsi512_ps(*bits));
}

/* One line of each part's tile, of pairs (first, second). The last of three
 * parts needs no rounding; the last of two is truncated, and as rests have
 * either sign the errors average to zero. */
TILED_INLINE void put_line(__m512 first, __m512 second, int parts, char *line)
{
    const __m512i upper = _mm512_set1_epi32((int)0xffff0000);
    __m512i low, high;

    for (int p = 0; p < parts - 1; p++, line += 2 * TILE) {
        first = round_off(first, &low);
        second = round_off(second, &high);
        _mm512_store_si512(line,
                           _mm512_or_si512(_mm512_srli_epi32(low, 16), high));
    }
    low = _mm512_srli_epi32(_mm512_castps_si512(first), 16);
    high = _mm512_and_si512(_mm512_castps_si512(second), upper);
    _mm512_store_si512(line, _mm512_or_si512(low, high));
}

/* The transpose of 16 x 16, by squares of 1, 2, 4 and 8. */
WN_TILED static inline void turn(const float *at, size_t stride, float *out)
{
    __m512 r[SIDE], t[SIDE];

#pragma GCC unroll 16
    for (size_t i = 0; i < SIDE; i++)
        r[i] = _mm512_loadu_ps(at + i * stride);
#pragma GCC unroll 8
    for (int i = 0; i < SIDE; i += 2) {
        t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
    }
#pragma GCC unroll 8
    for (int i = 0; i < SIDE; i += 2) {
        const int j = i / 4 * 4 + i / 2 % 2; /* t[j] beside t[j + 2] */
        const __m512d low = _mm512_castps_pd(t[j]);
        const __m512d high = _mm512_castps_pd(t[j + 2]);

        r[i] = _mm512_castpd_ps(_mm512_unpacklo_pd(low, high));
        r[i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(low, high));
    }
#pragma GCC unroll 8
    for (int i = 0; i < SIDE / 2; i++) {
        const int j = i / 4 * 8 + i % 4;

        t[j] = _mm512_shuffle_f32x4(r[j], r[j + 4], 0x88);
        t[j + 4] = _mm512_shuffle_f32x4(r[j], r[j + 4], 0xdd);
    }
#pragma GCC unroll 8
    for (int i = 0; i < SIDE / 2; i++) {
        _mm512_store_ps(out + i * SIDE,
                        _mm512_shuffle_f32x4(t[i], t[i + 8], 0x88));
        _mm512_store_ps(out + (i + 8) * SIDE,
                        _mm512_shuffle_f32x4(t[i], t[i + 8], 0xdd));
    }
}

/* A tile takes its numbers from two squares: one for the first 16 inner indices
 * of a step, and another, `far` floats further on, for the other 16. */
struct patch {
    const float *at;
    size_t stride, far;
};

/* The tiles of the parts of a patch, transposed if `turned`. */
TILED_INLINE void put_tile(struct patch p, bool turned, int parts, char *tile)
{
    _Alignas(64) float square[2][SIDE * SIDE];

    if (turned) {
        turn(p.at, p.stride, square[0]);
        turn(p.at + p.far, p.stride, square[1]);
        p = (struct patch){square[0], SIDE, SIDE * SIDE};
    }
    for (size_t i = 0; i < SIDE; i++, p.at += p.stride, tile += 64)
        put_line(_mm512_loadu_ps(p.at), _mm512_loadu_ps(p.at + p.far), parts,
                 tile);
}

/* Pad two incomplete squares of rows[q] rows of width[q] floats with zeros, in
 * `padded`. */
static inline struct patch fill_up(struct patch p, const size_t rows[2],
                                   const size_t width[2], float *padded)
{
    memset(padded, 0, 2 * SIDE * SIDE * sizeof *padded);
    for (size_t q = 0; q < 2; q++)
        for (size_t i = 0; i < rows[q] && width[q]; i++)
            memcpy(padded + (q * SIDE + i) * SIDE,
                   p.at + q * p.far + i * p.stride, width[q] * sizeof *padded);
    return (struct patch){padded, SIDE, SIDE * SIDE};
}

/* `span` (at most 16) rows of A or columns of B from the first-th on, `deep`
 * (at most 32) inner indices from j on. */
TILED_INLINE void pack_tile(const struct wn_side *side, bool is_left,
                            size_t first, size_t span, size_t j, size_t deep,
                            int parts, char *tile)
{
    _Alignas(64) float padded[2 * SIDE * SIDE];
    const bool along = is_left != side->transposed; /* inner indices adjoin */
    struct patch p = {side->at + (along ? first * side->stride + j
                                        : j * side->stride + first),
                      side->stride, along ? SIDE : SIDE * side->stride};

    if (span < SIDE || deep < STEP) {
        const size_t part[2] = {least(deep, SIDE), deep - least(deep, SIDE)};
        const size_t same[2] = {span, span};

        p = fill_up(p, along ? same : part, along ? part : same, padded);
    }
    if (side->transposed)
        put_tile(p, true, parts, tile);
    else
        put_tile(p, false, parts, tile);
}

/* Up to 32 rows of A or columns of B into a strip. */
TILED_INLINE void pack(const struct wn_side *side, bool is_left, size_t first,
                       size_t span, size_t j, size_t deep, int parts,
                       char *strip)
{
    for (size_t s = 0; s < deep; s += STEP, strip += step_bytes(parts))
        for (size_t t = 0; t < span; t += SIDE)
            pack_tile(side, is_left, first + t, least(span - t, SIDE), j + s,
                      least(deep - s, STEP), parts, strip + t / SIDE * TILE);
}

#endif

#endif
