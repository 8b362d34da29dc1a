/* SPDX-License-Identifier: GPL-3.0-or-later */
/* flag: read labels, features, neighbours and probabilities. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/features.h"
#include "noise/order_statistics.h"
#include "prog/flag/flag.h"
#include "util/hash.h"
#include "util/spill.h"
#include "util/memory.h"

enum { ROWS = 1024 }; /* rows of features read at a time */

size_t flag_some(const struct work *work, size_t s)
{
    return (size_t)((double)s * (double)work->evidence.n /
                    (double)work->some_rows);
}

/* A hash of each row's features, read in blocks of ROWS. Adding 0 turns -0
 * into 0, so rows with equal features have equal hashes. And the features of
 * some rows. */
static int hash_features(struct work *work, struct wn_error *error)
{
    const size_t n = work->evidence.n, d = work->evidence.d;
    struct wn_features *features = wn_features_open(work->audit, error);
    int status = -1;

    if (!features)
        return -1;
    float *block = wn_spill_new(wn_product(ROWS, d, 1), sizeof *block);
    uint64_t *hash = wn_arena_spill(&work->own, sizeof *hash, n, 1);
    size_t s = 0;

    if (d <= WN_CLUSTER_WIDTH) {
        work->some_rows = n < WN_CLUSTER_ROWS ? n : WN_CLUSTER_ROWS;
        work->some =
            wn_arena_spill(&work->own, sizeof *work->some, work->some_rows, d);
    }
    for (size_t begin = 0; begin < n; begin += ROWS) {
        const size_t end = n - begin < ROWS ? n : begin + ROWS;

        if (wn_features_read(features, begin, end, block, error))
            goto done;
        for (size_t cell = 0; cell < (end - begin) * d; cell++)
            block[cell] += 0.0f;
        for (size_t i = begin; i < end; i++)
            hash[i] = wn_hash_bits(block + (i - begin) * d, d * sizeof *block);
        for (; s < work->some_rows && flag_some(work, s) < end; s++)
            memcpy(work->some + s * d, block + (flag_some(work, s) - begin) * d,
                   d * sizeof *block);
    }
    work->evidence.feature_hash = hash;
    status = 0;
done:
    wn_features_close(features);
    wn_spill_free(block);
    return status;
}

/* Tell equal rows that are one record from those that chance or a floor made
 * equal, by some columns at a time. */
static int find_coincidences(const struct wn_run *run, struct work *work,
                             struct wn_error *error)
{
    enum { COLUMNS = 8, MOST = 256 };
    const struct wn_evidence *evidence = &work->evidence;
    const size_t n = evidence->n, d = evidence->d;
    struct wn_coincidence equal;
    struct wn_features *features = NULL;
    size_t *rows = work->alike;
    int status = -1;

    if (!wn_option_holds(run->options, "issues", "duplicate") &&
        !wn_option_holds(run->options, "issues", "near_duplicate"))
        return 0;
    wn_coincidence_open(&equal, evidence->feature_hash, evidence->label, n,
                        evidence->k);
    float *block = wn_spill_new(wn_product(ROWS, d, 1), sizeof *block);
    float *part = wn_spill_new(wn_product(n, COLUMNS, 1), sizeof *part);
    uint8_t *kind = wn_arena_spill(&work->own, 1, n, 1);
    size_t from = 0;
    for (; from < d && from < MOST && wn_coincidence_wants_more(&equal);
         from += COLUMNS) {
        const size_t count = d - from < COLUMNS ? d - from : COLUMNS;

        wn_features_close(features);
        features = wn_features_open(work->audit, error);
        if (!features)
            goto done;
        for (size_t begin = 0; begin < n; begin += ROWS) {
            const size_t end = n - begin < ROWS ? n : begin + ROWS;

            if (wn_features_read(features, begin, end, block, error))
                goto done;
            for (size_t i = begin; i < end; i++)
                memcpy(part + i * COLUMNS, block + (i - begin) * d + from,
                       count * sizeof *part);
        }
        for (size_t j = 0; j < count; j++)
            wn_coincidence_add(&equal, part + j, COLUMNS);
    }
    /* Beyond the columns that were looked at, rows may differ. */
    if (from < d)
        equal.floor_end = equal.floor_begin;
    wn_coincidence_conclude(&equal, kind);
    work->evidence.coincidence = kind;
    for (size_t i = 0; i < n; i++)
        rows[kind[i]]++;
    if (rows[WN_COINCIDENCE_CHANCE])
        wn_log_note(run->log,
                    "%s: %zu rows equal others no more often than chance "
                    "explains: not counted as duplicates",
                    wn_audit_name(work->audit), rows[WN_COINCIDENCE_CHANCE]);
    if (rows[WN_COINCIDENCE_FLOOR])
        wn_log_note(run->log,
                    "%s: %zu equal rows have the most frequent value in every "
                    "column, as where nothing was measured: not counted as "
                    "duplicates",
                    wn_audit_name(work->audit), rows[WN_COINCIDENCE_FLOOR]);
    status = 0;
done:
    wn_features_close(features);
    wn_coincidence_free(&equal);
    wn_spill_free(block);
    wn_spill_free(part);
    return status;
}

/* An array of the audit file, which the work owns; unchanged until the output
 * is created. */
static void *read_array(struct work *work, const char *path, enum wn_type type,
                        const size_t extent[3], struct wn_error *error)
{
    void *array = wn_audit_read(work->audit, path, type, extent, error);

    wn_audit_keep(work->audit, path, array);
    return wn_arena_keep(&work->own, array);
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
    evidence->neighbor =
        read_array(work, "score/neighbor/index", WN_I32, size, error);
    evidence->distance =
        read_array(work, "score/neighbor/distance", WN_F32, size, error);
    if (!evidence->neighbor || !evidence->distance)
        return -1;
    struct wn_error ignored = {0};
    double weight;
    evidence->ignores_neighbors =
        wn_audit_number(work->audit, "score/probability", "neighbors_weight",
                        &weight, &ignored) == 0 &&
        weight == 0;
    evidence->m = m;
    return 0;
}

/* The share of the rows that score found to be copies of others; of two near
 * copies one is. */
static double read_copied(const struct work *work)
{
    struct wn_error ignored = {0};
    double exact, near;

    if (wn_audit_number(work->audit, "score", "copies_exact", &exact,
                        &ignored) ||
        wn_audit_number(work->audit, "score", "copies_near", &near, &ignored) ||
        !(exact >= 0 && near >= 0))
        return 0;
    return fmin((exact + near / 2) / (double)work->evidence.n, 0.9);
}

/* The rank by pairs, and the probabilities; the labels of neighbours vote where
 * score left no probabilities. */
static int read_scores(const struct wn_run *run, struct work *work,
                       struct wn_error *error)
{
    struct wn_evidence *evidence = &work->evidence;
    const size_t n = evidence->n, k = evidence->k, m = evidence->m;
    const size_t vector[3] = {n, 0, 0}, matrix[3] = {n, k, 0};

    if (wn_audit_has(work->audit, "score/pair_rank")) {
        evidence->pair_rank =
            read_array(work, "score/pair_rank", WN_F32, vector, error);
        if (!evidence->pair_rank)
            return -1;
    }
    if (wn_audit_has(work->audit, "score/probability")) {
        work->probability =
            read_array(work, "score/probability", WN_F32, matrix, error);
        if (!work->probability)
            return -1;
        char *members =
            wn_audit_text(work->audit, "score/probability", "members", error);
        if (!members && error->code)
            return -1;
        work->user_probability = members && strncmp(members, "brought", 7) == 0;
        free(members);
    } else if (evidence->neighbor && evidence->label) {
        wn_log_note(run->log,
                    "%s has no probabilities; the labels of neighbours "
                    "vote instead",
                    wn_audit_name(work->audit));
        work->probability =
            wn_arena_spill(&work->own, sizeof *work->probability, n, k);
        for (size_t cell = 0; cell < n * m; cell++) {
            const int32_t label = evidence->label[evidence->neighbor[cell]];

            if (label >= 0)
                work->probability[cell / m * k + (size_t)label] += 1 / (float)m;
        }
    }
    evidence->probability = work->probability;
    work->copied = read_copied(work);
    return 0;
}

/* The score that --rule cuts. */
static int read_rule_score(const struct wn_run *run, struct work *work,
                           struct wn_error *error)
{
    const struct wn_label_rule *rule =
        wn_label_rule_find(wn_option_text(run->options, "rule"));
    char path[100];

    if (!rule->score || !wn_option_holds(run->options, "issues", "label"))
        return 0;
    snprintf(path, sizeof path, "score/%s", rule->score);
    char *options = wn_audit_text(work->audit, "score", "options", error);
    const bool there =
        wn_audit_has(work->audit, path) &&
        (!rule->option || (options && strstr(options, rule->option)));
    free(options);
    if (error->code)
        return -1;
    if (!there)
        return wn_fail(error, WN_EUSAGE,
                       "--rule=%s: %s has no such score; make it with score %s",
                       rule->name, wn_audit_name(work->audit), rule->made_by);
    work->evidence.rule_score = read_array(
        work, path, WN_F32, (size_t[3]){work->evidence.n, 0, 0}, error);
    return work->evidence.rule_score ? 0 : -1;
}

/* The memory of flag in bytes. `fixed` is the part that cannot go into files:
 * the label and the roles of each row, the defects, and the noise by class. */
static double bytes(const struct wn_dataset *data, size_t d, size_t m,
                    bool judged, int threads, double *fixed)
{
    const double n = (double)data->n, k = (double)data->k;
    const double cells = k > WN_WHOLE_CLASSES ? fmin(k * k, 2 * n + k) : k * k;
    const double classes = 72 * cells + 400 * k;
    const double defects = 16 * (double)data->defects;

    *fixed = 14e6 + wn_overlap_bytes() + (1e6 + 256 * k) * threads + 24 * n +
             classes + defects;
    /* Rows that a person judged are looked at twice. */
    return n * (4 * k + 8 * (double)m + (judged ? 300 : 180)) +
           4 * ROWS * (double)d + (judged ? 2 : 1) * classes + defects +
           wn_overlap_bytes() + wn_clusters_bytes(d) + 64e6;
}

int flag_read_evidence(const struct wn_run *run, struct work *work,
                       struct wn_error *error)
{
    struct wn_evidence *evidence = &work->evidence;
    const struct wn_dataset *data = &work->data;
    size_t d, m = 0;
    double fixed;
    char what[100];

    work->audit = wn_run_open(run, WN_SCORE, error);
    if (!work->audit ||
        wn_dataset_load(&work->data, work->audit,
                        WN_PART_LABEL | WN_PART_DEFECT | WN_PART_ROLE, error) ||
        wn_features_width(work->audit, &d, error) ||
        wn_audit_extent(work->audit, "score/neighbor/index", 1, &m, error))
        return -1;
    if (data->n > UINT32_MAX)
        return wn_fail(error, WN_EDATA, "%s: found %zu rows, wanted at most %u",
                       wn_audit_name(work->audit), data->n, UINT32_MAX);
    snprintf(what, sizeof what, "%zu rows of %zu classes and %zu neighbours",
             data->n, data->k, m);
    const double need = bytes(
        data, d, m, data->trusted || wn_option_given(run->options, "decisions"),
        run->threads, &fixed);
    if (wn_run_limit_memory(run, need, fixed, what, error))
        return -1;
    evidence->n = data->n;
    evidence->d = d;
    evidence->k = data->k;
    evidence->label = data->label;
    evidence->label_name = data->label_name;
    evidence->threads = run->threads;
    evidence->group = data->group;
    evidence->groups = data->groups;
    evidence->split = data->split;
    evidence->splits = data->splits;
    evidence->annotator = data->annotator;
    evidence->annotators = data->annotators;
    evidence->trusted = data->trusted;
    if ((d > 0 &&
         (hash_features(work, error) || find_coincidences(run, work, error))) ||
        read_neighbors(work, error) || read_scores(run, work, error) ||
        read_rule_score(run, work, error))
        return -1;
    uint32_t *missing = wn_arena_spill(&work->own, sizeof *missing, data->n, 1);
    uint32_t *invalid = wn_arena_spill(&work->own, sizeof *invalid, data->n, 1);
    for (size_t t = 0; t < data->defects; t++) {
        const char *rule = data->rule_name[data->defect_rule[t]];

        (strcmp(rule, "missing") ? invalid : missing)[data->defect_row[t]]++;
    }
    evidence->missing = missing;
    evidence->invalid = invalid;
    return 0;
}

int flag_count_agreeing(const struct wn_audit *audit, size_t n, size_t expected,
                        uint8_t *agree, size_t *scores, struct wn_error *error)
{
    struct wn_text path = {0};
    char **names;
    size_t count;

    wn_audit_list(audit, "score", &names, &count);
    for (size_t s = 0; s < count && !error->code; s++) {
        size_t extent[3];
        int rank;

        path.length = 0;
        wn_text_format(&path, "score/%s", names[s]);
        if (wn_audit_is_spread(names, count, names[s]) ||
            wn_audit_shape(audit, wn_text_of(&path), &rank, extent, error) ||
            rank != 1)
            continue;
        float *value = wn_audit_read(audit, wn_text_of(&path), WN_F32,
                                     (size_t[3]){n, 0, 0}, error);
        if (!value)
            break;
        const float cut = wn_top_cut(value, n, expected);
        for (size_t i = 0; i < n; i++)
            if (value[i] >= cut)
                agree[i]++;
        wn_spill_free(value);
        ++*scores;
    }
    wn_text_free(&path);
    wn_names_free(names, count);
    return error->code ? -1 : 0;
}
