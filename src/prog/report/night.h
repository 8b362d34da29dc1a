/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prog/report/night.h: what report does for an audit of every night. */
#ifndef WN_PROG_REPORT_NIGHT_H
#define WN_PROG_REPORT_NIGHT_H

#include "prog/program.h"
#include "render/render.h"
#include "report/drift.h"
#include "report/history.h"
#include "report/trend.h"

/* Whether --history is shown without an audit. */
bool report_night_alone(const struct wn_options *options);
/* The options fit together. WN_EUSAGE. */
int report_night_check(const struct wn_options *options,
                       const struct wn_format *format,
                       struct wn_error *error) WN_MUST_CHECK;
/* Compare the columns with --reference, else with --against. */
int report_drift_load(const struct wn_run *run, struct wn_report *report,
                      struct wn_drift *drift,
                      struct wn_error *error) WN_MUST_CHECK;
/* Read --history, add this audit to it with --night, and hang it onto the
 * report. `now` in seconds since 1970. */
int report_night_load(const struct wn_run *run, struct wn_report *report,
                      double now, struct wn_nights *history,
                      struct wn_trend *trend,
                      struct wn_error *error) WN_MUST_CHECK;
/* Write --record. */
int report_night_record(const struct wn_run *run,
                        const struct wn_nights *history,
                        struct wn_error *error) WN_MUST_CHECK;
/* 1 if a condition of --fail-on holds, and report->reached says which; 0 if
 * not, -1 on failure. */
int report_find_reached(const struct wn_run *run, struct wn_report *report,
                        struct wn_error *error) WN_MUST_CHECK;

#endif
