/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report/report.h: what report(1) has to say about an audit.
 *
 * load.c fills `struct wn_report` from an audit file and checks that its parts
 * fit together; summary.c counts. The formats in render/ only read it. */
#ifndef WN_REPORT_REPORT_H
#define WN_REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/audit.h"
#include "audit/dataset.h"
#include "audit/decisions.h"
#include "audit/near_sets.h"
#include "noise/claim.h"
#include "noise/sparse_joint.h"
#include "util/arena.h"
#include "util/error.h"
#include "util/text.h"

struct wn_row_fields;

enum {
    WN_TOP_ROWS = 20,   /* rows in the text summary */
    WN_TOO_FEW = 20,    /* a class with fewer rows gets no error rate */
    WN_MAX_CLASSES = 10 /* lines in the tables of classes and of pairs */
};

/* One dataset of /score. */
struct wn_score {
    char *name;
    float *value;      /* n, higher = more suspicious */
    float *spread;     /* n, standard deviation over replicates; or NULL */
    char *spread_name; /* NAME_std; NULL without a spread */
    int32_t *evidence; /* n, the row it rests on, -1 none; or NULL */
    float cut; /* a row at or above it is among the `expected` highest */
};

/* A class as labelled. */
struct wn_class_line {
    size_t class, rows;
    size_t flagged;   /* rows with a label issue */
    size_t predicted; /* rows in which it is the most probable class */
    /* Of the most probable classes, held to the given labels; NaN if unknown or
     * undefined. */
    double recall, precision, f1;
    double expected; /* estimated wrong labels among rows; NaN if unknown */
};

/* Rows of one given class that look like another. The other class is the
 * suggestion, or the rival where nothing is suggested. */
struct wn_pair_line {
    size_t given, suggested;
    size_t flagged;  /* rows with a label issue */
    double expected; /* estimated number; NaN if unknown */
};

/* How a stage was computed: attributes of its group; NULL if absent. */
struct wn_origin {
    char *version, *options;
};

/* Out-of-sample quality of a model, of the pool of models ("committee"), or of
 * the user's probabilities; measures as in learn/calibrate.h. Unknown numbers
 * are NaN, unknown texts NULL. */
struct wn_member {
    char *name, *chosen; /* chosen: the settings fitted to the data */
    double log_loss, calibration, accuracy, weight;
};

/* What score measured while it computed. */
struct wn_model_quality {
    size_t members;
    struct wn_member *member; /* the pool, if there are several, is the last */
    size_t neighbors;         /* of each row; 0 without a graph */
    char *metric, *method;    /* of the graph */
    double recall, cells, probe;       /* of the inverted file */
    double epoch, epochs;              /* of the networks: early epoch, all */
    char *kernels;                     /* of OpenBLAS */
    double entropy, evenness, largest; /* of the features' singular values */
};

/* The counts of wrong labels in flag/noise/issue_counts, in its order. */
enum { WN_ISSUE_COUNTS = 4 };

/* A pair of classes in the matrices of confident learning. */
struct wn_confident_cell {
    size_t given, truth;   /* classes */
    size_t rows;           /* calibrated count, above 0 */
    double noise, inverse; /* P(given | truth), P(truth | given) */
};

/* What confident learning found. */
struct wn_confident {
    bool known;
    size_t count[WN_ISSUE_COUNTS];
    double health; /* share of labels that it does not doubt; NaN if unknown */
    double neighbor_rate; /* share of wrong labels by the labels of nearest rows
                             alone; NaN if unknown */
    size_t cells;
    struct wn_confident_cell *cell; /* by given, then true class */
};

/* What a person decided about a row, and what flag would have said of it, had
 * nobody looked. */
struct wn_decided_row {
    size_t row;
    enum wn_decision decision;
    int32_t class; /* -1 = none */
    bool planned;
    float suspicion;
    uint32_t issue;
    uint8_t reason;
};

/* /flag/decided and what belongs to it; see winnow-audit(5). */
struct wn_decided_rows {
    size_t count;
    struct wn_decided_row *row; /* by row */
    char **who, **when, **note; /* count */
    uint8_t *of;                /* n, enum wn_decision; NULL without any */
    uint8_t *stratum;           /* n, 0 = none; NULL where none was found */
    size_t stale, gone;         /* verdicts that do not count any more */
    size_t trusted, trusted_suspects; /* labels that the data call right, and
                                         those that flag would have flagged */
};

/* Which rows to list. */
enum wn_rows {
    WN_ROWS_DEFAULT,   /* the format's choice */
    WN_ROWS_FIRST,     /* the first `top` in order of suspicion */
    WN_ROWS_FLAGGED,   /* all with an issue */
    WN_ROWS_AMBIGUOUS, /* all of the kind "ambiguous" */
    WN_ROWS_BUDGET     /* the rows that `budget` pays for */
};

/* A picture in the cells of a row: by rows of pixels, then by pixels, then by
 * channels, 1 or 3. */
struct wn_image_shape {
    size_t rows, columns, channels; /* 0: there is none */
};

/* For stages that are absent, arrays are NULL, counts 0 and numbers NaN. */
struct wn_report {
    const char *program; /* as it was called: names its siblings */
    const char *file;    /* how to name the audit; NULL if it has no name */
    enum wn_rows rows;
    size_t top;
    double budget;
    const uint8_t *chosen; /* n, 1: may be listed; NULL: every row may */
    size_t chosen_rows;    /* of these */
    size_t sample;         /* list that many of them at random; 0: all */
    uint64_t seed;         /* of the sample */
    /* Takes what a long list has so far, whole lines, and empties it; NULL: the
     * list stays in memory. */
    void (*drain)(void *context, struct wn_text *out);
    void *drain_context;
    const struct wn_row_fields *fields; /* of each row, select/select.h; NULL:
                                           the format's choice */
    bool columns;                       /* show the table of columns */
    bool roles;       /* load group, split, annotator, trusted, cost, and keep
                         p_given, p_rival and p_suggested */
    bool verbose;     /* show how it was computed */
    bool spreadsheet; /* keep cells from being taken for formulas */
    bool subject;     /* begin with the subject of a mail */
    /* Keep identifiers and cells of the source out. */
    bool no_values;
    struct wn_image_shape image; /* what a row is a picture of */
    /* The cells to show; NULL: none. A format reads rows through it, and
     * changes nothing in it that another could see. */
    struct wn_shown *shown;
    /* k, what text calls the classes; NULL: by their names. All names begin
     * with title_prefix bytes that no title has. See wn_class_titles() in
     * render. */
    char **class_title;
    size_t title_prefix;
    const struct wn_comparison *against; /* an older audit, or NULL */
    const struct wn_drift *drift;        /* since an older audit, or NULL */
    const struct wn_nights *history;     /* audits before and this, or NULL */
    const struct wn_trend *trend;        /* of them, or NULL */
    const struct wn_annotators *annotators; /* or NULL */
    const struct wn_slices *slices;         /* --slices, --clusters, or NULL */
    struct wn_text reached; /* conditions of --fail-on that hold */

    struct wn_arena arena; /* of the arrays below */
    struct wn_dataset data;
    struct wn_origin origin[WN_FLAGS + 1]; /* by stage */

    bool source_kept; /* the audit holds the bytes of its source */

    bool scored;
    size_t scores;
    struct wn_score *score; /* in byte order of the names */

    struct wn_model_quality model_quality;

    int32_t *rival; /* n, the most probable class other than the given one, -1
                       none; NULL without probabilities */
    /* n each, the probabilities of the given label, the rival and the
     * suggestion; NaN where there is none; NULL likewise, and without roles. */
    float *p_given, *p_rival, *p_suggested;
    /* members x n, the most probable class by each model whose probabilities
     * were kept, in the order of model_quality; NULL likewise. */
    int32_t *by_member;
    size_t *predicted; /* k, rows in which the class is the most probable one;
                          NULL without probabilities */
    /* k, of the rows with a label: where the class is the most probable one,
     * and where it is also the label; NULL likewise. */
    size_t *named, *right;

    bool flagged;
    char *previous; /* digest of the data of --previous, or NULL */
    size_t checks, actions, reasons, kinds;
    /* By bits and codes. */
    char **check_name, **action_name, **reason_name, **kind_name;
    bool *check_ran;                  /* checks */
    uint32_t *issue;                  /* n, bit c: check c */
    float *suspicion;                 /* n */
    float *quality;                   /* n, NULL without probabilities */
    int64_t *order;                   /* n, most suspicious first */
    int32_t *suggestion;              /* n, -1 = none */
    uint8_t *action;                  /* n */
    uint8_t *reason;                  /* n, why that action; or NULL */
    uint8_t *kind;                    /* n, what kind of row; or NULL */
    double *threshold;                /* k; 2 for a class without rows */
    struct wn_sparse joint_cells;     /* the pairs of classes in joint */
    double *joint;                    /* given x true, a value for each of
                                         joint_cells; NULL if unknown */
    struct wn_confident confident;    /* of older audits: not known */
    double rate, rate_low, rate_high; /* wrong labels, with its interval; NaN
                                         where nothing can be told */
    enum wn_claim_kind claim;         /* of older audits: noise; with overlap
                                         only the interval can be told */
    struct wn_decided_rows decided;
    struct wn_near_sets near_sets;
    int64_t *in_set; /* n, place in near_sets or -1; NULL without sets */
    double gain, gain_sd, overlap_weight; /* its evidence; see flag/noise/rate
                                             in winnow-audit(5) */
    double chance_rows, floor_rows;       /* equal rows that are no duplicates;
                                             NaN: not known */
    double *by_depth;                     /* flag/noise/mismatch, or NULL */
    double mismatch, even, even_low, even_high, overlap, cluster_errors,
        cluster_low; /* its attributes */

    /* Counted by wn_report_count(). */
    size_t *rank;        /* n, 1 = most suspicious */
    uint32_t label_bit;  /* of the check "label"; 0 if it did not run */
    size_t labelled;     /* rows with a label */
    double majority;     /* share of the largest class; NaN without rows */
    double balanced;     /* mean recall of the classes that have rows; NaN
                            without probabilities */
    size_t flagged_rows; /* rows with any issue */
    size_t label_rows;   /* rows with a label issue */
    size_t expected;     /* estimated number of wrong labels */
    uint64_t missing, invalid;        /* cells */
    size_t *check_rows;               /* checks */
    size_t *action_rows;              /* actions */
    size_t *kind_rows;                /* kinds */
    struct wn_class_line *class_line; /* k, worst first */
    size_t pairs;
    struct wn_pair_line *pair_line; /* most frequent first */
};

/* Read everything except features, probabilities and neighbours, then count.
 * WN_EDATA names the dataset and the row that does not fit. On failure *report
 * is empty. */
int wn_report_load(struct wn_report *report, const struct wn_audit *audit,
                   struct wn_error *error) WN_MUST_CHECK;
void wn_report_free(struct wn_report *report);
/* Forget identifiers, and the values that columns have, for --no-values. */
void wn_report_hide_values(struct wn_report *report);

/* A number in min .. max from an attribute; NaN if it is missing or not in that
 * range. */
double wn_report_number(const struct wn_audit *audit, const char *path,
                        const char *attribute, double min, double max);

/* Read flag/noise of n rows and k classes as far as confident learning wrote
 * it. An audit without is not an error. free(out->cell), after a failure, too.
 */
int wn_confident_load(struct wn_confident *out, const struct wn_audit *audit,
                      size_t n, size_t k, struct wn_error *error) WN_MUST_CHECK;

/* Read what score measured. Missing attributes are not an error. Call
 * wn_model_quality_free() after a failure, too. */
int wn_model_quality_load(struct wn_model_quality *quality,
                          const struct wn_audit *audit,
                          struct wn_error *error) WN_MUST_CHECK;
void wn_model_quality_free(struct wn_model_quality *quality);

/* Fill the part of *report after "Counted", and the cut of every score. */
void wn_report_count(struct wn_report *report);
/* Labels that differ from the prediction, as a share of the rows at the first
 * `depths` depths of by_depth. */
double wn_report_mismatch(const struct wn_report *report, size_t depths);

/* Whether score s puts row i among its `expected` highest: the rows above it
 * and half of those equal to it are no more than that. A constant score agrees
 * with no row. */
bool wn_score_agrees(const struct wn_report *report, size_t s, size_t i);
/* The number of scores that do. */
size_t wn_scores_agree(const struct wn_report *report, size_t i);
/* Percent of n values below value[i]; equal ones count half. */
double wn_score_percentile(const float *value, size_t n, size_t i);

/* The rows to list, in order; free(). Without a choice of the user, the format
 * decides: `default_rows`, at most `limit` of them. A choice by report->chosen
 * without a number of rows means all of these, a sample the flagged ones.
 * Against an older audit, new flags come first. */
int64_t *wn_report_rows(const struct wn_report *report,
                        enum wn_rows default_rows, size_t limit, size_t *count);

/* What a review of the most profitable rows costs and finds.
 *
 * A review of row i costs cost[i] (1 without a cost column) and finds a wrong
 * label with probability suspicion[i]. Rows are taken in descending order of
 * suspicion / cost while the budget pays for them: the greedy rule for the
 * knapsack problem (Dantzig 1957). Free rows come first; rows whose suspicion
 * is shown as 0.000 are never taken.
 *
 * The interval has two parts: the suspicions scaled down until their mean over
 * all rows is the low end of the rate, or their complements until it is the
 * high end; and the chance of the rows, each wrong with its suspicion. */
struct wn_review {
    double budget; /* infinity: no limit */
    double cost;
    double wrong;     /* expected number of wrong labels found, */
    double low, high; /* with a 90 % interval; NaN without one for the rate */
    double next; /* the suspicion of the first row left out; 0 if none is */
    size_t rows;
};

/* The same of any rows, added one by one to {0} by their suspicion. Of `ended`,
 * wrong, low, high and rows are filled. */
struct wn_expected {
    struct wn_review sum;
    double variance[2];
};
void wn_expected_add(const struct wn_report *report,
                     struct wn_expected *expected, double suspicion);
struct wn_review wn_expected_end(const struct wn_expected *expected);

/* The review of the most profitable rows, at up to `points` numbers of rows,
 * the last of which is all that are worth it. Returns their number. The audit
 * is flagged. */
size_t wn_yield_curve(const struct wn_report *report, size_t points,
                      struct wn_review *review);

enum { WN_REVIEWS = 6 };

/* Reviews for 1/4, 1/2, 1, 2 and 4 times the report's budget and for an
 * unlimited one, up to the first that pays for every row. Returns their number,
 * at least 1. The audit is flagged. */
size_t wn_budget_curve(const struct wn_report *report,
                       struct wn_review review[WN_REVIEWS]);

/* Whether a verdict calls the label wrong, and whether it says anything of the
 * label. */
static inline bool wn_says_wrong(enum wn_decision decision)
{
    return decision == WN_SAID_WRONG || decision == WN_SAID_RELABEL;
}
static inline bool wn_says_of_label(enum wn_decision decision)
{
    return decision == WN_SAID_OK || wn_says_wrong(decision);
}

/* How often reviewed labels were wrong, with the exact 95 % interval. */
struct wn_precision {
    size_t reviewed, wrong; /* verdicts ok, wrong and relabel */
    double low, high;
};
enum wn_precision_of { WN_OF_ALL, WN_OF_SUSPECTS, WN_OF_REASON };
/* Of all reviewed rows, of those that would have a label issue, or of those
 * that would have that reason (an index of reason_name), had nobody looked. */
struct wn_precision wn_precision_of(const struct wn_report *report,
                                    enum wn_precision_of what, size_t reason);

/* Up to `count` rows without a verdict whose review says most, in random order;
 * free(). See noise/verdicts.h. The audit has strata. */
int64_t *wn_review_plan(const struct wn_report *report, size_t count,
                        uint64_t seed, size_t *found);

/* Read report->decided; the reasons are loaded. Used by wn_report_load(). */
int wn_decided_load(struct wn_report *report, const struct wn_audit *audit,
                    struct wn_error *error) WN_MUST_CHECK;
void wn_decided_free(struct wn_decided_rows *decided);

/* The identifier of row i and its length; NULL without identifiers. */
const char *wn_report_id(const struct wn_report *report, size_t i,
                         size_t *length);
/* The name of class c; NULL for -1. */
const char *wn_report_class(const struct wn_report *report, int32_t c);
/* What text calls it: short, visible, and no two alike. */
const char *wn_report_title(const struct wn_report *report, int32_t c);
/* How the headline names the source: the last part of its path. */
const char *wn_report_source(const struct wn_report *report);
/* The most probable class of row i, -1 = none, and its probability; there are
 * probabilities. */
int32_t wn_report_likely(const struct wn_report *report, size_t i,
                         double *probability);
/* The class that row i looks like, if not its label: the suggested one, or the
 * rival where nothing is suggested; -1 = none. */
int32_t wn_report_other(const struct wn_report *report, size_t i);
/* Add the names of the checks that flag row i. */
void wn_report_issues(const struct wn_report *report, size_t i,
                      const char *separator, struct wn_text *out);
/* The kind of row i, NULL if it is unknown. */
const char *wn_report_kind(const struct wn_report *report, size_t i);
/* Whether row i is flagged by the check "label", or by any check if "label" did
 * not run. */
bool wn_report_is_flagged(const struct wn_report *report, size_t i);

/* A number of a column, formatted as a date in a date column; "" for NaN.
 * Returns the length. */
size_t wn_column_number(const struct wn_dataset *data, size_t column,
                        double value, char out[32]);
/* The frequent values of a column: top_value[*begin .. *end-1]. */
void wn_column_tops(const struct wn_dataset *data, size_t column, size_t *begin,
                    size_t *end);
/* A class that is a spelling variant of another one. */
struct wn_spelling {
    size_t class, of;     /* `of` is the spelling to use */
    size_t rows, of_rows; /* rows with either label */
};

/* The spelling variants, *count of them; free(). */
struct wn_spelling *wn_spellings(const struct wn_report *report, size_t *count);
/* Add the rule of winnow-rules(5) that replaces the variant. */
void wn_spelling_rule(const struct wn_report *report,
                      const struct wn_spelling *spelling, struct wn_text *rule);

/* What happened to a row since an older audit. */
enum wn_change {
    WN_NOT_FLAGGED,
    WN_STILL_FLAGGED, /* flagged then and now */
    WN_NEW_FLAG,      /* the row was there, not flagged */
    WN_NEW_ROW,       /* flagged; the row was added */
    WN_NEW_LABEL,     /* the same features had another label, or were flagged
                         with it */
    WN_NEW_CONTENT,   /* the row with this identifier had other features */
    WN_CHANGES
};
/* Why a flag is gone. */
enum wn_gone {
    WN_CLEARED,    /* the row is unchanged */
    WN_CONFIRMED,  /* a person marked the label as right; else unchanged */
    WN_RELABELLED, /* the row has another label, and else the same content */
    WN_EDITED,     /* the row with this identifier has other content now */
    WN_REMOVED,    /* there is no such row any more */
    WN_GONES
};

/* An older audit of the same data, row by row. Rows with equal content match,
 * wherever they are; the k-th of several copies matches the k-th copy. The
 * other rows match by identifier. */
struct wn_comparison {
    const char *file;
    struct wn_report old;
    uint8_t *change; /* n of the new audit, enum wn_change */
    size_t changes[WN_CHANGES];
    int64_t *now;        /* n of the old audit: the row now, -1 if none */
    uint8_t *edited;     /* n of the old audit: matched by identifier only */
    uint8_t *relabelled; /* n of the old audit: of these, those that have
                            another label and else the same content */
    uint8_t *confirmed;  /* n of the old audit: flagged then, marked as right
                            since, and else the same */
    size_t gones[WN_GONES];
    struct wn_lines causes; /* what differs in data, versions, options */
};

/* Load the older audit and compare; `now` is the audit of the report. WN_EUSAGE
 * if either is not flagged. On
 * failure *against is empty. */
int wn_comparison_load(struct wn_comparison *against,
                       const struct wn_report *report,
                       const struct wn_audit *now, const char *file,
                       struct wn_error *error) WN_MUST_CHECK;
void wn_comparison_free(struct wn_comparison *against);
/* Why the flag of old row i is gone; -1 if it is not, or was not flagged. */
int wn_comparison_gone(const struct wn_comparison *against,
                       const struct wn_report *report, size_t i);
/* The flags that are new, of all kinds, and those that are gone. */
size_t wn_comparison_new(const struct wn_comparison *against);
size_t wn_comparison_ended(const struct wn_comparison *against);
/* "cleared", "confirmed", "relabelled", "edited", "removed"; "", "still",
 * "new", "new row", "relabelled", "edited". */
extern const char *const wn_gone_names[WN_GONES];
extern const char *const wn_change_names[WN_CHANGES];

/* What an audit found of errors that were planted into the rows of another. */
struct wn_planted {
    size_t rows;    /* with a label */
    size_t planted; /* whose label differs from that before */
    size_t found;   /* of these, flagged */
    size_t others;  /* others that are flagged and were not before */
    double before;  /* the estimated rate before; NaN if unknown */
};

/* Compare with the audit `file` of the same rows before. WN_EUSAGE where they
 * are not the same rows, or not flagged. */
int wn_planted_count(const struct wn_report *report, const char *file,
                     struct wn_planted *out,
                     struct wn_error *error) WN_MUST_CHECK;

/* Everything about one row. */
struct wn_explanation {
    size_t row;
    float *probability; /* k, NULL if there is none */
    size_t members;     /* models whose own probabilities were kept */
    char **member_name;
    float *member_probability; /* members x k */
    int32_t *by_probability;   /* k classes, most probable first, ties to the
                                  lower class; a NaN last */
    size_t neighbors;
    int32_t *neighbor; /* nearest first */
    float *distance;
};

/* Find the row that "17", "line:19" or "id:A-17" means. WN_EUSAGE if there is
 * none. */
int wn_explain_find_row(const struct wn_report *report, const char *text,
                        size_t *row, struct wn_error *error) WN_MUST_CHECK;
int wn_explain_load(struct wn_explanation *explanation,
                    const struct wn_report *report,
                    const struct wn_audit *audit, size_t row,
                    struct wn_error *error) WN_MUST_CHECK;
void wn_explain_free(struct wn_explanation *explanation);

#endif
