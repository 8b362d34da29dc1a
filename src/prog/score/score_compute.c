/* SPDX-License-Identifier: GPL-3.0-or-later */
/* score: the graph, the probabilities, the training dynamics, the pairs. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "learn/dynamics.h"
#include "learn/folds.h"
#include "learn/pairs.h"
#include "prog/score/score_work.h"
#include "util/free_memory.h"
#include "util/memory.h"
#include "util/spill.h"

const char *const score_stage_names[SCORE_STAGES] = {
    "read", "graph", "models", "spectrum", "networks", "pairs", "methods"};

/* What each rank has used in this stage. */
static void tell_ranks(const struct wn_run *run, struct work *work,
                       enum score_stage stage)
{
    struct wn_team *team = work->team;
    struct rusage used;

    getrusage(RUSAGE_SELF, &used);
    const double cpu =
        (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
        1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
    const double mine[] = {work->seconds[stage], cpu - work->cpu,
                           wn_anonymous_memory() / 0x1p20,
                           (double)(team->moved - work->moved) / 1e6};
    work->cpu = cpu;
    work->moved = team->moved;
    for (size_t r = 0; r < team->ranks; r++) {
        double told[4];

        memcpy(told, mine, sizeof told);
        if (team->ranks > 1)
            team->share(told, sizeof told, r);
        wn_log_verbose(run->log,
                       "%s: rank %zu: %.2f s, %.2f CPU s, %.0f MiB, received "
                       "%.1f MB",
                       score_stage_names[stage], r, told[0], told[1],
                       ceil(told[2]), told[3]);
    }
}

void score_end_stage(const struct wn_run *run, struct work *work,
                     enum score_stage stage)
{
    work->seconds[stage] = wn_log_stage(run->log, score_stage_names[stage]);
    /* All ranks have the same options, and the first alone has methods. */
    if (work->team && stage != SCORE_METHODS &&
        wn_option_on(run->options, "verbose"))
        tell_ranks(run, work, stage);
}

/* The value of a count option that may be at most `max` for these `units`. A
 * larger value is an error if the user gave it; a default is lowered, with a
 * note. The sample of --estimate lowers both. */
static int limit_count(const struct wn_run *run, const struct work *work,
                       const char *option, size_t max, const char *units,
                       size_t *count, struct wn_error *error)
{
    *count = (size_t)wn_option_number(run->options, option);
    if (*count <= max)
        return 0;
    if (wn_option_given(run->options, option) && !work->sample)
        return wn_fail(error, WN_EUSAGE,
                       "--%s: found %zu, wanted at most %zu for %s", option,
                       *count, max, units);
    wn_log_note(run->log, "%s: --%s lowered from %zu to %zu for %s",
                wn_audit_name(work->audit), option, *count, max, units);
    *count = max;
    return 0;
}

static int find_neighbors(const struct wn_run *run, struct work *work,
                          struct wn_error *error)
{
    const struct wn_dataset *data = &work->data;
    char units[40];

    snprintf(units, sizeof units, "%zu rows", data->n);
    if (limit_count(run, work, "neighbors", data->n - 1, units, &work->m,
                    error))
        return -1;
    work->index =
        wn_arena_spill(&work->own, sizeof *work->index, data->n, work->m);
    work->distance =
        wn_arena_spill(&work->own, sizeof *work->distance, data->n, work->m);
    const struct wn_graph graph = {.x = data->features,
                                   .n = data->n,
                                   .d = data->d,
                                   .m = work->m,
                                   .metric = work->metric,
                                   .threads = run->threads,
                                   .log = run->log,
                                   .units = work->units,
                                   .stage = "graph"};
    const int status =
        wn_graph_find(&graph, score_probe(run), score_seed(run), work->index,
                      work->distance, &work->facts, error);

    if (status)
        return status;
    if (!work->facts.exact)
        wn_log_note(run->log,
                    "neighbours: searched %zu of %zu cells, recall %.4f",
                    work->facts.probe, work->facts.cells, work->facts.recall);
    return 0;
}

/* What is known of the rows so far, for the models and the search for copies.
 */
static struct wn_sample sample_of(const struct wn_run *run,
                                  const struct work *work)
{
    const struct wn_dataset *data = &work->data;

    return (struct wn_sample){.n = data->n,
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
                              .seed = score_seed(run),
                              .threads = run->threads,
                              .log = run->log,
                              .units = work->units};
}

/* The groups of the user, with the groups of copies merged. Without groups and
 * copies there are none. */
static int number_groups(const struct wn_run *run, struct work *work,
                         struct wn_error *error)
{
    const struct wn_dataset *data = &work->data;
    const char *name = wn_audit_name(work->audit);
    const bool ungrouped = wn_option_on(run->options, "ungrouped");

    if (!data->group && ungrouped)
        return wn_fail(error, WN_EUSAGE,
                       "--ungrouped: %s has no groups (ingest --group)", name);
    const bool grouped = data->group && !ungrouped;
    work->group = wn_arena_spill(&work->own, sizeof *work->group, data->n, 1);
    work->groups = wn_groups_number(grouped ? data->group : NULL, data->groups,
                                    data->n, work->group);
    if (grouped && work->groups < 2)
        return wn_fail(error, WN_EDATA,
                       "%s: found one group in %zu rows, wanted two or more, "
                       "or --ungrouped",
                       name, data->n);
    const struct wn_sample rows = sample_of(run, work);
    if (!ungrouped && wn_copies_merge(&rows, work->group, &work->groups,
                                      &work->copies, error))
        return -1;
    const size_t copies = work->copies.exact + work->copies.near;
    if (!grouped && (!copies || work->groups < 3)) {
        work->group = NULL;
        work->groups = 0;
    } else if (copies) {
        /* Few copies are no news. */
        (copies > data->n / 10 ? wn_log_note : wn_log_verbose)(
            run->log,
            "%s: %zu rows are copies of others (%zu exact, %zu near); no copy "
            "of a row judges its label",
            name, copies, work->copies.exact, work->copies.near);
    }
    return 0;
}

/* Read the sets of probabilities that the user brought, of all rows or of the
 * sample. */
static int read_brought(struct work *work, struct wn_error *error)
{
    static const char path[] = "data/member/probability";
    const size_t n = work->data.n, k = work->data.k;
    const size_t all_rows = work->sample ? work->all_rows : n;
    float *all = wn_spill_new(wn_product(all_rows, k, 1), sizeof *all);
    int status = 0;

    for (size_t p = 0; p < work->member_count && status == 0; p++) {
        float *own = work->member_probability + p * n * k;

        status = wn_audit_read_rows(work->audit, path, p, p + 1, all_rows * k,
                                    all, error);
        for (size_t i = 0; i < n && status == 0; i++) {
            const size_t row = work->sample ? (size_t)work->sample[i] : i;
            double sum = 0;

            for (size_t c = 0; c < k; c++) {
                own[i * k + c] = all[row * k + c];
                sum += own[i * k + c] >= 0 ? (double)own[i * k + c] : NAN;
            }
            if (!(fabs(sum - 1) <= WN_SUM_SLACK + 1e-5))
                status = wn_fail(error, WN_EDATA,
                                 "%s: %s: set %zu, row %zu does not sum to 1",
                                 wn_audit_name(work->audit), path, p, row);
        }
    }
    wn_spill_free(all);
    return status;
}

/* The probabilities of the members' pool, or the user's as they are. */
static int find_probability(const struct wn_run *run, struct work *work,
                            struct wn_error *error)
{
    struct wn_dataset *data = &work->data;

    if (work->user_probability) {
        work->probability = wn_arena_keep(&work->own, data->probability);
        data->probability = NULL;
        work->quality[0] = wn_quality_measure(work->probability, data->n,
                                              data->k, data->label);
        work->quality[0].weight = 1;
    } else {
        if (!work->brought && number_groups(run, work, error))
            return -1;
        if (work->parts & WN_SAMPLE_FOLDS) {
            const size_t units = work->group ? work->groups : data->n;
            char what[40];

            snprintf(what, sizeof what, "%zu %s", units,
                     work->group ? "groups" : "rows");
            if (limit_count(run, work, "folds", units, what, &work->folds,
                            error))
                return -1;
            work->fold =
                wn_arena_spill(&work->own, sizeof *work->fold, data->n, 1);
            if (wn_folds_assign(data->label, data->n, data->k, work->group,
                                work->groups, work->folds, score_seed(run),
                                work->fold, error))
                return -1;
        }
        const struct wn_sample sample = sample_of(run, work);
        const size_t passes =
            work->brought ? 1
                          : (size_t)wn_option_number(run->options, "passes");

        work->probability = wn_arena_spill(
            &work->own, sizeof *work->probability, data->n, data->k);
        if (work->brought || wn_option_on(run->options, "keep-members"))
            work->member_probability = wn_arena_spill(
                &work->own, sizeof *work->member_probability,
                wn_product(data->n, data->k, 1), work->member_count);
        if (work->brought && read_brought(work, error))
            return -1;
        const int status = wn_pool_predict(
            work->members, work->member_count, passes, &sample,
            work->probability, work->member_probability, work->quality, error);
        if (status)
            return status;
    }
    /* The pool of one member is that member. */
    const size_t count = work->member_count == 1 ? 1 : work->member_count + 1;
    for (size_t p = 0; p < count; p++)
        wn_log_verbose(run->log,
                       "%s: log-loss %.4f, calibration error %.4f, "
                       "accuracy %.4f, weight %.3f%s%s",
                       score_member(work, p), work->quality[p].log_loss,
                       work->quality[p].calibration, work->quality[p].accuracy,
                       work->quality[p].weight,
                       *work->quality[p].chosen ? "; " : "",
                       work->quality[p].chosen);
    return 0;
}

/* Epoch e of the user's dynamics, of all rows or of the sample. */
static int read_epoch(void *context, size_t e, float *out,
                      struct wn_error *error)
{
    const struct work *work = context;
    const size_t k = work->data.k;

    if (!work->sample)
        return wn_dataset_epoch(&work->data, work->audit, e, out, error);
    struct wn_dataset all = work->data;
    all.n = work->all_rows;
    float *epoch = wn_spill_new(wn_product(all.n, k, 1), sizeof *epoch);
    const int status = wn_dataset_epoch(&all, work->audit, e, epoch, error);

    for (size_t i = 0; status == 0 && i < work->data.n; i++)
        memcpy(out + i * k, epoch + (size_t)work->sample[i] * k,
               k * sizeof *out);
    wn_spill_free(epoch);
    return status;
}

static int find_dynamics(const struct wn_run *run, struct work *work,
                         struct wn_error *error)
{
    const struct wn_dataset *data = &work->data;

    if (work->user_dynamics) {
        const struct wn_external_dynamics external = {.n = data->n,
                                                      .k = data->k,
                                                      .epochs = data->epochs,
                                                      .label = data->label,
                                                      .read = read_epoch,
                                                      .context = work,
                                                      .probabilities =
                                                          data->dynamics_sum};
        size_t epoch = (size_t)wn_option_number(run->options, "epoch");

        if (epoch > data->epochs)
            return wn_fail(error, WN_EUSAGE,
                           "%s: --epoch: found %zu, wanted at most %zu, the "
                           "epochs of ingest --dynamics",
                           wn_audit_name(work->audit), epoch, data->epochs);
        if (epoch == 0)
            epoch = wn_external_dynamics_epoch(data->epochs);
        work->dynamics = wn_external_dynamics_follow(
            &external, work->plan.parts, epoch, run->threads, error);
    } else {
        const struct wn_mlp_task task = {.x = data->features,
                                         .n = data->n,
                                         .d = data->d,
                                         .k = data->k,
                                         .label = data->label};

        struct wn_dynamics_plan plan = work->plan;

        plan.units = work->units;
        work->dynamics =
            wn_dynamics_train(&task, &plan, run->threads, run->log, error);
    }
    if (!work->dynamics)
        return error->code ? -1 : 1;
    wn_log_verbose(run->log, "networks: measured after epoch %zu of %zu",
                   wn_dynamics_epoch(work->dynamics),
                   wn_dynamics_epochs(work->dynamics));
    return 0;
}

int score_compute(const struct wn_run *run, struct work *work,
                  struct wn_error *error)
{
    static const char *const alignments[] = {"auto", "none", "ridge"};
    const struct wn_dataset *data = &work->data;

    bool waits = false; /* for other shards */
    int status;

    if (work->parts & WN_SAMPLE_NEIGHBORS) {
        status = find_neighbors(run, work, error);
        if (status < 0)
            return -1;
        waits = status > 0;
        score_end_stage(run, work, SCORE_GRAPH);
    }
    if (!waits && (work->member_count || work->user_probability)) {
        status = find_probability(run, work, error);
        if (status < 0)
            return -1;
        waits = status > 0;
        score_end_stage(run, work, SCORE_MODELS);
    }
    if (!waits && score_has_spectrum(work)) {
        if (wn_spectrum_find(data->features, data->n, data->d, &work->spectrum,
                             error))
            return -1;
        score_end_stage(run, work, SCORE_SPECTRUM);
    }
    if (work->needs & WN_NEEDS_DYNAMICS) {
        status = find_dynamics(run, work, error);
        if (status < 0)
            return -1;
        waits |= status > 0;
        score_end_stage(run, work, SCORE_NETWORKS);
    }
    if (waits)
        return 1;
    if (!(work->needs & WN_NEEDS_PAIRS))
        return 0;
    /* Compare the two blocks of features. */
    const struct wn_blocks blocks = {.x = data->features,
                                     .y = data->features_b,
                                     .n = data->n,
                                     .d = data->d,
                                     .p = data->p,
                                     .seed = score_seed(run),
                                     .threads = run->threads};
    const enum wn_alignment asked =
        (enum wn_alignment)wn_option_choice(run->options, "pair-align");
    work->pairs = wn_arena_new(&work->own, sizeof *work->pairs, 1, 1);
    if (wn_pairs_compare(&blocks, asked,
                         (work->needs & WN_NEEDS_PAIR_RANKS) != 0, run->log,
                         work->pairs, error))
        return wn_fail(error, WN_EDATA, "%s: data/features_b",
                       wn_audit_name(work->audit));
    wn_log_verbose(run->log, "pairs: aligned by %s",
                   alignments[work->pairs->alignment]);
    score_end_stage(run, work, SCORE_PAIRS);
    return 0;
}
