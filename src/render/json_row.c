/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A row of data as a JSON object; see json_row.h. */
#include "render/json_row.h"

#include <math.h>
#include <stdio.h>

#include "render/json_lines.h"

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

/* What a row line and an explanation both begin with. */
json_t *wn_json_row(const struct wn_report *report, const char *record,
                    size_t i)
{
    const struct wn_dataset *data = &report->data;
    char hash[17];
    size_t length = 0;
    const char *id = wn_report_id(report, i, &length);
    json_t *row;

    snprintf(hash, sizeof hash, "%016llx",
             (unsigned long long)data->row_hash[i]);
    row = json_pack(
        "{s:s,s:I,s:I,s:o,s:s,s:o,s:o}", "record", record, "row", (json_int_t)i,
        "line", (json_int_t)data->row_line[i], "id", wn_json_bytes(id, length),
        "hash", hash, "given",
        wn_json_text(wn_report_class(report, data->label[i])), "rival",
        wn_json_text(report->rival ? wn_report_class(report, report->rival[i])
                                   : NULL));
    if (!row || !report->flagged)
        return row;
    json_t *verdict =
        json_pack("{s:I,s:o,s:o,s:o,s:s,s:o,s:o}", "rank",
                  (json_int_t)report->rank[i], "suggested",
                  wn_json_text(wn_report_class(report, report->suggestion[i])),
                  "suspicion", wn_json_float(report->suspicion[i]), "quality",
                  wn_json_float(report->quality ? report->quality[i] : NAN),
                  "action", report->action_name[report->action[i]], "issues",
                  json_issues(report, i), "agree", json_agree(report, i));
    if (!verdict || json_object_update(row, verdict)) {
        json_decref(row);
        row = NULL;
    }
    json_decref(verdict);
    return row;
}

json_t *wn_json_threshold(const struct wn_report *report, size_t c)
{
    return report->threshold && report->threshold[c] <= 1
               ? wn_json_number(report->threshold[c])
               : json_null();
}
