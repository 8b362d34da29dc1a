/* SPDX-License-Identifier: GPL-3.0-or-later */
/* linalg/svd.h: the leading right singular vectors of a sparse matrix.
 *
 * A randomised block Krylov method (Musco and Musco 2015, "Randomized block
 * Krylov methods for stronger and faster approximate singular value
 * decomposition") as block Lanczos on A A^T with full reorthogonalisation:
 * blocks of WN_SVD_BLOCK vectors, three times the rank in all, and WN_SVD_MIN
 * blocks at least. Subspace iteration from as many products with A leaves 2,000
 * film reviews in 128 dimensions 3 points harder to tell apart. */
#ifndef WN_LINALG_SVD_H
#define WN_LINALG_SVD_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

enum { WN_SVD_BLOCK = 32, WN_SVD_DEPTH = 3, WN_SVD_MIN = 6 };

/* A is rows x columns: row i holds value[e] in column[e] for start[i] <= e <
 * start[i+1].
 *   rank    1 .. vectors wanted
 *   basis   out, columns x rank, row-major: orthonormal columns, the one of the
 *           largest singular value first, signs so that the entry of largest
 *           magnitude is positive
 *   square  out, rank: the squares of the singular values, descending
 *   found   out, how many there are: less than rank when A's own rank is; the
 *           basis then has 0 in the columns behind
 * The result depends neither on `threads` nor on anything but A and rank.
 * Memory: (3 rows + 2 columns) rank floats and a transposed copy of A.
 * Errors: WN_ENOMEM; WN_ENUMERIC if an eigenproblem does not converge.
 * Compared with: scikit-learn TruncatedSVD, scipy.sparse.linalg.svds. */
int wn_svd_basis(size_t rows, size_t columns, const uint64_t *start,
                 const uint32_t *column, const float *value, size_t rank,
                 int threads, float *basis, double *square, size_t *found,
                 struct wn_error *error) WN_MUST_CHECK;

#endif
