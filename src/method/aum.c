/* SPDX-License-Identifier: GPL-3.0-or-later */
/* aum: minus the mean margin of the label's logit over the epochs.
 *
 * The paper's area under the margin is low for wrong labels, so its sign is
 * turned. Logits are those of each minibatch before its update.
 *
 * With --aum-threshold=PERCENTILE two sets of networks are trained anew, in
 * each of which a random part of the rows, one in k + 1, another part in the
 * other, carries a class that does not exist. Their areas are what those of
 * wrong labels look like; the score of all other rows is the percentile of
 * theirs less the row's own, the mean over the sets in which the row kept its
 * label: 0 and above is what the paper flags. See winnow-methods(7). */
#include "method/aum.h"

#include <stdlib.h>
#include <string.h>

#include "method/method.h"
#include "method/score_percentile.h"
#include "learn/training.h"
#include "util/memory.h"
#include "util/random.h"

enum { SETS = 2 };

int wn_aum_cut(const float *minus, const uint8_t *sample, size_t n,
               double percentile, double *cut)
{
    double *area = wn_new(n, sizeof *area);
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        if (sample[i])
            area[count++] = -(double)minus[i];
    *cut = -wn_method_percentile(area, count, percentile);
    free(area);
    return 0;
}

/* What one set of networks works with. */
struct set {
    int32_t *label;  /* n, that of the samples is k */
    uint8_t *sample; /* n */
    float *minus, *spread;
};

static void set_free(struct set *set)
{
    free(set->label);
    free(set->sample);
    free(set->minus);
    free(set->spread);
}

static int set_new(struct set *set, size_t n)
{
    *set = (struct set){wn_new(n, sizeof(int32_t)), wn_new(n, 1),
                        wn_new(n, sizeof(float)), wn_new(n, sizeof(float))};
    return set->label && set->sample && set->minus && set->spread ? 0 : -1;
}

/* Networks with the class that does not exist; then what they say of all rows,
 * against the threshold. */
static int run_set(const struct wn_view *view, const struct wn_options *options,
                   struct set *set, uint64_t number, struct wn_error *error)
{
    const struct wn_mlp_task task = {.x = view->x,
                                     .n = view->n,
                                     .d = view->d,
                                     .k = view->k + 1,
                                     .label = set->label};
    struct wn_dynamics_plan plan = *view->plan;
    double cut;

    plan.network.seed = view->seed + 1 + number;
    plan.parts = WN_DYNAMICS_HISTORIES;
    plan.epoch = wn_dynamics_epoch(view->dynamics);
    plan.epochs = wn_dynamics_epochs(view->dynamics);
    struct wn_dynamics *dynamics =
        wn_dynamics_train(&task, &plan, view->threads, NULL, error);
    if (!dynamics)
        return -1;
    wn_dynamics_read(dynamics, WN_AUM, -1, 0, set->minus, set->spread);
    wn_dynamics_free(dynamics);
    if (wn_aum_cut(set->minus, set->sample, view->n,
                   wn_option_number(options, "aum-threshold"), &cut))
        return -1;
    for (size_t i = 0; i < view->n; i++)
        set->minus[i] = (float)((double)set->minus[i] - cut);
    return 0;
}

/* Samples number x size .. of the order get the class k. */
static void aum_mark(const struct wn_view *view, struct set *set,
                     const int32_t *order, size_t size, size_t number)
{
    memcpy(set->label, view->label, view->n * sizeof *set->label);
    memset(set->sample, 0, view->n);
    for (size_t r = number * size; r < (number + 1) * size; r++) {
        set->label[order[r]] = (int32_t)view->k;
        set->sample[order[r]] = 1;
    }
}

static int against_threshold(const struct wn_view *view,
                             const struct wn_options *options, float *out,
                             float *spread, struct wn_error *error)
{
    const size_t n = view->n;
    int32_t *order = wn_new(n, sizeof *order);
    uint8_t *times = wn_new(n, 1);
    struct wn_random random;
    struct set set = {0};
    size_t rows = 0;
    int status = -1;

    if (set_new(&set, n))
        goto done;
    for (size_t i = 0; i < n; i++)
        if (view->label[i] >= 0)
            order[rows++] = (int32_t)i;
    wn_random_start(&random, view->seed, WN_RANDOM_SAMPLE, 0, 2);
    wn_random_shuffle(&random, order, rows);
    const size_t share = rows / (view->k + 1), size = share ? share : 1;
    memset(out, 0, n * sizeof *out);
    memset(spread, 0, n * sizeof *spread);
    for (size_t s = 0; s < SETS; s++) {
        aum_mark(view, &set, order, size, s);
        if (run_set(view, options, &set, s, error))
            goto done;
        for (size_t i = 0; i < n; i++)
            if (view->label[i] >= 0 && !set.sample[i]) {
                times[i]++;
                out[i] += set.minus[i];
                spread[i] += set.spread[i];
            }
    }
    for (size_t i = 0; i < n; i++)
        if (times[i] > 1) {
            out[i] /= times[i];
            spread[i] /= times[i];
        }
    status = 0;
done:
    set_free(&set);
    free(order);
    free(times);
    return status;
}

static int aum_score(const struct wn_view *view,
                     const struct wn_options *options, float *out,
                     float *spread, struct wn_error *error)
{
    if (options && wn_option_given(options, "aum-threshold"))
        return against_threshold(view, options, out, spread, error);
    wn_dynamics_read(view->dynamics, WN_AUM, -1, 0, out, spread);
    return 0;
}

/* clang-format off */
static const struct wn_option knobs[] = {
    {.name = "aum-threshold", .kind = WN_REAL, .value = "PERCENTILE",
     .low = 0, .high = 100, .recorded = true,
     .help = "aum against that percentile of rows with a made-up class"},
    {0}};

const struct wn_method wn_method_aum = {
    .name = "aum",
    .brief = "minus the mean margin of the label's logit",
    .source = "Pleiss et al. 2020",
    .needs = WN_NEEDS_DYNAMICS | WN_NEEDS_HISTORIES,
    .knobs = knobs,
    .score = aum_score,
    .spreads = 1,
};
/* clang-format on */
