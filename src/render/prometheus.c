/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Metrics in the text format of Prometheus, for the textfile collector of its
 * node exporter. Unknown values are left out. Classes after the worst
 * MAX_CLASSES are summed, so that a data set with many classes does not create
 * as many series. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render/render.h"
#include "report/drift.h"
#include "report/trend.h"
#include "util/memory.h"
#include "util/number.h"

enum { MAX_CLASSES = 50 };

static void put_head(struct wn_text *out, const char *name, const char *help)
{
    wn_text_format(out, "# HELP winnow_%s %s\n# TYPE winnow_%s gauge\n", name,
                   help, name);
}

/* A label value. First controls become \xNN and backslashes of the data are
 * doubled, so that different names stay different. Then the format wants a
 * backslash before every backslash and quote. */
static void put_quoted(struct wn_text *out, const char *text)
{
    struct wn_text visible = {0};

    while (*text) {
        const size_t size = *text == '\\' ? 1 : strcspn(text, "\\");

        if (*text == '\\')
            wn_text_add(&visible, "\\\\", 2);
        else
            wn_text_add_visible(&visible, text, size);
        text += size;
    }
    for (const char *at = wn_text_of(&visible); *at; at++)
        wn_text_format(out, "%s%c", *at == '\\' || *at == '"' ? "\\" : "", *at);
    wn_text_free(&visible);
}

/* winnow_NAME{source="...",KEY="VALUE"} NUMBER; no key if `key` is NULL. */
static void put_sample(const struct wn_report *report, const char *name,
                       const char *key, const char *value, double number,
                       struct wn_text *out)
{
    char text[32];

    if (isnan(number))
        return;
    wn_number_format(number, text);
    wn_text_format(out, "winnow_%s{source=\"", name);
    put_quoted(out, wn_report_source(report));
    if (key) {
        wn_text_format(out, "\",%s=\"", key);
        put_quoted(out, value);
    }
    wn_text_format(out, "\"} %s\n", text);
}

static void put_metric(const struct wn_report *report, const char *name,
                       const char *help, double number, struct wn_text *out)
{
    if (isnan(number))
        return;
    put_head(out, name, help);
    put_sample(report, name, NULL, NULL, number, out);
}

/* One number for every class. The classes after MAX_CLASSES share a sum. */
static void put_classes(const struct wn_report *report, const char *name,
                        const char *help, const double *number,
                        struct wn_text *out)
{
    double others = 0;
    char other_name[64];

    put_head(out, name, help);
    for (size_t c = 0; c < report->data.k; c++)
        if (c >= MAX_CLASSES)
            others += number[c];
        else
            put_sample(report, name, "class",
                       report->data.label_name[report->class_line[c].class],
                       number[c], out);
    if (report->data.k <= MAX_CLASSES)
        return;
    snprintf(other_name, sizeof other_name, "other_%s", name);
    put_metric(report, other_name, "The same of all other classes.", others,
               out);
}

/* What flag found; number[classes] is for its own use. */
static void put_findings(const struct wn_report *report, double *number,
                         struct wn_text *out)
{
    const size_t k = report->data.k;

    put_metric(report, "wrong_ratio_low",
               "Share of wrong labels: lower end of its 90 % interval.",
               report->rate_low, out);
    put_metric(report, "wrong_ratio_high",
               "Share of wrong labels: upper end of its 90 % interval.",
               report->rate_high, out);
    /* Where the classes overlap, only the interval can be told. */
    if (report->claim != WN_CLAIM_OVERLAP)
        put_metric(report, "wrong_ratio", "Estimated share of wrong labels.",
                   report->rate, out);
    if (report->by_depth) {
        static const struct {
            const char *name;
            size_t depths;
        } part[] = {
            {"0.1", WN_DEPTHS / 10}, {"0.5", WN_DEPTHS / 2}, {"1", WN_DEPTHS}};

        put_head(out, "mismatch_ratio",
                 "Labels that differ from the prediction, of the surest "
                 "rows.");
        for (size_t v = 0; v < sizeof part / sizeof *part; v++)
            put_sample(report, "mismatch_ratio", "surest", part[v].name,
                       wn_report_mismatch(report, part[v].depths), out);
    }
    put_metric(report, "flagged_rows", "Rows with a finding of any check.",
               (double)report->flagged_rows, out);
    put_head(out, "issue_rows", "Rows that a check flags.");
    for (size_t c = 0; c < report->checks; c++)
        if (report->check_ran[c])
            put_sample(report, "issue_rows", "issue", report->check_name[c],
                       (double)report->check_rows[c], out);
    put_head(out, "action_rows", "Rows with a proposed action.");
    for (size_t a = 0; a < report->actions; a++)
        put_sample(report, "action_rows", "action", report->action_name[a],
                   (double)report->action_rows[a], out);
    for (size_t c = 0; c < k; c++)
        number[c] = report->class_line[c].expected;
    if (k && !isnan(number[0]) && report->claim != WN_CLAIM_OVERLAP)
        put_classes(report, "class_wrong_rows",
                    "Estimated wrong labels among the rows of a class.", number,
                    out);
    for (size_t c = 0; c < k; c++)
        number[c] = (double)report->class_line[c].flagged;
    put_classes(report, "class_label_rows",
                "Rows of a class with a label issue.", number, out);
}

/* What changed since an older audit, and the last night of a history. */
static void put_changes(const struct wn_report *report, struct wn_text *out)
{
    if (report->against) {
        put_metric(report, "new_flags",
                   "Label issues that the older audit did not have.",
                   (double)wn_comparison_new(report->against), out);
        put_metric(report, "gone_flags",
                   "Label issues of the older audit that are gone.",
                   (double)wn_comparison_ended(report->against), out);
    }
    if (report->drift) {
        put_metric(report, "drifted_columns",
                   "Columns that drifted since the older audit.",
                   (double)report->drift->drifted, out);
        put_metric(report, "population_stability_index",
                   "The largest of all columns since the older audit.",
                   report->drift->psi, out);
        put_metric(report, "schema_changes",
                   "Columns and classes that came, went or changed.",
                   (double)report->drift->changes.count, out);
        put_metric(report, "strange_rows",
                   "New rows that the older audit has nothing like.",
                   report->drift->strange.looked
                       ? (double)report->drift->strange.rows
                       : NAN,
                   out);
    }
    if (report->history && report->history->count) {
        const struct wn_night *night =
            &report->history->night[report->history->count - 1];

        put_metric(report, "last_success_timestamp_seconds",
                   "When the last whole audit ended.",
                   night->when + night->seconds, out);
        put_metric(report, "duration_seconds", "How long it took.",
                   night->seconds, out);
        put_metric(report, "decided_rows", "Rows that people judged.",
                   night->decided, out);
    }
    if (report->trend && !isnan(report->trend->level)) {
        const struct wn_trend *trend = report->trend;

        put_metric(report, "trend_level_ratio",
                   "Wrong labels: the median of the nights before.",
                   trend->level, out);
        put_metric(report, "trend_ewma_ratio",
                   "Wrong labels: weighted mean of the last nights.",
                   trend->ewma, out);
        put_metric(report, "trend_ewma_low_ratio",
                   "The lower limit of the weighted mean.", trend->low, out);
        put_metric(report, "trend_ewma_high_ratio",
                   "The upper limit of the weighted mean.", trend->high, out);
        put_metric(report, "trend_outside",
                   "1 where the weighted mean is outside of its limits.",
                   trend->outside, out);
        put_metric(report, "trend_level_shift",
                   "1 where the level has risen, -1 where it has fallen.",
                   !trend->shifted           ? 0
                   : trend->up > trend->down ? 1
                                             : -1,
                   out);
        put_metric(report, "trend_early_warning",
                   "1 where the last nights remember more than those before.",
                   isnan(trend->p) ? NAN : trend->unstable, out);
        put_metric(report, "trend_early_warning_p",
                   "Share of steady series that remember as much.", trend->p,
                   out);
    }
}

void wn_prometheus_report(const struct wn_report *report, struct wn_text *out)
{
    const struct wn_dataset *data = &report->data;
    const size_t k = data->k;
    double *number = wn_new(k, sizeof *number);

    put_metric(report, "rows", "Rows of the data.", (double)data->n, out);
    put_metric(report, "labelled_rows", "Rows with a label.",
               (double)report->labelled, out);
    put_metric(report, "missing_cells", "Empty cells.", (double)report->missing,
               out);
    put_metric(report, "invalid_cells", "Cells that broke a rule.",
               (double)report->invalid, out);
    for (size_t c = 0; c < k; c++)
        number[c] = (double)report->class_line[c].rows;
    put_classes(report, "class_rows", "Rows of a class as labelled.", number,
                out);
    if (report->flagged)
        put_findings(report, number, out);
    put_changes(report, out);
    free(number);
}
