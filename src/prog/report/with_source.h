/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prog/report/with_source.h: report --with-source. */
#ifndef WN_PROG_REPORT_WITH_SOURCE_H
#define WN_PROG_REPORT_WITH_SOURCE_H

#include "prog/program.h"
#include "render/render.h"
#include "select/select.h"

/* The options fit together. WN_EUSAGE. */
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
