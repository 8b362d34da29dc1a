/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel's knobs chosen from the data, its scores as probabilities; see
 * kernel.h. */
#include "model/kernel.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "model/calibrate.h"
#include "util/large.h"
#include "util/memory.h"
#include "util/random.h"

enum {
    MOST_LANDMARKS = 3072,   /* of thousands of rows, */
    WORK = 40000000,         /* in between: rows x landmarks */
    FEW_LANDMARKS = 1024,    /* of very many rows, */
    LEAST_LANDMARKS = 256,   /* of very many columns */
    SAMPLE_ROWS = 2000,      /* for choosing bandwidth and ridge */
    SAMPLE_LANDMARKS = 1024,
    PAIRS = 1000             /* for the typical distance */
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

/* Some of the rows, to choose on. */
struct draw {
    struct wn_sample sample; /* of the arrays below */
    float *x, *weight, *score;
    int32_t *label, *group;
};

static void free_draw(struct draw *draw)
{
    wn_large_free(draw->x);
    free(draw->weight);
    wn_large_free(draw->score);
    free(draw->label);
    free(draw->group);
}

static int new_draw(struct draw *draw, const struct wn_sample *from,
                    struct wn_error *error)
{
    const size_t n = from->n < SAMPLE_ROWS ? from->n : SAMPLE_ROWS;

    draw->x = wn_large_new(n * from->d, sizeof(float), error);
    draw->weight = wn_new(n, sizeof(float), error);
    draw->label = wn_new(n, sizeof(int32_t), error);
    draw->group = wn_new(n, sizeof(int32_t), error);
    draw->score = wn_large_new(wn_product(n, from->k, 1), sizeof(float), error);
    draw->sample = *from;
    draw->sample.n = n;
    draw->sample.x = draw->x;
    draw->sample.label = draw->label;
    draw->sample.weight = from->weight ? draw->weight : NULL;
    draw->sample.group = from->group ? draw->group : NULL;
    return draw->x && draw->weight && draw->label && draw->group &&
                   draw->score
               ? 0
               : -1;
}

static int draw_rows(struct draw *draw, const struct wn_sample *from,
                     struct wn_error *error)
{
    struct wn_random random;
    int32_t *order = wn_large_new(from->n, sizeof *order, error);

    if (!order || new_draw(draw, from, error)) {
        wn_large_free(order);
        return -1;
    }
    wn_random_start(&random, from->seed, WN_RANDOM_SAMPLE, 2, 0);
    wn_random_draw(&random, order, from->n, draw->sample.n);
    for (size_t i = 0; i < draw->sample.n; i++) {
        const size_t at = (size_t)order[i];

        memcpy(draw->x + i * from->d, from->x + at * from->d,
               from->d * sizeof *draw->x);
        draw->label[i] = from->label[at];
        draw->weight[i] = from->weight ? from->weight[at] : 1;
        draw->group[i] = from->group ? from->group[at] : 0;
    }
    wn_large_free(order);
    return 0;
}

/* Where between the neighbours of the least of count values the parabola
 * through the three is lowest, as a place in the list. */
static double lowest(const double *value, size_t count)
{
    size_t best = 0;

    for (size_t t = 1; t < count; t++)
        if (value[t] < value[best])
            best = t;
    if (best == 0 || best + 1 == count)
        return (double)best;
    const double before = value[best - 1], after = value[best + 1];
    const double bend = before - 2 * value[best] + after;
    return (double)best + (bend > 0 ? (before - after) / (2 * bend) : 0);
}

/* Knobs of a line of trials: each as the one before, times a factor. */
struct line {
    double first, factor;
    size_t count;
    bool ridge; /* or else the bandwidth */
};

/* Move one knob to where the leave-one-out squared error on the sample is
 * least: of the trials and between them, so that no single label makes it
 * jump. */
static int search(const struct draw *draw, const struct wn_standard *view,
                  const struct line *line, struct wn_kernel *knobs,
                  struct wn_error *error)
{
    enum { MOST = 4 };
    double *knob = line->ridge ? &knobs->ridge : &knobs->bandwidth;
    double miss[MOST];

    for (size_t t = 0; t < line->count; t++) {
        *knob = line->first * pow(line->factor, (double)t);
        if (wn_kernel_scores(knobs, view, &draw->sample, draw->score, error))
            return -1;
        miss[t] = squared_error(draw->score, draw->label, draw->sample.n,
                                draw->sample.k);
    }
    *knob = line->first * pow(line->factor, lowest(miss, line->count));
    return 0;
}

/* The ridge at half the typical distance, the bandwidth at that ridge, and the
 * ridge again. It does not grow with n (it is the ratio of two variances), so
 * what is best on the sample is good for all rows. */
static int choose(const struct draw *draw, const struct wn_standard *view,
                  double typical, struct wn_kernel *best,
                  struct wn_error *error)
{
    struct line lines[] = {{0.1, 10, 4, true},
                           {0.3 * typical, 5. / 3, 4, false},
                           {0, 3, 3, true}};
    enum { LINES = sizeof lines / sizeof *lines };

    *best = (struct wn_kernel){
        .landmarks = landmark_count(draw->sample.n, draw->sample.d,
                                    SAMPLE_LANDMARKS),
        .bandwidth = 0.5 * typical};
    for (size_t l = 0; l < LINES; l++) {
        wn_talk_progress(draw->sample.talk, "kernel knobs", l, LINES);
        if (l + 1 == LINES)
            lines[l].first = best->ridge / 3;
        if (search(draw, view, &lines[l], best, error))
            return -1;
    }
    wn_talk_progress(draw->sample.talk, "kernel knobs", LINES, LINES);
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

int wn_kernel_predict(const struct wn_sample *sample, float *probability,
                      struct wn_kernel *chosen, struct wn_error *error)
{
    const size_t n = sample->n, d = sample->d;
    struct wn_kernel kernel = {0};
    struct wn_standard view;
    struct draw draw = {0};
    float *pair = NULL;
    int status = -1;

    if (wn_standard_make(&view, sample->x, n, d, error))
        return -1;
    pair = wn_new(2 * d, sizeof *pair, error);
    if (!pair || draw_rows(&draw, sample, error) ||
        choose(&draw, &view,
               typical_distance(&view, sample->x, n, d, sample->seed, pair,
                                pair + d),
               &kernel, error))
        goto done;
    kernel.landmarks = landmark_count(n, d, most_landmarks(n));
    if (wn_kernel_scores(&kernel, &view, sample, probability, error))
        goto done;
    soften(probability, n, sample->k, sample->threads);
    wn_calibrate(probability, n, sample->k, sample->label, sample->threads);
    if (chosen)
        *chosen = kernel;
    status = 0;
done:
    wn_standard_free(&view);
    free(pair);
    free_draw(&draw);
    return status;
}

double wn_kernel_bytes(const struct wn_sample *sample)
{
    const double n = (double)sample->n, d = (double)sample->d;
    const double k = (double)sample->k;
    const double m = (double)landmark_count(sample->n, sample->d,
                                            most_landmarks(sample->n));
    const double p = m + 1, slab = WN_KERNEL_SLAB;
    const double grouped = 8 * p * (p + k) + 4 * slab * k + 20 * n +
                           (double)sample->threads * slab *
                               (12.0 * slab + 800);

    return 20 * p * p + 12 * p * (k + slab) + 4 * m * d + 4 * slab * d +
           4 * (double)SAMPLE_ROWS * (d + k) + (sample->groups ? grouped : 0);
}
