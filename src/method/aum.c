/* SPDX-License-Identifier: GPL-3.0-or-later */
/* aum: minus the mean margin of the label's logit over the epochs.
 *
 * The paper's area under the margin is low for wrong labels, so the sign is
 * turned. Logits are those of each minibatch before its update.
 *
 * With --aum-threshold=PERCENTILE two more sets of networks are trained. In
 * each set a random one in k + 1 of the rows, different rows each time, gets a
 * class that does not exist: their areas show what those of wrong labels look
 * like. The score of every other row is the percentile of their areas minus the
 * row's own area, averaged over the sets in which the row kept its label; the
 * paper flags scores of 0 and above. See winnow-methods(7). */
#include <stdlib.h>
#include <string.h>

#include "method/method_private.h"
#include "noise/order_statistics.h"
#include "util/arena.h"
#include "util/memory.h"
#include "util/random.h"

double wn_aum_threshold(const float *minus, const uint8_t *sample, size_t n,
                        double percentile)
{
    double *area = wn_new(n, sizeof *area);
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        if (sample[i])
            area[count++] = -(double)minus[i];
    wn_sort(area, count);
    const double threshold = -wn_percentile(area, count, percentile);
    free(area);
    return threshold;
}

static int aum_score(const struct wn_view *view, const struct wn_scores *out,
                     struct wn_error *error)
{
    enum { SETS = 2 };
    const size_t n = view->n;
    struct wn_random random;
    size_t rows = 0;
    int status = 0;

    wn_dynamics_read(view->dynamics, WN_AUM, -1, 0, out->score, out->spread);
    if (!view->settings->has_aum_threshold)
        return 0;
    struct wn_arena own = {0};
    int32_t *order = wn_arena_new(&own, sizeof *order, n, 1);
    int32_t *label = wn_arena_new(&own, sizeof *label, n, 1);
    uint8_t *sample = wn_arena_new(&own, 1, n, 1);
    uint8_t *times = wn_arena_new(&own, 1, n, 1);
    float *score = wn_arena_new(&own, sizeof *score, n, 1);
    float *spread = wn_arena_new(&own, sizeof *spread, n, 1);
    const struct wn_mlp_task task = {
        .x = view->x, .n = n, .d = view->d, .k = view->k + 1, .label = label};
    struct wn_dynamics_plan plan = *view->plan;

    plan.parts = WN_DYNAMICS_HISTORIES;
    plan.units = NULL;
    plan.epoch = wn_dynamics_epoch(view->dynamics);
    plan.epochs = wn_dynamics_epochs(view->dynamics);
    for (size_t i = 0; i < n; i++)
        if (view->label[i] >= 0)
            order[rows++] = (int32_t)i;
    wn_random_start(&random, view->seed, WN_RANDOM_SAMPLE, 0, 2);
    wn_random_shuffle(&random, order, rows);
    const size_t share = rows / (view->k + 1), size = share ? share : 1;
    memset(out->score, 0, n * sizeof *out->score);
    memset(out->spread, 0, n * sizeof *out->spread);
    for (size_t s = 0; s < SETS && status == 0; s++) {
        memcpy(label, view->label, n * sizeof *label);
        memset(sample, 0, n);
        for (size_t r = s * size; r < (s + 1) * size; r++) {
            label[order[r]] = (int32_t)view->k;
            sample[order[r]] = 1;
        }
        plan.network.seed = view->seed + 1 + s;
        struct wn_dynamics *dynamics =
            wn_dynamics_train(&task, &plan, view->threads, NULL, error);
        if (!dynamics) {
            status = -1;
            break;
        }
        wn_dynamics_read(dynamics, WN_AUM, -1, 0, score, spread);
        wn_dynamics_free(dynamics);
        const double threshold =
            wn_aum_threshold(score, sample, n, view->settings->aum_threshold);
        for (size_t i = 0; i < n; i++)
            if (view->label[i] >= 0 && !sample[i]) {
                times[i]++;
                out->score[i] += (float)((double)score[i] - threshold);
                out->spread[i] += spread[i];
            }
    }
    for (size_t i = 0; i < n; i++)
        if (times[i] > 1) {
            out->score[i] /= times[i];
            out->spread[i] /= times[i];
        }
    wn_arena_free(&own);
    return status;
}

const struct wn_method wn_method_aum = {
    .name = "aum",
    .source = "Pleiss et al. 2020",
    .brief = "minus the mean margin of the label's logit",
    .needs = WN_NEEDS_DYNAMICS | WN_NEEDS_HISTORIES,
    .score = aum_score,
    .spreads = true};
