/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The logarithmic pool of a committee; see predictors.h. */
#include "learn/predictors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linalg/softmax_row.h"
#include "util/arena.h"
#include "util/memory.h"
#include "util/spill.h"

#define EVEN_SHARE 0.01 /* spread over all classes: no model rules one out */
#define MIN_LOSS 1e-3   /* smaller log-losses count as this */
#define WEIGHT_POWER 3
#define MAX_ROUNDING 1e-3 /* of the sum of a row that a model predicts */
#define WEAK 0.2 /* of the largest weight: too little for another pass */

/* Predictions that ignore the features. */
struct baseline {
    double loss;     /* log-loss of the class shares */
    double min_gain; /* the smallest difference to it that n rows can tell */
};

/* A member's fit, whose result is a unit: its probabilities and settings. */
struct fit {
    const struct wn_predictor *predictor;
    struct wn_sample *sample;
    float *out; /* n x k */
};

static int compute_member(void *context, size_t u, struct wn_text *out,
                          struct wn_error *error)
{
    const struct fit *fit = context;
    const size_t cells = fit->sample->n * fit->sample->k;
    struct wn_units *all = fit->sample->units;

    (void)u;
    fit->sample->units = wn_units_inside(all);
    const int status = fit->predictor->predict(fit->sample, fit->out, error);
    fit->sample->units = all;
    wn_text_add(out, (const char *)fit->out, cells * sizeof *fit->out);
    wn_text_add(out, fit->sample->chosen, WN_CHOSEN);
    return status;
}

static int use_member(void *context, size_t u, const char *bytes, size_t length)
{
    const struct fit *fit = context;
    const size_t n = fit->sample->n, k = fit->sample->k;
    const size_t size = n * k * sizeof *fit->out;

    (void)u;
    if (length != size + WN_CHOSEN || bytes[length - 1])
        return -1;
    memcpy(fit->out, bytes, size);
    memcpy(fit->sample->chosen, bytes + size, WN_CHOSEN);
    for (size_t i = 0; i < n; i++) {
        double sum = 0;

        for (size_t c = 0; c < k; c++)
            sum += fit->out[i * k + c] >= 0 ? (double)fit->out[i * k + c] : NAN;
        if (!(fabs(sum - 1) <= MAX_ROUNDING))
            return -1;
    }
    return 0;
}

static int predict_member(const struct wn_predictor *predictor,
                          struct wn_sample *sample, size_t place, float *out,
                          struct wn_error *error)
{
    struct fit fit = {predictor, sample, out};
    char stage[WN_UNITS_STAGE];

    if (!sample->units || predictor->divides)
        return predictor->predict(sample, out, error);
    snprintf(stage, sizeof stage, "%.16s %u", predictor->name,
             (unsigned)sample->pass);
    return wn_units_run(
        sample->units,
        &(struct wn_units_job){.stage = stage,
                               .count = 1,
                               .longest = sample->n * sample->k * sizeof *out +
                                          WN_CHOSEN,
                               .first = place,
                               .threads = 1,
                               .together = true,
                               .context = &fit,
                               .compute = compute_member,
                               .use = use_member},
        error);
}

/* One pass: the calibrated pool of the members. In the first pass, with a
 * baseline, the members' weights are found. kept[p] (n x k, or NULL) holds the
 * last result of member p; it is needed where the member has `once`. */
static int predict_pass(const struct wn_predictor *const *chosen, size_t count,
                        const struct wn_sample *sample,
                        const struct baseline *baseline, float **kept,
                        float *probability, struct wn_quality *quality,
                        struct wn_error *error)
{
    const size_t n = sample->n, k = sample->k;
    const size_t cells = wn_product(n, k, 1);
    const float even = (float)(EVEN_SHARE / (double)k);
    float *own = wn_spill_new(cells, sizeof *own);
    double weights = 0;
    int status = 0;

    memset(probability, 0, cells * sizeof *probability);
    for (size_t p = 0; p < count; p++) {
        float *out = kept[p] ? kept[p] : count == 1 ? probability : own;

        if (!baseline && quality[p].weight == 0)
            continue;
        if (baseline || !chosen[p]->once) {
            const double weight = quality[p].weight;
            struct wn_sample member = *sample;
            char settings[WN_CHOSEN] = "";

            member.chosen = settings;
            member.draft = sample->draft && !chosen[p]->once;
            const int fitted =
                chosen[p]->predict
                    ? predict_member(chosen[p], &member, p, out, error)
                    : 0;
            if (fitted)
                status = fitted;
            if (status < 0)
                break;
            if (status)
                continue; /* this shard may still fit others */
            wn_calibrate(out, n, k, sample->label, sample->threads, NULL);
            quality[p] = wn_quality_measure(out, n, k, sample->label);
            quality[p].weight = weight;
            memcpy(quality[p].chosen, settings, sizeof settings);
        }
        if (baseline)
            quality[p].weight = pow(
                fmax(baseline->loss - quality[p].log_loss, baseline->min_gain) /
                    fmax(quality[p].log_loss, MIN_LOSS),
                WEIGHT_POWER);
        weights += quality[p].weight;
        if (count == 1)
            break;
#pragma omp parallel for schedule(static) num_threads(sample->threads)
        for (size_t i = 0; i < n; i++)
            wn_softmax_row_add_log(out + i * k, k, even,
                                   (float)quality[p].weight,
                                   probability + i * k);
    }
    wn_spill_free(own);
    if (status)
        return status;
    if (count == 1 && kept[0])
        memcpy(probability, kept[0], cells * sizeof *probability);
    if (count > 1) {
#pragma omp parallel for schedule(static) num_threads(sample->threads)
        for (size_t i = 0; i < n; i++)
            wn_softmax_row_from(probability + i * k, k, (float)(1 / weights));
        wn_calibrate(probability, n, k, sample->label, sample->threads, NULL);
    }
    quality[count] = wn_quality_measure(probability, n, k, sample->label);
    return 0;
}

/* All passes; every class has rows. */
static int predict_passes(const struct wn_predictor *const *chosen,
                          size_t count, size_t passes,
                          const struct wn_sample *sample, float *probability,
                          float *members, size_t stride,
                          struct wn_quality *quality, struct wn_error *error)
{
    const size_t cells = wn_product(sample->n, sample->k, 1);
    struct wn_arena own = {0};
    double *rows = wn_arena_new(&own, sizeof *rows, sample->k, 1); /* of each */
    float **kept = wn_arena_new(&own, sizeof *kept, count, 1);
    float *weight = wn_arena_spill(&own, sizeof *weight, sample->n, 1);
    struct baseline baseline = {0};
    struct wn_sample now = *sample;
    double labelled = 0, sum = 0;
    int status = 0;

    for (size_t i = 0; i < sample->n; i++)
        if (sample->label[i] >= 0) {
            rows[sample->label[i]]++;
            labelled++;
        }
    for (size_t c = 0; c < sample->k; c++)
        if (rows[c] > 0)
            baseline.loss -= rows[c] / labelled * log(rows[c] / labelled);
    baseline.min_gain = fmax(baseline.loss, MIN_LOSS) / sqrt(fmax(labelled, 1));
    for (size_t p = 0; p < count; p++)
        if (members)
            kept[p] = members + p * stride;
        else if (passes > 1 && chosen[p]->once)
            kept[p] = wn_arena_spill(&own, sizeof **kept, cells, 1);
    for (size_t pass = 0; status == 0 && pass < passes; pass++) {
        if (pass) {
            /* Before a further pass: weak members get weight 0, and the
             * training weight of a row is multiplied by its agreement with the
             * previous pass. */
            const size_t k = sample->k;
            double max = 0;

            for (size_t p = 0; p < count; p++)
                max = fmax(max, quality[p].weight);
            for (size_t p = 0; p < count; p++)
                if (quality[p].weight < WEAK * max)
                    quality[p].weight = 0;
            for (size_t i = 0; i < sample->n; i++) {
                const float *row = probability + i * k;
                const float top = row[wn_softmax_row_top(row, k)];

                weight[i] = sample->label[i] < 0 || !(top > 0)
                                ? 0
                                : (float)wn_sample_weight(sample, i) *
                                      (row[sample->label[i]] / top);
            }
            now.weight = weight;
        }
        now.draft = pass + 1 < passes;
        now.pass = pass + 1;
        status = predict_pass(chosen, count, &now, pass ? NULL : &baseline,
                              kept, probability, quality, error);
    }
    for (size_t p = 0; status == 0 && p < count; p++)
        sum += quality[p].weight;
    for (size_t p = 0; status == 0 && p < count; p++)
        quality[p].weight /= sum;
    quality[count].weight = 1;
    wn_arena_free(&own);
    return status;
}

/* Widen n rows from `from` to k probabilities in place, from the last on: class
 * c has the number[c]th, or 0 where that is negative. */
static void widen(float *row, size_t n, size_t from, size_t k,
                  const int32_t *number)
{
    for (size_t i = n; i-- > 0;)
        for (size_t c = k; c-- > 0;)
            row[i * k + c] =
                number[c] < 0 ? 0 : row[i * from + (size_t)number[c]];
}

int wn_pool_predict(const struct wn_predictor *const *chosen, size_t count,
                    size_t passes, const struct wn_sample *sample,
                    float *probability, float *members,
                    struct wn_quality *quality, struct wn_error *error)
{
    const size_t n = sample->n, k = sample->k, stride = wn_product(n, k, 1);
    /* The number of a class among those with rows, or -1. */
    int32_t *number = wn_new(k, sizeof *number);
    int32_t *label = wn_spill_new(n, sizeof *label);
    struct wn_sample present = *sample;
    int status;

    for (size_t i = 0; i < n; i++)
        if (sample->label[i] >= 0)
            number[sample->label[i]] = 1;
    present.k = 0;
    for (size_t c = 0; c < k; c++)
        number[c] = number[c] ? (int32_t)present.k++ : -1;
    if (present.k == 0 || present.k == k || !chosen[0]->predict) {
        status = predict_passes(chosen, count, passes, sample, probability,
                                members, stride, quality, error);
    } else {
        for (size_t i = 0; i < n; i++)
            label[i] = sample->label[i] < 0 ? -1 : number[sample->label[i]];
        present.label = label;
        status = predict_passes(chosen, count, passes, &present, probability,
                                members, stride, quality, error);
        for (size_t p = 0; members && status == 0 && p < count; p++)
            widen(members + p * stride, n, present.k, k, number);
        if (status == 0)
            widen(probability, n, present.k, k, number);
    }
    wn_spill_free(label);
    free(number);
    return status;
}

double wn_pool_bytes(const struct wn_predictor *const *chosen, size_t count,
                     const struct wn_sample *sample)
{
    const double result = 4 * (double)sample->n * (double)sample->k;
    double max = 0;

    for (size_t p = 0; p < count; p++)
        max = fmax(max, chosen[p]->bytes(sample));
    return result * ((double)count + 2) + 8 * (double)sample->n + max;
}
