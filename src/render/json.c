/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report as JSON Lines; see json_lines.h. report(1) documents the keys. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/budget.h"
#include "render/column_table.h"
#include "render/json_row.h"
#include "render/json_lines.h"
#include "render/spelling.h"

/* Rows by name; null where `known`, if there is one, says no. */
static json_t *json_counts(char *const *names, const size_t *counts,
                           const bool *known, size_t count)
{
    json_t *object = json_object();

    for (size_t c = 0; object && c < count; c++)
        if (json_object_set_new(object, names[c],
                                known && !known[c]
                                    ? json_null()
                                    : json_integer((json_int_t)counts[c]))) {
            json_decref(object);
            object = NULL;
        }
    return object;
}

static json_t *json_wrong(const struct wn_report *report)
{
    if (!report->flagged || isnan(report->rate))
        return json_null();
    return json_pack("{s:o,s:o,s:o,s:I}", "rate", wn_json_number(report->rate),
                     "low", wn_json_number(report->rate_low), "high",
                     wn_json_number(report->rate_high), "rows",
                     (json_int_t)report->expected);
}

static int put_summary(const struct wn_report *report,
                       struct wn_json_lines *lines)
{
    const struct wn_dataset *data = &report->data;
    json_t *summary = json_pack(
        "{s:s,s:o,s:o,s:I,s:I,s:I,s:o,s:o,s:I,s:I,s:I,s:b,s:b}", "record",
        "summary", "source", wn_json_text(wn_report_source(report)), "label",
        wn_json_text(data->label_column), "rows", (json_int_t)data->n,
        "labelled", (json_int_t)report->labelled, "features",
        (json_int_t)data->d, "singular_evenness",
        wn_json_number(report->measured.evenness), "singular_ratio",
        wn_json_number(report->measured.largest), "classes",
        (json_int_t)data->k, "missing", (json_int_t)report->missing, "invalid",
        (json_int_t)report->invalid, "scored", report->scored, "flagged",
        report->flagged);

    if (summary && report->flagged &&
        (json_object_set_new(summary, "wrong", json_wrong(report)) ||
         json_object_set_new(summary, "flagged_rows",
                             json_integer((json_int_t)report->flagged_rows)) ||
         json_object_set_new(summary, "label_rows",
                             json_integer((json_int_t)report->label_rows)) ||
         json_object_set_new(summary, "issues",
                             json_counts(report->check_name, report->check_rows,
                                         report->check_ran, report->checks)) ||
         json_object_set_new(summary, "actions",
                             json_counts(report->action_name,
                                         report->action_rows, NULL,
                                         report->actions)))) {
        json_decref(summary);
        summary = NULL;
    }
    return wn_json_lines_put(lines, summary);
}

static int put_models(const struct wn_report *report,
                      struct wn_json_lines *lines)
{
    const struct wn_model_quality *measured = &report->measured;

    for (size_t p = 0; p < measured->members; p++) {
        const struct wn_member *member = &measured->member[p];

        if (wn_json_lines_put(
                lines,
                json_pack("{s:s,s:o,s:o,s:o,s:o,s:o,s:o}", "record", "model",
                          "model", wn_json_text(member->name), "log_loss",
                          wn_json_number(member->log_loss), "accuracy",
                          wn_json_number(member->accuracy), "calibration_error",
                          wn_json_number(member->calibration), "weight",
                          wn_json_number(member->weight), "chosen",
                          wn_json_text(member->chosen))))
            return -1;
    }
    return 0;
}

static int put_computed(const struct wn_report *report,
                        struct wn_json_lines *lines)
{
    const struct wn_model_quality *measured = &report->measured;

    return wn_json_lines_put(
        lines,
        json_pack("{s:s,s:o,s:o,s:o,s:I,s:o,s:o,s:o,s:o,s:o,s:o}", "record",
                  "computed", "kernels", wn_json_text(measured->kernels),
                  "epoch", wn_json_number(measured->epoch), "epochs",
                  wn_json_number(measured->epochs), "neighbors",
                  (json_int_t)measured->neighbors, "metric",
                  wn_json_text(measured->metric), "method",
                  wn_json_text(measured->method), "recall",
                  wn_json_number(measured->recall), "cells",
                  wn_json_number(measured->cells), "probe",
                  wn_json_number(measured->probe), "singular_entropy",
                  wn_json_number(measured->entropy)));
}

static int json_put_classes(const struct wn_report *report,
                            struct wn_json_lines *lines)
{
    for (size_t c = 0; c < report->data.k; c++) {
        const struct wn_class_line *line = &report->class_line[c];

        if (wn_json_lines_put(
                lines,
                json_pack(
                    "{s:s,s:o,s:I,s:o,s:o,s:b,s:o}", "record", "class", "class",
                    wn_json_text(report->data.label_name[line->class]), "rows",
                    (json_int_t)line->rows, "wrong",
                    wn_json_number(report->flagged ? line->expected : NAN),
                    "label_rows",
                    report->flagged ? json_integer((json_int_t)line->flagged)
                                    : json_null(),
                    "too_few", line->rows < WN_TOO_FEW, "threshold",
                    wn_json_threshold(report, line->class))))
            return -1;
    }
    return 0;
}

static int json_put_pairs(const struct wn_report *report,
                          struct wn_json_lines *lines)
{
    char *const *name = report->data.label_name;

    for (size_t p = 0; p < report->pairs; p++) {
        const struct wn_pair_line *line = &report->pair_line[p];

        if (wn_json_lines_put(
                lines,
                json_pack("{s:s,s:o,s:o,s:I,s:o}", "record", "pair", "given",
                          wn_json_text(name[line->given]), "suggested",
                          wn_json_text(name[line->suggested]), "label_rows",
                          (json_int_t)line->flagged, "wrong",
                          wn_json_number(line->expected))))
            return -1;
    }
    return 0;
}

static int json_put_spelling(const struct wn_report *report,
                             const struct wn_spelling *spelling,
                             struct wn_json_lines *lines)
{
    char *const *name = report->data.label_name;
    struct wn_text rule = {0};
    int status = -1;

    if (wn_spelling_rule(report, spelling, &rule) == 0)
        status = wn_json_lines_put(
            lines, json_pack("{s:s,s:o,s:I,s:o,s:I,s:o}", "record", "spelling",
                             "class", wn_json_text(name[spelling->class]),
                             "rows", (json_int_t)spelling->rows, "of",
                             wn_json_text(name[spelling->of]), "of_rows",
                             (json_int_t)spelling->of_rows, "rule",
                             wn_json_text(wn_text_of(&rule))));
    wn_text_free(&rule);
    return status;
}

static int put_spellings(const struct wn_report *report,
                         struct wn_json_lines *lines)
{
    struct wn_spelling *spelling = NULL;
    size_t count;
    int status = 0;

    if (wn_spellings(report, &spelling, &count))
        return -1;
    for (size_t s = 0; s < count && status == 0; s++)
        status = json_put_spelling(report, &spelling[s], lines);
    free(spelling);
    return status;
}

static json_t *json_rule_count(const uint64_t *count, size_t r)
{
    return count ? json_integer((json_int_t)count[r]) : json_null();
}

static int json_put_rules(const struct wn_report *report,
                          struct wn_json_lines *lines)
{
    const struct wn_dataset *data = &report->data;

    for (size_t r = 0; data->clean_name && r < data->cleanings; r++)
        if (wn_json_lines_put(
                lines,
                json_pack("{s:s,s:o,s:o,s:o,s:o,s:o}", "record", "rule", "name",
                          wn_json_text(data->clean_name[r]), "text",
                          data->clean_text ? wn_json_text(data->clean_text[r])
                                           : json_null(),
                          "changed", json_rule_count(data->clean_changed, r),
                          "broken", json_rule_count(data->clean_broken, r),
                          "not_evaluated",
                          json_rule_count(data->clean_passed_over, r))))
            return -1;
    return 0;
}

/* A number, a date as text, or null. */
static json_t *json_value(const struct wn_dataset *data, size_t column,
                          const double *value)
{
    char text[32];

    if (!value)
        return json_null();
    if (strcmp(data->column_kind[column], "date"))
        return wn_json_number(value[column]);
    return wn_column_number(data, column, value[column], text)
               ? json_string(text)
               : json_null();
}

static json_t *json_tops(const struct wn_dataset *data, size_t column)
{
    json_t *list = json_array();
    size_t begin, end;

    wn_column_tops(data, column, &begin, &end);
    for (size_t t = begin; list && t < end; t++)
        if (json_array_append_new(
                list, json_pack("{s:o,s:I}", "value",
                                wn_json_text(data->top_value[t]), "cells",
                                (json_int_t)data->top_count[t]))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static int json_put_columns(const struct wn_report *report,
                            struct wn_json_lines *lines)
{
    const struct wn_dataset *data = &report->data;

    for (size_t c = 0; c < data->columns; c++)
        if (wn_json_lines_put(
                lines,
                json_pack(
                    "{s:s,s:o,s:o,s:I,s:I,s:I,s:b,s:o,s:o,s:o,s:o,s:o,"
                    "s:o}",
                    "record", "column", "column",
                    wn_json_text(data->column_name[c]), "kind",
                    wn_json_text(data->column_kind[c]), "missing",
                    (json_int_t)data->column_missing[c], "invalid",
                    (json_int_t)data->column_invalid[c], "distinct",
                    (json_int_t)data->column_distinct[c], "distinct_about",
                    data->column_about && data->column_about[c], "min",
                    json_value(data, c, data->column_min), "median",
                    json_value(data, c, data->column_median), "max",
                    json_value(data, c, data->column_max), "alone",
                    wn_json_number(data->column_alone ? data->column_alone[c]
                                                      : NAN),
                    "note",
                    wn_json_text(data->column_note ? data->column_note[c] : ""),
                    "top", json_tops(data, c))))
            return -1;
    return 0;
}

/* The name of a score's spread, for free(). */
static char *spread_name(const struct wn_score *score)
{
    const size_t room = strlen(score->name) + sizeof "_std";
    char *name = malloc(room);

    if (name)
        snprintf(name, room, "%s_std", score->name);
    return name;
}

static int set_score(json_t *scores, const struct wn_score *score, size_t i)
{
    char *name;
    int status;

    if (json_object_set_new(scores, score->name,
                            wn_json_float(score->value[i])))
        return -1;
    if (!score->spread)
        return 0;
    name = spread_name(score);
    status = name ? json_object_set_new(scores, name,
                                        wn_json_float(score->spread[i]))
                  : -1;
    free(name);
    return status;
}

static json_t *json_scores(const struct wn_report *report, size_t i)
{
    json_t *scores = json_object();

    for (size_t s = 0; scores && s < report->scores; s++)
        if (set_score(scores, &report->score[s], i)) {
            json_decref(scores);
            return NULL;
        }
    return scores;
}

static json_t *json_causes(const struct wn_comparison *against)
{
    json_t *list = json_array();

    for (size_t c = 0; list && c < against->causes; c++)
        if (json_array_append_new(list, wn_json_text(against->cause[c]))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static int put_against(const struct wn_report *report,
                       struct wn_json_lines *lines)
{
    const struct wn_comparison *against = report->against;
    const size_t *change = against->changes, *gone = against->gones;

    return wn_json_lines_put(
        lines,
        json_pack(
            "{s:s,s:o,s:I,s:o,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:o}", "record",
            "against", "audit", wn_json_text(against->file), "rows",
            (json_int_t)against->old.data.n, "wrong", json_wrong(&against->old),
            "label_rows", (json_int_t)against->old.label_rows, "still",
            (json_int_t)change[WN_STILL], "new",
            (json_int_t)change[WN_NEW_FLAG], "new_rows",
            (json_int_t)change[WN_NEW_ROW], "cleared",
            (json_int_t)gone[WN_CLEARED], "edited", (json_int_t)gone[WN_EDITED],
            "removed", (json_int_t)gone[WN_REMOVED], "causes",
            json_causes(against)));
}

/* The rows whose flag is gone, as they were. */
static int put_gone(const struct wn_report *report, struct wn_json_lines *lines)
{
    const struct wn_comparison *against = report->against;

    for (size_t r = 0; r < against->old.data.n; r++) {
        const size_t i = (size_t)against->old.order[r];
        const int gone = wn_comparison_gone(against, report, i);
        const int64_t now = against->now[i];

        if (gone < 0)
            continue;
        json_t *row = wn_json_row(&against->old, "gone", i);
        if (row &&
            (json_object_set_new(row, "why",
                                 json_string(wn_gone_names[gone])) ||
             json_object_set_new(row, "now",
                                 now < 0 ? json_null()
                                         : json_integer((json_int_t)now)))) {
            json_decref(row);
            row = NULL;
        }
        if (wn_json_lines_put(lines, row))
            return -1;
    }
    return 0;
}

static int json_put_rows(const struct wn_report *report,
                         struct wn_json_lines *lines)
{
    size_t count;
    int64_t *rows = wn_report_rows(report, WN_ROWS_FLAGGED, SIZE_MAX, &count);
    int status = rows ? 0 : -1;

    for (size_t r = 0; status == 0 && r < count; r++) {
        json_t *row = wn_json_row(report, "row", (size_t)rows[r]);

        if (row && report->scored &&
            json_object_set_new(row, "scores",
                                json_scores(report, (size_t)rows[r]))) {
            json_decref(row);
            row = NULL;
        }
        if (row && report->data.cost &&
            json_object_set_new(row, "cost",
                                wn_json_float(report->data.cost[rows[r]]))) {
            json_decref(row);
            row = NULL;
        }
        if (row && report->against &&
            json_object_set_new(
                row, "change",
                json_string(
                    wn_change_names[report->against->change[rows[r]]]))) {
            json_decref(row);
            row = NULL;
        }
        status = wn_json_lines_put(lines, row);
    }
    free(rows);
    return status;
}

/* What reviews find, and cost. */
static int put_reviews(const struct wn_report *report,
                       struct wn_json_lines *lines)
{
    struct wn_review review[WN_REVIEWS];
    size_t count;

    if (wn_budget_curve(report, review, &count))
        return -1;
    for (size_t r = 0; r < count; r++)
        if (wn_json_lines_put(
                lines, json_pack("{s:s,s:o,s:o,s:I,s:o}", "record", "review",
                                 "budget", wn_json_number(review[r].budget),
                                 "cost", wn_json_number(review[r].cost), "rows",
                                 (json_int_t)review[r].rows, "wrong",
                                 wn_json_number(review[r].wrong))))
            return -1;
    return 0;
}

int wn_json_report(const struct wn_report *report, struct wn_text *out,
                   struct wn_error *error)
{
    struct wn_json_lines lines = {.out = out, .error = error};

    if (wn_json_lines_first(&lines, "report") || put_summary(report, &lines) ||
        (report->against && put_against(report, &lines)) ||
        (report->columns && json_put_columns(report, &lines)) ||
        (report->scored &&
         (put_models(report, &lines) || put_computed(report, &lines))) ||
        json_put_classes(report, &lines) || json_put_pairs(report, &lines) ||
        json_put_rules(report, &lines) || put_spellings(report, &lines) ||
        (report->rows == WN_ROWS_BUDGET && put_reviews(report, &lines)) ||
        json_put_rows(report, &lines) ||
        (report->against && put_gone(report, &lines)))
        return -1;
    return wn_json_lines_last(&lines);
}
