/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/training.h: training dynamics of our own networks.
 *
 * Replicated networks (learn/mlp.h) learn from all labelled rows, each in its
 * own order: where all take the same batches their means agree less from seed
 * to seed (letter, rank correlation of EL2N .94 against .98). At one epoch all
 * rows are measured in a pass of their own; over the epochs the logits of each
 * minibatch before its update are followed, as the papers have it. */
#ifndef WN_LEARN_TRAINING_H
#define WN_LEARN_TRAINING_H

#include <stddef.h>
#include <stdint.h>

#include "learn/dynamics.h"
#include "learn/mlp.h"
#include "util/error.h"
#include "util/log.h"

struct wn_dynamics_plan {
    struct wn_mlp_plan network; /* replicate is set by the training */
    size_t replicates;
    size_t epoch;   /* EL2N and its kin are measured after this many; 0 = found
                       by held-out loss, learn/early_stopping.h */
    size_t epochs;  /* in all, >= epoch; 0 = as many as epoch, and where no
                       histories are kept there are no more */
    unsigned parts; /* enum wn_dynamics_part, or-ed */
};

/* Train and measure; the task's standard is made here. The answer does not
 * depend on `threads`. A network that diverges begins again with half the rate.
 * Time O(replicates epochs n hidden (d + k)); memory O(threads) numbers a row.
 * Errors: WN_EDATA (no labelled row), WN_ENOMEM, WN_ENUMERIC (no rate works).
 */
struct wn_dynamics *wn_dynamics_train(const struct wn_mlp_task *task,
                                      const struct wn_dynamics_plan *plan,
                                      int threads, struct wn_log *log,
                                      struct wn_error *error) WN_MUST_CHECK;
/* Most bytes that takes, the answer included, beside the task. */
double wn_dynamics_bytes(size_t n, size_t d, size_t k,
                         const struct wn_dynamics_plan *plan, int threads);

#endif
