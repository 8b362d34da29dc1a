/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a model gains by a change of the rows; see gain.h. */
#include "noise/gain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "learn/predictors.h"
#include "learn/softmax.h"
#include "learn/trees.h"
#include "noise/confident.h"
#include "noise/order_statistics.h"
#include "noise/suspicion.h"
#include "util/memory.h"
#include "util/spill.h"

#define NORMAL_90 1.645
enum { TREES = 100, ITERATIONS = 100, AS_THEY_ARE = WN_GAIN_CHANGES };
/* Below this pivot N has no inverse that is worth anything. */
#define MIN_PIVOT 1e-3

int wn_gain_credit(const double *joint, double rate, size_t k, double *credit,
                   struct wn_error *error)
{
    /* Gauss-Jordan on (N, I), the larger pivot first. */
    double *n = wn_new(wn_product(k, k, 1), sizeof *n);
    int status = 0;

    for (size_t t = 0; t < k; t++) {
        double truth = 0;

        for (size_t y = 0; joint && y < k; y++)
            truth += joint[y * k + t];
        for (size_t y = 0; y < k; y++) {
            const double even = y == t ? 1 - rate : rate / (double)(k - 1);

            n[t * k + y] = !joint      ? even
                           : truth > 0 ? joint[y * k + t] / truth
                                       : y == t;
            credit[t * k + y] = y == t;
        }
    }
    for (size_t c = 0; c < k && status == 0; c++) {
        size_t pivot = c;

        for (size_t r = c + 1; r < k; r++)
            if (fabs(n[r * k + c]) > fabs(n[pivot * k + c]))
                pivot = r;
        if (fabs(n[pivot * k + c]) < MIN_PIVOT) {
            status = wn_fail(error, WN_ENUMERIC,
                             "the given labels hardly depend on the true ones: "
                             "they cannot test a model");
            break;
        }
        for (size_t j = 0; pivot != c && j < k; j++) {
            const double a = n[c * k + j], b = credit[c * k + j];

            n[c * k + j] = n[pivot * k + j];
            n[pivot * k + j] = a;
            credit[c * k + j] = credit[pivot * k + j];
            credit[pivot * k + j] = b;
        }
        const double scale = 1 / n[c * k + c];
        for (size_t j = 0; j < k; j++) {
            n[c * k + j] *= scale;
            credit[c * k + j] *= scale;
        }
        for (size_t r = 0; r < k; r++) {
            const double factor = n[r * k + c];

            for (size_t j = 0; r != c && factor != 0 && j < k; j++) {
                n[r * k + j] -= factor * n[c * k + j];
                credit[r * k + j] -= factor * credit[c * k + j];
            }
        }
    }
    free(n);
    return status;
}

/* One fold: what its models learn from, and how they do. */
struct fold {
    const struct wn_gain_task *task;
    int32_t number;
    double inverse_penalty;
    int32_t *label, *changed; /* n: of training rows, -1 elsewhere */
    int32_t *side;            /* n: 0 where tested, 1 where not */
    float *weight;            /* n */
    float *probability;       /* n x k */
    float *credit[WN_GAIN_CHANGES + 1][2]; /* n each, all folds */
};

static const struct wn_predictor *find_predictor(const char *name)
{
    size_t p = 0;

    while (strcmp(wn_predictors[p].name, name))
        p++;
    return &wn_predictors[p];
}

/* The verdicts of an audit of the training rows alone. */
static int audit_training(struct fold *fold, struct wn_suspicion *judged,
                          struct wn_error *error)
{
    const struct wn_predictor *const pair[] = {find_predictor("trees"),
                                               find_predictor("softmax")};
    struct wn_sample sample = *fold->task->sample;
    struct wn_quality quality[3];
    const struct wn_probability p = {sample.n, sample.k, fold->probability,
                                     NULL};
    struct wn_noise noise;

    sample.label = fold->label;
    sample.log = NULL;
    sample.chosen = NULL;
    if (wn_pool_predict(pair, 2, 1, &sample, fold->probability, NULL, quality,
                        error) ||
        wn_noise_estimate(
            fold->label, &p,
            &(struct wn_noise_settings){.threads = sample.threads}, &noise,
            error))
        return -1;
    wn_suspicion_find(fold->label, &p, &noise, sample.threads, judged);
    wn_noise_free(&noise);
    return 0;
}

/* Train on changed[] with `weight` and keep the credit of the tested rows. */
static int train_and_test(struct fold *fold, int change, const float *weight,
                          struct wn_error *error)
{
    const struct wn_gain_task *task = fold->task;
    const struct wn_sample *s = task->sample;
    const struct wn_trees_options trees = {
        .trees = TREES, .min_rows = 2, .share = 1};
    struct wn_softmax softmax = wn_softmax_defaults;
    struct wn_sample changed = *s;

    changed.label = fold->changed;
    changed.weight = weight;
    changed.seed = s->seed + (uint64_t)fold->number;
    changed.fold = fold->side;
    changed.folds = 1;
    changed.log = NULL;
    softmax.iterations = ITERATIONS;
    softmax.inverse_penalty = fold->inverse_penalty;
    for (int model = 0; model < 2; model++) {
        if (model == WN_GAIN_TREES
                ? wn_trees(&changed, &trees, fold->probability, error)
                : wn_softmax_predict(&softmax, &changed, NULL,
                                     fold->probability, NULL, error))
            return -1;
        for (size_t i = 0; i < s->n; i++) {
            const float *row = fold->probability + i * s->k;
            const size_t y = (size_t)s->label[i];
            size_t best = 0;

            if (s->fold[i] != fold->number)
                continue;
            for (size_t c = 1; c < s->k; c++)
                if (row[c] > row[best])
                    best = c;
            fold->credit[change][model][i] =
                task->trusted && task->trusted[i]
                    ? (float)(best == y)
                    : (float)task->credit[y * s->k + best];
        }
    }
    return 0;
}

/* Choose the suspicious training rows anew, and try every change. */
static int try_fold(struct fold *fold, struct wn_error *error)
{
    const struct wn_gain_task *task = fold->task;
    const struct wn_sample *s = task->sample;
    const size_t n = s->n;
    struct wn_suspicion judged = {0};
    size_t training = 0;

    for (size_t i = 0; i < n; i++) {
        const bool tested = s->fold[i] == fold->number;

        fold->label[i] = tested ? -1 : s->label[i];
        fold->side[i] = !tested;
        training += !tested;
    }
    if (audit_training(fold, &judged, error))
        return -1;
    uint32_t *order = wn_spill_new(n, sizeof *order);
    for (size_t i = 0; i < n; i++) {
        struct wn_verdict *verdict = &judged.verdict[i];

        if (fold->label[i] < 0 || (task->trusted && task->trusted[i]))
            verdict->suspicion = 0;
        fold->weight[i] = (float)((s->weight ? (double)s->weight[i] : 1) *
                                  (1 - verdict->suspicion));
    }
    wn_order(&judged.verdict->suspicion, WN_VERDICT_STRIDE, true, n, order);
    const size_t suspects =
        (size_t)rint((double)task->suspects * (double)training / (double)n);
    memcpy(fold->changed, fold->label, n * sizeof *fold->label);
    int status = train_and_test(fold, AS_THEY_ARE, s->weight, error);
    if (status == 0)
        status = train_and_test(fold, WN_GAIN_WEIGHT, fold->weight, error);
    for (int change = WN_GAIN_DROP; change <= WN_GAIN_RELABEL && status == 0;
         change++) {
        for (size_t i = 0; i < n; i++)
            fold->changed[i] = task->gone[i] ? -1 : fold->label[i];
        for (size_t r = 0; r < suspects; r++) {
            const struct wn_verdict *verdict = &judged.verdict[order[r]];

            if (verdict->suspicion <= 0)
                break;
            fold->changed[order[r]] =
                change == WN_GAIN_DROP ? -1 : verdict->best;
        }
        /* What changes nothing gains nothing. */
        if (memcmp(fold->changed, fold->label, n * sizeof *fold->label))
            status = train_and_test(fold, change, s->weight, error);
        else
            for (size_t i = 0; i < n; i++)
                for (int m = 0; m < 2 && !fold->side[i]; m++)
                    fold->credit[change][m][i] =
                        fold->credit[AS_THEY_ARE][m][i];
    }
    wn_spill_free(order);
    wn_suspicion_free(&judged);
    return status;
}

/* The mean of difference[n] and its interval; see gain.h. */
static struct wn_gain_interval find_interval(const struct wn_sample *s,
                                             const double *difference)
{
    const size_t n = s->n, groups = s->group ? s->groups : n;
    const double folds = (double)s->folds;
    double *sum = wn_new(groups, sizeof *sum);
    double *by_fold = wn_new(2 * s->folds, sizeof *by_fold);
    double mean = 0, spread = 0, between = 0;

    for (size_t i = 0; i < n; i++)
        mean += difference[i] / (double)n;
    for (size_t i = 0; i < n; i++) {
        sum[s->group ? (size_t)s->group[i] : i] += difference[i] - mean;
        by_fold[s->fold[i]] += difference[i] - mean;
        by_fold[s->folds + (size_t)s->fold[i]]++;
    }
    for (size_t g = 0; g < groups; g++)
        spread += sum[g] * sum[g];
    spread /= (double)n * (double)n;
    for (size_t f = 0; f < s->folds; f++) {
        const double rows = by_fold[s->folds + f];
        const double off = rows > 0 ? by_fold[f] / rows : 0;

        between += off * off / (folds - 1);
    }
    /* Of K folds: (1/K + 1/(K-1)) of their variance, and no less than what
     * the rows say, or one row: that none differs proves little. */
    const double error = sqrt(fmax(fmax(spread, 1 / ((double)n * (double)n)),
                                   between * (1 / folds + 1 / (folds - 1))));
    free(sum);
    free(by_fold);
    return (struct wn_gain_interval){mean, mean - NORMAL_90 * error,
                                     mean + NORMAL_90 * error};
}

/* Credits of `change` less those of `base` by one model or both. */
static struct wn_gain_interval compare(const struct fold *fold, int change,
                                       int base, int model, double *difference)
{
    const struct wn_sample *s = fold->task->sample;

    for (size_t i = 0; i < s->n; i++) {
        double sum = 0;

        for (int m = 0; m < 2; m++)
            if (model == m || model == WN_GAIN_BOTH)
                sum += (double)fold->credit[change][m][i] -
                       (double)fold->credit[base][m][i];
        difference[i] = model == WN_GAIN_BOTH ? sum / 2 : sum;
    }
    return find_interval(s, difference);
}

static void summarise(const struct fold *fold, struct wn_gain *out)
{
    const size_t n = fold->task->sample->n;
    double *difference = wn_new(n, sizeof *difference);

    *out = (struct wn_gain){.best = -1, .alone = 1};
    for (int model = 0; model < 2; model++) {
        for (size_t i = 0; i < n; i++)
            out->accuracy[model] +=
                (double)fold->credit[AS_THEY_ARE][model][i] / (double)n;
        out->accuracy[WN_GAIN_BOTH] += out->accuracy[model] / 2;
    }
    for (int change = 0; change < WN_GAIN_CHANGES; change++) {
        struct wn_gain_interval *of = out->of[change];

        for (int model = 0; model < WN_GAIN_MODELS; model++)
            of[model] = compare(fold, change, AS_THEY_ARE, model, difference);
        if (of[WN_GAIN_BOTH].low > 0 &&
            (out->best < 0 ||
             of[WN_GAIN_BOTH].mean > out->of[out->best][WN_GAIN_BOTH].mean))
            out->best = change;
    }
    for (int change = 0; out->best >= 0 && change < WN_GAIN_CHANGES; change++)
        if (change != out->best &&
            compare(fold, out->best, change, WN_GAIN_BOTH, difference).low <= 0)
            out->alone = 0;
    free(difference);
}

int wn_gain_measure(const struct wn_gain_task *task, struct wn_gain *out,
                    struct wn_error *error)
{
    const struct wn_sample *s = task->sample;
    struct wn_softmax softmax = wn_softmax_defaults;
    struct fold fold = {.task = task};

    int status = wn_softmax_choose_penalty(s, &softmax, error);
    fold.inverse_penalty = softmax.inverse_penalty;
    fold.label = wn_new(s->n, sizeof *fold.label);
    fold.changed = wn_new(s->n, sizeof *fold.changed);
    fold.side = wn_new(s->n, sizeof *fold.side);
    fold.weight = wn_new(s->n, sizeof *fold.weight);
    fold.probability =
        wn_spill_new(wn_product(s->n, s->k, 1), sizeof *fold.probability);
    for (int change = 0; change <= WN_GAIN_CHANGES; change++)
        for (int model = 0; model < 2; model++)
            fold.credit[change][model] = wn_new(s->n, sizeof(float));
    for (size_t f = 0; f < s->folds && status == 0; f++) {
        fold.number = (int32_t)f;
        status = try_fold(&fold, error);
        wn_log_progress(s->log, "gain: folds", f + 1, s->folds);
    }
    if (status == 0)
        summarise(&fold, out);
    for (int change = 0; change <= WN_GAIN_CHANGES; change++)
        for (int model = 0; model < 2; model++)
            free(fold.credit[change][model]);
    free(fold.label);
    free(fold.changed);
    free(fold.side);
    free(fold.weight);
    wn_spill_free(fold.probability);
    return status;
}

double wn_gain_bytes(const struct wn_sample *sample)
{
    const struct wn_predictor *const pair[] = {find_predictor("trees"),
                                               find_predictor("softmax")};
    const double n = (double)sample->n, k = (double)sample->k;

    return wn_pool_bytes(pair, 2, sample) + 4 * n * k + 16 * k * k +
           n * (4.0 * (4 + 2 * (WN_GAIN_CHANGES + 1)) + 20 +
                sizeof(struct wn_verdict) + 8);
}
