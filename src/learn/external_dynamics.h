/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/external_dynamics.h: training dynamics from what the user's own network
 * gave. */
#ifndef WN_LEARN_EXTERNAL_DYNAMICS_H
#define WN_LEARN_EXTERNAL_DYNAMICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "learn/dynamics.h"
#include "util/error.h"

struct wn_external_dynamics {
    size_t n, k, epochs;
    const int32_t *label; /* n, -1 .. k-1 */
    /* The numbers of epoch e, from 0, into out (n x k); 0 or -1. */
    int (*read)(void *context, size_t e, float *out, struct wn_error *error);
    void *context;
    /* They are probabilities; their logarithms are logits but for a number a
     * row, which no score looks at. Below 1e-30 they count as that. */
    bool probabilities;
};

/* Follow the rows through the epochs as if the network were the only
 * replicate: the same functions as for our own (learn/training.h).
 *   parts   enum wn_dynamics_part, or-ed, without WN_DYNAMICS_GRADIENTS, which
 *           logits do not tell; without histories only one epoch is read
 *   epoch   EL2N and its kin are those of this one, 1 .. epochs
 * Memory O(n k). Errors: WN_ENOMEM and those of `read`. Compared with
 * golden:training_dynamics, golden:cores_elr. */
struct wn_dynamics *
wn_external_dynamics_follow(const struct wn_external_dynamics *given,
                            unsigned parts, size_t epoch, int threads,
                            struct wn_error *error) WN_MUST_CHECK;

/* The epoch that is looked at unless one is asked for: a tenth of them, rounded
 * up, as Paul, Ganguli and Dziugaite 2021 take 10 to 20 of 200. */
size_t wn_external_dynamics_epoch(size_t epochs);
/* Most bytes that takes, the answer included. */
double wn_external_dynamics_bytes(size_t n, size_t k, unsigned parts);

#endif
