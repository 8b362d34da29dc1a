/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prog/report/report_parts.h: the parts of report(1) beside its main(). */
#ifndef WN_PROG_REPORT_REPORT_PARTS_H
#define WN_PROG_REPORT_REPORT_PARTS_H

#include "prog/program.h"
#include "render/render.h"
#include "report/drift.h"
#include "report/history.h"
#include "report/trend.h"
#include "select/select.h"

/* An audit of every night (report_night.c). Whether --history is shown without
 * an audit. */
bool report_night_alone(const struct wn_options *options);
/* The options fit together. WN_EUSAGE. */
int report_night_check(const struct wn_options *options,
                       const struct wn_format *format,
                       struct wn_error *error) WN_MUST_CHECK;
/* Compare the columns and rows of the audit `now` with --reference, else with
 * --against. */
int report_drift_load(const struct wn_run *run, const struct wn_audit *now,
                      struct wn_report *report, struct wn_drift *drift,
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

/* --with-source (report_source.c). The options fit together. WN_EUSAGE. */
int report_source_check(const struct wn_options *options,
                        const struct wn_format *format,
                        struct wn_error *error) WN_MUST_CHECK;
/* Write the source with the columns of --add: all of it, or the rows that the
 * report lists. WN_EUSAGE for a field that the audit does not have and for a
 * source that is not CSV; WN_EIO and WN_EDATA as wn_source_open(). */
int report_source_write(const struct wn_run *run,
                        const struct wn_report *report,
                        const struct wn_audit *audit,
                        struct wn_error *error) WN_MUST_CHECK;

#endif
