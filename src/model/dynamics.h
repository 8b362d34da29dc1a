/* SPDX-License-Identifier: GPL-3.0-or-later */
/* model/dynamics.h: what becomes of every row while networks learn.
 *
 * Replicated networks (model/mlp.h) learn from all labelled rows. Two kinds of
 * numbers are kept for every row, one set of O(1) numbers a row, never a row x
 * epoch or row x class array:
 *
 *   at one epoch   a separate pass over all rows after that epoch: EL2N, GraNd
 *                  and their kin
 *   over epochs    the logits of each minibatch before its update, as the
 *                  papers have it: margin, forgetting, loss, confidence
 *
 * Each is averaged over the replicates; the standard deviation over them
 * (ddof 0) is kept beside. Rows without a label have 0 everywhere. */
#ifndef WN_MODEL_DYNAMICS_H
#define WN_MODEL_DYNAMICS_H

#include <stddef.h>
#include <stdint.h>

#include "model/mlp.h"
#include "util/error.h"
#include "util/message.h"
#include "util/options.h"

enum wn_statistic {
    /* At one epoch. */
    WN_EL2N,   /* ||p - onehot||_2 */
    WN_GRAND,  /* ||gradient by all weights||_2 */
    WN_L1,     /* sum |p - onehot| */
    WN_MARGIN, /* largest other p - p_y */
    WN_LOSS,   /* -log p_y */
    /* Over epochs 0 .. E-1. */
    WN_AUM,           /* mean of z_y - largest other z */
    WN_FORGETTING,    /* times right became wrong; E if never right */
    WN_FIRST_LEARNED, /* the first epoch it was right; E if never */
    WN_CONFIDENCE,    /* mean of p_y */
    WN_VARIABILITY,   /* standard deviation of p_y, ddof 0 */
    WN_CORRECTNESS,   /* epochs it was right */
    WN_LOSS_MEAN,     /* mean of -log p_y */
    WN_LOSS_STD,      /* standard deviation of -log p_y, ddof 0 */
    WN_CORES,         /* -log p_y - mean over classes of -log p, last epoch */
    WN_STATISTICS
};

/* One row's way through the epochs of one network. {0} at the start. */
struct wn_history {
    double logit_margin; /* sum */
    double own_mean, own_square, loss_mean, loss_square; /* Welford */
    double cores;
    uint32_t epochs, right, forgotten, first;
    uint8_t was_right;
};

/* Add an epoch's logits z (k) of a row with label 0 .. k-1; log_total is
 * wn_log_total(z, k). */
void wn_history_add(struct wn_history *history, const float *z, size_t k,
                    int32_t label, double log_total);
/* Its statistics; those at one epoch are left alone. */
void wn_history_read(const struct wn_history *history,
                     double value[WN_STATISTICS]);

struct wn_dynamics_plan {
    struct wn_mlp_plan network; /* replicate is set by the training */
    size_t replicates;
    size_t epoch;  /* EL2N and its kin are measured after this many; 0 = found
                      by held-out loss, model/early.h */
    size_t epochs; /* in all, >= epoch; 0 = as many as epoch */
};

/* Options that shape the plan, to go into a program's table; ends with {0}. */
extern const struct wn_option wn_dynamics_options[];
/* The plan these options ask for. WN_EUSAGE if --epochs < --epoch. */
int wn_dynamics_plan_from(const struct wn_options *options, uint64_t seed,
                          struct wn_dynamics_plan *plan,
                          struct wn_error *error) WN_MUST_CHECK;

struct wn_dynamics;

/* Train and measure; the task's standard is made here. The answer does not
 * depend on `threads`. A network that diverges begins again with half the rate.
 * Time O(replicates epochs n hidden (d + k)); memory O(threads) numbers a row.
 * Errors: WN_EDATA (no labelled row), WN_ENOMEM, WN_ENUMERIC (no rate works).
 */
struct wn_dynamics *wn_dynamics_train(const struct wn_mlp_task *task,
                                      const struct wn_dynamics_plan *plan,
                                      int threads, struct wn_talk *talk,
                                      struct wn_error *error) WN_MUST_CHECK;
void wn_dynamics_free(struct wn_dynamics *dynamics);
/* Most bytes that takes, the answer included, beside the task. */
double wn_dynamics_bytes(size_t n, size_t d, size_t k,
                         const struct wn_dynamics_plan *plan, int threads);

/* Fill mean[n] and spread[n] (NULL if not wanted) with factor * statistic +
 * shift and |factor| * its standard deviation; 0 for rows without a label. */
void wn_dynamics_read(const struct wn_dynamics *dynamics,
                      enum wn_statistic statistic, double factor, double shift,
                      float *mean, float *spread);
/* The epoch of EL2N, and all of them. */
size_t wn_dynamics_epoch(const struct wn_dynamics *dynamics);
size_t wn_dynamics_epochs(const struct wn_dynamics *dynamics);

#endif
