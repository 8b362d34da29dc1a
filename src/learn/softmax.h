/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/softmax.h: cross-validated multinomial logistic regression.
 *
 * Each fold's model minimises, over the rows of the other folds that have a
 * label and a weight w above 0, with W (d x k) and intercepts b (k):
 *
 *     sum_i w_i (-log softmax(x_i W + b)[y_i])  +  |W|^2 / (2 C)
 *
 * the intercepts not penalised, which is scikit-learn's objective. All folds
 * are fitted together: one product of a block of rows with the weights of all
 * folds side by side, so that the products are wide and each row is read once
 * an iteration. They go down by L-BFGS (linalg/lbfgs.h), from the classes'
 * shares, and may stop where the loss on a part held out from all of them falls
 * no more. At 20 % noise (average precision of 1 - P[label], both passes) the
 * minimum itself took MNIST's 10,000 digits from .952 to .920 in seven times
 * the time, with errors of one class for the next from .713 to .597; letters
 * (.907) and adult (.825) go nearly there anyway. At 64 classes or more the
 * second moments of the features tell the first step: with 1,000 classes of 10
 * rows the loss was 3.12 after 3 iterations, 3.35 after 40 without. */
#ifndef WN_LEARN_SOFTMAX_H
#define WN_LEARN_SOFTMAX_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/log.h"

struct wn_softmax {
    double inverse_penalty; /* C above, > 0 */
    size_t folds;
    size_t iterations; /* at most this many */
    double tolerance;  /* stop when no partial derivative, divided by the
                          number of training rows, is larger */
    size_t patience;   /* or when so many iterations have not lowered the
                          loss on what is held out */
};
/* C = 1, 5 folds, 300 iterations, 3e-5, 5: tighter tolerances took up to six
 * times the iterations and changed the log-loss by less than 0.002. */
extern const struct wn_softmax wn_softmax_standard;

/* The probabilities of every row from the model that did not see its fold.
 *   x            n x d, row-major, finite
 *   label        n, 0..k-1, or -1: never trained on, but predicted
 *   weight       n, >= 0, what a row counts; NULL for 1
 *   fold         n, 0..folds-1
 *   part         n: no model learns from rows of part 0, and each is kept as it
 *                was when its loss on those it may see was least; NULL: all are
 *                learned from, to the minimum
 *   probability  out, n x k, rows sum to 1. A class without rows in the other
 *                folds has probability 0 there.
 *   used         out, iterations used, may be NULL
 * The result does not depend on `threads`.
 * Errors: WN_EDATA (a fold that leaves no labelled row to train on),
 * WN_ENUMERIC, WN_ENOMEM.
 * Compared with: scikit-learn LogisticRegression(C=1), without parts. */
int wn_softmax_predict(const struct wn_softmax *how, const float *x, size_t n,
                       size_t d, const int32_t *label, const float *weight,
                       size_t k, const int32_t *fold, const int32_t *part,
                       int threads, struct wn_log *log, float *probability,
                       size_t *used, struct wn_error *error) WN_MUST_CHECK;

/* Most bytes that takes, beside input and output. */
double wn_softmax_bytes(size_t n, size_t d, size_t k, size_t folds,
                        int threads);

/* The objective and its gradient for one fold, as the optimiser sees it, for
 * tests. weights and gradient are (d + 1) x k, the intercepts last; rows of
 * fold `out` (and those without label) do not count. */
int wn_softmax_objective(const struct wn_softmax *how, const float *x, size_t n,
                         size_t d, const int32_t *label, const float *weight,
                         size_t k, const int32_t *fold, int32_t out,
                         const double *weights, double *value, double *gradient,
                         struct wn_error *error) WN_MUST_CHECK;

#endif
