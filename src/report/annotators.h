/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report/annotators.h: who gave the labels, and how good they are.
 *
 * Where several annotators labelled one item, a row each, their votes judge one
 * another. Rows are of one item if they are of one group, or have one
 * identifier, or equal features: by the first of these in which annotators
 * share items, and hardly any labelled one twice. */
#ifndef WN_REPORT_ANNOTATORS_H
#define WN_REPORT_ANNOTATORS_H

#include "report/report.h"

/* An annotator; what is not known is NaN. */
struct wn_annotator {
    size_t annotator, rows, flagged;     /* rows with a label */
    double wrong, wrong_low, wrong_high; /* share, with its 90 % interval; of
                                            WN_TOO_FEW rows or more */
    size_t compared;   /* with votes of others on the same items */
    double agreement;  /* share of these that are equal */
    double vote_wrong; /* share of the votes on items with several that are
                          wrong by Dawid and Skene */
    /* The most frequent pair of given and most probable class that differ; -1
     * where none do. */
    int32_t given, likely;
    size_t confused;
};

struct wn_annotators {
    size_t count;
    struct wn_annotator *line; /* the largest share of wrong labels, or of flags
                                  where there is no estimate, first; few rows
                                  last */
    const char *item;    /* "group", "identifier", "equal features"; or NULL */
    size_t items, votes; /* with votes of several annotators; these votes */
    double agreement;    /* of all pairs of votes of different annotators */
};

/* Nothing for an audit without annotators. The report is loaded with roles.
 * wn_annotators_free() in any case. */
int wn_annotators_find(struct wn_annotators *annotators,
                       const struct wn_report *report,
                       const struct wn_audit *audit,
                       struct wn_error *error) WN_MUST_CHECK;
void wn_annotators_free(struct wn_annotators *annotators);

#endif
