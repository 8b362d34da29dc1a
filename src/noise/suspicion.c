/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The posterior of a label; see suspicion.h. */
#include "noise/suspicion.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "linalg/pointwise.h"
#include "noise/rows_by_class.h"
#include "noise/sharpness.h"
#include "util/memory.h"
#include "util/simd.h"
#include "util/spill.h"

static const double z90 = 1.6448536269514722;

/* The classes are split into this many stretches, whatever the threads. */
enum { STRETCHES = 64 };

/* What one stretch of classes found: cells of the joint in order, and sums over
 * its rows. */
struct stretch {
    size_t from, end; /* classes; k is the rows without a label */
    int32_t *given, *true_class;
    double *sum; /* of the posteriors in that cell */
    size_t cells, capacity[3];
    double *truth;   /* k: sums of all posteriors by true class */
    double variance; /* sum of suspicion (1 - suspicion) */
    double right;    /* sum of the posteriors of the given labels */
    double other;    /* rows for which the model prefers another class */
};

enum { LANES = 8 }; /* of sums */

/* Judge rows with label y (k: none): weight[k][rows] are their sharpened
 * probabilities, in any scale, and turn into posteriors under given[k], NULL
 * for all 1. part[3][rows] is scratch. */
WN_MULTIVERSION static void judge(double *weight, const double *given, size_t k,
                                  size_t rows, size_t y, double *part,
                                  struct wn_verdict *verdict)
{
    double *others = part, *top = part + rows, *best = top + rows;

#pragma omp simd
    for (size_t r = 0; r < rows; r++) {
        others[r] = best[r] = 0;
        top[r] = -1;
    }
    for (size_t t = 0; t < k; t++) {
        const double factor = given ? given[t] : 1, class = (double)t;
        /* The others are summed by themselves: 1 less the own would lose small
         * suspicions. */
        const double counts = t != y;
        double *of = weight + t * rows;

#pragma omp simd
        for (size_t r = 0; r < rows; r++) {
            const double x = of[r] * factor;

            of[r] = x;
            others[r] += counts * x;
            best[r] = x > top[r] ? class : best[r];
            top[r] = x > top[r] ? x : top[r];
        }
    }
    /* The sum is never 0: T has no 0 but 1 - rate, and then others are not. */
    for (size_t r = 0; r < rows; r++) {
        const double own = y < k ? weight[y * rows + r] : 0;
        const double share = 1 / (own + others[r]);

        verdict[r] = (struct wn_verdict){y < k ? fmin(others[r] * share, 1) : 0,
                                         top[r] * share, (int32_t)best[r]};
        part[r] = share;
    }
    for (size_t t = 0; t < k; t++) {
        double *of = weight + t * rows;

#pragma omp simd
        for (size_t r = 0; r < rows; r++)
            of[r] *= part[r];
    }
}

WN_MULTIVERSION static double sum_up(const double *x, size_t n)
{
    double lane[LANES] = {0}, sum = 0;
    const size_t even = n - n % LANES;

    for (size_t i = 0; i < even; i += LANES) {
#pragma omp simd
        for (size_t l = 0; l < LANES; l++)
            lane[l] += x[i + l];
    }
    for (size_t l = 0; l < LANES; l++)
        sum += lane[l];
    for (size_t i = even; i < n; i++)
        sum += x[i];
    return sum;
}

struct wn_verdict wn_suspicion_verdict(const double *row, const double *given,
                                       size_t k, int32_t y, double b,
                                       double *scratch, double *posterior)
{
    struct wn_verdict verdict;
    double part[3];

    wn_sharpness_logs(row, 1, k, scratch, part);
    wn_sharpen(scratch, k, b, posterior);
    judge(posterior, given, k, 1, y < 0 ? k : (size_t)y, part, &verdict);
    return verdict;
}

/* Scratch of a thread. */
struct judging {
    double *given, *sum;    /* k */
    double *log_p, *weight; /* k x the rows gathered at once */
    double *part;           /* 3 x these rows */
    struct wn_verdict *verdict;
};

/* The verdicts on the rows with label c (k: none), in their order. */
static void find_verdicts(const struct wn_probability *p,
                          const struct wn_rows_by_class *rows,
                          const struct wn_channel *channel, size_t c,
                          struct stretch *stretch,
                          const struct judging *at_hand,
                          struct wn_suspicion *out)
{
    const size_t k = p->k, most = wn_gather_rows(k);
    double *given = c < k ? at_hand->given : NULL, *sum = at_hand->sum;
    double *log_p = at_hand->log_p, *weight = at_hand->weight;
    const double b_noisy = out->sharpness.b_noisy;
    const double b = wn_verdict_sharpness(&out->sharpness);
    size_t count;

    if (c < k)
        wn_channel_row(channel, c, given);
    memset(sum, 0, k * sizeof *sum);
    for (size_t at = rows->begin[c]; at < rows->begin[c + 1]; at += count) {
        const uint32_t *row = rows->row + at;

        count = rows->begin[c + 1] - at;
        count = count < most ? count : most;
        wn_probability_gather(p, row, count, weight);
        wn_sharpness_logs(weight, count, k, log_p, at_hand->part);
        wn_sharpen(log_p, count * k, b_noisy, weight);
        judge(weight, given, k, count, c, at_hand->part, at_hand->verdict);
        for (size_t t = 0; t < k; t++)
            sum[t] += sum_up(weight + t * count, count);
        for (size_t r = 0; r < count; r++) {
            const double suspicion = at_hand->verdict[r].suspicion;

            stretch->variance += suspicion * (1 - suspicion);
            stretch->other += given && log_p[c * count + r] < 0;
        }
        if (b != b_noisy) {
            wn_sharpen(log_p, count * k, b, weight);
            judge(weight, given, k, count, c, at_hand->part, at_hand->verdict);
        }
        for (size_t r = 0; r < count; r++)
            out->verdict[row[r]] = at_hand->verdict[r];
    }
    if (!given)
        return;
    /* Store the cells that are large enough. */
    const double least = k > WN_WHOLE_CLASSES ? 0.5 : 0;
    for (size_t t = 0; t < k; t++) {
        const size_t at = stretch->cells;

        stretch->truth[t] += sum[t];
        if (t != c && sum[t] < least)
            continue;
        wn_grow(&stretch->given, &stretch->capacity[0], at + 1,
                sizeof *stretch->given);
        wn_grow(&stretch->true_class, &stretch->capacity[1], at + 1,
                sizeof *stretch->true_class);
        wn_grow(&stretch->sum, &stretch->capacity[2], at + 1,
                sizeof *stretch->sum);
        stretch->given[at] = (int32_t)c;
        stretch->true_class[at] = (int32_t)t;
        stretch->sum[at] = sum[t];
        stretch->cells++;
    }
    stretch->right += sum[c];
}

/* The joint of all stretches, in order, and the rate and its interval; n
 * labelled rows. */
static void join_stretches(const struct stretch *stretches, size_t count,
                           double n, struct wn_suspicion *out)
{
    const struct wn_sharpness *sharpness = &out->sharpness;
    const size_t k = out->k;
    double right = 0, variance = 0, other = 0;
    size_t cells = 0, cell = 0;

    for (size_t s = 0; s < count; s++) {
        cells += stretches[s].cells;
        right += stretches[s].right / n;
        variance += stretches[s].variance;
        other += stretches[s].other / n;
    }
    /* Half a row more, because the number of wrong rows is a whole one. */
    const double half =
        z90 * hypot(sqrt(variance) / n, sharpness->rate_sd) + 0.5 / n;
    const double weight = sharpness->overlap_weight;
    out->rate = fmax(1 - right, 0);
    const double less = fmax(out->rate - sharpness->rate_joint_fit, 0);
    const double more = fmax(other - out->rate, 0);
    out->low = fmax(out->rate - weight * less - half, 0);
    out->high = fmin(out->rate + weight * more + half, 1);
    int32_t *given = wn_spill_new(cells, sizeof *given);
    int32_t *true_class = wn_spill_new(cells, sizeof *true_class);
    out->joint = wn_new(cells, sizeof *out->joint);
    for (size_t s = 0; s < count; s++) {
        for (size_t t = 0; t < k; t++)
            out->truth[t] += stretches[s].truth[t] / n;
        for (size_t z = 0; z < stretches[s].cells; z++, cell++) {
            given[cell] = stretches[s].given[z];
            true_class[cell] = stretches[s].true_class[z];
            out->joint[cell] = stretches[s].sum[z] / n;
        }
    }
    wn_sparse_make(&out->at, k, given, true_class, cells);
    wn_spill_free(given);
    wn_spill_free(true_class);
}

void wn_suspicion_find(const int32_t *label, const struct wn_probability *p,
                       const struct wn_noise *noise, int threads,
                       struct wn_suspicion *out)
{
    const size_t k = p->k, count = k + 1 < STRETCHES ? k + 1 : STRETCHES;
    struct stretch *stretches = wn_new(count, sizeof *stretches);
    struct wn_rows_by_class rows;
    struct wn_channel channel;

    *out = (struct wn_suspicion){
        .n = p->n,
        .k = k,
        .given = wn_new(k, sizeof(double)),
        .truth = wn_new(k, sizeof(double)),
        .verdict = wn_spill_new(p->n, sizeof(struct wn_verdict))};
    wn_rows_by_class_sort(label, p->n, k, &rows);
    wn_channel_make(&channel, &noise->at, noise->calibrated);
    wn_sharpness_fit(label, p, &rows, &channel,
                     (double)noise->off_diagonal + WN_CHANNEL_EVEN * (double)k,
                     threads, &out->sharpness);
    for (size_t s = 0; s < count; s++) {
        stretches[s].from = s * (k + 1) / count;
        stretches[s].end = (s + 1) * (k + 1) / count;
        stretches[s].truth = wn_new(k, sizeof *stretches[s].truth);
    }
    /* A thread takes whole classes, so one thread writes each row of the
     * joint. */
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int w = 0; w < threads; w++) {
        const size_t most = wn_gather_rows(k);
        const struct judging at_hand = {
            .given = wn_new(k, sizeof(double)),
            .sum = wn_new(k, sizeof(double)),
            .log_p = wn_new(wn_product(k, most, 1), sizeof(double)),
            .weight = wn_new(wn_product(k, most, 1), sizeof(double)),
            .part = wn_new(3 * most, sizeof(double)),
            .verdict = wn_new(most, sizeof(struct wn_verdict))};

        for (size_t s = (size_t)w; s < count; s += (size_t)threads)
            for (size_t c = stretches[s].from; c < stretches[s].end; c++)
                find_verdicts(p, &rows, &channel, c, &stretches[s], &at_hand,
                              out);
        free(at_hand.given);
        free(at_hand.sum);
        free(at_hand.log_p);
        free(at_hand.weight);
        free(at_hand.part);
        free(at_hand.verdict);
    }
    const double n = (double)(p->n - wn_rows_by_class_count(&rows, k));
    for (size_t c = 0; c < k; c++)
        out->given[c] = (double)wn_rows_by_class_count(&rows, c) / n;
    join_stretches(stretches, count, n, out);
    for (size_t s = 0; s < count; s++) {
        free(stretches[s].given);
        free(stretches[s].true_class);
        free(stretches[s].sum);
        free(stretches[s].truth);
    }
    free(stretches);
    wn_rows_by_class_free(&rows);
    wn_channel_free(&channel);
}

void wn_suspicion_free(struct wn_suspicion *suspicion)
{
    wn_sparse_free(&suspicion->at);
    wn_spill_free(suspicion->verdict);
    free(suspicion->joint);
    free(suspicion->given);
    free(suspicion->truth);
    *suspicion = (struct wn_suspicion){0};
}
