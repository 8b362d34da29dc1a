/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From an audit file to struct wn_report. A file with correct digests may still
 * come from a stranger, so every index is checked here, once, and the formats
 * need not check any. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/report.h"
#include "util/memory.h"
#include "util/spill.h"

void wn_report_hide_values(struct wn_report *report)
{
    struct wn_dataset *data = &report->data;
    double **number[] = {&data->column_min, &data->column_median,
                         &data->column_max};

    free(data->id);
    free(data->id_offset);
    data->id = NULL;
    data->id_offset = NULL;
    wn_names_free(data->top_value, data->tops);
    data->top_value = NULL;
    data->tops = 0;
    for (size_t v = 0; v < sizeof number / sizeof *number; v++)
        for (size_t c = 0; *number[v] && c < data->columns; c++)
            (*number[v])[c] = NAN;
    /* Hints quote cells. */
    wn_names_free(data->hint, data->hints);
    data->hint = NULL;
    data->hints = 0;
    report->no_values = true;
}

void wn_report_free(struct wn_report *report)
{
    for (int stage = WN_DATA; stage <= WN_FLAGS; stage++) {
        free(report->origin[stage].version);
        free(report->origin[stage].options);
    }
    free(report->previous);
    wn_names_free(report->class_title, report->data.k);
    wn_dataset_free(&report->data);
    wn_model_quality_free(&report->model_quality);
    wn_names_free(report->check_name, report->checks);
    wn_names_free(report->action_name, report->actions);
    wn_names_free(report->reason_name, report->reasons);
    wn_names_free(report->kind_name, report->kinds);
    wn_decided_free(&report->decided);
    wn_near_sets_free(&report->near_sets);
    wn_sparse_free(&report->joint_cells);
    free(report->confident.cell);
    free(report->pair_line);
    wn_text_free(&report->reached);
    wn_arena_free(&report->arena);
    *report = (struct wn_report){0};
}

/* Read a dataset that the report frees. These two read nothing after a failure,
 * so several reads need one check of error->code. */
static void *read_required(struct wn_report *report,
                           const struct wn_audit *audit, const char *path,
                           enum wn_type type, const size_t extent[3],
                           struct wn_error *error)
{
    return error->code
               ? NULL
               : wn_arena_keep(&report->arena,
                               wn_audit_read(audit, path, type, extent, error));
}

static void *read_optional(struct wn_report *report,
                           const struct wn_audit *audit, const char *path,
                           enum wn_type type, const size_t extent[3],
                           struct wn_error *error)
{
    return wn_audit_has(audit, path)
               ? read_required(report, audit, path, type, extent, error)
               : NULL;
}

static int fail_range(const struct wn_audit *audit, const char *path, size_t i,
                      long long found, struct wn_error *error)
{
    return wn_fail(error, WN_EDATA, "%s: row %zu of %s is %lld, out of range",
                   wn_audit_name(audit), i, path, found);
}

/* --- scores -------------------------------------------------------------- */

/* A dataset of /score; NULL without an error if it is not one number a row. */
static float *read_score(struct wn_report *report, const struct wn_audit *audit,
                         const char *path, struct wn_error *error)
{
    size_t extent[3];
    int rank;

    if (wn_audit_shape(audit, path, &rank, extent, error) || rank != 1)
        return NULL;
    return read_required(report, audit, path, WN_F32,
                         (size_t[3]){report->data.n, 0, 0}, error);
}

/* The names in an audit are winnow's, words of ASCII. Formats print them as
 * they are, so anything else is refused. */
static int check_word(const struct wn_audit *audit, const char *path,
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
    const size_t n = report->data.n;
    struct wn_text path = {0};
    char **names = NULL;
    size_t count = 0;

    wn_audit_list(audit, "score", &names, &count);
    report->score =
        wn_arena_new(&report->arena, sizeof *report->score, count, 1);
    for (size_t i = 0; i < count && !error->code; i++) {
        struct wn_score *score = &report->score[report->scores];

        if (wn_audit_is_spread(names, count, names[i]))
            continue;
        path.length = 0;
        wn_text_format(&path, "score/%s", names[i]);
        score->value = read_score(report, audit, path.bytes, error);
        if (!score->value)
            continue;
        report->scores++;
        score->name = wn_arena_keep(&report->arena,
                                    wn_copy_text(names[i], strlen(names[i])));
        if (check_word(audit, "score", names[i], error))
            break;
        wn_text_format(&path, "_std");
        if (wn_audit_has(audit, path.bytes))
            score->spread = read_score(report, audit, path.bytes, error);
        if (score->spread)
            score->spread_name = wn_arena_keep(
                &report->arena, wn_copy_text(path.bytes + strlen("score/"),
                                             path.length - strlen("score/")));
        path.length = 0;
        wn_text_format(&path, "score/evidence/%s", names[i]);
        score->evidence = read_optional(report, audit, path.bytes, WN_I32,
                                        (size_t[3]){n, 0, 0}, error);
    }
    wn_text_free(&path);
    wn_names_free(names, count);
    return error->code ? -1 : 0;
}

/* The most probable class of each row by each model that was kept; ties go to
 * the lower class, as everywhere. */
static int load_by_member(struct wn_report *report,
                          const struct wn_audit *audit, struct wn_error *error)
{
    static const char path[] = "score/member/probability";
    const size_t n = report->data.n, k = report->data.k;
    size_t members;

    if (!report->roles || !wn_audit_has(audit, path))
        return 0;
    if (wn_audit_extent(audit, path, 0, &members, error))
        return -1;
    if (members + 1 != report->model_quality.members)
        return wn_fail(error, WN_EDATA,
                       "%s: %s: found %zu models, wanted the %zu of "
                       "score/probability",
                       wn_audit_name(audit), path, members,
                       report->model_quality.members - 1);
    float *all = wn_spill_new(wn_product(n, k, 1), sizeof *all);
    report->by_member =
        wn_arena_new(&report->arena, sizeof *report->by_member, members, n);
    int status = 0;
    for (size_t p = 0; p < members && status == 0; p++) {
        status = wn_audit_read_rows(audit, path, p, p + 1, n * k, all, error);
        for (size_t i = 0; i < n; i++) {
            const float *row = all + i * k;
            size_t best = 0;

            for (size_t c = 1; c < k; c++)
                if (row[c] > row[best])
                    best = c;
            report->by_member[p * n + i] = (int32_t)best;
        }
    }
    wn_spill_free(all);
    return status;
}

/* The rivals, the predictions and the probabilities of a row's classes, from
 * blocks of rows: all n x k may be large. Suggestions are loaded. */
static int load_rivals(struct wn_report *report, const struct wn_audit *audit,
                       struct wn_error *error)
{
    enum { ROWS = 1024 };
    static const char path[] = "score/probability";
    const size_t n = report->data.n, k = report->data.k;
    struct wn_arena *arena = &report->arena;
    float *block;
    int status = 0;

    if (!wn_audit_has(audit, path))
        return 0;
    block = wn_new(wn_product(ROWS, k, 1), sizeof *block);
    report->rival = wn_arena_new(arena, sizeof *report->rival, n, 1);
    if (report->roles) {
        report->p_given = wn_arena_new(arena, sizeof *report->p_given, n, 1);
        report->p_rival = wn_arena_new(arena, sizeof *report->p_rival, n, 1);
        report->p_suggested =
            wn_arena_new(arena, sizeof *report->p_suggested, n, 1);
    }
    report->predicted = wn_arena_new(arena, sizeof *report->predicted, k, 1);
    report->named = wn_arena_new(arena, sizeof *report->named, k, 1);
    report->right = wn_arena_new(arena, sizeof *report->right, k, 1);
    for (size_t begin = 0; begin < n && status == 0; begin += ROWS) {
        const size_t end = n - begin < ROWS ? n : begin + ROWS;

        status = wn_audit_read_rows(audit, path, begin, end, k, block, error);
        for (size_t i = begin; i < end && status == 0; i++) {
            const float *probability = block + (i - begin) * k;
            const int32_t given = report->data.label[i];
            const int32_t suggested =
                report->suggestion ? report->suggestion[i] : -1;
            int32_t rival = -1, best = -1; /* ties go to the lower class */

            for (int32_t c = 0; c < (int32_t)k; c++) {
                if (isnan(probability[c]))
                    continue;
                if (best < 0 || probability[c] > probability[best])
                    best = c;
                if (c != given &&
                    (rival < 0 || probability[c] > probability[rival]))
                    rival = c;
            }
            report->rival[i] = rival;
            if (report->roles) {
                report->p_given[i] = given >= 0 ? probability[given] : NAN;
                report->p_rival[i] = rival >= 0 ? probability[rival] : NAN;
                report->p_suggested[i] =
                    suggested >= 0 ? probability[suggested] : NAN;
            }
            if (best >= 0) {
                report->predicted[best]++;
                report->named[best] += given >= 0;
                report->right[best] += given == best;
            }
        }
    }
    free(block);
    return status;
}

/* --- flags --------------------------------------------------------------- */

/* The joint of given and true classes: a whole matrix, or some of its cells in
 * rising order, with the whole diagonal. */
static int load_joint(struct wn_report *report, const struct wn_audit *audit,
                      struct wn_error *error)
{
    static const char cell_path[] = "flag/noise/posterior_cell";
    static const char given_path[] = "flag/noise/posterior_given";
    static const char true_path[] = "flag/noise/posterior_true";
    const size_t k = report->data.k;
    size_t extent[3] = {0, 0, 0}, diagonal = 0;
    int32_t *given, *truth;

    report->joint = read_optional(report, audit, "flag/noise/posterior_joint",
                                  WN_F64, (size_t[3]){k, k, 0}, error);
    if (!report->joint && (error->code || !wn_audit_has(audit, cell_path)))
        return error->code ? -1 : 0;
    if (report->joint) {
        extent[0] = wn_product(k, k, 1);
        given = wn_arena_new(&report->arena, sizeof *given, k, k);
        truth = wn_arena_new(&report->arena, sizeof *truth, k, k);
        for (size_t cell = 0; cell < extent[0]; cell++) {
            given[cell] = (int32_t)(cell / k);
            truth[cell] = (int32_t)(cell % k);
        }
        diagonal = k;
    } else {
        if (wn_audit_extent(audit, cell_path, 0, extent, error))
            return -1;
        report->joint =
            read_required(report, audit, cell_path, WN_F64, extent, error);
        given = read_required(report, audit, given_path, WN_I32, extent, error);
        truth = read_required(report, audit, true_path, WN_I32, extent, error);
        for (size_t q = 0; q < extent[0] && !error->code; q++) {
            if (q && given[q] < given[q - 1])
                fail_range(audit, given_path, q, given[q], error);
            else if (q && given[q] == given[q - 1] && truth[q] <= truth[q - 1])
                fail_range(audit, true_path, q, truth[q], error);
            else
                diagonal += given[q] == truth[q];
        }
    }
    if (!error->code && diagonal != k)
        wn_fail(error, WN_EDATA,
                "%s: %s: found %zu of %zu classes on the diagonal, wanted all",
                wn_audit_name(audit), true_path, diagonal, k);
    if (!error->code)
        wn_sparse_make(&report->joint_cells, k, given, truth, extent[0]);
    return error->code ? -1 : 0;
}

/* Names of an attribute that codes of that dataset stand for. */
static int load_names(const struct wn_audit *audit, const char *path,
                      char ***names, size_t *count, struct wn_error *error)
{
    if (wn_audit_words(audit, path, names, count, error))
        return -1;
    for (size_t i = 0; i < *count; i++)
        if (check_word(audit, path, (*names)[i], error))
            return -1;
    return 0;
}

/* `order` is a permutation. */
static int check_order(const struct wn_report *report,
                       const struct wn_audit *audit, struct wn_error *error)
{
    const size_t n = report->data.n;
    uint8_t *seen = wn_new(n, 1);

    for (size_t i = 0; i < n && !error->code; i++)
        if (seen[report->order[i]]++)
            fail_range(audit, "flag/order", i, report->order[i], error);
    free(seen);
    return error->code ? -1 : 0;
}

/* How many labels are wrong, what flag claims of them as a whole, and why. */
static void load_claim(struct wn_report *report, const struct wn_audit *audit,
                       struct wn_error *error)
{
    static const char path[] = "flag/noise/rate";
    static const char depth_path[] = "flag/noise/mismatch";
    double *rate =
        read_optional(report, audit, path, WN_F64, (size_t[3]){3, 0, 0}, error);

    if (!rate)
        return;
    const double claim =
        wn_report_number(audit, path, "claim", -INFINITY, INFINITY);
    for (int kind = WN_CLAIM_NOISE; kind <= WN_CLAIM_REVIEWED; kind++)
        if (claim == (double)kind)
            report->claim = (enum wn_claim_kind)kind;
    if (!error->code && !isnan(claim) && claim != (double)report->claim)
        wn_fail(error, WN_EDATA, "%s: %s: claim is %g, out of range",
                wn_audit_name(audit), path, claim);
    report->gain = wn_report_number(audit, path, "gain", -INFINITY, INFINITY);
    report->gain_sd = wn_report_number(audit, path, "gain_sd", 0, INFINITY);
    report->overlap_weight =
        wn_report_number(audit, path, "overlap_weight", 0, 1);
    report->by_depth = read_optional(report, audit, depth_path, WN_F64,
                                     (size_t[3]){WN_DEPTHS, 3, 0}, error);
    if (report->by_depth) {
        const struct {
            const char *name;
            double *to;
        } numbers[] = {{"mismatch", &report->mismatch},
                       {"even", &report->even},
                       {"even_low", &report->even_low},
                       {"even_high", &report->even_high},
                       {"overlap", &report->overlap},
                       {"cluster_errors", &report->cluster_errors},
                       {"cluster_low", &report->cluster_low}};
        for (size_t v = 0; v < sizeof numbers / sizeof *numbers; v++)
            *numbers[v].to =
                wn_report_number(audit, depth_path, numbers[v].name, 0, 1);
    }
    for (size_t cell = 0; report->by_depth && cell < 3 * WN_DEPTHS; cell++)
        if (!(report->by_depth[cell] >= 0 &&
              report->by_depth[cell] <= (double)report->data.n) &&
            !error->code)
            wn_fail(error, WN_EDATA, "%s: %s: found %g, wanted 0 to %zu",
                    wn_audit_name(audit), depth_path, report->by_depth[cell],
                    report->data.n);
    if (report->claim != WN_CLAIM_NOTHING) {
        report->rate = rate[0];
        report->rate_low = rate[1];
        report->rate_high = rate[2];
    }
}

static int load_sets(struct wn_report *report, const struct wn_audit *audit,
                     struct wn_error *error)
{
    const size_t n = report->data.n;

    if (wn_near_sets_load(&report->near_sets, audit, n, error))
        return -1;
    if (!report->near_sets.rows)
        return 0;
    report->in_set = wn_arena_new(&report->arena, sizeof *report->in_set, n, 1);
    for (size_t i = 0; i < n; i++)
        report->in_set[i] = -1;
    for (size_t m = 0; m < report->near_sets.rows; m++)
        report->in_set[report->near_sets.row[m]] = (int64_t)m;
    return 0;
}

static int load_flags(struct wn_report *report, const struct wn_audit *audit,
                      struct wn_error *error)
{
    const size_t rows[3] = {report->data.n, 0, 0};

    report->previous = wn_audit_text(audit, "flag/issue", "previous", error);
    if (error->code ||
        load_names(audit, "flag/issue", &report->check_name, &report->checks,
                   error) ||
        load_names(audit, "flag/action", &report->action_name, &report->actions,
                   error) ||
        (wn_audit_has(audit, "flag/reason") &&
         load_names(audit, "flag/reason", &report->reason_name,
                    &report->reasons, error)) ||
        (wn_audit_has(audit, "flag/kind") &&
         load_names(audit, "flag/kind", &report->kind_name, &report->kinds,
                    error)))
        return -1;
    report->chance_rows = wn_report_number(audit, "flag/issue", "chance_rows",
                                           0, (double)report->data.n);
    report->floor_rows = wn_report_number(audit, "flag/issue", "floor_rows", 0,
                                          (double)report->data.n);
    char *ran = wn_audit_text(audit, "flag/issue", "ran", error);
    if (error->code)
        return -1;
    /* All checks ran if the attribute is missing. */
    report->check_ran =
        wn_arena_new(&report->arena, sizeof(bool), report->checks, 1);
    for (size_t c = 0; c < report->checks; c++) {
        const char *name = report->check_name[c];

        report->check_ran[c] =
            !ran || wn_text_lists(ran, ',', name, strlen(name));
    }
    free(ran);
    report->issue =
        read_required(report, audit, "flag/issue", WN_U32, rows, error);
    report->suspicion =
        read_required(report, audit, "flag/suspicion", WN_F32, rows, error);
    report->order =
        read_required(report, audit, "flag/order", WN_I64, rows, error);
    report->suggestion =
        read_required(report, audit, "flag/suggestion", WN_I32, rows, error);
    report->action =
        read_required(report, audit, "flag/action", WN_U8, rows, error);
    report->reason =
        read_optional(report, audit, "flag/reason", WN_U8, rows, error);
    report->kind =
        read_optional(report, audit, "flag/kind", WN_U8, rows, error);
    report->quality =
        read_optional(report, audit, "flag/label_quality", WN_F32, rows, error);
    report->threshold =
        read_optional(report, audit, "flag/noise/threshold", WN_F64,
                      (size_t[3]){report->data.k, 0, 0}, error);
    load_claim(report, audit, error);
    return error->code || load_joint(report, audit, error) ||
                   wn_confident_load(&report->confident, audit, report->data.n,
                                     report->data.k, error) ||
                   wn_decided_load(report, audit, error) ||
                   load_sets(report, audit, error)
               ? -1
               : check_order(report, audit, error);
}

int wn_report_load(struct wn_report *report, const struct wn_audit *audit,
                   struct wn_error *error)
{
    static const char *const group[] = {"data", "score", "flag"};

    if (wn_dataset_load(&report->data, audit,
                        WN_PART_LABEL | WN_PART_ID | WN_PART_ROW |
                            WN_PART_COLUMN | WN_PART_DEFECT | WN_PART_RULE |
                            (report->roles ? WN_PART_ROLE : 0u),
                        error))
        return -1; /* the report is still as empty as the data set */
    /* Formats read these without asking whether they exist. */
    static const char *const sets[] = {"data/label", "data/row_line"};
    for (size_t s = 0; s < sizeof sets / sizeof *sets && !error->code; s++)
        if (!wn_audit_has(audit, sets[s]))
            wn_fail(error, WN_EDATA, "%s: has no %s", wn_audit_name(audit),
                    sets[s]);
    for (enum wn_stage stage = WN_DATA; stage <= WN_FLAGS; stage++) {
        if (error->code || !wn_audit_has_stage(audit, stage))
            continue;
        report->origin[stage].version =
            wn_audit_text(audit, group[stage], "version", error);
        report->origin[stage].options =
            wn_audit_text(audit, group[stage], "options", error);
    }
    report->source_kept = wn_audit_has(audit, "data/source_bytes");
    report->scored = wn_audit_has_stage(audit, WN_SCORE);
    report->flagged = wn_audit_has_stage(audit, WN_FLAGS);
    report->rate = report->rate_low = report->rate_high = NAN;
    report->gain = report->gain_sd = report->overlap_weight = NAN;
    report->chance_rows = report->floor_rows = NAN;
    if (error->code ||
        wn_model_quality_load(&report->model_quality, audit, error) ||
        (report->scored && load_scores(report, audit, error)) ||
        (report->flagged && load_flags(report, audit, error)) ||
        (report->scored && (load_rivals(report, audit, error) ||
                            load_by_member(report, audit, error)))) {
        wn_report_free(report);
        return -1;
    }
    wn_report_count(report);
    return 0;
}
