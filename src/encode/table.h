/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encode/table.h: columns of a CSV file -> labels and n x d features.
 *
 * The survey reads every cell once, decides what each column is, and gathers
 * its statistics, the labels and the columns with a role. A second reading
 * follows only if there are dates or texts. The encoder then writes features by
 * blocks of rows, so that only a few blocks are in memory. It reads the cells
 * again, unless all feature columns are numbers: then the survey has kept them
 * in a temporary file.
 *
 *   numeric      at least 95 % of the cells that are not missing are numbers
 *                without leading zeros (codes such as 007 are not numbers).
 *                Scaled by scale.h. A missing cell becomes the median, and the
 *                feature "age:missing" is 1. Cells that are not numbers count
 *                as invalid and are encoded as missing.
 *   boolean      every cell is one of a pair of words: true and false, yes and
 *                no, t and f, y and n. Encoded as 1 or 0; a missing cell as the
 *                majority. 0 and 1 are numbers unless --kind says otherwise.
 *   date         at least 95 % of the cells that are not missing are dates of
 *                date.h in one order of year, month and day for all rows. The
 *                features of calendar.h. Other cells are invalid.
 *   text         more than --one-hot values, four or more words a cell: the
 *                directions of text_model.h, "note#0" and so on.
 *   identifier   more than --one-hot values, 19 of 20 of them different, fewer
 *                than four words; or numbers that count the rows: no feature.
 *   categorical  all others: a feature "city=Oslo" for each value, 0 or 1;
 *                above --one-hot values WN_BUCKETS features "city#3", where
 *                XXH3 of the value chooses the one that is 1; "city:missing" as
 *                above.
 *
 * A column whose cells are all the same gives no feature, nor do numbers that
 * differ by less than 1e-12 of the largest. Scales are fitted, and words and
 * values above the limit counted, on a sample of wn_sample_rows() rows, one
 * drawn from each run of equal length. */
#ifndef WN_ENCODE_TABLE_H
#define WN_ENCODE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clean/run.h"
#include "csv/csv.h"
#include "encode/leakage.h"
#include "util/dictionary.h"
#include "encode/text_model.h"
#include "encode/scale.h"
#include "util/date.h"
#include "util/log.h"

enum { WN_BUCKETS = 32, WN_NAME_BYTES = 1024, WN_SAMPLE = 65536 };
enum { WN_FREQUENT = 3, WN_FREQUENT_BYTES = 60 };
/* Values that are listed of a column with no more than the limit. */
enum { WN_LISTED = 64 };
/* Quantiles of a column of numbers: of 0, 1/64, ... 1. */
enum { WN_QUANTILES = 65 };

/* Maximum rows of a sample with so many columns, so that its cells take some
 * megabytes. */
static inline size_t wn_sample_rows(size_t columns)
{
    enum { CELLS = 1 << 22, MIN = 256 };
    const size_t rows = CELLS / columns;

    return rows < MIN ? MIN : rows > WN_SAMPLE ? WN_SAMPLE : rows;
}

/* roles.h has the table of those that are not features. */
enum wn_role {
    WN_ROLE_FEATURE,
    WN_ROLE_LABEL,
    WN_ROLE_ID,
    WN_ROLE_IGNORED,
    WN_ROLE_GROUP,
    WN_ROLE_SPLIT,
    WN_ROLE_TRUSTED,
    WN_ROLE_WEIGHT,
    WN_ROLE_COST,
    WN_ROLE_ANNOTATOR,
    WN_ROLE_PROBABILITY /* user_probability.h */
};

/* In the order in which wn_kind_guess() tries them. */
enum wn_column_kind {
    WN_KIND_GUESS,
    WN_KIND_IDENTIFIER,
    WN_KIND_NUMERIC,
    WN_KIND_BOOLEAN,
    WN_KIND_DATE,
    WN_KIND_TEXT,
    WN_KIND_CATEGORICAL
};
enum { WN_KINDS = WN_KIND_CATEGORICAL + 1 };

struct wn_column {
    enum wn_role role;
    bool second;              /* its features belong to the second block */
    bool comma;               /* its numbers have a decimal comma */
    enum wn_column_kind kind; /* of a feature column; WN_KIND_GUESS before the
                                 survey unless the user gave it */
    uint64_t numbers;         /* cells that are numbers */
    uint64_t padded;          /* of them with leading zeros, as 007 */
    uint64_t commas;          /* cells that would be, with a decimal comma */
    uint64_t dates[WN_DATE_ORDERS]; /* cells that are dates in each order */
    uint64_t booleans, trues;       /* of a boolean column: cells that say yes
                                       or no, and those that say yes */
    enum wn_date_order order;       /* of a date column */
    unsigned parts;                 /* its features, see calendar.c */
    uint64_t missing, invalid;
    uint64_t broken; /* cells that are not invalid but break a rule */
    double min, max; /* of numbers or dates (instants of date.h), else NaN */
    struct wn_scale scale;
    float unknown; /* the feature of a missing number or date */
    bool many;     /* more values than the limit, or too long ones */
    struct wn_dictionary values; /* unless `many`; sorted by bytes */
    uint64_t distinct;           /* different cells without the missing ones */
    bool distinct_estimated;     /* by sketch.h */
    double median; /* of numbers and dates in the sample, else NaN */
    /* Quantiles of at most 4096 of these, and how many; 0: none. */
    double quantile[WN_QUANTILES];
    uint64_t sketched;
    struct wn_leakage leakage; /* how it predicts the label, in the sample */
    struct {
        uint64_t count; /* an estimate; 0: the list ends here */
        size_t row;
    } frequent[WN_FREQUENT]; /* cells of a categorical column if `many` */
    struct wn_text_model *text_model; /* of text; NULL if all is missing */
    size_t first, features; /* its features are first .. first+features-1 */
    bool indicator;         /* the last of them is "missing" */
};

struct wn_table {
    const struct wn_csv *csv;
    int threads;
    struct wn_log *log;
    size_t one_hot;   /* maximum values of a one-hot column */
    size_t text_dims; /* maximum features of a text column */
    enum wn_grams text_grams;
    wn_text_model_svd *text_svd; /* linalg's wn_svd_basis(): encode stands
                                    below linalg and may not call it */
    const char *const *na;       /* texts that, like "", mean "missing" */
    size_t na_count;

    struct wn_column *column; /* ->columns of them */
    size_t label_column;      /* index */
    size_t voter;   /* that of who seems to have voted; or ->columns */
    int32_t *label; /* one a row */
    struct wn_dictionary declared;   /* possible classes; empty: any */
    bool any_classes;                /* the user says that labels are classes,
                                        however many there are */
    struct wn_dictionary classes;    /* found and declared; sorted by bytes */
    struct wn_dictionary user_class; /* classes with a probability column */
    size_t user_sets;                /* of probability columns */
    size_t *user_column;     /* sets x columns: that of each user_class */
    float *user_probability; /* sets x n x classes, or NULL */
    struct wn_numeric_spool *numbers; /* all feature cells, or NULL */
    size_t d;                         /* 0 only with user probabilities */
    size_t second_block; /* how many of the d, at the end, belong to columns
                            that are `second` */
    char **feature_name; /* d */
};

/* Set out[row] = 1 for rows without a label, once the roles are known. With
 * `reject` also for rows whose label the survey would refuse, and for rows with
 * a cell that is not UTF-8 in a column that is neither ignored nor declared to
 * be text; it is called for each of them. */
int wn_prescan(const struct wn_table *table, uint8_t *out,
               wn_csv_reject *reject, void *context,
               struct wn_error *error) WN_MUST_CHECK;

/* Survey the table and read its roles. Roles of columns and options must be
 * set, *roles is {0}. Errors: WN_EDATA for what the CSV reader refuses; a label
 * that is missing (the first rows are named), too long, not UTF-8 or not
 * declared; wn_labels_check(), unless classes are declared or any_classes;
 * wn_roles_conclude() and wn_user_probability_match(); no feature and no
 * user probability; one of two blocks without features. */
struct wn_roles;
int wn_survey(struct wn_table *table, struct wn_roles *roles,
              struct wn_error *error) WN_MUST_CHECK;
void wn_table_free(struct wn_table *table);
/* "numeric", as --kind takes it. */
const char *wn_table_kind_name(enum wn_column_kind kind);
/* The name of a column's kind or role: "numeric", "label", "ignored". */
const char *wn_table_kind(const struct wn_table *table, size_t column);

/* The note on a column: "constant", "identifier", "predicts the label" (alone
 * and suspiciously well, see leakage.h), "second block", or "". */
const char *wn_table_note(const struct wn_table *table, size_t column);
/* What the invalid cells of a column should have been: "a number". */
const char *wn_table_wanted(const struct wn_table *table, size_t column);

/* A frequent value of a column that is not numeric. */
struct wn_frequent {
    uint32_t column;
    uint64_t count; /* estimated if the column's distinct_estimated is set */
    char *value; /* at most WN_FREQUENT_BYTES, whole characters, UTF-8 without
                    controls (wn_text_add_visible()) */
};

/* Up to WN_LISTED values of the label and of each categorical and boolean
 * column, most frequent first, ties in the order of bytes or digests. A column
 * with more values than the limit lists up to WN_FREQUENT of those that occur
 * at least twice in the sample. *frequent is for wn_frequent_free(). */
int wn_frequent_list(const struct wn_table *table,
                     struct wn_frequent **frequent, size_t *count,
                     struct wn_error *error) WN_MUST_CHECK;
void wn_frequent_free(struct wn_frequent *frequent, size_t count);

/* The defects that the encoder finds. */
enum wn_rule { WN_RULE_MISSING, WN_RULE_NUMBER, WN_RULE_DATE, WN_RULE_BOOLEAN };
enum { WN_RULES_FIRST = 4 }; /* the numbers of cleaning rules begin here */
/* "missing", "number" ... */
extern const char *const wn_rule_names[WN_RULES_FIRST];

/* Receives the encoder's output in the order of the rows. */
struct wn_table_sink {
    void *context;
    /* `rows` x d features. */
    int (*features)(void *context, size_t rows, const float *features,
                    struct wn_error *error);
    /* A defect and the cell's text, NULL for a missing one. */
    void (*defect)(void *context, struct wn_defect defect,
                   const struct wn_cell *cell);
    /* A cell of the id column; not called without such a column. */
    void (*id)(void *context, const struct wn_cell *cell);
};

int wn_table_encode(const struct wn_table *table,
                    const struct wn_table_sink *sink,
                    struct wn_error *error) WN_MUST_CHECK;

static inline bool wn_table_is_missing(const struct wn_table *table,
                                       const struct wn_cell *cell)
{
    return wn_cell_is_missing(cell, table->na, table->na_count);
}

#endif
