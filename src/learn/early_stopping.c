/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The early epoch by held-out loss; see early_stopping.h. */
#include "learn/early_stopping.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/spill.h"
#include "util/memory.h"
#include "util/parallel.h"

enum {
    FIFTHS = 5,
    PILOT_FEW = 5000, /* rows up to which every fifth has its pilot */
    PILOTS_MANY = 2,
    HELD_MOST = 4096, /* rows a pilot holds out at most */
    /* Replicates of a training count from 0; pilots draw from streams beyond
     * any of them. */
    PILOT_STREAM = 1 << 20,
    /* No stop before so many steps: the loss of small sets jumps. */
    LEAST_STEPS = 200
};

struct pilot {
    struct wn_mlp_task task;
    int32_t *label; /* n: -1 where held out */
    size_t held;    /* rows that are; copies of them stand in x and y */
    float *x;       /* WN_BLOCK x d, a block of them at a time */
    int32_t *y;
    int32_t *row;
    struct wn_mlp_trainer *trainer;
    double loss; /* mean over the held-out rows */
    int spoiled, failed;
    struct wn_error error;
};

static void pilot_free(struct pilot *pilot)
{
    wn_mlp_trainer_free(pilot->trainer);
    wn_spill_free(pilot->label);
    wn_spill_free(pilot->x);
    free(pilot->y);
    free(pilot->row);
}

/* Hold out every FIFTHS-th row of `order`, beginning with the first-th. */
static int pilot_new(struct pilot *pilot, const struct wn_mlp_task *task,
                     const struct wn_mlp_plan *plan, const int32_t *order,
                     size_t rows, size_t first, struct wn_error *error)
{
    struct wn_mlp_plan own = *plan;

    own.replicate = PILOT_STREAM + first;
    pilot->label = wn_spill_new(task->n, sizeof *pilot->label);
    pilot->row = wn_new(HELD_MOST, sizeof *pilot->row);
    pilot->x = wn_spill_new(wn_product(WN_BLOCK, task->d, 1), sizeof *pilot->x);
    pilot->y = wn_new(WN_BLOCK, sizeof *pilot->y);
    memcpy(pilot->label, task->label, task->n * sizeof *pilot->label);
    for (size_t r = first; r < rows && pilot->held < HELD_MOST; r += FIFTHS) {
        pilot->row[pilot->held++] = order[r];
        pilot->label[order[r]] = -1;
    }
    pilot->task = *task;
    pilot->task.label = pilot->label;
    pilot->trainer = wn_mlp_trainer_new(&pilot->task, &own, error);
    return pilot->trainer ? 0 : -1;
}

/* The sum of the loss over one block of held-out rows. */
static double block_loss(struct pilot *pilot, const int32_t *label, size_t b)
{
    const size_t begin = wn_block_begin(b), end = wn_block_end(b, pilot->held);
    const size_t d = pilot->task.d;
    struct wn_mlp_prediction verdict[WN_BLOCK];
    const struct wn_mlp_findings out = {.verdict = verdict};
    double sum = 0;

    for (size_t r = begin; r < end; r++) {
        const size_t i = (size_t)pilot->row[r];

        memcpy(pilot->x + (r - begin) * d, pilot->task.x + i * d,
               d * sizeof *pilot->x);
        pilot->y[r - begin] = label[i];
    }
    if (wn_mlp_measure(wn_mlp_trainer_net(pilot->trainer), pilot->x,
                       end - begin, pilot->y, &out) < 0) {
        pilot->failed = 1;
        return 0;
    }
    for (size_t i = 0; i < end - begin; i++)
        sum += verdict[i].loss;
    return sum;
}

/* One more epoch, and the loss after it. */
static void pilot_epoch(struct pilot *pilot, const int32_t *label)
{
    double sum = 0;

    pilot->spoiled |= wn_mlp_trainer_epoch(pilot->trainer, NULL, NULL);
    for (size_t b = 0; b < wn_block_count(pilot->held); b++)
        sum += block_loss(pilot, label, b);
    pilot->loss = pilot->spoiled ? INFINITY : sum / (double)pilot->held;
}

/* One more epoch of all pilots into *loss. */
static int fly_on(struct pilot *pilot, int pilots, const int32_t *label,
                  int threads, double *loss, struct wn_error *error)
{
    const struct wn_mlp_task *task = &pilot->task;
    /* An epoch of a small set takes less than waking the threads. */
    const int worth = wn_product(task->n, task->d, 1) > (size_t)1 << 16;

#pragma omp parallel for num_threads(threads) schedule(static, 1) if (worth)
    for (int p = 0; p < pilots; p++)
        pilot_epoch(&pilot[p], label);
    *loss = 0;
    for (int p = 0; p < pilots; p++) {
        if (pilot[p].failed) {
            *error = pilot[p].error;
            return -1;
        }
        *loss += pilot[p].loss;
    }
    return 0;
}

/* Train all pilots until the loss has risen for a while; then the first epoch
 * with a loss within 1 % of the least, as curves are often flat after it. */
static int fly(struct pilot *pilot, int pilots, const int32_t *label,
               size_t least, size_t most, int threads, size_t *epoch,
               struct wn_error *error)
{
    double *loss = wn_new(most + 1, sizeof *loss);
    size_t best = 0;
    int status = loss ? 0 : -1;

    if (loss)
        loss[0] = INFINITY;
    for (size_t e = 1; status == 0 && e <= most; e++) {
        if (e > least && e > 2 * best + 2)
            break;
        status = fly_on(pilot, pilots, label, threads, &loss[e], error);
        if (loss[e] < loss[best])
            best = e;
    }
    *epoch = 1;
    while (status == 0 && best && loss[*epoch] > 1.01 * loss[best])
        ++*epoch;
    free(loss);
    return status;
}

static size_t labelled_rows(const struct wn_mlp_task *task, int32_t *order)
{
    size_t rows = 0;

    for (size_t i = 0; i < task->n; i++)
        if (task->label[i] >= 0)
            order[rows++] = (int32_t)i;
    return rows;
}

/* How many epochs are worth looking at: 20, more on small sets, fewer where
 * one holds thousands of steps. */
static size_t horizon(size_t steps)
{
    const size_t small = (1000 + steps - 1) / steps;
    const size_t large = (60000 + steps - 1) / steps;
    const size_t most = small > 20 ? small : 20;
    const size_t cap = large > 5 ? large : 5;

    return most < cap ? most : cap;
}

static int count_pilots(size_t rows)
{
    return rows <= PILOT_FEW ? FIFTHS : PILOTS_MANY;
}

double wn_early_stopping_bytes(size_t n, size_t d, size_t k,
                               const struct wn_mlp_plan *plan, int threads)
{
    const int pilots = count_pilots(n);
    const int busy = pilots < threads ? pilots : threads;
    const double pilot = wn_mlp_trainer_bytes(n, d, k, plan) +
                         (double)n * sizeof(int32_t) +
                         (double)WN_BLOCK * (double)d * sizeof(float);

    return (double)n * sizeof(int32_t) + pilots * pilot +
           busy * wn_mlp_measure_bytes(d, plan->hidden, k);
}

int wn_early_stopping_epoch(const struct wn_mlp_task *task,
                            const struct wn_mlp_plan *plan, size_t most,
                            int threads, size_t *epoch, struct wn_error *error)
{
    struct pilot pilot[FIFTHS] = {0};
    struct wn_random random;
    int status = -1;
    int32_t *order = wn_spill_new(task->n, sizeof *order);

    const size_t rows = labelled_rows(task, order);
    const size_t steps = (rows + plan->batch - 1) / plan->batch;
    const int pilots = count_pilots(rows);

    if (rows < WN_EARLY_STOPPING_MIN) {
        *epoch = most && most < WN_EARLY_STOPPING_BLIND
                     ? most
                     : WN_EARLY_STOPPING_BLIND;
        status = 0;
        goto done;
    }
    wn_random_start(&random, plan->seed, WN_RANDOM_SAMPLE, PILOT_STREAM, 0);
    wn_random_shuffle(&random, order, rows);
    for (int p = 0; p < pilots; p++)
        if (pilot_new(&pilot[p], task, plan, order, rows, (size_t)p, error))
            goto done;
    status = fly(pilot, pilots, task->label, (LEAST_STEPS + steps - 1) / steps,
                 most ? most : horizon(steps), threads, epoch, error);
done:
    for (int p = 0; p < FIFTHS; p++)
        pilot_free(&pilot[p]);
    wn_spill_free(order);
    return status;
}
