/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel's knobs chosen from the data, its scores as probabilities; see
 * kernel.h. */
#include "learn/kernel.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "learn/tuning.h"
#include "learn/kernel_loo.h"
#include "linalg/products.h"
#include "linalg/softmax_row.h"
#include "util/spill.h"
#include "util/memory.h"
#include "util/random.h"

enum {
    MOST_LANDMARKS = 3072,   /* of thousands of rows, */
    WORK = 40000000,         /* in between: rows x landmarks */
    FEW_LANDMARKS = 1024,    /* of very many rows, */
    LEAST_LANDMARKS = 256,   /* of very many columns */
    SAMPLE_ROWS = 1024,      /* for choosing bandwidth and ridge, */
    LARGE_ROWS = 2048,       /* and the ridge again, */
    VIEW_ROWS = 8192,        /* and between two views of the rows, */
    LARGE_CELLS = 1 << 24,   /* of no more numbers than that, */
    SAMPLE_LANDMARKS = 1024, /* on these of them */
    PAIRS = 1000,            /* for the typical distance */
    PACKED = 1000000         /* bytes of a product's tiles (amx.c) */
};

/* As many as keep n m below WORK, so that sums take less for more rows. */
static size_t most_landmarks(size_t n)
{
    const size_t most = WORK / n;

    return most < FEW_LANDMARKS    ? FEW_LANDMARKS
           : most > MOST_LANDMARKS ? MOST_LANDMARKS
                                   : most;
}

/* Landmarks for n rows of d columns: no more than rows, and of all rows'
 * numbers no more than 256 MiB. */
static size_t landmark_count(size_t n, size_t d, size_t most)
{
    size_t count = most;

    if (count > ((size_t)1 << 26) / d)
        count = ((size_t)1 << 26) / d;
    if (count < LEAST_LANDMARKS)
        count = LEAST_LANDMARKS;
    return count < n ? count : n;
}

static int kernel_tune_compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The median distance of random pairs of rows; 1 where all are equal. */
static double typical_distance(const struct wn_standardize *view,
                               const float *x, size_t n, size_t d,
                               uint64_t seed, float *a, float *b)
{
    struct wn_random random;
    double distance[PAIRS];
    size_t count = 0;

    wn_random_start(&random, seed, WN_RANDOM_SAMPLE, 1, 0);
    for (size_t s = 0; s < PAIRS; s++) {
        double sum = 0;

        wn_standardize_row(view, x + wn_random_below(&random, n) * d, a);
        wn_standardize_row(view, x + wn_random_below(&random, n) * d, b);

        for (size_t j = 0; j < d; j++)
            sum +=
                ((double)a[j] - (double)b[j]) * ((double)a[j] - (double)b[j]);
        if (sum > 0)
            distance[count++] = sqrt(sum);
    }
    if (count == 0)
        return 1;
    qsort(distance, count, sizeof *distance, kernel_tune_compare);
    return distance[count / 2];
}

/* Knobs of a line of trials: each as the one before, times a factor. */
struct line {
    double first, factor;
    size_t count;
    bool ridge; /* or else the bandwidth */
};

/* Where the search begins, in one view of the rows. */
struct way {
    const struct wn_standardize *view;
    double typical; /* distance */
    struct wn_kernel_loo *exact;
    struct wn_kernel knobs;
    double miss; /* at these knobs, the leave-one-out squared error */
};

/* Move one knob to where the leave-one-out squared error on the sample is
 * least: of the trials and between them, so that no single label makes it
 * jump. */
static int kernel_tune_search(struct way *way, const struct line *line,
                              struct wn_error *error)
{
    enum { MOST = 4 };
    double *knob = line->ridge ? &way->knobs.ridge : &way->knobs.bandwidth;
    struct wn_trial trials[MOST];
    double miss[MOST];

    for (size_t t = 0; t < line->count; t++) {
        *knob = line->first * pow(line->factor, (double)t);
        trials[t] =
            (struct wn_trial){way->knobs.bandwidth, way->knobs.ridge, 0};
    }
    if (wn_kernel_loo_try(way->exact, trials, line->count, error))
        return -1;
    way->miss = INFINITY;
    for (size_t t = 0; t < line->count; t++) {
        miss[t] = trials[t].miss;
        way->miss = fmin(way->miss, miss[t]);
    }
    *knob =
        line->first * pow(line->factor, wn_tuning_lowest(miss, line->count));
    return 0;
}

/* The ridge at half the typical distance, the bandwidth at that ridge, and the
 * ridge again. It does not grow with n (it is the ratio of two variances), so
 * what is best on the sample is good for all rows. */
static int choose_exact(const struct wn_sample *sample, struct way *way,
                        struct wn_error *error)
{
    struct line lines[] = {{0.1, 10, 4, true},
                           {0.3 * way->typical, 5. / 3, 4, false},
                           {0, 3, 3, true}};
    enum { LINES = sizeof lines / sizeof *lines };
    int status;

    way->exact = wn_kernel_loo_new(sample, way->view);
    status = way->exact ? 0 : -1;
    for (size_t l = 0; l < LINES && status == 0; l++) {
        wn_log_progress(sample->log, "kernel knobs", l, LINES);
        if (l + 1 == LINES)
            lines[l].first = way->knobs.ridge / 3;
        status = kernel_tune_search(way, &lines[l], error);
    }
    if (status == 0)
        wn_log_progress(sample->log, "kernel knobs", LINES, LINES);
    wn_kernel_loo_free(way->exact);
    return status;
}

/* The ridge where only some rows are landmarks, from that where all are. */
static int kernel_tune_choose_ridge(const struct wn_sample *sample,
                                    struct way *way, struct wn_error *error)
{
    enum { TRIALS = 4 };
    struct wn_kernel kernel = way->knobs;
    float *score =
        wn_spill_new(wn_product(sample->n, sample->k, 1), sizeof *score);
    double ridge[TRIALS], miss[TRIALS];
    int status = -1;

    kernel.landmarks = landmark_count(sample->n, sample->d, SAMPLE_LANDMARKS);
    for (int t = 0; t < TRIALS; t++)
        ridge[t] = kernel.ridge * pow(3, t);
    if (score && wn_kernel_misses(&kernel, ridge, TRIALS, way->view, sample,
                                  score, miss, error) == 0) {
        way->knobs.ridge *= pow(3, wn_tuning_lowest(miss, TRIALS));
        way->miss = INFINITY;
        for (int t = 0; t < TRIALS; t++)
            way->miss = fmin(way->miss, miss[t]);
        status = 0;
    }
    wn_spill_free(score);
    return status;
}

/* How many rows tell the ridge; of the view more, as what is best for few rows
 * is not for many: on adult's 32,561 features divided by their own deviations
 * win from some thousand rows on. */
static size_t large_rows(const struct wn_sample *sample, size_t views)
{
    const size_t fair = LARGE_CELLS / sample->d;

    if (views == 1 || fair < LARGE_ROWS)
        return LARGE_ROWS;
    return fair < VIEW_ROWS ? fair : VIEW_ROWS;
}

static int kernel_tune_choose(const struct wn_sample *sample, struct way *ways,
                              size_t views, struct way *best,
                              struct wn_error *error)
{
    const size_t landmarks =
        landmark_count(sample->n, sample->d, most_landmarks(sample->n));
    struct wn_draw few = {0}, many = {0};
    int status = -1;

    if (wn_draw_rows(&few, sample, SAMPLE_ROWS) ||
        (landmarks < sample->n &&
         wn_draw_rows(&many, sample, large_rows(sample, views))))
        goto done;
    for (size_t v = 0; v < views; v++) {
        ways[v].knobs = (struct wn_kernel){.landmarks = landmarks,
                                           .bandwidth = 0.5 * ways[v].typical,
                                           .ridge = 1};
        /* Without a label there is nothing to judge by. */
        if (few.sample.n &&
            (choose_exact(&few.sample, &ways[v], error) ||
             (many.sample.n &&
              kernel_tune_choose_ridge(&many.sample, &ways[v], error))))
            goto done;
        if (v == 0 || ways[v].miss < best->miss)
            *best = ways[v];
    }
    status = 0;
done:
    wn_draw_free(&few);
    wn_draw_free(&many);
    return status;
}

/* The rows with each feature by its own deviation and, where that differs,
 * with all by one. */
static int make_views(const struct wn_sample *sample,
                      struct wn_standardize view[2], struct way *ways,
                      size_t *views)
{
    const size_t n = sample->n, d = sample->d;
    float *pair = wn_new(2 * d, sizeof *pair);

    *views = 0;
    if (wn_standardize_make(&view[0], sample->x, n, d))
        goto failed;
    *views = 1;
    if (wn_standardize_uneven(&view[0])) {
        if (wn_standardize_make(&view[1], sample->x, n, d))
            goto failed;
        *views = 2;
        wn_standardize_join(&view[1]);
    }
    for (size_t v = 0; v < *views; v++)
        ways[v] = (struct way){.view = &view[v],
                               .typical = typical_distance(&view[v], sample->x,
                                                           n, d, sample->seed,
                                                           pair, pair + d)};
    free(pair);
    return 0;
failed:
    free(pair);
    return -1;
}

int wn_kernel_predict(const struct wn_sample *sample, float *probability,
                      struct wn_kernel *chosen, struct wn_error *error)
{
    struct wn_standardize view[2];
    struct way ways[2], best;
    size_t views;
    int status = -1;

    if (make_views(sample, view, ways, &views) ||
        kernel_tune_choose(sample, ways, views, &best, error) ||
        wn_kernel_scores(&best.knobs, best.view, sample, probability, error))
        goto done;
#pragma omp parallel for schedule(static) num_threads(sample->threads)
    for (size_t i = 0; i < sample->n; i++)
        wn_softmax_row_from(probability + i * sample->k, sample->k, 1);
    if (chosen) {
        *chosen = best.knobs;
        chosen->joined = best.view == &view[1];
    }
    status = 0;
done:
    for (size_t v = 0; v < views; v++)
        wn_standardize_free(&view[v]);
    return status;
}

double wn_kernel_bytes(const struct wn_sample *sample)
{
    const double n = (double)sample->n, d = (double)sample->d;
    const double k = (double)sample->k;
    const double m =
        (double)landmark_count(sample->n, sample->d, most_landmarks(sample->n));
    const double p = m + 1, slab = fmin(WN_KERNEL_SLAB, n);
    const double grouped = 8 * p * (p + k) + 4 * slab * k + 20 * n +
                           (double)sample->threads * slab * (12.0 * slab + 800);

    const double rows = fmin(SAMPLE_ROWS, n);
    const double trials =
        8 * rows * (rows + (sample->groups ? fmin(rows, k) : 1));
    const double q = SAMPLE_LANDMARKS + 1, kinds = fmin(LARGE_ROWS, k);
    const double drawn = m < n ? (double)large_rows(sample, 2) : 0;
    const double large = 28 * q * q + 24 * q * kinds + 12 * q * slab +
                         4 * q * d + 4 * drawn * kinds + 4 * slab * d;

    return fmax(20 * p * p + 16 * p * k + 12 * p * slab + 4 * m * d +
                    4 * slab * d + (sample->groups ? grouped : 0),
                4 * (rows + drawn) * d +
                    fmax(4 * rows * (rows + d) +
                             fmin((double)sample->threads, 4) * trials,
                         m < n ? large : 0)) +
           PACKED * (double)sample->threads +
           sample->threads *
               wn_linear_bytes(landmark_count(sample->n, sample->d,
                                              most_landmarks(sample->n)));
}
