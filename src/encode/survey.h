/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encode/survey.h: the parts of the survey: its sample, its conclusions about
 * columns, and what a second reading learns. Private to this room. */
#ifndef WN_ENCODE_SURVEY_H
#define WN_ENCODE_SURVEY_H

#include <stdatomic.h>

#include "csv/csv_foreach.h"
#include "encode/table.h"

/* --- columns.c ---------------------------------------------------------- */

/* The sampled row of the run at*stride .. at*stride+stride-1. It is drawn at
 * random, but always the same one: a file may repeat its labels in turn, and
 * the sample must not be in step with them. */
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

/* The cells of rows wn_sample_row(0), wn_sample_row(1) ... */
struct wn_survey_sample {
    size_t rows, stride;
    double *number;   /* columns x rows, NaN where there is none */
    uint64_t *digest; /* columns x rows, 0 for missing */
    struct {
        uint64_t cells, words; /* not missing; words in those that are not
                                  numbers */
    } * in;                    /* each column */
    uint8_t *registers;        /* columns x 2^bits, sketches of all rows */
    unsigned bits;             /* 0 if stride is 1 */
};

/* Set table->voter: the feature column that seems to say who gave the label, as
 * most rows are equal to others but for it and the label, hardly two of these
 * for it, too, and no other column is like that. Up to 64 columns are tried. */
void wn_votes_find(struct wn_table *table,
                   const struct wn_survey_sample *sample);
/* Once labels are known: kinds, scales, statistics. Overwrites the sample. */
void wn_columns_fit(struct wn_table *table, struct wn_survey_sample *sample);
/* The scale and median of a column whose minimum is below its maximum, and how
 * it predicts the label. If the sample (rows, NaN for a missing cell;
 * overwritten) is constant, minimum and maximum stand for it. tested: the
 * numbers of the rows of the test; scratch: rows + 2. */
void wn_columns_fit_numbers(struct wn_column *column, double *sample,
                            size_t rows, struct wn_leakage_test *test,
                            const double *tested, double *scratch);
/* How many features each column gives, their places and names. WN_EDATA for a
 * column without one valid cell, and values that are not UTF-8. */
int wn_columns_number(struct wn_table *table,
                      struct wn_error *error) WN_MUST_CHECK;

/* --- numeric_spool.c ---------------------------------------------------- */

/* The feature cells of a table of numbers, kept in a temporary file while it is
 * surveyed, so that the encoder need not parse them again. Missing cells are
 * NaN. A cell that is not a number, or a file that cannot be written, drops
 * the spool; the encoder then reads the cells again. */
struct wn_numeric_spool {
    int file;
    size_t width; /* doubles of a row */
    size_t *slot; /* of each feature column in the row */
    atomic_bool dropped;
};

/* NULL if the table has an id column, a feature column of another kind, or no
 * place for temporary files. */
struct wn_numeric_spool *wn_numeric_spool_new(const struct wn_table *table);
void wn_numeric_spool_free(struct wn_numeric_spool *spool);
/* Keep rows begin .. end-1 of `width` numbers; NULL: drop the spool. */
void wn_numeric_spool_write(struct wn_numeric_spool *spool, size_t begin,
                            size_t end, const double *numbers);
int wn_numeric_spool_read(const struct wn_numeric_spool *spool, size_t begin,
                          size_t end, double *numbers,
                          struct wn_error *error) WN_MUST_CHECK;

/* --- text_fit.c --------------------------------------------------------- */

/* Learns the text model of one column from rows at equal distances. */
struct wn_text_fit;
struct wn_text_fit *wn_text_fit_new(struct wn_table *table, size_t column,
                                    struct wn_csv_visitor *visitor);
int wn_text_fit_conclude(struct wn_text_fit *fit,
                         struct wn_error *error) WN_MUST_CHECK;
void wn_text_fit_free(struct wn_text_fit *fit);

#endif
