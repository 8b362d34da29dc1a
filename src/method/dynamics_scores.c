/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Methods that are one statistic of the training dynamics, or little more.
 *
 * learn/dynamics.h says what each statistic is. A row of this file without
 * `score` is factor * statistic + shift (method.h), turned so that higher is
 * more suspicious. Those at one early epoch (needs DYNAMICS alone) follow Paul,
 * Ganguli and Dziugaite 2021, who average 10 networks; GraNd is never taken at
 * initialisation, where Kirsch 2023 found it no better than chance. */
#include <math.h>
#include <stdlib.h>

#include "learn/noisy_loss.h"
#include "method/method.h"
#include "util/memory.h"

enum {
    EARLY = WN_NEEDS_DYNAMICS,
    GRADIENTS = WN_NEEDS_DYNAMICS | WN_NEEDS_GRADIENTS,
    HISTORIES = WN_NEEDS_DYNAMICS | WN_NEEDS_HISTORIES,
    TARGETS = HISTORIES | WN_NEEDS_TARGETS
};

/* Two Gaussians are fitted to the losses of all rows; DivideMix calls the one
 * with the smaller mean clean. The score is the probability of the other. */
static int small_loss_score(const struct wn_view *view,
                            const struct wn_scores *out, struct wn_error *error)
{
    double *loss = wn_new(view->n, sizeof *loss);
    double *clean = wn_new(view->n, sizeof *clean);
    size_t rows = 0;

    (void)error;
    wn_dynamics_read(view->dynamics, WN_LOSS, 1, 0, out->score, NULL);
    for (size_t i = 0; i < view->n; i++)
        if (view->label[i] >= 0)
            loss[rows++] = out->score[i];
    wn_mixture_fit(loss, rows, clean, NULL);
    rows = 0;
    for (size_t i = 0; i < view->n; i++)
        out->score[i] = view->label[i] < 0 ? 0 : (float)(1 - clean[rows++]);
    free(loss);
    free(clean);
    return 0;
}

/* A network that never had the row right counts E epochs, as in the authors'
 * code. --forgetting-never sets another count: 1000 in dataset cartography,
 * more than any other row in the data diet. The counts are E at first, so this
 * adds extra = count - E afterwards. Let q be the share of such networks. The
 * mean grows by extra q, the variance by extra^2 q (1 - q) + 2 extra
 * covariance, and the covariance is q (E - mean). */
static int forgetting_score(const struct wn_view *view,
                            const struct wn_scores *out, struct wn_error *error)
{
    const double epochs = (double)wn_dynamics_epochs(view->dynamics);
    const double extra = view->settings->forgetting_never - epochs;

    (void)error;
    wn_dynamics_read(view->dynamics, WN_FORGETTING, 1, 0, out->score,
                     out->spread);
    if (!view->settings->has_forgetting_never)
        return 0;
    float *share = wn_new(view->n, sizeof *share);
    wn_dynamics_read(view->dynamics, WN_NEVER, 1, 0, share, NULL);
    for (size_t i = 0; i < view->n; i++) {
        const double q = share[i], variance = q * (1 - q),
                     covariance = q * (epochs - out->score[i]);

        if (out->spread)
            out->spread[i] = (float)sqrt(
                fmax((double)out->spread[i] * out->spread[i] +
                         extra * (extra * variance + 2 * covariance),
                     0));
        out->score[i] += (float)(extra * q);
    }
    free(share);
    return 0;
}

/* c (1 - c), c the mean over epochs and networks; at most 1/4. */
static int closeness_score(const struct wn_view *view,
                           const struct wn_scores *out, struct wn_error *error)
{
    (void)error;
    wn_dynamics_read(view->dynamics, WN_CONFIDENCE, 1, 0, out->score, NULL);
    for (size_t i = 0; i < view->n; i++)
        out->score[i] *= 1 - out->score[i];
    return 0;
}

/* clang-format off */
const struct wn_method wn_method_el2n = {
    .name = "el2n", .source = "Paul, Ganguli and Dziugaite 2021",
    .brief = "distance of early probabilities from the label",
    .needs = EARLY, .statistic = WN_EL2N, .factor = 1, .spreads = true};

const struct wn_method wn_method_grand = {
    .name = "grand", .source = "Paul, Ganguli and Dziugaite 2021",
    .brief = "norm of the gradient of the row's early loss",
    .needs = GRADIENTS, .statistic = WN_GRAND, .factor = 1, .spreads = true};

const struct wn_method wn_method_grand_last = {
    .name = "grand_last", .source = "Paul, Ganguli and Dziugaite 2021",
    .brief = "norm of the gradient by the last layer only",
    .needs = GRADIENTS, .statistic = WN_GRAND_LAST, .factor = 1,
    .spreads = true};

const struct wn_method wn_method_l1 = {
    .name = "l1", .source = "Paul, Ganguli and Dziugaite 2021",
    .brief = "L1 distance of early probabilities from the label",
    .needs = EARLY, .statistic = WN_L1, .factor = 1, .spreads = true};

const struct wn_method wn_method_margin = {
    .name = "margin", .source = "Paul, Ganguli and Dziugaite 2021",
    .brief = "lead of the best other class in early probabilities",
    .needs = EARLY, .statistic = WN_MARGIN, .factor = 1, .spreads = true};

const struct wn_method wn_method_sum_margin = {
    .name = "sum_margin", .source = "Paul, Ganguli and Dziugaite 2021",
    .brief = "lead of all other classes in early probabilities",
    /* 1 - k p_y, from l1 = 2 (1 - p_y) */
    .needs = EARLY, .statistic = WN_L1, .class_factor = .5, .shift = 1,
    .class_shift = -1, .spreads = true};

const struct wn_method wn_method_small_loss = {
    .name = "small_loss", .source = "Li, Socher and Hoi 2020",
    .brief = "probability that the early loss is a large one",
    .needs = EARLY, .score = small_loss_score};

const struct wn_method wn_method_forgetting = {
    .name = "forgetting", .source = "Toneva et al. 2019",
    .brief = "times a right prediction became wrong",
    .needs = HISTORIES, .score = forgetting_score, .spreads = true};

const struct wn_method wn_method_first_learned = {
    .name = "first_learned", .source = "Toneva et al. 2019",
    .brief = "first epoch in which the label was predicted",
    .needs = HISTORIES, .statistic = WN_FIRST_LEARNED, .factor = 1,
    .spreads = true};

const struct wn_method wn_method_confidence = {
    .name = "confidence", .source = "Swayamdipta et al. 2020",
    .brief = "one minus the mean probability of the label",
    .needs = HISTORIES, .statistic = WN_CONFIDENCE, .factor = -1, .shift = 1,
    .spreads = true};

const struct wn_method wn_method_variability = {
    .name = "variability", .source = "Swayamdipta et al. 2020",
    .brief = "deviation of the label's probability over epochs",
    /* Ambiguous rows have a high score, wrong labels a low one together with a
     * high `confidence`. */
    .needs = HISTORIES, .statistic = WN_VARIABILITY, .factor = 1,
    .spreads = true};

const struct wn_method wn_method_closeness = {
    .name = "closeness", .source = "Swayamdipta et al. 2020",
    .brief = "how near the label's mean probability is to one half",
    .needs = HISTORIES, .score = closeness_score};

const struct wn_method wn_method_correctness = {
    .name = "correctness", .source = "Swayamdipta et al. 2020",
    .brief = "epochs in which another label was predicted",
    /* Cartography counts the epochs in which the row was right. */
    .needs = HISTORIES, .statistic = WN_CORRECTNESS, .factor = -1,
    .epoch_shift = 1, .spreads = true};

const struct wn_method wn_method_loss_mean = {
    .name = "loss_mean", .source = "Lan et al. 2024",
    .brief = "mean loss over the epochs",
    .needs = HISTORIES, .statistic = WN_LOSS_MEAN, .factor = 1,
    .spreads = true};

const struct wn_method wn_method_loss_std = {
    .name = "loss_std", .source = "Lan et al. 2024",
    .brief = "deviation of the loss over the epochs",
    .needs = HISTORIES, .statistic = WN_LOSS_STD, .factor = 1};

const struct wn_method wn_method_cores = { /* the paper keeps scores below 0 */
    .name = "cores", .source = "Cheng et al. 2021",
    .brief = "the label's loss minus the mean loss of all classes",
    .needs = HISTORIES, .statistic = WN_CORES, .factor = 1, .spreads = true};

const struct wn_method wn_method_elr = {
    .name = "elr", .source = "Liu et al. 2020",
    .brief = "one minus the running mean of the label's probability",
    .needs = TARGETS, .statistic = WN_TARGET_OWN, .factor = -1, .shift = 1,
    .spreads = true};

const struct wn_method wn_method_elr_term = { /* whatever the label is */
    .name = "elr_term", .source = "Liu et al. 2020",
    .brief = "how unsettled the network is, log(1 - t p)",
    .needs = TARGETS, .statistic = WN_TARGET_LOG, .factor = 1, .spreads = true};
/* clang-format on */
