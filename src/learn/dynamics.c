/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Statistics of rows over epochs and replicates; see dynamics.h. */
#include "learn/dynamics.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "util/arena.h"
#include "util/memory.h"
#include "util/spill.h"

void wn_history_add(struct wn_history *history, const float *z, size_t k,
                    int32_t label, double log_total)
{
    const size_t y = (size_t)label;
    const double loss = log_total - z[y], own = exp(-loss);
    double sum = 0, other = k > 1 ? -INFINITY : z[y];
    size_t best = 0;

    for (size_t c = 0; c < k; c++) {
        sum += z[c];
        if (c != y && z[c] > other)
            other = z[c];
        if (z[c] > z[best])
            best = c;
    }
    const uint32_t correct = best == y;
    const double e = ++history->epochs, step = own - history->own_mean,
                 loss_step = loss - history->loss_mean;

    history->logit_margin += z[y] - other;
    history->own_mean += step / e;
    history->own_square += step * (own - history->own_mean);
    history->loss_mean += loss_step / e;
    history->loss_square += loss_step * (loss - history->loss_mean);
    history->loss_recent += loss * e;
    history->cores = sum / (double)k - z[y];
    if (correct && history->correct == 0)
        history->first = history->epochs - 1;
    history->correct += correct;
    history->forgotten += history->was_correct && !correct;
    history->was_correct = (uint8_t)correct;
}

static double clipped_probability(double logit)
{
    return fmin(fmax(exp(logit), 1e-4), 1 - 1e-4);
}

void wn_history_update_target(struct wn_history *history, float *t,
                              const float *z, size_t k, int32_t label,
                              double log_total)
{
    double sum = 0, product = 0;

    for (size_t c = 0; c < k; c++)
        sum += clipped_probability(z[c] - log_total);
    for (size_t c = 0; c < k; c++) {
        const double p = clipped_probability(z[c] - log_total);

        t[c] = (float)(.7 * t[c] + .3 * p / sum);
        product += t[c] * p;
    }
    history->target_own = t[label];
    history->target_log = log1p(-product);
}

void wn_history_read(const struct wn_history *history,
                     double value[WN_STATISTICS])
{
    const double e = history->epochs ? history->epochs : 1;
    const int learned = history->correct > 0;
    const double v = history->own_square / e;

    value[WN_AUM] = history->logit_margin / e;
    value[WN_FORGETTING] = learned ? history->forgotten : history->epochs;
    value[WN_NEVER] = !learned;
    value[WN_FIRST_LEARNED] = learned ? history->first : history->epochs;
    value[WN_CONFIDENCE] = history->own_mean;
    value[WN_VARIABILITY] = sqrt(v);
    value[WN_VARIABILITY_CI] = sqrt(v + (e > 1 ? v * v / (e - 1) : 0));
    value[WN_CORRECTNESS] = history->correct;
    value[WN_LOSS_MEAN] = history->loss_mean;
    value[WN_LOSS_RECENT] = history->loss_recent / (e * e);
    value[WN_LOSS_STD] = sqrt(history->loss_square / e);
    value[WN_CORES] = history->cores;
    value[WN_TARGET_OWN] = history->target_own;
    value[WN_TARGET_LOG] = history->target_log;
}

/* Mean and sum of squared deviations over the replicates so far. */
struct moment {
    double mean, square;
};

struct wn_dynamics {
    struct wn_arena own; /* its arrays */
    size_t n, epoch, epochs;
    unsigned parts;
    size_t replicates; /* added so far */
    const int32_t *label;
    struct moment *total[WN_STATISTICS]; /* n each, NULL if not kept */
};

/* The part that a statistic belongs to; 0 = always kept. */
static unsigned dynamics_part_of(int statistic)
{
    if (statistic == WN_GRAND || statistic == WN_GRAND_LAST)
        return WN_DYNAMICS_GRADIENTS;
    if (statistic >= WN_TARGET_OWN)
        return WN_DYNAMICS_TARGETS;
    return statistic >= WN_AUM ? WN_DYNAMICS_HISTORIES : 0;
}

struct wn_dynamics *wn_dynamics_new(size_t n, const int32_t *label,
                                    unsigned parts, size_t epoch, size_t epochs)
{
    struct wn_dynamics *dynamics = wn_new(1, sizeof *dynamics);

    dynamics->n = n;
    dynamics->epoch = epoch;
    dynamics->epochs = epochs;
    dynamics->parts = parts;
    dynamics->label = label;
    for (int s = 0; s < WN_STATISTICS; s++)
        if ((dynamics_part_of(s) & parts) == dynamics_part_of(s))
            dynamics->total[s] =
                wn_arena_spill(&dynamics->own, sizeof(struct moment), n, 1);
    return dynamics;
}

void wn_dynamics_free(struct wn_dynamics *dynamics)
{
    if (!dynamics)
        return;
    wn_arena_free(&dynamics->own);
    free(dynamics);
}

static void moment_add(struct wn_dynamics *dynamics, int statistic, size_t i,
                       double value)
{
    struct moment *total = &dynamics->total[statistic][i];
    const double step = value - total->mean;

    total->mean += step / (double)dynamics->replicates;
    total->square += step * (value - total->mean);
}

void wn_dynamics_add(struct wn_dynamics *dynamics,
                     const struct wn_mlp_prediction *prediction,
                     const struct wn_gradient *gradient,
                     const struct wn_history *history)
{
    dynamics->replicates++;
    for (size_t i = 0; i < dynamics->n; i++) {
        double value[WN_STATISTICS];

        moment_add(dynamics, WN_EL2N, i, prediction[i].el2n);
        moment_add(dynamics, WN_L1, i, 2 * (1 - prediction[i].own));
        moment_add(dynamics, WN_MARGIN, i, prediction[i].margin);
        moment_add(dynamics, WN_LOSS, i, prediction[i].loss);
        if (dynamics->parts & WN_DYNAMICS_GRADIENTS) {
            assert(gradient);
            moment_add(dynamics, WN_GRAND, i, gradient[i].all);
            moment_add(dynamics, WN_GRAND_LAST, i, gradient[i].last);
        }
        if (!(dynamics->parts & WN_DYNAMICS_HISTORIES))
            continue;
        assert(history);
        wn_history_read(&history[i], value);
        for (int s = WN_AUM; s < WN_STATISTICS && dynamics->total[s]; s++)
            moment_add(dynamics, s, i, value[s]);
    }
}

void wn_dynamics_read(const struct wn_dynamics *dynamics,
                      enum wn_statistic statistic, double factor, double shift,
                      float *mean, float *spread)
{
    const struct moment *total = dynamics->total[statistic];

    assert(total);
    for (size_t i = 0; i < dynamics->n; i++) {
        const int labelled = dynamics->label[i] >= 0;
        const double variance = total[i].square / (double)dynamics->replicates;

        mean[i] = labelled ? (float)(factor * total[i].mean + shift) : 0;
        if (spread)
            spread[i] = labelled ? (float)(fabs(factor) * sqrt(variance)) : 0;
    }
}

size_t wn_dynamics_epoch(const struct wn_dynamics *dynamics)
{
    return dynamics->epoch;
}

size_t wn_dynamics_epochs(const struct wn_dynamics *dynamics)
{
    return dynamics->epochs;
}

struct wn_dynamics *
wn_external_dynamics_follow(const struct wn_external_dynamics *given,
                            unsigned parts, size_t epoch, int threads,
                            struct wn_error *error)
{
    const size_t n = given->n, k = given->k, cells = wn_product(n, k, 1);
    struct wn_dynamics *dynamics =
        wn_dynamics_new(n, given->label, parts, epoch, given->epochs);
    struct wn_arena own = {0};
    struct wn_mlp_prediction *prediction =
        wn_arena_spill(&own, sizeof *prediction, n, 1);
    float *logits = wn_arena_spill(&own, sizeof *logits, cells, 1);
    double *p = wn_arena_new(&own, sizeof *p, k, 1);
    struct wn_history *history = NULL;
    float *target = NULL;
    int status = 0;

    if (parts & WN_DYNAMICS_HISTORIES)
        history = wn_arena_spill(&own, sizeof *history, n, 1);
    if (parts & WN_DYNAMICS_TARGETS)
        target = wn_arena_spill(&own, sizeof *target, cells, 1);
    for (size_t e = 0; e < given->epochs; e++) {
        if (!history && e + 1 != epoch)
            continue;
        status = given->read(given->context, e, logits, error);
        if (status)
            break;
        for (size_t i = 0; given->probabilities && i < cells; i++)
            logits[i] = logf(fmaxf(logits[i], 1e-30f));
#pragma omp parallel for num_threads(threads) schedule(static)
        for (size_t i = 0; i < n; i++) {
            const float *z = logits + i * k;

            if (!history || given->label[i] < 0)
                continue;
            const double log_total = wn_log_total(z, k);
            wn_history_add(&history[i], z, k, given->label[i], log_total);
            if (target)
                wn_history_update_target(&history[i], target + i * k, z, k,
                                         given->label[i], log_total);
        }
        for (size_t i = 0; e + 1 == epoch && i < n; i++)
            wn_mlp_prediction_of(logits + i * k, k, given->label[i], p,
                                 &prediction[i]);
    }
    if (status == 0)
        wn_dynamics_add(dynamics, prediction, NULL, history);
    wn_arena_free(&own);
    if (status == 0)
        return dynamics;
    wn_dynamics_free(dynamics);
    return NULL;
}

size_t wn_external_dynamics_epoch(size_t epochs)
{
    return (epochs + 9) / 10;
}

double wn_external_dynamics_bytes(size_t n, size_t k, unsigned parts)
{
    const double arrays = parts & WN_DYNAMICS_TARGETS ? 2 : 1; /* n x k */

    return (double)n *
           (arrays * 4 * (double)k + 2 * WN_STATISTICS * sizeof(double) +
            sizeof(struct wn_mlp_prediction) + sizeof(struct wn_history));
}
