/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/dynamics.h: training dynamics: statistics of every row while networks
 * learn.
 *
 * Two kinds of statistics are kept, O(1) numbers a row: never a row x epoch
 * array and, except for the targets, no row x class array.
 *
 *   at one epoch   EL2N, GraNd and similar scores
 *   over epochs    margin, forgetting, loss, confidence
 *
 * Each has a mean and a standard deviation (ddof 0) over the replicates. Rows
 * without a label have 0 everywhere. The logits come from our own networks
 * (learn/training.h) or from the user's (struct wn_external_dynamics). */
#ifndef WN_LEARN_DYNAMICS_H
#define WN_LEARN_DYNAMICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "learn/mlp.h"
#include "util/error.h"

enum wn_statistic {
    /* At one epoch. */
    WN_EL2N,       /* ||p - onehot||_2 */
    WN_GRAND,      /* ||gradient with respect to all weights||_2 */
    WN_GRAND_LAST, /* the same for the weights of the last layer */
    WN_L1,         /* sum |p - onehot| */
    WN_MARGIN,     /* largest other p - p_y */
    WN_LOSS,       /* -log p_y */
    /* Over epochs 0 .. E-1. */
    WN_AUM,            /* mean of z_y - largest other z */
    WN_FORGETTING,     /* times correct became wrong; E if never correct */
    WN_NEVER,          /* 1 if never correct */
    WN_FIRST_LEARNED,  /* the first epoch it was correct; E if never */
    WN_CONFIDENCE,     /* mean of p_y */
    WN_VARIABILITY,    /* standard deviation of p_y, ddof 0 */
    WN_VARIABILITY_CI, /* sqrt(v + v^2/(E - 1)), v the variance */
    WN_CORRECTNESS,    /* epochs it was correct */
    WN_LOSS_MEAN,      /* mean of -log p_y */
    WN_LOSS_RECENT,    /* mean of -log p_y (e + 1)/E */
    WN_LOSS_STD,       /* standard deviation of -log p_y, ddof 0 */
    WN_CORES,          /* -log p_y - mean over classes of -log p, last epoch */
    /* From a target t that follows p, k numbers a row. */
    WN_TARGET_OWN, /* t_y */
    WN_TARGET_LOG, /* log(1 - t p), last epoch */
    WN_STATISTICS
};

/* One row over the epochs of one network. {0} at the start. */
struct wn_history {
    double logit_margin;                                 /* sum */
    double own_mean, own_square, loss_mean, loss_square; /* Welford */
    double loss_recent; /* sum of loss (e + 1) */
    double cores, target_own, target_log;
    uint32_t epochs, correct, forgotten, first;
    uint8_t was_correct;
};

/* Add an epoch's logits z (k) of a row with label 0 .. k-1; log_total is
 * wn_log_total(z, k). */
void wn_history_add(struct wn_history *history, const float *z, size_t k,
                    int32_t label, double log_total);
/* Update the row's target t (k, 0 at the start):
 * t <- .7 t + .3 p / sum p with p clipped to 1e-4 .. 1 - 1e-4, the targets of
 * ELR (Liu et al. 2020). The history keeps t_y and log(1 - t p). Compared with
 * golden:cores_elr. */
void wn_history_update_target(struct wn_history *history, float *t,
                              const float *z, size_t k, int32_t label,
                              double log_total);
/* Its statistics over epochs; value[] at one epoch is not changed. */
void wn_history_read(const struct wn_history *history,
                     double value[WN_STATISTICS]);

/* What is kept besides the statistics of p at one epoch. */
enum wn_dynamics_part {
    WN_DYNAMICS_GRADIENTS = 1, /* WN_GRAND, WN_GRAND_LAST */
    WN_DYNAMICS_HISTORIES = 2, /* all over epochs */
    WN_DYNAMICS_TARGETS = 4    /* the targets; only with histories */
};

struct wn_dynamics;

/* No replicates yet. label (n) is borrowed; parts are enum wn_dynamics_part,
 * or-ed: statistics of other parts cost nothing and cannot be read. */
struct wn_dynamics *wn_dynamics_new(size_t n, const int32_t *label,
                                    unsigned parts, size_t epoch,
                                    size_t epochs);
void wn_dynamics_free(struct wn_dynamics *dynamics);
/* Add a replicate: n predictions and, as the parts say, n gradient norms and n
 * histories, else NULL. */
void wn_dynamics_add(struct wn_dynamics *dynamics,
                     const struct wn_mlp_prediction *prediction,
                     const struct wn_gradient *gradient,
                     const struct wn_history *history);

/* mean[n] = factor * statistic + shift, and spread[n] (may be NULL) = |factor|
 * * its standard deviation; 0 for rows without a label. */
void wn_dynamics_read(const struct wn_dynamics *dynamics,
                      enum wn_statistic statistic, double factor, double shift,
                      float *mean, float *spread);
/* The epoch of EL2N, and the number of epochs. */
size_t wn_dynamics_epoch(const struct wn_dynamics *dynamics);
size_t wn_dynamics_epochs(const struct wn_dynamics *dynamics);

/* Logits or probabilities of the user's own network. */
struct wn_external_dynamics {
    size_t n, k, epochs;
    const int32_t *label; /* n, -1 .. k-1 */
    /* The numbers of epoch e, from 0, into out (n x k); 0 or -1. */
    int (*read)(void *context, size_t e, float *out, struct wn_error *error);
    void *context;
    /* The numbers are probabilities. Their logarithms (of at least 1e-30) are
     * logits up to a constant a row, which no statistic depends on. */
    bool probabilities;
};

/* The dynamics of that network as the only replicate.
 *   parts   enum wn_dynamics_part, or-ed, without WN_DYNAMICS_GRADIENTS;
 *           without histories only one epoch is read
 *   epoch   of EL2N and similar scores, 1 .. epochs
 * Memory O(n k). Errors: those of `read`. Compared with
 * golden:training_dynamics, golden:cores_elr. */
struct wn_dynamics *
wn_external_dynamics_follow(const struct wn_external_dynamics *given,
                            unsigned parts, size_t epoch, int threads,
                            struct wn_error *error) WN_MUST_CHECK;

/* The default of `epoch`: a tenth of the epochs, rounded up, as Paul, Ganguli
 * and Dziugaite 2021 take 10 to 20 of 200. */
size_t wn_external_dynamics_epoch(size_t epochs);
/* Peak bytes, the result included. */
double wn_external_dynamics_bytes(size_t n, size_t k, unsigned parts);

#endif
