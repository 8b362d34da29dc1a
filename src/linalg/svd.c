/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Leading singular vectors by block Lanczos, and the singular values of dense
 * matrices from X^T X or X X^T, the smaller one; see svd.h.
 *
 *   Q_0 = orthonormal(A random), rows x B
 *   for i = 0, 1, ...: W = A (A^T Q_i);  T_ji = Q_j^T W for j <= i
 *                      Q_i+1 = orthonormal(W - sum of Q_j Q_j^T W)
 *   T = S E S^T;  Z = A^T Q S, the columns of the largest E
 *   basis = orthonormal(Z)
 *
 * orthonormal() takes the eigenvectors of Y^T Y, which also shows dependent
 * columns: they become 0. Matrices of B columns are stored one after the other,
 * so that the products with A have a known width. */
#include "linalg/svd.h"

#include <cblas.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "linalg/cholesky.h"
#include "linalg/products.h"
#include "util/memory.h"
#include "util/random.h"
#include "util/spill.h"
#include "util/parallel.h"

enum { B = 32, DEPTH = 3, MIN_BLOCKS = 6 };

/* Squares below this share of the largest are rounding errors. */
static const double negligible = 1e-10;

struct sparse {
    size_t rows, columns;
    const uint64_t *start;
    const uint32_t *column;
    const float *value;
};

/* out = A in; both have B columns. */
static void multiply_sparse(const struct sparse *a, const float *in,
                            int threads, float *out)
{
#pragma omp parallel for schedule(dynamic, 64) num_threads(threads)
    for (size_t i = 0; i < a->rows; i++) {
        float row[B] = {0};

        for (uint64_t e = a->start[i]; e < a->start[i + 1]; e++) {
            const float *from = in + (size_t)a->column[e] * B;
            const float weight = a->value[e];

#pragma omp simd
            for (size_t c = 0; c < B; c++)
                row[c] += weight * from[c];
        }
        memcpy(out + i * B, row, sizeof row);
    }
}

/* out = X^T Y in double: X is `count` matrices of k columns one after the
 * other, each against Y's l columns, so out is count k x l. The products of
 * blocks of rows are added in order. */
static void multiply_transposed(const float *x, size_t count, size_t k,
                                const float *y, size_t l, size_t n, int threads,
                                double *out)
{
    const size_t blocks = wn_block_count(n), size = count * k * l;

    memset(out, 0, size * sizeof *out);
#pragma omp parallel num_threads(threads)
    {
        float *part = wn_new(size, sizeof *part);

#pragma omp for ordered schedule(static, 1)
        for (size_t b = 0; b < blocks; b++) {
            const size_t begin = wn_block_begin(b);
            const size_t rows = wn_block_end(b, n) - begin;

            for (size_t i = 0; i < count; i++)
                wn_gemm(1, 0, k, l, rows, 1, x + (i * n + begin) * k, k,
                        y + begin * l, l, 0, part + i * k * l, l);
#pragma omp ordered
            for (size_t i = 0; i < size; i++)
                out[i] += (double)part[i];
        }
        free(part);
    }
}

/* Y += alpha X T: X is `count` matrices of B columns one after the other, T is
 * count B x B and Y has B columns. */
static void add_products(float alpha, const float *x, size_t count,
                         const float *t, size_t n, int threads, float *y)
{
#pragma omp parallel for schedule(static, 1) num_threads(threads)
    for (size_t b = 0; b < wn_block_count(n); b++) {
        const size_t begin = wn_block_begin(b);
        const size_t rows = wn_block_end(b, n) - begin;

        for (size_t i = 0; i < count; i++)
            wn_gemm(0, 0, rows, B, B, alpha, x + (i * n + begin) * B, B,
                    t + i * B * B, B, 1, y + begin * B, B);
    }
}

/* Y = Y E / S where Y^T Y = E S^2 E^T, the largest first. Directions with S^2
 * below `min`, or negligible beside the largest, become 0; *kept is the number
 * of the others. `square` is S^2, ascending. */
static int orthonormalise(float *y, size_t n, size_t l, double min, int threads,
                          double *square, size_t *kept, struct wn_error *error)
{
    double *gram = wn_new(wn_product(l, l, 1), sizeof *gram);
    float *t = wn_new(wn_product(l, l, 1), sizeof *t);
    int status;

    multiply_transposed(y, 1, l, y, l, n, threads, gram);
    status = wn_cholesky_eigen(gram, l, square, error);
    *kept = 0;
    for (size_t c = 0; status == 0 && c < l; c++) {
        const size_t from = l - 1 - c;

        if (!(square[from] > fmax(min, negligible * square[l - 1])))
            break;
        for (size_t r = 0; r < l; r++)
            t[r * l + c] = (float)(gram[from * l + r] / sqrt(square[from]));
        ++*kept;
    }
#pragma omp parallel num_threads(threads)
    {
        float *part = wn_new(wn_product(WN_BLOCK, l, 1), sizeof *part);

#pragma omp for schedule(dynamic, 1)
        for (size_t b = 0; b < wn_block_count(n); b++) {
            const size_t begin = wn_block_begin(b);
            const size_t rows = wn_block_end(b, n) - begin;

            wn_gemm(0, 0, rows, l, l, 1, y + begin * l, l, t, l, 0, part, l);
            memcpy(y + begin * l, part, rows * l * sizeof *part);
        }
        free(part);
    }
    free(gram);
    free(t);
    return status;
}

/* The Krylov space: q is `blocks` matrices of rows x B, t is square with
 * blocks x B rows; part and share hold blocks x B x B numbers. */
struct krylov {
    size_t rows, blocks;
    float *q, *part;
    double *t, *share;
    int threads;
};

/* Subtract from W its part in blocks 0 .. last. The first time, the shares go
 * to T. */
static void subtract(struct krylov *k, size_t last, bool first, float *w)
{
    const size_t side = k->blocks * B, count = last + 1;

    multiply_transposed(k->q, count, B, w, B, k->rows, k->threads, k->share);
    for (size_t i = 0; i < count * B * B; i++) {
        const size_t r = i / B, c = last * B + i % B;

        k->part[i] = (float)k->share[i];
        if (first)
            k->t[r * side + c] = k->t[c * side + r] = k->share[i];
    }
    add_products(-1, k->q, count, k->part, k->rows, k->threads, w);
}

/* Fill q and t; z is scratch, columns x B, w is rows x B. */
static int expand(struct krylov *k, const struct sparse *a,
                  const struct sparse *transposed, float *z, float *w,
                  struct wn_error *error)
{
    double gram[B * B];
    size_t kept;

    /* Random signs. */
    for (size_t b = 0; b < wn_block_count(a->columns); b++) {
        struct wn_random random;

        wn_random_start(&random, 0, WN_RANDOM_PROJECTION, 0, b);
        for (size_t j = wn_block_begin(b); j < wn_block_end(b, a->columns);
             j++) {
            const uint64_t bits = wn_random_bits(&random);

            for (size_t c = 0; c < B; c++)
                z[j * B + c] = bits >> c & 1 ? 1 : -1;
        }
    }
    multiply_sparse(a, z, k->threads, k->q);
    if (orthonormalise(k->q, k->rows, B, 0, k->threads, gram, &kept, error))
        return -1;
    for (size_t b = 0; b < k->blocks; b++) {
        double min = 0;

        multiply_sparse(transposed, k->q + b * k->rows * B, k->threads, z);
        multiply_sparse(a, z, k->threads, w);
        multiply_transposed(w, 1, B, w, B, k->rows, k->threads, gram);
        for (size_t i = 0; i < B; i++)
            min = fmax(min, negligible * gram[i * B + i]);
        subtract(k, b, true, w);
        if (b + 1 == k->blocks)
            break;
        /* Twice, as what remains is small beside what was subtracted. */
        subtract(k, b, false, w);
        if (orthonormalise(w, k->rows, B, min, k->threads, gram, &kept, error))
            return -1;
        memcpy(k->q + (b + 1) * k->rows * B, w, k->rows * B * sizeof *w);
    }
    return 0;
}

/* basis = A^T Q S, `rank` columns; z and w are scratch. */
static int project(struct krylov *k, const struct sparse *transposed, float *z,
                   float *w, size_t rank, float *basis, struct wn_error *error)
{
    const size_t side = k->blocks * B;
    double *value = wn_new(side, sizeof *value);
    const int status = wn_cholesky_eigen(k->t, side, value, error);

    for (size_t c = 0; status == 0 && c < rank; c += B) {
        /* Eigenvectors are rows of T, ascending. */
        for (size_t i = 0; i < side; i++)
            for (size_t j = 0; j < B; j++)
                k->part[i * B + j] =
                    c + j < side ? (float)k->t[(side - 1 - c - j) * side + i]
                                 : 0;
        memset(w, 0, k->rows * B * sizeof *w);
        add_products(1, k->q, k->blocks, k->part, k->rows, k->threads, w);
        multiply_sparse(transposed, w, k->threads, z);
        for (size_t j = 0; j < transposed->rows; j++)
            for (size_t i = 0; i < B && c + i < rank; i++)
                basis[j * rank + c + i] = z[j * B + i];
    }
    free(value);
    return status;
}

int wn_svd_basis(size_t rows, size_t columns, const uint64_t *start,
                 const uint32_t *column, const float *value, size_t rank,
                 int threads, float *basis, double *square, size_t *found,
                 struct wn_error *error)
{
    const struct sparse a = {rows, columns, start, column, value};
    if (wn_linear_check_addresses(threads, error))
        return -1;
    const size_t entries = (size_t)start[rows];
    const size_t max = ((rows < columns ? rows : columns) + B - 1) / B;
    size_t blocks = (DEPTH * rank + B - 1) / B;
    uint64_t *from = wn_new(columns + 2, sizeof *from);
    uint32_t *row = wn_new(entries, sizeof *row);
    float *copy = wn_new(entries, sizeof *copy);
    float *w = wn_new(wn_product(rows, B, 1), sizeof *w);
    float *z = wn_new(wn_product(columns, B, 1), sizeof *z);

    blocks = blocks < MIN_BLOCKS ? MIN_BLOCKS : blocks;
    blocks = blocks < max ? blocks : max;
    /* Transpose A. Counts one place too far up become starts while the entries
     * are copied. */
    for (size_t e = 0; e < entries; e++)
        from[column[e] + 2]++;
    for (size_t j = 2; j <= columns + 1; j++)
        from[j] += from[j - 1];
    for (size_t i = 0; i < rows; i++)
        for (uint64_t e = start[i]; e < start[i + 1]; e++) {
            const uint64_t at = from[column[e] + 1]++;

            row[at] = (uint32_t)i;
            copy[at] = value[e];
        }
    const struct sparse transposed = {columns, rows, from, row, copy};
    struct krylov k = {
        .rows = rows,
        .blocks = blocks,
        .q = wn_new(wn_product(rows, B, blocks), sizeof *k.q),
        .part = wn_new(wn_product(blocks, B, B), sizeof *k.part),
        .t = wn_new(wn_product(blocks * B, blocks * B, 1), sizeof *k.t),
        .share = wn_new(wn_product(blocks, B, B), sizeof *k.share),
        .threads = threads};
    int status = expand(&k, &a, &transposed, z, w, error);
    if (status == 0)
        status = project(&k, &transposed, z, w, rank, basis, error);
    if (status == 0)
        status = orthonormalise(basis, columns, rank, 0, threads, square, found,
                                error);
    for (size_t c = 0; status == 0 && c < rank; c++) {
        float largest = 0;

        for (size_t j = 0; j < columns; j++) {
            const float entry = basis[j * rank + c];

            largest = fabsf(entry) > fabsf(largest) ? entry : largest;
        }
        for (size_t j = 0; largest < 0 && j < columns; j++)
            basis[j * rank + c] = -basis[j * rank + c];
    }
    for (size_t c = 0; status == 0 && c < rank / 2; c++) {
        const double small = square[c];

        square[c] = square[rank - 1 - c];
        square[rank - 1 - c] = small;
    }
    free(from);
    free(row);
    free(copy);
    free(w);
    free(z);
    free(k.q);
    free(k.part);
    free(k.t);
    free(k.share);
    return status;
}

enum { SPECTRUM_ROWS = 4096, SPECTRUM_WIDE = 1024, SPECTRUM_BLOCK = 256 };

/* Every how many rows one is used. */
static size_t spectrum_step(size_t n, size_t d)
{
    const size_t max = d > SPECTRUM_WIDE ? SPECTRUM_WIDE : SPECTRUM_ROWS;

    return (n + max - 1) / max;
}

double wn_spectrum_bytes(size_t n, size_t d)
{
    const size_t step = spectrum_step(n, d), rows = (n + step - 1) / step;
    const double size = (double)(rows < d ? rows : d);

    return 8 * size * (size + SPECTRUM_BLOCK) + wn_linear_bytes((size_t)size);
}

int wn_spectrum_find(const float *x, size_t n, size_t d,
                     struct wn_spectrum *spectrum, struct wn_error *error)
{
    const size_t step = spectrum_step(n, d), rows = (n + step - 1) / step;
    const bool tall = rows >= d;
    const size_t size = tall ? d : rows, length = tall ? rows : d;
    double *a = wn_spill_new(wn_product(size, size, 1), sizeof *a);
    double *block = wn_new(wn_product(SPECTRUM_BLOCK, size, 1), sizeof *block);
    double *square = wn_new(size, sizeof *square), sum = 0;

    *spectrum = (struct wn_spectrum){0};
    /* The lower triangle of X^T X, or of X X^T where that is smaller; X is
     * every step-th row of x, taken in blocks of the other side. */
    for (size_t at = 0; at < length; at += SPECTRUM_BLOCK) {
        const size_t left = length - at;
        const size_t count = left < SPECTRUM_BLOCK ? left : SPECTRUM_BLOCK;
        const size_t high = tall ? count : rows, wide = tall ? d : count;
        const float *from = tall ? x + at * step * d : x + at;

        for (size_t i = 0; i < high; i++)
            for (size_t j = 0; j < wide; j++)
                block[i * wide + j] = from[i * step * d + j];
        cblas_dsyrk(CblasRowMajor, CblasLower, tall ? CblasTrans : CblasNoTrans,
                    (int)size, (int)count, 1, block, (int)wide, 1, a,
                    (int)size);
    }
    free(block);
    const int status = wn_cholesky_eigenvalues(a, size, square, error);
    /* Smaller squares are rounding errors of 0. */
    const double min = square[size - 1] * 1e-12;
    for (size_t v = 0; status == 0 && v < size; v++)
        sum += square[v] > min ? sqrt(square[v]) : 0;
    for (size_t v = 0; sum > 0 && v < size; v++) {
        const double share = square[v] > min ? sqrt(square[v]) / sum : 0;

        spectrum->entropy -= share > 0 ? share * log(share) : 0;
        spectrum->largest = fmax(spectrum->largest, share);
    }
    if (size > 1)
        spectrum->evenness = spectrum->entropy / log((double)size);
    wn_spill_free(a);
    free(square);
    return status;
}
