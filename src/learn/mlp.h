/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/mlp.h: softmax networks with one hidden layer.
 *
 *   h = max(0, scale x W1 + b1),   z = h W2 + b2,   p = softmax(z)
 *
 * trained by minibatch gradient descent with momentum on the cross entropy,
 * and what is measured on them: EL2N and the exact norm of every example's
 * gradient. Everything here runs on the calling thread: several networks are
 * trained side by side by learn/training.h, each the same whatever the others
 * do. */
#ifndef WN_LEARN_MLP_H
#define WN_LEARN_MLP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "linalg/standardize.h"
#include "util/error.h"
#include "util/random.h"

/* d inputs, h hidden units, k classes. Inputs are standardised and cut by
 * `standard` (borrowed; NULL = as they are) and multiplied by `scale`: both are
 * part of the network, gradients are those by W1 as stored. */
struct wn_mlp {
    size_t d, h, k;
    const struct wn_standardize *standard;
    float scale;
    float *w1; /* d x h */
    float *b1; /* h */
    float *w2; /* h x k */
    float *b2; /* k */
};

/* A network of zeros that takes inputs as they are; NULL with WN_ENOMEM. */
struct wn_mlp *wn_mlp_new(size_t d, size_t h, size_t k) WN_MUST_CHECK;
void wn_mlp_free(struct wn_mlp *net);
/* Draw weights: uniform with variance 2/inputs (He et al. 2015), the last
 * layer's a tenth of that, so that all classes begin alike. w1 is d x h with
 * `stride` floats from row to row, as it may stand among others; w2 h x k. */
void wn_mlp_draw_weights(float *w1, size_t stride, float *w2, size_t d,
                         size_t h, size_t k, struct wn_random *random);

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
/* Softmax of k logits into p (k) and the verdict on `label`, 0 .. k-1; with a
 * label of -1 the verdict is all 0. */
void wn_mlp_prediction_of(const float *z, size_t k, int32_t label, double *p,
                          struct wn_mlp_prediction *verdict);

/* Norms of an example's gradient. */
struct wn_gradient {
    double all;  /* by all weights and biases */
    double last; /* by those of the last layer */
};

/* Where wn_mlp_measure() puts what it finds; NULL for what is not wanted. */
struct wn_mlp_findings {
    double *probability;               /* n x k */
    struct wn_mlp_prediction *verdict; /* n */
    struct wn_gradient *grand;         /* n, 0 for rows without a label */
};

/* Measure rows of x (n x d, row-major) with labels 0..k-1 or -1 (label may be
 * NULL if only probabilities are wanted). grand is the norm of the gradient of
 * the example's loss by all weights and biases, exact by the outer-product
 * identity g^2 = sum over layers of |delta|^2 (|input|^2 + 1); the derivative
 * of max(0, a) at 0 is 0. Rows go in blocks of WN_BLOCK from the first one
 * given, so a row's numbers do not depend on where other blocks run. Errors:
 * WN_ENOMEM. Compared with golden:grand_mlp and central differences. */
int wn_mlp_measure(const struct wn_mlp *net, const float *x, size_t n,
                   const int32_t *label,
                   const struct wn_mlp_findings *out) WN_MUST_CHECK;

/* What is learned from. Rows whose label is -1 or whose weight is 0 are left
 * out; the scale of the network is chosen so that inputs have a mean squared
 * norm of at most WN_MLP_NORM. Cutting matters: rows with a rare large value
 * would have the largest gradients (digits, 5 % wrong labels, average
 * precision of GraNd .90 without, .99 with it; of EL2N .975 and .988). */
struct wn_mlp_task {
    const float *x;                        /* n x d, finite */
    const struct wn_standardize *standard; /* of x */
    size_t n, d, k;
    const int32_t *label; /* n, -1 .. k-1 */
    const float *weight;  /* n, each >= 0, of the loss; NULL = all 1 */
    bool ready;           /* x is standardised already: taken as it is */
};

struct wn_mlp_plan {
    size_t hidden, batch; /* at least 1 */
    double rate, momentum;
    uint64_t seed, replicate; /* which streams are drawn from */
};

enum { WN_MLP_NORM = 64 };

/* Called with the logits (count x k) of each minibatch before its update, and
 * the wn_log_total() of each row. */
typedef void wn_mlp_watch(void *context, const int32_t *row, size_t count,
                          const float *logits, const double *log_total);

struct wn_mlp_trainer;

/* Start a network; the task's arrays must outlive the trainer. Errors:
 * WN_ENOMEM; WN_EDATA when there is no row to learn from. */
struct wn_mlp_trainer *wn_mlp_trainer_new(const struct wn_mlp_task *task,
                                          const struct wn_mlp_plan *plan,
                                          struct wn_error *error) WN_MUST_CHECK;
void wn_mlp_trainer_free(struct wn_mlp_trainer *trainer);

/* Most bytes that a trainer of n rows has, and that measuring takes. */
double wn_mlp_trainer_bytes(size_t n, size_t d, size_t k,
                            const struct wn_mlp_plan *plan);
double wn_mlp_measure_bytes(size_t d, size_t h, size_t k);
/* One pass over the rows in a new random order; `watch` may be NULL. Returns 1
 * when the mean loss is not a number or above 10 (1 + log k): the network is
 * spoiled, begin again with a smaller rate; else 0. */
int wn_mlp_trainer_epoch(struct wn_mlp_trainer *trainer, wn_mlp_watch *watch,
                         void *context) WN_MUST_CHECK;
/* The network as it stands; the trainer's own. */
const struct wn_mlp *wn_mlp_trainer_net(const struct wn_mlp_trainer *trainer);

#endif
