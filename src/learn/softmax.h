/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/softmax.h: cross-validated multinomial logistic regression.
 *
 * Each fold's model minimises, over the rows of the other folds that have a
 * label and a weight w above 0, with W (d x k) and intercepts b (k):
 *
 *     sum_i w_i (-log softmax(x_i W + b)[y_i])  +  |W|^2 / (2 C)
 *
 * without a penalty on the intercepts: scikit-learn's objective. All folds are
 * fitted together: one product of a block of rows with the weights of all folds
 * side by side, so that the products are wide and each row is read once an
 * iteration. The minimiser is L-BFGS (linalg/lbfgs.h), from the class shares.
 * It may stop early, when the loss on a part held out from all folds falls no
 * more: the minimum itself fits noisy labels and takes several times as long.
 * With 64 classes or more the second moments of the features precondition it.
 */
#ifndef WN_LEARN_SOFTMAX_H
#define WN_LEARN_SOFTMAX_H

#include <stddef.h>
#include <stdint.h>

#include "learn/sample.h"
#include "util/error.h"

struct wn_softmax {
    double inverse_penalty; /* C above, > 0 */
    size_t iterations;      /* maximum */
    double tolerance;       /* stop when no partial derivative, divided by the
                               number of training rows, is larger */
    size_t patience;        /* or when so many iterations have not lowered the
                               held-out loss */
};
extern const struct wn_softmax wn_softmax_defaults; /* 1, 300, 3e-5, 5 */

/* The probabilities of every row from the model that did not see its fold. Of
 * the sample x, label, weight, fold, threads and log are read; rows of fold
 * `folds` teach all models and are not predicted.
 *   part         n: no model learns from rows of part 0, and each is kept as of
 *                its least loss on those that are not in its fold; NULL: train
 *                on all rows, to the minimum
 *   probability  out, n x k, rows sum to 1. A class without rows in the other
 *                folds has probability 0 there.
 *   used         out, iterations used, may be NULL
 * The result does not depend on `threads`.
 * Errors: WN_EDATA (a fold that leaves no labelled row to train on),
 * WN_ENUMERIC (the weights overflow).
 * Compared with: scikit-learn LogisticRegression(C=1), without parts. */
int wn_softmax_predict(const struct wn_softmax *options,
                       const struct wn_sample *sample, const int32_t *part,
                       float *probability, size_t *used,
                       struct wn_error *error) WN_MUST_CHECK;

/* Set options->inverse_penalty to the C, from 1 down to 1e-3, with the least
 * cross-validated log-loss on up to 1,024 rows of the sample (four trials and
 * the minimum between them). What is best for some rows is good for more, and
 * scikit-learn's C = 1 overfits few rows with wrong labels. The default stays
 * where all drawn rows are in one fold. Of the sample fold is read, too.
 * Errors: as wn_softmax_predict(). */
int wn_softmax_choose_penalty(const struct wn_sample *sample,
                              struct wn_softmax *options,
                              struct wn_error *error) WN_MUST_CHECK;
/* Peak bytes of the choice and of the predictions after it, beside input and
 * output; only the sizes of the sample are read. */
double wn_softmax_bytes(const struct wn_sample *sample);

#endif
