/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Matrix products by OpenBLAS; see products.h. */
#include "linalg/products.h"

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "linalg/kernels/amx.h"

/* What the process multiplies with, as OpenBLAS has its own; set once. */
static bool amx;
static char kernels[64];

enum {
    LEAST = 32,       /* of each size of what goes to the matrix unit */
    AT_ONCE = 1 << 20 /* floats of a stored matrix, or LEAST rows of it */
};

void wn_linear_start(void)
{
    openblas_set_num_threads(1);
}

const char *wn_linear_kernels(void)
{
    return amx ? kernels : openblas_get_corename();
}

#if defined(__x86_64__)
static bool runs(const char *const *names, size_t count)
{
    const char *found = openblas_get_corename();

    for (size_t i = 0; i < count; i++)
        if (strcmp(found, names[i]) == 0)
            return true;
    return false;
}

/* All that the wide kernel sets of OpenBLAS use. */
static bool has_avx512(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl");
}
#endif

const char *wn_linear_better(void)
{
#if defined(__x86_64__)
    static const char *const older[] = {"Haswell", "Zen", "Sandybridge",
                                        "Nehalem", "Prescott"};

    if (has_avx512() && runs(older, sizeof older / sizeof *older))
        return "SkylakeX";
#endif
    return NULL;
}

bool wn_linear_is_wide(void)
{
#if defined(__x86_64__)
    static const char *const wide[] = {"SkylakeX", "Cooperlake",
                                       "SapphireRapids"};

    return has_avx512() && runs(wide, sizeof wide / sizeof *wide);
#else
    return false;
#endif
}

void wn_linear_amx(void)
{
    amx = wn_linear_is_wide() && wn_amx_start();
    snprintf(kernels, sizeof kernels, "%s and AMX", openblas_get_corename());
}

bool wn_linear_uses_amx(void)
{
    return amx;
}

static void products_multiply(size_t rows, size_t columns, size_t inner,
                              float alpha, struct wn_side a, struct wn_side b,
                              float beta, float *c, size_t ldc)
{
    /* The unit's tiles have 16 lines, and want filling first. */
    if (amx && rows >= LEAST && columns >= LEAST && inner >= LEAST &&
        wn_amx_multiply(rows, columns, inner, alpha, a, b, beta, c, ldc))
        return;
    cblas_sgemm(CblasRowMajor, a.transposed ? CblasTrans : CblasNoTrans,
                b.transposed ? CblasTrans : CblasNoTrans, (blasint)rows,
                (blasint)columns, (blasint)inner, alpha, a.at,
                (blasint)a.stride, b.at, (blasint)b.stride, beta, c,
                (blasint)ldc);
}

/* How many rows of a stored matrix go into one product, of `all`. */
static size_t products_step_of(size_t ld, size_t all)
{
    const size_t most = AT_ONCE / (ld ? ld : 1) / LEAST * LEAST;
    const size_t step = most > LEAST ? most : LEAST;

    return step < all ? step : all;
}

static size_t products_part_of(size_t step, size_t at, size_t all)
{
    return all - at < step ? all - at : step;
}

/* A product goes through long rows by columns: all rows, some columns of each,
 * then the next. So it gets few of them at a time, which stay where they were
 * read into, in a cache or in the windows of util/spill.h. */
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
                const struct wn_side left = {
                    a + (transpose_a ? i * lda + r : r * lda + i), lda,
                    transpose_a};
                const struct wn_side right = {
                    b + (transpose_b ? w * ldb + i : i * ldb + w), ldb,
                    transpose_b};

                products_multiply(products_part_of(high, r, rows),
                                  products_part_of(wide, w, columns),
                                  products_part_of(deep, i, inner), alpha, left,
                                  right, i ? 1 : beta, c + r * ldc + w, ldc);
            }
}

/* Its kernel sets take up to 448 rows of B at a time; a buffer has 32 MiB. */
double wn_linear_bytes(size_t columns)
{
    return fmin(1e6 + 448 * sizeof(double) * (double)columns, 0x1p25);
}

size_t wn_gemm_roundings(size_t inner)
{
    return amx ? 6 * inner : inner;
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
