/* SPDX-License-Identifier: GPL-3.0-or-later */
/* model/hoc.h: the transition matrix of label noise without a classifier, from
 * how often a row and its two nearest neighbours carry which labels.
 *
 * If the three share one true class t and their labels are independent given
 * it, with T[t][s] = P(label s | true t) and p[t] = P(true t):
 *   c1[a] = sum_t p_t T_ta,  c2[a][b] = sum_t p_t T_ta T_tb,
 *   c3[a][b][c] = sum_t p_t T_ta T_tb T_tc.
 * Zhu, Song and Liu, "Clusterability as an alternative to anchor points",
 * ICML 2021. */
#ifndef WN_MODEL_HOC_H
#define WN_MODEL_HOC_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

/* The work grows with k to the fourth power; more classes are refused. */
enum { WN_HOC_CLASSES = 40, WN_HOC_UPDATES = 1500 };

/* Shares of single rows, pairs and triples; each sums to 1. */
struct wn_consensus {
    size_t k;
    double *c1; /* k */
    double *c2; /* k x k: own label, nearest */
    double *c3; /* k x k x k: own, nearest, second nearest */
};

/* The transition matrix that explains them. */
struct wn_transition {
    size_t k;
    double *t;   /* k x k, rows true, columns given, rows sum to 1 */
    double *p;   /* k, share of each true class */
    double loss; /* of the fit, 0 = exact */
};

int wn_consensus_new(struct wn_consensus *consensus, size_t k,
                     struct wn_error *error) WN_MUST_CHECK;
void wn_consensus_free(struct wn_consensus *consensus);
/* Count rows with a label and two neighbours (n x m, nearest first, those
 * without a label passed over). Where there is none, all stay 0. */
void wn_consensus_count(struct wn_consensus *consensus, const int32_t *label,
                        const int32_t *neighbor, size_t n, size_t m);

/* Fit T and p by `updates` steps of Adam (rate .1) on the sum of the three
 * Frobenius norms of the differences, from T near the identity and p even; the
 * best of the steps is kept (after the first five), where the reference gives
 * back the last. `trace` (updates + 1, or NULL) gets the loss before each
 * step. Errors: WN_EUSAGE for k > WN_HOC_CLASSES, WN_ENOMEM. Compared with:
 * docta, golden:hoc. */
int wn_transition_fit(struct wn_transition *transition,
                      const struct wn_consensus *consensus, size_t updates,
                      double *trace, struct wn_error *error) WN_MUST_CHECK;
void wn_transition_free(struct wn_transition *transition);

#endif
