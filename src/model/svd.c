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
#include "model/svd.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "model/factor.h"
#include "model/linear.h"
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

static int transpose(const struct sparse *a, struct transposed *t,
                     struct wn_error *error)
{
    const size_t entries = (size_t)a->start[a->rows];

    t->start = wn_new(a->columns + 2, sizeof *t->start, error);
    t->column = wn_new(entries, sizeof *t->column, error);
    t->value = wn_new(entries, sizeof *t->value, error);
    if (!t->start || !t->column || !t->value)
        return -1;
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
static void multiply(const struct sparse *a, const float *in, int threads,
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

/* out = X^T Y in double, k x l, where X has k and Y has l columns: products of
 * blocks of rows, added in order. */
static int inner(const float *x, size_t k, const float *y, size_t l, size_t n,
                 int threads, double *out, struct wn_error *error)
{
    const size_t blocks = wn_block_count(n);
    float *part = wn_new(wn_product(k, l, (size_t)threads), sizeof *part,
                         error);
    size_t thread = 0;

    if (!part)
        return -1;
    memset(out, 0, k * l * sizeof *out);
#pragma omp parallel num_threads(threads)
    {
        float *own;

#pragma omp critical
        own = part + k * l * thread++;
#pragma omp for ordered schedule(dynamic, 1)
        for (size_t b = 0; b < blocks; b++) {
            const size_t begin = wn_block_begin(b);

            wn_gemm(1, 0, k, l, wn_block_end(b, n) - begin, 1, x + begin * k,
                    k, y + begin * l, l, 0, own, l);
#pragma omp ordered
            for (size_t i = 0; i < k * l; i++)
                out[i] += (double)own[i];
        }
    }
    free(part);
    return 0;
}

/* Y += alpha X T; X has k, Y has l columns. */
static void add_product(float alpha, const float *x, size_t k, const float *t,
                        size_t l, size_t n, int threads, float *y)
{
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (size_t b = 0; b < wn_block_count(n); b++) {
        const size_t begin = wn_block_begin(b);

        wn_gemm(0, 0, wn_block_end(b, n) - begin, l, k, alpha, x + begin * k,
                k, t, l, 1, y + begin * l, l);
    }
}

/* Y = Y T in place; T is l x l. */
static int apply(float *y, size_t n, size_t l, const float *t, int threads,
                 struct wn_error *error)
{
    const size_t blocks = wn_block_count(n);
    float *part = wn_new(wn_product(WN_BLOCK, l, (size_t)threads),
                         sizeof *part, error);
    size_t thread = 0;

    if (!part)
        return -1;
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
                          int threads, size_t *kept, struct wn_error *error)
{
    double *gram = wn_new(wn_product(l, l, 1), sizeof *gram, error);
    double *size = wn_new(l, sizeof *size, error);
    float *t = wn_new(wn_product(l, l, 1), sizeof *t, error);
    int status = -1;

    if (!gram || !size || !t ||
        inner(y, l, y, l, n, threads, gram, error) ||
        wn_factor_eigen(gram, l, size, error))
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
    free(size);
    free(t);
    return status;
}

/* The Krylov space: q holds `blocks` matrices of rows x B, t is square with
 * blocks x B rows. */
struct krylov {
    size_t rows, blocks;
    float *q;
    double *t;
    int threads;
};

static float *block_of(const struct krylov *krylov, size_t b)
{
    return krylov->q + b * krylov->rows * B;
}

/* Random signs, B in a row. */
static void fill(float *z, size_t n)
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

/* W less its part in blocks 0 .. last; the shares go to T the first time. */
static int subtract(struct krylov *krylov, size_t last, bool first, float *w,
                    struct wn_error *error)
{
    const size_t side = krylov->blocks * B;
    double share[B * B];
    float part[B * B];

    for (size_t b = 0; b <= last; b++) {
        const float *q = block_of(krylov, b);

        if (inner(q, B, w, B, krylov->rows, krylov->threads, share, error))
            return -1;
        for (size_t i = 0; i < B * B; i++) {
            double *t = krylov->t;
            const size_t r = b * B + i / B, c = last * B + i % B;

            part[i] = (float)share[i];
            if (first)
                t[r * side + c] = t[c * side + r] = share[i];
        }
        add_product(-1, q, B, part, B, krylov->rows, krylov->threads, w);
    }
    return 0;
}

/* Fill q and t; z is room for columns x B. */
static int expand(struct krylov *krylov, const struct sparse *a,
                  const struct sparse *back, float *z, float *w,
                  struct wn_error *error)
{
    double gram[B * B], least;
    size_t kept;

    fill(z, a->columns);
    multiply(a, z, krylov->threads, krylov->q);
    if (orthonormalise(krylov->q, krylov->rows, B, 0, krylov->threads, &kept,
                       error))
        return -1;
    for (size_t b = 0; b < krylov->blocks; b++) {
        multiply(back, block_of(krylov, b), krylov->threads, z);
        multiply(a, z, krylov->threads, w);
        if (inner(w, B, w, B, krylov->rows, krylov->threads, gram, error))
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
            orthonormalise(w, krylov->rows, B, least, krylov->threads, &kept,
                           error))
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
    float part[B * B];

    memset(u, 0, krylov->rows * B * sizeof *u);
    for (size_t b = 0; b < krylov->blocks; b++) {
        for (size_t i = 0; i < B; i++)
            for (size_t j = 0; j < B; j++)
                part[i * B + j] =
                    c + j < side
                        ? (float)s[(side - 1 - c - j) * side + b * B + i]
                        : 0;
        add_product(1, block_of(krylov, b), B, part, B, krylov->rows,
                    krylov->threads, u);
    }
}

/* Each column with its largest entry positive. */
static void choose_signs(float *basis, size_t m, size_t rank)
{
    for (size_t c = 0; c < rank; c++) {
        float most = 0;

        for (size_t j = 0; j < m; j++)
            if (fabsf(basis[j * rank + c]) > fabsf(most))
                most = basis[j * rank + c];
        for (size_t j = 0; j < m && most < 0; j++)
            basis[j * rank + c] = -basis[j * rank + c];
    }
}

static size_t choose_blocks(size_t rows, size_t columns, size_t rank)
{
    const size_t least = rows < columns ? rows : columns;
    const size_t most = (least + B - 1) / B;
    size_t wanted = (WN_SVD_DEPTH * rank + B - 1) / B;

    if (wanted < WN_SVD_LEAST)
        wanted = WN_SVD_LEAST;
    return wanted < most ? wanted : most;
}

/* basis = A^T Q S, `rank` columns. */
static int project(const struct krylov *krylov, const struct sparse *back,
                   double *value, float *z, float *w, size_t rank,
                   float *basis, struct wn_error *error)
{
    if (wn_factor_eigen(krylov->t, krylov->blocks * B, value, error))
        return -1;
    for (size_t c = 0; c < rank; c += B) {
        combine(krylov, krylov->t, c, w);
        multiply(back, w, krylov->threads, z);
        for (size_t j = 0; j < back->rows; j++)
            for (size_t i = 0; i < B && c + i < rank; i++)
                basis[j * rank + c + i] = z[j * B + i];
    }
    return 0;
}

int wn_svd_basis(size_t rows, size_t columns, const uint64_t *start,
                 const uint32_t *column, const float *value, size_t rank,
                 int threads, float *basis, size_t *found,
                 struct wn_error *error)
{
    const struct sparse a = {rows, columns, start, column, value};
    const size_t blocks = choose_blocks(rows, columns, rank);
    struct krylov krylov = {.rows = rows, .blocks = blocks,
                            .threads = threads};
    struct transposed t = {0};
    float *w = wn_new(wn_product(rows, B, 1), sizeof *w, error);
    float *z = wn_new(wn_product(columns, B, 1), sizeof *z, error);
    double *size = wn_new(blocks * B, sizeof *size, error);
    int status = -1;

    krylov.q = wn_new(wn_product(rows, B, blocks), sizeof *krylov.q, error);
    krylov.t = wn_new(wn_product(blocks * B, blocks * B, 1),
                      sizeof *krylov.t, error);
    if (!w || !z || !size || !krylov.q || !krylov.t ||
        transpose(&a, &t, error))
        goto done;
    const struct sparse back = {columns, rows, t.start, t.column, t.value};
    if (expand(&krylov, &a, &back, z, w, error) ||
        project(&krylov, &back, size, z, w, rank, basis, error) ||
        orthonormalise(basis, columns, rank, 0, threads, found, error))
        goto done;
    choose_signs(basis, columns, rank);
    status = 0;
done:
    free_transposed(&t);
    free(w);
    free(z);
    free(size);
    free(krylov.q);
    free(krylov.t);
    return status;
}
