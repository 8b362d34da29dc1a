/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report/load.h: the parts of wn_report_load(). Private to this room. */
#ifndef WN_REPORT_LOAD_H
#define WN_REPORT_LOAD_H

#include "report/report.h"

/* Names are ours, so they are words of ASCII; anything else is a forgery that
 * would stand in the output as it is. */
int wn_load_check_word(const struct wn_audit *audit, const char *path,
                       const char *word, struct wn_error *error) WN_MUST_CHECK;

/* /flag, where it is there, with every index and code checked. */
int wn_load_flags(struct wn_report *report, const struct wn_audit *audit,
                  struct wn_error *error) WN_MUST_CHECK;

#endif
