/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Matrix products by OpenBLAS; see linear.h. */
#include "model/linear.h"

#include <cblas.h>
#include <stdio.h>
#include <string.h>

#include "model/amx.h"

/* What the process multiplies with, as OpenBLAS has its own; set once. */
static bool amx;
static char kernels[64];

enum { LEAST = 32 }; /* of each size of what goes to the matrix unit */

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

void wn_gemm(int transpose_a, int transpose_b, size_t rows, size_t columns,
             size_t inner, float alpha, const float *a, size_t lda,
             const float *b, size_t ldb, float beta, float *c, size_t ldc)
{
    /* The unit's tiles have 16 lines, and want filling first. */
    if (amx && rows >= LEAST && columns >= LEAST && inner >= LEAST &&
        wn_amx_multiply(rows, columns, inner, alpha,
                        (struct wn_side){a, lda, transpose_a},
                        (struct wn_side){b, ldb, transpose_b}, beta, c, ldc))
        return;
    cblas_sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans,
                transpose_b ? CblasTrans : CblasNoTrans, (blasint)rows,
                (blasint)columns, (blasint)inner, alpha, a, (blasint)lda, b,
                (blasint)ldb, beta, c, (blasint)ldc);
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
