/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Networks of all folds side by side; see mlp.h.
 *
 * A fold block is what one thread trains: up to WN_MLP_FOLDS_SIDE folds of one
 * repeat. With F folds of h units its first layer is one d x F h matrix; the
 * second layers are F matrices of h x k. The products accumulate gradients into
 * the velocities, as in mlp.c. */
#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "learn/mlp.h"
#include "linalg/pointwise.h"
#include "linalg/products.h"
#include "linalg/softmax_row.h"
#include "linalg/standardize.h"
#include "util/arena.h"
#include "util/memory.h"
#include "util/random.h"
#include "util/spill.h"
#include "util/parallel.h"

enum {
    HIDDEN = 128,    /* units a fold, at most */
    BATCH = 128,     /* rows, at most WN_BLOCK */
    REPLICATES = 2,  /* networks a fold; a draft has one */
    PARTS = 10,      /* one of them is held out */
    HALVINGS = 6,    /* of the rate, while networks diverge */
    STREAM = 1 << 24 /* replicates of other networks stay below it */
};
#define RATE 0.05
#define MOMENTUM 0.9
#define MAX_OPERATIONS 5e12 /* of training, unless 3 epochs take more */

/* What all fold blocks read. */
struct setup {
    const struct wn_sample *sample;
    struct wn_standardize standard;
    float scale; /* of the standardised rows */
    double rate;
    size_t replicates, hidden, min_epochs, max_epochs;
    uint8_t *part; /* n: 0 .. PARTS-1, the same within a group */
};

/* Weights, or their velocities, of a fold block. */
struct layers {
    float *w1; /* d x F h */
    float *b1; /* F h */
    float *w2; /* F times h x k */
    float *b2; /* F k */
};

struct fold_block {
    size_t replicate, first, folds;
    struct layers now, velocity, best;
    struct wn_arena kept; /* the arrays of best; the others end with training */
    double best_loss[WN_MLP_FOLDS_SIDE];  /* F: held-out loss of best */
    size_t best_epoch[WN_MLP_FOLDS_SIDE]; /* F: 0 before any */
    int32_t *order;           /* n: rows to learn from, held-out rows last */
    float *x, *h, *z, *delta; /* of a batch */
    bool diverged;
};

static void layers_new(struct layers *layers, struct wn_arena *own, size_t d,
                       size_t h, size_t k, size_t folds)
{
    layers->w1 = wn_arena_spill(own, sizeof(float), d, wn_product(folds, h, 1));
    layers->b1 = wn_arena_new(own, sizeof(float), folds, h);
    layers->w2 = wn_arena_spill(own, sizeof(float), folds, wn_product(h, k, 1));
    layers->b2 = wn_arena_new(own, sizeof(float), folds, k);
}

/* The logits of `count` rows under all networks of the block, into `z`. */
static void forward(const struct setup *setup, const struct fold_block *block,
                    const struct layers *net, const int32_t *row, size_t count,
                    float *x, float *h, float *z)
{
    const size_t d = setup->sample->d, k = setup->sample->k;
    const size_t hidden = setup->hidden, wide = block->folds * hidden;

    for (size_t i = 0; i < count; i++)
        wn_standardize_row(&setup->standard,
                           setup->sample->x + (size_t)row[i] * d, x + i * d);
    wn_gemm(0, 0, count, wide, d, setup->scale, x, d, net->w1, wide, 0, h,
            wide);
    wn_relu(h, net->b1, count, wide);
    for (size_t i = 0; i < count; i++)
        memcpy(z + i * block->folds * k, net->b2, block->folds * k * sizeof *z);
    for (size_t f = 0; f < block->folds; f++)
        wn_gemm(0, 0, count, k, hidden, 1, h + f * hidden, wide,
                net->w2 + f * hidden * k, k, 1, z + f * k, block->folds * k);
}

static void mlp_folds_train_batch(const struct setup *setup,
                                  struct fold_block *block, const int32_t *row,
                                  size_t count)
{
    const struct wn_sample *sample = setup->sample;
    const size_t d = sample->d, k = sample->k, h = setup->hidden;
    const size_t wide = block->folds * h, all = block->folds * k;
    const float momentum = (float)MOMENTUM;
    const float rate = (float)setup->rate;
    struct layers *net = &block->now, *v = &block->velocity;

    forward(setup, block, net, row, count, block->x, block->h, block->z);
    for (size_t f = 0; f < block->folds; f++) {
        const int32_t out = (int32_t)(block->first + f);
        size_t seen = 0;

        for (size_t i = 0; i < count; i++)
            seen += sample->fold[row[i]] != out;
        /* The logits become weight (softmax(z) - onehot) / seen, 0 for the rows
         * that the network may not see. */
        for (size_t i = 0; i < count; i++) {
            float *z = block->z + (i * block->folds + f) * k;

            if (sample->fold[row[i]] == out) {
                memset(z, 0, k * sizeof *z);
                continue;
            }
            const float weight =
                (float)wn_sample_weight(sample, (size_t)row[i]) / (float)seen;
            wn_softmax_row_from(z, k, 1);
            for (size_t c = 0; c < k; c++)
                z[c] *= weight;
            z[sample->label[row[i]]] -= weight;
        }
        wn_gemm(0, 1, count, h, k, 1, block->z + f * k, all,
                net->w2 + f * h * k, k, 0, block->delta + f * h, wide);
        wn_gemm(1, 0, h, k, count, 1, block->h + f * h, wide, block->z + f * k,
                all, momentum, v->w2 + f * h * k, k);
    }
    wn_relu_backward(block->delta, block->h, count * wide);
    wn_gemm(1, 0, d, wide, count, setup->scale, block->x, d, block->delta, wide,
            momentum, v->w1, wide);
    wn_column_sums(v->b1, block->delta, count, wide, momentum, 1);
    wn_column_sums(v->b2, block->z, count, all, momentum, 1);
    wn_sgd_step(net->w1, v->w1, d * wide, rate);
    wn_sgd_step(net->b1, v->b1, wide, rate);
    wn_sgd_step(net->w2, v->w2, wide * k, rate);
    wn_sgd_step(net->b2, v->b2, all, rate);
}

/* Measure the held-out losses after an epoch and save what is best; false when
 * no further improvement is likely. */
static bool check_held_out(const struct setup *setup, struct fold_block *block,
                           const int32_t *rows, size_t count, size_t epoch)
{
    const struct wn_sample *sample = setup->sample;
    const size_t d = sample->d, k = sample->k, h = setup->hidden;
    const size_t wide = block->folds * h;
    const struct layers *now = &block->now, *best = &block->best;
    double held[WN_MLP_FOLDS_SIDE] = {0}, seen[WN_MLP_FOLDS_SIDE] = {0};
    size_t latest = 0;
    bool finite = true;

    for (size_t at = 0; at < count; at += WN_BLOCK) {
        const int32_t *row = rows + at;
        const size_t some = count - at < WN_BLOCK ? count - at : WN_BLOCK;

        forward(setup, block, &block->now, row, some, block->x, block->h,
                block->z);
        for (size_t i = 0; i < some; i++)
            for (size_t f = 0; f < block->folds; f++) {
                float *z = block->z + (i * block->folds + f) * k;
                const double given = (double)z[sample->label[row[i]]];
                const double w = wn_sample_weight(sample, (size_t)row[i]);

                if (sample->fold[row[i]] == (int32_t)(block->first + f))
                    continue;
                held[f] += w * (wn_softmax_row_from(z, k, 1) - given);
                seen[f] += w;
            }
    }
    for (size_t f = 0; f < block->folds; f++) {
        const double loss = seen[f] > 0 ? held[f] / seen[f] : 0;

        finite &= isfinite(loss) != 0;
        /* Nothing held out: the last epoch is as good as any. */
        if (loss < 0.999 * block->best_loss[f] || seen[f] == 0) {
            block->best_loss[f] = loss;
            block->best_epoch[f] = epoch;
            for (size_t j = 0; j < d; j++)
                memcpy(best->w1 + j * wide + f * h, now->w1 + j * wide + f * h,
                       h * sizeof(float));
            memcpy(best->b1 + f * h, now->b1 + f * h, h * sizeof(float));
            memcpy(best->w2 + f * h * k, now->w2 + f * h * k,
                   h * k * sizeof(float));
            memcpy(best->b2 + f * k, now->b2 + f * k, k * sizeof(float));
        }
        latest = block->best_epoch[f] > latest ? block->best_epoch[f] : latest;
    }
    return finite && (epoch < setup->min_epochs || epoch < latest + 3);
}

static bool all_finite(const float *w, size_t count)
{
    float sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += w[i] * 0;
    return sum == 0;
}

/* Allocate a block, train it, and free what only training needs. */
static void train_block(const struct setup *setup, struct fold_block *block)
{
    const struct wn_sample *sample = setup->sample;
    const size_t d = sample->d, k = sample->k, h = setup->hidden;
    const size_t folds = block->folds, wide = folds * h;
    struct wn_arena own = {0};
    size_t rows = 0, end = sample->n;

    assert(setup->part);
    block->order = wn_arena_spill(&own, sizeof(int32_t), sample->n, 1);
    block->x = wn_arena_spill(&own, sizeof(float), WN_BLOCK, d);
    block->h = wn_arena_spill(&own, sizeof(float), WN_BLOCK, wide);
    block->delta = wn_arena_spill(&own, sizeof(float), WN_BLOCK, wide);
    block->z = wn_arena_spill(&own, sizeof(float), WN_BLOCK * folds, k);
    layers_new(&block->now, &own, d, h, k, folds);
    layers_new(&block->velocity, &own, d, h, k, folds);
    layers_new(&block->best, &block->kept, d, h, k, folds);
    for (size_t i = 0; i < sample->n; i++)
        if (wn_sample_weight(sample, i) > 0) {
            if (setup->part[i] == block->replicate % PARTS)
                block->order[--end] = (int32_t)i;
            else
                block->order[rows++] = (int32_t)i;
        }
    /* The first weights of a fold do not depend on its block. */
    for (size_t f = 0; f < folds; f++) {
        struct wn_random random;

        wn_random_start(&random, sample->seed, WN_RANDOM_WEIGHTS,
                        STREAM + block->replicate, block->first + f);
        wn_mlp_draw_weights(block->now.w1 + f * h, wide,
                            block->now.w2 + f * h * k, d, h, k, &random);
        block->best_loss[f] = INFINITY;
    }
    for (size_t epoch = 1; epoch <= setup->max_epochs; epoch++) {
        struct wn_random random;

        wn_random_start(&random, sample->seed, WN_RANDOM_BATCHES,
                        STREAM + block->replicate, epoch);
        wn_random_shuffle(&random, block->order, rows);
        for (size_t at = 0; at < rows; at += BATCH)
            mlp_folds_train_batch(setup, block, block->order + at,
                                  rows - at < BATCH ? rows - at : BATCH);
        if (!check_held_out(setup, block, block->order + end, sample->n - end,
                            epoch))
            break;
    }
    block->diverged = !all_finite(block->best.w1, d * wide) ||
                      !all_finite(block->best.b1, wide) ||
                      !all_finite(block->best.w2, wide * k) ||
                      !all_finite(block->best.b2, folds * k);
    for (size_t f = 0; f < folds; f++)
        block->diverged |= block->best_epoch[f] == 0;
    wn_arena_free(&own);
}

/* Hidden units a fold: with very many features fewer, for a first layer of at
 * most 2^19 weights. */
static size_t hidden_units(size_t d)
{
    const size_t max = ((size_t)1 << 19) / d;

    return max >= HIDDEN ? HIDDEN : max > 8 ? max : 8;
}

static int setup_new(struct setup *setup, const struct wn_sample *sample,
                     struct wn_error *error)
{
    const size_t n = sample->n;

    *setup = (struct setup){.sample = sample,
                            .rate = RATE,
                            .replicates = sample->draft ? 1 : REPLICATES,
                            .hidden = hidden_units(sample->d)};

    /* Every fold must leave something to learn from. */
    size_t all = 0, *in_fold = wn_new(sample->folds, sizeof *in_fold), f = 0;
    for (size_t i = 0; i < n; i++)
        if (wn_sample_weight(sample, i) > 0) {
            in_fold[sample->fold[i]]++;
            all++;
        }
    while (f < sample->folds && in_fold[f] < all)
        f++;
    free(in_fold);
    if (f < sample->folds)
        return wn_fail(error, WN_EDATA,
                       "fold %zu leaves no labelled row to train on", f);
    wn_standardize_make(&setup->standard, sample->x, n, sample->d);
    setup->scale = wn_mlp_input_scale(&setup->standard);

    /* Assign the rows, or the groups, to parts at random. */
    int32_t *order = wn_spill_new(n, sizeof *order);
    uint8_t *of_group = wn_spill_new(n, sizeof *of_group);
    struct wn_random random;
    setup->part = wn_spill_new(n, sizeof *setup->part);
    wn_random_start(&random, sample->seed, WN_RANDOM_SAMPLE, STREAM, 0);
    wn_random_order(&random, order, n);
    for (size_t i = 0; i < n; i++)
        of_group[order[i]] = (uint8_t)(i % PARTS);
    for (size_t i = 0; i < n; i++)
        setup->part[i] = of_group[sample->group ? (size_t)sample->group[i] : i];
    wn_spill_free(order);
    wn_spill_free(of_group);

    /* Twenty epochs, more on small sets, fewer on large ones and where an epoch
     * is expensive. */
    const size_t steps = 1 + (n - 1) / BATCH; /* n > 0: a fold has rows */
    const size_t small = (600 + steps - 1) / steps;
    const size_t large = (20000 + steps - 1) / steps;
    const double operations = 6 * (double)n * (double)setup->hidden *
                              (double)(sample->d + sample->k) *
                              (double)sample->folds * (double)setup->replicates;
    const double affordable = MAX_OPERATIONS / operations;
    setup->min_epochs = (200 + steps - 1) / steps;
    setup->max_epochs = small > 20 ? small : 20;
    if (setup->max_epochs > large)
        setup->max_epochs = large > 5 ? large : 5;
    if (affordable < (double)setup->max_epochs)
        setup->max_epochs = affordable > 3 ? (size_t)affordable : 3;
    return 0;
}

static size_t count_blocks(size_t replicates, size_t folds)
{
    return replicates * ((folds + WN_MLP_FOLDS_SIDE - 1) / WN_MLP_FOLDS_SIDE);
}

/* Train all fold blocks, each by one thread; true when some diverged. */
static bool train_blocks(const struct setup *setup, struct fold_block *blocks,
                         size_t count)
{
    const size_t replicates = setup->replicates;
    struct wn_log *log = setup->sample->log;
    size_t done = 0;
    bool diverged = false;

    wn_log_progress(log, "networks of the folds", 0, count);
#pragma omp parallel for schedule(dynamic) num_threads(setup->sample->threads)
    for (size_t t = 0; t < count; t++) {
        const size_t first = t / replicates * WN_MLP_FOLDS_SIDE;
        const size_t left = setup->sample->folds - first;

        wn_arena_free(&blocks[t].kept);
        blocks[t] = (struct fold_block){
            .replicate = t % replicates,
            .first = first,
            .folds = left < WN_MLP_FOLDS_SIDE ? left : WN_MLP_FOLDS_SIDE};
        train_block(setup, &blocks[t]);
#pragma omp critical
        wn_log_progress(log, "networks of the folds", ++done, count);
    }
    for (size_t t = 0; t < count; t++)
        diverged |= blocks[t].diverged;
    return diverged;
}

int wn_mlp_folds_predict(const struct wn_sample *sample, float *probability,
                         struct wn_error *error)
{
    const size_t n = sample->n, d = sample->d, k = sample->k;
    struct setup setup;

    if (setup_new(&setup, sample, error))
        return -1;
    const size_t count = count_blocks(setup.replicates, sample->folds);
    const float share = 1 / (float)setup.replicates;
    struct fold_block *blocks = wn_new(count, sizeof *blocks);
    bool diverged;
    for (int tries = 0;
         (diverged = train_blocks(&setup, blocks, count)) && tries < HALVINGS;
         tries++)
        setup.rate /= 2;
    const size_t pieces = diverged ? 0 : wn_block_count(n);
    if (diverged)
        wn_fail(error, WN_ENUMERIC, "mlp: no learning rate works");
    memset(probability, 0, wn_product(n, k, 1) * sizeof *probability);
    /* Add up what the networks of a row's fold say, replicate by replicate. */
#pragma omp parallel num_threads(sample->threads)
    {
        const size_t wide = WN_MLP_FOLDS_SIDE * setup.hidden;
        struct wn_arena own = {0};
        float *x = wn_arena_spill(&own, sizeof *x, WN_BLOCK, d);
        float *h = wn_arena_spill(&own, sizeof *h, WN_BLOCK, wide);
        float *z =
            wn_arena_spill(&own, sizeof *z, WN_BLOCK * WN_MLP_FOLDS_SIDE, k);
        int32_t row[WN_BLOCK] = {0};

#pragma omp for schedule(dynamic)
        for (size_t b = 0; b < pieces; b++) {
            const size_t begin = wn_block_begin(b);
            const size_t rows = wn_block_end(b, n) - begin;

            for (size_t i = 0; i < rows; i++)
                row[i] = (int32_t)(begin + i);
            for (size_t t = 0; t < count; t++) {
                const struct fold_block *block = &blocks[t];

                forward(&setup, block, &block->best, row, rows, x, h, z);
                for (size_t i = 0; i < rows; i++) {
                    const size_t fold = (size_t)sample->fold[row[i]];

                    if (fold < block->first ||
                        fold >= block->first + block->folds)
                        continue;
                    float *p = z + (i * block->folds + fold - block->first) * k;
                    wn_softmax_row_from(p, k, 1);
                    for (size_t c = 0; c < k; c++)
                        probability[(begin + i) * k + c] += share * p[c];
                }
            }
        }
        wn_arena_free(&own);
    }
    for (size_t t = 0; t < count; t++)
        wn_arena_free(&blocks[t].kept);
    free(blocks);
    wn_spill_free(setup.part);
    wn_standardize_free(&setup.standard);
    return diverged ? -1 : 0;
}

double wn_mlp_folds_bytes(const struct wn_sample *sample)
{
    const double wide = (double)(WN_MLP_FOLDS_SIDE * hidden_units(sample->d));
    const double d = (double)sample->d, k = (double)sample->k;
    const double blocks = (double)count_blocks(REPLICATES, sample->folds);
    const double weights = 4 * (wide + WN_MLP_FOLDS_SIDE * k + wide * (d + k));
    const double batch = 4 * WN_BLOCK * (d + 2 * wide + WN_MLP_FOLDS_SIDE * k);

    return blocks * weights +
           fmin((double)sample->threads, blocks) *
               (2 * weights + batch + 4 * (double)sample->n) +
           6 * (double)sample->n + 16 * d;
}
