/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise/confident.h: confident learning, an estimate of how noisy the labels
 * are.
 *
 * A row counts as an example of the class it is confident of: the class whose
 * probability reaches the mean self-confidence of that class's own rows. The
 * counts (given label x confident class) form the confident joint. Calibrated
 * to the label counts, it estimates the joint distribution of given and true
 * label, and everything else follows from that.
 *
 * Source: Northcutt, Jiang, Chuang, "Confident Learning", JAIR 70 (2021).
 * Compared with: cleanlab 2.9 (count.py, label_issues_batched.py), golden.json
 * cl_*. Where cleanlab's batched and in-memory variants contradict each other,
 * an absent class has the threshold 2 here, so that no row is ever confident of
 * it. */
#ifndef WN_NOISE_CONFIDENT_H
#define WN_NOISE_CONFIDENT_H

#include <stddef.h>
#include <stdint.h>

#include "noise/probability.h"
#include "noise/sparse_joint.h"
#include "util/error.h"

/* Tolerance of comparisons of probabilities. */
#define WN_SLACK 1e-6
/* The minimum of a sum of counts that is a divisor. */
#define WN_TINY 1e-100

/* How the prior of the true classes is found; ps = share of given labels. */
enum wn_prior {
    WN_PRIOR_COUNT,    /* inverse[k][k] / matrix[k][k] x ps[k] */
    WN_PRIOR_EQUATION, /* solve matrix x prior = ps */
    WN_PRIOR_MARGINAL, /* column sums of the calibrated joint */
    WN_PRIOR_PRODUCT   /* inverse x ps */
};

struct wn_noise_settings {
    enum wn_prior prior;
    int converge;            /* iterate prior and matrices to agreement */
    const double *threshold; /* k thresholds to use, or NULL */
    int threads;
};

/* With more classes WN_PRIOR_EQUATION would take minutes and gigabytes. */
enum { WN_EQUATION_CLASSES = 2000 };

/* Indices: s is a given label, t a true one. */
struct wn_noise {
    size_t n; /* rows with a label */
    size_t k;
    size_t *count;       /* k: rows of each given label */
    double *threshold;   /* k: 2 for a class without rows */
    int32_t *guess;      /* per row: the class it counts as, -1 = none */
    struct wn_sparse at; /* the cells of the matrices below */
    int64_t *raw;        /* confident joint, [s][t], diagonal >= 1 */
    int64_t *calibrated; /* the same, row sums = count */
    double *joint;       /* [s][t], sums to 1 */
    double *matrix;      /* [s][t], P(given = s | true = t), columns sum to 1 */
    double *inverse;     /* [s][t], P(true = t | given = s), rows sum to 1 */
    double *prior;       /* k: share of each true class */
    size_t off_diagonal; /* rows that count as another class than given */
    size_t issues;       /* those of them whose prediction differs from the
                            label by more than WN_SLACK */
    size_t issues_calibrated; /* rint((1 - trace joint) n) */
    /* Counts of predictions alone, which a stream of rows allows: predictions
     * that are confident and not the label, and the same scaled class by class
     * from the confident rows to all. */
    size_t issues_batched, issues_batched_calibrated;
    double rate;   /* 1 - trace joint, the share of wrong labels */
    double health; /* 1 - issues / n */
};

/* Estimate the noise of label[n] (-1 = missing, left out) from the out-of-
 * sample probabilities p (n x k, k >= 2, rows need not sum to 1). Classes
 * without rows are legal. Time O(n k), memory O(n + k); WN_PRIOR_EQUATION
 * takes k k k and k k. Errors: WN_EDATA for a label out of range, a probability
 * that is not finite or outside 0 .. 1 by more than WN_SLACK, k < 2, no
 * labelled row; WN_EUSAGE for WN_PRIOR_EQUATION with more than
 * WN_EQUATION_CLASSES; WN_ENUMERIC when its matrix is singular.
 * On failure *noise is empty. */
int wn_noise_estimate(const int32_t *label, const struct wn_probability *p,
                      const struct wn_noise_settings *settings,
                      struct wn_noise *noise,
                      struct wn_error *error) WN_MUST_CHECK;
void wn_noise_free(struct wn_noise *noise);

/* Round x[m] to whole numbers out[m] whose sum is the rounded sum of x. Halves
 * round to even; missing units are added where rounding cut off most (ties to
 * the highest index), surplus units are taken where it added most (ties to the
 * lowest). */
void wn_round_sum(const double *x, size_t m, int64_t *out);

/* Whether row[k] predicts `label`, within WN_SLACK. The pruning rules never
 * flag such a row. */
int wn_predicts(const double *row, size_t k, int32_t label);

#endif
