/* SPDX-License-Identifier: GPL-3.0-or-later */
/* linalg/cholesky.h: Cholesky factors in double, by OpenBLAS's LAPACK. */
#ifndef WN_LINALG_CHOLESKY_H
#define WN_LINALG_CHOLESKY_H

#include <stddef.h>

#include "util/error.h"

/* Replace the lower triangle of the symmetric positive definite p x p matrix a
 * (row-major, only that triangle is read) by its factor L, a = L L^T.
 * Errors: WN_ENUMERIC when a is not positive definite. */
int wn_cholesky(double *a, size_t p, struct wn_error *error) WN_MUST_CHECK;
/* Solve L L^T b = r for k right sides at once; b is p x k, row r at b + r *
 * stride, and holds r before and the answer after. */
void wn_cholesky_solve(const double *l, size_t p, double *b, size_t k,
                       size_t stride);
/* Replace the lower triangle L by its inverse. */
int wn_cholesky_invert(double *l, size_t p,
                       struct wn_error *error) WN_MUST_CHECK;
/* Replace L by the lower triangle of the inverse of L L^T. */
int wn_cholesky_inverse(double *l, size_t p,
                        struct wn_error *error) WN_MUST_CHECK;

/* Eigenvalues and eigenvectors of the symmetric p x p matrix a (row-major, the
 * lower triangle is read): value[p] ascending; row i of a becomes the unit
 * eigenvector of value[i].
 * Errors: WN_ENOMEM; WN_ENUMERIC when there is no convergence. */
int wn_cholesky_eigen(double *a, size_t p, double *value,
                      struct wn_error *error) WN_MUST_CHECK;
/* The eigenvalues only, ascending; a is undefined after. */
int wn_cholesky_eigenvalues(double *a, size_t p, double *value,
                            struct wn_error *error) WN_MUST_CHECK;

#endif
