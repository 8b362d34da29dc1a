/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The committee's pool; see pool.h. */
#include "learn/pool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "learn/calibrate.h"
#include "linalg/softmax_row.h"
#include "util/spill.h"
#include "util/memory.h"

/* What each member leaves to all classes alike, so that no member rules a
 * class out; the least log-loss that counts; how much more a better member
 * counts; and what is too little for another pass. */
#define MIXED 0.01
#define LEAST_LOSS 1e-3
#define KEENNESS 3
#define WEAK 0.2 /* of the largest weight */

/* What is known of the labels without looking at features. */
struct blind {
    double loss;  /* log-loss of the classes' shares */
    double least; /* a difference to it that n rows can tell */
};

/* A member's part of the pool: weight log(P + MIXED / k), added to sum. */
static void add_to_pool(const float *one, size_t n, size_t k, double weight,
                        int threads, float *sum)
{
    const float least = (float)(MIXED / (double)k);

#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t i = 0; i < n; i++)
        wn_softmax_row_add_log(one + i * k, k, least, (float)weight,
                               sum + i * k);
}

/* From the sums of all to probabilities. */
static void close_pool(float *sum, size_t n, size_t k, double weights,
                       int threads)
{
#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t i = 0; i < n; i++)
        wn_softmax_row_from(sum + i * k, k, (float)(1 / weights));
}

/* The log-loss of the classes' shares among the labels, and what n rows can
 * tell from it. */
static int find_blind(const struct wn_sample *sample, struct blind *blind)
{
    double *count = wn_new(sample->k, sizeof *count);
    double rows = 0;

    for (size_t i = 0; i < sample->n; i++)
        if (sample->label[i] >= 0) {
            count[sample->label[i]]++;
            rows++;
        }
    *blind = (struct blind){0};
    for (size_t c = 0; c < sample->k; c++)
        if (count[c] > 0)
            blind->loss -= count[c] / rows * log(count[c] / rows);
    blind->least = fmax(blind->loss, LEAST_LOSS) / sqrt(fmax(rows, 1));
    free(count);
    return 0;
}

/* A member's weight in the pool. */
static double weigh_member(const struct blind *blind, double log_loss)
{
    return pow(fmax(blind->loss - log_loss, blind->least) /
                   fmax(log_loss, LEAST_LOSS),
               KEENNESS);
}

/* One member's calibrated judgement, into kept where it judges once. */
static int judge_by(const struct wn_predictor *predictor,
                    const struct wn_sample *sample, float *out,
                    struct wn_quality *quality, struct wn_error *error)
{
    const size_t n = sample->n, k = sample->k;
    struct wn_sample own = *sample;
    char knobs[WN_CHOSEN] = "";

    own.chosen = knobs;
    own.draft = sample->draft && !predictor->once;
    if (predictor->predict(&own, out, error) ||
        wn_calibrate(out, n, k, sample->label, sample->threads, NULL))
        return -1;
    const double weight = quality->weight;
    *quality = wn_quality_measure(out, n, k, sample->label);
    quality->weight = weight;
    memcpy(quality->chosen, knobs, sizeof knobs);
    return 0;
}

/* The calibrated pool of the calibrated members; in the first pass, which no
 * label has reached, their weights are found. kept[p], n x k where there is
 * one, holds what a member that judges once said in it. */
static int predict_once(const struct wn_predictor *const *chosen, size_t count,
                        const struct wn_sample *sample,
                        const struct blind *blind, float **kept,
                        float *probability, struct wn_quality *quality,
                        struct wn_error *error)
{
    const size_t n = sample->n, k = sample->k;
    const size_t cells = wn_product(n, k, 1);
    float *one = wn_spill_new(cells, sizeof *one);
    double weights = 0;
    int status = -1;

    memset(probability, 0, cells * sizeof *probability);
    for (size_t p = 0; p < count; p++) {
        float *out = kept[p] ? kept[p] : count == 1 ? probability : one;

        if (!blind && quality[p].weight == 0)
            continue;
        if ((!kept[p] || blind) &&
            judge_by(chosen[p], sample, out, &quality[p], error))
            goto done;
        if (blind)
            quality[p].weight = weigh_member(blind, quality[p].log_loss);
        if (count > 1)
            add_to_pool(out, n, k, quality[p].weight, sample->threads,
                        probability);
        weights += quality[p].weight;
    }
    if (count == 1 && kept[0])
        memcpy(probability, kept[0], cells * sizeof *probability);
    if (count > 1) {
        close_pool(probability, n, k, weights, sample->threads);
        if (wn_calibrate(probability, n, k, sample->label, sample->threads,
                         NULL))
            goto done;
    }
    quality[count] = wn_quality_measure(probability, n, k, sample->label);
    status = 0;
done:
    wn_spill_free(one);
    return status;
}

/* Members that count too little for the time they take have no weight in
 * further passes. */
static void leave_weak(struct wn_quality *quality, size_t count)
{
    double most = 0;

    for (size_t p = 0; p < count; p++)
        most = fmax(most, quality[p].weight);
    for (size_t p = 0; p < count; p++)
        if (quality[p].weight < WEAK * most)
            quality[p].weight = 0;
}

/* Of sum 1; the pool's own is 1. */
static void share_weights(struct wn_quality *quality, size_t count)
{
    double sum = 0;

    for (size_t p = 0; p < count; p++)
        sum += quality[p].weight;
    for (size_t p = 0; p < count; p++)
        quality[p].weight /= sum;
    quality[count].weight = 1;
}

/* How far the pass before agrees with each label, times what the row counts
 * anyway. */
static void pool_weigh(const struct wn_sample *sample, const float *probability,
                       float *weight)
{
    const size_t k = sample->k;

    for (size_t i = 0; i < sample->n; i++) {
        const float *row = probability + i * k;
        const float most = row[wn_softmax_row_top(row, k)];

        weight[i] = sample->label[i] < 0 || !(most > 0)
                        ? 0
                        : (float)wn_sample_weight(sample, i) *
                              (row[sample->label[i]] / most);
    }
}

double wn_pool_bytes(const struct wn_predictor *const *chosen, size_t count,
                     const struct wn_sample *sample)
{
    const double answer = 4 * (double)sample->n * (double)sample->k;
    double most = 0;

    for (size_t p = 0; p < count; p++)
        most = fmax(most, chosen[p]->bytes(sample));
    return answer * ((double)count + 2) + 8 * (double)sample->n + most;
}

static int pool_predict_all(const struct wn_predictor *const *chosen,
                            size_t count, size_t passes,
                            const struct wn_sample *sample, float *probability,
                            struct wn_quality *quality, struct wn_error *error)
{
    const size_t cells = wn_product(sample->n, sample->k, 1);
    struct wn_sample now = *sample;
    float *weight = NULL, **kept = NULL;
    struct blind blind;
    int status = -1;

    kept = wn_new(count, sizeof *kept);
    weight = wn_spill_new(sample->n, sizeof *weight);
    if (!kept || !weight || find_blind(sample, &blind))
        goto done;
    for (size_t p = 0; p < count; p++)
        if (passes > 1 && chosen[p]->once) {
            kept[p] = wn_spill_new(cells, sizeof **kept);
        }
    for (size_t pass = 0; pass < passes; pass++) {
        if (pass) {
            leave_weak(quality, count);
            pool_weigh(sample, probability, weight);
            now.weight = weight;
        }
        now.draft = pass + 1 < passes;
        if (predict_once(chosen, count, &now, pass ? NULL : &blind, kept,
                         probability, quality, error))
            goto done;
    }
    share_weights(quality, count);
    status = 0;
done:
    for (size_t p = 0; kept && p < count; p++)
        wn_spill_free(kept[p]);
    free(kept);
    wn_spill_free(weight);
    return status;
}

/* The classes that have rows: number[c] is the place of c among them, or -1;
 * NULL where that are all, or none. */
static void number_classes(const struct wn_sample *sample, int32_t **number,
                           size_t *count)
{
    *number = wn_new(sample->k, sizeof **number);
    for (size_t i = 0; i < sample->n; i++)
        if (sample->label[i] >= 0)
            (*number)[sample->label[i]] = 1;
    *count = 0;
    for (size_t c = 0; c < sample->k; c++)
        (*number)[c] = (*number)[c] ? (int32_t)(*count)++ : -1;
    if (*count == 0 || *count == sample->k) {
        free(*number);
        *number = NULL;
    }
}

/* Rows of `few` probabilities become, where they are, rows of k, 0 for classes
 * without a number. */
static void pool_spread(float *probability, size_t n, size_t k, size_t few,
                        const int32_t *number)
{
    for (size_t i = n; i-- > 0;)
        for (size_t c = k; c-- > 0;)
            probability[i * k + c] =
                number[c] < 0 ? 0 : probability[i * few + (size_t)number[c]];
}

int wn_pool_predict(const struct wn_predictor *const *chosen, size_t count,
                    size_t passes, const struct wn_sample *sample,
                    float *probability, struct wn_quality *quality,
                    struct wn_error *error)
{
    struct wn_sample few = *sample;
    int32_t *number, *label = NULL;
    int status = -1;

    number_classes(sample, &number, &few.k);
    if (!number)
        return pool_predict_all(chosen, count, passes, sample, probability,
                                quality, error);
    label = wn_spill_new(sample->n, sizeof *label);
    for (size_t i = 0; i < sample->n; i++)
        label[i] = sample->label[i] < 0 ? -1 : number[sample->label[i]];
    few.label = label;
    status = pool_predict_all(chosen, count, passes, &few, probability, quality,
                              error);
    if (status == 0)
        pool_spread(probability, sample->n, sample->k, few.k, number);
    wn_spill_free(label);
    free(number);
    return status;
}
