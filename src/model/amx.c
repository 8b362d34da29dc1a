/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Products of floats from products of 16-bit tiles; see amx.h.
 *
 * A tile is 16 lines of 64 bytes. Of A a line is a row, of B a column's place
 * in it is a lane; either way a line holds 16 pairs of numbers, and the unit
 * adds up over the pairs. As the order of a sum is free, inner index j of a
 * step of 32 is paired with j + 16: so a pair is an `or` of two vectors, and
 * no bits need to change lanes.
 *
 *   A: line i, pair j = A[i][j], A[i][j + 16]
 *   B: line j, pair l = B[j][l], B[j + 16][l]
 *
 * Three parts of two tiles that stand side by side make a step, 6 KiB; steps
 * along the inner dimension make a strip of 32 rows of A or 32 columns of B.
 * Up to 512 inner indices and 256 columns of B are packed at a time, less than
 * a MiB, so that all of it lies in the second cache. */
#include "model/amx.h"

#include <stdlib.h>

#ifdef WN_TILED

#include <immintrin.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    SIDE = 16,          /* lines and pairs of a tile */
    STEP = 2 * SIDE,    /* inner indices of one step */
    STRIP = 2 * SIDE,   /* rows or columns of a strip */
    TILE = SIDE * 64,   /* bytes */
    PARTS = 3,          /* of a float */
    STEP_BYTES = 2 * PARTS * TILE,
    DEEP = 512,         /* inner indices packed at a time */
    WIDE = 256          /* columns of B packed at a time */
};

bool wn_amx_start(void)
{
    enum { ASK = 0x1023, TILE_DATA = 18 };
    unsigned a, b, c, d;

    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx512f") ||
        !__builtin_cpu_supports("avx512bw") ||
        !__builtin_cpu_supports("avx512dq") ||
        !__builtin_cpu_supports("avx512vl"))
        return false;
    __asm__("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(7), "c"(0));
    /* amx-bf16 and amx-tile. */
    if (!(d >> 22 & 1) || !(d >> 24 & 1))
        return false;
    return syscall(SYS_arch_prctl, ASK, TILE_DATA) == 0;
}

WN_TILED void wn_amx_open(void)
{
    struct {
        uint8_t palette, start, zero[14];
        uint16_t bytes[16];
        uint8_t lines[16];
    } form = {.palette = 1};

    for (int t = 0; t < 8; t++) {
        form.bytes[t] = 64;
        form.lines[t] = SIDE;
    }
    __asm__ volatile("ldtilecfg %0" : : "m"(form));
}

WN_TILED void wn_amx_close(void)
{
    _tile_release();
}

/* What rounding 16 floats to the nearest of 8 bits leaves; they stay in the
 * upper halves of *bits. */
WN_TILED static inline __m512 round_off(__m512 x, __m512i *bits)
{
    *bits = _mm512_and_si512(_mm512_add_epi32(_mm512_castps_si512(x),
                                              _mm512_set1_epi32(0x8000)),
                             _mm512_set1_epi32((int)0xffff0000));
    return _mm512_sub_ps(x, _mm512_castsi512_ps(*bits));
}

/* One line of each part's tile, of pairs (first, second). What is left for the
 * last part needs no rounding. */
WN_TILED static inline void put_line(__m512 first, __m512 second, char *line)
{
    const __m512i upper = _mm512_set1_epi32((int)0xffff0000);
    __m512i low, high;

    for (int p = 0; p < PARTS - 1; p++, line += 2 * TILE) {
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

static inline size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The numbers of one tile stand in two squares: of the first 16 inner indices
 * of a step, and `far` floats on, of the others. */
struct patch {
    const float *at;
    size_t stride, far;
};

/* The three tiles of a patch, turned if the rows of its squares are no lines.
 */
WN_TILED static inline void put_tile(struct patch p, bool turned, char *tile)
{
    _Alignas(64) float square[2][SIDE * SIDE];

    if (turned) {
        turn(p.at, p.stride, square[0]);
        turn(p.at + p.far, p.stride, square[1]);
        p = (struct patch){square[0], SIDE, SIDE * SIDE};
    }
    for (size_t i = 0; i < SIDE; i++, p.at += p.stride, tile += 64)
        put_line(_mm512_loadu_ps(p.at), _mm512_loadu_ps(p.at + p.far), tile);
}

/* Of squares that are not whole: the first has `rows` rows of `width`, the
 * second further_rows of further_width; what is missing is 0. */
static struct patch fill_up(struct patch p, const size_t rows[2],
                            const size_t width[2], float *room)
{
    memset(room, 0, 2 * SIDE * SIDE * sizeof *room);
    for (size_t q = 0; q < 2; q++)
        for (size_t i = 0; i < rows[q] && width[q]; i++)
            memcpy(room + (q * SIDE + i) * SIDE,
                   p.at + q * p.far + i * p.stride, width[q] * sizeof *room);
    return (struct patch){room, SIDE, SIDE * SIDE};
}

/* `span` (at most 16) rows of A or columns of B from the first-th on, `deep`
 * (at most 32) inner indices from j on. */
WN_TILED static void pack_tile(const struct wn_side *side, bool is_left,
                            size_t first, size_t span, size_t j, size_t deep,
                            char *tile)
{
    _Alignas(64) float room[2 * SIDE * SIDE];
    const bool along = is_left != side->transposed; /* inner ones adjoin */
    struct patch p = {side->at + (along ? first * side->stride + j
                                        : j * side->stride + first),
                      side->stride, along ? SIDE : SIDE * side->stride};

    if (span < SIDE || deep < STEP) {
        const size_t part[2] = {least(deep, SIDE), deep - least(deep, SIDE)};
        const size_t same[2] = {span, span};

        p = fill_up(p, along ? same : part, along ? part : same, room);
    }
    if (side->transposed)
        put_tile(p, true, tile);
    else
        put_tile(p, false, tile);
}

/* Up to 32 rows of A or columns of B into a strip. */
WN_TILED static void pack(const struct wn_side *side, bool is_left,
                          size_t first, size_t span, size_t j, size_t deep,
                          char *strip)
{
    for (size_t s = 0; s < deep; s += STEP, strip += STEP_BYTES)
        for (size_t t = 0; t < span; t += SIDE)
            pack_tile(side, is_left, first + t, least(span - t, SIDE), j + s,
                      least(deep - s, STEP), strip + t / SIDE * TILE);
}

/* Tiles 0 to 3 hold sums, 4 and 5 rows of A, 6 and 7 columns of B. */
/* Add up the products of two strips over `steps`; with tall more than 16 rows,
 * with broad more than 16 columns. Six of the nine products of parts, in an
 * order that loads every part but one once. */
WN_TILED static inline __attribute__((always_inline)) void
multiply(const char *a, const char *b, size_t steps, bool tall, bool broad)
{
#define ROWS(part)                                                             \
    _tile_loadd(4, a + (part) * 2 * TILE, 64);                                 \
    if (tall)                                                                  \
    _tile_loadd(5, a + (part) * 2 * TILE + TILE, 64)
#define COLUMNS(part)                                                          \
    _tile_loadd(6, b + (part) * 2 * TILE, 64);                                 \
    if (broad)                                                                 \
    _tile_loadd(7, b + (part) * 2 * TILE + TILE, 64)
#define ADD                                                                    \
    _tile_dpbf16ps(0, 4, 6);                                                   \
    if (broad)                                                                 \
        _tile_dpbf16ps(1, 4, 7);                                               \
    if (tall)                                                                  \
        _tile_dpbf16ps(2, 5, 6);                                               \
    if (tall && broad)                                                         \
    _tile_dpbf16ps(3, 5, 7)

    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (size_t s = 0; s < steps; s++, a += STEP_BYTES, b += STEP_BYTES) {
        ROWS(2);
        COLUMNS(0);
        ADD;
        ROWS(1);
        ADD;
        COLUMNS(1);
        ADD;
        ROWS(0);
        ADD;
        COLUMNS(2);
        ADD;
        COLUMNS(0);
        ADD;
    }
#undef ROWS
#undef COLUMNS
#undef ADD
}

/* c = alpha sum + beta c, of one tile of sums. */
WN_TILED static inline void give(const float *sum, size_t rows, size_t columns,
                              float alpha, float beta, float *c, size_t stride)
{
    const __mmask16 mask = (__mmask16)((1u << columns) - 1);
    const __m512 times = _mm512_set1_ps(alpha), keep = _mm512_set1_ps(beta);

    for (size_t i = 0; i < rows; i++, sum += SIDE, c += stride) {
        __m512 value = _mm512_mul_ps(times, _mm512_load_ps(sum));

        if (beta != 0)
            value = _mm512_add_ps(
                value, _mm512_mul_ps(keep, _mm512_maskz_loadu_ps(mask, c)));
        _mm512_mask_storeu_ps(c, mask, value);
    }
}

/* Up to 32 rows of C, and what becomes of them. */
struct place {
    size_t rows;
    float alpha, beta, *c;
    size_t stride;
};

/* The sums of 32 x 32, of which `columns` columns from the first-th on are
 * wanted. */
struct square {
    _Alignas(64) float sum[4][SIDE * SIDE];
    size_t first, columns;
};

WN_TILED static void settle(const struct square *s, const struct place *at)
{
    for (size_t t = 0; t < 4; t++) {
        const size_t i = t / 2 * SIDE, j = t % 2 * SIDE;

        if (i < at->rows && j < s->columns)
            give(s->sum[t], least(at->rows - i, SIDE),
                 least(s->columns - j, SIDE), at->alpha, at->beta,
                 at->c + i * at->stride + s->first + j, at->stride);
    }
}

/* The sums of a square of so many rows, from two strips. */
WN_TILED static void add_up(const char *a, const char *b, size_t steps,
                         size_t rows, struct square *s)
{
    const bool tall = rows > SIDE, broad = s->columns > SIDE;

    if (tall && broad)
        multiply(a, b, steps, true, true);
    else if (tall)
        multiply(a, b, steps, true, false);
    else if (broad)
        multiply(a, b, steps, false, true);
    else
        multiply(a, b, steps, false, false);
    _tile_stored(0, s->sum[0], 64);
    _tile_stored(1, s->sum[1], 64);
    _tile_stored(2, s->sum[2], 64);
    _tile_stored(3, s->sum[3], 64);
}

/* What is packed at a time: a strip of A, and `wide` columns of B. */
struct packed {
    size_t wide, steps;
    char *left, *right;
    size_t strip; /* bytes of each strip */
};

/* The rows of the strip `left` by all of `right`. The sums of a square are
 * settled while the next one's are under way: the unit is far behind the
 * instructions that feed it. */
WN_TILED static void cross(const struct packed *packed, struct place at)
{
    struct square square[2];
    const size_t count = (packed->wide + STRIP - 1) / STRIP;

    for (size_t q = 0; q < count; q++) {
        struct square *now = &square[q % 2];

        now->first = q * STRIP;
        now->columns = least(packed->wide - now->first, STRIP);
        add_up(packed->left, packed->right + q * packed->strip, packed->steps,
               at.rows, now);
        if (q > 0)
            settle(&square[1 - q % 2], &at);
    }
    settle(&square[(count - 1) % 2], &at);
}

WN_TILED bool wn_amx_multiply(size_t rows, size_t columns, size_t inner,
                             float alpha, struct wn_side a, struct wn_side b,
                             float beta, float *c, size_t stride)
{
    /* As deep as allowed, but all alike. */
    const size_t times = (inner + DEEP - 1) / DEEP;
    const size_t deepest = ((inner + times - 1) / times + STEP - 1) / STEP;
    const size_t widest = (least(columns, WIDE) + STRIP - 1) / STRIP;
    const size_t strip = deepest * STEP_BYTES;
    char *right = aligned_alloc(64, (widest + 1) * strip);

    if (!right)
        return false;
    char *left = right + widest * strip;

    wn_amx_open();
    for (size_t j = 0; j < inner; j += deepest * STEP) {
        const size_t deep = least(inner - j, deepest * STEP);

        for (size_t first = 0; first < columns; first += WIDE) {
            const size_t wide = least(columns - first, WIDE);
            const struct packed packed = {wide, (deep + STEP - 1) / STEP, left,
                                        right, strip};

            for (size_t l = 0; l < wide; l += STRIP)
                pack(&b, false, first + l, least(wide - l, STRIP), j, deep,
                     right + l / STRIP * strip);
            for (size_t i = 0; i < rows; i += STRIP) {
                const size_t tall = least(rows - i, STRIP);

                pack(&a, true, i, tall, j, deep, left);
                /* The tiles are loaded behind the compiler's back. */
                __asm__ volatile("" : : : "memory");
                cross(&packed, (struct place){tall, alpha, j ? 1 : beta,
                                             c + i * stride + first, stride});
            }
        }
    }
    wn_amx_close();
    free(right);
    return true;
}

#else

bool wn_amx_start(void)
{
    return false;
}

void wn_amx_open(void)
{
}

void wn_amx_close(void)
{
}

bool wn_amx_multiply(size_t rows, size_t columns, size_t inner, float alpha,
                       struct wn_side a, struct wn_side b, float beta,
                       float *c, size_t stride)
{
    (void)rows;
    (void)columns;
    (void)inner;
    (void)alpha;
    (void)a;
    (void)b;
    (void)beta;
    (void)c;
    (void)stride;
    return false;
}

#endif
