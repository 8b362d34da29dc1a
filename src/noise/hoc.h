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
 * and their inner products with the counts are sums over the labels that occur.
 * A step takes 4 k^3 + O(triples k) operations; the plain sums take k^4. */
#ifndef WN_NOISE_HOC_H
#define WN_NOISE_HOC_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/log.h"

/* With more classes the 1,500 steps would take minutes. */
enum { WN_HOC_CLASSES = 512, WN_HOC_UPDATES = 1500 };

/* Labels whatever their order: a <= b <= c; for pairs c is 0. */
struct wn_agreement {
    uint32_t a, b, c;
    double share;
};

/* How often a row and its two nearest neighbours carry which labels: shares of
 * single rows, pairs (own label, nearest) and triples (own, nearest, second
 * nearest); each sums to 1. At most n triples occur, however many classes there
 * are, and only those that occur are kept. */
struct wn_consensus {
    size_t k;
    double *c1; /* k */
    size_t pairs, triples;
    struct wn_agreement *pair, *triple; /* by their labels, ascending */
    double square2, square3;  /* sums of the squared shares of ordered labels */
    struct wn_ordered *added; /* until wn_consensus_finish() */
    size_t count, capacity;
};

/* Empty, for k classes, k <= 2^20. */
void wn_consensus_new(struct wn_consensus *consensus, size_t k);
void wn_consensus_free(struct wn_consensus *consensus);
/* Add a triple with a weight: own label, nearest, second nearest. */
void wn_consensus_add(struct wn_consensus *consensus, const size_t label[3],
                      double weight);
/* Add every labelled row with two labelled neighbours. neighbor is n x m,
 * nearest first; unlabelled neighbours are passed over. */
void wn_consensus_count(struct wn_consensus *consensus, const int32_t *label,
                        const int32_t *neighbor, size_t n, size_t m);
/* Turn what was added into shares; all stay 0 if nothing was. */
void wn_consensus_finish(struct wn_consensus *consensus);

/* The transition matrix that explains them. */
struct wn_transition {
    size_t k;
    double *t;   /* k x k, rows true, columns given, rows sum to 1 */
    double *p;   /* k, share of each true class */
    double loss; /* of the fit, 0 = exact */
};

/* Whether label[n] can determine the k k - 1 free numbers of T and p: fails
 * with WN_EDATA if there are fewer labelled rows than that, or more classes
 * than WN_HOC_CLASSES. Known before there is a graph. */
int wn_transition_check(const int32_t *label, size_t n, size_t k,
                        struct wn_error *error) WN_MUST_CHECK;

/* Fit T and p by `updates` steps of Adam (rate .1) on the sum of the three
 * Frobenius norms of the differences, from T near the identity and p even. The
 * best step after the first five is kept; the reference returns the last.
 * `trace` (updates + 1, or NULL) gets the loss before each step; `log` (or
 * NULL) shows the progress. The same for any `threads`.
 * Compared with: docta, golden:hoc; the plain sums over all k^3 cells. */
void wn_transition_fit(struct wn_transition *transition,
                       const struct wn_consensus *consensus, size_t updates,
                       int threads, double *trace, struct wn_log *log);
void wn_transition_free(struct wn_transition *transition);

/* All of the above for label[n] and the graph neighbor (n x m). share[k], the
 * classes' shares of the rows that were counted, may be NULL. Errors: those of
 * wn_transition_check(); then *transition is empty. */
int wn_transition_estimate(struct wn_transition *transition,
                           const int32_t *label, const int32_t *neighbor,
                           size_t n, size_t k, size_t m, int threads,
                           double *share, struct wn_log *log,
                           struct wn_error *error) WN_MUST_CHECK;

#endif
