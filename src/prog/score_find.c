/* SPDX-License-Identifier: GPL-3.0-or-later */
/* score: the graph, the probabilities, the networks. */

#include "model/folds.h"
#include "prog/score_work.h"
#include "util/memory.h"

/* A count that was asked for and does not fit is an error; a default is
 * lowered, and that is said. */
static int fit_count(const struct wn_run *run, const struct work *work,
                     const char *option, size_t most, size_t *count,
                     struct wn_error *error)
{
    const size_t n = work->data.n;

    *count = (size_t)wn_option_number(run->options, option);
    if (*count <= most)
        return 0;
    if (wn_option_given(run->options, option))
        return wn_fail(error, WN_EUSAGE,
                       "--%s: found %zu, wanted at most %zu for %zu rows",
                       option, *count, most, n);
    wn_talk_note(run->talk, "%s: --%s lowered from %zu to %zu for %zu rows",
                 wn_audit_name(work->audit), option, *count, most, n);
    *count = most;
    return 0;
}

static int find_neighbors(const struct wn_run *run, struct work *work,
                          struct wn_error *error)
{
    const struct wn_dataset *data = &work->data;
    if (fit_count(run, work, "neighbors", data->n - 1, &work->m, error))
        return -1;
    work->index =
        wn_new(wn_product(data->n, work->m, 1), sizeof *work->index, error);
    work->distance =
        wn_new(wn_product(data->n, work->m, 1), sizeof *work->distance, error);
    if (!work->index || !work->distance)
        return -1;
    const struct wn_graph graph = {
        .x = data->features, .n = data->n, .d = data->d, .m = work->m,
        .metric = work->metric, .threads = run->threads, .talk = run->talk};

    if (wn_graph_find(&graph, score_probe(run), score_seed(run), work->index,
                      work->distance, &work->facts, error))
        return -1;
    if (!work->facts.exact)
        wn_talk_note(run->talk,
                     "neighbours: looked into %zu of %zu cells, recall %.4f",
                     work->facts.probe, work->facts.cells,
                     work->facts.recall);
    return 0;
}

static void tell_quality(const struct wn_run *run, const struct work *work)
{
    for (size_t p = 0; p <= work->member_count; p++) {
        const struct wn_quality *quality = &work->quality[p];

        if (p == work->member_count && p == 1)
            break;
        wn_talk_detail(run->talk,
                       "%s: log-loss %.4f, calibration error %.4f, "
                       "accuracy %.4f",
                       score_member(work, p),
                       quality->log_loss, quality->calibration,
                       quality->accuracy);
    }
}

static int find_probability(const struct wn_run *run, struct work *work,
                            struct wn_error *error)
{
    const struct wn_dataset *data = &work->data;
    const uint64_t seed = score_seed(run);

    if (work->parts & WN_SAMPLE_FOLDS) {
        work->fold = wn_new(data->n, sizeof *work->fold, error);
        if (!work->fold ||
            fit_count(run, work, "folds", data->n, &work->folds, error) ||
            wn_folds_assign(data->label, data->n, data->k, work->folds, seed,
                            work->fold, error))
            return -1;
    }
    const struct wn_sample sample = {
        .n = data->n, .d = data->d, .k = data->k, .m = work->m,
        .x = data->features, .label = data->label, .neighbor = work->index,
        .distance = work->distance, .fold = work->fold, .folds = work->folds,
        .probe = score_probe(run), .seed = seed, .threads = run->threads,
        .talk = run->talk};
    work->probability = wn_new(wn_product(data->n, data->k, 1),
                               sizeof *work->probability, error);
    if (!work->probability ||
        wn_predict(work->members, work->member_count,
                   (size_t)wn_option_number(run->options, "passes"), &sample,
                   work->probability, work->quality, error))
        return -1;
    tell_quality(run, work);
    return 0;
}

/* What the user brought, as it is: whose model that was we do not know. */
static void take_brought(const struct wn_run *run, struct work *work)
{
    struct wn_dataset *data = &work->data;

    work->probability = data->probability;
    data->probability = NULL;
    work->quality[0] = wn_predict_quality(work->probability, data->n, data->k,
                                          data->label);
    tell_quality(run, work);
}

int score_find(const struct wn_run *run, struct work *work,
               struct wn_error *error)
{
    if ((work->parts & WN_SAMPLE_NEIGHBORS) &&
        find_neighbors(run, work, error))
        return -1;
    if (work->member_count && find_probability(run, work, error))
        return -1;
    if (work->brought)
        take_brought(run, work);
    if ((work->needs & WN_NEEDS_DYNAMICS) &&
        score_find_dynamics(run, work, error))
        return -1;
    return 0;
}
