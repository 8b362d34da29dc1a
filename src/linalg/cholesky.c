/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LAPACK is column-major: our lower triangle is its upper triangle. */
#include "linalg/cholesky.h"

#include <cblas.h>
#include <stdlib.h>

#include "util/memory.h"
#include "util/spill.h"

/* The Fortran names that OpenBLAS exports. */
extern void dpotrf_(const char *uplo, const int *n, double *a, const int *lda,
                    int *info);
extern void dpotri_(const char *uplo, const int *n, double *a, const int *lda,
                    int *info);
extern void dtrtri_(const char *uplo, const char *diagonal, const int *n,
                    double *a, const int *lda, int *info);
extern void dsyevd_(const char *job, const char *uplo, const int *n, double *a,
                    const int *lda, double *value, double *work,
                    const int *lwork, int *iwork, const int *liwork, int *info);

int wn_cholesky(double *a, size_t p, struct wn_error *error)
{
    const int n = (int)p;
    int info;

    dpotrf_("U", &n, a, &n, &info);
    if (info)
        return wn_fail(error, WN_ENUMERIC,
                       "a matrix is not positive definite at pivot %d", info);
    return 0;
}

void wn_cholesky_solve(const double *l, size_t p, double *b, size_t k,
                       size_t stride)
{
    cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans,
                CblasNonUnit, (int)p, (int)k, 1, l, (int)p, b, (int)stride);
    cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasTrans, CblasNonUnit,
                (int)p, (int)k, 1, l, (int)p, b, (int)stride);
}

int wn_cholesky_invert(double *l, size_t p, struct wn_error *error)
{
    const int n = (int)p;
    int info;

    dtrtri_("U", "N", &n, l, &n, &info);
    if (info)
        return wn_fail(error, WN_ENUMERIC, "a matrix is singular at pivot %d",
                       info);
    return 0;
}

int wn_cholesky_inverse(double *l, size_t p, struct wn_error *error)
{
    const int n = (int)p;
    int info;

    dpotri_("U", &n, l, &n, &info);
    if (info)
        return wn_fail(error, WN_ENUMERIC, "a matrix is singular at pivot %d",
                       info);
    return 0;
}

/* With eigenvectors (job "V") or without ("N"). */
static int eigen(const char *job, double *a, size_t p, double *value,
                 struct wn_error *error)
{
    /* The workspace that dsyevd wants for eigenvectors, with room for blocks.
     */
    const int n = (int)p, doubles = 1 + 40 * n + 2 * n * n, ints = 3 + 5 * n;
    double *work = wn_spill_new((size_t)doubles, sizeof *work);
    int *iwork = wn_new((size_t)ints, sizeof *iwork);
    int info;

    dsyevd_(job, "U", &n, a, &n, value, work, &doubles, iwork, &ints, &info);
    wn_spill_free(work);
    free(iwork);
    return info ? wn_fail(error, WN_ENUMERIC,
                          "the eigenvalues of a matrix do not converge")
                : 0;
}

int wn_cholesky_eigen(double *a, size_t p, double *value,
                      struct wn_error *error)
{
    return eigen("V", a, p, value, error);
}

int wn_cholesky_eigenvalues(double *a, size_t p, double *value,
                            struct wn_error *error)
{
    return eigen("N", a, p, value, error);
}
