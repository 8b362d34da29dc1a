/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of predictors and their mean; see predict.h. */
#include "model/predict.h"

#include <math.h>
#include <stdlib.h>

#include "model/calibrate.h"
#include "model/kernel.h"
#include "model/softmax.h"
#include "model/trees.h"
#include "util/memory.h"

static int predict_kernel(const struct wn_sample *sample, float *probability,
                          struct wn_error *error)
{
    return wn_kernel_predict(sample->x, sample->n, sample->d, sample->label,
                             sample->k, NULL, sample->seed, sample->threads,
                             sample->talk, probability, NULL, error);
}

static const struct wn_predictor kernel = {
    .name = "kernel",
    .brief = "ridge on random Fourier features, exact leave-one-out",
    .source = "Rahimi and Recht (2007); Golub, Heath and Wahba (1979)",
    .needs = WN_SAMPLE_FEATURES,
    .predict = predict_kernel};

static int predict_softmax(const struct wn_sample *sample, float *probability,
                           struct wn_error *error)
{
    struct wn_softmax how = wn_softmax_standard;

    how.folds = sample->folds;
    return wn_softmax_predict(&how, sample->x, sample->n, sample->d,
                              sample->label, sample->k, sample->fold,
                              sample->threads, sample->talk, probability,
                              NULL, error);
}

static const struct wn_predictor softmax = {
    .name = "softmax",
    .brief = "multinomial logistic regression, cross-validated",
    .source = "Cox (1958)",
    .needs = WN_SAMPLE_FEATURES | WN_SAMPLE_FOLDS,
    .predict = predict_softmax};

/* Votes of the neighbours, weighted by 1/(distance + the median distance of
 * the row's own list), so that near ones count more without a lone duplicate
 * deciding; one vote is spread over the classes. */
static int predict_neighbors(const struct wn_sample *sample,
                             float *probability, struct wn_error *error)
{
    const size_t k = sample->k, m = sample->m;

    (void)error;
#pragma omp parallel for num_threads(sample->threads)
    for (size_t i = 0; i < sample->n; i++) {
        const float *distance = sample->distance + i * m;
        float *out = probability + i * k;
        const double middle = distance[m / 2] > 0 ? distance[m / 2] : 1;
        double sum = 1;

        for (size_t c = 0; c < k; c++)
            out[c] = 1 / (float)k;
        for (size_t w = 0; w < m; w++) {
            const int32_t label =
                sample->label[sample->neighbor[i * m + w]];
            const double vote = 2 * middle / (distance[w] + middle);

            if (label < 0)
                continue;
            out[label] += (float)vote;
            sum += vote;
        }
        for (size_t c = 0; c < k; c++)
            out[c] = (float)(out[c] / sum);
    }
    return 0;
}

static const struct wn_predictor neighbors = {
    .name = "neighbors",
    .brief = "leave-one-out votes of the nearest neighbours",
    .source = "Fix and Hodges (1951)",
    .needs = WN_SAMPLE_NEIGHBORS,
    .predict = predict_neighbors};

static int predict_trees(const struct wn_sample *sample, float *probability,
                         struct wn_error *error)
{
    return wn_trees(sample->x, sample->n, sample->d, sample->label,
                    sample->k, NULL, NULL, &wn_trees_standard, sample->seed,
                    sample->threads, sample->talk, probability, error);
}

static const struct wn_predictor trees = {
    .name = "trees",
    .brief = "extremely randomised trees, out-of-bag votes",
    .source = "Geurts, Ernst and Wehenkel (2006)",
    .needs = WN_SAMPLE_FEATURES,
    .predict = predict_trees};

const struct wn_predictor *const wn_predictors[] = {&kernel, &trees,
                                                    &neighbors, &softmax,
                                                    NULL};
const char wn_predictor_choices[] = "|kernel|trees|neighbors|softmax";

struct wn_quality wn_predict_quality(const float *probability, size_t n,
                                     size_t k, const int32_t *label)
{
    enum { BINS = 15 };
    double sure[BINS] = {0}, right[BINS] = {0};
    struct wn_quality quality = {0};
    double rows = 0;

    for (size_t i = 0; i < n; i++) {
        const float *row = probability + i * k;
        size_t best = 0;

        if (label[i] < 0)
            continue;
        for (size_t c = 1; c < k; c++)
            if (row[c] > row[best])
                best = c;
        const double given = row[label[i]];
        quality.log_loss -= log(fmin(fmax(given, 1e-6), 1));
        const int bin = (int)fmin(row[best] * (double)BINS, BINS - 1);
        sure[bin] += row[best];
        right[bin] += best == (size_t)label[i];
        rows++;
    }
    if (rows == 0)
        return quality;
    for (int b = 0; b < BINS; b++) {
        quality.calibration += fabs(sure[b] - right[b]) / rows;
        quality.accuracy += right[b] / rows;
    }
    quality.log_loss /= rows;
    return quality;
}

int wn_predict(const struct wn_predictor *const *chosen, size_t count,
               const struct wn_sample *sample, float *probability,
               struct wn_quality *quality, struct wn_error *error)
{
    const size_t cells = wn_product(sample->n, sample->k, 1);
    float *one = NULL;
    int status = -1;

    if (count > 1) {
        one = wn_new(cells, sizeof *one, error);
        if (!one)
            return -1;
    }
    for (size_t p = 0; p < count; p++) {
        float *out = p ? one : probability;

        if (chosen[p]->predict(sample, out, error))
            goto done;
        wn_calibrate(out, sample->n, sample->k, sample->label,
                     sample->threads);
        quality[p] =
            wn_predict_quality(out, sample->n, sample->k, sample->label);
        for (size_t i = 0; p && i < cells; i++)
            probability[i] += one[i];
    }
    for (size_t i = 0; count > 1 && i < cells; i++)
        probability[i] /= (float)count;
    if (count > 1)
        wn_calibrate(probability, sample->n, sample->k, sample->label,
                     sample->threads);
    quality[count] = wn_predict_quality(probability, sample->n, sample->k,
                                        sample->label);
    status = 0;
done:
    free(one);
    return status;
}
