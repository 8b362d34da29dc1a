/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Matrix products by OpenBLAS; see linear.h. */
#include "model/linear.h"

#include <cblas.h>
#include <string.h>

#include "util/large.h"

void wn_linear_start(void)
{
    openblas_set_num_threads(1);
}

const char *wn_linear_kernels(void)
{
    return openblas_get_corename();
}

const char *wn_linear_better(void)
{
#if defined(__x86_64__)
    static const char *const older[] = {"Haswell", "Zen", "Sandybridge",
                                        "Nehalem", "Prescott"};
    const char *found = openblas_get_corename();

    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx512f") ||
        !__builtin_cpu_supports("avx512dq") ||
        !__builtin_cpu_supports("avx512bw") ||
        !__builtin_cpu_supports("avx512vl"))
        return NULL;
    for (size_t i = 0; i < sizeof older / sizeof *older; i++)
        if (strcmp(found, older[i]) == 0)
            return "SkylakeX";
#endif
    return NULL;
}

void wn_gemm(int transpose_a, int transpose_b, size_t rows, size_t columns,
             size_t inner, float alpha, const float *a, size_t lda,
             const float *b, size_t ldb, float beta, float *c, size_t ldc)
{
    wn_large_check();
    cblas_sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans,
                transpose_b ? CblasTrans : CblasNoTrans, (blasint)rows,
                (blasint)columns, (blasint)inner, alpha, a, (blasint)lda, b,
                (blasint)ldb, beta, c, (blasint)ldc);
}

void wn_gemm_double(int transpose_a, int transpose_b, size_t rows,
                    size_t columns, size_t inner, const double *a, size_t lda,
                    const double *b, size_t ldb, double *c, size_t ldc)
{
    wn_large_check();
    cblas_dgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans,
                transpose_b ? CblasTrans : CblasNoTrans, (blasint)rows,
                (blasint)columns, (blasint)inner, 1, a, (blasint)lda, b,
                (blasint)ldb, 0, c, (blasint)ldc);
}
