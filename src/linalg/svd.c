/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Leading singular vectors by block Lanczos; see svd.h.
 *
 *   Q_0 = orthonormal(A random), rows x B
 *   for i = 0, 1, ...: W = A (A^T Q_i);  T_ji = Q_j^T W for j <= i
 *                      Q_i+1 = orthonormal(W - sum of Q_j Q_j^T W)
 *   T = S E S^T;  Z = A^T Q S, the columns of the largest E
 *   basis = orthonormal(Z)
 *
 * Orthonormal columns come from the eigenvectors of the product Y^T Y, which
 * tells dependent ones too: they become 0. Matrices of B columns are stored one
 * behind the other, so that the products with A have a known width. */
#include "linalg/svd.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "linalg/cholesky.h"
#include "linalg/products.h"
#include "util/memory.h"
#include "util/random.h"
#include "util/thread.h"

enum { B = WN_SVD_BLOCK };

/* Squares whose share is below are rounding. */
static const double negligible = 1e-10;

struct sparse {
    size_t rows, columns;
    const uint64_t *start;
    const uint32_t *column;
    const float *value;
};

struct transposed {
    uint64_t *start;
    uint32_t *column;
    float *value;
};

static void free_transposed(struct transposed *t)
{
    free(t->start);
    free(t->column);
    free(t->value);
}

static int transpose(const struct sparse *a, struct transposed *t)
{
    const size_t entries = (size_t)a->start[a->rows];

    t->start = wn_new(a->columns + 2, sizeof *t->start);
    t->column = wn_new(entries, sizeof *t->column);
    t->value = wn_new(entries, sizeof *t->value);
    /* Counts one place too far up become starts while the entries are put. */
    for (size_t e = 0; e < entries; e++)
        t->start[a->column[e] + 2]++;
    for (size_t j = 2; j <= a->columns + 1; j++)
        t->start[j] += t->start[j - 1];
    for (size_t i = 0; i < a->rows; i++)
        for (uint64_t e = a->start[i]; e < a->start[i + 1]; e++) {
            const uint64_t at = t->start[a->column[e] + 1]++;

            t->column[at] = (uint32_t)i;
            t->value[at] = a->value[e];
        }
    return 0;
}

/* out = A in; both have B columns. */
static void svd_multiply(const struct sparse *a, const float *in, int threads,
                         float *out)
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

/* out = X^T Y in double: X is `count` matrices of k columns one behind the
 * other, each against Y's l columns, so out is count k x l. Products of blocks
 * of rows are added in order. */
static int inner(const float *x, size_t count, size_t k, const float *y,
                 size_t l, size_t n, int threads, double *out,
                 struct wn_error *error)
{
    const size_t blocks = wn_block_count(n), size = count * k * l;
    float *part = wn_new(wn_product(size, (size_t)threads, 1), sizeof *part);
    size_t thread = 0;

    memset(out, 0, size * sizeof *out);
#pragma omp parallel num_threads(threads)
    {
        float *own;

#pragma omp critical
        own = part + size * thread++;
#pragma omp for ordered schedule(static, 1)
        for (size_t b = 0; b < blocks; b++) {
            const size_t begin = wn_block_begin(b);
            const size_t rows = wn_block_end(b, n) - begin;

            for (size_t i = 0; i < count; i++)
                wn_gemm(1, 0, k, l, rows, 1, x + (i * n + begin) * k, k,
                        y + begin * l, l, 0, own + i * k * l, l);
#pragma omp ordered
            for (size_t i = 0; i < size; i++)
                out[i] += (double)own[i];
        }
    }
    free(part);
    return 0;
}

/* Y += alpha X T, where X is `count` matrices of B columns one behind the
 * other, T count B x B and Y has B columns. */
static void svd_add_products(float alpha, const float *x, size_t count,
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

/* Y = Y T in place; T is l x l. */
static int apply(float *y, size_t n, size_t l, const float *t, int threads,
                 struct wn_error *error)
{
    const size_t blocks = wn_block_count(n);
    float *part =
        wn_new(wn_product(WN_BLOCK, l, (size_t)threads), sizeof *part);
    size_t thread = 0;

#pragma omp parallel num_threads(threads)
    {
        float *own;

#pragma omp critical
        own = part + WN_BLOCK * l * thread++;
#pragma omp for schedule(dynamic, 1)
        for (size_t b = 0; b < blocks; b++) {
            const size_t begin = wn_block_begin(b);
            const size_t rows = wn_block_end(b, n) - begin;

            wn_gemm(0, 0, rows, l, l, 1, y + begin * l, l, t, l, 0, own, l);
            memcpy(y + begin * l, own, rows * l * sizeof *own);
        }
    }
    free(part);
    return 0;
}

/* Y = Y E / S where Y^T Y = E S^2 E^T, the largest first; directions with S^2
 * below `least`, or negligible beside the largest, become 0. *kept tells how
 * many do not. */
static int orthonormalise(float *y, size_t n, size_t l, double least,
                          int threads, double *size, size_t *kept,
                          struct wn_error *error)
{
    double *gram = wn_new(wn_product(l, l, 1), sizeof *gram);
    float *t = wn_new(wn_product(l, l, 1), sizeof *t);
    int status = -1;

    if (inner(y, 1, l, y, l, n, threads, gram, error) ||
        wn_cholesky_eigen(gram, l, size, error))
        goto done;
    *kept = 0;
    for (size_t c = 0; c < l; c++) {
        const size_t from = l - 1 - c; /* eigenvalues ascend */

        if (!(size[from] > fmax(least, negligible * size[l - 1])))
            break;
        for (size_t r = 0; r < l; r++)
            t[r * l + c] = (float)(gram[from * l + r] / sqrt(size[from]));
        ++*kept;
    }
    status = apply(y, n, l, t, threads, error);
done:
    free(gram);
    free(t);
    return status;
}

/* The Krylov space: q holds `blocks` matrices of rows x B, t is square with
 * blocks x B rows. */
struct krylov {
    size_t rows, blocks;
    float *q, *part;
    double *t, *share;
    int threads;
};

static float *block_of(const struct krylov *krylov, size_t b)
{
    return krylov->q + b * krylov->rows * B;
}

/* Random signs, B in a row. */
static void svd_fill(float *z, size_t n)
{
    for (size_t b = 0; b < wn_block_count(n); b++) {
        struct wn_random random;

        wn_random_start(&random, 0, WN_RANDOM_PROJECTION, 0, b);
        for (size_t j = wn_block_begin(b); j < wn_block_end(b, n); j++) {
            const uint64_t bits = wn_random_bits(&random);

            for (size_t c = 0; c < B; c++)
                z[j * B + c] = bits >> c & 1 ? 1 : -1;
        }
    }
}

/* W less its part in blocks 0 .. last; the shares go to T the first time.
 * share and part have room for as many numbers as all blocks x B x B. */
static int subtract(struct krylov *krylov, size_t last, bool first, float *w,
                    struct wn_error *error)
{
    const size_t side = krylov->blocks * B, count = last + 1;
    double *share = krylov->share;

    if (inner(krylov->q, count, B, w, B, krylov->rows, krylov->threads, share,
              error))
        return -1;
    for (size_t i = 0; i < count * B * B; i++) {
        const size_t r = i / B, c = last * B + i % B;

        krylov->part[i] = (float)share[i];
        if (first)
            krylov->t[r * side + c] = krylov->t[c * side + r] = share[i];
    }
    svd_add_products(-1, krylov->q, count, krylov->part, krylov->rows,
                     krylov->threads, w);
    return 0;
}

/* Fill q and t; z is room for columns x B. */
static int expand(struct krylov *krylov, const struct sparse *a,
                  const struct sparse *back, float *z, float *w,
                  struct wn_error *error)
{
    double gram[B * B], least;
    size_t kept;

    svd_fill(z, a->columns);
    svd_multiply(a, z, krylov->threads, krylov->q);
    if (orthonormalise(krylov->q, krylov->rows, B, 0, krylov->threads, gram,
                       &kept, error))
        return -1;
    for (size_t b = 0; b < krylov->blocks; b++) {
        svd_multiply(back, block_of(krylov, b), krylov->threads, z);
        svd_multiply(a, z, krylov->threads, w);
        if (inner(w, 1, B, w, B, krylov->rows, krylov->threads, gram, error))
            return -1;
        least = 0;
        for (size_t i = 0; i < B; i++)
            least = fmax(least, negligible * gram[i * B + i]);
        if (subtract(krylov, b, true, w, error))
            return -1;
        if (b + 1 == krylov->blocks)
            break;
        /* Once more: what is left is small beside what was taken away. */
        if (subtract(krylov, b, false, w, error) ||
            orthonormalise(w, krylov->rows, B, least, krylov->threads, gram,
                           &kept, error))
            return -1;
        memcpy(block_of(krylov, b + 1), w, krylov->rows * B * sizeof *w);
    }
    return 0;
}

/* Columns c .. c+B-1 of Q S, the largest first; s has eigenvectors as rows,
 * ascending. */
static void combine(const struct krylov *krylov, const double *s, size_t c,
                    float *u)
{
    const size_t side = krylov->blocks * B;

    memset(u, 0, krylov->rows * B * sizeof *u);
    for (size_t i = 0; i < side; i++)
        for (size_t j = 0; j < B; j++)
            krylov->part[i * B + j] =
                c + j < side ? (float)s[(side - 1 - c - j) * side + i] : 0;
    svd_add_products(1, krylov->q, krylov->blocks, krylov->part, krylov->rows,
                     krylov->threads, u);
}

/* Each column with its largest entry positive, the first of equal ones. */
static void choose_signs(float *basis, size_t m, size_t rank)
{
    float *most = wn_new(rank, sizeof *most);

    for (size_t j = 0; j < m; j++)
        for (size_t c = 0; c < rank; c++) {
            const float entry = basis[j * rank + c];

            most[c] = fabsf(entry) > fabsf(most[c]) ? entry : most[c];
        }
    for (size_t c = 0; c < rank; c++)
        most[c] = most[c] < 0 ? -1 : 1;
    for (size_t j = 0; j < m; j++)
        for (size_t c = 0; c < rank; c++)
            basis[j * rank + c] *= most[c];
    free(most);
}

static size_t choose_blocks(size_t rows, size_t columns, size_t rank)
{
    const size_t least = rows < columns ? rows : columns;
    const size_t most = (least + B - 1) / B;
    size_t wanted = (WN_SVD_DEPTH * rank + B - 1) / B;

    if (wanted < WN_SVD_MIN)
        wanted = WN_SVD_MIN;
    return wanted < most ? wanted : most;
}

/* basis = A^T Q S, `rank` columns. */
static int project(const struct krylov *krylov, const struct sparse *back,
                   double *value, float *z, float *w, size_t rank, float *basis,
                   struct wn_error *error)
{
    if (wn_cholesky_eigen(krylov->t, krylov->blocks * B, value, error))
        return -1;
    for (size_t c = 0; c < rank; c += B) {
        combine(krylov, krylov->t, c, w);
        svd_multiply(back, w, krylov->threads, z);
        for (size_t j = 0; j < back->rows; j++)
            for (size_t i = 0; i < B && c + i < rank; i++)
                basis[j * rank + c + i] = z[j * B + i];
    }
    return 0;
}

int wn_svd_basis(size_t rows, size_t columns, const uint64_t *start,
                 const uint32_t *column, const float *value, size_t rank,
                 int threads, float *basis, double *square, size_t *found,
                 struct wn_error *error)
{
    const struct sparse a = {rows, columns, start, column, value};
    const size_t blocks = choose_blocks(rows, columns, rank);
    struct krylov krylov = {.rows = rows, .blocks = blocks, .threads = threads};
    struct transposed t = {0};
    float *w = wn_new(wn_product(rows, B, 1), sizeof *w);
    float *z = wn_new(wn_product(columns, B, 1), sizeof *z);
    double *size = wn_new(blocks * B, sizeof *size);
    int status = -1;

    krylov.q = wn_new(wn_product(rows, B, blocks), sizeof *krylov.q);
    krylov.t = wn_new(wn_product(blocks * B, blocks * B, 1), sizeof *krylov.t);
    krylov.part = wn_new(wn_product(blocks, B, B), sizeof *krylov.part);
    krylov.share = wn_new(wn_product(blocks, B, B), sizeof *krylov.share);
    if (transpose(&a, &t))
        goto done;
    const struct sparse back = {columns, rows, t.start, t.column, t.value};
    if (expand(&krylov, &a, &back, z, w, error) ||
        project(&krylov, &back, size, z, w, rank, basis, error) ||
        orthonormalise(basis, columns, rank, 0, threads, square, found, error))
        goto done;
    choose_signs(basis, columns, rank);
    for (size_t c = 0; c < rank / 2; c++) {
        const double least = square[c];

        square[c] = square[rank - 1 - c];
        square[rank - 1 - c] = least;
    }
    status = 0;
done:
    free_transposed(&t);
    free(w);
    free(z);
    free(size);
    free(krylov.q);
    free(krylov.t);
    free(krylov.part);
    free(krylov.share);
    return status;
}
