/* SPDX-License-Identifier: GPL-3.0-or-later */
/* linalg/cholesky.h: Cholesky factors and eigenvalues in double, by OpenBLAS's
 * LAPACK. */
#ifndef WN_LINALG_CHOLESKY_H
#define WN_LINALG_CHOLESKY_H

#include <stddef.h>

#include "util/error.h"

/* Replace the lower triangle of the symmetric positive definite p x p matrix a
 * (row-major; the upper triangle is not read) by its factor L, a = L L^T.
 * Error: WN_ENUMERIC if a is not positive definite. */
int wn_cholesky(double *a, size_t p, struct wn_error *error) WN_MUST_CHECK;
/* Solve L L^T X = B for k right-hand sides; b is p x k with row stride `stride`
 * and is replaced by the solution. */
void wn_cholesky_solve(const double *l, size_t p, double *b, size_t k,
                       size_t stride);
/* Replace L by its inverse. Error: WN_ENUMERIC. */
int wn_cholesky_invert(double *l, size_t p,
                       struct wn_error *error) WN_MUST_CHECK;
/* Replace L by the lower triangle of the inverse of L L^T. Error: WN_ENUMERIC.
 */
int wn_cholesky_inverse(double *l, size_t p,
                        struct wn_error *error) WN_MUST_CHECK;

/* Eigenvalues and eigenvectors of the symmetric p x p matrix a (row-major; only
 * the lower triangle is read): value[p] ascending; row i of a becomes the unit
 * eigenvector of value[i]. Error: WN_ENUMERIC if they do not converge. */
int wn_cholesky_eigen(double *a, size_t p, double *value,
                      struct wn_error *error) WN_MUST_CHECK;
/* Only the eigenvalues; a is undefined afterwards. */
int wn_cholesky_eigenvalues(double *a, size_t p, double *value,
                            struct wn_error *error) WN_MUST_CHECK;

#endif
