/* SPDX-License-Identifier: GPL-3.0-or-later */
/* score: what was asked for, whether it fits, the data. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audit/features.h"
#include "prog/score/score_work.h"
#include "util/spill.h"
#include "util/memory.h"

void score_free(struct work *work)
{
    wn_audit_close(work->audit);
    wn_dataset_free(&work->data);
    wn_spill_free(work->index);
    wn_spill_free(work->fold);
    wn_spill_free(work->group);
    wn_spill_free(work->distance);
    wn_spill_free(work->probability);
    free(work->members);
    free(work->quality);
    free(work->chosen);
    score_free_pairs(work);
    wn_dynamics_free(work->dynamics);
}

/* Whether a predictor was asked for, by its name or as one of the committee. */
static bool is_member(const struct wn_run *run,
                      const struct wn_predictor *predictor)
{
    return wn_option_holds(run->options, "model", predictor->name) ||
           (predictor->standard &&
            wn_option_holds(run->options, "model", WN_COMMITTEE));
}

/* The predictors and what they and the methods need. Probabilities that the
 * user brought take the place of all predictors unless these were named. */
static int score_read_choose(const struct wn_run *run, struct work *work,
                             struct wn_error *error)
{
    const char *metric = wn_option_text(run->options, "metric");
    size_t count = 0;

    if (wn_features_width(work->audit, &work->width, error))
        return -1;
    work->metric = strcmp(metric, "cosine") == 0 ? WN_COSINE : WN_EUCLIDEAN;
    work->brought = wn_audit_has(work->audit, "data/probability") &&
                    !wn_option_given(run->options, "model");
    while (wn_predictors[count])
        count++;
    work->members = wn_new(count, sizeof(void *));
    work->quality = wn_new(count + 1, sizeof *work->quality);
    for (size_t p = 0; p < count; p++)
        if (!work->brought && is_member(run, wn_predictors[p])) {
            work->members[work->member_count++] = wn_predictors[p];
            work->parts |= wn_predictors[p]->needs;
        }
    if (work->member_count && !work->width)
        return wn_fail(error, WN_EDATA,
                       "%s: there are no features, wanted one or more, or "
                       "probabilities, or --model=none",
                       wn_audit_name(work->audit));
    if (score_choose_dynamics(run, work, error) ||
        score_choose_methods(run, work, error))
        return -1;
    if (work->needs & WN_NEEDS_NEIGHBORS)
        work->parts |= WN_SAMPLE_NEIGHBORS;
    return score_refuse_idle(run, work, error);
}

/* The distance of two rows of 65,535 features within this is one of 4 bytes;
 * what ingest scaled is far below. */
#define LARGEST 1e35f

static int score_read_check_features(const struct wn_dataset *data,
                                     const char *name, struct wn_error *error)
{
    for (size_t cell = 0; cell < data->n * data->d; cell++)
        if (!(fabsf(data->features[cell]) <= LARGEST))
            return wn_fail(error, WN_EDATA,
                           "%s: data/features: row %zu, feature %s is %g, "
                           "wanted at most %g; see ingest --scale",
                           name, cell / data->d,
                           data->feature_name[cell % data->d],
                           (double)data->features[cell], (double)LARGEST);
    return 0;
}

/* Two classes or more with rows; what features there are, finite. */
static int score_read_check_data(const struct work *work,
                                 struct wn_error *error)
{
    const struct wn_dataset *data = &work->data;
    const char *name = wn_audit_name(work->audit);
    int32_t first = -1;
    size_t other = 0;

    if (!data->label)
        return wn_fail(error, WN_EDATA,
                       "%s: there is no label; run ingest with --label", name);
    for (size_t i = 0; i < data->n && first < 0; i++)
        first = data->label[i];
    while (other < data->n &&
           (data->label[other] < 0 || data->label[other] == first))
        other++;
    if (other == data->n)
        return wn_fail(error, WN_EDATA,
                       "%s: found one class in %zu rows, wanted two or more",
                       name, data->n);
    return data->features ? score_read_check_features(data, name, error) : 0;
}

int score_read(const struct wn_run *run, struct work *work,
               struct wn_error *error)
{
    work->audit = wn_run_open(run, WN_DATA, error);
    if (!work->audit || score_read_choose(run, work, error))
        return -1;
    if (wn_option_on(run->options, "estimate"))
        return score_estimate(run, work, error) ? -1 : 1;
    if (wn_run_check_output(run, error) || score_afford(run, work, error))
        return -1;
    const unsigned parts =
        WN_PART_LABEL | WN_PART_FEATURES | WN_PART_ROLE |
        (work->brought ? (unsigned)WN_PART_PROBABILITY : 0) |
        (work->needs & WN_NEEDS_PAIRS ? (unsigned)WN_PART_FEATURES_B : 0);
    if (wn_dataset_load(&work->data, work->audit, parts, error))
        return -1;
    return score_read_check_data(work, error);
}
