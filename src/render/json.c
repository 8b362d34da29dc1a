/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON Lines, one object a line, pure ASCII: non-ASCII characters are \uXXXX,
 * so that no byte of the data can drive a terminal. A byte that is not UTF-8
 * becomes the four characters \xNN. Numbers are the shortest text that reads
 * back as the same value, NaN is null. The first line names the schema, the
 * last says that all the others are there. report(1) documents the keys. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "render/columns.h"
#include "render/spelling.h"
#include "render/report.h"
#include "util/number.h"

struct lines {
    struct wn_text *out;
    size_t count;
    struct wn_error *error;
};

static json_t *json_bytes(const char *bytes, size_t length)
{
    struct wn_error error = {0};
    struct wn_text copy = {0};
    json_t *string = NULL;

    if (!bytes)
        return json_null();
    if (wn_text_is_utf8(bytes, length))
        return json_stringn(bytes, length);
    if (wn_text_add_visible(&copy, bytes, length, &error) == 0)
        string = json_stringn(copy.bytes, copy.length);
    wn_text_free(&copy);
    return string;
}

static json_t *json_text(const char *text)
{
    return json_bytes(text, text ? strlen(text) : 0);
}

static json_t *json_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

/* The double that is written like the float: .1f becomes 0.1. */
static json_t *json_float(float value)
{
    char text[32];

    if (!isfinite(value))
        return json_null();
    wn_number_format_float(value, text);
    return json_real(strtod(text, NULL));
}

static int add_dump(const char *bytes, size_t size, void *context)
{
    struct lines *lines = context;

    return wn_text_add(lines->out, bytes, size, lines->error);
}

/* jansson writes the strings; it has one precision for all reals, so numbers
 * and what holds them are written here. */
static int put_scalar(struct lines *lines, const json_t *value)
{
    char text[32];

    if (json_is_real(value))
        return wn_text_add(lines->out, text,
                           wn_number_format(json_real_value(value), text),
                           lines->error);
    return json_dump_callback(value, add_dump, lines,
                              JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
}

static int put_value(struct lines *lines, json_t *value);

static int put_members(struct lines *lines, json_t *object)
{
    const char *before = "{";

    for (void *at = json_object_iter(object); at;
         at = json_object_iter_next(object, at)) {
        /* Keys are ours: words of ASCII. */
        if (wn_text_format(lines->out, lines->error, "%s\"%s\":", before,
                           json_object_iter_key(at)) ||
            put_value(lines, json_object_iter_value(at)))
            return -1;
        before = ",";
    }
    return wn_text_format(lines->out, lines->error, "%s}",
                          *before == '{' ? "{" : "");
}

static int put_elements(struct lines *lines, const json_t *array)
{
    const size_t count = json_array_size(array);

    if (wn_text_add(lines->out, "[", 1, lines->error))
        return -1;
    for (size_t i = 0; i < count; i++)
        if ((i && wn_text_add(lines->out, ",", 1, lines->error)) ||
            put_value(lines, json_array_get(array, i)))
            return -1;
    return wn_text_add(lines->out, "]", 1, lines->error);
}

static int put_value(struct lines *lines, json_t *value)
{
    if (json_is_object(value))
        return put_members(lines, value);
    if (json_is_array(value))
        return put_elements(lines, value);
    return put_scalar(lines, value);
}

/* Write and free an object; NULL, the trace of a failed allocation, fails. */
static int put_line(struct lines *lines, json_t *object)
{
    int status = -1;

    if (object && put_value(lines, object) == 0)
        status = wn_text_add(lines->out, "\n", 1, lines->error);
    json_decref(object);
    lines->count++;
    if (status && lines->error->code == WN_OK)
        wn_fail(lines->error, WN_ENOMEM, "no memory for a line of JSON");
    return status;
}

static int put_first(struct lines *lines, const char *kind)
{
    return put_line(lines,
                    json_pack("{s:s,s:s,s:s}", "schema", "winnow-report/1",
                              "content", kind, "version", PACKAGE_VERSION));
}

static int put_last(struct lines *lines)
{
    return put_line(lines, json_pack("{s:b,s:I}", "complete", 1, "lines",
                                     (json_int_t)lines->count + 1));
}

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
    return json_pack("{s:o,s:o,s:o,s:I}", "rate", json_number(report->rate),
                     "low", json_number(report->rate_low), "high",
                     json_number(report->rate_high), "rows",
                     (json_int_t)report->expected);
}

static int put_summary(const struct wn_report *report, struct lines *lines)
{
    const struct wn_dataset *data = &report->data;
    json_t *summary = json_pack(
        "{s:s,s:o,s:o,s:I,s:I,s:I,s:o,s:o,s:I,s:I,s:I,s:b,s:b}", "record",
        "summary",
        "source", json_text(wn_report_source(report)), "label",
        json_text(data->label_column), "rows", (json_int_t)data->n, "labelled",
        (json_int_t)report->labelled, "features", (json_int_t)data->d,
        "singular_evenness", json_number(report->evenness), "singular_ratio",
        json_number(report->largest),
        "classes", (json_int_t)data->k, "missing", (json_int_t)report->missing,
        "invalid", (json_int_t)report->invalid, "scored", report->scored,
        "flagged", report->flagged);

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
    return put_line(lines, summary);
}

/* Null without probabilities and for a class without rows, which has 2. */
static json_t *json_threshold(const struct wn_report *report, size_t c)
{
    return report->threshold && report->threshold[c] <= 1
               ? json_number(report->threshold[c])
               : json_null();
}

static int put_classes(const struct wn_report *report, struct lines *lines)
{
    for (size_t c = 0; c < report->data.k; c++) {
        const struct wn_class_line *line = &report->class_line[c];

        if (put_line(
                lines,
                json_pack(
                    "{s:s,s:o,s:I,s:o,s:o,s:b,s:o}", "record", "class", "class",
                    json_text(report->data.label_name[line->class]), "rows",
                    (json_int_t)line->rows, "wrong",
                    json_number(report->flagged ? line->expected : NAN),
                    "label_rows",
                    report->flagged ? json_integer((json_int_t)line->flagged)
                                    : json_null(),
                    "too_few", line->rows < WN_TOO_FEW, "threshold",
                    json_threshold(report, line->class))))
            return -1;
    }
    return 0;
}

static int put_pairs(const struct wn_report *report, struct lines *lines)
{
    char *const *name = report->data.label_name;

    for (size_t p = 0; p < report->pairs; p++) {
        const struct wn_pair_line *line = &report->pair_line[p];

        if (put_line(lines,
                     json_pack("{s:s,s:o,s:o,s:I,s:o}", "record", "pair",
                               "given", json_text(name[line->given]),
                               "suggested", json_text(name[line->suggested]),
                               "label_rows", (json_int_t)line->flagged, "wrong",
                               json_number(line->expected))))
            return -1;
    }
    return 0;
}

static int put_spelling(const struct wn_report *report,
                        const struct wn_spelling *spelling,
                        struct lines *lines)
{
    char *const *name = report->data.label_name;
    struct wn_text rule = {0};
    int status = -1;

    if (wn_spelling_rule(report, spelling, &rule, lines->error) == 0)
        status = put_line(
            lines,
            json_pack("{s:s,s:o,s:I,s:o,s:I,s:o}", "record", "spelling",
                      "class", json_text(name[spelling->class]), "rows",
                      (json_int_t)spelling->rows, "of",
                      json_text(name[spelling->of]), "of_rows",
                      (json_int_t)spelling->of_rows, "rule",
                      json_text(wn_text_of(&rule))));
    wn_text_free(&rule);
    return status;
}

static int put_spellings(const struct wn_report *report, struct lines *lines)
{
    struct wn_spelling *spelling = NULL;
    size_t count;
    int status = 0;

    if (wn_spellings(report, &spelling, &count, lines->error))
        return -1;
    for (size_t s = 0; s < count && status == 0; s++)
        status = put_spelling(report, &spelling[s], lines);
    free(spelling);
    return status;
}

static json_t *json_rule_count(const uint64_t *count, size_t r)
{
    return count ? json_integer((json_int_t)count[r]) : json_null();
}

static int put_rules(const struct wn_report *report, struct lines *lines)
{
    const struct wn_dataset *data = &report->data;

    for (size_t r = 0; data->clean_name && r < data->cleanings; r++)
        if (put_line(
                lines,
                json_pack("{s:s,s:o,s:o,s:o,s:o,s:o}", "record", "rule",
                          "name", json_text(data->clean_name[r]), "text",
                          data->clean_text ? json_text(data->clean_text[r])
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
        return json_number(value[column]);
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
                                json_text(data->top_value[t]), "cells",
                                (json_int_t)data->top_count[t]))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static int put_columns(const struct wn_report *report, struct lines *lines)
{
    const struct wn_dataset *data = &report->data;

    for (size_t c = 0; c < data->columns; c++)
        if (put_line(
                lines,
                json_pack("{s:s,s:o,s:o,s:I,s:I,s:I,s:b,s:o,s:o,s:o,s:o,s:o,"
                          "s:o}",
                          "record", "column", "column",
                          json_text(data->column_name[c]), "kind",
                          json_text(data->column_kind[c]), "missing",
                          (json_int_t)data->column_missing[c], "invalid",
                          (json_int_t)data->column_invalid[c], "distinct",
                          (json_int_t)data->column_distinct[c],
                          "distinct_about",
                          data->column_about && data->column_about[c], "min",
                          json_value(data, c, data->column_min), "median",
                          json_value(data, c, data->column_median), "max",
                          json_value(data, c, data->column_max), "alone",
                          json_number(data->column_alone
                                          ? data->column_alone[c]
                                          : NAN),
                          "note",
                          json_text(data->column_note ? data->column_note[c]
                                                      : ""),
                          "top", json_tops(data, c))))
            return -1;
    return 0;
}

/* The checks that flag row i, or the scores that agree. */
static json_t *json_issues(const struct wn_report *report, size_t i)
{
    json_t *list = json_array();

    for (size_t c = 0; list && c < report->checks && c < 32; c++)
        if (report->issue[i] >> c & 1 &&
            json_array_append_new(list, json_string(report->check_name[c]))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *json_agree(const struct wn_report *report, size_t i)
{
    json_t *list = json_array();

    for (size_t s = 0; list && s < report->scores; s++)
        if (wn_score_agrees(report, s, i) &&
            json_array_append_new(list, json_string(report->score[s].name))) {
            json_decref(list);
            return NULL;
        }
    return list;
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

    if (json_object_set_new(scores, score->name, json_float(score->value[i])))
        return -1;
    if (!score->spread)
        return 0;
    name = spread_name(score);
    status =
        name ? json_object_set_new(scores, name, json_float(score->spread[i]))
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

/* What a row line and an explanation both begin with. */
static json_t *json_row(const struct wn_report *report, const char *record,
                        size_t i)
{
    const struct wn_dataset *data = &report->data;
    char hash[17];
    size_t length = 0;
    const char *id = wn_report_id(report, i, &length);
    json_t *row;

    snprintf(hash, sizeof hash, "%016llx",
             (unsigned long long)data->row_hash[i]);
    row = json_pack("{s:s,s:I,s:I,s:o,s:s,s:o,s:o}", "record", record, "row",
                    (json_int_t)i, "line", (json_int_t)data->row_line[i], "id",
                    json_bytes(id, length), "hash", hash, "given",
                    json_text(wn_report_class(report, data->label[i])), "rival",
                    json_text(report->rival
                                  ? wn_report_class(report, report->rival[i])
                                  : NULL));
    if (!row || !report->flagged)
        return row;
    json_t *verdict = json_pack(
        "{s:I,s:o,s:o,s:o,s:s,s:o,s:o}", "rank", (json_int_t)report->rank[i],
        "suggested", json_text(wn_report_class(report, report->suggestion[i])),
        "suspicion", json_float(report->suspicion[i]), "quality",
        json_float(report->quality ? report->quality[i] : NAN), "action",
        report->action_name[report->action[i]], "issues",
        json_issues(report, i), "agree", json_agree(report, i));
    if (!verdict || json_object_update(row, verdict)) {
        json_decref(row);
        row = NULL;
    }
    json_decref(verdict);
    return row;
}

static json_t *json_causes(const struct wn_against *against)
{
    json_t *list = json_array();

    for (size_t c = 0; list && c < against->causes; c++)
        if (json_array_append_new(list, json_text(against->cause[c]))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static int put_against(const struct wn_report *report, struct lines *lines)
{
    const struct wn_against *against = report->against;
    const size_t *change = against->changes, *gone = against->gones;

    return put_line(
        lines, json_pack("{s:s,s:o,s:I,s:o,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:o}",
                         "record", "against", "audit", json_text(against->file),
                         "rows", (json_int_t)against->old.data.n, "wrong",
                         json_wrong(&against->old), "label_rows",
                         (json_int_t)against->old.label_rows, "still",
                         (json_int_t)change[WN_STILL], "new",
                         (json_int_t)change[WN_NEW_FLAG], "new_rows",
                         (json_int_t)change[WN_NEW_ROW], "cleared",
                         (json_int_t)gone[WN_CLEARED], "edited",
                         (json_int_t)gone[WN_EDITED], "removed",
                         (json_int_t)gone[WN_REMOVED], "causes",
                         json_causes(against)));
}

/* The rows whose flag is gone, as they were. */
static int put_gone(const struct wn_report *report, struct lines *lines)
{
    const struct wn_against *against = report->against;

    for (size_t r = 0; r < against->old.data.n; r++) {
        const size_t i = (size_t)against->old.order[r];
        const int gone = wn_against_gone(against, report, i);
        const int64_t now = against->now[i];

        if (gone < 0)
            continue;
        json_t *row = json_row(&against->old, "gone", i);
        if (row &&
            (json_object_set_new(row, "why",
                                 json_string(wn_gone_names[gone])) ||
             json_object_set_new(row, "now",
                                 now < 0 ? json_null()
                                         : json_integer((json_int_t)now)))) {
            json_decref(row);
            row = NULL;
        }
        if (put_line(lines, row))
            return -1;
    }
    return 0;
}

static int put_rows(const struct wn_report *report, struct lines *lines)
{
    size_t count;
    int64_t *rows =
        wn_report_rows(report, WN_ROWS_FLAGGED, SIZE_MAX, &count, lines->error);
    int status = rows ? 0 : -1;

    for (size_t r = 0; status == 0 && r < count; r++) {
        json_t *row = json_row(report, "row", (size_t)rows[r]);

        if (row && report->scored &&
            json_object_set_new(row, "scores",
                                json_scores(report, (size_t)rows[r]))) {
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
        status = put_line(lines, row);
    }
    free(rows);
    return status;
}

int wn_json_report(const struct wn_report *report, struct wn_text *out,
                   struct wn_error *error)
{
    struct lines lines = {.out = out, .error = error};

    if (put_first(&lines, "report") || put_summary(report, &lines) ||
        (report->against && put_against(report, &lines)) ||
        (report->columns && put_columns(report, &lines)) ||
        put_classes(report, &lines) || put_pairs(report, &lines) ||
        put_rules(report, &lines) || put_spellings(report, &lines) ||
        put_rows(report, &lines) ||
        (report->against && put_gone(report, &lines)))
        return -1;
    return put_last(&lines);
}

static json_t *json_probabilities(const struct wn_report *report,
                                  const struct wn_explanation *explanation)
{
    json_t *list = json_array();

    for (size_t r = 0; list && explanation->probability && r < report->data.k;
         r++) {
        const int32_t c = explanation->by_probability[r];

        if (json_array_append_new(
                list,
                json_pack("{s:o,s:o,s:o}", "class",
                          json_text(wn_report_class(report, c)), "probability",
                          json_float(explanation->probability[c]), "threshold",
                          json_threshold(report, (size_t)c)))) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *json_neighbors(const struct wn_report *report,
                              const struct wn_explanation *explanation)
{
    const struct wn_dataset *data = &report->data;
    json_t *list = json_array();

    for (size_t j = 0; list && j < explanation->neighbors; j++) {
        const size_t i = (size_t)explanation->neighbor[j];
        size_t length = 0;
        const char *id = wn_report_id(report, i, &length);

        if (json_array_append_new(
                list,
                json_pack("{s:I,s:I,s:o,s:o,s:o}", "row", (json_int_t)i, "line",
                          (json_int_t)data->row_line[i], "id",
                          json_bytes(id, length), "label",
                          json_text(wn_report_class(report, data->label[i])),
                          "distance", json_float(explanation->distance[j])))) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* Every check: whether it flags the row; null for one that was not run. */
static json_t *json_checks(const struct wn_report *report, size_t i)
{
    json_t *checks = json_object();

    for (size_t c = 0; checks && c < report->checks && c < 32; c++)
        if (json_object_set_new(checks, report->check_name[c],
                                report->check_ran[c]
                                    ? json_boolean(report->issue[i] >> c & 1)
                                    : json_null())) {
            json_decref(checks);
            return NULL;
        }
    return checks;
}

/* The cells of row i that are missing or break a rule. */
static json_t *json_defects(const struct wn_report *report, size_t i)
{
    const struct wn_dataset *data = &report->data;
    json_t *list = json_array();

    for (size_t t = 0; list && t < data->defects; t++)
        if ((size_t)data->defect_row[t] == i &&
            json_array_append_new(
                list,
                json_pack("{s:o,s:o}", "column",
                          json_text(data->column_name[data->defect_column[t]]),
                          "rule",
                          json_text(data->rule_name[data->defect_rule[t]])))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *json_score_details(const struct wn_report *report, size_t i)
{
    json_t *scores = json_object();

    for (size_t s = 0; scores && s < report->scores; s++) {
        const struct wn_score *score = &report->score[s];
        const int32_t other = score->evidence ? score->evidence[i] : -1;

        if (json_object_set_new(
                scores, score->name,
                json_pack(
                    "{s:o,s:o,s:o,s:o}", "value", json_float(score->value[i]),
                    "percentile",
                    json_number(
                        wn_score_percentile(score->value, report->data.n, i)),
                    "spread",
                    json_float(score->spread ? score->spread[i] : NAN),
                    "evidence", other < 0 ? json_null() : json_integer(other))))
        {
            json_decref(scores);
            return NULL;
        }
    }
    return scores;
}

int wn_json_explain(const struct wn_report *report,
                    const struct wn_explanation *explanations, size_t count,
                    struct wn_text *out, struct wn_error *error)
{
    struct lines lines = {.out = out, .error = error};

    if (put_first(&lines, "explanation"))
        return -1;
    for (size_t e = 0; e < count; e++) {
        const struct wn_explanation *explanation = &explanations[e];
        json_t *row = json_row(report, "explanation", explanation->row);

        if (row &&
            (json_object_set_new(row, "checks",
                                 json_checks(report, explanation->row)) ||
             json_object_set_new(row, "defects",
                                 json_defects(report, explanation->row)) ||
             json_object_set_new(row, "probabilities",
                                 json_probabilities(report, explanation)) ||
             json_object_set_new(row, "neighbors",
                                 json_neighbors(report, explanation)) ||
             json_object_set_new(
                 row, "scores",
                 json_score_details(report, explanation->row)))) {
            json_decref(row);
            row = NULL;
        }
        if (put_line(&lines, row))
            return -1;
    }
    return put_last(&lines);
}
