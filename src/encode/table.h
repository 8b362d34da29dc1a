/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encode/table.h: columns of a CSV file -> labels and n x d features.
 *
 * Two passes over the file. The survey looks at every cell, decides what each
 * column is and gathers its statistics and the labels; the encoder reads the
 * cells again and writes features by blocks of rows, so that never more than
 * some blocks of them are in memory.
 *
 *   numeric      at least 95 % of the cells that are not missing are numbers
 *                without leading zeros: codes such as 007 are none. On the
 *                scale of scale.h; a missing cell is the median, and the
 *                feature "age:missing" is 1 where there is none. Cells that are
 *                no numbers count as invalid and are encoded as missing.
 *   boolean      every cell is one of two words that belong together: true and
 *                false, yes and no, t and f, y and n. 1 or 0; a missing cell is
 *                what most are. 0 and 1 are numbers unless --kind says so.
 *   date         at least 95 % of the cells that are not missing are dates of
 *                date.h in one order of year, month and day, which all rows
 *                decide. The parts of calendar.h. Other cells are invalid.
 *   text         with more than --one-hot values and four words a cell or
 *                more: the directions of text_model.h, "note#0" and so on.
 *   identifier   with more than --one-hot values, 19 of 20 of them different
 *                and with fewer than four words; or numbers that count the
 *                rows: no feature.
 *   categorical  all others: a feature "city=Oslo" for each value, 0 or 1;
 *                above the limit of --one-hot values, WN_BUCKETS features
 *                "city#3", where XXH3 of the value chooses the one that is 1;
 *                "city:missing" as above.
 *
 * A column whose cells are all the same gives no feature, nor do numbers that
 * differ by less than 1e-12 of the largest. Scales are fitted, and words and
 * values above the limit counted, on a sample of rows, one by chance of each so
 * many: at most WN_SAMPLE, fewer where there are very many columns; all of them
 * up to that many. */
#ifndef WN_ENCODE_TABLE_H
#define WN_ENCODE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "csv/csv.h"
#include "encode/leakage.h"
#include "util/dictionary.h"
#include "encode/text_model.h"
#include "encode/scale.h"
#include "util/date.h"
#include "util/log.h"

enum { WN_BUCKETS = 32, WN_NAME_BYTES = 1024, WN_SAMPLE = 65536 };
enum { WN_TOPS = 3 };

/* Rows of a sample of so many columns, one at least: all their cells together
 * are some megabytes. */
static inline size_t wn_sample_most(size_t columns)
{
    enum { CELLS = 1 << 22, LEAST = 256 };
    const size_t most = CELLS / columns;

    return most < LEAST ? LEAST : most > WN_SAMPLE ? WN_SAMPLE : most;
}

/* Of columns that are no features roles.h has the table. */
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

/* In the order in which a column is asked whether it is one. */
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
    bool second;              /* its features are of the second block */
    enum wn_column_kind kind; /* of a feature column; WN_KIND_GUESS before the
                                 survey where nobody said what it is */
    uint64_t numbers;         /* cells that are one */
    uint64_t padded;          /* of them those that begin as 007 does */
    uint64_t dates[WN_DATE_ORDERS]; /* cells that are one in each order */
    uint64_t truths, trues;   /* of a boolean column: cells that say yes or no,
                                 and those that say yes */
    enum wn_date_order order; /* of a date column */
    unsigned parts;           /* calendar.c: what its features are */
    uint64_t missing, invalid;
    uint64_t broken; /* cells that are not invalid but break a rule */
    double min, max; /* numbers; instants of date.h; else NaN */
    struct wn_scale scale;
    float unknown; /* what a missing number or date is encoded as */
    bool many;     /* more values than the limit, or too long ones */
    struct wn_dictionary values; /* unless `many`; sorted by bytes */
    uint64_t distinct;           /* different cells, the missing ones aside */
    bool distinct_about;         /* an estimate: see sketch.h */
    double median;           /* of numbers and dates in the sample, else NaN */
    struct wn_leakage alone; /* how it tells the label, in the sample */
    struct {
        uint64_t count; /* about; 0 where there are fewer */
        size_t row;
    } top[WN_TOPS]; /* most frequent cells of a categorical column if `many` */
    struct wn_text_model *prose; /* of a text column, NULL if all is missing */
    size_t first, features; /* its features are first .. first+features-1 */
    bool indicator;         /* the last of them tells what is missing */
};

struct wn_table {
    const struct wn_csv *csv;
    int threads;
    struct wn_log *talk;
    size_t one_hot;   /* most values of a one-hot column */
    size_t text_dims; /* most features of a text column */
    enum wn_grams text_grams;
    wn_text_model_svd *svd; /* wn_svd_basis */
    const char *const *na;  /* cells that mean "missing" beside empty ones */
    size_t na_count;

    struct wn_column *column;      /* wn_csv_columns() of them */
    size_t label_column;           /* index */
    int32_t *label;                /* one a row */
    struct wn_dictionary declared; /* classes there may be; empty: any */
    struct wn_dictionary classes;  /* sorted by bytes; declared ones too */
    struct wn_dictionary
        brought;            /* classes that have a column, user_probability.h */
    size_t *brought_column; /* which it is, in the order of `brought` */
    struct wn_numeric_spool
        *ahead;          /* features that are known already, or NULL */
    size_t d;            /* 0 only where probabilities are brought */
    size_t second_block; /* of the d, the last: those of the columns that
                            are `second` */
    char **feature_name; /* d */
};

/* Set out[row] = 1 for the rows without a label, once the roles are known. With
 * `reject` also for those whose label the survey would refuse, and for those
 * with a cell that is not UTF-8 in a column that is neither ignored nor said to
 * be text; it is called for each of them. */
int wn_prescan(const struct wn_table *table, uint8_t *out,
               wn_csv_reject *reject, void *context,
               struct wn_error *error) WN_MUST_CHECK;

/* Fill in the roles and options first. WN_EDATA for what the CSV reader
 * refuses, a label that is missing (the first rows are named), too long or not
 * UTF-8, not declared, more classes than half the rows, what
 * wn_user_probability_match() refuses, when no feature is left and no
 * probability was brought, and when all of some are in the one block though
 * there are to be two. */
int wn_survey(struct wn_table *table, struct wn_error *error) WN_MUST_CHECK;
void wn_table_free(struct wn_table *table);
/* "numeric", as --kind takes it. */
const char *wn_table_kind_name(enum wn_column_kind kind);
/* The name of its kind or role: "numeric", "label", "ignored". */
const char *wn_table_kind(const struct wn_table *table, size_t column);

/* What is to be said of a column: "constant", "identifier", "predicts the
 * label" where it alone does suspiciously well (leakage.h), "second block", or
 * "". */
const char *wn_table_note(const struct wn_table *table, size_t column);
/* What the broken cells of a column are not: "a number". */
const char *wn_table_wanted(const struct wn_table *table, size_t column);

/* A cell that is missing or broken. */
struct wn_defect {
    size_t row;
    uint32_t column;
    uint8_t rule; /* enum wn_rule */
};
enum wn_rule { WN_RULE_MISSING, WN_RULE_NUMBER, WN_RULE_DATE, WN_RULE_BOOLEAN };
enum { WN_RULES_FIRST = 4 }; /* here begin those of run.h */
/* "missing", "number" ... */
extern const char *const wn_rule_names[WN_RULES_FIRST];

/* What the encoder gives out, in the order of the rows. Either may fail. */
struct wn_table_sink {
    void *context;
    /* `rows` x d features. */
    int (*features)(void *context, size_t rows, const float *features,
                    struct wn_error *error);
    /* A broken cell and its text; the text of missing ones is NULL. */
    int (*defect)(void *context, struct wn_defect defect,
                  const struct wn_cell *cell, struct wn_error *error);
    /* A cell of the id column; not called when there is none. */
    int (*id)(void *context, const struct wn_cell *cell,
              struct wn_error *error);
};

int wn_table_encode(const struct wn_table *table,
                    const struct wn_table_sink *sink,
                    struct wn_error *error) WN_MUST_CHECK;

/* Between the survey's kinds and its numbering of features. */
int wn_table_fit_text(struct wn_table *table,
                      struct wn_error *error) WN_MUST_CHECK;
/* Shared by both passes: whether a cell means "missing". */
static inline bool wn_table_is_missing(const struct wn_table *table,
                                       const struct wn_cell *cell)
{
    return wn_cell_is_missing(cell, table->na, table->na_count);
}

#endif
