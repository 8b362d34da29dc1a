/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/loss_correction.h: losses corrected for label noise. */
#ifndef WN_LEARN_LOSS_CORRECTION_H
#define WN_LEARN_LOSS_CORRECTION_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

/* The forward loss of a row with probabilities p (k) and label y: minus the log
 * of sum_t p_t T[t][y]. Patrini et al. 2017.
 *   t   k x k, P(label = column | true = row), rows sum to 1
 * Compared with golden:loss_correction. */
double wn_forward_loss(const float *p, const double *t, size_t k, int32_t y);

/* The backward loss: sum_t U[y][t] (-log p_t), U the inverse of T: unbiased,
 * but it may be negative. p is held above 1e-12. */
double wn_backward_loss(const float *p, const double *u, size_t k, int32_t y);

/* The inverse of t into u, both k x k. WN_ENUMERIC where a pivot is below 1e-8:
 * a matrix that cannot be undone; WN_ENOMEM. */
int wn_transition_invert(const double *t, size_t k, double *u,
                         struct wn_error *error) WN_MUST_CHECK;

#endif
