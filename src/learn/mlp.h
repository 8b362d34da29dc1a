/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/mlp.h: softmax networks with one hidden layer.
 *
 *   h = max(0, scale x W1 + b1),   z = h W2 + b2,   p = softmax(z)
 *
 * trained by minibatch gradient descent with momentum on the cross entropy, and
 * what is measured on them: EL2N and the exact norm of every example's
 * gradient. A trainer runs on the calling thread; learn/training.h trains
 * several networks side by side, each independent of the others.
 *
 * Cross-validated networks (wn_mlp_folds_predict) are trained on the rows
 * outside their fold. Those of up to WN_MLP_FOLDS_SIDE folds stand side by side
 * in one d x (folds h) matrix and take the same minibatches: the products are
 * wide, and a row that a network may not see has gradient 0 there. A tenth of
 * the rows is held out from all of them; each network is kept as of the epoch
 * with the least loss on those of the tenth that it may see. All of it is
 * repeated with another tenth and other weights, and the probabilities of the
 * repeats are averaged. */
#ifndef WN_LEARN_MLP_H
#define WN_LEARN_MLP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "learn/sample.h"
#include "linalg/standardize.h"
#include "util/arena.h"
#include "util/error.h"
#include "util/random.h"

/* d inputs, h hidden units, k classes. Inputs are standardised and cut by
 * `standard` (borrowed; NULL = as they are) and multiplied by `scale`: both are
 * part of the network, gradients are those by W1 as stored. */
struct wn_mlp {
    struct wn_arena own; /* the arrays */
    size_t d, h, k;
    const struct wn_standardize *standard;
    float scale;
    float *w1; /* d x h */
    float *b1; /* h */
    float *w2; /* h x k */
    float *b2; /* k */
};

/* A network of zeros, without `standard`, scale 1. */
struct wn_mlp *wn_mlp_new(size_t d, size_t h, size_t k);
void wn_mlp_free(struct wn_mlp *net);
/* Draw weights: uniform with variance 2 / inputs (He et al. 2015), the last
 * layer's a tenth of that so that all classes start alike. w1 is d x h with
 * `stride` floats from row to row; w2 is h x k. */
void wn_mlp_draw_weights(float *w1, size_t stride, float *w2, size_t d,
                         size_t h, size_t k, struct wn_random *random);
/* The scale at which standardised inputs have a mean squared norm of at most
 * WN_MLP_NORM, so that wide tables need no smaller learning rate. */
float wn_mlp_input_scale(const struct wn_standardize *standard);

/* What one example's logits say about its label. Paul, Ganguli and Dziugaite
 * 2021. */
struct wn_mlp_prediction {
    double el2n;   /* ||p - onehot||_2, 0 .. sqrt 2 */
    double own;    /* p_y */
    double margin; /* max over the other classes of p, minus p_y; k = 1: -1 */
    double loss;   /* -log p_y */
};

/* log(sum of exp(z)), the maximum taken out first. */
double wn_log_total(const float *z, size_t k);
/* Softmax of k logits into p (k), and what it says about `label`, 0 .. k-1; all
 * 0 for a label of -1. */
void wn_mlp_prediction_of(const float *z, size_t k, int32_t label, double *p,
                          struct wn_mlp_prediction *prediction);

/* Norms of an example's gradient. */
struct wn_gradient {
    double all;  /* with respect to all weights and biases */
    double last; /* to those of the last layer */
};

/* Outputs of wn_mlp_measure(); NULL for what is not wanted. */
struct wn_mlp_measures {
    double *probability;                  /* n x k */
    struct wn_mlp_prediction *prediction; /* n */
    struct wn_gradient *gradient;         /* n, 0 for rows without a label */
};

/* Measure rows of x (n x d, row-major) with labels 0..k-1 or -1 (label may be
 * NULL if only probabilities are wanted). The gradient norm is that of the
 * example's loss, exact by the outer-product identity
 *
 *     g^2 = sum over layers of |delta|^2 (|input|^2 + 1)
 *
 * with 0 as the derivative of max(0, a) at 0. Rows go in blocks of WN_BLOCK
 * from the first one. Compared with golden:grand_mlp and central differences.
 */
void wn_mlp_measure(const struct wn_mlp *net, const float *x, size_t n,
                    const int32_t *label, const struct wn_mlp_measures *out);

/* Training data. Rows whose label is -1 or whose weight is 0 are left out.
 * Standardised values are clipped: otherwise rows with a rare large value would
 * have the largest gradients. */
struct wn_mlp_task {
    const float *x;                        /* n x d, finite */
    const struct wn_standardize *standard; /* of x */
    size_t n, d, k;
    const int32_t *label; /* n, -1 .. k-1 */
    const float *weight;  /* n, each >= 0, of the loss; NULL = all 1 */
    bool ready;           /* x is standardised already */
};

struct wn_mlp_plan {
    size_t hidden, batch; /* at least 1 */
    double rate, momentum;
    uint64_t seed, replicate; /* select the random streams */
};

enum { WN_MLP_NORM = 64 };

/* Called with the logits (count x k) of each minibatch before its update, and
 * the wn_log_total() of each row. */
typedef void wn_mlp_watch(void *context, const int32_t *row, size_t count,
                          const float *logits, const double *log_total);

struct wn_mlp_trainer;

/* Start a network; the task's arrays must outlive the trainer. Errors: WN_EDATA
 * when there is no row to learn from. */
struct wn_mlp_trainer *wn_mlp_trainer_new(const struct wn_mlp_task *task,
                                          const struct wn_mlp_plan *plan,
                                          struct wn_error *error) WN_MUST_CHECK;
void wn_mlp_trainer_free(struct wn_mlp_trainer *trainer);

/* One pass over the rows in a new random order; `watch` may be NULL. Returns 1
 * when the mean loss is not a number or above 10 (1 + log k): the network has
 * diverged, start again with a smaller rate; else 0. */
int wn_mlp_trainer_epoch(struct wn_mlp_trainer *trainer, wn_mlp_watch *watch,
                         void *context) WN_MUST_CHECK;
/* The network in its current state, owned by the trainer. */
const struct wn_mlp *wn_mlp_trainer_net(const struct wn_mlp_trainer *trainer);
/* Peak bytes of a trainer of n rows, and of wn_mlp_measure(). */
double wn_mlp_trainer_bytes(size_t n, size_t d, size_t k,
                            const struct wn_mlp_plan *plan);
double wn_mlp_measure_bytes(size_t d, size_t h, size_t k);

enum { WN_MLP_FOLDS_SIDE = 5 };

/* The probabilities of every row from the networks that did not see its fold.
 * Of the sample x, label, weight, group and fold are read.
 *   probability  out, n x k, rows sum to 1
 * The result does not depend on the sample's `threads`.
 * Errors: WN_EDATA (a fold that leaves no row to train on), WN_ENUMERIC (no
 * rate works). */
int wn_mlp_folds_predict(const struct wn_sample *sample, float *probability,
                         struct wn_error *error) WN_MUST_CHECK;

/* Peak bytes, beside input and output; only the sizes
 * of the sample are read. */
double wn_mlp_folds_bytes(const struct wn_sample *sample);

#endif
