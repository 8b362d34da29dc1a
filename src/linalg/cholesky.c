/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LAPACK is column-major: our lower triangle is its upper one. */
#include "linalg/cholesky.h"

#include <cblas.h>
#include <stdbool.h>
#include <stdlib.h>

#include "util/spill.h"
#include "util/memory.h"

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

/* With vectors (job "V") or without ("N"). */
static int eigen(const char *job, double *a, size_t p, double *value,
                 struct wn_error *error)
{
    /* What dsyevd asks for when it is to give vectors, and room for blocks. */
    const int n = (int)p, room = 1 + 40 * n + 2 * n * n, whole = 3 + 5 * n;
    double *work = wn_spill_new((size_t)room, sizeof *work);
    int *number = wn_new((size_t)whole, sizeof *number);
    int info = 0;

    if (work && number)
        dsyevd_(job, "U", &n, a, &n, value, work, &room, number, &whole, &info);
    const bool ready = work && number;
    wn_spill_free(work);
    free(number);
    if (!ready)
        return -1;
    if (info)
        return wn_fail(error, WN_ENUMERIC,
                       "the eigenvalues of a matrix do not converge");
    return 0;
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
