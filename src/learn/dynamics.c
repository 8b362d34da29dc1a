/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers a row over replicates; see dynamics.h. */
#include "learn/dynamics.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "util/spill.h"
#include "util/memory.h"

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
    const uint32_t right = best == y;
    const double e = ++history->epochs, step = own - history->own_mean,
                 loss_step = loss - history->loss_mean;

    history->logit_margin += z[y] - other;
    history->own_mean += step / e;
    history->own_square += step * (own - history->own_mean);
    history->loss_mean += loss_step / e;
    history->loss_square += loss_step * (loss - history->loss_mean);
    history->loss_recent += loss * e;
    history->cores = sum / (double)k - z[y];
    if (right && history->right == 0)
        history->first = history->epochs - 1;
    history->right += right;
    history->forgotten += history->was_right && !right;
    history->was_right = (uint8_t)right;
}

static double dynamics_cut(double logit)
{
    return fmin(fmax(exp(logit), 1e-4), 1 - 1e-4);
}

void wn_history_aim(struct wn_history *history, float *t, const float *z,
                    size_t k, int32_t label, double log_total)
{
    double sum = 0, product = 0;

    for (size_t c = 0; c < k; c++)
        sum += dynamics_cut(z[c] - log_total);
    for (size_t c = 0; c < k; c++) {
        const double p = dynamics_cut(z[c] - log_total);

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
    const int learned = history->right > 0;
    const double v = history->own_square / e;

    value[WN_AUM] = history->logit_margin / e;
    value[WN_FORGETTING] = learned ? history->forgotten : history->epochs;
    value[WN_NEVER] = !learned;
    value[WN_FIRST_LEARNED] = learned ? history->first : history->epochs;
    value[WN_CONFIDENCE] = history->own_mean;
    value[WN_VARIABILITY] = sqrt(v);
    value[WN_VARIABILITY_CI] = sqrt(v + (e > 1 ? v * v / (e - 1) : 0));
    value[WN_CORRECTNESS] = history->right;
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
    size_t n, epoch, epochs;
    unsigned parts;
    size_t replicates; /* added */
    const int32_t *label;
    struct moment *total[WN_STATISTICS]; /* n each, NULL if no part */
};

/* The part that a statistic belongs to; 0 = always there. */
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
    for (int s = 0; s < WN_STATISTICS; s++) {
        if ((dynamics_part_of(s) & parts) != dynamics_part_of(s))
            continue;
        dynamics->total[s] = wn_spill_new(n, sizeof *dynamics->total[s]);
    }
    return dynamics;
}

void wn_dynamics_free(struct wn_dynamics *dynamics)
{
    if (!dynamics)
        return;
    for (int s = 0; s < WN_STATISTICS; s++)
        wn_spill_free(dynamics->total[s]);
    free(dynamics);
}

static void dynamics_add(struct wn_dynamics *dynamics, int statistic, size_t i,
                         double value)
{
    struct moment *total = &dynamics->total[statistic][i];
    const double step = value - total->mean;

    total->mean += step / (double)dynamics->replicates;
    total->square += step * (value - total->mean);
}

void wn_dynamics_add(struct wn_dynamics *dynamics,
                     const struct wn_mlp_prediction *verdict,
                     const struct wn_gradient *grand,
                     const struct wn_history *history)
{
    dynamics->replicates++;
    for (size_t i = 0; i < dynamics->n; i++) {
        double value[WN_STATISTICS];

        dynamics_add(dynamics, WN_EL2N, i, verdict[i].el2n);
        dynamics_add(dynamics, WN_L1, i, 2 * (1 - verdict[i].own));
        dynamics_add(dynamics, WN_MARGIN, i, verdict[i].margin);
        dynamics_add(dynamics, WN_LOSS, i, verdict[i].loss);
        if (dynamics->parts & WN_DYNAMICS_GRADIENTS) {
            dynamics_add(dynamics, WN_GRAND, i, grand[i].all);
            dynamics_add(dynamics, WN_GRAND_LAST, i, grand[i].last);
        }
        if (!(dynamics->parts & WN_DYNAMICS_HISTORIES))
            continue;
        wn_history_read(&history[i], value);
        for (int s = WN_AUM; s < WN_STATISTICS && dynamics->total[s]; s++)
            dynamics_add(dynamics, s, i, value[s]);
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
