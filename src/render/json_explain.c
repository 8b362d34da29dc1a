/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything about some rows as JSON Lines. report(1) documents the keys. */
#include <math.h>

#include "render/json_row.h"
#include "render/json_lines.h"

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
                          wn_json_text(wn_report_class(report, c)),
                          "probability",
                          wn_json_float(explanation->probability[c]),
                          "threshold", wn_json_threshold(report, (size_t)c)))) {
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
                          wn_json_bytes(id, length), "label",
                          wn_json_text(wn_report_class(report, data->label[i])),
                          "distance",
                          wn_json_float(explanation->distance[j])))) {
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
                json_pack(
                    "{s:o,s:o}", "column",
                    wn_json_text(data->column_name[data->defect_column[t]]),
                    "rule",
                    wn_json_text(data->rule_name[data->defect_rule[t]])))) {
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
                json_pack("{s:o,s:o,s:o,s:o}", "value",
                          wn_json_float(score->value[i]), "percentile",
                          wn_json_number(wn_score_percentile(
                              score->value, report->data.n, i)),
                          "spread",
                          wn_json_float(score->spread ? score->spread[i] : NAN),
                          "evidence",
                          other < 0 ? json_null() : json_integer(other)))) {
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
    struct wn_json_lines lines = {.out = out, .error = error};

    if (wn_json_lines_first(&lines, "explanation"))
        return -1;
    for (size_t e = 0; e < count; e++) {
        const struct wn_explanation *explanation = &explanations[e];
        json_t *row = wn_json_row(report, "explanation", explanation->row);

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
        if (wn_json_lines_put(&lines, row))
            return -1;
    }
    return wn_json_lines_last(&lines);
}
