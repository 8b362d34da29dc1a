/* SPDX-License-Identifier: GPL-3.0-or-later */
/* render/cleaning_text.h: cleaning rules and what they did; private to this
 * room. */
#ifndef WN_RENDER_CLEANING_TEXT_H
#define WN_RENDER_CLEANING_TEXT_H

#include "report/report.h"

/* A section with all of them; nothing where there are none. */
int wn_cleaning_text(const struct wn_report *report,
                     struct wn_text *out) WN_MUST_CHECK;
/* Add the names of the rules that a row breaks, separated by ", ". */
int wn_cleaning_of_row(const struct wn_report *report, size_t row,
                       struct wn_text *out) WN_MUST_CHECK;

#endif
