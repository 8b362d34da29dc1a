/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/dynamics.h: what becomes of every row while networks learn.
 *
 * Two kinds of numbers are kept for every row, one set of O(1) numbers a row,
 * never a row x epoch and, but for the targets, no row x class array:
 *
 *   at one epoch   EL2N, GraNd and their kin
 *   over epochs    margin, forgetting, loss, confidence
 *
 * Each is averaged over the replicates; the standard deviation over them
 * (ddof 0) is kept beside. Rows without a label have 0 everywhere. The numbers
 * come from networks of our own (learn/training.h) or from logits that the
 * user brings (learn/external_dynamics.h). */
#ifndef WN_LEARN_DYNAMICS_H
#define WN_LEARN_DYNAMICS_H

#include <stddef.h>
#include <stdint.h>

#include "learn/mlp.h"
#include "util/error.h"

enum wn_statistic {
    /* At one epoch. */
    WN_EL2N,       /* ||p - onehot||_2 */
    WN_GRAND,      /* ||gradient by all weights||_2 */
    WN_GRAND_LAST, /* the same by those of the last layer */
    WN_L1,         /* sum |p - onehot| */
    WN_MARGIN,     /* largest other p - p_y */
    WN_LOSS,       /* -log p_y */
    /* Over epochs 0 .. E-1. */
    WN_AUM,            /* mean of z_y - largest other z */
    WN_FORGETTING,     /* times right became wrong; E if never right */
    WN_NEVER,          /* 1 if never right */
    WN_FIRST_LEARNED,  /* the first epoch it was right; E if never */
    WN_CONFIDENCE,     /* mean of p_y */
    WN_VARIABILITY,    /* standard deviation of p_y, ddof 0 */
    WN_VARIABILITY_CI, /* sqrt(v + v^2/(E - 1)), v its square */
    WN_CORRECTNESS,    /* epochs it was right */
    WN_LOSS_MEAN,      /* mean of -log p_y */
    WN_LOSS_RECENT,    /* mean of -log p_y (e + 1)/E */
    WN_LOSS_STD,       /* standard deviation of -log p_y, ddof 0 */
    WN_CORES,          /* -log p_y - mean over classes of -log p, last epoch */
    /* Of a target t that follows p, a row of k numbers. */
    WN_TARGET_OWN, /* t_y */
    WN_TARGET_LOG, /* log(1 - t p), last epoch */
    WN_STATISTICS
};

/* One row's way through the epochs of one network. {0} at the start. */
struct wn_history {
    double logit_margin;                                 /* sum */
    double own_mean, own_square, loss_mean, loss_square; /* Welford */
    double loss_recent; /* sum of loss (e + 1) */
    double cores, target_own, target_log;
    uint32_t epochs, right, forgotten, first;
    uint8_t was_right;
};

/* Add an epoch's logits z (k) of a row with label 0 .. k-1; log_total is
 * wn_log_total(z, k). */
void wn_history_add(struct wn_history *history, const float *z, size_t k,
                    int32_t label, double log_total);
/* Move the row's target t (k, 0 at the start) to these logits:
 * t <- .7 t + .3 p / sum p with p cut to 1e-4 .. 1 - 1e-4, the targets of ELR
 * (Liu et al. 2020); the history keeps t_y and log(1 - t p). Compared with
 * golden:cores_elr. */
void wn_history_aim(struct wn_history *history, float *t, const float *z,
                    size_t k, int32_t label, double log_total);
/* Its statistics; those at one epoch are left alone. */
void wn_history_read(const struct wn_history *history,
                     double value[WN_STATISTICS]);

/* What is kept beside the numbers from a row's probabilities at one epoch. */
enum wn_dynamics_part {
    WN_DYNAMICS_GRADIENTS = 1, /* WN_GRAND, WN_GRAND_LAST */
    WN_DYNAMICS_HISTORIES = 2, /* all over epochs */
    WN_DYNAMICS_TARGETS = 4    /* the targets; only with histories */
};

struct wn_dynamics;

/* Of n rows, nothing yet. label is borrowed; parts are enum wn_dynamics_part,
 * or-ed; what is no part costs nothing and cannot be read. NULL with
 * WN_ENOMEM. */
struct wn_dynamics *wn_dynamics_new(size_t n, const int32_t *label,
                                    unsigned parts, size_t epoch,
                                    size_t epochs) WN_MUST_CHECK;
void wn_dynamics_free(struct wn_dynamics *dynamics);
/* One more replicate: n verdicts and, as the parts say, n gradient norms and n
 * histories, else NULL. */
void wn_dynamics_add(struct wn_dynamics *dynamics,
                     const struct wn_mlp_prediction *verdict,
                     const struct wn_gradient *grand,
                     const struct wn_history *history);

/* Fill mean[n] and spread[n] (NULL if not wanted) with factor * statistic +
 * shift and |factor| * its standard deviation; 0 for rows without a label. */
void wn_dynamics_read(const struct wn_dynamics *dynamics,
                      enum wn_statistic statistic, double factor, double shift,
                      float *mean, float *spread);
/* The epoch of EL2N, and all of them. */
size_t wn_dynamics_epoch(const struct wn_dynamics *dynamics);
size_t wn_dynamics_epochs(const struct wn_dynamics *dynamics);

#endif
