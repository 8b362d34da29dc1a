/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings of the kernel chosen from the data, by leave-one-out on few rows;
 * see kernel.h. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "learn/copies.h"
#include "learn/kernel.h"
#include "learn/tuning.h"
#include "linalg/cholesky.h"
#include "linalg/pointwise.h"
#include "linalg/products.h"
#include "linalg/softmax_row.h"
#include "util/arena.h"
#include "util/memory.h"
#include "util/number.h"
#include "util/order.h"
#include "util/random.h"
#include "util/spill.h"

enum {
    MAX_LANDMARKS = 3072,    /* of thousands of rows, */
    MAX_CELLS = 40000000,    /* in between: rows x landmarks, */
    LARGE_LANDMARKS = 1024,  /* of very many rows, */
    MIN_LANDMARKS = 256,     /* of very many columns */
    SAMPLE_ROWS = 1024,      /* to choose bandwidth and ridge, */
    RIDGE_ROWS = 2048,       /* the ridge again, */
    DIVISOR_ROWS = 8192,     /* and between the two standardisations, */
    SAMPLE_CELLS = 1 << 24,  /* with no more numbers than that, */
    SAMPLE_LANDMARKS = 1024, /* on so many landmarks */
    PAIRS = 1000,            /* for the typical distance */
    PACKED = 1000000         /* bytes that a product packs a thread */
};

struct wn_kernel_loo {
    struct wn_arena own; /* its arrays */
    size_t n, d, k;
    float *product; /* n x n: of the rows */
    int32_t *label; /* n, 0..k-1 */
    double *weight; /* n */
    int32_t *order; /* n: rows by group */
    size_t *begin;  /* groups + 1: where each group starts in it */
    size_t groups;  /* that have rows */
    int threads;
    struct wn_units *units; /* a team divides the trials */
};

void wn_kernel_loo_free(struct wn_kernel_loo *loo)
{
    wn_arena_free(&loo->own);
    free(loo);
}

struct wn_kernel_loo *wn_kernel_loo_new(const struct wn_sample *sample,
                                        const struct wn_standardize *standard)
{
    struct wn_kernel_loo *loo = wn_new(1, sizeof *loo);
    const size_t n = sample->n, d = sample->d;
    float *x = wn_spill_new(wn_product(n, d, 1), sizeof *x);
    int32_t *group = wn_new(n, sizeof *group);

    loo->n = n;
    loo->d = d;
    loo->k = sample->k;
    loo->threads = sample->threads;
    loo->units = sample->units;
    loo->product = wn_arena_spill(&loo->own, sizeof *loo->product, n, n);
    loo->label = wn_arena_new(&loo->own, sizeof *loo->label, n, 1);
    loo->weight = wn_arena_new(&loo->own, sizeof *loo->weight, n, 1);
    loo->order = wn_arena_new(&loo->own, sizeof *loo->order, n, 1);
    loo->begin = wn_arena_new(&loo->own, sizeof *loo->begin, n + 1, 1);
    loo->groups = wn_groups_number(sample->group, sample->groups, n, group);
    wn_order_by_bucket(group, n, loo->groups, loo->begin, loo->order);
    free(group);
    for (size_t i = 0; i < n; i++) {
        wn_standardize_row(standard, sample->x + i * d, x + i * d);
        loo->weight[i] = wn_sample_weight(sample, i);
        loo->label[i] = sample->label[i];
    }
    wn_gemm(0, 1, n, n, d, 1, x, d, x, d, 0, loo->product, n);
    wn_spill_free(x);
    return loo;
}

static double kernel_loo_squares(const double *a, size_t count)
{
    double sum = 0;

    for (size_t c = 0; c < count; c++)
        sum += a[c] * a[c];
    return sum;
}

/* Add the squared errors of one group's rows, from the lower triangle of G^-1;
 * `residual` holds rows x k. */
static int add_group_error(const struct wn_kernel_loo *loo,
                           const double *inverse, size_t group,
                           double *residual, double *squared_error,
                           struct wn_error *error)
{
    const int32_t *row = loo->order + loo->begin[group];
    const size_t rows = loo->begin[group + 1] - loo->begin[group];
    const size_t n = loo->n, k = loo->k;

    /* residual[r] = a of row row[r]. */
    memset(residual, 0, rows * k * sizeof *residual);
    for (size_t r = 0; r < rows; r++) {
        const size_t i = (size_t)row[r];
        double *out = residual + r * k;

        for (size_t j = 0; j <= i; j++)
            out[loo->label[j]] += inverse[i * n + j];
        for (size_t j = i + 1; j < n; j++)
            out[loo->label[j]] += inverse[j * n + i];
    }
    if (rows == 1) {
        const double own = inverse[(size_t)row[0] * (n + 1)];

        *squared_error += kernel_loo_squares(residual, k) / (own * own);
        return 0;
    }
    double *block = wn_spill_new(wn_product(rows, rows, 1), sizeof *block);
    /* Rows of a group ascend: row[c] <= row[r] is in the lower triangle. */
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c <= r; c++)
            block[r * rows + c] = inverse[(size_t)row[r] * n + (size_t)row[c]];
    const int status = wn_cholesky(block, rows, error);
    if (status == 0) {
        wn_cholesky_solve(block, rows, residual, k, k);
        *squared_error += kernel_loo_squares(residual, rows * k);
    }
    wn_spill_free(block);
    return status;
}

int wn_kernel_loo_try(const struct wn_kernel_loo *loo, struct wn_trial *trials,
                      size_t count, struct wn_error *error)
{
    const size_t n = loo->n;
    size_t max = 0; /* rows of a group */
    int failed = 0;

    for (size_t g = 0; g < loo->groups; g++) {
        const size_t rows = loo->begin[g + 1] - loo->begin[g];

        max = rows > max ? rows : max;
    }
    const size_t ranks = wn_units_ranks(loo->units);

#pragma omp parallel for schedule(dynamic) num_threads(loo->threads)
    for (size_t t = 0; t < count; t++) {
        if (t % ranks != wn_units_rank(loo->units))
            continue;
        struct wn_trial *trial = &trials[t];
        const double width = trial->bandwidth;
        const float bend = -(float)(1 / (2 * width * width));
        double *matrix = wn_spill_new(wn_product(n, n, 1), sizeof *matrix);
        double *residual =
            wn_spill_new(wn_product(max, loo->k, 1), sizeof *residual);
        float *row = wn_new(n, sizeof *row);
        struct wn_error own = {0};

        /* The lower triangle of G. */
        for (size_t i = 0; i < n; i++) {
            const float *product = loo->product + i * n;
            const float length = product[i];

            for (size_t j = 0; j <= i; j++) {
                const float distance =
                    length + loo->product[j * n + j] - 2 * product[j];

                row[j] = bend * (distance > 0 ? distance : 0);
            }
            wn_exp_rows(row, i + 1);
            for (size_t j = 0; j <= i; j++)
                matrix[i * n + j] =
                    1 + (double)row[j] + (double)product[j] / (double)loo->d;
            matrix[i * n + i] += trial->ridge / loo->weight[i];
        }
        bool done = wn_cholesky(matrix, n, &own) == 0 &&
                    wn_cholesky_inverse(matrix, n, &own) == 0;
        trial->squared_error = 0;
        for (size_t g = 0; done && g < loo->groups; g++)
            done = add_group_error(loo, matrix, g, residual,
                                   &trial->squared_error, &own) == 0;
        wn_spill_free(matrix);
        wn_spill_free(residual);
        free(row);
        if (!done) {
#pragma omp critical
            {
                failed = 1;
                *error = own;
            }
        }
    }
    for (size_t t = 0; !failed && t < count; t++)
        wn_units_share(loo->units, &trials[t].squared_error,
                       sizeof trials[t].squared_error, t % ranks);
    return failed ? -1 : 0;
}

/* The number of landmarks for n rows of d columns: at most `max`, n, and as
 * many as hold 2^26 numbers, but at least MIN_LANDMARKS if there are as many
 * rows. */
static size_t limit_landmarks(size_t n, size_t d, size_t max)
{
    size_t count = max;

    if (count > ((size_t)1 << 26) / d)
        count = ((size_t)1 << 26) / d;
    if (count < MIN_LANDMARKS)
        count = MIN_LANDMARKS;
    return count < n ? count : n;
}

/* The landmarks of a sample: between LARGE_ and MAX_LANDMARKS as many as keep
 * n m below MAX_CELLS. */
static size_t landmark_count(const struct wn_sample *sample)
{
    const size_t max = MAX_CELLS / sample->n;

    return limit_landmarks(sample->n, sample->d,
                           max < LARGE_LANDMARKS ? LARGE_LANDMARKS
                           : max > MAX_LANDMARKS ? MAX_LANDMARKS
                                                 : max);
}

/* The median distance of random pairs of rows; 1 where all are equal. */
static double typical_distance(const struct wn_standardize *standard,
                               const struct wn_sample *sample)
{
    const size_t n = sample->n, d = sample->d;
    float *a = wn_new(2 * d, sizeof *a), *b = a + d;
    struct wn_random random;
    double distance[PAIRS];
    size_t count = 0;

    wn_random_start(&random, sample->seed, WN_RANDOM_SAMPLE, 1, 0);
    for (size_t s = 0; s < PAIRS; s++) {
        double sum = 0;

        wn_standardize_row(standard,
                           sample->x + wn_random_below(&random, n) * d, a);
        wn_standardize_row(standard,
                           sample->x + wn_random_below(&random, n) * d, b);
        for (size_t j = 0; j < d; j++)
            sum +=
                ((double)a[j] - (double)b[j]) * ((double)a[j] - (double)b[j]);
        if (sum > 0)
            distance[count++] = sqrt(sum);
    }
    free(a);
    if (count == 0)
        return 1;
    qsort(distance, count, sizeof *distance, wn_number_ascending);
    return distance[count / 2];
}

/* The settings under one standardisation. */
struct candidate {
    struct wn_standardize standard;
    struct wn_kernel kernel;
    double squared_error; /* leave-one-out */
};

/* Choose the ridge at half the typical distance, the bandwidth at that ridge,
 * and the ridge again: of the trials and between them, so that a single label
 * does not make the choice jump. The ridge is a ratio of two variances and does
 * not grow with n, so what is best on the sample is good for all rows. */
static int choose_on_few(const struct wn_sample *sample,
                         struct candidate *candidate, struct wn_error *error)
{
    enum { LINES = 3, MAX_TRIALS = 4 };
    struct wn_kernel *kernel = &candidate->kernel;
    const struct {
        double first, factor;
        size_t count;
        double *setting;
    } lines[LINES] = {{0.1, 10, 4, &kernel->ridge},
                      {0.6 * kernel->bandwidth, 5. / 3, 4, &kernel->bandwidth},
                      {0, 3, 3, &kernel->ridge}};
    struct wn_kernel_loo *loo = wn_kernel_loo_new(sample, &candidate->standard);
    int status = 0;

    for (size_t l = 0; l < LINES && status == 0; l++) {
        const double first =
            l + 1 == LINES ? kernel->ridge / 3 : lines[l].first;
        struct wn_trial trials[MAX_TRIALS];
        double squared_error[MAX_TRIALS];

        wn_log_progress(sample->log, "kernel settings", l, LINES);
        for (size_t t = 0; t < lines[l].count; t++) {
            *lines[l].setting = first * pow(lines[l].factor, (double)t);
            trials[t] = (struct wn_trial){kernel->bandwidth, kernel->ridge, 0};
        }
        status = wn_kernel_loo_try(loo, trials, lines[l].count, error);
        if (status)
            break;
        candidate->squared_error = INFINITY;
        for (size_t t = 0; t < lines[l].count; t++) {
            squared_error[t] = trials[t].squared_error;
            candidate->squared_error =
                fmin(candidate->squared_error, squared_error[t]);
        }
        *lines[l].setting =
            first * pow(lines[l].factor,
                        wn_parabola_minimum(squared_error, lines[l].count));
    }
    if (status == 0)
        wn_log_progress(sample->log, "kernel settings", LINES, LINES);
    wn_kernel_loo_free(loo);
    return status;
}

/* Raise the ridge for fewer landmarks than rows. */
static int choose_ridge(const struct wn_sample *sample,
                        struct candidate *candidate, struct wn_error *error)
{
    enum { TRIALS = 4 };
    struct wn_kernel kernel = candidate->kernel;
    float *score =
        wn_spill_new(wn_product(sample->n, sample->k, 1), sizeof *score);
    double ridge[TRIALS], squared_error[TRIALS];

    kernel.landmarks = limit_landmarks(sample->n, sample->d, SAMPLE_LANDMARKS);
    for (int t = 0; t < TRIALS; t++)
        ridge[t] = kernel.ridge * pow(3, t);
    const int status =
        wn_kernel_errors(&kernel, ridge, TRIALS, &candidate->standard, sample,
                         score, squared_error, error);
    wn_spill_free(score);
    if (status)
        return status;
    candidate->kernel.ridge *=
        pow(3, wn_parabola_minimum(squared_error, TRIALS));
    candidate->squared_error = INFINITY;
    for (int t = 0; t < TRIALS; t++)
        candidate->squared_error =
            fmin(candidate->squared_error, squared_error[t]);
    return 0;
}

/* Rows for choose_ridge(). With two standardisations more, as the one that is
 * best for few rows is not always best for many. */
static size_t large_rows(const struct wn_sample *sample, size_t candidates)
{
    const size_t max = SAMPLE_CELLS / sample->d;

    if (candidates == 1 || max < RIDGE_ROWS)
        return RIDGE_ROWS;
    return max < DIVISOR_ROWS ? max : DIVISOR_ROWS;
}

int wn_kernel_predict(const struct wn_sample *sample, float *probability,
                      struct wn_error *error)
{
    const size_t n = sample->n, d = sample->d;
    const size_t landmarks = landmark_count(sample);
    /* Candidate 0 divides each feature by its own deviation. Where deviations
     * differ much, candidate 1 divides all features by the same one. */
    struct candidate candidates[2] = {0};
    struct wn_sample few, many = {0};
    struct wn_arena drawn = {0};
    size_t count = 1, best = 0;
    int status = 0;

    wn_standardize_make(&candidates[0].standard, sample->x, n, d);
    if (wn_standardize_uneven(&candidates[0].standard)) {
        wn_standardize_make(&candidates[1].standard, sample->x, n, d);
        wn_standardize_join(&candidates[1].standard);
        count = 2;
    }
    few = wn_subsample_draw(sample, SAMPLE_ROWS, &drawn);
    if (landmarks < n)
        many = wn_subsample_draw(sample, large_rows(sample, count), &drawn);
    for (size_t v = 0; status == 0 && v < count; v++) {
        struct candidate *candidate = &candidates[v];

        candidate->kernel = (struct wn_kernel){
            .landmarks = landmarks,
            .bandwidth = 0.5 * typical_distance(&candidate->standard, sample),
            .ridge = 1};
        /* Without a label there is no error to compare. */
        if (few.n)
            status = choose_on_few(&few, candidate, error);
        if (few.n && many.n && status == 0)
            status = choose_ridge(&many, candidate, error);
        if (candidate->squared_error < candidates[best].squared_error)
            best = v;
    }
    wn_arena_free(&drawn);
    const struct wn_kernel kernel = candidates[best].kernel;
    if (status == 0)
        status = wn_kernel_scores(&kernel, &candidates[best].standard, sample,
                                  probability, error);
    if (status == 0) {
#pragma omp parallel for schedule(static) num_threads(sample->threads)
        for (size_t i = 0; i < n; i++)
            wn_softmax_row_from(probability + i * sample->k, sample->k, 1);
        if (sample->chosen)
            snprintf(sample->chosen, WN_CHOSEN,
                     "bandwidth=%.3g ridge=%.3g landmarks=%zu scale=%s",
                     kernel.bandwidth, kernel.ridge, kernel.landmarks,
                     best == 0 ? "each" : "all");
    }
    for (size_t v = 0; v < count; v++)
        wn_standardize_free(&candidates[v].standard);
    return status;
}

double wn_kernel_bytes(const struct wn_sample *sample)
{
    const double n = (double)sample->n, d = (double)sample->d;
    const double k = (double)sample->k, threads = (double)sample->threads;
    const size_t landmarks = landmark_count(sample);
    const double m = (double)landmarks, p = m + 1,
                 slab = fmin(WN_KERNEL_SLAB, n);
    const double groups = sample->groups
                              ? 8 * p * (p + k) + 4 * slab * k + 20 * n +
                                    threads * slab * (12.0 * slab + 800)
                              : 0;
    const double fit = 20 * p * p + 16 * p * k + 12 * p * slab + 4 * m * d +
                       4 * slab * d + groups;
    const double rows = fmin(SAMPLE_ROWS, n);
    const double trial =
        8 * rows * (rows + (sample->groups ? fmin(rows, k) : 1));
    const double few = 4 * rows * (rows + d) + fmin(threads, 4) * trial;
    const double q = SAMPLE_LANDMARKS + 1, classes = fmin(RIDGE_ROWS, k);
    const double drawn = m < n ? (double)large_rows(sample, 2) : 0;
    const double many = m < n
                            ? 28 * q * q + 24 * q * classes + 12 * q * slab +
                                  4 * q * d + 4 * drawn * classes + 4 * slab * d
                            : 0;

    return fmax(fit, 4 * (rows + drawn) * d + fmax(few, many)) +
           threads * (PACKED + wn_linear_bytes(landmarks));
}
