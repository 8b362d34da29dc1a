/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report --history: the nights so far, and this one. */
#include <math.h>
#include <string.h>

#include "check/exit_status.h"
#include "prog/report/report_parts.h"
#include "util/file.h"
#include "util/number.h"

/* "17@1764554400": the number of the night and when its audit began. */
static int read_night(const char *text, struct wn_night *night,
                      struct wn_error *error)
{
    const size_t digits = strcspn(text, "@");

    if (text[digits] && wn_number_parse(text, digits, &night->number) &&
        wn_number_parse(text + digits + 1, strlen(text + digits + 1),
                        &night->when) &&
        night->number >= 1 && night->number <= 0x1p53 &&
        night->number == floor(night->number) && night->when >= 0 &&
        night->when < 0x1p37)
        return 0;
    return wn_fail(error, WN_EUSAGE,
                   "--night: found '%s', wanted NUMBER@SECONDS, the number of "
                   "the night from 1 and when it began",
                   text);
}

bool report_night_alone(const struct wn_options *options)
{
    return wn_option_given(options, "history") &&
           wn_option_operands(options) == 0;
}

int report_night_check(const struct wn_options *options,
                       const struct wn_format *format, struct wn_error *error)
{
    static const char *const audited[] = {
        "top",     "sample",       "fields",       "with-source", "list-fields",
        "budget",  "explain",      "against",      "reference",   "min-rows",
        "record",  "night",        "image",        "columns",     "source",
        "show",    "no-values",    "list",         "class",       "where",
        "planted", "mail-subject", "list-options", "slices",      "clusters"};
    const char *text = wn_option_text(options, "night");
    const bool record = wn_option_given(options, "record");
    struct wn_night night;

    if ((text != NULL) != record)
        return wn_fail(error, WN_EUSAGE,
                       "--night and --record want each other");
    if (record && !wn_option_given(options, "history"))
        return wn_fail(error, WN_EUSAGE, "--record wants --history too");
    for (size_t o = 0;
         report_night_alone(options) && o < sizeof audited / sizeof *audited;
         o++)
        if (wn_option_given(options, audited[o]))
            return wn_fail(error, WN_EUSAGE,
                           "--%s wants an audit besides --history, FILE or -",
                           audited[o]);
    if (report_night_alone(options) && !format->nights &&
        !wn_option_given(options, "figure"))
        return wn_fail(error, WN_EUSAGE,
                       "--format=%s wants an audit besides --history, FILE "
                       "or -",
                       format->name);
    return text ? read_night(text, &night, error) : 0;
}

int report_drift_load(const struct wn_run *run, const struct wn_audit *now,
                      struct wn_report *report, struct wn_drift *drift,
                      struct wn_error *error)
{
    const char *reference = wn_option_text(run->options, "reference");
    struct wn_report old = {0};

    if (!reference && !report->against)
        return 0;
    if (reference) {
        struct wn_audit *audit = wn_audit_open(reference, WN_DATA, error);

        if (!audit || wn_report_load(&old, audit, error)) {
            wn_audit_close(audit);
            return -1;
        }
        wn_audit_close(audit);
    }
    const struct wn_report *then = reference ? &old : &report->against->old;
    wn_drift_find(drift, then, report);
    wn_strange_find(&drift->strange, then, report, now);
    drift->file = reference ? reference : report->against->file;
    wn_report_free(&old);
    report->drift = drift;
    return 0;
}

int report_night_load(const struct wn_run *run, struct wn_report *report,
                      double now, struct wn_nights *history,
                      struct wn_trend *trend, struct wn_error *error)
{
    const char *file = wn_option_text(run->options, "history");
    const char *text = wn_option_text(run->options, "night");
    struct wn_night tonight = {0}, at = {0};

    if (!file)
        return 0;
    if ((text && read_night(text, &at, error)) ||
        wn_nights_load(history, file, at.number, error))
        return -1;
    if (history->skipped)
        wn_log_note(run->log, "%s: left out %zu %s", file, history->skipped,
                    history->skipped == 1 ? "line that is no night"
                                          : "lines that are no nights");
    if (text && !report->flagged)
        return wn_fail(error, WN_EUSAGE,
                       "--record: nothing has been flagged yet; run flag");
    if (text) {
        wn_night_describe(report, &tonight);
        tonight.number = at.number;
        tonight.when = at.when;
        tonight.seconds = now > at.when ? now - at.when : 0;
        wn_nights_add(history, &tonight);
    }
    report->history = history;
    if (!report->file)
        report->file = file;
    wn_trend_find(history, trend);
    report->trend = trend;
    return 0;
}

int report_night_record(const struct wn_run *run,
                        const struct wn_nights *history, struct wn_error *error)
{
    const char *path = wn_option_text(run->options, "record");

    return path ? wn_nights_write(history,
                                  wn_option_text(run->options, "history"), path,
                                  error)
                : 0;
}

/* Whether the trend is what it was not the night before. */
static bool trend_is_news(const struct wn_report *report)
{
    const struct wn_trend *now = report->trend;
    struct wn_trend last = {0};

    if (!now || !report->history ||
        !(now->outside || now->shifted || now->unstable))
        return false;
    struct wn_nights before = *report->history;
    before.count--;
    wn_trend_alarms(&before, &last);
    return (now->outside && !last.outside) || (now->shifted && !last.shifted) ||
           (now->unstable && !last.unstable);
}

int report_find_reached(const struct wn_run *run, struct wn_report *report,
                        struct wn_error *error)
{
    const struct wn_nights *nights = report->history;
    /* Without an audit, what the history has of the last night. */
    const struct wn_night *last = report->data.n == 0 && nights && nights->count
                                      ? &nights->night[nights->count - 1]
                                      : NULL;
    const struct wn_findings of_night = {.n = last ? (size_t)last->rows : 0,
                                         .report = true,
                                         .nights = true,
                                         .rate = last ? last->rate : NAN,
                                         .low = last ? last->low : NAN,
                                         .fresh = last ? last->fresh : NAN,
                                         .drifted = last ? last->drifted : NAN,
                                         .schema = last ? last->schema : NAN,
                                         .strange = NAN,
                                         .trend = trend_is_news(report)};
    const struct wn_findings of_audit = {
        .issue = report->issue,
        .n = report->data.n,
        .signal = report->claim != WN_CLAIM_NOTHING,
        .report = true,
        .nights = report->history != NULL,
        .rate = report->rate,
        .low = report->rate_low,
        .fresh =
            report->against ? (double)wn_comparison_new(report->against) : NAN,
        .drifted = report->drift ? (double)report->drift->drifted : NAN,
        .schema = report->drift ? (double)report->drift->changes.count : NAN,
        .strange = report->drift ? (double)report->drift->strange.rows : NAN,
        .trend = trend_is_news(report),
        .rules = report->data.cleanings,
        .rule_name = report->data.clean_name,
        .broken = report->data.clean_broken};
    const int status = wn_exit_status_reached(
        wn_option_text(run->options, "fail-on"),
        report->data.n ? &of_audit : &of_night, &report->reached, error);

    if (status == 1 &&
        (double)report->data.n < wn_option_number(run->options, "min-rows")) {
        wn_log_note(run->log, "--min-rows: %zu rows are too few for --fail-on",
                    report->data.n);
        wn_text_free(&report->reached);
        return 0;
    }
    return status;
}
