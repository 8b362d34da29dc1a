/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Landmarks and their kernel; see nystrom.h. */
#include "learn/nystrom.h"

#include <stdint.h>
#include <stdlib.h>

#include "linalg/cholesky.h"
#include "linalg/products.h"
#include "linalg/pointwise.h"
#include "util/spill.h"
#include "util/memory.h"
#include "util/random.h"
#include "util/parallel.h"

enum { PANEL = 128 }; /* columns of z a product */

/* Keeps K positive definite where rows repeat, and float errors small. */
#define JITTER 1e-3

static float squared_length(const float *x, size_t d)
{
    double sum = 0;

    for (size_t j = 0; j < d; j++)
        sum += (double)x[j] * (double)x[j];
    return (float)sum;
}

void wn_nystrom_kernel(const struct wn_nystrom *nystrom, const float *x,
                       size_t rows, float *out, size_t stride)
{
    const size_t m = nystrom->m, d = nystrom->d;
    const float raw = 1 / (float)d, bend = -nystrom->bend;
    float product[WN_BLOCK];

    wn_gemm(0, 1, rows, m, d, 1, x, d, nystrom->landmark, d, 0, out, stride);
    for (size_t r = 0; r < rows; r++) {
        const float length = squared_length(x + r * d, d);
        float *row = out + r * stride;

        for (size_t from = 0; from < m; from += WN_BLOCK) {
            const size_t width = m - from < WN_BLOCK ? m - from : WN_BLOCK;
            const float *norm = nystrom->norm + from;
            float *part = row + from;

            for (size_t j = 0; j < width; j++) {
                const float apart = length + norm[j] - 2 * part[j];

                product[j] = raw * part[j];
                part[j] = bend * (apart > 0 ? apart : 0);
            }
            wn_exp_rows(part, width);
            for (size_t j = 0; j < width; j++)
                part[j] += product[j];
        }
    }
}

static int draw_landmarks(struct wn_nystrom *nystrom,
                          const struct wn_sample *sample)
{
    const size_t d = nystrom->d;
    int32_t *order = wn_spill_new(sample->n, sizeof *order);
    struct wn_random random;

    wn_random_start(&random, sample->seed, WN_RANDOM_FEATURES, 0, 0);
    wn_random_draw(&random, order, sample->n, nystrom->m);
    for (size_t l = 0; l < nystrom->m; l++) {
        float *landmark = nystrom->landmark + l * d;

        wn_standardize_row(nystrom->view, sample->x + (size_t)order[l] * d,
                           landmark);
        nystrom->norm[l] = squared_length(landmark, d);
    }
    wn_spill_free(order);
    return 0;
}

/* K in double, its lower triangle. */
static int kernel_of_landmarks(const struct wn_nystrom *nystrom, double *matrix,
                               int threads)
{
    const size_t m = nystrom->m, d = nystrom->d, blocks = wn_block_count(m);
    float *rows = wn_spill_new(wn_product(m, m, 1), sizeof *rows);

#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (size_t b = 0; b < blocks; b++) {
        const size_t begin = wn_block_begin(b), end = wn_block_end(b, m);

        wn_nystrom_kernel(nystrom, nystrom->landmark + begin * d, end - begin,
                          rows + begin * m, m);
        for (size_t r = begin; r < end; r++) {
            for (size_t c = 0; c <= r; c++)
                matrix[r * m + c] = (double)rows[r * m + c];
            matrix[r * m + r] += JITTER;
        }
    }
    wn_spill_free(rows);
    return 0;
}

static int find_root(struct wn_nystrom *nystrom, int threads,
                     struct wn_error *error)
{
    const size_t m = nystrom->m;
    double *matrix = wn_spill_new(wn_product(m, m, 1), sizeof *matrix);
    int status = -1;

    if (matrix && kernel_of_landmarks(nystrom, matrix, threads) == 0 &&
        wn_cholesky(matrix, m, error) == 0)
        status = wn_cholesky_invert(matrix, m, error);
    for (size_t r = 0; r < m && status == 0; r++)
        for (size_t c = 0; c < m; c++)
            nystrom->root[r * m + c] = c <= r ? (float)matrix[r * m + c] : 0;
    wn_spill_free(matrix);
    return status;
}

int wn_nystrom_make(struct wn_nystrom *nystrom, const struct wn_sample *sample,
                    const struct wn_standardize *view, size_t m,
                    double bandwidth, struct wn_error *error)
{
    m = m < sample->n ? m : sample->n;
    *nystrom = (struct wn_nystrom){
        .view = view,
        .m = m,
        .d = sample->d,
        .bend = (float)(1 / (2 * bandwidth * bandwidth)),
        .landmark = wn_spill_new(wn_product(m, sample->d, 1), sizeof(float)),
        .norm = wn_new(m, sizeof(float)),
        .root = wn_spill_new(wn_product(m, m, 1), sizeof(float))};
    if (!nystrom->landmark || !nystrom->norm || !nystrom->root ||
        draw_landmarks(nystrom, sample))
        return -1;
    return find_root(nystrom, sample->threads, error);
}

void wn_nystrom_free(struct wn_nystrom *nystrom)
{
    wn_spill_free(nystrom->landmark);
    free(nystrom->norm);
    wn_spill_free(nystrom->root);
    *nystrom = (struct wn_nystrom){0};
}

void wn_nystrom_rows(const struct wn_nystrom *nystrom, const float *x,
                     size_t rows, float *spare, float *z, size_t stride)
{
    const size_t m = nystrom->m;

    wn_nystrom_kernel(nystrom, x, rows, spare, m);
    /* L^-1 is lower triangular: a panel of its rows ends at its diagonal. */
    for (size_t from = 0; from < m; from += PANEL) {
        const size_t to = from + PANEL < m ? from + PANEL : m;

        wn_gemm(0, 1, rows, to - from, to, 1, spare, m,
                nystrom->root + from * m, m, 0, z + from, stride);
    }
}
