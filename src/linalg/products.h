/* SPDX-License-Identifier: GPL-3.0-or-later */
/* linalg/products.h: matrix products, and the kernels behind them.
 *
 * Only this room sees cblas.h and knows which kernels a processor has.
 * OpenBLAS runs one thread; the callers' threads take blocks of rows. */
#ifndef WN_LINALG_PRODUCTS_H
#define WN_LINALG_PRODUCTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

/* ---- kernels ---- */

/* Call once before any product: one BLAS thread; our own AVX-512 kernels where
 * OpenBLAS runs its AVX-512 kernel set. */
void wn_linear_start(void);
/* Also use the processor's matrix unit, if it has one and OpenBLAS runs its
 * AVX-512 kernel set. Call after wn_linear_start(), before starting threads. */
void wn_linear_use_matrix_unit(void);
/* The kernels in use, "Haswell" or "SkylakeX and AMX". */
const char *wn_linear_kernels(void);

/* OpenBLAS takes its kernel set from OPENBLAS_CORETYPE when it is loaded; see
 * openblas_kernels.c. */

/* The set that OpenBLAS should have chosen for this processor; NULL if its own
 * choice is right. */
const char *wn_openblas_better(void);
/* Refuse (WN_EUSAGE) products by `threads` threads under a limit on addresses
 * (ulimit -v) that would make OpenBLAS wait for ever. */
int wn_linear_check_addresses(int threads,
                              struct wn_error *error) WN_MUST_CHECK;
/* Put the set `name` into the environment, or the better one if it is NULL.
 * Returns whether the program must execute itself again to get it. Leaves the
 * user's OPENBLAS_CORETYPE alone unless a name is given, and never asks for a
 * set that the processor cannot run. */
bool wn_openblas_request(const char *name);
/* Check that OpenBLAS runs the set `name` (NULL: any) and that the processor
 * can run it. Error: WN_EUSAGE. */
int wn_openblas_check(const char *name, struct wn_error *error) WN_MUST_CHECK;

/* ---- products ---- */

/* C = alpha op(A) op(B) + beta C, row-major float. op(A) is rows x inner,
 * op(B) inner x columns, each size 1 or more; lda, ldb and ldc are the row
 * strides of A, B and C as stored. */
void wn_gemm(int transpose_a, int transpose_b, size_t rows, size_t columns,
             size_t inner, float alpha, const float *a, size_t lda,
             const float *b, size_t ldb, float beta, float *c, size_t ldc);
/* The rounding error of an element of C is at most this times 2^-24 times the
 * sum of |a b|. */
size_t wn_gemm_roundings(size_t inner);
/* C = op(A) op(B) in double. */
void wn_gemm_double(int transpose_a, int transpose_b, size_t rows,
                    size_t columns, size_t inner, const double *a, size_t lda,
                    const double *b, size_t ldb, double *c, size_t ldc);
/* Bytes of the buffers that OpenBLAS uses in each thread for a product of so
 * many columns, float or double. */
double wn_linear_bytes(size_t columns);

/* ---- products compared with bounds ----
 *
 * SGEMM writes a block of dot products that is read once, for the few pairs of
 * rows that may be near. Where rows are short, that costs up to a fifth of the
 * product. A scan kernel keeps the products of a few rows by a few columns in
 * registers, compares them with the limits of both sides, and writes only the
 * hits.
 *
 * A scan reports the pair (i, j) if
 *   low = row_bias[i] + bias[j] - 2 a_i.b_j <= max(row_limit[i],
 *                                                  column_limit[j])
 * knn/bounds.h says how biases and limits follow from rounding errors.
 *
 * Rows may be packed in panels of w rows: number k of row r of a panel is at
 * k w + r (Goto and van de Geijn, Anatomy of high-performance matrix
 * multiplication, 2008). */

enum { WN_SCAN_PAD = 64 }; /* arrays of columns are padded to multiples */

/* A pair that a scan found: its row and column within the block. */
struct wn_hit {
    int32_t row, column;
    float low;
};

/* Two blocks of rows. */
struct wn_scan {
    const void *first, *second; /* each from the start of a panel */
    bool unpacked; /* the first has rows of p floats, in multiples of eight */
    size_t rows, columns, p; /* rows of the first and of the second, floats */
    /* To the end of the last panel; a bias is infinite where there is no row.
     */
    const float *row_bias, *bias;
    const float *row_limit, *column_limit;
};

struct wn_scan_kernel {
    size_t panel; /* rows of a panel, at most WN_SCAN_PAD; 1: not packed */
    /* Bytes of a row. Panels follow each other; the first begins at a multiple
     * of 64 bytes if the kernel rounds. */
    size_t (*row_bytes)(size_t p);
    /* Put row i of p floats into the panels at `packed`. Threads may pack
     * different rows at once. NULL: rows are used as they are. */
    void (*pack)(const float *row, size_t i, size_t p, void *packed);
    /* The squared norm of what packing rounds off a row; NULL: nothing. */
    double (*loss)(const float *row, size_t p);
    /* dots[i stride + j] = -2 a_i.b_j, to the end of the last panels. */
    void (*multiply)(const struct wn_scan *scan, float *dots, size_t stride);
    /* Write the hits, in no order; returns their number. NULL: multiply, then
     * wn_scan_dots(). */
    size_t (*scan)(const struct wn_scan *scan, struct wn_hit *hits);
};

/* The kernel for rows of p floats. */
const struct wn_scan_kernel *wn_scan_kernel(size_t p);
/* A faster kernel that rounds rows and takes packed blocks only; NULL if there
 * is none or rows are too short. */
const struct wn_scan_kernel *wn_scan_kernel_rounded(size_t p);
/* Scan dots[rows x stride] that multiply() or wn_gemm() wrote. */
size_t wn_scan_dots(const struct wn_scan *scan, const float *dots,
                    size_t stride, struct wn_hit *hits);

/* ---- the first layer of a network in training ----
 *
 * With many features its products take most of a training step. The matrix unit
 * keeps the weights packed from step to step: each square of the gradient
 * updates its square of the weights and packs it again while the unit adds up
 * the next one.
 *
 * Each float is split in two parts, 16 of its 24 bits, instead of three:
 *   a b = a1 b1 + (a1 b2 + a2 b1) + less than 2^-15 |a b|
 * which halves the work. The gradient of a batch of 128 rows out of thousands
 * is known to one or two digits only. What is measured on a network afterwards
 * uses wn_gemm(). */

/* Initial weights (inputs x outputs), and the biases (outputs), which may
 * change between steps; the caller owns both. */
struct wn_layer_weights {
    size_t inputs, outputs;
    const float *w, *b;
};

struct wn_layer;

/* Whether there is a kernel and the layer is large enough for it; else none of
 * the functions below may be called. */
bool wn_layer_fits(size_t inputs, size_t outputs, size_t rows);
/* For batches of up to `rows` rows. */
struct wn_layer *wn_layer_new(const struct wn_layer_weights *weights,
                              size_t rows);
void wn_layer_free(struct wn_layer *layer);
double wn_layer_bytes(size_t inputs, size_t outputs, size_t rows);

/* The current weights. */
void wn_layer_read(const struct wn_layer *layer, float *w);

/* Row stride of the inputs: `inputs`, padded with zeros. */
size_t wn_layer_stride(size_t inputs);
/* h = max(0, scale x W + b); x is rows x wn_layer_stride(), h rows x outputs.
 */
void wn_layer_forward(struct wn_layer *layer, const float *x, size_t rows,
                      float scale, float *h);

struct wn_layer_step {
    float share, momentum, rate;
};
/* V = momentum V + share x' delta, W = W - rate V, with V = 0 at first; delta
 * is rows x outputs. Compared with the same in double. */
void wn_layer_learn(struct wn_layer *layer, const float *x, const float *delta,
                    size_t rows, const struct wn_layer_step *step);

#endif
