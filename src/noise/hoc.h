/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise/hoc.h: the transition matrix of label noise without a classifier, from
 * how often a row and its two nearest neighbours carry which labels.
 *
 * If the three share one true class t and their labels are independent given
 * it, with T[t][s] = P(label s | true t) and p[t] = P(true t):
 *   c1[a] = sum_t p_t T_ta,  c2[a][b] = sum_t p_t T_ta T_tb,
 *   c3[a][b][c] = sum_t p_t T_ta T_tb T_tc.
 * Zhu, Song and Liu, "Clusterability as an alternative to anchor points",
 * ICML 2021.
 *
 * The model's c2 and c3 are never written down: with G = T T',
 *   |c2|^2 = sum_tu p_t p_u G_tu^2,  |c3|^2 = sum_tu p_t p_u G_tu^3,
 * and what they share with the counts is a sum over the labels that occur. A
 * step takes 4 k^3 + O(triples k) operations where the plain sums take k^4. */
#ifndef WN_NOISE_HOC_H
#define WN_NOISE_HOC_H

#include <stddef.h>
#include <stdint.h>

#include "noise/consensus.h"
#include "util/error.h"
#include "util/log.h"

/* More classes would take the 1,500 steps into minutes. */
enum { WN_HOC_CLASSES = 512, WN_HOC_UPDATES = 1500 };

/* The transition matrix that explains them. */
struct wn_transition {
    size_t k;
    double *t;   /* k x k, rows true, columns given, rows sum to 1 */
    double *p;   /* k, share of each true class */
    double loss; /* of the fit, 0 = exact */
};

/* Whether label[n] can tell the k k - 1 free numbers of T and p: fails with
 * WN_EDATA and why if there are more of them than labelled rows, or more
 * classes than WN_HOC_CLASSES. Known before there is a graph. */
int wn_transition_told(const int32_t *label, size_t n, size_t k,
                       struct wn_error *error) WN_MUST_CHECK;

/* Fit T and p by `updates` steps of Adam (rate .1) on the sum of the three
 * Frobenius norms of the differences, from T near the identity and p even; the
 * best of the steps is kept (after the first five), where the reference gives
 * back the last. `trace` (updates + 1, or NULL) gets the loss before each
 * step; `talk` (or NULL) shows the progress. The same for any `threads`.
 * Errors: WN_ENOMEM. Compared with: docta, golden:hoc; the plain sums over all
 * k^3 cells. */
int wn_transition_fit(struct wn_transition *transition,
                      const struct wn_consensus *consensus, size_t updates,
                      int threads, double *trace,
                      struct wn_log *talk) WN_MUST_CHECK;
void wn_transition_free(struct wn_transition *transition);

#endif
