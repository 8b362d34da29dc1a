/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From an audit file to struct wn_report. A file that passes its digests may
 * still have been made by somebody else: every index is checked here, once,
 * so that no format has to. */
#include "report/load.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/memory.h"
#include "util/text.h"

static void free_scores(struct wn_report *report)
{
    for (size_t s = 0; s < report->scores; s++) {
        free(report->score[s].name);
        free(report->score[s].value);
        free(report->score[s].spread);
        free(report->score[s].evidence);
    }
    free(report->score);
}

static void free_origins(struct wn_report *report)
{
    for (int stage = WN_DATA; stage <= WN_FLAGS; stage++) {
        free(report->origin[stage].version);
        free(report->origin[stage].options);
    }
}

void wn_report_free(struct wn_report *report)
{
    free_origins(report);
    wn_dataset_free(&report->data);
    wn_model_quality_free(&report->measured);
    free_scores(report);
    wn_names_free(report->check_name, report->checks);
    wn_names_free(report->action_name, report->actions);
    wn_names_free(report->reason_name, report->reasons);
    free(report->rival);
    free(report->check_ran);
    free(report->issue);
    free(report->suspicion);
    free(report->quality);
    free(report->order);
    free(report->suggestion);
    free(report->action);
    free(report->reason);
    free(report->threshold);
    wn_sparse_free(&report->at);
    free(report->joint);
    free(report->rank);
    free(report->check_rows);
    free(report->action_rows);
    free(report->class_line);
    free(report->pair_line);
    *report = (struct wn_report){0};
}

static bool ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text), size = strlen(end);

    return length > size && strcmp(text + length - size, end) == 0;
}

/* The values of one dataset of /score, or NULL; *skip where it has another
 * shape than one number a row. */
static float *load_read_score(const struct wn_report *report,
                              const struct wn_audit *audit, const char *name,
                              bool *skip, struct wn_error *error)
{
    const size_t extent[3] = {report->data.n, 0, 0};
    struct wn_text path = {0};
    float *value = NULL;
    size_t found[3];
    int rank;

    *skip = false;
    wn_text_format(&path, "score/%s", name);
    if (wn_audit_shape(audit, path.bytes, &rank, found, error))
        goto done;
    *skip = rank != 1;
    if (rank == 1)
        value = wn_audit_read(audit, path.bytes, WN_F32, extent, error);
done:
    wn_text_free(&path);
    return value;
}

static int read_spread(const struct wn_report *report,
                       const struct wn_audit *audit, struct wn_score *score,
                       struct wn_error *error)
{
    struct wn_text path = {0};
    bool skip;
    int status = -1;

    wn_text_format(&path, "score/%s_std", score->name);
    status = 0;
    if (!wn_audit_has(audit, path.bytes))
        goto done;
    score->spread = load_read_score(
        report, audit, path.bytes + strlen("score/"), &skip, error);
    status = score->spread || skip ? 0 : -1;
done:
    wn_text_free(&path);
    return status;
}

/* The rows that the score rests on, where it does. */
static int read_evidence(const struct wn_report *report,
                         const struct wn_audit *audit, struct wn_score *score,
                         struct wn_error *error)
{
    const size_t n = report->data.n, extent[3] = {n, 0, 0};
    struct wn_text path = {0};
    int status = -1;

    wn_text_format(&path, "score/evidence/%s", score->name);
    status = 0;
    if (!wn_audit_has(audit, path.bytes))
        goto done;
    score->evidence = wn_audit_read(audit, path.bytes, WN_I32, extent, error);
    status = score->evidence ? 0 : -1;
    for (size_t i = 0; status == 0 && i < n; i++)
        if (score->evidence[i] < -1 ||
            (score->evidence[i] >= 0 && (size_t)score->evidence[i] >= n))
            status = wn_fail(
                error, WN_EDATA, "%s: row %zu of %s holds %ld, out of range",
                wn_audit_name(audit), i, path.bytes, (long)score->evidence[i]);
done:
    wn_text_free(&path);
    return status;
}

/* Whether `name` is the spread of another score in the list. */
static bool is_spread(char *const *names, size_t count, const char *name)
{
    if (!ends_with(name, "_std"))
        return false;
    const size_t length = strlen(name) - strlen("_std");
    for (size_t i = 0; i < count; i++)
        if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
            return true;
    return false;
}

int wn_load_check_word(const struct wn_audit *audit, const char *path,
                       const char *word, struct wn_error *error)
{
    size_t length = 0;

    while (word[length] > ' ' && word[length] < 0x7f &&
           !strchr(",\"\\", word[length]))
        length++;
    if (length && !word[length])
        return 0;
    return wn_fail(error, WN_EDATA, "%s: %s: '%s' is no name",
                   wn_audit_name(audit), path, word);
}

static int load_scores(struct wn_report *report, const struct wn_audit *audit,
                       struct wn_error *error)
{
    char **names = NULL;
    size_t count = 0;
    int status = -1;

    report->scored = wn_audit_has_stage(audit, WN_SCORE);
    if (!report->scored)
        return 0;
    wn_audit_list(audit, "score", &names, &count);
    report->score = wn_new(count, sizeof *report->score);
    for (size_t i = 0; i < count; i++) {
        struct wn_score *score = &report->score[report->scores];
        bool skip;

        if (is_spread(names, count, names[i]))
            continue;
        score->value = load_read_score(report, audit, names[i], &skip, error);
        if (!score->value && skip)
            continue;
        if (!score->value)
            goto done;
        report->scores++;
        score->name = wn_copy_text(names[i], strlen(names[i]));
        if (wn_load_check_word(audit, "score", names[i], error) ||
            read_spread(report, audit, score, error) ||
            read_evidence(report, audit, score, error))
            goto done;
    }
    status = 0;
done:
    wn_names_free(names, count);
    return status;
}

/* The most probable class but `given`, ties to the lower; -1 if none. */
static int32_t rival_of(const float *probability, size_t k, int32_t given)
{
    int32_t best = -1;

    for (size_t c = 0; c < k; c++)
        if ((int32_t)c != given && !isnan(probability[c]) &&
            (best < 0 || probability[c] > probability[best]))
            best = (int32_t)c;
    return best;
}

/* By blocks of rows: n x k numbers may be large, and one a row is kept. */
static int load_rivals(struct wn_report *report, const struct wn_audit *audit,
                       struct wn_error *error)
{
    enum { ROWS = 1024 };
    static const char path[] = "score/probability";
    const size_t n = report->data.n, k = report->data.k;
    float *block;
    int status = -1;

    if (!report->scored || !wn_audit_has(audit, path))
        return 0;
    block = wn_new(wn_product(ROWS, k, 1), sizeof *block);
    report->rival = wn_new(n, sizeof *report->rival);
    for (size_t begin = 0; begin < n; begin += ROWS) {
        const size_t end = n - begin < ROWS ? n : begin + ROWS;

        if (wn_audit_read_rows(audit, path, begin, end, k, block, error))
            goto done;
        for (size_t i = begin; i < end; i++)
            report->rival[i] =
                rival_of(block + (i - begin) * k, k, report->data.label[i]);
    }
    status = 0;
done:
    free(block);
    return status;
}

static int load_origins(struct wn_report *report, const struct wn_audit *audit,
                        struct wn_error *error)
{
    static const char *const group[] = {"data", "score", "flag"};

    for (enum wn_stage stage = WN_DATA; stage <= WN_FLAGS; stage++) {
        if (!wn_audit_has_stage(audit, stage))
            continue;
        report->origin[stage].version =
            wn_audit_text(audit, group[stage], "version", error);
        report->origin[stage].options =
            wn_audit_text(audit, group[stage], "options", error);
    }
    return error->code ? -1 : 0;
}

/* What the formats read without asking. */
static int load_check_data(const struct wn_report *report,
                           const struct wn_audit *audit, struct wn_error *error)
{
    static const char *const always[] = {"data/label", "data/label_name",
                                         "data/row_line", "data/row_hash"};
    static const char *const columns[] = {
        "data/column/kind",     "data/column/missing", "data/column/invalid",
        "data/column/distinct", "data/column/min",     "data/column/max"};
    static const char *const defects[] = {
        "data/defect/column", "data/defect/rule", "data/defect/rule_name"};
    const struct {
        const char *const *path;
        size_t count;
    } groups[] = {
        {always, sizeof always / sizeof *always},
        {columns, report->data.columns ? sizeof columns / sizeof *columns : 0},
        {defects, report->data.defects ? sizeof defects / sizeof *defects : 0}};

    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++)
        for (size_t p = 0; p < groups[g].count; p++)
            if (!wn_audit_has(audit, groups[g].path[p]))
                return wn_fail(error, WN_EDATA, "%s: has no %s",
                               wn_audit_name(audit), groups[g].path[p]);
    return 0;
}

int wn_report_load(struct wn_report *report, const struct wn_audit *audit,
                   struct wn_error *error)
{
    if (wn_dataset_load(
            &report->data, audit,
            WN_PART_LABEL | WN_PART_ID | WN_PART_ROW | WN_PART_COLUMN |
                WN_PART_DEFECT | WN_PART_RULE |
                (report->rows == WN_ROWS_BUDGET ? WN_PART_ROLE : 0u),
            error))
        return -1; /* the report is still as empty as the data set */
    report->source_kept = wn_audit_has(audit, "data/source_bytes");
    if (wn_model_quality_load(&report->measured, audit, error) ||
        load_check_data(report, audit, error) ||
        load_origins(report, audit, error) ||
        load_scores(report, audit, error) ||
        load_rivals(report, audit, error) ||
        wn_load_flags(report, audit, error) || wn_report_count(report)) {
        wn_report_free(report);
        return -1;
    }
    return 0;
}
