/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Training dynamics of replicated networks; see dynamics.h.
 *
 * A replicate is trained from its first to its last epoch by one thread, with
 * its own weights, order of rows and row histories; then its numbers are
 * folded into the row totals, in the order of the replicates. So nothing
 * depends on how many threads there are. */
#include "model/dynamics.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "model/early.h"
#include "util/memory.h"

void wn_history_add(struct wn_history *history, const float *z, size_t k,
                    int32_t label, double log_total)
{
    const size_t y = (size_t)label;
    const double loss = log_total - z[y], own = exp(-loss);
    double sum = 0, other = k > 1 ? -INFINITY : z[y];
    size_t best = 0;

    for (size_t c = 0; c < k; c++) {
        sum += z[c];
        if (c != y && z[c] > other)
            other = z[c];
        if (z[c] > z[best])
            best = c;
    }
    const uint32_t right = best == y;
    const double e = ++history->epochs, step = own - history->own_mean,
                 loss_step = loss - history->loss_mean;

    history->logit_margin += z[y] - other;
    history->own_mean += step / e;
    history->own_square += step * (own - history->own_mean);
    history->loss_mean += loss_step / e;
    history->loss_square += loss_step * (loss - history->loss_mean);
    history->cores = sum / (double)k - z[y];
    if (right && history->right == 0)
        history->first = history->epochs - 1;
    history->right += right;
    history->forgotten += history->was_right && !right;
    history->was_right = (uint8_t)right;
}

void wn_history_read(const struct wn_history *history,
                     double value[WN_STATISTICS])
{
    const double e = history->epochs ? history->epochs : 1;
    const int learned = history->right > 0;

    value[WN_AUM] = history->logit_margin / e;
    value[WN_FORGETTING] = learned ? history->forgotten : history->epochs;
    value[WN_FIRST_LEARNED] = learned ? history->first : history->epochs;
    value[WN_CONFIDENCE] = history->own_mean;
    value[WN_VARIABILITY] = sqrt(history->own_square / e);
    value[WN_CORRECTNESS] = history->right;
    value[WN_LOSS_MEAN] = history->loss_mean;
    value[WN_LOSS_STD] = sqrt(history->loss_square / e);
    value[WN_CORES] = history->cores;
}

const struct wn_option wn_dynamics_options[] = {
    {"replicates", 0, WN_WHOLE, "N", "10", 1, 1000, NULL, true,
     "networks to train for the training dynamics"},
    {"epoch", 0, WN_WHOLE, "N", NULL, 1, 100000, NULL, true,
     "measure EL2N and GraNd after N epochs (default: by held-out loss)"},
    {"epochs", 0, WN_WHOLE, "N", NULL, 1, 100000, NULL, true,
     "train for N epochs (default: as many as --epoch)"},
    {"hidden", 0, WN_WHOLE, "N", "128", 1, 65536, NULL, true,
     "hidden units of each network"},
    {"learning-rate", 0, WN_REAL, "RATE", "0.05", 1e-9, 1000, NULL, true,
     "step size of the networks' training"},
    {"batch", 0, WN_WHOLE, "N", "128", 1, 65536, NULL, true,
     "rows a training step"},
    {0}};

int wn_dynamics_plan_from(const struct wn_options *options, uint64_t seed,
                          struct wn_dynamics_plan *plan,
                          struct wn_error *error)
{
    *plan = (struct wn_dynamics_plan){
        .network = {.hidden = (size_t)wn_option_number(options, "hidden"),
                    .batch = (size_t)wn_option_number(options, "batch"),
                    .rate = wn_option_number(options, "learning-rate"),
                    .momentum = .9,
                    .seed = seed},
        .replicates = (size_t)wn_option_number(options, "replicates"),
        .epoch = (size_t)wn_option_number(options, "epoch"),
        .epochs = (size_t)wn_option_number(options, "epochs")};
    if (plan->epochs > 0 && plan->epochs < plan->epoch)
        return wn_fail(error, WN_EUSAGE,
                       "--epoch=%zu is after the last of --epochs=%zu",
                       plan->epoch, plan->epochs);
    return 0;
}

/* Mean and sum of squared deviations over the replicates so far. */
struct moment {
    double mean, square;
};

struct wn_dynamics {
    size_t n, epoch, epochs;
    size_t replicates; /* folded in */
    const int32_t *label;
    struct moment *total; /* WN_STATISTICS x n */
};

/* One replicate at work. */
struct replicate {
    const struct wn_mlp_task *task;
    struct wn_verdict *verdict; /* n */
    double *grand;              /* n */
    struct wn_history *history; /* n */
};

/* What it has is freed by replicate_free(), also after a failure. */
static int replicate_new(struct replicate *r, const struct wn_mlp_task *task,
                         struct wn_error *error)
{
    r->task = task;
    r->verdict = wn_new(task->n, sizeof *r->verdict, error);
    r->grand = wn_new(task->n, sizeof *r->grand, error);
    r->history = wn_new(task->n, sizeof *r->history, error);
    return r->verdict && r->grand && r->history ? 0 : -1;
}

static void replicate_free(struct replicate *r)
{
    free(r->verdict);
    free(r->grand);
    free(r->history);
}

static void watch(void *context, const int32_t *row, size_t count,
                  const float *logits, const double *log_total)
{
    struct replicate *r = context;
    const size_t k = r->task->k;

    for (size_t i = 0; i < count; i++)
        wn_history_add(&r->history[row[i]], logits + i * k, k,
                       r->task->label[row[i]], log_total[i]);
}

/* What the threads share. */
struct training {
    const struct wn_mlp_task *task;
    const struct wn_dynamics_plan *plan;
    struct wn_dynamics *dynamics;
    struct wn_talk *talk;
    uint64_t done; /* epochs, of all replicates */
    struct wn_error *error;
    int failed;
};

static void tell(struct training *training, int speaker)
{
    uint64_t done;

#pragma omp atomic capture
    done = ++training->done;
    if (speaker)
        wn_talk_progress(training->talk, "epochs", done,
                         training->plan->replicates * training->plan->epochs);
}

/* Train one network with `rate`: 0, 1 if it diverged, -1. */
static int train_at(struct replicate *r, struct training *training,
                    size_t index, double rate, int speaker,
                    struct wn_error *error)
{
    const struct wn_dynamics_plan *plan = training->plan;
    const struct wn_mlp_findings out = {NULL, r->verdict, r->grand};
    struct wn_mlp_plan network = plan->network;

    network.rate = rate;
    network.replicate = index;
    memset(r->history, 0, r->task->n * sizeof *r->history);
    struct wn_mlp_trainer *trainer =
        wn_mlp_trainer_new(r->task, &network, error);
    if (!trainer)
        return -1;
    int status = 0;
    for (size_t e = 0; e < plan->epochs && status == 0; e++) {
        status = wn_mlp_trainer_epoch(trainer, watch, r);
        if (status == 0 && e + 1 == plan->epoch)
            status = wn_mlp_measure(wn_mlp_trainer_net(trainer), r->task->x,
                                    r->task->n, r->task->label, &out, error);
        tell(training, speaker);
    }
    wn_mlp_trainer_free(trainer);
    return status;
}

static int train_one(struct replicate *r, struct training *training,
                     size_t index, int speaker, struct wn_error *error)
{
    double rate = training->plan->network.rate;

    for (int attempt = 0; attempt < 16; attempt++, rate /= 2) {
        const int status = train_at(r, training, index, rate, speaker, error);

        if (status <= 0)
            return status;
    }
    return wn_fail(error, WN_ENUMERIC,
                   "the networks diverge at any rate down to %g; are the "
                   "features scaled?",
                   rate);
}

static void fold_row(struct wn_dynamics *dynamics, const struct replicate *r,
                     size_t i)
{
    const struct wn_verdict *verdict = &r->verdict[i];
    double value[WN_STATISTICS] = {
        [WN_EL2N] = verdict->el2n,     [WN_GRAND] = r->grand[i],
        [WN_L1] = 2 * (1 - verdict->own), [WN_MARGIN] = verdict->margin,
        [WN_LOSS] = verdict->loss};
    const double count = (double)dynamics->replicates;

    wn_history_read(&r->history[i], value);
    for (int s = 0; s < WN_STATISTICS; s++) {
        struct moment *total = &dynamics->total[(size_t)s * dynamics->n + i];
        const double step = value[s] - total->mean;

        total->mean += step / count;
        total->square += step * (value[s] - total->mean);
    }
}

static void fold(struct wn_dynamics *dynamics, const struct replicate *r)
{
    dynamics->replicates++;
    for (size_t i = 0; i < dynamics->n; i++)
        fold_row(dynamics, r, i);
}

static void fail(struct training *training, const struct wn_error *error)
{
#pragma omp critical(wn_dynamics_failed)
    {
        if (!training->failed)
            *training->error = *error;
        training->failed = 1;
    }
}

static void train_all(struct training *training, int threads)
{
    const long replicates = (long)training->plan->replicates;

#pragma omp parallel num_threads(threads)
    {
        struct wn_error error = {0};
        struct replicate r;
        int mine = replicate_new(&r, training->task, &error);

        if (mine < 0)
            fail(training, &error);
#pragma omp for ordered schedule(static, 1)
        for (long index = 0; index < replicates; index++) {
            int failed;

#pragma omp atomic read
            failed = training->failed;
            if (mine == 0 && !failed) {
                mine = train_one(&r, training, (size_t)index,
                                 omp_get_thread_num() == 0, &error);
                if (mine < 0)
                    fail(training, &error);
            }
#pragma omp ordered
            if (mine == 0 && !failed)
                fold(training->dynamics, &r);
        }
        replicate_free(&r);
    }
}

static struct wn_dynamics *dynamics_new(const struct wn_mlp_task *task,
                                        const struct wn_dynamics_plan *plan,
                                        struct wn_error *error)
{
    struct wn_dynamics *dynamics = wn_new(1, sizeof *dynamics, error);

    if (!dynamics)
        return NULL;
    dynamics->n = task->n;
    dynamics->epoch = plan->epoch;
    dynamics->epochs = plan->epochs;
    dynamics->label = task->label;
    dynamics->total = wn_new(wn_product(WN_STATISTICS, task->n, 1),
                             sizeof *dynamics->total, error);
    if (dynamics->total)
        return dynamics;
    wn_dynamics_free(dynamics);
    return NULL;
}

static struct wn_dynamics *train(const struct wn_mlp_task *task,
                                 const struct wn_dynamics_plan *asked,
                                 int threads, struct wn_talk *talk,
                                 struct wn_error *error)
{
    struct wn_dynamics_plan plan = *asked;

    if (plan.epoch == 0 &&
        wn_early_epoch(task, &plan.network, plan.epochs, threads, &plan.epoch,
                       error) < 0)
        return NULL;
    if (plan.epochs == 0)
        plan.epochs = plan.epoch;
    struct wn_dynamics *dynamics = dynamics_new(task, &plan, error);
    if (!dynamics)
        return NULL;
    struct training training = {.task = task,
                                .plan = &plan,
                                .dynamics = dynamics,
                                .talk = talk,
                                .error = error};
    const uint64_t all = (uint64_t)plan.replicates * plan.epochs;

    wn_talk_progress(talk, "epochs", 0, all);
    train_all(&training, threads);
    wn_talk_progress(talk, "epochs", all, all);
    if (!training.failed)
        return dynamics;
    wn_dynamics_free(dynamics);
    return NULL;
}

struct wn_dynamics *wn_dynamics_train(const struct wn_mlp_task *task,
                                      const struct wn_dynamics_plan *plan,
                                      int threads, struct wn_talk *talk,
                                      struct wn_error *error)
{
    struct wn_mlp_task own = *task;
    struct wn_standard standard;

    if (wn_standard_make(&standard, task->x, task->n, task->d, error))
        return NULL;
    own.standard = &standard;
    struct wn_dynamics *dynamics = train(&own, plan, threads, talk, error);
    wn_standard_free(&standard);
    return dynamics;
}

void wn_dynamics_free(struct wn_dynamics *dynamics)
{
    if (!dynamics)
        return;
    free(dynamics->total);
    free(dynamics);
}

void wn_dynamics_read(const struct wn_dynamics *dynamics,
                      enum wn_statistic statistic, double factor, double shift,
                      float *mean, float *spread)
{
    const struct moment *total =
        dynamics->total + (size_t)statistic * dynamics->n;

    for (size_t i = 0; i < dynamics->n; i++) {
        const int labelled = dynamics->label[i] >= 0;
        const double variance =
            total[i].square / (double)dynamics->replicates;

        mean[i] = labelled ? (float)(factor * total[i].mean + shift) : 0;
        if (spread)
            spread[i] =
                labelled ? (float)(fabs(factor) * sqrt(variance)) : 0;
    }
}

size_t wn_dynamics_epoch(const struct wn_dynamics *dynamics)
{
    return dynamics->epoch;
}

size_t wn_dynamics_epochs(const struct wn_dynamics *dynamics)
{
    return dynamics->epochs;
}

double wn_dynamics_bytes(size_t n, size_t d, size_t k,
                         const struct wn_dynamics_plan *plan, int threads)
{
    const double weights =
        (double)plan->network.hidden * (double)(d + k) * 3 * sizeof(float);
    const double row = sizeof(struct wn_verdict) + sizeof(double) +
                       sizeof(struct wn_history) + sizeof(int32_t);

    return (double)n * (2 * WN_STATISTICS * sizeof(double) + 8 +
                        row * (double)threads) +
           weights * (double)threads;
}
