/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/mlp_folds.h: cross-validated softmax networks with one hidden layer.
 *
 * The networks of learn/mlp.h, one a fold, each trained on the rows outside
 * its fold. Those of up to WN_MLP_FOLDS_SIDE folds stand side by side in one
 * d x (folds h) matrix and take the same minibatches: the products are wide,
 * and a row that a network may not see gets a gradient of 0 there. A tenth of
 * the rows is held out from all of them; each network is kept as it was after
 * the epoch at which its loss on those of the tenth that it may see was least.
 * All of it is repeated with another tenth and other weights, and the
 * probabilities of the repeats averaged. */
#ifndef WN_LEARN_MLP_FOLDS_H
#define WN_LEARN_MLP_FOLDS_H

#include "learn/sample.h"
#include "util/error.h"

enum { WN_MLP_FOLDS_SIDE = 5 };

struct wn_mlp_folds {
    size_t hidden, batch, replicates; /* replicates 1 .. 10 */
    double rate, momentum;
};
extern const struct wn_mlp_folds wn_mlp_folds_standard;

/* The probabilities of every row from the networks that did not see its fold.
 * Of the sample x, label, weight and fold are read.
 *   probability  out, n x k, rows sum to 1
 * The result does not depend on the sample's `threads`.
 * Errors: WN_EDATA (a fold that leaves no row to train on), WN_ENOMEM,
 * WN_ENUMERIC (no rate works). */
int wn_mlp_folds_predict(const struct wn_mlp_folds *how,
                         const struct wn_sample *sample, float *probability,
                         struct wn_error *error) WN_MUST_CHECK;

/* Most bytes that takes, beside input and output. */
double wn_mlp_folds_bytes(const struct wn_mlp_folds *how,
                          const struct wn_sample *sample);
#endif
