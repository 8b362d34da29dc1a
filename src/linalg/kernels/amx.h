/* SPDX-License-Identifier: GPL-3.0-or-later */
/* linalg/kernels/amx.h: matrix products by the processor's matrix unit (AMX).
 *
 * The unit multiplies tiles of 16-bit floats (bfloat16, 8 significant bits)
 * into tiles of 32-bit sums, at sixteen times the speed of the vector units.
 * A float is exactly the sum of three such numbers, of its first, middle and
 * last bits, so a product of floats is six products of tiles:
 *   a b = a1 b1 + (a1 b2 + a2 b1) + (a1 b3 + a2 b2 + a3 b1) + less than 2^-24
 * which still is half as fast again to twice as fast, and as exact as a product
 * in single precision (Henry, Tang and Heinecke 2019, arXiv 1904.06376). */
#ifndef WN_LINALG_KERNELS_AMX_H
#define WN_LINALG_KERNELS_AMX_H

#include <stdbool.h>
#include <stddef.h>

/* Marks a function that uses the unit, where the compiler can. */
#if defined(__x86_64__) && defined(__linux__) &&                               \
    (__GNUC__ >= 11 || __clang_major__ >= 12)
#define WN_TILED                                                               \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,amx-tile,"       \
                          "amx-bf16")))
#endif

/* Whether the processor has such a unit and the system lets this process use
 * it, which has to be asked for: call it before there are threads. */
bool wn_amx_start(void);

/* Around what multiplies by tiles: all eight whole, and none. */
void wn_amx_open(void);
void wn_amx_close(void);

/* One side of a product: element (i, j) stands at at[i stride + j], or if it is
 * transposed at at[j stride + i]. */
struct wn_side {
    const float *at;
    size_t stride;
    bool transposed;
};

/* C = alpha A B + beta C; A is rows x inner, B inner x columns, C row-major
 * with rows of `stride`, none of them empty, all numbers finite. With beta = 0
 * C is not read. An element depends on its row of A, its column of B and
 * nothing else. false: there is no memory for the tiles, and nothing done.
 * Compared with cblas_sgemm and with products in double. */
bool wn_amx_multiply(size_t rows, size_t columns, size_t inner, float alpha,
                     struct wn_side a, struct wn_side b, float beta, float *c,
                     size_t stride);

#endif
