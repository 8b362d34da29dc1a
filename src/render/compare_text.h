/* SPDX-License-Identifier: GPL-3.0-or-later */
/* render/compare_text.h: what changed since an older audit, told to a person.
 */
#ifndef WN_RENDER_COMPARE_TEXT_H
#define WN_RENDER_COMPARE_TEXT_H

#include "report/report.h"

/* How both stand, what is still flagged, new and gone, and what else differs:
 * data, versions, options. The report has report->against. */
int wn_comparison_text(const struct wn_report *report,
                       struct wn_text *out) WN_MUST_CHECK;
/* The table of the flags that are gone, the most suspicious of them then. */
int wn_gone_text(const struct wn_report *report,
                 struct wn_text *out) WN_MUST_CHECK;

#endif
