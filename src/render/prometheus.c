/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Metrics in the text format of Prometheus, for the textfile collector of its
 * node exporter. Values that are not known are left out. Classes beyond the
 * first WN_METRIC_CLASSES, worst first, are summed, so that a data set with
 * many classes does not make as many series. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/report.h"
#include "util/number.h"

enum { WN_METRIC_CLASSES = 50 };

static void prometheus_put_head(struct wn_text *out, const char *name,
                                const char *help)
{
    wn_text_format(out, "# HELP winnow_%s %s\n# TYPE winnow_%s gauge\n", name,
                   help, name);
}

/* A label value. Controls become \xNN; backslashes of the data are doubled
 * before, so that different names stay different; then what the format asks
 * for: a backslash or a quote gets a backslash before it. */
static int put_quoted(struct wn_text *out, const char *text)
{
    struct wn_text visible = {0};
    int status = 0;

    for (const char *at = text; status == 0 && *at;) {
        const size_t size = *at == '\\' ? 1 : strcspn(at, "\\");

        status = *at == '\\' ? wn_text_add(&visible, "\\\\", 2)
                             : wn_text_add_visible(&visible, at, size);
        at += size;
    }
    for (const char *at = wn_text_of(&visible); status == 0 && *at; at++)
        status = wn_text_format(out, "%s%c",
                                *at == '\\' || *at == '"' ? "\\" : "", *at);
    wn_text_free(&visible);
    return status;
}

/* winnow_NAME{source="...",KEY="VALUE"} NUMBER; no key if `key` is NULL. */
static int put_sample(const struct wn_report *report, const char *name,
                      const char *key, const char *value, double number,
                      struct wn_text *out)
{
    char text[32];

    if (isnan(number))
        return 0;
    wn_number_format(number, text);
    if (wn_text_format(out, "winnow_%s{source=\"", name) ||
        put_quoted(out, wn_report_source(report)) ||
        (key &&
         (wn_text_format(out, "\",%s=\"", key) || put_quoted(out, value))))
        return -1;
    wn_text_format(out, "\"} %s\n", text);
    return 0;
}

static int put_one(const struct wn_report *report, const char *name,
                   const char *help, double number, struct wn_text *out)
{
    if (isnan(number))
        return 0;
    prometheus_put_head(out, name, help);
    return put_sample(report, name, NULL, NULL, number, out);
}

static int prometheus_put_noise(const struct wn_report *report,
                                struct wn_text *out)
{
    if (put_one(report, "wrong_ratio", "Estimated share of wrong labels.",
                report->rate, out) ||
        put_one(report, "wrong_ratio_low",
                "Lower end of its 90 % confidence interval.", report->rate_low,
                out) ||
        put_one(report, "wrong_ratio_high",
                "Upper end of its 90 % confidence interval.", report->rate_high,
                out))
        return -1;
    return 0;
}

static int put_issues(const struct wn_report *report, struct wn_text *out)
{
    prometheus_put_head(out, "issue_rows", "Rows that a check flags.");
    for (size_t c = 0; c < report->checks; c++)
        if (report->check_ran[c] &&
            put_sample(report, "issue_rows", "issue", report->check_name[c],
                       (double)report->check_rows[c], out))
            return -1;
    prometheus_put_head(out, "action_rows", "Rows with a proposed action.");
    for (size_t a = 0; a < report->actions; a++)
        if (put_sample(report, "action_rows", "action", report->action_name[a],
                       (double)report->action_rows[a], out))
            return -1;
    return 0;
}

/* One number of the first classes, and the sum of the others. */
static int prometheus_put_classes(
    const struct wn_report *report, const char *name, const char *help,
    double (*number_of)(const struct wn_class_line *line), struct wn_text *out)
{
    double others = 0;
    char other_name[64];

    prometheus_put_head(out, name, help);
    for (size_t c = 0; c < report->data.k; c++) {
        const struct wn_class_line *line = &report->class_line[c];

        if (c >= WN_METRIC_CLASSES)
            others += number_of(line);
        else if (put_sample(report, name, "class",
                            report->data.label_name[line->class],
                            number_of(line), out))
            return -1;
    }
    if (report->data.k <= WN_METRIC_CLASSES)
        return 0;
    snprintf(other_name, sizeof other_name, "other_%s", name);
    return put_one(report, other_name, "The same of all other classes.", others,
                   out);
}

static double rows_of(const struct wn_class_line *line)
{
    return (double)line->rows;
}

static double wrong_of(const struct wn_class_line *line)
{
    return line->expected;
}

static double flagged_of(const struct wn_class_line *line)
{
    return (double)line->flagged;
}

static int put_news(const struct wn_report *report, struct wn_text *out)
{
    const struct wn_comparison *against = report->against;

    if (put_one(report, "new_flags", "Label issues the older audit had not.",
                (double)(against->changes[WN_NEW_FLAG] +
                         against->changes[WN_NEW_ROW]),
                out))
        return -1;
    return put_one(
        report, "gone_flags", "Label issues of the older audit that are gone.",
        (double)(against->gones[WN_CLEARED] + against->gones[WN_EDITED] +
                 against->gones[WN_REMOVED]),
        out);
}

static int prometheus_put_flags(const struct wn_report *report,
                                struct wn_text *out)
{
    if (prometheus_put_noise(report, out) ||
        put_one(report, "flagged_rows", "Rows with a finding of any check.",
                (double)report->flagged_rows, out) ||
        put_issues(report, out) ||
        (report->joint &&
         prometheus_put_classes(
             report, "class_wrong_rows",
             "Estimated wrong labels among the rows of a class.", wrong_of,
             out)) ||
        prometheus_put_classes(report, "class_label_rows",
                               "Rows of a class with a label issue.",
                               flagged_of, out))
        return -1;
    return report->against ? put_news(report, out) : 0;
}

int wn_prometheus_report(const struct wn_report *report, struct wn_text *out,
                         struct wn_error *error)
{
    const struct wn_dataset *data = &report->data;

    if (put_one(report, "rows", "Rows of the data.", (double)data->n, out) ||
        put_one(report, "labelled_rows", "Rows with a label.",
                (double)report->labelled, out) ||
        put_one(report, "missing_cells", "Empty cells.",
                (double)report->missing, out) ||
        put_one(report, "invalid_cells", "Cells that broke a rule.",
                (double)report->invalid, out) ||
        prometheus_put_classes(report, "class_rows",
                               "Rows of a class as labelled.", rows_of, out))
        return -1;
    return report->flagged ? prometheus_put_flags(report, out) : 0;
}
