/* SPDX-License-Identifier: GPL-3.0-or-later */
/* score: the probabilities, by the models or as they were brought. */
#include <stdlib.h>

#include "learn/folds.h"
#include "prog/score/score_work.h"
#include "util/spill.h"
#include "util/memory.h"

static void tell_quality(const struct wn_run *run, const struct work *work)
{
    for (size_t p = 0; p <= work->member_count; p++) {
        const struct wn_quality *quality = &work->quality[p];

        if (p == work->member_count && p == 1)
            break;
        wn_log_verbose(run->talk,
                       "%s: log-loss %.4f, calibration error %.4f, "
                       "accuracy %.4f, weight %.3f%s%s",
                       score_member(work, p), quality->log_loss,
                       quality->calibration, quality->accuracy, quality->weight,
                       *quality->chosen ? "; " : "", quality->chosen);
    }
}

/* The groups that have rows, numbered as they come; rows without one are each
 * their own. */
static int score_predict_number_groups(struct work *work)
{
    const struct wn_dataset *data = &work->data;
    int32_t *number = wn_new(data->groups, sizeof *number);

    work->group = wn_spill_new(data->n, sizeof *work->group);
    if (!number || !work->group) {
        free(number);
        return -1;
    }
    for (size_t g = 0; g < data->groups; g++)
        number[g] = -1;
    for (size_t i = 0; i < data->n; i++) {
        const int32_t g = data->group[i];

        work->group[i] =
            g < 0 || number[g] < 0 ? (int32_t)work->groups++ : number[g];
        if (g >= 0)
            number[g] = work->group[i];
    }
    free(number);
    return 0;
}

static int score_predict_find_groups(const struct wn_run *run,
                                     struct work *work, struct wn_error *error)
{
    const struct wn_dataset *data = &work->data;
    const char *name = wn_audit_name(work->audit);

    if (!data->group && wn_option_on(run->options, "ungrouped"))
        return wn_fail(error, WN_EUSAGE,
                       "--ungrouped: %s has no groups (ingest --group)", name);
    if (!data->group || wn_option_on(run->options, "ungrouped"))
        return 0;
    if (score_predict_number_groups(work))
        return -1;
    if (work->groups < 2)
        return wn_fail(error, WN_EDATA,
                       "%s: found one group in %zu rows, wanted two or more, "
                       "or --ungrouped",
                       name, data->n);
    return 0;
}

static int make_folds(const struct wn_run *run, struct work *work,
                      uint64_t seed, struct wn_error *error)
{
    const struct wn_dataset *data = &work->data;
    const size_t units = work->group ? work->groups : data->n;

    work->fold = wn_spill_new(data->n, sizeof *work->fold);
    if (score_fit_count(run, work, "folds", units,
                        work->group ? "groups" : "rows", units, &work->folds,
                        error))
        return -1;
    if (work->group)
        return wn_folds_assign_groups(data->label, data->n, data->k,
                                      work->group, work->groups, work->folds,
                                      seed, work->fold, error);
    return wn_folds_assign(data->label, data->n, data->k, work->folds, seed,
                           work->fold, error);
}

int score_predict(const struct wn_run *run, struct work *work,
                  struct wn_error *error)
{
    const struct wn_dataset *data = &work->data;
    const uint64_t seed = score_seed(run);

    if (score_predict_find_groups(run, work, error) ||
        ((work->parts & WN_SAMPLE_FOLDS) && make_folds(run, work, seed, error)))
        return -1;
    const struct wn_sample sample = {.n = data->n,
                                     .d = data->d,
                                     .k = data->k,
                                     .m = work->m,
                                     .x = data->features,
                                     .label = data->label,
                                     .neighbor = work->index,
                                     .distance = work->distance,
                                     .weight = data->weight,
                                     .group = work->group,
                                     .groups = work->groups,
                                     .fold = work->fold,
                                     .folds = work->folds,
                                     .probe = score_probe(run),
                                     .seed = seed,
                                     .threads = run->threads,
                                     .talk = run->talk};
    work->probability = wn_spill_new(wn_product(data->n, data->k, 1),
                                     sizeof *work->probability);
    if (wn_pool_predict(work->members, work->member_count,
                        (size_t)wn_option_number(run->options, "passes"),
                        &sample, work->probability, work->quality, error))
        return -1;
    tell_quality(run, work);
    return 0;
}

void score_take_brought(const struct wn_run *run, struct work *work)
{
    struct wn_dataset *data = &work->data;

    work->probability = data->probability;
    data->probability = NULL;
    work->quality[0] =
        wn_quality_measure(work->probability, data->n, data->k, data->label);
    work->quality[0].weight = 1;
    tell_quality(run, work);
}
