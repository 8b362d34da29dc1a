/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Leaving out several rows at once; see group_loo.h. */
#include "learn/group_loo.h"

#include <math.h>
#include <stdlib.h>

#include "linalg/cholesky.h"
#include "linalg/products.h"
#include "util/memory.h"
#include "util/spill.h"

enum { WIDTH = 64 }; /* classes in hand at a time */

/* I - H, with a little on the diagonal: in float a row that alone decides its
 * score may seem to do more than that. */
static void fill_matrix(const float *gram, const double *weight, size_t rows,
                        double *matrix)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c <= r; c++)
            matrix[r * rows + c] =
                (r == c ? 1 + 1e-6 : 0) -
                sqrt(weight[r] * weight[c]) * (double)gram[r * rows + c];
}

/* S (Y - F) of classes from .. from+width-1. */
static void fill_right(const double *weight, const int32_t *label,
                       const float *score, size_t rows, size_t k, size_t from,
                       size_t width, double *right)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < width; c++)
            right[r * width + c] =
                sqrt(weight[r]) * ((label[r] == (int32_t)(from + c)) -
                                   (double)score[r * k + from + c]);
}

int wn_group_loo(const float *lever, size_t rows, size_t p,
                 const double *weight, const int32_t *label, size_t k,
                 float *score, struct wn_error *error)
{
    if (rows == 0)
        return 0;
    float *gram = wn_spill_new(wn_product(rows, rows, 1), sizeof *gram);
    float *change = wn_spill_new(wn_product(rows, WIDTH, 1), sizeof *change);
    double *matrix = wn_spill_new(wn_product(rows, rows, 1), sizeof *matrix);
    double *right = wn_spill_new(wn_product(rows, WIDTH, 1), sizeof *right);
    int status = -1;

    wn_gemm(0, 1, rows, rows, p, 1, lever, p, lever, p, 0, gram, rows);
    fill_matrix(gram, weight, rows, matrix);
    if (wn_cholesky(matrix, rows, error))
        goto done;
    for (size_t from = 0; from < k; from += WIDTH) {
        const size_t width = k - from < WIDTH ? k - from : WIDTH;

        fill_right(weight, label, score, rows, k, from, width, right);
        wn_cholesky_solve(matrix, rows, right, width, width);
        for (size_t r = 0; r < rows; r++)
            for (size_t c = 0; c < width; c++)
                change[r * width + c] =
                    (float)(sqrt(weight[r]) * right[r * width + c]);
        wn_gemm(0, 0, rows, width, rows, -1, gram, rows, change, width, 1,
                score + from, k);
    }
    status = 0;
done:
    wn_spill_free(gram);
    wn_spill_free(change);
    wn_spill_free(matrix);
    wn_spill_free(right);
    return status;
}
