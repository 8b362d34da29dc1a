/* SPDX-License-Identifier: GPL-3.0-or-later */
/* audit/dataset.h: what ingest left, in memory, for the later stages. */
#ifndef WN_AUDIT_DATASET_H
#define WN_AUDIT_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/audit.h"
#include "csv/cell_override.h"

/* A row of probabilities sums to 1 within this, as rounded numbers do. */
#define WN_SUM_SLACK 0.02

/* Which parts to load. */
enum wn_part {
    WN_PART_LABEL = 1,         /* label, label_name */
    WN_PART_FEATURES = 2,      /* features, feature_name */
    WN_PART_ID = 4,            /* id, where there is one */
    WN_PART_ROW = 8,           /* row_offset, row_line, row_hash */
    WN_PART_COLUMN = 16,       /* column */
    WN_PART_DEFECT = 32,       /* defect */
    WN_PART_ROLE = 64,         /* group .. annotator, those there are */
    WN_PART_PROBABILITY = 128, /* probability, where it was brought */
    WN_PART_FEATURES_B = 256,  /* features_b, where it was brought */
    WN_PART_RULE = 512,        /* rule: what cleaning rules did */
    WN_PART_OVERRIDE = 1024    /* fix: the cells they changed */
};

/* Arrays that were not asked for, or are not there, are NULL. */
struct wn_dataset {
    size_t n, d, k;
    float *features;      /* n x d */
    char **feature_name;  /* d */
    int32_t *label;       /* n, 0..k-1 or -1 */
    char **label_name;    /* k */
    int32_t *label_same;  /* k, the class that each is a spelling of, itself if
                             of no other; NULL where all are themselves */
    char *id;             /* id_offset[i] .. id_offset[i+1]-1 is row i's */
    uint64_t *id_offset;  /* n+1 */
    uint64_t *row_offset; /* n+1 */
    uint64_t *row_line, *row_hash; /* n */
    uint64_t *left_out; /* left_outs pairs: where the records begin and end */
    size_t left_outs;   /* that ingest took for no rows; with the rows */

    /* What columns with a role say of each of n rows. */
    size_t groups, splits, annotators;
    int32_t *group; /* 0..groups-1 or -1: belongs with no other row */
    char **group_name;
    int32_t *split; /* 0..splits-1 or -1: in none */
    char **split_name;
    uint8_t *trusted;   /* 1: the label is known to be right */
    float *weight;      /* finite, 0 or more, some above 0 */
    float *cost;        /* finite, 0 or more */
    int32_t *annotator; /* 0..annotators-1 or -1: unknown */
    char **annotator_name;
    float *probability; /* n x k, sums of rows within WN_SUM_SLACK of 1 */

    size_t p;
    float *features_b; /* n x p, finite */
    size_t epochs;     /* of data/dynamics, which is for wn_dataset_epoch() */
    bool dynamics_sum; /* it holds probabilities, not logits */

    size_t columns;
    char **column_name, **column_kind;
    uint64_t *column_missing, *column_invalid, *column_distinct;
    double *column_min, *column_median, *column_max;
    double *column_alone; /* lift over the largest class, NaN: not known */
    uint64_t *column_features;
    uint8_t *column_about; /* 1: column_distinct is an estimate */
    char **column_note;
    size_t tops;         /* frequent values, in order of columns */
    int32_t *top_column; /* 0..columns-1 */
    uint64_t *top_count;
    char **top_value;

    size_t defects, rules;
    int64_t *defect_row;
    int32_t *defect_column, *defect_rule;
    char **rule_name;

    size_t cleanings; /* rules */
    char **clean_name, **clean_text;
    uint64_t *clean_changed, *clean_broken, *clean_passed_over;
    struct wn_overrides fixes;

    /* Provenance of /data, always loaded. */
    char *source;        /* the operand if relative, else its last part */
    char *source_digest; /* of all its bytes */
    uint64_t source_size;
    char *label_column;
    char *form; /* "hdf5", "libsvm", "npy"; NULL of CSV */
};

/* Load the parts of an audit file and check that they fit together: labels
 * below k, offsets rising, defects inside, weights no less than 0. WN_EDATA
 * names dataset and row.
 * On failure *dataset is empty. */
int wn_dataset_load(struct wn_dataset *dataset, const struct wn_audit *audit,
                    unsigned parts, struct wn_error *error) WN_MUST_CHECK;
void wn_dataset_free(struct wn_dataset *dataset);

/* Epoch e, from 0, of data/dynamics into out (n x k). WN_EDATA for what is not
 * finite, and for what is no probability where probabilities are wanted. */
int wn_dataset_epoch(const struct wn_dataset *dataset,
                     const struct wn_audit *audit, size_t e, float *out,
                     struct wn_error *error) WN_MUST_CHECK;

#endif
