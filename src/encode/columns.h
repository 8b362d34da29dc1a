/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encode/columns.h: what the survey concludes of its columns: kind, scale,
 * statistics, features. Private to this room. */
#ifndef WN_ENCODE_COLUMNS_H
#define WN_ENCODE_COLUMNS_H

#include "encode/table.h"

/* One row of each `stride`, all of them if that is 1. Which one is by chance,
 * but always the same: labels in turn, as some files have them, must not meet
 * a sample in step. */
static inline size_t wn_sample_row(size_t at, size_t stride, size_t rows)
{
    const size_t first = at * stride;
    const size_t span = rows - first < stride ? rows - first : stride;
    uint64_t mixed = ((uint64_t)at + 1) * UINT64_C(0x9e3779b97f4a7c15);

    /* The mixing of splitmix64 (Steele, Lea and Flood 2014). */
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return first + (size_t)((mixed ^ mixed >> 31) % span);
}

/* Cells of such rows. */
struct wn_survey_sample {
    size_t rows, stride; /* how many; wn_sample_row(0), wn_sample_row(1) ... */
    double *number;      /* columns x rows, NaN where there is none */
    uint64_t *mark;      /* columns x rows, digests of cells, 0 for missing */
    struct {
        uint64_t cells, words; /* not missing; words in what is no number */
    } * in;                    /* each column */
    /* columns x 2^bits, sketches of all rows; bits is 0 if stride is 1 */
    uint8_t *registers;
    unsigned bits;
};

/* Once labels are known: kinds, scales, statistics. The sample is used up. */
int wn_columns_fit(struct wn_table *table, struct wn_survey_sample *sample,
                   struct wn_error *error) WN_MUST_CHECK;
/* How many features each column gives, and where they stand. WN_EDATA for a
 * column without one valid cell, and values that are not UTF-8. */
int wn_columns_number(struct wn_table *table,
                      struct wn_error *error) WN_MUST_CHECK;
/* table->feature_name. */
int wn_columns_name(struct wn_table *table,
                    struct wn_error *error) WN_MUST_CHECK;

#endif
