/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random-feature ridge with leave-one-out; see kernel.h.
 *
 * Rows go through in slabs. The p x p matrix is built panel by panel, each
 * panel by one thread, each product in float over one slab and summed over the
 * slabs in double: neither threads nor memory change a bit. */
#include "model/kernel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/calibrate.h"
#include "model/factor.h"
#include "model/linear.h"
#include "model/standard.h"
#include "util/memory.h"
#include "util/random.h"
#include "util/thread.h"

enum {
    SLAB = 8 * WN_BLOCK,     /* rows in hand at a time */
    PANEL = 128,             /* columns of the p x p matrix per task */
    MOST_FEATURES = 2048,    /* D, unless d is very large */
    LEAST_FEATURES = 256,
    MOST_RAW = 1024,         /* more columns than this stay out of z */
    SAMPLE_ROWS = 2000,      /* for choosing bandwidth and ridge */
    SAMPLE_FEATURES = 1024,
    PAIRS = 1000             /* for the typical distance */
};

/* A fit while it is made. */
struct fit {
    const struct wn_kernel *kernel;
    const float *x;
    size_t n, d, k, p, raw;
    const int32_t *label;
    const float *weight;
    int threads;
    const struct wn_standard *view;
    float *row;       /* SLAB x d: rows as the kernel sees them */
    float *direction; /* d x D, in turns */
    float *phase;     /* D, in turns */
    float *slab;      /* SLAB x p: z of the rows in hand */
    float *weighed;   /* SLAB x p: z times its weight */
    float *product;   /* p x p: of one slab */
    double *matrix;   /* p x p: A, then its factor, then the inverse of that */
    double *right;    /* p x k: Z^T w Y, then B */
    float *inverse;   /* p x p */
    float *weights;   /* p x k: B in float */
    float *lever;     /* SLAB x p */
};

static double weight_of(const struct fit *fit, size_t i)
{
    if (fit->label[i] < 0)
        return 0;
    return fit->weight ? (double)fit->weight[i] : 1;
}

static void free_fit(struct fit *fit)
{
    free(fit->row);
    free(fit->direction);
    free(fit->phase);
    free(fit->slab);
    free(fit->weighed);
    free(fit->product);
    free(fit->matrix);
    free(fit->right);
    free(fit->inverse);
    free(fit->weights);
    free(fit->lever);
}

static int start_fit(struct fit *fit, uint64_t seed, struct wn_error *error)
{
    const size_t p = fit->p, D = fit->kernel->features;
    struct wn_random random;

    fit->row = wn_new(wn_product(SLAB, fit->d, 1), sizeof(float), error);
    fit->direction = wn_new(wn_product(fit->d, D, 1), sizeof(float), error);
    fit->phase = wn_new(D, sizeof(float), error);
    fit->slab = wn_new(wn_product(SLAB, p, 1), sizeof(float), error);
    fit->weighed = wn_new(wn_product(SLAB, p, 1), sizeof(float), error);
    fit->lever = wn_new(wn_product(SLAB, p, 1), sizeof(float), error);
    fit->product = wn_new(wn_product(p, p, 1), sizeof(float), error);
    fit->inverse = wn_new(wn_product(p, p, 1), sizeof(float), error);
    fit->matrix = wn_new(wn_product(p, p, 1), sizeof(double), error);
    fit->right = wn_new(wn_product(p, fit->k, 1), sizeof(double), error);
    fit->weights = wn_new(wn_product(p, fit->k, 1), sizeof(float), error);
    if (!fit->row || !fit->direction || !fit->phase || !fit->slab ||
        !fit->weighed ||
        !fit->lever || !fit->product || !fit->inverse || !fit->matrix ||
        !fit->right || !fit->weights)
        return -1;
    wn_random_start(&random, seed, WN_RANDOM_FEATURES, 0, 0);
    for (size_t i = 0; i < fit->d * D; i++)
        fit->direction[i] =
            (float)(wn_random_normal(&random) /
                    (2 * M_PI * fit->kernel->bandwidth));
    for (size_t i = 0; i < D; i++)
        fit->phase[i] = (float)wn_random_unit(&random);
    return 0;
}

/* cos(2 pi turns) to 1e-6; adding 1.5 x 2^23 and taking it away rounds. */
static inline float wave(float turns)
{
    const float part = turns - ((turns + 12582912.f) - 12582912.f);
    /* cos(2 pi |part|) = sin(2 pi (1/4 - |part|)) */
    const float a = 6.28318531f * (0.25f - (part < 0 ? -part : part));
    const float s = a * a;

    return a * (1 + s * (-1.66666667e-1f +
                         s * (8.33333333e-3f +
                              s * (-1.98412698e-4f +
                                   s * (2.75573192e-6f +
                                        s * -2.50521084e-8f)))));
}

/* z of one block of rows, into its place in the slab. */
static void expand_block(const struct fit *fit, size_t begin, size_t end,
                         float *x, float *z)
{
    const size_t p = fit->p, D = fit->kernel->features;
    const float scale = (float)sqrt(2.0 / (double)D);
    const float raw = (float)(1 / sqrt((double)fit->d));

    for (size_t i = begin; i < end; i++)
        wn_standard_row(fit->view, fit->x + i * fit->d,
                        x + (i - begin) * fit->d);
    wn_gemm(0, 0, end - begin, D, fit->d, 1, x, fit->d, fit->direction, D, 0,
            z, p);
    for (size_t i = begin; i < end; i++) {
        float *row = z + (i - begin) * p;

        for (size_t j = 0; j < D; j++)
            row[j] = scale * wave(row[j] + fit->phase[j]);
        for (size_t j = 0; j < fit->raw; j++)
            row[D + j] = raw * x[(i - begin) * fit->d + j];
        row[p - 1] = 1;
    }
}

static void expand_slab(struct fit *fit, size_t begin, size_t end)
{
    const size_t blocks = wn_block_count(end - begin);

#pragma omp parallel for schedule(dynamic) num_threads(fit->threads)
    for (size_t b = 0; b < blocks; b++) {
        const size_t first = begin + wn_block_begin(b);
        const size_t last = begin + wn_block_end(b, end - begin);

        expand_block(fit, first, last, fit->row + (first - begin) * fit->d,
                     fit->slab + (first - begin) * fit->p);
    }
}

/* Add the slab's part of columns from .. to of Z^T w Z, lower triangle only. */
static void add_panel(struct fit *fit, size_t rows, size_t from, size_t to)
{
    const size_t p = fit->p;

    wn_gemm(1, 0, p - from, to - from, rows, 1, fit->weighed + from, p,
            fit->slab + from, p, 0, fit->product + from * p + from, p);
    for (size_t r = from; r < p; r++)
        for (size_t c = from; c < to; c++)
            fit->matrix[r * p + c] += (double)fit->product[r * p + c];
}

static void add_slab(struct fit *fit, size_t begin, size_t end)
{
    const size_t p = fit->p, rows = end - begin;
    const size_t panels = (p + PANEL - 1) / PANEL;

    expand_slab(fit, begin, end);
#pragma omp parallel for schedule(static) num_threads(fit->threads)
    for (size_t r = 0; r < rows; r++) {
        const float w = (float)weight_of(fit, begin + r);

        for (size_t j = 0; j < p; j++)
            fit->weighed[r * p + j] = w * fit->slab[r * p + j];
    }
#pragma omp parallel for schedule(dynamic) num_threads(fit->threads)
    for (size_t b = 0; b < panels; b++)
        add_panel(fit, rows, b * PANEL,
                  (b + 1) * PANEL < p ? (b + 1) * PANEL : p);
#pragma omp parallel for schedule(static) num_threads(fit->threads)
    for (size_t j = 0; j < p; j++)
        for (size_t r = 0; r < rows; r++)
            if (fit->label[begin + r] >= 0)
                fit->right[j * fit->k + (size_t)fit->label[begin + r]] +=
                    (double)fit->weighed[r * p + j];
}

/* From sums to B and to the inverse of the factor, both also in float. */
static int solve(struct fit *fit, struct wn_error *error)
{
    const size_t p = fit->p;

    for (size_t j = 0; j < p; j++)
        fit->matrix[j * p + j] += fit->kernel->ridge;
    if (wn_factor(fit->matrix, p, error))
        return -1;
    wn_factor_solve(fit->matrix, p, fit->right, fit->k);
    if (wn_factor_invert(fit->matrix, p, error))
        return -1;
    for (size_t i = 0; i < p * fit->k; i++)
        fit->weights[i] = (float)fit->right[i];
    for (size_t r = 0; r < p; r++)
        for (size_t c = 0; c < p; c++)
            fit->inverse[r * p + c] =
                c <= r ? (float)fit->matrix[r * p + c] : 0;
    return 0;
}

/* Scores of rows first .. last-1 of the slab that begins at `begin`. */
static void judge_block(const struct fit *fit, size_t begin, size_t first,
                        size_t last, float *score)
{
    const size_t p = fit->p, k = fit->k;
    const float *z = fit->slab + (first - begin) * p;
    float *lever = fit->lever + (first - begin) * p;

    wn_gemm(0, 0, last - first, k, p, 1, z, p, fit->weights, k, 0,
            score + first * k, k);
    /* L^-1 is lower triangular: a panel of its rows ends at its diagonal. */
    for (size_t from = 0; from < p; from += PANEL) {
        const size_t to = from + PANEL < p ? from + PANEL : p;

        wn_gemm(0, 1, last - first, to - from, to, 1, z, p,
                fit->inverse + from * p, p, 0, lever + from, p);
    }
    for (size_t i = first; i < last; i++) {
        const float *row = lever + (i - first) * p;
        double h = 0;

        for (size_t j = 0; j < p; j++)
            h += (double)row[j] * (double)row[j];
        h *= weight_of(fit, i);
        if (h == 0)
            continue;
        h = h < 1 - 1e-6 ? h : 1 - 1e-6;
        for (size_t c = 0; c < k; c++) {
            const double y = (size_t)fit->label[i] == c;

            score[i * k + c] =
                (float)(((double)score[i * k + c] - h * y) / (1 - h));
        }
    }
}

int wn_kernel_scores(const struct wn_kernel *kernel,
                     const struct wn_standard *view, const float *x,
                     size_t n, size_t d, const int32_t *label, size_t k,
                     const float *weight, uint64_t seed, int threads,
                     float *score, struct wn_error *error)
{
    struct fit fit = {.kernel = kernel, .view = view, .x = x,
                      .n = n, .d = d, .k = k,
                      .raw = d <= MOST_RAW ? d : 0, .label = label,
                      .weight = weight, .threads = threads};
    int status = -1;

    fit.p = kernel->features + fit.raw + 1;
    if (start_fit(&fit, seed, error))
        goto done;
    for (size_t begin = 0; begin < n; begin += SLAB)
        add_slab(&fit, begin, begin + SLAB < n ? begin + SLAB : n);
    if (solve(&fit, error))
        goto done;
    for (size_t begin = 0; begin < n; begin += SLAB) {
        const size_t end = begin + SLAB < n ? begin + SLAB : n;
        const size_t blocks = wn_block_count(end - begin);

        if (n > SLAB)
            expand_slab(&fit, begin, end);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
        for (size_t b = 0; b < blocks; b++)
            judge_block(&fit, begin, begin + wn_block_begin(b),
                        begin + wn_block_end(b, end - begin), score);
    }
    status = 0;
done:
    free_fit(&fit);
    return status;
}

/* D for n rows of d columns: no more than rows, and W below 256 MiB. */
static size_t feature_count(size_t n, size_t d, size_t most)
{
    size_t count = n < most ? n : most;

    if (count > ((size_t)1 << 26) / d)
        count = ((size_t)1 << 26) / d;
    return count < LEAST_FEATURES ? LEAST_FEATURES : count;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The median distance of random pairs of rows; 1 where all are equal. */
static double typical_distance(const struct wn_standard *view,
                               const float *x, size_t n, size_t d,
                               uint64_t seed, float *a, float *b)
{
    struct wn_random random;
    double distance[PAIRS];
    size_t count = 0;

    wn_random_start(&random, seed, WN_RANDOM_SAMPLE, 1, 0);
    for (size_t s = 0; s < PAIRS; s++) {
        double sum = 0;

        wn_standard_row(view, x + wn_random_below(&random, n) * d, a);
        wn_standard_row(view, x + wn_random_below(&random, n) * d, b);

        for (size_t j = 0; j < d; j++)
            sum += ((double)a[j] - (double)b[j]) *
                   ((double)a[j] - (double)b[j]);
        if (sum > 0)
            distance[count++] = sqrt(sum);
    }
    if (count == 0)
        return 1;
    qsort(distance, count, sizeof *distance, compare);
    return distance[count / 2];
}

static double squared_error(const float *score, const int32_t *label,
                            size_t n, size_t k)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; label[i] >= 0 && c < k; c++) {
            const double miss =
                (double)score[i * k + c] - ((size_t)label[i] == c);

            sum += miss * miss;
        }
    return sum;
}

/* A sample of the rows to choose on. */
struct sample {
    const struct wn_standard *view;
    size_t n;
    float *x, *weight, *score;
    int32_t *label;
};

static void free_sample(struct sample *sample)
{
    free(sample->x);
    free(sample->weight);
    free(sample->score);
    free(sample->label);
}

static int draw_sample(struct sample *sample, const float *x, size_t n,
                       size_t d, const int32_t *label, size_t k,
                       const float *weight, uint64_t seed,
                       struct wn_error *error)
{
    struct wn_random random;
    int32_t *order = wn_new(n, sizeof *order, error);
    int status = -1;

    sample->n = n < SAMPLE_ROWS ? n : SAMPLE_ROWS;
    sample->x = wn_new(sample->n * d, sizeof(float), error);
    sample->weight = wn_new(sample->n, sizeof(float), error);
    sample->label = wn_new(sample->n, sizeof(int32_t), error);
    sample->score = wn_new(wn_product(sample->n, k, 1), sizeof(float), error);
    if (!order || !sample->x || !sample->weight || !sample->label ||
        !sample->score)
        goto done;
    for (size_t i = 0; i < n; i++)
        order[i] = (int32_t)i;
    wn_random_start(&random, seed, WN_RANDOM_SAMPLE, 2, 0);
    if (n > sample->n)
        wn_random_shuffle(&random, order, n);
    for (size_t i = 0; i < sample->n; i++) {
        const size_t from = (size_t)order[i];

        memcpy(sample->x + i * d, x + from * d, d * sizeof *x);
        sample->label[i] = label[from];
        sample->weight[i] = weight ? weight[from] : 1;
    }
    status = 0;
done:
    free(order);
    return status;
}

/* Fit the sample with these knobs; keep them in *best when no knobs before
 * had a smaller squared error. */
static int try_knobs(const struct sample *sample, size_t d, size_t k,
                     const struct wn_kernel *knobs, uint64_t seed,
                     int threads, struct wn_kernel *best, double *least,
                     struct wn_error *error)
{
    if (wn_kernel_scores(knobs, sample->view, sample->x, sample->n, d,
                         sample->label, k,
                         sample->weight, seed, threads, sample->score, error))
        return -1;
    const double miss =
        squared_error(sample->score, sample->label, sample->n, k);
    if (miss < *least) {
        *least = miss;
        *best = *knobs;
    }
    return 0;
}

/* The knobs with the least leave-one-out squared error on the sample: first the
 * ridge at half the typical distance, then the bandwidth at that ridge. The
 * ridge does not grow with n (it is the ratio of two variances), so what is
 * best on the sample is good for all rows. */
static int choose(const struct sample *sample, size_t d, size_t k,
                  double typical, uint64_t seed, int threads,
                  struct wn_talk *talk, struct wn_kernel *best,
                  struct wn_error *error)
{
    static const double ridges[] = {0.1, 1, 10, 100};
    static const double widths[] = {0.3, 0.8, 1.2};
    enum { RIDGES = sizeof ridges / sizeof *ridges,
           ALL = RIDGES + sizeof widths / sizeof *widths };
    struct wn_kernel knobs = {
        .features = feature_count(sample->n, d, SAMPLE_FEATURES),
        .bandwidth = 0.5 * typical};
    double least = INFINITY;

    for (size_t t = 0; t < ALL; t++) {
        wn_talk_progress(talk, "kernel knobs", t, ALL);
        knobs.ridge = t < RIDGES ? ridges[t] : best->ridge;
        if (t >= RIDGES)
            knobs.bandwidth = widths[t - RIDGES] * typical;
        if (try_knobs(sample, d, k, &knobs, seed, threads, best, &least,
                      error))
            return -1;
    }
    wn_talk_progress(talk, "kernel knobs", ALL, ALL);
    return 0;
}

/* softmax, so that wn_calibrate() can find its temperature. */
static void soften(float *score, size_t n, size_t k, int threads)
{
#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t i = 0; i < n; i++) {
        float *row = score + i * k;
        double most = -INFINITY, sum = 0;

        for (size_t c = 0; c < k; c++)
            most = (double)row[c] > most ? (double)row[c] : most;
        for (size_t c = 0; c < k; c++)
            sum += exp((double)row[c] - most);
        for (size_t c = 0; c < k; c++)
            row[c] = (float)(exp((double)row[c] - most) / sum);
    }
}

int wn_kernel_predict(const float *x, size_t n, size_t d,
                      const int32_t *label, size_t k, const float *weight,
                      uint64_t seed, int threads, struct wn_talk *talk,
                      float *probability, struct wn_kernel *chosen,
                      struct wn_error *error)
{
    struct wn_kernel kernel = {0};
    struct wn_standard view;
    float *pair = NULL;
    int status = -1;

    if (wn_standard_make(&view, x, n, d, error))
        return -1;
    struct sample sample = {.view = &view};
    pair = wn_new(2 * d, sizeof *pair, error);
    if (!pair ||
        draw_sample(&sample, x, n, d, label, k, weight, seed, error) ||
        choose(&sample, d, k,
               typical_distance(&view, x, n, d, seed, pair, pair + d), seed,
               threads, talk, &kernel, error))
        goto done;
    kernel.features = feature_count(n, d, MOST_FEATURES);
    if (wn_kernel_scores(&kernel, &view, x, n, d, label, k, weight, seed,
                         threads, probability, error))
        goto done;
    soften(probability, n, k, threads);
    wn_calibrate(probability, n, k, label, threads);
    if (chosen)
        *chosen = kernel;
    status = 0;
done:
    wn_standard_free(&view);
    free(pair);
    free_sample(&sample);
    return status;
}

double wn_kernel_bytes(size_t n, size_t d, size_t k)
{
    const double D = (double)feature_count(n, d, MOST_FEATURES);
    const double p = D + (double)(d <= MOST_RAW ? d : 0) + 1;

    return 16 * p * p + 12 * p * ((double)k + SLAB) + 4 * D * (double)d +
           4 * (double)SAMPLE_ROWS * (double)(d + k);
}
