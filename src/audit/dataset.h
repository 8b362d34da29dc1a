/* SPDX-License-Identifier: GPL-3.0-or-later */
/* audit/dataset.h: the group /data in memory, for the stages after ingest. */
#ifndef WN_AUDIT_DATASET_H
#define WN_AUDIT_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/audit.h"
#include "csv/cell_override.h"

/* Rows of probabilities may miss the sum 1 by this, as rounded numbers do. */
#define WN_SUM_SLACK 0.02

/* At most so many sets of probabilities. */
enum { WN_BROUGHT_MAX = 16 };

/* Which parts to load. */
enum wn_part {
    WN_PART_LABEL = 1,         /* label, label_name */
    WN_PART_FEATURES = 2,      /* features, feature_name */
    WN_PART_ID = 4,            /* id, if it exists */
    WN_PART_ROW = 8,           /* row_offset, row_line, row_hash */
    WN_PART_COLUMN = 16,       /* column */
    WN_PART_DEFECT = 32,       /* defect */
    WN_PART_ROLE = 64,         /* each role that exists: group .. annotator */
    WN_PART_PROBABILITY = 128, /* probability, if the user supplied it */
    WN_PART_FEATURES_B = 256,  /* features_b, if it exists */
    WN_PART_RULE = 512,        /* rule: cleaning rules and their effects */
    WN_PART_OVERRIDE = 1024    /* fix: the cells that rules changed */
};

/* Arrays that were not requested or do not exist are NULL. */
struct wn_dataset {
    size_t n, d, k;
    float *features;      /* n x d */
    char **feature_name;  /* d */
    int32_t *label;       /* n, 0..k-1 or -1 */
    char **label_name;    /* k */
    int32_t *label_same;  /* k, the class that each is a spelling of, or
                             itself; NULL if no class is one of another */
    char *id;             /* of row i: id_offset[i] .. id_offset[i+1]-1 */
    uint64_t *id_offset;  /* n+1 */
    uint64_t *row_offset; /* n+1 */
    uint64_t *row_line, *row_hash; /* n */
    /* Begin and end of the records that ingest left out; with the rows. */
    uint64_t *left_out; /* left_outs pairs */
    size_t left_outs;
    /* Several files as one source, with the rows; see source.h. */
    size_t files;
    char **file_name, **file_digest;
    uint64_t *file_size, *file_skip, *file_begin;

    /* Columns with a role: n values each. */
    size_t groups, splits, annotators;
    int32_t *group; /* 0..groups-1, or -1: in no group */
    char **group_name;
    int32_t *split; /* 0..splits-1, or -1: in none */
    char **split_name;
    uint8_t *trusted;   /* 1: the label is known to be right, else 0 */
    float *weight;      /* finite, 0 or more, not all 0 */
    float *cost;        /* finite, 0 or more */
    int32_t *annotator; /* 0..annotators-1, or -1: unknown */
    char **annotator_name;
    float *probability; /* n x k, rows sum to 1 within WN_SUM_SLACK */

    size_t p;
    float *features_b; /* n x p, finite */
    size_t epochs;     /* of data/dynamics, see wn_dataset_epoch() */
    bool dynamics_sum; /* dynamics are probabilities, not logits */

    size_t columns;
    char **column_name, **column_kind;
    uint64_t *column_missing, *column_invalid, *column_distinct;
    double *column_min, *column_median, *column_max;
    double *column_alone; /* prediction of the label by this column alone,
                             see winnow-audit(5); NaN: unknown */
    uint64_t *column_features, *column_sketched;
    double *column_quantile; /* columns x 65, NaN without any */
    uint8_t *column_about;   /* 1: column_distinct is an estimate */
    char **column_note;
    size_t tops;         /* frequent values, by column */
    int32_t *top_column; /* 0..columns-1 */
    uint64_t *top_count;
    char **top_value;
    size_t hints; /* on columns */
    char **hint;

    size_t defects, rules;
    int64_t *defect_row;
    int32_t *defect_column, *defect_rule;
    char **rule_name;

    size_t cleanings; /* rules */
    char **clean_name, **clean_text;
    uint64_t *clean_changed, *clean_broken, *clean_passed_over;
    struct wn_overrides fixes;

    /* Provenance of /data; always loaded. */
    char *source;        /* the operand, or its last part if absolute */
    char *source_digest; /* of all its bytes */
    uint64_t source_size;
    char *label_column;
    bool ordinal;   /* the classes are whole numbers in order */
    char *form;     /* "hdf5", "libsvm", "npy"; NULL for CSV */
    char delimiter; /* of the source's cells */
    bool decimal_comma;
    char *encoding; /* of the source's text; NULL: UTF-8 */
};

/* Load parts of an audit file and check that they fit together: labels below k,
 * offsets ascending, defects inside the table, weights 0 or more. WN_EDATA
 * names dataset and row. On failure *dataset is {0}. */
int wn_dataset_load(struct wn_dataset *dataset, const struct wn_audit *audit,
                    unsigned parts, struct wn_error *error) WN_MUST_CHECK;
void wn_dataset_free(struct wn_dataset *dataset);

/* The name of the file that row i is in; NULL where they are not recorded. */
const char *wn_dataset_file(const struct wn_dataset *dataset, size_t i);

/* Read epoch e, from 0, of data/dynamics into out (n x k). WN_EDATA for numbers
 * that are not finite, or not within 0 and 1 if they are probabilities. */
int wn_dataset_epoch(const struct wn_dataset *dataset,
                     const struct wn_audit *audit, size_t e, float *out,
                     struct wn_error *error) WN_MUST_CHECK;

#endif
