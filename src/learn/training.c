/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Training dynamics of replicated networks; see training.h.
 *
 * A replicate is trained from its first to its last epoch by one thread, with
 * its own weights, order of rows and row histories; then its numbers are
 * folded into the row totals, in the order of the replicates. So nothing
 * depends on how many threads there are. */
#include "learn/training.h"

#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "learn/early_stopping.h"
#include "util/spill.h"
#include "util/memory.h"

/* One replicate at work. */
struct replicate {
    const struct wn_mlp_task *task;
    struct wn_mlp_prediction *verdict; /* n */
    struct wn_gradient *grand;         /* n, or NULL */
    struct wn_history *history;        /* n, or NULL */
    float *target;                     /* n x k, or NULL */
};

/* What it has is freed by replicate_free(), also after a failure. */
static int replicate_new(struct replicate *r, const struct wn_mlp_task *task,
                         unsigned parts)
{
    *r = (struct replicate){.task = task};
    r->verdict = wn_spill_new(task->n, sizeof *r->verdict);
    if (parts & WN_DYNAMICS_GRADIENTS) {
        r->grand = wn_spill_new(task->n, sizeof *r->grand);
    }
    if (parts & WN_DYNAMICS_HISTORIES) {
        r->history = wn_spill_new(task->n, sizeof *r->history);
    }
    if (parts & WN_DYNAMICS_TARGETS) {
        r->target =
            wn_spill_new(wn_product(task->n, task->k, 1), sizeof *r->target);
    }
    return 0;
}

static void replicate_free(struct replicate *r)
{
    wn_spill_free(r->verdict);
    wn_spill_free(r->grand);
    wn_spill_free(r->history);
    wn_spill_free(r->target);
}

static void watch(void *context, const int32_t *row, size_t count,
                  const float *logits, const double *log_total)
{
    struct replicate *r = context;
    const size_t k = r->task->k;

    for (size_t i = 0; i < count; i++) {
        const size_t at = (size_t)row[i];
        const float *z = logits + i * k;

        wn_history_add(&r->history[at], z, k, r->task->label[at], log_total[i]);
        if (r->target)
            wn_history_aim(&r->history[at], r->target + at * k, z, k,
                           r->task->label[at], log_total[i]);
    }
}

/* What the threads share. */
struct training {
    const struct wn_mlp_task *task;
    const struct wn_dynamics_plan *plan;
    struct wn_dynamics *dynamics;
    struct wn_log *log;
    uint64_t done; /* epochs, of all replicates */
    struct wn_error *error;
    int failed;
};

static void training_tell(struct training *training, int speaker)
{
    uint64_t done;

#pragma omp atomic capture
    done = ++training->done;
    if (speaker)
        wn_log_progress(training->log, "epochs", done,
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
    if (r->history)
        memset(r->history, 0, r->task->n * sizeof *r->history);
    if (r->target)
        memset(r->target, 0, r->task->n * r->task->k * sizeof *r->target);
    struct wn_mlp_trainer *trainer =
        wn_mlp_trainer_new(r->task, &network, error);
    if (!trainer)
        return -1;
    int status = 0;
    for (size_t e = 0; e < plan->epochs && status == 0; e++) {
        status = wn_mlp_trainer_epoch(trainer, r->history ? watch : NULL, r);
        if (status == 0 && e + 1 == plan->epoch)
            status = wn_mlp_measure(wn_mlp_trainer_net(trainer), r->task->x,
                                    r->task->n, r->task->label, &out);
        training_tell(training, speaker);
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

static void training_fail(struct training *training,
                          const struct wn_error *error)
{
#pragma omp critical(wn_dynamics_failed)
    {
        if (!training->failed)
            *training->error = *error;
        training->failed = 1;
    }
}

static void training_train_all(struct training *training, int threads)
{
    const long replicates = (long)training->plan->replicates;

#pragma omp parallel num_threads(threads)
    {
        struct wn_error error = {0};
        struct replicate r;
        int mine = replicate_new(&r, training->task, training->plan->parts);

        if (mine < 0)
            training_fail(training, &error);
#pragma omp for ordered schedule(static, 1)
        for (long index = 0; index < replicates; index++) {
            int failed;

#pragma omp atomic read
            failed = training->failed;
            if (mine == 0 && !failed) {
                mine = train_one(&r, training, (size_t)index,
                                 omp_get_thread_num() == 0, &error);
                if (mine < 0)
                    training_fail(training, &error);
            }
#pragma omp ordered
            if (mine == 0 && !failed)
                wn_dynamics_add(training->dynamics, r.verdict, r.grand,
                                r.history);
        }
        replicate_free(&r);
    }
}

static struct wn_dynamics *training_train(const struct wn_mlp_task *task,
                                          const struct wn_dynamics_plan *asked,
                                          int threads, struct wn_log *log,
                                          struct wn_error *error)
{
    struct wn_dynamics_plan plan = *asked;

    if (plan.epoch == 0 &&
        wn_early_stopping_epoch(task, &plan.network, plan.epochs, threads,
                                &plan.epoch, error) < 0)
        return NULL;
    if (plan.epochs == 0 || !(plan.parts & WN_DYNAMICS_HISTORIES))
        plan.epochs = plan.epoch;
    struct wn_dynamics *dynamics = wn_dynamics_new(
        task->n, task->label, plan.parts, plan.epoch, plan.epochs);
    struct training training = {.task = task,
                                .plan = &plan,
                                .dynamics = dynamics,
                                .log = log,
                                .error = error};
    const uint64_t all = (uint64_t)plan.replicates * plan.epochs;

    wn_log_progress(log, "epochs", 0, all);
    training_train_all(&training, threads);
    wn_log_progress(log, "epochs", all, all);
    if (!training.failed)
        return dynamics;
    wn_dynamics_free(dynamics);
    return NULL;
}

/* Rows are standardised once for all networks where that is not much to keep.
 */
static bool keeps_rows(size_t n, size_t d)
{
    enum { MOST = 1 << 24 };

    return wn_product(n, d, 1) <= MOST;
}

static float *standardise(const struct wn_mlp_task *task, int threads)
{
    const size_t d = task->d;
    float *rows = wn_spill_new(wn_product(task->n, d, 1), sizeof *rows);

#pragma omp parallel for num_threads(threads)
    for (size_t i = 0; i < task->n; i++)
        wn_standardize_row(task->standard, task->x + i * d, rows + i * d);
    return rows;
}

struct wn_dynamics *wn_dynamics_train(const struct wn_mlp_task *task,
                                      const struct wn_dynamics_plan *plan,
                                      int threads, struct wn_log *log,
                                      struct wn_error *error)
{
    struct wn_mlp_task own = *task;
    struct wn_standardize standard;

    if (wn_standardize_make(&standard, task->x, task->n, task->d))
        return NULL;
    own.standard = &standard;
    own.ready = false;
    float *rows = NULL;
    struct wn_dynamics *dynamics = NULL;

    if (keeps_rows(task->n, task->d)) {
        rows = standardise(&own, threads);
        own.x = rows;
        own.ready = true;
    }
    dynamics = training_train(&own, plan, threads, log, error);
    wn_spill_free(rows);
    wn_standardize_free(&standard);
    return dynamics;
}

double wn_dynamics_bytes(size_t n, size_t d, size_t k,
                         const struct wn_dynamics_plan *plan, int threads)
{
    const double network = wn_mlp_trainer_bytes(n, d, k, &plan->network) +
                           wn_mlp_measure_bytes(d, plan->network.hidden, k);
    const double pilots =
        plan->epoch ? 0
                    : wn_early_stopping_bytes(n, d, k, &plan->network, threads);
    const double grand =
        plan->parts & WN_DYNAMICS_GRADIENTS ? sizeof(struct wn_gradient) : 0;
    const double history =
        plan->parts & WN_DYNAMICS_HISTORIES ? sizeof(struct wn_history) : 0;
    const double statistics = history > 0 ? WN_STATISTICS : WN_AUM;
    const double target =
        plan->parts & WN_DYNAMICS_TARGETS ? (double)k * sizeof(float) : 0;
    const double row =
        sizeof(struct wn_mlp_prediction) + grand + history + target;

    const double rows =
        keeps_rows(n, d) ? (double)n * (double)d * sizeof(float) : 0;

    return (double)n * (2 * statistics * sizeof(double) + 8) + rows +
           fmax(pilots, threads * ((double)n * row + network));
}
