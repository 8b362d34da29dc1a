/* SPDX-License-Identifier: GPL-3.0-or-later */
/* linalg/kernels/layer.h: the first layer of a network in training, on the
 * processor's matrix unit (linalg/kernels/amx.h). Private to this room.
 *
 * Its products take most of a step where there are many features. Here the
 * weights stay packed as tiles from step to step: each square of the gradient
 * moves its square of the weights, and packs it anew, while the unit adds up
 * the next one.
 *
 * Two parts of each float are multiplied, 16 of its 24 bits, in place of
 * three:
 *   a b = a1 b1 + (a1 b2 + a2 b1) + less than 2^-15 |a b|
 * which halves the work. A step along a gradient of 128 rows out of thousands
 * is not known to more than a digit or two anyway; what is measured on the
 * networks is computed by wn_gemm(). Mean EL2N of ten networks after five
 * epochs, 10,000 x 784: .0002 from that of single precision, where two sets of
 * networks differ by .011; 20,000 x 128: .0018 and .028. Two kernel sets of
 * OpenBLAS differ by .000003 and .0003. */
#ifndef WN_LINALG_KERNELS_LAYER_H
#define WN_LINALG_KERNELS_LAYER_H

#include <stdbool.h>
#include <stddef.h>

#include "util/error.h"

/* Weights to begin with (inputs x outputs), and the biases (outputs) as they
 * are at each step; both the caller's. */
struct wn_layer_weights {
    size_t inputs, outputs;
    const float *w, *b;
};

struct wn_layer;

/* Whether wn_layer_new() may be called: there is a unit, wn_linear_amx() has
 * let it be used, and the layer is not too small for it. */
bool wn_layer_fits(size_t inputs, size_t outputs, size_t rows);
/* For batches of up to `rows` rows. NULL with WN_ENOMEM. */
struct wn_layer *wn_layer_new(const struct wn_layer_weights *weights,
                              size_t rows) WN_MUST_CHECK;
void wn_layer_free(struct wn_layer *layer);
double wn_layer_bytes(size_t inputs, size_t outputs, size_t rows);

/* The weights as they are now. */
void wn_layer_read(const struct wn_layer *layer, float *w);

/* From row to row of the inputs: `inputs`, made even. What lies between is 0.
 */
size_t wn_layer_stride(size_t inputs);
/* h = max(0, scale x W + b); x is rows x wn_layer_stride(), h rows x outputs.
 */
void wn_layer_forward(struct wn_layer *layer, const float *x, size_t rows,
                      float scale, float *h);

struct wn_layer_step {
    float share, momentum, rate;
};
/* V = momentum V + share x' delta, W = W - rate V, with V = 0 to begin with;
 * delta is rows x outputs. Compared with the same in double. */
void wn_layer_learn(struct wn_layer *layer, const float *x, const float *delta,
                    size_t rows, const struct wn_layer_step *step);

#endif
