/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Training of replicated networks, and the early epoch; see training.h. */
#include "learn/training.h"

#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/arena.h"
#include "util/memory.h"
#include "util/spill.h"
#include "util/parallel.h"

enum {
    FIFTHS = 5,
    PROBE_ALL_ROWS = 5000, /* up to this many rows every fifth has a probe */
    PROBES_LARGE = 2,      /* probes above */
    MAX_HELD_OUT = 4096,   /* rows that a probe holds out */
    /* Replicates count from 0; probe streams start beyond any of them. */
    PROBE_STREAM = 1 << 20,
    /* Steps before training may stop: the loss of small sets jumps. */
    MIN_STEPS = 200,
    /* Rows of up to n d numbers are standardised once for all networks. */
    MAX_READY_CELLS = 1 << 24,
    MAX_EPOCH = 1000000 /* more than wn_early_stopping_epoch() can find */
};

/* A network that does not see some labels and predicts them. */
struct probe_network {
    struct wn_mlp_task task;
    int32_t *label; /* n: -1 where held out */
    int32_t *row;   /* held: the held-out rows */
    size_t held;
    float *x;   /* WN_BLOCK x d: a block of those rows */
    int32_t *y; /* WN_BLOCK: their labels */
    struct wn_mlp_trainer *trainer;
    double loss; /* mean over the held-out rows */
    int diverged;
};

/* Train the probes for more than `min` epochs and at most `max`, until the loss
 * has risen for a while. Returns the first epoch with a loss within 1 % of the
 * minimum: curves are often flat after it. */
static size_t find_early_epoch(struct probe_network *probe, int probes,
                               const int32_t *label, size_t min, size_t max,
                               int threads, struct wn_units *units)
{
    const size_t ranks = wn_units_ranks(units), rank = wn_units_rank(units);
    const struct wn_mlp_task *task = &probe->task;
    const size_t d = task->d;
    /* An epoch of a small set takes less time than waking the threads. */
    const int parallel = wn_product(task->n, task->d, 1) > (size_t)1 << 16;
    double *loss = wn_new(max + 1, sizeof *loss);
    size_t best = 0, epoch = 1;

    loss[0] = INFINITY;
    for (size_t e = 1; e <= max && (e <= min || e <= 2 * best + 2); e++) {
#pragma omp parallel for num_threads(threads) schedule(static, 1) if (parallel)
        for (int p = 0; p < probes; p++) {
            struct probe_network *own = &probe[p];
            double sum = 0;

            if ((size_t)p % ranks != rank)
                continue;
            own->diverged |= wn_mlp_trainer_epoch(own->trainer, NULL, NULL);
            for (size_t b = 0; b < wn_block_count(own->held); b++) {
                const size_t begin = wn_block_begin(b);
                const size_t rows = wn_block_end(b, own->held) - begin;
                struct wn_mlp_prediction prediction[WN_BLOCK] = {0};
                double part = 0;

                for (size_t r = 0; r < rows; r++) {
                    const size_t i = (size_t)own->row[begin + r];

                    memcpy(own->x + r * d, task->x + i * d, d * sizeof(float));
                    own->y[r] = label[i];
                }
                wn_mlp_measure(
                    wn_mlp_trainer_net(own->trainer), own->x, rows, own->y,
                    &(struct wn_mlp_measures){.prediction = prediction});
                for (size_t r = 0; r < rows; r++)
                    part += prediction[r].loss;
                sum += part;
            }
            own->loss = own->diverged ? INFINITY : sum / (double)own->held;
        }
        for (int p = 0; p < probes; p++) {
            wn_units_share(units, &probe[p].loss, sizeof probe[p].loss,
                           (size_t)p % ranks);
            loss[e] += probe[p].loss;
        }
        if (loss[e] < loss[best])
            best = e;
    }
    while (best && loss[epoch] > 1.01 * loss[best])
        epoch++;
    free(loss);
    return epoch;
}

static int count_probes(size_t rows)
{
    return rows <= PROBE_ALL_ROWS ? FIFTHS : PROBES_LARGE;
}

int wn_early_stopping_epoch(const struct wn_mlp_task *task,
                            const struct wn_mlp_plan *plan, size_t max,
                            int threads, struct wn_units *units, size_t *epoch,
                            struct wn_error *error)
{
    struct probe_network probe[FIFTHS] = {0};
    struct wn_arena arena = {0};
    int32_t *order = wn_arena_spill(&arena, sizeof *order, task->n, 1);
    struct wn_random random;
    size_t rows = 0;
    int status = 0;

    for (size_t i = 0; i < task->n; i++)
        if (task->label[i] >= 0)
            order[rows++] = (int32_t)i;
    if (rows < WN_EARLY_STOPPING_MIN) {
        *epoch = max && max < WN_EARLY_STOPPING_BLIND ? max
                                                      : WN_EARLY_STOPPING_BLIND;
        wn_arena_free(&arena);
        return 0;
    }
    const int probes = count_probes(rows);
    const size_t steps = (rows + plan->batch - 1) / plan->batch;
    if (max == 0) {
        /* 20, more on small sets, fewer where an epoch has thousands of
         * steps. */
        const size_t small = (1000 + steps - 1) / steps;
        const size_t large = (60000 + steps - 1) / steps;
        const size_t limit = large > 5 ? large : 5;

        max = small > 20 ? small : 20;
        max = max < limit ? max : limit;
    }
    wn_random_start(&random, plan->seed, WN_RANDOM_SAMPLE, PROBE_STREAM, 0);
    wn_random_shuffle(&random, order, rows);
    /* Each probe holds out every FIFTHS-th row, beginning with its own. */
    for (int p = 0; status == 0 && p < probes; p++) {
        struct probe_network *own = &probe[p];
        struct wn_mlp_plan own_plan = *plan;

        own_plan.replicate = PROBE_STREAM + (size_t)p;
        own->label = wn_arena_spill(&arena, sizeof *own->label, task->n, 1);
        own->row = wn_arena_new(&arena, sizeof *own->row, MAX_HELD_OUT, 1);
        own->x = wn_arena_spill(&arena, sizeof *own->x, WN_BLOCK, task->d);
        own->y = wn_arena_new(&arena, sizeof *own->y, WN_BLOCK, 1);
        memcpy(own->label, task->label, task->n * sizeof *own->label);
        for (size_t r = (size_t)p; r < rows && own->held < MAX_HELD_OUT;
             r += FIFTHS) {
            own->row[own->held++] = order[r];
            own->label[order[r]] = -1;
        }
        own->task = *task;
        own->task.label = own->label;
        own->trainer = wn_mlp_trainer_new(&own->task, &own_plan, error);
        status = own->trainer ? 0 : -1;
    }
    if (status == 0)
        *epoch = find_early_epoch(probe, probes, task->label,
                                  (MIN_STEPS + steps - 1) / steps, max, threads,
                                  units);
    for (int p = 0; p < probes; p++)
        wn_mlp_trainer_free(probe[p].trainer);
    wn_arena_free(&arena);
    return status;
}

/* What the threads share. */
struct training {
    const struct wn_mlp_task *task;
    const struct wn_dynamics_plan *plan;
    struct wn_dynamics *dynamics;
    struct wn_log *log;
    uint64_t done; /* epochs, of all replicates */
    int threads;
    size_t epoch; /* that was found, if the plan has none */
};

/* A thread's replicate. */
struct replicate {
    struct training *training;
    const struct wn_mlp_task *task;
    struct wn_mlp_prediction *prediction; /* n */
    struct wn_gradient *gradient;         /* n, or NULL */
    struct wn_history *history;           /* n, or NULL */
    float *target;                        /* n x k, or NULL */
    struct wn_arena own;                  /* these arrays */
};

static void *replicate_start(void *shared)
{
    struct training *training = shared;
    const struct wn_mlp_task *task = training->task;
    const unsigned parts = training->plan->parts;
    struct replicate *r = wn_new(1, sizeof *r);

    r->training = training;
    r->task = task;
    r->prediction = wn_arena_spill(&r->own, sizeof *r->prediction, task->n, 1);
    if (parts & WN_DYNAMICS_GRADIENTS)
        r->gradient = wn_arena_spill(&r->own, sizeof *r->gradient, task->n, 1);
    if (parts & WN_DYNAMICS_HISTORIES)
        r->history = wn_arena_spill(&r->own, sizeof *r->history, task->n, 1);
    if (parts & WN_DYNAMICS_TARGETS)
        r->target = wn_arena_spill(&r->own, sizeof(float), task->n, task->k);
    return r;
}

static void replicate_stop(void *workspace)
{
    struct replicate *r = workspace;

    wn_arena_free(&r->own);
    free(r);
}

static void watch_batch(void *context, const int32_t *row, size_t count,
                        const float *logits, const double *log_total)
{
    struct replicate *r = context;
    const size_t k = r->task->k;

    for (size_t i = 0; i < count; i++) {
        const size_t at = (size_t)row[i];
        const float *z = logits + i * k;

        wn_history_add(&r->history[at], z, k, r->task->label[at], log_total[i]);
        if (r->target)
            wn_history_update_target(&r->history[at], r->target + at * k, z, k,
                                     r->task->label[at], log_total[i]);
    }
}

/* Train one network, with half the rate each time it diverges. */
static int train_replicate(void *workspace, size_t index,
                           struct wn_error *error)
{
    struct replicate *r = workspace;
    struct training *training = r->training;
    const struct wn_dynamics_plan *plan = training->plan;
    const size_t n = r->task->n;
    struct wn_mlp_plan network = plan->network;

    network.replicate = index;
    for (int attempt = 0; attempt < 16; attempt++) {
        struct wn_mlp_trainer *trainer =
            wn_mlp_trainer_new(r->task, &network, error);
        int diverged = 0;

        if (!trainer)
            return -1;
        if (r->history)
            memset(r->history, 0, n * sizeof *r->history);
        if (r->target)
            memset(r->target, 0, n * r->task->k * sizeof *r->target);
        for (size_t e = 0; e < plan->epochs && !diverged; e++) {
            uint64_t done;

            diverged = wn_mlp_trainer_epoch(trainer,
                                            r->history ? watch_batch : NULL, r);
            if (!diverged && e + 1 == plan->epoch)
                wn_mlp_measure(
                    wn_mlp_trainer_net(trainer), r->task->x, n, r->task->label,
                    &(struct wn_mlp_measures){.prediction = r->prediction,
                                              .gradient = r->gradient});
#pragma omp atomic capture
            done = ++training->done;
            if (omp_get_thread_num() == 0)
                wn_log_progress(training->log, "epochs", done,
                                plan->replicates * plan->epochs);
        }
        wn_mlp_trainer_free(trainer);
        if (!diverged)
            return 0;
        network.rate /= 2;
    }
    return wn_fail(
        error, WN_ENUMERIC,
        "the networks diverge at every learning rate down to %g; are the "
        "features scaled?",
        network.rate);
}

static int add_replicate(void *shared, void *workspace, size_t index,
                         struct wn_error *error)
{
    struct training *training = shared;
    const struct replicate *r = workspace;

    (void)index;
    (void)error;
    wn_dynamics_add(training->dynamics, r->prediction, r->gradient, r->history);
    return 0;
}

/* The unit of the epoch. */
static int compute_epoch(void *context, size_t u, struct wn_text *out,
                         struct wn_error *error)
{
    struct training *training = context;
    size_t epoch = 0;

    (void)u;
    if (wn_early_stopping_epoch(training->task, &training->plan->network,
                                training->plan->epochs, training->threads,
                                wn_units_inside(training->plan->units), &epoch,
                                error))
        return -1;
    wn_text_add(out, (const char *)&epoch, sizeof epoch);
    return 0;
}

static int use_epoch(void *context, size_t u, const char *bytes, size_t length)
{
    struct training *training = context;
    size_t epoch;

    (void)u;
    if (length != sizeof epoch)
        return -1;
    memcpy(&epoch, bytes, sizeof epoch);
    training->epoch = epoch;
    const size_t max = training->plan->epochs;
    return epoch >= 1 && epoch <= (max ? max : MAX_EPOCH) ? 0 : -1;
}

/* The unit of a replicate: predictions, and gradients and histories if they are
 * wanted, n each. */
static int compute_replicate(void *context, size_t index, struct wn_text *out,
                             struct wn_error *error)
{
    struct replicate *r = replicate_start(context);
    const size_t n = r->task->n;
    const int status = train_replicate(r, index, error);

    wn_text_add(out, (const char *)r->prediction, n * sizeof *r->prediction);
    if (r->gradient)
        wn_text_add(out, (const char *)r->gradient, n * sizeof *r->gradient);
    if (r->history)
        wn_text_add(out, (const char *)r->history, n * sizeof *r->history);
    replicate_stop(r);
    return status;
}

/* The bytes of a row in it. */
static size_t replicate_row(unsigned parts)
{
    return sizeof(struct wn_mlp_prediction) +
           (parts & WN_DYNAMICS_GRADIENTS ? sizeof(struct wn_gradient) : 0) +
           (parts & WN_DYNAMICS_HISTORIES ? sizeof(struct wn_history) : 0);
}

static int use_replicate(void *context, size_t index, const char *bytes,
                         size_t length)
{
    struct training *training = context;
    const size_t n = training->task->n;
    const unsigned parts = training->plan->parts;
    const struct wn_mlp_prediction *prediction = (const void *)bytes;
    const struct wn_gradient *gradient = (const void *)(prediction + n);
    const struct wn_history *history = parts & WN_DYNAMICS_GRADIENTS
                                           ? (const void *)(gradient + n)
                                           : (const void *)gradient;

    (void)index;
    if (length != n * replicate_row(parts))
        return -1;
    wn_dynamics_add(training->dynamics, prediction,
                    parts & WN_DYNAMICS_GRADIENTS ? gradient : NULL,
                    parts & WN_DYNAMICS_HISTORIES ? history : NULL);
    return 0;
}

/* Whether the rows are standardised once for all networks. */
static bool is_ready_size(size_t n, size_t d)
{
    return wn_product(n, d, 1) <= MAX_READY_CELLS;
}

struct wn_dynamics *wn_dynamics_train(const struct wn_mlp_task *asked_task,
                                      const struct wn_dynamics_plan *asked_plan,
                                      int threads, struct wn_log *log,
                                      struct wn_error *error)
{
    struct wn_mlp_task task = *asked_task;
    struct wn_dynamics_plan plan = *asked_plan;
    const size_t n = task.n, d = task.d;
    struct wn_standardize standard;
    struct training training = {
        .task = &task, .plan = &plan, .log = log, .threads = threads};
    float *rows = NULL;
    int status = 0;

    wn_standardize_make(&standard, task.x, n, d);
    task.standard = &standard;
    task.ready = is_ready_size(n, d);
    if (task.ready) {
        rows = wn_spill_new(wn_product(n, d, 1), sizeof *rows);
#pragma omp parallel for num_threads(threads)
        for (size_t i = 0; i < n; i++)
            wn_standardize_row(&standard, asked_task->x + i * d, rows + i * d);
        task.x = rows;
    }
    if (plan.epoch == 0 && plan.units)
        status = wn_units_run(plan.units,
                              &(struct wn_units_job){.stage = "epoch",
                                                     .count = 1,
                                                     .longest = sizeof(size_t),
                                                     .first = 1,
                                                     .threads = 1,
                                                     .together = true,
                                                     .context = &training,
                                                     .compute = compute_epoch,
                                                     .use = use_epoch},
                              error);
    else if (plan.epoch == 0)
        status = wn_early_stopping_epoch(&task, &plan.network, plan.epochs,
                                         threads, NULL, &training.epoch, error);
    if (plan.epoch == 0)
        plan.epoch = training.epoch;
    if (plan.epochs == 0 || !(plan.parts & WN_DYNAMICS_HISTORIES))
        plan.epochs = plan.epoch;
    if (status == 0) {
        const uint64_t epochs = (uint64_t)plan.replicates * plan.epochs;

        training.dynamics =
            wn_dynamics_new(n, task.label, plan.parts, plan.epoch, plan.epochs);
        wn_log_progress(log, "epochs", 0, epochs);
        status =
            plan.units
                ? wn_units_run(plan.units,
                               &(struct wn_units_job){
                                   .stage = "networks",
                                   .count = plan.replicates,
                                   .longest = n * replicate_row(plan.parts),
                                   .first = 2,
                                   .threads = threads,
                                   .context = &training,
                                   .compute = compute_replicate,
                                   .use = use_replicate},
                               error)
                : wn_parallel_ordered(
                      &(struct wn_parallel){.threads = threads,
                                            .count = plan.replicates,
                                            .shared = &training,
                                            .start = replicate_start,
                                            .work = train_replicate,
                                            .join = add_replicate,
                                            .stop = replicate_stop},
                      error);
        wn_log_progress(log, "epochs", epochs, epochs);
    }
    wn_spill_free(rows);
    wn_standardize_free(&standard);
    if (status == 0)
        return training.dynamics;
    wn_dynamics_free(training.dynamics);
    return NULL;
}

double wn_dynamics_bytes(size_t n, size_t d, size_t k,
                         const struct wn_dynamics_plan *plan, int threads)
{
    const double rows = (double)n;
    const double trainer = wn_mlp_trainer_bytes(n, d, k, &plan->network);
    const double measure = wn_mlp_measure_bytes(d, plan->network.hidden, k);
    double probes = 0, statistics = WN_AUM;
    double row = sizeof(struct wn_mlp_prediction);

    if (plan->epoch == 0) {
        const int count = count_probes(n);

        probes = rows * sizeof(int32_t) +
                 count * (trainer + rows * sizeof(int32_t) +
                          (double)WN_BLOCK * (double)d * sizeof(float)) +
                 (count < threads ? count : threads) * measure;
    }
    if (plan->parts & WN_DYNAMICS_GRADIENTS)
        row += sizeof(struct wn_gradient);
    if (plan->parts & WN_DYNAMICS_HISTORIES) {
        row += sizeof(struct wn_history);
        statistics = WN_STATISTICS;
    }
    if (plan->parts & WN_DYNAMICS_TARGETS)
        row += (double)k * sizeof(float);
    return rows * (2 * statistics * sizeof(double) + 8) +
           (is_ready_size(n, d) ? rows * (double)d * sizeof(float) : 0) +
           fmax(probes, threads * (rows * row + trainer + measure));
}
