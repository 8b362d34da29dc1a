/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report/report.h: what report(1) knows of an audit, and the forms it takes.
 *
 * load.c fills `struct wn_report` from an audit file and checks that its parts
 * fit together; summary.c counts; every format then only reads it. A format is
 * one file and one row of wn_formats[]. */
#ifndef WN_REPORT_REPORT_H
#define WN_REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "noise/sparse_joint.h"
#include "audit/audit.h"
#include "audit/dataset.h"
#include "render/model_quality.h"
#include "util/error.h"
#include "util/text.h"

enum {
    WN_TOP_ROWS = 20,   /* rows in the text summary */
    WN_TOO_FEW = 20,    /* a class with fewer rows has no rate worth saying */
    WN_MAX_CLASSES = 10 /* lines in the tables of classes and of pairs */
};

/* One dataset of /score. */
struct wn_score {
    char *name;
    float *value;      /* n, higher = more suspicious */
    float *spread;     /* n, over replicates; NULL if there is none */
    int32_t *evidence; /* n, the row it rests on, -1 none; or NULL */
    float cut; /* a row at or above it is among the `expected` highest */
};

/* A class as it was given. */
struct wn_class_line {
    size_t class, rows;
    size_t flagged;  /* rows with a label issue */
    double expected; /* estimated wrong labels among rows; NaN if unknown */
};

/* Rows of one given class that look like another: suggestion, or rival. */
struct wn_pair_line {
    size_t given, suggested;
    size_t flagged;  /* rows with a label issue */
    double expected; /* estimated number; NaN if unknown */
};

/* How a stage came about: attributes of its group, NULL where it has none. */
struct wn_origin {
    char *version, *options;
};

/* Which rows to list. */
enum wn_rows {
    WN_ROWS_STANDARD, /* the format's own choice */
    WN_ROWS_FIRST,    /* the first `top` in order of suspicion */
    WN_ROWS_FLAGGED,  /* all with an issue */
    WN_ROWS_BUDGET    /* what `budget` pays for, budget.h */
};

/* Arrays of stages that are not there are NULL, counts 0, numbers NaN. */
struct wn_report {
    const char *program; /* as it was called: names its siblings */
    const char *file;    /* what to call the audit; NULL if it has no name */
    enum wn_rows rows;
    size_t top;
    double budget;
    bool columns;     /* the table of columns is asked for */
    bool verbose;     /* how it was computed, too */
    bool spreadsheet; /* keep cells from being taken for formulas */
    const struct wn_comparison *against; /* an older audit, or NULL */

    struct wn_dataset data;
    struct wn_origin origin[WN_FLAGS + 1]; /* by stage */

    bool source_kept; /* the audit holds the bytes of its source */

    bool scored;
    size_t scores;
    struct wn_score *score; /* in byte order of the names */

    struct wn_model_quality measured;

    int32_t *rival; /* n, the most probable class but the given one; -1 none;
                       NULL without probabilities */

    bool flagged;
    size_t checks, actions, reasons;
    char **check_name, **action_name, **reason_name; /* by bits and codes */
    bool *check_ran;                                 /* checks */
    uint32_t *issue;                                 /* n, bit c: check c */
    float *suspicion;                                /* n */
    float *quality;                   /* n, NULL without probabilities */
    int64_t *order;                   /* n, most suspicious first */
    int32_t *suggestion;              /* n, -1 = none */
    uint8_t *action;                  /* n */
    uint8_t *reason;                  /* n, why that action; or NULL */
    double *threshold;                /* k */
    struct wn_sparse at;              /* the pairs of classes */
    double *joint;                    /* that posterior_joint has cells for,
                                         given x true; NULL if unknown */
    double rate, rate_low, rate_high; /* wrong labels, with its interval */

    /* Counted by wn_report_count(). */
    size_t *rank;              /* n, 1 = most suspicious */
    uint32_t label_bit;        /* of the check "label", 0 if it was not run */
    size_t labelled;           /* rows with a label */
    size_t flagged_rows;       /* rows with any issue */
    size_t label_rows;         /* rows with a label issue */
    size_t expected;           /* estimated wrong labels, the rank of `cut` */
    uint64_t missing, invalid; /* cells */
    size_t *check_rows;        /* checks */
    size_t *action_rows;       /* actions */
    struct wn_class_line *class_line; /* k, worst first */
    size_t pairs;
    struct wn_pair_line *pair_line; /* most frequent first */
};

/* Read everything but features, probabilities and neighbours. WN_EDATA names
 * the dataset and the row that does not fit. On failure *report is empty. */
int wn_report_load(struct wn_report *report, const struct wn_audit *audit,
                   struct wn_error *error) WN_MUST_CHECK;
void wn_report_free(struct wn_report *report);

/* The counting half of wn_report_load(): fills what stands under "Counted"
 * and every score's cut from the rest. */
int wn_report_count(struct wn_report *report) WN_MUST_CHECK;

/* Whether score s puts row i among its `expected` highest: the rows above it
 * and half of those equal to it are no more than that. So a score that gives
 * everybody the same value speaks for nobody. */
bool wn_score_agrees(const struct wn_report *report, size_t s, size_t i);
/* How many scores do. */
size_t wn_scores_agree(const struct wn_report *report, size_t i);
/* Percent of n values below value[i], equal ones counted half. */
double wn_score_percentile(const float *value, size_t n, size_t i);

/* The rows to list, in order; *count of them, for free(). `standard` and
 * `limit` are the format's own choice where the user made none: which rows,
 * and how many at most. */
int64_t *wn_report_rows(const struct wn_report *report, enum wn_rows standard,
                        size_t limit, size_t *count) WN_MUST_CHECK;

/* The identifier of row i and its length; NULL without identifiers. */
const char *wn_report_id(const struct wn_report *report, size_t i,
                         size_t *length);
/* The name of class c, NULL for -1. */
const char *wn_report_class(const struct wn_report *report, int32_t c);
/* What stands for the source in the first line: its last part. */
const char *wn_report_source(const struct wn_report *report);
/* What a check says of a row it flags. */
const char *wn_check_reason(const char *name);
/* Whether nobody misses it where it was not run. */
bool wn_check_optional(const char *name);
/* What a score measures; "" for one that this version does not know. */
const char *wn_score_brief(const char *name);

/* Whether row i counts as flagged: by the check "label" where that was run,
 * else by any. */
bool wn_report_flags(const struct wn_report *report, size_t i);

/* What became of a row since an older audit. */
enum wn_change {
    WN_QUIET_ROW, /* not flagged now */
    WN_STILL,     /* flagged then and now */
    WN_NEW_FLAG,  /* the row was there, not flagged */
    WN_NEW_ROW,   /* flagged, and was not there or not like this */
    WN_CHANGES
};
/* Why a flag is gone. */
enum wn_gone {
    WN_CLEARED, /* the row is as it was */
    WN_EDITED,  /* the row with this identifier has other content now */
    WN_REMOVED, /* no such row any more */
    WN_GONES
};

/* An older audit of the same data, row by row. Rows with equal content are the
 * same, wherever they stand, the k-th of several copies like the k-th; what is
 * left is matched by identifier. */
struct wn_comparison {
    const char *file;
    struct wn_report old;
    uint8_t *change; /* n of the new audit, enum wn_change */
    size_t changes[WN_CHANGES];
    int64_t *now;    /* n of the old one: its row now, -1 if none */
    uint8_t *edited; /* n of the old one: matched by identifier only */
    size_t gones[WN_GONES];
    size_t causes;
    char **cause; /* what differs in data, versions, options: a line each */
};

/* Load the older audit and compare. WN_EUSAGE if either is not flagged. On
 * failure *against is empty. */
int wn_comparison_load(struct wn_comparison *against,
                       const struct wn_report *report, const char *file,
                       struct wn_error *error) WN_MUST_CHECK;
void wn_comparison_free(struct wn_comparison *against);
/* Why the flag of old row i is gone, -1 if it is not, or was not flagged. */
int wn_comparison_gone(const struct wn_comparison *against,
                       const struct wn_report *report, size_t i);
/* "cleared", "edited", "removed"; "", "still", "new", "new row". */
extern const char *const wn_gone_names[WN_GONES];
extern const char *const wn_change_names[WN_CHANGES];

/* Everything about one row. */
struct wn_explanation {
    size_t row;
    float *probability;      /* k, NULL if there is none */
    int32_t *by_probability; /* k classes, most probable first */
    size_t neighbors;
    int32_t *neighbor; /* nearest first */
    float *distance;
};

/* Which row "17", "line:19" or "id:A-17" means. WN_EUSAGE if none. */
int wn_explain_find(const struct wn_report *report, const char *text,
                    size_t *row, struct wn_error *error) WN_MUST_CHECK;
int wn_explain_load(struct wn_explanation *explanation,
                    const struct wn_report *report,
                    const struct wn_audit *audit, size_t row,
                    struct wn_error *error) WN_MUST_CHECK;
void wn_explain_free(struct wn_explanation *explanation);

/* A form the report takes. */
struct wn_format {
    const char *name; /* --format=NAME */
    bool lists;       /* rows or columns: --top and --columns apply */
    int (*report)(const struct wn_report *report, struct wn_text *out,
                  struct wn_error *error);
    /* For --explain; NULL where it makes no sense. */
    int (*explain)(const struct wn_report *report,
                   const struct wn_explanation *explanations, size_t count,
                   struct wn_text *out, struct wn_error *error);
};

/* All of them; ends with a row without name. */
extern const struct wn_format wn_formats[];

int wn_text_report(const struct wn_report *report, struct wn_text *out,
                   struct wn_error *error) WN_MUST_CHECK;
int wn_text_explain(const struct wn_report *report,
                    const struct wn_explanation *explanations, size_t count,
                    struct wn_text *out, struct wn_error *error) WN_MUST_CHECK;
int wn_json_report(const struct wn_report *report, struct wn_text *out,
                   struct wn_error *error) WN_MUST_CHECK;
int wn_json_explain(const struct wn_report *report,
                    const struct wn_explanation *explanations, size_t count,
                    struct wn_text *out, struct wn_error *error) WN_MUST_CHECK;
int wn_prometheus_report(const struct wn_report *report, struct wn_text *out,
                         struct wn_error *error) WN_MUST_CHECK;
int wn_tsv_report(const struct wn_report *report, struct wn_text *out,
                  struct wn_error *error) WN_MUST_CHECK;

#endif
