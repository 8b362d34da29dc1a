/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact kernel ridge on few rows; see kernel_loo.h. */
#include "learn/kernel_loo.h"

#include <stdlib.h>
#include <string.h>

#include "linalg/cholesky.h"
#include "linalg/products.h"
#include "linalg/pointwise.h"
#include "util/spill.h"
#include "util/memory.h"

struct wn_kernel_loo {
    size_t n, d, k;
    float *product; /* n x n: of the rows */
    int32_t *label; /* n, 0..k-1 */
    double *weight; /* n */
    int32_t *order; /* n: rows by group */
    size_t *begin;  /* groups + 1: where each starts in it */
    size_t groups;  /* that have rows */
    int threads;
};

void wn_kernel_loo_free(struct wn_kernel_loo *exact)
{
    if (!exact)
        return;
    wn_spill_free(exact->product);
    free(exact->label);
    free(exact->weight);
    free(exact->order);
    free(exact->begin);
    free(exact);
}

/* Groups numbered 0, 1, ... as they come. */
static int kernel_loo_number_groups(const struct wn_sample *sample,
                                    int32_t *group, size_t *count)
{
    int32_t *number = wn_new(sample->groups, sizeof *number);

    *count = 0;
    for (size_t i = 0; i < sample->n; i++) {
        int32_t *mine = &number[sample->group[i]];

        if (!*mine)
            *mine = (int32_t)++ * count;
        group[i] = *mine - 1;
    }
    free(number);
    return 0;
}

static int kernel_loo_sort_groups(struct wn_kernel_loo *exact,
                                  const struct wn_sample *sample)
{
    const size_t n = exact->n;
    int32_t *group = wn_new(n, sizeof *group);
    size_t *next = wn_new(n + 1, sizeof *next);
    int status = -1;

    exact->groups = n;
    for (size_t i = 0; i < n; i++)
        group[i] = (int32_t)i;
    if (sample->group &&
        kernel_loo_number_groups(sample, group, &exact->groups))
        goto done;
    for (size_t i = 0; i < n; i++)
        exact->begin[group[i] + 1]++;
    for (size_t g = 0; g < exact->groups; g++)
        next[g + 1] = exact->begin[g + 1] += exact->begin[g];
    for (size_t i = 0; i < n; i++)
        exact->order[next[group[i]]++] = (int32_t)i;
    status = 0;
done:
    free(group);
    free(next);
    return status;
}

static void kernel_loo_find_products(struct wn_kernel_loo *exact,
                                     const struct wn_sample *sample,
                                     const struct wn_standardize *view)
{
    const size_t n = exact->n, d = exact->d;
    float *x = wn_spill_new(wn_product(n, d, 1), sizeof *x);

    for (size_t i = 0; i < n; i++)
        wn_standardize_row(view, sample->x + i * d, x + i * d);
    wn_gemm(0, 1, n, n, d, 1, x, d, x, d, 0, exact->product, n);
    wn_spill_free(x);
}

struct wn_kernel_loo *wn_kernel_loo_new(const struct wn_sample *sample,
                                        const struct wn_standardize *view)
{
    struct wn_kernel_loo *exact = wn_new(1, sizeof *exact);
    const size_t n = sample->n;

    exact->n = n;
    exact->d = sample->d;
    exact->k = sample->k;
    exact->threads = sample->threads;
    exact->product = wn_spill_new(wn_product(n, n, 1), sizeof *exact->product);
    exact->label = wn_new(n, sizeof *exact->label);
    exact->weight = wn_new(n, sizeof *exact->weight);
    exact->order = wn_new(n, sizeof *exact->order);
    exact->begin = wn_new(n + 1, sizeof *exact->begin);
    if (!exact->product || !exact->label || !exact->weight || !exact->order ||
        !exact->begin || kernel_loo_sort_groups(exact, sample)) {
        wn_kernel_loo_free(exact);
        return NULL;
    }
    kernel_loo_find_products(exact, sample, view);
    for (size_t i = 0; i < n; i++)
        exact->weight[i] = wn_sample_weight(sample, i);
    memcpy(exact->label, sample->label, n * sizeof *exact->label);
    return exact;
}

/* The lower triangle of G; `row` holds n. */
static void kernel_loo_fill(const struct wn_kernel_loo *exact,
                            const struct wn_trial *trial, double *matrix,
                            float *row)
{
    const float bend = -(float)(1 / (2 * trial->bandwidth * trial->bandwidth));
    const size_t n = exact->n;

    for (size_t i = 0; i < n; i++) {
        const float *product = exact->product + i * n;
        const float length = product[i];

        for (size_t j = 0; j <= i; j++) {
            const float apart =
                length + exact->product[j * n + j] - 2 * product[j];

            row[j] = bend * (apart > 0 ? apart : 0);
        }
        wn_exp_rows(row, i + 1);
        for (size_t j = 0; j <= i; j++)
            matrix[i * n + j] =
                1 + (double)row[j] + (double)product[j] / (double)exact->d;
        matrix[i * n + i] += trial->ridge / exact->weight[i];
    }
}

/* answer[r] = a of row row[r], from both halves of the lower triangle G^-1. */
static void add_columns(const struct wn_kernel_loo *exact,
                        const double *inverse, const int32_t *row, size_t rows,
                        double *answer)
{
    const size_t n = exact->n, k = exact->k;

    memset(answer, 0, rows * k * sizeof *answer);
    for (size_t r = 0; r < rows; r++) {
        const size_t i = (size_t)row[r];
        double *out = answer + r * k;

        for (size_t j = 0; j <= i; j++)
            out[exact->label[j]] += inverse[i * n + j];
        for (size_t j = i + 1; j < n; j++)
            out[exact->label[j]] += inverse[j * n + i];
    }
}

static double kernel_loo_squares(const double *a, size_t count)
{
    double sum = 0;

    for (size_t c = 0; c < count; c++)
        sum += a[c] * a[c];
    return sum;
}

/* The squared errors of one group's rows; `answer` holds rows x k. */
static int miss_group(const struct wn_kernel_loo *exact, const double *inverse,
                      size_t group, double *answer, double *miss,
                      struct wn_error *error)
{
    const int32_t *row = exact->order + exact->begin[group];
    const size_t rows = exact->begin[group + 1] - exact->begin[group];
    const size_t n = exact->n, k = exact->k;

    add_columns(exact, inverse, row, rows, answer);
    if (rows == 1) {
        const double own = inverse[(size_t)row[0] * (n + 1)];

        *miss += kernel_loo_squares(answer, k) / (own * own);
        return 0;
    }
    double *block = wn_spill_new(wn_product(rows, rows, 1), sizeof *block);
    /* Rows of a group ascend: row[c] <= row[r] is in the lower triangle. */
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c <= r; c++)
            block[r * rows + c] = inverse[(size_t)row[r] * n + (size_t)row[c]];
    const int status = wn_cholesky(block, rows, error);
    if (status == 0) {
        wn_cholesky_solve(block, rows, answer, k, k);
        *miss += kernel_loo_squares(answer, rows * k);
    }
    wn_spill_free(block);
    return status;
}

static int kernel_loo_try_one(const struct wn_kernel_loo *exact,
                              struct wn_trial *trial, struct wn_error *error)
{
    const size_t n = exact->n;
    double *matrix = wn_spill_new(wn_product(n, n, 1), sizeof *matrix);
    float *row = wn_new(n, sizeof *row);
    double *answer = NULL;
    size_t most = 0;
    int status = -1;

    for (size_t g = 0; g < exact->groups; g++) {
        const size_t rows = exact->begin[g + 1] - exact->begin[g];

        most = rows > most ? rows : most;
    }
    answer = wn_spill_new(wn_product(most, exact->k, 1), sizeof *answer);
    if (!answer)
        goto done;
    kernel_loo_fill(exact, trial, matrix, row);
    if (wn_cholesky(matrix, n, error) || wn_cholesky_inverse(matrix, n, error))
        goto done;
    trial->miss = 0;
    for (size_t g = 0; g < exact->groups; g++)
        if (miss_group(exact, matrix, g, answer, &trial->miss, error))
            goto done;
    status = 0;
done:
    wn_spill_free(matrix);
    free(row);
    wn_spill_free(answer);
    return status;
}

int wn_kernel_loo_try(const struct wn_kernel_loo *exact,
                      struct wn_trial *trials, size_t count,
                      struct wn_error *error)
{
    int failed = 0;

#pragma omp parallel for schedule(dynamic) num_threads(exact->threads)         \
    reduction(|                                                                \
              : failed)
    for (size_t t = 0; t < count; t++) {
        struct wn_error mine = {0};

        if (kernel_loo_try_one(exact, &trials[t], &mine)) {
            failed = 1;
#pragma omp critical
            *error = mine;
        }
    }
    return failed ? -1 : 0;
}
