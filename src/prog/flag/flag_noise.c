/* SPDX-License-Identifier: GPL-3.0-or-later */
/* flag: log and write the noise. */
#include <stdlib.h>
#include <string.h>

#include "noise/hoc.h"
#include "prog/flag/flag.h"
#include "util/memory.h"

void flag_log_noise(const struct wn_run *run, const struct wn_noise *noise,
                    const struct wn_suspicion *judged,
                    const struct wn_claim *claim, char *const *name)
{
    enum { WORST = 3 };
    const struct wn_joint joint = {&judged->at, judged->joint, judged->given,
                                   judged->truth, noise->n};
    struct wn_pair_health pairs[WORST];
    struct wn_class_health *class = wn_new(noise->k, sizeof *class);
    const size_t count = wn_health_pairs(&joint, true, WORST, pairs);

    wn_log_verbose(run->log,
                   "sharpness %.3g fitted, %.3g if all labels were right",
                   judged->sharpness.b_noisy, judged->sharpness.b_clean);
    if (claim->overlap.place)
        wn_log_verbose(run->log,
                       "labels differ from the prediction in %.1f %% of the "
                       "rows; errors that stand everywhere explain %.1f %% "
                       "(%.1f-%.1f)",
                       100 * claim->overlap.mismatch, 100 * claim->overlap.rate,
                       100 * claim->overlap.low, 100 * claim->overlap.high);
    if (claim->clusters.rows > 0)
        wn_log_verbose(run->log,
                       "clusters of the features: %.1f %% of the rows differ "
                       "from the prediction, overlap explains %.1f %%, %.1f %% "
                       "contradict the prediction; valley %.2f",
                       100 * claim->clusters.mismatch,
                       100 * claim->clusters.overlap,
                       100 * claim->clusters.contrary, claim->clusters.valley);
    wn_log_verbose(run->log,
                   "health %.4f: %zu of %zu rows count as another class",
                   noise->health, noise->issues, noise->n);
    wn_health_classes(&joint, class);
    for (size_t c = 0; c < noise->k && c < WORST; c++)
        wn_log_verbose(run->log,
                       "class %s: %.1f %% of its labels wrong, %.1f %% of "
                       "its rows labelled otherwise",
                       name[class[c].class], 100 * class[c].noise,
                       100 * class[c].inverse_noise);
    for (size_t p = 0; p < count; p++)
        wn_log_verbose(run->log, "classes %s and %s: %zu rows confused",
                       name[pairs[p].a], name[pairs[p].b], pairs[p].issues);
    free(class);
}

/* The given and the true class of each cell. */
static int write_places(struct wn_audit_writer *writer,
                        const struct wn_sparse *at, const char *given,
                        const char *truth, struct wn_error *error)
{
    const size_t extent[3] = {at->cells, 0, 0};
    int32_t *row = wn_new(at->cells, sizeof *row);

    for (size_t s = 0; s < at->k; s++)
        for (size_t cell = at->begin[s]; cell < at->begin[s + 1]; cell++)
            row[cell] = (int32_t)s;
    const int status =
        wn_audit_write(writer, given, WN_I32, extent, row, error) ||
                wn_audit_write(writer, truth, WN_I32, extent, at->column, error)
            ? -1
            : 0;
    free(row);
    return status;
}

/* The matrices whole, up to WN_WHOLE_CLASSES classes; beyond, their cells that
 * are not 0. All elements have eight bytes. */
static int write_matrices(struct wn_audit_writer *writer,
                          const struct wn_noise *noise,
                          const struct wn_suspicion *judged,
                          struct wn_error *error)
{
    const struct matrix {
        const char *name; /* of the dataset: given x true */
        const char
            *cells; /* dataset of its cells; NULL: readers can derive them */
        enum wn_type type;
        bool transposed; /* true x given */
        const struct wn_sparse *at;
        const void *value;
    } matrices[] = {
        {"flag/noise/confident_joint", "flag/noise/cell_confident_joint",
         WN_I64, false, &noise->at, noise->calibrated},
        {"flag/noise/joint", NULL, WN_F64, false, &noise->at, noise->joint},
        {"flag/noise/noise_matrix", "flag/noise/cell_noise_matrix", WN_F64,
         false, &noise->at, noise->matrix},
        {"flag/noise/inverse_noise_matrix",
         "flag/noise/cell_inverse_noise_matrix", WN_F64, true, &noise->at,
         noise->inverse},
        {"flag/noise/posterior_joint", "flag/noise/posterior_cell", WN_F64,
         false, &judged->at, judged->joint}};
    const size_t count = sizeof matrices / sizeof *matrices, k = noise->k;

    if (k > WN_WHOLE_CLASSES) {
        if (write_places(writer, &noise->at, "flag/noise/cell_given",
                         "flag/noise/cell_true", error) ||
            write_places(writer, &judged->at, "flag/noise/posterior_given",
                         "flag/noise/posterior_true", error))
            return -1;
        for (size_t m = 0; m < count; m++)
            if (matrices[m].cells &&
                wn_audit_write(writer, matrices[m].cells, matrices[m].type,
                               (size_t[3]){matrices[m].at->cells, 0, 0},
                               matrices[m].value, error))
                return -1;
        return 0;
    }
    uint64_t *whole = wn_new(wn_product(k, k, 1), sizeof *whole);
    int status = 0;
    for (size_t m = 0; status == 0 && m < count; m++) {
        const struct matrix *matrix = &matrices[m];
        const struct wn_sparse *at = matrix->at;
        const uint64_t *value = matrix->value;

        memset(whole, 0, k * k * sizeof *whole);
        for (size_t s = 0; s < k; s++)
            for (size_t cell = at->begin[s]; cell < at->begin[s + 1]; cell++) {
                const size_t t = (size_t)at->column[cell];

                whole[matrix->transposed ? t * k + s : s * k + t] = value[cell];
            }
        status = wn_audit_write(writer, matrix->name, matrix->type,
                                (size_t[3]){k, k, 0}, whole, error);
    }
    free(whole);
    return status;
}

int flag_write_noise(struct wn_audit_writer *writer,
                     const struct wn_noise *noise,
                     const struct wn_suspicion *judged,
                     const struct wn_claim *claim, struct wn_error *error)
{
    const double rate[3] = {judged->rate, judged->low, judged->high};
    const int64_t counts[] = {(int64_t)noise->issues,
                              (int64_t)noise->issues_calibrated,
                              (int64_t)noise->issues_batched,
                              (int64_t)noise->issues_batched_calibrated};
    const struct wn_fact said[] = {
        {"flag/noise/rate", "claim", (double)claim->kind},
        {"flag/noise/rate", "gain", claim->gain},
        {"flag/noise/rate", "gain_sd", claim->gain_sd},
        {"flag/noise/rate", "overlap_weight", claim->overlap_weight}};

    if (wn_audit_write_vector(writer, "flag/noise/issue_counts",
                              sizeof counts / sizeof *counts, counts, error) ||
        wn_audit_write_text(writer, "flag/noise/issue_counts", "names",
                            "off_diagonal,off_diagonal_calibrated,batched,"
                            "batched_calibrated",
                            error) ||
        wn_audit_write_number(writer, "flag/noise/issue_counts", "health",
                              noise->health, error) ||
        wn_audit_write_vector(writer, "flag/noise/threshold", noise->k,
                              noise->threshold, error) ||
        wn_audit_write_vector(writer, "flag/noise/prior", noise->k,
                              noise->prior, error) ||
        write_matrices(writer, noise, judged, error) ||
        wn_audit_write_vector(writer, "flag/noise/rate", 3, rate, error) ||
        wn_audit_write_text(writer, "flag/noise/rate", "names", wn_claim_names,
                            error) ||
        wn_audit_write_facts(writer, said, sizeof said / sizeof *said, error))
        return -1;
    const struct wn_overlap *overlap = &claim->overlap;
    double by_depth[3 * WN_DEPTHS];

    if (!overlap->place)
        return 0;
    for (size_t u = 0; u < WN_DEPTHS; u++) {
        by_depth[3 * u] = overlap->rows[u];
        by_depth[3 * u + 1] = overlap->mismatches[u];
        by_depth[3 * u + 2] = overlap->expected[u];
    }
    static const char path[] = "flag/noise/mismatch";
    double low;
    const double errors =
        claim->clusters.mismatch * wn_clusters_errors(&claim->clusters, &low);
    const struct wn_fact facts[] = {{path, "mismatch", overlap->mismatch},
                                    {path, "even", overlap->rate},
                                    {path, "even_low", overlap->low},
                                    {path, "even_high", overlap->high},
                                    {path, "overlap", overlap->bayes},
                                    {path, "cluster_errors", errors},
                                    {path, "cluster_low", low}};

    return wn_audit_write(writer, path, WN_F64, (size_t[3]){WN_DEPTHS, 3, 0},
                          by_depth, error) ||
                   wn_audit_write_facts(writer, facts,
                                        sizeof facts / sizeof *facts, error)
               ? -1
               : 0;
}

/* With more classes the fit would take longer than everything else. */
enum { TRANSITION_CLASSES = 32 };

int flag_write_transition(const struct wn_run *run,
                          const struct wn_evidence *evidence,
                          struct wn_audit_writer *writer,
                          struct wn_error *error)
{
    const size_t k = evidence->k, extent[3] = {k, k, 0};
    struct wn_transition fit;
    struct wn_error none = {0};

    if (!evidence->neighbor || evidence->m < 2 || k > TRANSITION_CLASSES)
        return 0;
    if (wn_transition_estimate(&fit, evidence->label, evidence->neighbor,
                               evidence->n, k, evidence->m, run->threads, NULL,
                               NULL, &none)) {
        wn_log_verbose(run->log, "no noise matrix from neighbours alone: %s",
                       none.text);
        return 0;
    }
    /* As the noise matrix: given x true. */
    double *given = wn_new(k * k, sizeof *given);
    for (size_t t = 0; t < k; t++)
        for (size_t s = 0; s < k; s++)
            given[s * k + t] = fit.t[t * k + s];
    const int status =
        wn_audit_write(writer, "flag/noise/neighbor_matrix", WN_F64, extent,
                       given, error) ||
        wn_audit_write(writer, "flag/noise/neighbor_prior", WN_F64, extent,
                       fit.p, error) ||
        wn_audit_write_number(writer, "flag/noise/neighbor_matrix", "loss",
                              fit.loss, error);
    free(given);
    wn_transition_free(&fit);
    return status ? -1 : 0;
}
