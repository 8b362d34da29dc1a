/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encode/columns.h: what the survey concludes of its columns: kind, scale,
 * statistics, features. Private to this room. */
#ifndef WN_ENCODE_COLUMNS_H
#define WN_ENCODE_COLUMNS_H

#include "encode/table.h"

/* Cells of rows 0, stride, 2 stride ...; all of them if stride is 1. */
struct wn_survey_sample {
    size_t rows, stride;
    double *number; /* columns x rows, NaN where there is none */
    uint64_t *mark; /* columns x rows, digests of cells, 0 for missing */
    struct {
        uint64_t cells, words; /* not missing; words in what is no number */
    } *in;                     /* each column */
    /* columns x 2^bits, sketches of all rows; bits is 0 if stride is 1 */
    uint8_t *registers;
    unsigned bits;
};

/* Once labels are known: kinds, scales, statistics. The sample is used up. */
int wn_columns_fit(struct wn_table *table, struct wn_survey_sample *sample,
                   struct wn_error *error) WN_MUST_CHECK;
/* How many features each column gives, and where they stand. WN_EDATA for a
 * column without one valid cell, and values that are not UTF-8. */
int wn_columns_number(struct wn_table *table, struct wn_error *error)
    WN_MUST_CHECK;
/* table->feature_name. */
int wn_columns_name(struct wn_table *table, struct wn_error *error)
    WN_MUST_CHECK;

#endif
