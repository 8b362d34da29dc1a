/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What flag reads: labels, features, neighbours and probabilities. */
#include <math.h>
#include <string.h>

#include "audit/features.h"
#include "prog/flag/flag_work.h"
#include "util/hash.h"
#include "util/spill.h"
#include "util/memory.h"

enum { ROWS = 1024 }; /* of features that are read at a time */

/* Equal feature rows, equal hashes: -0 counts as 0. Goes through the features
 * by block, they may be large. */
static int hash_features(struct work *work, struct wn_error *error)
{
    const size_t n = work->evidence.n;
    size_t d;
    int status = -1;

    if (wn_features_width(work->audit, &d, error))
        return -1;
    if (d == 0)
        return 0;
    struct wn_features *features = wn_features_open(work->audit, error);
    if (!features)
        return -1;
    float *block = wn_spill_new(wn_product(ROWS, d, 1), sizeof *block);
    work->feature_hash = wn_spill_new(n, sizeof *work->feature_hash);
    for (size_t begin = 0; begin < n; begin += ROWS) {
        const size_t end = n - begin < ROWS ? n : begin + ROWS;

        if (wn_features_read(features, begin, end, block, error))
            goto done;
        for (size_t cell = 0; cell < (end - begin) * d; cell++)
            block[cell] += 0.0f;
        for (size_t i = begin; i < end; i++)
            work->feature_hash[i] =
                wn_hash_bits(block + (i - begin) * d, d * sizeof *block);
    }
    work->evidence.d = d;
    work->evidence.feature_hash = work->feature_hash;
    status = 0;
done:
    wn_features_close(features);
    wn_spill_free(block);
    return status;
}

static int count_defects(struct work *work)
{
    const struct wn_dataset *data = &work->data;

    work->missing = wn_spill_new(data->n, sizeof *work->missing);
    work->invalid = wn_spill_new(data->n, sizeof *work->invalid);
    for (size_t t = 0; t < data->defects; t++) {
        const char *rule = data->rule_name[data->defect_rule[t]];
        const int empty = strcmp(rule, "missing") == 0;

        (empty ? work->missing : work->invalid)[data->defect_row[t]]++;
    }
    work->evidence.missing = work->missing;
    work->evidence.invalid = work->invalid;
    return 0;
}

static int read_neighbors(struct work *work, struct wn_error *error)
{
    struct wn_evidence *evidence = &work->evidence;
    size_t m;

    if (!wn_audit_has(work->audit, "score/neighbor/index"))
        return 0;
    if (wn_audit_extent(work->audit, "score/neighbor/index", 1, &m, error))
        return -1;
    const size_t size[3] = {evidence->n, m, 0};
    work->neighbor =
        wn_audit_read(work->audit, "score/neighbor/index", WN_I32, size, error);
    work->distance = wn_audit_read(work->audit, "score/neighbor/distance",
                                   WN_F32, size, error);
    if (!work->neighbor || !work->distance)
        return -1;
    for (size_t cell = 0; cell < evidence->n * m; cell++)
        if (work->neighbor[cell] < 0 ||
            (size_t)work->neighbor[cell] >= evidence->n ||
            !(work->distance[cell] >= 0))
            return wn_fail(error, WN_EDATA,
                           "%s: score/neighbor: row %zu has neighbour %d at "
                           "distance %g, wanted a row at a distance",
                           wn_audit_name(work->audit), cell / m,
                           (int)work->neighbor[cell],
                           (double)work->distance[cell]);
    evidence->m = m;
    evidence->neighbor = work->neighbor;
    evidence->distance = work->distance;
    return 0;
}

static int read_pairs(struct work *work, struct wn_error *error)
{
    const size_t extent[3] = {work->evidence.n, 0, 0};

    if (!wn_audit_has(work->audit, "score/pair_rank"))
        return 0;
    work->pair_rank =
        wn_audit_read(work->audit, "score/pair_rank", WN_F32, extent, error);
    work->evidence.pair_rank = work->pair_rank;
    return work->pair_rank ? 0 : -1;
}

/* Probabilities by the votes of the neighbours, where score left none. */
static void count_votes(struct work *work)
{
    const struct wn_evidence *evidence = &work->evidence;
    const size_t n = evidence->n, k = evidence->k, m = evidence->m;

    work->probability =
        wn_spill_new(wn_product(n, k, 1), sizeof *work->probability);
    for (size_t i = 0; i < n; i++)
        for (size_t q = 0; q < m; q++) {
            const int32_t label =
                evidence->label[evidence->neighbor[i * m + q]];

            if (label >= 0)
                work->probability[i * k + (size_t)label] += 1 / (float)m;
        }
}

static int read_probability(const struct wn_run *run, struct work *work,
                            struct wn_error *error)
{
    struct wn_evidence *evidence = &work->evidence;
    const size_t extent[3] = {evidence->n, evidence->k, 0};

    if (wn_audit_has(work->audit, "score/probability")) {
        work->probability = wn_audit_read(work->audit, "score/probability",
                                          WN_F32, extent, error);
        if (!work->probability)
            return -1;
    } else if (evidence->neighbor && evidence->label) {
        wn_log_note(run->log,
                    "%s has no probabilities; the labels of neighbours "
                    "vote instead",
                    wn_audit_name(work->audit));
        count_votes(work);
    }
    evidence->probability = work->probability;
    return 0;
}

/* Keep to --memory, or refuse. What is read before this is known stays in
 * memory: the label and the roles of each row. */
static int flag_evidence_check_memory(const struct wn_run *run,
                                      struct work *work, struct wn_error *error)
{
    size_t m = 0, d;
    char what[100];

    if (wn_features_width(work->audit, &d, error) ||
        wn_audit_extent(work->audit, "score/neighbor/index", 1, &m, error))
        return -1;
    const double n = (double)work->data.n, k = (double)work->data.k;
    const double cells = k > WN_WHOLE_CLASSES ? fmin(k * k, 2 * n + k) : k * k;
    const double classes = 72 * cells + 400 * k;
    const double defects = 16 * (double)work->data.defects;

    snprintf(what, sizeof what, "%zu rows of %zu classes and %zu neighbours",
             work->data.n, work->data.k, m);
    return wn_run_limit_memory(
        run,
        n * (4 * k + 8 * (double)m + 120) + 4 * ROWS * (double)d + classes +
            defects + 64e6,
        (14e6 + 1e6 * run->threads + 24 * n + classes + defects), what, error);
}

int flag_read_evidence(const struct wn_run *run, struct work *work,
                       struct wn_error *error)
{
    struct wn_evidence *evidence = &work->evidence;

    work->audit = wn_run_open(run, WN_SCORE, error);
    if (!work->audit ||
        wn_dataset_load(&work->data, work->audit,
                        WN_PART_LABEL | WN_PART_DEFECT | WN_PART_ROLE, error) ||
        flag_evidence_check_memory(run, work, error))
        return -1;
    evidence->n = work->data.n;
    evidence->k = work->data.k;
    evidence->label = work->data.label;
    evidence->label_name = work->data.label_name;
    evidence->threads = run->threads;
    evidence->group = work->data.group;
    evidence->groups = work->data.groups;
    evidence->split = work->data.split;
    evidence->splits = work->data.splits;
    evidence->annotator = work->data.annotator;
    evidence->annotators = work->data.annotators;
    evidence->trusted = work->data.trusted;
    if (hash_features(work, error) || read_neighbors(work, error) ||
        read_pairs(work, error) || read_probability(run, work, error))
        return -1;
    return count_defects(work);
}
