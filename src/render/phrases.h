/* SPDX-License-Identifier: GPL-3.0-or-later */
/* render/phrases.h: phrases that the text forms share. */
#ifndef WN_RENDER_PHRASES_H
#define WN_RENDER_PHRASES_H

#include <stddef.h>
#include <stdint.h>

#include "report/report.h"

/* Data as it may be shown: controls and broken UTF-8 as \xNN, NULL as "-". */
int wn_phrase_data(struct wn_text *out, const char *text);

/* The same, cut to 40 cells. */
int wn_phrase_short(struct wn_text *out, const char *text);

/* A paragraph: the words of `text` in lines of at most 78 cells, indented. */
int wn_phrase_wrap(struct wn_text *out, const char *text);

/* The same of what printf would print, up to 1,000 bytes of our own words. */
int wn_phrase_say(struct wn_text *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "digits.csv: 1797 rows, est. 5.1 % (4.2-6.1) wrong labels, 93 flagged",
 * without a line end; the source's name made visible. */
int wn_phrase_headline(const struct wn_report *report,
                       struct wn_text *out) WN_MUST_CHECK;

/* The program next to this one, called as this one was: called as
 * winnow-report, "prune" is winnow-prune. */
int wn_phrase_sibling(const struct wn_report *report, const char *name,
                      struct wn_text *out) WN_MUST_CHECK;

/* The operand as a shell takes it: quoted where it must be. */
int wn_phrase_operand(const struct wn_report *report,
                      struct wn_text *out) WN_MUST_CHECK;

/* The names of the checks that flag row i, separated by `separator`. */
int wn_phrase_issues(const struct wn_report *report, size_t i,
                     const char *separator, struct wn_text *out) WN_MUST_CHECK;

/* A suspicion in `out`: "0.123", "> 0.999" for one that is nearly 1, "-" for
 * NaN. */
void wn_phrase_suspicion(float suspicion, char out[16]);

/* "1 row", "2 rows". */
const char *wn_plural(size_t count, const char *one, const char *many);

/* What row_line is of a dataset: "line", or of arrays "source row". */
const char *wn_phrase_place(const struct wn_dataset *data);

#endif
