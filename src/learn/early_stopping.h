/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/early_stopping.h: how long a network learns before it begins to
 * memorise. */
#ifndef WN_LEARN_EARLY_STOPPING_H
#define WN_LEARN_EARLY_STOPPING_H

#include <stddef.h>

#include "learn/mlp.h"
#include "util/error.h"

/* The epoch, from 1, after which networks of this plan predict labels they have
 * not seen best: the first at which the mean loss on held-out fifths of the
 * labelled rows is within 1 % of its least. Pilot networks of their own random
 * numbers are trained (five, one a fifth, on up to 5,000 rows; two above) until
 * the loss has risen for a while. Few or wrong labels are learned by heart
 * soon, many classes take long: measured on tables of 150 to 20,000 rows EL2N
 * at the epoch found detected planted noise as well as at the best fixed one.
 *   most      out of this many epochs; 0 = by the number of rows
 *   threads   the answer does not depend on it
 *   epoch     out
 * With fewer than WN_EARLY_STOPPING_MIN labelled rows nothing can be held out:
 * then WN_EARLY_STOPPING_BLIND, or `most` if that is less. Errors: WN_ENOMEM.
 */
int wn_early_stopping_epoch(const struct wn_mlp_task *task,
                            const struct wn_mlp_plan *plan, size_t most,
                            int threads, size_t *epoch,
                            struct wn_error *error) WN_MUST_CHECK;

/* Most bytes that takes, beside the task. */
double wn_early_stopping_bytes(size_t n, size_t d, size_t k,
                               const struct wn_mlp_plan *plan, int threads);

enum { WN_EARLY_STOPPING_MIN = 20, WN_EARLY_STOPPING_BLIND = 20 };

#endif
