/* SPDX-License-Identifier: GPL-3.0-or-later */
/* linalg/products.h: matrix products. This room is the only one that sees
 * cblas.h; OpenBLAS runs one thread, ours take whole row blocks. */
#ifndef WN_LINALG_PRODUCTS_H
#define WN_LINALG_PRODUCTS_H

#include <stdbool.h>
#include <stddef.h>

/* Call once before any product: one BLAS thread. */
void wn_linear_start(void);
/* Let large products go to the processor's matrix unit (linalg/kernels/amx.h),
 * if it has one and OpenBLAS has AVX-512 kernels for the rest. Before there are
 * threads. */
void wn_linear_amx(void);
/* Whether they do. */
bool wn_linear_uses_amx(void);
/* The kernel set OpenBLAS chose, "Haswell"; with the matrix unit, "SkylakeX and
 * AMX". */
const char *wn_linear_kernels(void);
/* The kernel set that OpenBLAS should have chosen for this processor, or NULL
 * when its own choice stands: versions before 0.3.22 do not know newer
 * processors and take their AVX2 kernels where AVX-512 runs twice as fast.
 * A program gets it by OPENBLAS_CORETYPE in the environment, which the library
 * reads while it is loaded. */
const char *wn_linear_better(void);

/* Whether OpenBLAS runs a kernel set for AVX-512, and the processor can. */
bool wn_linear_is_wide(void);

/* C = alpha op(A) op(B) + beta C, row-major float. op(A) is rows x inner,
 * op(B) inner x columns, each size 1 or more; the ld are row strides of A, B
 * and C as stored. */
void wn_gemm(int transpose_a, int transpose_b, size_t rows, size_t columns,
             size_t inner, float alpha, const float *a, size_t lda,
             const float *b, size_t ldb, float beta, float *c, size_t ldc);
/* How often an element of such a C is rounded at most, for each 2^-24 of the
 * sum of |a b|: once for every product, and with AMX six times. */
size_t wn_gemm_roundings(size_t inner);
/* What OpenBLAS packs into buffers of its own for a product of so many columns,
 * float or double, of one thread; bytes. */
double wn_linear_bytes(size_t columns);
/* The same in double, C = op(A) op(B). */
void wn_gemm_double(int transpose_a, int transpose_b, size_t rows,
                    size_t columns, size_t inner, const double *a, size_t lda,
                    const double *b, size_t ldb, double *c, size_t ldc);

#endif
