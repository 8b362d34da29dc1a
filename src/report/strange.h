/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report/strange.h: rows that an older audit has nothing like.
 *
 * A row of the newer audit is known if the older one has a row with the same
 * bytes; any other is fresh. Both kinds have features in the newer audit, on
 * one scale and with one vocabulary, so that nothing has to be carried over
 * from the encoding of the older one. The known rows are the model: each has
 * its WN_STRANGE_NEAR nearest other known rows, a fresh row its nearest known
 * ones. A fresh row is strange
 *
 *   far    if these are farther away, in the mean, than those of all but
 *          WN_STRANGE_SHARE of the known rows
 *   label  if none of them has its label
 *
 * If fresh rows come from where the known ones came from, all orders of the two
 * together are as probable. So the number of far ones is negative
 * hypergeometric, that of labels hypergeometric, whatever the distribution of
 * the features: conformal p-values (Vovk et al. 2005) of one threshold. */
#ifndef WN_REPORT_STRANGE_H
#define WN_REPORT_STRANGE_H

#include "knn/exact.h"
#include "report/report.h"

enum {
    WN_STRANGE_NEAR = 10,
    WN_STRANGE_KNOWN_MIN = 100,
    /* More are sampled at equal distances. */
    WN_STRANGE_KNOWN_MAX = 4096,
    WN_STRANGE_FRESH_MAX = 8192,
    WN_STRANGE_ROWS = 1000 /* that are listed of each kind */
};
#define WN_STRANGE_SHARE 0.01
#define WN_STRANGE_P 0.001 /* of both tests together */

enum wn_strange_kind { WN_STRANGE_FAR, WN_STRANGE_LABEL, WN_STRANGE_KINDS };

struct wn_strange {
    size_t known, fresh;  /* rows */
    size_t model, looked; /* of these, known and fresh rows that were used; 0
                             where there are too few known rows, no features,
                             or no fresh rows */
    struct wn_strange_rows {
        size_t asked;    /* of the rows looked at; with a label */
        size_t count;    /* are strange */
        double expected; /* by chance */
        double p;        /* that as many or more are; NaN if none is asked */
        size_t *row;     /* the first WN_STRANGE_ROWS of them */
    } of[WN_STRANGE_KINDS];
    size_t rows; /* that are strange, where one of the p is below half of
                    WN_STRANGE_P; else 0 */
};

/* Compare the rows of `now` with those of `old`. `audit` is the file that `now`
 * was loaded from. Where its features cannot be read, no row is looked at. */
void wn_strange_find(struct wn_strange *strange, const struct wn_report *old,
                     const struct wn_report *now, const struct wn_audit *audit);
void wn_strange_free(struct wn_strange *strange);

/* The parts, for tests. x is known x d, then fresh x d numbers; label of both,
 * -1 = none; `place` out, the number of each row in x that is far or has a
 * strange label goes to of[].row. */
void wn_strange_look(struct wn_strange *strange, const float *x, size_t d,
                     enum wn_metric metric, const int32_t *label);
/* P(at least `count` of `looked` fresh numbers are above the rank-th largest of
 * `model` others), all n + m in random order. */
double wn_strange_tail(size_t count, size_t looked, size_t rank, size_t model);

#endif
