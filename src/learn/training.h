/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/training.h: training dynamics of our own networks.
 *
 * Replicated networks (learn/mlp.h) learn from all labelled rows, each in its
 * own order of batches: with a shared order the replicates' means agree less
 * from seed to seed. At one epoch all rows are measured in a pass of their own;
 * the statistics over epochs use the logits of each minibatch before its
 * update, as in the papers. */
#ifndef WN_LEARN_TRAINING_H
#define WN_LEARN_TRAINING_H

#include <stddef.h>
#include <stdint.h>

#include "learn/dynamics.h"
#include "learn/mlp.h"
#include "util/error.h"
#include "util/log.h"
#include "util/units.h"

struct wn_dynamics_plan {
    struct wn_mlp_plan network; /* replicate is set by the training */
    size_t replicates;
    size_t epoch;   /* EL2N and similar scores are measured after this many; 0:
                       wn_early_stopping_epoch() */
    size_t epochs;  /* in all, >= epoch; 0 or no histories: the same as epoch */
    unsigned parts; /* enum wn_dynamics_part, or-ed */
    struct wn_units *units; /* each replicate is one, and the epoch */
};

/* Train and measure; task->standard is ignored and made here. The result does
 * not depend on `threads`. A network that diverges starts again with half the
 * rate. Time O(replicates epochs n hidden (d + k)); memory O(threads) numbers a
 * row. NULL without an error: other shards have not trained theirs. Errors:
 * WN_EDATA (no labelled row), WN_ENUMERIC (no rate works). */
struct wn_dynamics *wn_dynamics_train(const struct wn_mlp_task *task,
                                      const struct wn_dynamics_plan *plan,
                                      int threads, struct wn_log *log,
                                      struct wn_error *error) WN_MUST_CHECK;
/* Peak bytes, the result included, beside the task. */
double wn_dynamics_bytes(size_t n, size_t d, size_t k,
                         const struct wn_dynamics_plan *plan, int threads);

enum { WN_EARLY_STOPPING_MIN = 20, WN_EARLY_STOPPING_BLIND = 20 };

/* The epoch, from 1, after which networks of this plan predict unseen labels
 * best: the first whose mean loss on held-out fifths of the labelled rows is
 * within 1 % of the minimum. Probe networks with their own random numbers (five
 * up to 5,000 rows, one a fifth; else two) are trained until the loss has risen
 * for a while. Wrong labels are memorised later than the others, so scores at
 * this epoch separate them.
 *   max       upper limit of the epoch; 0: set by the number of rows
 *   threads   the result does not depend on it
 *   units     a team trains a probe on each rank; may be NULL
 *   epoch     out
 * With fewer than WN_EARLY_STOPPING_MIN labelled rows there is nothing to hold
 * out, and the epoch is min(max, WN_EARLY_STOPPING_BLIND).
 * Errors: WN_EDATA (no row to learn from). */
int wn_early_stopping_epoch(const struct wn_mlp_task *task,
                            const struct wn_mlp_plan *plan, size_t max,
                            int threads, struct wn_units *units, size_t *epoch,
                            struct wn_error *error) WN_MUST_CHECK;

#endif
