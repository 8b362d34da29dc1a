/* SPDX-License-Identifier: GPL-3.0-or-later */
/* render/spelling.h: classes that differ in how they are spelt only; private
 * to this room. */
#ifndef WN_RENDER_SPELLING_H
#define WN_RENDER_SPELLING_H

#include "report/report.h"

struct wn_spelling {
    size_t class, of;     /* the latter is how it should be spelt */
    size_t rows, of_rows; /* rows with either label */
};

/* *spelling is the caller's, for free(). */
int wn_spellings(const struct wn_report *report, struct wn_spelling **spelling,
                 size_t *count) WN_MUST_CHECK;
/* Add the rule of winnow-rules(5) that mends it. */
int wn_spelling_rule(const struct wn_report *report,
                     const struct wn_spelling *spelling,
                     struct wn_text *rule) WN_MUST_CHECK;
/* A section with all of them; nothing where there are none. */
int wn_spellings_text(const struct wn_report *report,
                      struct wn_text *out) WN_MUST_CHECK;

#endif
