/* SPDX-License-Identifier: GPL-3.0-or-later */
/* linalg/kernels/kernels.h: the table of kernels for this processor. Private to
 * linalg/; other rooms use linalg/products.h.
 *
 * AVX-512 kernels keep the products of a few rows by a few columns in
 * registers. The matrix unit (AMX) multiplies tiles of 16-bit floats (bfloat16,
 * 8 significant bits) into tiles of 32-bit sums, at sixteen times the speed of
 * the vector units. A float is exactly the sum of three such numbers, of its
 * first, middle and last bits, so a product of floats takes six products of
 * tiles:
 *   a b = a1 b1 + (a1 b2 + a2 b1) + (a1 b3 + a2 b2 + a3 b1) + less than 2^-24
 * This is still up to twice as fast as the vector units and as exact as single
 * precision (Henry, Tang and Heinecke 2019, arXiv 1904.06376). */
#ifndef WN_LINALG_KERNELS_KERNELS_H
#define WN_LINALG_KERNELS_KERNELS_H

#include <stdbool.h>
#include <stddef.h>

#include "linalg/products.h"

/* Marks a function that uses the matrix unit, where the compiler can. */
#if defined(__x86_64__) && defined(__linux__) &&                               \
    (__GNUC__ >= 11 || __clang_major__ >= 12)
#define WN_TILED                                                               \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,amx-tile,"       \
                          "amx-bf16")))
#endif

/* One operand of a product: element (i, j) is at[i stride + j], or
 * at[j stride + i] if it is transposed. */
struct wn_side {
    const float *at;
    size_t stride;
    bool transposed;
};

/* The parts of linalg/products.h's layer that need the matrix unit. */
struct wn_layer_kernel {
    void (*pack)(struct wn_layer *layer);
    void (*forward)(struct wn_layer *layer, const float *x, size_t rows,
                    float scale, float *h);
    void (*learn)(struct wn_layer *layer, const float *x, const float *delta,
                  size_t rows, const struct wn_layer_step *step);
};

struct wn_kernels {
    /* C = alpha A B + beta C; A is rows x inner, B inner x columns, C row-major
     * with rows of `stride`, none of them empty, all numbers finite. With
     * beta = 0, C is not read. An element depends only on its row of A and its
     * column of B. NULL: cblas_sgemm(). */
    void (*gemm)(size_t rows, size_t columns, size_t inner, float alpha,
                 struct wn_side a, struct wn_side b, float beta, float *c,
                 size_t stride);
    size_t gemm_roundings;                     /* of each product, at most */
    const struct wn_layer_kernel *layer;       /* NULL: none */
    const struct wn_scan_kernel *scan;         /* never NULL */
    const struct wn_scan_kernel *scan_rounded; /* NULL: none */
};

/* The kernels in use: at first SGEMM for everything. */
extern const struct wn_kernels *wn_kernels;
/* Use AVX-512 kernels; the processor must have them. */
void wn_kernels_use_avx512(void);
/* The kernels of the matrix unit, or NULL where the processor has none or the
 * system does not let this process use it. Call before starting threads. */
const struct wn_kernels *wn_kernels_amx(void);

/* Configure all eight tiles at their full size, and release them. */
void wn_amx_open(void);
void wn_amx_close(void);

void wn_amx_gemm(size_t rows, size_t columns, size_t inner, float alpha,
                 struct wn_side a, struct wn_side b, float beta, float *c,
                 size_t stride);
extern const struct wn_layer_kernel wn_layer_amx;
extern const struct wn_scan_kernel wn_scan_sgemm, wn_scan_avx512, wn_scan_amx;

#endif
