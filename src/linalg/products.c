/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Matrix products by OpenBLAS or by our own kernels; see products.h. */
#include "linalg/products.h"

#include <cblas.h>
#include <math.h>

#include "linalg/kernels/kernels.h"

enum {
    AMX_MIN = 32,    /* of each size of a product for the matrix unit */
    PART = 1 << 20,  /* floats of a stored matrix, or AMX_MIN rows of it */
    SCAN_MAX = 2048, /* a panel of longer rows leaves the cache too early */
    ROUNDED_MIN = 32
};

const struct wn_scan_kernel *wn_scan_kernel(size_t p)
{
    return p <= SCAN_MAX ? wn_kernels->scan : &wn_scan_sgemm;
}

const struct wn_scan_kernel *wn_scan_kernel_rounded(size_t p)
{
    return p >= ROUNDED_MIN ? wn_kernels->scan_rounded : NULL;
}

size_t wn_gemm_roundings(size_t inner)
{
    return wn_kernels->gemm_roundings * inner;
}

/* Rows of a stored matrix that go into one product, of `all`. */
static size_t products_step_of(size_t ld, size_t all)
{
    const size_t fit = PART / (ld ? ld : 1) / AMX_MIN * AMX_MIN;
    const size_t step = fit > AMX_MIN ? fit : AMX_MIN;

    return step < all ? step : all;
}

static size_t products_part_of(size_t step, size_t at, size_t all)
{
    return all - at < step ? all - at : step;
}

/* SGEMM goes through long rows by columns: some columns of all rows, then the
 * next columns. So it gets few rows at a time, which stay in the cache, or in
 * memory when they come from a mapped file (util/spill.h). */
void wn_gemm(int transpose_a, int transpose_b, size_t rows, size_t columns,
             size_t inner, float alpha, const float *a, size_t lda,
             const float *b, size_t ldb, float beta, float *c, size_t ldc)
{
    const size_t high = transpose_a ? rows : products_step_of(lda, rows);
    const size_t deep = transpose_a ? products_step_of(lda, inner) : inner;
    const size_t wide = transpose_b ? products_step_of(ldb, columns) : columns;

    for (size_t r = 0; r < rows; r += high)
        for (size_t w = 0; w < columns; w += wide)
            for (size_t i = 0; i < inner; i += deep) {
                const size_t m = products_part_of(high, r, rows);
                const size_t n = products_part_of(wide, w, columns);
                const size_t k = products_part_of(deep, i, inner);
                const float *left =
                    a + (transpose_a ? i * lda + r : r * lda + i);
                const float *right =
                    b + (transpose_b ? w * ldb + i : i * ldb + w);
                const float keep = i ? 1 : beta;

                if (wn_kernels->gemm && m >= AMX_MIN && n >= AMX_MIN &&
                    k >= AMX_MIN)
                    wn_kernels->gemm(m, n, k, alpha,
                                     (struct wn_side){left, lda, transpose_a},
                                     (struct wn_side){right, ldb, transpose_b},
                                     keep, c + r * ldc + w, ldc);
                else
                    cblas_sgemm(CblasRowMajor,
                                transpose_a ? CblasTrans : CblasNoTrans,
                                transpose_b ? CblasTrans : CblasNoTrans,
                                (blasint)m, (blasint)n, (blasint)k, alpha, left,
                                (blasint)lda, right, (blasint)ldb, keep,
                                c + r * ldc + w, (blasint)ldc);
            }
}

void wn_gemm_double(int transpose_a, int transpose_b, size_t rows,
                    size_t columns, size_t inner, const double *a, size_t lda,
                    const double *b, size_t ldb, double *c, size_t ldc)
{
    cblas_dgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans,
                transpose_b ? CblasTrans : CblasNoTrans, (blasint)rows,
                (blasint)columns, (blasint)inner, 1, a, (blasint)lda, b,
                (blasint)ldb, 0, c, (blasint)ldc);
}

/* OpenBLAS packs up to 448 rows of B at a time; its buffer has 32 MiB. */
double wn_linear_bytes(size_t columns)
{
    return fmin(1e6 + 448 * sizeof(double) * (double)columns, 0x1p25);
}
