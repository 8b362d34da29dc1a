/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON Lines: an object a line, in pure ASCII, so that no byte of the data can
 * drive a terminal. The first line names the schema; the last one says that all
 * others are there. report(1) documents the keys.
 *
 * A line is written from left to right, a call for each member. Within an array
 * the key is NULL. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "render/render.h"
#include "report/drift.h"
#include "report/annotators.h"
#include "report/shown.h"
#include "report/slices.h"
#include "report/trend.h"
#include "select/select.h"
#include "util/memory.h"
#include "util/number.h"

/* --- writing ------------------------------------------------------------- */

struct json {
    struct wn_text *out;
    const char *before; /* what parts the next member from the one before */
    size_t lines;
};

/* Begin a member. Keys and literals are winnow's own words. */
static void put_literal(struct json *json, const char *key, const char *literal)
{
    wn_text_format(json->out, "%s", json->before);
    if (key)
        wn_text_format(json->out, "\"%s\":", key);
    wn_text_format(json->out, "%s", literal);
    json->before = ",";
}

/* Open an object "{" or an array "[". */
static void open_member(struct json *json, const char *key, const char *bracket)
{
    put_literal(json, key, bracket);
    json->before = "";
}

static void close_member(struct json *json, const char *bracket)
{
    wn_text_format(json->out, "%s", bracket);
    json->before = ",";
}

/* Open an object, or write null where nothing is known; returns `known`. */
static bool open_known(struct json *json, const char *key, bool known)
{
    if (known)
        open_member(json, key, "{");
    else
        put_literal(json, key, "null");
    return known;
}

static int add_dump(const char *bytes, size_t size, void *context)
{
    wn_text_add(context, bytes, size);
    return 0;
}

/* A string; null for NULL. An invalid byte of UTF-8 becomes the four characters
 * \xNN. */
static void put_bytes(struct json *json, const char *key, const char *bytes,
                      size_t length)
{
    struct wn_text visible = {0};

    put_literal(json, key, bytes ? "" : "null");
    if (!bytes)
        return;
    if (wn_text_is_utf8(bytes, length))
        wn_text_add(&visible, bytes, length);
    else
        wn_text_add_visible(&visible, bytes, length);
    json_t *string = json_stringn(wn_text_of(&visible), visible.length);
    /* jansson fails only for want of memory. */
    if (!string || json_dump_callback(string, add_dump, json->out,
                                      JSON_ENCODE_ANY | JSON_ENSURE_ASCII))
        wn_die("no memory for a line of JSON");
    json_decref(string);
    wn_text_free(&visible);
}

static void put_text(struct json *json, const char *key, const char *text)
{
    put_bytes(json, key, text, text ? strlen(text) : 0);
}

/* A real number; null for NaN and infinity. jansson has one precision for all
 * of them. */
static void put_real(struct json *json, const char *key, double value)
{
    char text[32] = "null";

    if (isfinite(value))
        wn_number_format(value, text);
    put_literal(json, key, text);
}

/* The double that prints like the float: .1f becomes 0.1. Large ones may print
 * otherwise. */
static void put_float(struct json *json, const char *key, float value)
{
    char text[32];

    wn_number_format_float(value, text);
    if (fabsf(value) < 1e6F)
        put_literal(json, key, text);
    else
        put_real(json, key, strtod(text, NULL));
}

static void put_count(struct json *json, const char *key, uint64_t count)
{
    char text[32];

    snprintf(text, sizeof text, "%llu", (unsigned long long)count);
    put_literal(json, key, text);
}

/* A count; null where it is not known. */
static void put_known(struct json *json, const char *key, bool known,
                      uint64_t count)
{
    if (known)
        put_count(json, key, count);
    else
        put_literal(json, key, "null");
}

static void put_texts(struct json *json, const char *key, char *const *text,
                      size_t count)
{
    open_member(json, key, "[");
    for (size_t t = 0; t < count; t++)
        put_text(json, NULL, text[t]);
    close_member(json, "]");
}

static void put_bool(struct json *json, const char *key, bool value)
{
    put_literal(json, key, value ? "true" : "false");
}

static void begin_line(struct json *json, const char *record)
{
    json->before = "";
    open_member(json, NULL, "{");
    put_text(json, "record", record);
}

static void end_line(struct json *json)
{
    close_member(json, "}\n");
    json->lines++;
}

static struct json begin_lines(struct wn_text *out, const char *content)
{
    struct json json = {.out = out, .before = ""};

    open_member(&json, NULL, "{");
    put_text(&json, "schema", "winnow-report/1");
    put_text(&json, "content", content);
    put_text(&json, "version", PACKAGE_VERSION);
    end_line(&json);
    return json;
}

static void end_lines(struct json *json)
{
    json->before = "";
    open_member(json, NULL, "{");
    put_bool(json, "complete", true);
    put_count(json, "lines", json->lines + 1);
    end_line(json);
}

/* --- rows ---------------------------------------------------------------- */

/* The line on which row i begins, and of several files, which. */
static void put_line(struct json *json, const struct wn_dataset *data, size_t i)
{
    put_count(json, "line", data->row_line[i]);
    if (data->file_name)
        put_text(json, "file", wn_dataset_file(data, i));
}

/* What lines of a row, of a gone flag and of an explanation begin with. */
static void begin_row(struct json *json, const struct wn_report *report,
                      const char *record, size_t i)
{
    const struct wn_dataset *data = &report->data;
    size_t length = 0;
    const char *id = wn_report_id(report, i, &length);
    char hash[17];

    snprintf(hash, sizeof hash, "%016llx",
             (unsigned long long)data->row_hash[i]);
    begin_line(json, record);
    put_count(json, "row", i);
    put_count(json, "source_record", wn_row_record(report, i));
    put_line(json, data, i);
    put_bytes(json, "id", id, length);
    put_text(json, "hash", hash);
    put_text(json, "given", wn_report_class(report, data->label[i]));
    put_text(json, "rival",
             report->rival ? wn_report_class(report, report->rival[i]) : NULL);
    if (!report->flagged)
        return;
    put_count(json, "rank", report->rank[i]);
    put_text(json, "suggested", wn_report_class(report, report->suggestion[i]));
    put_float(json, "suspicion", report->suspicion[i]);
    put_float(json, "quality", report->quality ? report->quality[i] : NAN);
    put_text(json, "action", report->action_name[report->action[i]]);
    put_text(json, "kind", wn_report_kind(report, i));
    open_member(json, "issues", "[");
    for (size_t c = 0; c < report->checks && c < 32; c++)
        if (report->issue[i] >> c & 1)
            put_text(json, NULL, report->check_name[c]);
    close_member(json, "]");
    open_member(json, "agree", "[");
    for (size_t s = 0; s < report->scores; s++)
        if (wn_score_agrees(report, s, i))
            put_text(json, NULL, report->score[s].name);
    close_member(json, "]");
    const int64_t m = report->in_set ? report->in_set[i] : -1;
    if (m < 0)
        return;
    open_member(json, "near", "{");
    put_count(json, "set", (uint64_t)report->near_sets.set[m]);
    put_count(json, "row", (uint64_t)report->near_sets.partner[m]);
    put_float(json, "distance", report->near_sets.distance[m]);
    close_member(json, "}");
}

/* --fields. */
static void put_fields(struct json *json, const struct wn_report *report,
                       size_t i)
{
    struct wn_text text = {0};

    begin_line(json, "row");
    for (size_t f = 0; f < report->fields->count; f++) {
        const struct wn_row_field *field = &report->fields->field[f];
        const double value = wn_row_field_number(field, report, i);
        /* The key `record` is the kind of the line. */
        const char *key =
            strcmp(field->name, "record") ? field->name : "source_record";
        size_t first = 0;

        /* `scores` may repeat a score that is named besides. */
        while (strcmp(report->fields->field[first].name, field->name))
            first++;
        if (first < f)
            continue;
        text.length = 0;
        wn_row_field_text(field, report, i, &text);
        if (field->kind == WN_FIELD_IS_REAL) {
            put_float(json, key, (float)value);
        } else if (field->kind == WN_FIELD_IS_WHOLE) {
            put_known(json, key, !isnan(value),
                      isnan(value) ? 0 : (uint64_t)value);
        } else if (field->kind == WN_FIELD_IS_WORDS) {
            open_member(json, key, "[");
            for (const char *at = text.length ? text.bytes : ""; *at;) {
                const size_t size = strcspn(at, ",");

                put_bytes(json, NULL, at, size);
                at += size + (at[size] == ',');
            }
            close_member(json, "]");
        } else {
            put_bytes(json, key, text.length ? text.bytes : NULL, text.length);
        }
    }
    end_line(json);
    wn_text_free(&text);
}

/* Null without probabilities and for a class without rows, which has 2. */
static void put_threshold(struct json *json, const struct wn_report *report,
                          size_t c)
{
    put_real(json, "threshold",
             report->threshold && report->threshold[c] <= 1
                 ? report->threshold[c]
                 : NAN);
}

/* The shown cells of a row, null if they cannot be had; those of a neighbour
 * say whether they differ from `own`, unless that is NULL. */
static void put_cells(struct json *json, const struct wn_report *report,
                      const struct wn_row_cells *cells, const size_t *column,
                      size_t count, const struct wn_row_cells *own)
{
    if (!cells->count) {
        put_literal(json, "cells", "null");
        return;
    }
    open_member(json, "cells", "[");
    for (size_t c = 0; c < count; c++) {
        const struct wn_cell *cell = &cells->cell[column[c]];

        open_member(json, NULL, "{");
        put_text(json, "column", wn_shown_name(report->shown, column[c]));
        put_bytes(json, "text", cell->text, cell->length);
        if (own)
            put_bool(json, "differs",
                     wn_shown_differ(report->shown, column[c],
                                     &own->cell[column[c]], cell));
        close_member(json, "}");
    }
    close_member(json, "]");
}

static void put_rows(struct json *json, const struct wn_report *report)
{
    const size_t *column = NULL;
    const size_t columns =
        report->shown ? wn_shown_columns(report->shown, &column) : 0;
    struct wn_row_cells cells = {0};
    size_t known = 0, count;
    int64_t *rows = wn_report_rows(report, WN_ROWS_FLAGGED, SIZE_MAX, &count);

    for (size_t r = 0; r < count; r++) {
        const size_t i = (size_t)rows[r];

        wn_report_drain(report, json->out);
        if (report->fields) {
            put_fields(json, report, i);
            continue;
        }
        begin_row(json, report, "row", i);
        if (report->shown) {
            if (r == known)
                known += wn_shown_fetch(report->shown, rows + r, count - r);
            wn_shown_read(report->shown, i, &cells);
            put_cells(json, report, &cells, column, columns, NULL);
        }
        if (report->scored) {
            open_member(json, "scores", "{");
            for (size_t s = 0; s < report->scores; s++) {
                const struct wn_score *score = &report->score[s];

                put_float(json, score->name, score->value[i]);
                if (score->spread)
                    put_float(json, score->spread_name, score->spread[i]);
            }
            close_member(json, "}");
        }
        if (report->data.cost)
            put_float(json, "cost", report->data.cost[i]);
        if (report->against)
            put_text(json, "change",
                     wn_change_names[report->against->change[i]]);
        end_line(json);
    }
    wn_row_cells_free(&cells);
    free(rows);
}

/* --- the summary --------------------------------------------------------- */

/* Rows by name; null where `known`, unless NULL, is false. */
static void put_counts(struct json *json, const char *key, char *const *names,
                       const size_t *counts, const bool *known, size_t count)
{
    open_member(json, key, "{");
    for (size_t c = 0; c < count; c++)
        put_known(json, names[c], !known || known[c], counts[c]);
    close_member(json, "}");
}

static void put_wrong(struct json *json, const struct wn_report *report)
{
    const bool told = report->claim != WN_CLAIM_OVERLAP;

    if (!open_known(json, "wrong", report->flagged && !isnan(report->rate)))
        return;
    put_real(json, "low", report->rate_low);
    put_real(json, "high", report->rate_high);
    put_real(json, "rate", told ? report->rate : NAN);
    put_known(json, "rows", told, report->expected);
    close_member(json, "}");
}

static void put_confident(struct json *json,
                          const struct wn_confident *confident)
{
    static const char *const key[WN_ISSUE_COUNTS] = {
        "off_diagonal", "off_diagonal_calibrated", "batched",
        "batched_calibrated"};

    if (!open_known(json, "confident_learning", confident->known))
        return;
    for (size_t c = 0; c < WN_ISSUE_COUNTS; c++)
        put_count(json, key[c], confident->count[c]);
    put_real(json, "health", confident->health);
    put_real(json, "neighbor_rate", confident->neighbor_rate);
    close_member(json, "}");
}

/* Mismatches of labels and predictions as a whole and by depth. */
static void put_depths(struct json *json, const struct wn_report *report)
{
    static const char *const key[] = {"rows", "differ", "overlap"};

    if (!open_known(json, "mismatch", report->by_depth))
        return;
    put_real(json, "share", report->mismatch);
    put_real(json, "even", report->even);
    put_real(json, "even_low", report->even_low);
    put_real(json, "even_high", report->even_high);
    put_real(json, "bayes_error", report->overlap);
    put_real(json, "cluster_errors", report->cluster_errors);
    put_real(json, "cluster_low", report->cluster_low);
    for (size_t v = 0; v < sizeof key / sizeof *key; v++) {
        open_member(json, key[v], "[");
        for (size_t u = 0; u < WN_DEPTHS; u++)
            put_real(json, NULL, report->by_depth[3 * u + v]);
        close_member(json, "]");
    }
    close_member(json, "}");
}

/* What people found; null where nobody looked. */
static void put_reviews(struct json *json, const struct wn_report *report)
{
    const struct wn_decided_rows *decided = &report->decided;
    const struct wn_precision all = wn_precision_of(report, WN_OF_ALL, 0);
    const struct wn_precision suspects =
        wn_precision_of(report, WN_OF_SUSPECTS, 0);

    if (!open_known(json, "reviews",
                    decided->count || decided->stale || decided->gone))
        return;
    put_count(json, "decided", decided->count);
    put_count(json, "reviewed", all.reviewed);
    put_count(json, "wrong", all.wrong);
    put_count(json, "suspects_reviewed", suspects.reviewed);
    put_real(json, "precision_low", suspects.low);
    put_real(json, "precision_high", suspects.high);
    put_count(json, "suspects_wrong", suspects.wrong);
    put_count(json, "stale", decided->stale);
    put_count(json, "gone", decided->gone);
    close_member(json, "}");
}

static void put_summary(struct json *json, const struct wn_report *report)
{
    static const char *const claim_name[] = {[WN_CLAIM_NOISE] = "noise",
                                             [WN_CLAIM_OVERLAP] = "overlap",
                                             [WN_CLAIM_NOTHING] = "nothing",
                                             [WN_CLAIM_EXPECTED] = "expected",
                                             [WN_CLAIM_REVIEWED] = "reviewed"};
    const struct wn_dataset *data = &report->data;

    begin_line(json, "summary");
    put_text(json, "source", wn_report_source(report));
    if (data->file_name)
        put_count(json, "files", data->files);
    put_text(json, "label", data->label_column);
    put_count(json, "rows", data->n);
    put_count(json, "labelled", report->labelled);
    put_count(json, "features", data->d);
    put_real(json, "singular_evenness", report->model_quality.evenness);
    put_real(json, "singular_ratio", report->model_quality.largest);
    put_count(json, "classes", data->k);
    put_real(json, "majority", report->majority);
    put_real(json, "balanced_accuracy", report->balanced);
    put_count(json, "missing", report->missing);
    put_count(json, "invalid", report->invalid);
    put_bool(json, "scored", report->scored);
    put_bool(json, "flagged", report->flagged);
    if (report->flagged) {
        put_counts(json, "kinds", report->kind_name, report->kind_rows, NULL,
                   report->kinds);
        put_wrong(json, report);
        put_text(json, "claim",
                 isnan(report->rate) && report->claim != WN_CLAIM_NOTHING
                     ? NULL
                     : claim_name[report->claim]);
        put_real(json, "gain", report->gain);
        put_real(json, "overlap_weight", report->overlap_weight);
        put_confident(json, &report->confident);
        put_depths(json, report);
        put_count(json, "flagged_rows", report->flagged_rows);
        put_count(json, "label_rows", report->label_rows);
        put_counts(json, "issues", report->check_name, report->check_rows,
                   report->check_ran, report->checks);
        put_real(json, "equal_by_chance", report->chance_rows);
        put_real(json, "equal_at_floor", report->floor_rows);
        put_counts(json, "actions", report->action_name, report->action_rows,
                   NULL, report->actions);
        put_reviews(json, report);
    }
    if (report->reached.length)
        put_text(json, "reached", wn_text_of(&report->reached));
    end_line(json);
}

/* --- an older audit ------------------------------------------------------ */

static void put_against(struct json *json, const struct wn_report *report)
{
    const struct wn_comparison *against = report->against;
    static const char *const new_key[WN_CHANGES] = {
        [WN_STILL_FLAGGED] = "still",
        [WN_NEW_FLAG] = "new",
        [WN_NEW_ROW] = "new_rows",
        [WN_NEW_LABEL] = "new_relabelled",
        [WN_NEW_CONTENT] = "new_edited"};

    begin_line(json, "against");
    put_text(json, "audit", against->file);
    put_count(json, "rows", against->old.data.n);
    put_wrong(json, &against->old);
    put_count(json, "label_rows", against->old.label_rows);
    for (int change = WN_STILL_FLAGGED; change < WN_CHANGES; change++)
        put_count(json, new_key[change], against->changes[change]);
    for (int gone = 0; gone < WN_GONES; gone++)
        put_count(json, wn_gone_names[gone], against->gones[gone]);
    put_texts(json, "causes", against->causes.line, against->causes.count);
    end_line(json);
}

/* What was flagged then and is not any more. */
static void put_gone(struct json *json, const struct wn_report *report)
{
    const struct wn_comparison *against = report->against;

    for (size_t r = 0; r < against->old.data.n; r++) {
        const size_t i = (size_t)against->old.order[r];
        const int gone = wn_comparison_gone(against, report, i);
        const int64_t now = against->now[i];

        if (gone < 0)
            continue;
        begin_row(json, &against->old, "gone", i);
        put_text(json, "why", wn_gone_names[gone]);
        put_known(json, "now", now >= 0, (uint64_t)now);
        end_line(json);
    }
}

static void put_strange(struct json *json, const struct wn_strange *strange)
{
    static const char *const keys[WN_STRANGE_KINDS][5] = {
        [WN_STRANGE_FAR] = {"far", "far_of", "far_expected", "far_p",
                            "far_rows"},
        [WN_STRANGE_LABEL] = {"label", "label_of", "label_expected", "label_p",
                              "label_rows"}};

    begin_line(json, "strange");
    put_count(json, "known", strange->known);
    put_count(json, "fresh", strange->fresh);
    put_count(json, "known_used", strange->model);
    put_known(json, "strange", strange->looked, strange->rows);
    for (int kind = 0; strange->looked && kind < WN_STRANGE_KINDS; kind++) {
        const struct wn_strange_rows *of = &strange->of[kind];

        put_count(json, keys[kind][0], of->count);
        put_count(json, keys[kind][1], of->asked);
        put_real(json, keys[kind][2], of->expected);
        put_real(json, keys[kind][3], of->p);
        open_member(json, keys[kind][4], "[");
        for (size_t r = 0; r < of->count && r < WN_STRANGE_ROWS; r++)
            put_count(json, NULL, of->row[r]);
        close_member(json, "]");
    }
    end_line(json);
}

/* What changed since another audit, and a line for each column. */
static void put_drift(struct json *json, const struct wn_report *report)
{
    const struct wn_drift *drift = report->drift;

    begin_line(json, "drift");
    put_text(json, "audit", drift->file);
    put_count(json, "columns", drift->columns);
    put_count(json, "drifted", drift->drifted);
    put_texts(json, "changes", drift->changes.line, drift->changes.count);
    end_line(json);
    for (size_t c = 0; c < drift->columns; c++) {
        const struct wn_column_drift *column = &drift->column[c];

        begin_line(json, "column_drift");
        put_text(json, "column",
                 column->column == SIZE_MAX
                     ? report->data.label_column
                     : report->data.column_name[column->column]);
        put_bool(json, "drifted", column->drifted);
        put_real(json, "psi", column->psi);
        put_real(json, "distance", column->distance);
        put_real(json, "p", column->p);
        put_real(json, "mean_by_sd", column->shift);
        put_real(json, "missing_then", column->missing_then);
        put_real(json, "missing", column->missing_now);
        put_count(json, "values_new", column->came);
        put_count(json, "values_gone", column->left);
        if (!report->no_values && column->values)
            put_text(json, "values", column->values);
        for (int side = 0;
             !isnan(column->now[0]) && !report->no_values && side < 2; side++) {
            open_member(json, side ? "quartiles" : "quartiles_then", "[");
            for (int q = 0; q < WN_FIVE; q++)
                put_real(json, NULL, side ? column->now[q] : column->then[q]);
            close_member(json, "]");
        }
        end_line(json);
    }
    put_strange(json, &drift->strange);
}

/* --- the data and the models --------------------------------------------- */

static void put_models(struct json *json, const struct wn_report *report)
{
    const struct wn_model_quality *quality = &report->model_quality;

    for (size_t p = 0; p < quality->members; p++) {
        const struct wn_member *member = &quality->member[p];

        begin_line(json, "model");
        put_text(json, "model", member->name);
        put_real(json, "log_loss", member->log_loss);
        put_real(json, "accuracy", member->accuracy);
        put_real(json, "calibration_error", member->calibration);
        put_real(json, "weight", member->weight);
        put_text(json, "chosen", member->chosen);
        end_line(json);
    }
    begin_line(json, "computed");
    put_text(json, "kernels", quality->kernels);
    put_real(json, "epoch", quality->epoch);
    put_real(json, "epochs", quality->epochs);
    put_count(json, "neighbors", quality->neighbors);
    put_text(json, "metric", quality->metric);
    put_text(json, "method", quality->method);
    put_real(json, "recall", quality->recall);
    put_real(json, "cells", quality->cells);
    put_real(json, "probe", quality->probe);
    put_real(json, "singular_entropy", quality->entropy);
    end_line(json);
}

static void put_annotators(struct json *json, const struct wn_report *report)
{
    const struct wn_annotators *who = report->annotators;

    for (size_t a = 0; who && a < who->count; a++) {
        const struct wn_annotator *line = &who->line[a];

        begin_line(json, "annotator");
        put_text(json, "annotator",
                 report->data.annotator_name[line->annotator]);
        put_count(json, "rows", line->rows);
        put_count(json, "label_rows", line->flagged);
        put_real(json, "wrong_share", line->wrong);
        put_real(json, "wrong_low", line->wrong_low);
        put_real(json, "wrong_high", line->wrong_high);
        put_text(json, "item", who->item);
        put_count(json, "compared", line->compared);
        put_real(json, "agreement", line->agreement);
        put_real(json, "wrong_by_votes", line->vote_wrong);
        put_text(json, "given", wn_report_class(report, line->given));
        put_text(json, "likely", wn_report_class(report, line->likely));
        put_count(json, "confused", line->confused);
        end_line(json);
    }
}

static void put_slices(struct json *json, const struct wn_report *report)
{
    const struct wn_slices *slices = report->slices;

    for (size_t s = 0; slices && s < slices->count; s++) {
        const struct wn_slice *slice = &slices->slice[s];

        begin_line(json, "slice");
        put_text(json, "column", slice->column);
        put_text(json, "value", slice->value);
        put_count(json, "rows", slice->rows);
        put_real(json, "accuracy", slice->accuracy);
        put_real(json, "accuracy_low", slice->low);
        put_real(json, "accuracy_high", slice->high);
        put_real(json, "lift", slice->lift);
        put_real(json, "p", slice->p);
        put_real(json, "wrong_share", slice->wrong);
        put_real(json, "wrong_low", slice->wrong_low);
        put_real(json, "wrong_high", slice->wrong_high);
        put_bool(json, "weak", slice->weak);
        end_line(json);
    }
}

/* Cleaning rules, and the ones that would merge spelling variants. */
static void put_rules(struct json *json, const struct wn_report *report)
{
    const struct wn_dataset *data = &report->data;
    const struct {
        const char *key;
        const uint64_t *count;
    } counts[] = {{"changed", data->clean_changed},
                  {"broken", data->clean_broken},
                  {"not_evaluated", data->clean_passed_over}};
    size_t count;
    struct wn_spelling *spelling = wn_spellings(report, &count);
    struct wn_text rule = {0};

    for (size_t r = 0; data->clean_name && r < data->cleanings; r++) {
        begin_line(json, "rule");
        put_text(json, "name", data->clean_name[r]);
        put_text(json, "text", data->clean_text ? data->clean_text[r] : NULL);
        for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
            put_known(json, counts[c].key, counts[c].count,
                      counts[c].count ? counts[c].count[r] : 0);
        end_line(json);
    }
    for (size_t i = 0; i < data->hints; i++) {
        begin_line(json, "hint");
        put_text(json, "text", data->hint[i]);
        end_line(json);
    }
    for (size_t s = 0; s < count; s++) {
        rule.length = 0;
        wn_spelling_rule(report, &spelling[s], &rule);
        begin_line(json, "spelling");
        put_text(json, "class", data->label_name[spelling[s].class]);
        put_count(json, "rows", spelling[s].rows);
        put_text(json, "of", data->label_name[spelling[s].of]);
        put_count(json, "of_rows", spelling[s].of_rows);
        put_text(json, "rule", rule.bytes);
        end_line(json);
    }
    wn_text_free(&rule);
    free(spelling);
}

/* A number of column c, a date as text, or null. */
static void put_value(struct json *json, const char *key,
                      const struct wn_dataset *data, size_t c,
                      const double *value)
{
    char text[32];

    if (!value || strcmp(data->column_kind[c], "date"))
        put_real(json, key, value ? value[c] : NAN);
    else
        put_text(json, key,
                 wn_column_number(data, c, value[c], text) ? text : NULL);
}

static void put_columns(struct json *json, const struct wn_report *report)
{
    const struct wn_dataset *data = &report->data;

    for (size_t c = 0; c < data->columns; c++) {
        size_t begin, end;

        begin_line(json, "column");
        put_text(json, "column", data->column_name[c]);
        put_text(json, "kind", data->column_kind[c]);
        put_count(json, "missing", data->column_missing[c]);
        put_count(json, "invalid", data->column_invalid[c]);
        put_count(json, "distinct", data->column_distinct[c]);
        put_bool(json, "distinct_about",
                 data->column_about && data->column_about[c]);
        put_value(json, "min", data, c, data->column_min);
        put_value(json, "median", data, c, data->column_median);
        put_value(json, "max", data, c, data->column_max);
        put_real(json, "alone",
                 data->column_alone ? data->column_alone[c] : NAN);
        put_text(json, "note", data->column_note ? data->column_note[c] : "");
        open_member(json, "top", "[");
        wn_column_tops(data, c, &begin, &end);
        for (size_t t = begin; t < end; t++) {
            open_member(json, NULL, "{");
            put_text(json, "value", data->top_value[t]);
            put_count(json, "cells", data->top_count[t]);
            close_member(json, "}");
        }
        close_member(json, "]");
        end_line(json);
    }
}

/* Classes, pairs of classes, and cells of the confident joint. */
static void put_classes(struct json *json, const struct wn_report *report)
{
    char *const *name = report->data.label_name;
    const bool told = report->claim != WN_CLAIM_OVERLAP;

    for (size_t c = 0; c < report->data.k; c++) {
        const struct wn_class_line *line = &report->class_line[c];

        begin_line(json, "class");
        put_text(json, "class", name[line->class]);
        put_count(json, "rows", line->rows);
        put_known(json, "predicted", report->predicted, line->predicted);
        put_real(json, "recall", line->recall);
        put_real(json, "precision", line->precision);
        put_real(json, "f1", line->f1);
        put_float(json, "wrong",
                  report->flagged && told ? (float)line->expected : NAN);
        put_known(json, "label_rows", report->flagged, line->flagged);
        put_bool(json, "too_few", line->rows < WN_TOO_FEW);
        put_threshold(json, report, line->class);
        end_line(json);
    }
    for (size_t p = 0; p < report->pairs; p++) {
        const struct wn_pair_line *line = &report->pair_line[p];

        begin_line(json, "pair");
        put_text(json, "given", name[line->given]);
        put_text(json, "suggested", name[line->suggested]);
        put_count(json, "label_rows", line->flagged);
        put_real(json, "wrong", told ? line->expected : NAN);
        end_line(json);
    }
    for (size_t c = 0; c < report->confident.cells; c++) {
        const struct wn_confident_cell *cell = &report->confident.cell[c];

        begin_line(json, "confident");
        put_text(json, "given", name[cell->given]);
        put_text(json, "true", name[cell->truth]);
        put_count(json, "rows", cell->rows);
        put_real(json, "noise", cell->noise);
        put_real(json, "inverse_noise", cell->inverse);
        end_line(json);
    }
}

/* Rows of near duplicates, the one that should stay first. */
static void put_near_sets(struct json *json, const struct wn_report *report)
{
    const struct wn_near_sets *sets = &report->near_sets;

    for (size_t begin = 0, end; begin < sets->rows; begin = end) {
        end = wn_near_set_end(sets, begin);
        begin_line(json, "near_set");
        put_count(json, "set", (uint64_t)sets->set[begin]);
        open_member(json, "rows", "[");
        for (size_t m = begin; m < end; m++)
            put_count(json, NULL, (uint64_t)sets->row[m]);
        close_member(json, "]");
        open_member(json, "labels", "[");
        for (size_t m = begin; m < end; m++)
            put_text(json, NULL,
                     wn_report_class(report, report->data.label[sets->row[m]]));
        close_member(json, "]");
        end_line(json);
    }
}

static void put_budget(struct json *json, const struct wn_report *report)
{
    struct wn_review review[WN_REVIEWS];
    const size_t reviews = wn_budget_curve(report, review);

    for (size_t r = 0; r < reviews; r++) {
        begin_line(json, "review");
        put_real(json, "budget", review[r].budget);
        put_real(json, "cost", review[r].cost);
        put_count(json, "rows", review[r].rows);
        put_real(json, "wrong", review[r].wrong);
        put_real(json, "low", review[r].low);
        put_real(json, "high", review[r].high);
        put_real(json, "next", review[r].next);
        end_line(json);
    }
}

/* The share of wrong labels over the nights. */
static void put_trend(struct json *json, const struct wn_report *report)
{
    static const char *const keys[WN_TAUS][3] = {
        [WN_AS_THEY_ARE] = {"tau_variance", "tau_memory", "tau_p"},
        [WN_DETRENDED] = {"detrended_tau_variance", "detrended_tau_memory",
                          "detrended_tau_p"}};
    const struct wn_trend *trend = report->trend;

    begin_line(json, "trend");
    put_count(json, "nights", trend->nights);
    put_count(json, "days_without", trend->holes);
    put_real(json, "level", trend->level);
    put_real(json, "deviation", trend->deviation);
    put_real(json, "ewma", trend->ewma);
    put_real(json, "ewma_low", trend->low);
    put_real(json, "ewma_high", trend->high);
    put_bool(json, "outside", trend->outside);
    put_real(json, "cusum_up", trend->up);
    put_real(json, "cusum_down", trend->down);
    put_bool(json, "shifted", trend->shifted);
    for (int t = 0; t < WN_TAUS; t++) {
        put_real(json, keys[t][0], trend->tau[t].variance);
        put_real(json, keys[t][1], trend->tau[t].memory);
        put_real(json, keys[t][2], trend->tau[t].p);
    }
    put_real(json, "memory_p", trend->p);
    put_bool(json, "early_warning", trend->unstable);
    if (!report->data.n && report->reached.length)
        put_text(json, "reached", wn_text_of(&report->reached));
    end_line(json);
}

void wn_json_report(const struct wn_report *report, struct wn_text *out)
{
    struct json json = begin_lines(out, "report");

    if (!report->data.n && report->history) {
        put_trend(&json, report);
        end_lines(&json); /* without an audit */
        return;
    }
    put_summary(&json, report);
    if (report->against)
        put_against(&json, report);
    if (report->columns)
        put_columns(&json, report);
    if (report->drift)
        put_drift(&json, report);
    if (report->trend)
        put_trend(&json, report);
    if (report->scored)
        put_models(&json, report);
    put_annotators(&json, report);
    put_slices(&json, report);
    put_classes(&json, report);
    put_rules(&json, report);
    put_near_sets(&json, report);
    if (report->rows == WN_ROWS_BUDGET)
        put_budget(&json, report);
    put_rows(&json, report);
    if (report->against)
        put_gone(&json, report);
    end_lines(&json);
}

/* --- one row ------------------------------------------------------------- */

/* The neighbours; with cells, if `column` is not NULL. */
static void put_neighbors(struct json *json, const struct wn_report *report,
                          const struct wn_explanation *explanation,
                          const size_t *column, size_t columns,
                          const struct wn_row_cells *own)
{
    const struct wn_dataset *data = &report->data;
    struct wn_row_cells cells = {0};

    open_member(json, "neighbors", "[");
    for (size_t j = 0; j < explanation->neighbors; j++) {
        const size_t near = (size_t)explanation->neighbor[j];
        size_t length = 0;
        const char *id = wn_report_id(report, near, &length);

        open_member(json, NULL, "{");
        put_count(json, "row", near);
        put_line(json, data, near);
        put_bytes(json, "id", id, length);
        put_text(json, "label", wn_report_class(report, data->label[near]));
        put_float(json, "distance", explanation->distance[j]);
        if (column) {
            wn_shown_read(report->shown, near, &cells);
            put_cells(json, report, &cells, column, columns, own);
        }
        close_member(json, "}");
    }
    close_member(json, "]");
    wn_row_cells_free(&cells);
}

static void put_explanation(struct json *json, const struct wn_report *report,
                            const struct wn_explanation *explanation)
{
    const struct wn_dataset *data = &report->data;
    const size_t i = explanation->row;
    struct wn_row_cells cells = {0};
    size_t *column = NULL, columns = 0;

    begin_row(json, report, "explanation", i);
    if (report->shown) {
        wn_shown_fetch_near(report->shown, &(int64_t){(int64_t)i}, 1);
        if (wn_shown_read(report->shown, i, &cells))
            column = wn_shown_choose(report->shown, i, &cells, &columns);
        put_cells(json, report, &cells, column, columns, NULL);
    }
    open_member(json, "checks", "{");
    for (size_t c = 0; c < report->checks && c < 32; c++)
        put_literal(json, report->check_name[c],
                    !report->check_ran[c]       ? "null"
                    : report->issue[i] >> c & 1 ? "true"
                                                : "false");
    close_member(json, "}");
    open_member(json, "defects", "[");
    for (size_t t = 0; t < data->defects; t++) {
        if ((size_t)data->defect_row[t] != i)
            continue;
        open_member(json, NULL, "{");
        put_text(json, "column", data->column_name[data->defect_column[t]]);
        put_text(json, "rule", data->rule_name[data->defect_rule[t]]);
        close_member(json, "}");
    }
    close_member(json, "]");
    open_member(json, "probabilities", "[");
    for (size_t r = 0; explanation->probability && r < data->k; r++) {
        const int32_t c = explanation->by_probability[r];

        open_member(json, NULL, "{");
        put_text(json, "class", wn_report_class(report, c));
        put_float(json, "probability", explanation->probability[c]);
        put_threshold(json, report, (size_t)c);
        close_member(json, "}");
    }
    close_member(json, "]");
    put_neighbors(json, report, explanation, column, columns, &cells);
    open_member(json, "scores", "{");
    for (size_t s = 0; s < report->scores; s++) {
        const struct wn_score *score = &report->score[s];
        const int32_t other = score->evidence ? score->evidence[i] : -1;

        open_member(json, score->name, "{");
        put_float(json, "value", score->value[i]);
        put_real(json, "percentile",
                 wn_score_percentile(score->value, data->n, i));
        put_float(json, "spread", score->spread ? score->spread[i] : NAN);
        put_known(json, "evidence", other >= 0, (uint64_t)other);
        close_member(json, "}");
    }
    close_member(json, "}");
    end_line(json);
    wn_row_cells_free(&cells);
    free(column);
}

void wn_json_explain(const struct wn_report *report,
                     const struct wn_explanation *explanations, size_t count,
                     struct wn_text *out)
{
    struct json json = begin_lines(out, "explanation");

    for (size_t e = 0; e < count; e++)
        put_explanation(&json, report, &explanations[e]);
    end_lines(&json);
}
