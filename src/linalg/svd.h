/* SPDX-License-Identifier: GPL-3.0-or-later */
/* linalg/svd.h: singular values and vectors.
 *
 * wn_svd_basis() finds the leading right singular vectors of a sparse matrix by
 * a randomised block Krylov method (Musco and Musco 2015, "Randomized block
 * Krylov methods for stronger and faster approximate singular value
 * decomposition"), run as block Lanczos on A A^T with full
 * reorthogonalisation. The Krylov space has three times the rank in dimensions,
 * in blocks of 32 and at least six of them. Subspace iteration needs several
 * times as many products with A for the same accuracy on text. */
#ifndef WN_LINALG_SVD_H
#define WN_LINALG_SVD_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

/* A is rows x columns: row i holds value[e] in column[e] for start[i] <= e <
 * start[i+1].
 *   rank    1 .. number of vectors
 *   basis   out, columns x rank, row-major: orthonormal columns, the largest
 *           singular value first, the entry of largest magnitude positive
 *   square  out, rank: the squares of the singular values, descending
 *   found   out, the number of nonzero columns: less than `rank` if the rank of
 *           A is; the remaining columns of the basis are 0
 * The result depends only on A and rank, not on `threads`.
 * Memory: (3 rows + 2 columns) rank floats and a transposed copy of A.
 * Error: WN_ENUMERIC if an eigenproblem does not converge.
 * Compared with: scikit-learn TruncatedSVD, scipy.sparse.linalg.svds. */
int wn_svd_basis(size_t rows, size_t columns, const uint64_t *start,
                 const uint32_t *column, const float *value, size_t rank,
                 int threads, float *basis, double *square, size_t *found,
                 struct wn_error *error) WN_MUST_CHECK;

/* How the singular values s of a feature matrix spread, with q = s / sum s. */
struct wn_spectrum {
    double entropy;  /* -sum q log q */
    double evenness; /* entropy / log(number of singular values), 0 .. 1 */
    double largest;  /* the largest q */
};

/* Features learned from noisy labels spread over more directions (Chen et al.,
 * "Understanding and mitigating the label noise in pre-training on downstream
 * tasks", ICLR 2024). Looks at 4,096 rows of x (n x d, row-major, finite),
 * evenly spaced, or at 1,024 rows if d is larger than that. All 0 if x is 0.
 * Error: WN_ENUMERIC. Compared with numpy.linalg.svd. */
int wn_spectrum_find(const float *x, size_t n, size_t d,
                     struct wn_spectrum *spectrum,
                     struct wn_error *error) WN_MUST_CHECK;

/* Bytes that it takes at most. */
double wn_spectrum_bytes(size_t n, size_t d);

#endif
