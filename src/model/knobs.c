/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel's knobs chosen from the data, its scores as probabilities; see
 * kernel.h. */
#include "model/kernel.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "model/exact.h"
#include "model/linear.h"
#include "model/shares.h"
#include "util/large.h"
#include "util/memory.h"
#include "util/random.h"

enum {
    MOST_LANDMARKS = 3072,   /* of thousands of rows, */
    WORK = 40000000,         /* in between: rows x landmarks */
    FEW_LANDMARKS = 1024,    /* of very many rows, */
    LEAST_LANDMARKS = 256,   /* of very many columns */
    SAMPLE_ROWS = 1024,      /* for choosing bandwidth and ridge, */
    LARGE_ROWS = 2048,       /* and the ridge again, */
    SAMPLE_LANDMARKS = 1024, /* on these of them */
    ALIKE = 8,               /* of a class where classes are many */
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

/* Some of the rows, to choose on; only classes that occur are numbered. */
struct draw {
    struct wn_sample sample; /* of the arrays below */
    float *x, *weight;
    int32_t *label, *group;
    int32_t *number; /* by class: its own here, from 1; 0 for none */
};

static void free_draw(struct draw *draw)
{
    wn_large_free(draw->x);
    free(draw->weight);
    free(draw->label);
    free(draw->group);
    free(draw->number);
}

static int new_draw(struct draw *draw, const struct wn_sample *from,
                    size_t n, struct wn_error *error)
{
    draw->x = wn_large_new(n * from->d, sizeof(float), error);
    draw->weight = wn_new(n, sizeof(float), error);
    draw->label = wn_new(n, sizeof(int32_t), error);
    draw->group = wn_new(n, sizeof(int32_t), error);
    draw->number = wn_new(from->k, sizeof(int32_t), error);
    draw->sample = *from;
    draw->sample.n = draw->sample.k = 0;
    draw->sample.x = draw->x;
    draw->sample.label = draw->label;
    draw->sample.weight = draw->weight;
    draw->sample.group = from->group ? draw->group : NULL;
    return draw->x && draw->weight && draw->label && draw->group &&
                   draw->number
               ? 0
               : -1;
}

static void take(struct draw *draw, const struct wn_sample *from, size_t at)
{
    const size_t i = draw->sample.n++;
    int32_t *number = &draw->number[from->label[at]];

    memcpy(draw->x + i * from->d, from->x + at * from->d,
           from->d * sizeof *draw->x);
    if (!*number)
        *number = (int32_t)++draw->sample.k;
    draw->label[i] = *number - 1;
    draw->weight[i] = (float)wn_sample_weight(from, at);
    draw->group[i] = from->group ? from->group[at] : 0;
}

/* How many rows of a class may be drawn: all; or ALIKE, where the sample would
 * hold fewer of most, and then only of the classes that come first, so that
 * what is chosen on can tell alike rows from others. */
static void choose_classes(const struct wn_sample *from, const int32_t *order,
                           size_t most, size_t *room)
{
    const bool many = from->n > most && from->k > most / ALIKE;
    size_t left = most;

    for (size_t c = 0; c < from->k; c++)
        room[c] = many ? 0 : most;
    for (size_t i = 0; many && left && i < from->n; i++) {
        const size_t at = (size_t)order[i];

        if (wn_sample_weight(from, at) > 0 && !room[from->label[at]]) {
            room[from->label[at]] = left < ALIKE ? left : ALIKE;
            left -= room[from->label[at]];
        }
    }
}

/* Up to `most` rows with a label that counts. */
static int draw_rows(struct draw *draw, const struct wn_sample *from,
                     size_t most, struct wn_error *error)
{
    int32_t *order = wn_large_new(from->n, sizeof *order, error);
    size_t *room = wn_new(from->k, sizeof *room, error);
    struct wn_random random;
    int status = -1;

    most = most < from->n ? most : from->n;
    if (!order || !room || new_draw(draw, from, most, error))
        goto done;
    wn_random_start(&random, from->seed, WN_RANDOM_SAMPLE, 2, 0);
    wn_random_order(&random, order, from->n);
    choose_classes(from, order, most, room);
    for (size_t i = 0; i < from->n && draw->sample.n < most; i++) {
        const size_t at = (size_t)order[i];

        if (wn_sample_weight(from, at) > 0 && room[from->label[at]]) {
            room[from->label[at]]--;
            take(draw, from, at);
        }
    }
    status = 0;
done:
    wn_large_free(order);
    free(room);
    return status;
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
static int search(const struct wn_exact *exact, const struct line *line,
                  struct wn_kernel *knobs, struct wn_error *error)
{
    enum { MOST = 4 };
    double *knob = line->ridge ? &knobs->ridge : &knobs->bandwidth;
    struct wn_trial trials[MOST];
    double miss[MOST];

    for (size_t t = 0; t < line->count; t++) {
        *knob = line->first * pow(line->factor, (double)t);
        trials[t] = (struct wn_trial){knobs->bandwidth, knobs->ridge, 0};
    }
    if (wn_exact_try(exact, trials, line->count, error))
        return -1;
    for (size_t t = 0; t < line->count; t++)
        miss[t] = trials[t].miss;
    *knob = line->first * pow(line->factor, lowest(miss, line->count));
    return 0;
}

/* The ridge at half the typical distance, the bandwidth at that ridge, and the
 * ridge again. It does not grow with n (it is the ratio of two variances), so
 * what is best on the sample is good for all rows. */
static int choose_exact(const struct wn_sample *sample,
                        const struct wn_standard *view, double typical,
                        struct wn_kernel *best, struct wn_error *error)
{
    struct line lines[] = {{0.1, 10, 4, true},
                           {0.3 * typical, 5. / 3, 4, false},
                           {0, 3, 3, true}};
    enum { LINES = sizeof lines / sizeof *lines };
    struct wn_exact *exact = wn_exact_new(sample, view, error);
    int status = exact ? 0 : -1;

    for (size_t l = 0; l < LINES && status == 0; l++) {
        wn_talk_progress(sample->talk, "kernel knobs", l, LINES);
        if (l + 1 == LINES)
            lines[l].first = best->ridge / 3;
        status = search(exact, &lines[l], best, error);
    }
    if (status == 0)
        wn_talk_progress(sample->talk, "kernel knobs", LINES, LINES);
    wn_exact_free(exact);
    return status;
}

/* The ridge where only some rows are landmarks, from that where all are. */
static int choose_ridge(const struct wn_sample *sample,
                        const struct wn_standard *view,
                        struct wn_kernel *best, struct wn_error *error)
{
    enum { TRIALS = 4 };
    const struct wn_kernel kernel = {
        landmark_count(sample->n, sample->d, SAMPLE_LANDMARKS),
        best->bandwidth, best->ridge};
    float *score = wn_large_new(wn_product(sample->n, sample->k, 1),
                                sizeof *score, error);
    double ridge[TRIALS], miss[TRIALS];
    int status = -1;

    for (int t = 0; t < TRIALS; t++)
        ridge[t] = best->ridge * pow(3, t);
    if (score && wn_kernel_misses(&kernel, ridge, TRIALS, view, sample, score,
                                  miss, error) == 0) {
        best->ridge *= pow(3, lowest(miss, TRIALS));
        status = 0;
    }
    wn_large_free(score);
    return status;
}

static int choose(const struct wn_sample *sample,
                  const struct wn_standard *view, double typical,
                  struct wn_kernel *best, struct wn_error *error)
{
    struct draw few = {0}, many = {0};
    int status = -1;

    *best = (struct wn_kernel){
        .landmarks = landmark_count(sample->n, sample->d,
                                    most_landmarks(sample->n)),
        .bandwidth = 0.5 * typical, .ridge = 1};
    if (draw_rows(&few, sample, SAMPLE_ROWS, error))
        goto done;
    /* Without a label there is nothing to judge by. */
    if (few.sample.n &&
        choose_exact(&few.sample, view, typical, best, error))
        goto done;
    if (few.sample.n && best->landmarks < sample->n &&
        (draw_rows(&many, sample, LARGE_ROWS, error) ||
         choose_ridge(&many.sample, view, best, error)))
        goto done;
    status = 0;
done:
    free_draw(&few);
    free_draw(&many);
    return status;
}

int wn_kernel_predict(const struct wn_sample *sample, float *probability,
                      struct wn_kernel *chosen, struct wn_error *error)
{
    const size_t n = sample->n, d = sample->d;
    struct wn_kernel kernel = {0};
    struct wn_standard view;
    float *pair = NULL;
    int status = -1;

    if (wn_standard_make(&view, sample->x, n, d, error))
        return -1;
    pair = wn_new(2 * d, sizeof *pair, error);
    if (!pair ||
        choose(sample, &view,
               typical_distance(&view, sample->x, n, d, sample->seed, pair,
                                pair + d),
               &kernel, error) ||
        wn_kernel_scores(&kernel, &view, sample, probability, error))
        goto done;
#pragma omp parallel for schedule(static) num_threads(sample->threads)
    for (size_t i = 0; i < n; i++)
        wn_shares_from(probability + i * sample->k, sample->k, 1);
    if (chosen)
        *chosen = kernel;
    status = 0;
done:
    wn_standard_free(&view);
    free(pair);
    return status;
}

double wn_kernel_bytes(const struct wn_sample *sample)
{
    const double n = (double)sample->n, d = (double)sample->d;
    const double k = (double)sample->k;
    const double m = (double)landmark_count(sample->n, sample->d,
                                            most_landmarks(sample->n));
    const double p = m + 1, slab = fmin(WN_KERNEL_SLAB, n);
    const double grouped = 8 * p * (p + k) + 4 * slab * k + 20 * n +
                           (double)sample->threads * slab *
                               (12.0 * slab + 800);

    const double rows = fmin(SAMPLE_ROWS, n);
    const double trials = 8 * rows * (rows + (sample->groups ? fmin(rows, k)
                                                             : 1));
    const double q = SAMPLE_LANDMARKS + 1, kinds = fmin(LARGE_ROWS, k);
    const double large = 28 * q * q + 24 * q * kinds + 12 * q * slab +
                         4 * q * d + 4 * LARGE_ROWS * (kinds + 2 * d);

    return fmax(20 * p * p + 16 * p * k + 12 * p * slab + 4 * m * d +
                    4 * slab * d + (sample->groups ? grouped : 0),
                fmax(4 * rows * (rows + 2 * d) +
                         fmin((double)sample->threads, 4) * trials,
                     m < n ? 4 * rows * d + large : 0)) +
           PACKED * (double)sample->threads +
           wn_kernel_kept(sample);
}

double wn_kernel_kept(const struct wn_sample *sample)
{
    return sample->threads *
           wn_linear_bytes(landmark_count(sample->n, sample->d,
                                          most_landmarks(sample->n)));
}

/* Kernels, z, sums and levers of the rows; factors, twice as slow in double, by
 * one thread alone; the trials. */
double wn_kernel_work(const struct wn_sample *sample)
{
    const double n = (double)sample->n, d = (double)sample->d;
    const double k = (double)sample->k, rows = fmin(n, SAMPLE_ROWS);
    const double m = (double)landmark_count(sample->n, sample->d,
                                            most_landmarks(sample->n));
    const double p = m + 1;

    return n * (4 * m * d + 3 * p * p + 2 * p * k) + 6 * p * p * p +
           4 * p * p * k + 44 * rows * rows * rows + (m < n ? 6e10 : 0);
}
