/* SPDX-License-Identifier: GPL-3.0-or-later */
/* score: the graph, the probabilities, the networks. */

#include "prog/score/score_work.h"
#include "util/spill.h"
#include "util/memory.h"

int score_fit_count(const struct wn_run *run, const struct work *work,
                    const char *option, size_t most, const char *unit,
                    size_t units, size_t *count, struct wn_error *error)
{
    *count = (size_t)wn_option_number(run->options, option);
    if (*count <= most)
        return 0;
    if (wn_option_given(run->options, option))
        return wn_fail(error, WN_EUSAGE,
                       "--%s: found %zu, wanted at most %zu for %zu %s", option,
                       *count, most, units, unit);
    wn_log_note(run->talk, "%s: --%s lowered from %zu to %zu for %zu %s",
                wn_audit_name(work->audit), option, *count, most, units, unit);
    *count = most;
    return 0;
}

static int find_neighbors(const struct wn_run *run, struct work *work,
                          struct wn_error *error)
{
    const struct wn_dataset *data = &work->data;
    if (score_fit_count(run, work, "neighbors", data->n - 1, "rows", data->n,
                        &work->m, error))
        return -1;
    work->index =
        wn_spill_new(wn_product(data->n, work->m, 1), sizeof *work->index);
    work->distance =
        wn_spill_new(wn_product(data->n, work->m, 1), sizeof *work->distance);
    const struct wn_graph graph = {.x = data->features,
                                   .n = data->n,
                                   .d = data->d,
                                   .m = work->m,
                                   .metric = work->metric,
                                   .threads = run->threads,
                                   .talk = run->talk};

    if (wn_graph_find(&graph, score_probe(run), score_seed(run), work->index,
                      work->distance, &work->facts, error))
        return -1;
    if (!work->facts.exact)
        wn_log_note(run->talk,
                    "neighbours: looked into %zu of %zu cells, recall %.4f",
                    work->facts.probe, work->facts.cells, work->facts.recall);
    return 0;
}

int score_find(const struct wn_run *run, struct work *work,
               struct wn_error *error)
{
    if ((work->parts & WN_SAMPLE_NEIGHBORS) && find_neighbors(run, work, error))
        return -1;
    if (work->member_count && score_predict(run, work, error))
        return -1;
    if (work->brought)
        score_take_brought(run, work);
    if (score_has_spectrum(work) &&
        wn_spectrum_find(work->data.features, work->data.n, work->data.d,
                         &work->spectrum, error))
        return -1;
    if ((work->needs & WN_NEEDS_DYNAMICS) &&
        score_find_dynamics(run, work, error))
        return -1;
    if ((work->needs & WN_NEEDS_PAIRS) && score_find_pairs(run, work, error))
        return -1;
    return 0;
}
