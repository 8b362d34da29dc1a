/* SPDX-License-Identifier: GPL-3.0-or-later */
/* audit/decisions.h: what people decided about rows, winnow-decisions(5).
 *
 * Files of tab-separated columns with a header. A line decides about a row that
 * it names by the hash of its record, else by its identifier, else by its
 * number. A hash names the content: the verdict holds wherever the row stands,
 * for each of several equal rows, and until the row changes. Later lines win
 * over earlier ones; the verdict `none` takes them back. */
#ifndef WN_AUDIT_DECISIONS_H
#define WN_AUDIT_DECISIONS_H

#include "audit/dataset.h"

enum wn_decision {
    WN_UNDECIDED,
    WN_SAID_OK,      /* the label is right */
    WN_SAID_WRONG,   /* it is wrong */
    WN_SAID_RELABEL, /* it is wrong, and another class is right */
    WN_SAID_UNSURE,  /* a person looked and cannot tell */
    WN_SAID_DROP,    /* the row should go, whatever its label */
    WN_SAID_KEEP,    /* it stays, whatever the checks found */
    WN_DECISION_KINDS
};
/* Their names in that order, comma-separated: "none,ok,wrong,...". */
extern const char wn_decision_names[];
/* The verdict as a file has it: "ok", or "relabel:" before the name of a class.
 */
extern const char *const wn_decision_word[WN_DECISION_KINDS];

struct wn_decided {
    size_t row;
    enum wn_decision decision; /* not WN_UNDECIDED */
    int32_t class;             /* of WN_SAID_RELABEL; else -1 */
    bool planned; /* a review plan drew the row at random from its stratum */
    char *who, *when, *note; /* "" where the file has none; `when` is a date */
};

struct wn_decisions {
    size_t count;
    struct wn_decided *list; /* one a row, by row */
    size_t stale; /* verdicts on rows that changed: same identifier, another
                     hash, no newer verdict */
    size_t gone;  /* verdicts on rows that are not there any more */
};

/* Read files in order, for a dataset with its labels, identifiers and rows.
 * WN_EDATA names file, line and column for a header without the column
 * `verdict`, an unknown verdict, class or row, a malformed hash or date, and a
 * line that names no row. On failure *out is empty. */
int wn_decisions_read(const char *const *files, size_t count,
                      const struct wn_dataset *dataset,
                      struct wn_decisions *out,
                      struct wn_error *error) WN_MUST_CHECK;
void wn_decisions_free(struct wn_decisions *decisions);

#endif
