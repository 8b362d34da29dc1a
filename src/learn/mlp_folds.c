/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Networks of all folds side by side; see mlp_folds.h.
 *
 * A team is what one thread trains: up to WN_MLP_FOLDS_SIDE folds of one
 * repeat. With F folds of h units its first layer is one d x F h matrix; the
 * second layers are F matrices of h x k. Gradients are accumulated into the
 * velocities by the products themselves, as in mlp.c. */
#include "learn/mlp_folds.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "linalg/products.h"
#include "learn/mlp.h"
#include "linalg/pointwise.h"
#include "linalg/softmax_row.h"
#include "linalg/standardize.h"
#include "util/spill.h"
#include "util/memory.h"
#include "util/random.h"
#include "util/parallel.h"

/* clang-format off */
const struct wn_mlp_folds wn_mlp_folds_standard = {
    .hidden = 128, .batch = 128, .replicates = 2, .rate = 0.05,
    .momentum = 0.9};
/* clang-format on */

enum {
    PARTS = 10,      /* one of them is held out */
    HALVINGS = 6,    /* of the rate, while networks get out of hand */
    STREAM = 1 << 24 /* replicates of other networks stay below it */
};
#define WORK 5e12 /* operations, unless three epochs take more */

/* What all teams read. */
struct camp {
    const struct wn_mlp_folds *how;
    const struct wn_sample *sample;
    struct wn_standardize view;
    float scale; /* of the standardised rows */
    double rate;
    size_t hidden, least, most; /* epochs */
    uint8_t *part;              /* n: 0 .. PARTS-1, the same within a group */
};

/* Weights, and likewise velocities, of a team. */
struct layers {
    float *w1; /* d x F h */
    float *b1; /* F h */
    float *w2; /* F times h x k */
    float *b2; /* F k */
};

struct team {
    size_t replicate, first, folds;
    struct layers now, velocity, best;
    double *least;       /* F: held-out loss of best */
    size_t *at;          /* F: the epoch of it; 0 before any */
    double *loss, *seen; /* F: of this epoch, and the weight of the rows */
    int32_t *order;      /* the rows that are learned from */
    size_t rows;
    float *x, *h, *z, *delta; /* of a batch */
    bool spoiled;
    struct wn_error error;
};

static int layers_new(struct layers *layers, size_t d, size_t h, size_t k,
                      size_t folds)
{
    layers->w1 = wn_spill_new(wn_product(d, folds, h), sizeof(float));
    layers->b1 = wn_new(wn_product(folds, h, 1), sizeof(float));
    layers->w2 = wn_spill_new(wn_product(folds, h, k), sizeof(float));
    layers->b2 = wn_new(wn_product(folds, k, 1), sizeof(float));
    return 0;
}

static void layers_free(struct layers *layers)
{
    wn_spill_free(layers->w1);
    free(layers->b1);
    wn_spill_free(layers->w2);
    free(layers->b2);
    *layers = (struct layers){0};
}

/* What only training needs. */
static void team_rest(struct team *team)
{
    layers_free(&team->now);
    layers_free(&team->velocity);
    wn_spill_free(team->order);
    wn_spill_free(team->x);
    wn_spill_free(team->h);
    wn_spill_free(team->z);
    wn_spill_free(team->delta);
    free(team->loss);
    free(team->seen);
    team->order = NULL;
    team->x = team->h = team->z = team->delta = NULL;
    team->loss = team->seen = NULL;
}

static void team_free(struct team *team)
{
    team_rest(team);
    layers_free(&team->best);
    free(team->least);
    free(team->at);
    team->least = NULL;
    team->at = NULL;
}

/* Rows that go through at a time. */
static size_t batch_rows(const struct camp *camp)
{
    return camp->how->batch > WN_BLOCK ? camp->how->batch : WN_BLOCK;
}

static int team_new(const struct camp *camp, struct team *team)
{
    const struct wn_sample *sample = camp->sample;
    const size_t d = sample->d, k = sample->k, h = camp->hidden;
    const size_t batch = batch_rows(camp), folds = team->folds;

    team->least = wn_new(folds, sizeof *team->least);
    team->at = wn_new(folds, sizeof *team->at);
    team->loss = wn_new(folds, sizeof *team->loss);
    team->seen = wn_new(folds, sizeof *team->seen);
    team->order = wn_spill_new(sample->n, sizeof *team->order);
    team->x = wn_spill_new(wn_product(batch, d, 1), sizeof(float));
    team->h = wn_spill_new(wn_product(batch, folds, h), sizeof(float));
    team->delta = wn_spill_new(wn_product(batch, folds, h), sizeof(float));
    team->z = wn_spill_new(wn_product(batch, folds, k), sizeof(float));
    if (layers_new(&team->now, d, h, k, folds) ||
        layers_new(&team->velocity, d, h, k, folds) ||
        layers_new(&team->best, d, h, k, folds))
        return -1;
    return 0;
}

/* Weights to begin with; a fold's do not depend on its team. */
static void team_draw(const struct camp *camp, struct team *team)
{
    const size_t d = camp->sample->d, k = camp->sample->k, h = camp->hidden;
    const size_t wide = team->folds * h;

    for (size_t f = 0; f < team->folds; f++) {
        struct wn_random random;

        wn_random_start(&random, camp->sample->seed, WN_RANDOM_WEIGHTS,
                        STREAM + team->replicate, team->first + f);
        wn_mlp_draw_weights(team->now.w1 + f * h, wide,
                            team->now.w2 + f * h * k, d, h, k, &random);
        team->least[f] = INFINITY;
        team->at[f] = 0;
    }
    memset(team->now.b1, 0, wide * sizeof(float));
    memset(team->now.b2, 0, team->folds * k * sizeof(float));
    memset(team->velocity.w1, 0, d * wide * sizeof(float));
    memset(team->velocity.b1, 0, wide * sizeof(float));
    memset(team->velocity.w2, 0, wide * k * sizeof(float));
    memset(team->velocity.b2, 0, team->folds * k * sizeof(float));
    team->spoiled = false;
}

/* The logits of `count` rows under all the team's networks, into `z`. */
static void forward(const struct camp *camp, const struct team *team,
                    const struct layers *net, const int32_t *row, size_t count,
                    float *x, float *h, float *z)
{
    const size_t d = camp->sample->d, k = camp->sample->k;
    const size_t wide = team->folds * camp->hidden;

    for (size_t i = 0; i < count; i++)
        wn_standardize_row(&camp->view, camp->sample->x + (size_t)row[i] * d,
                           x + i * d);
    wn_gemm(0, 0, count, wide, d, camp->scale, x, d, net->w1, wide, 0, h, wide);
    wn_relu(h, net->b1, count, wide);
    for (size_t i = 0; i < count; i++)
        memcpy(z + i * team->folds * k, net->b2, team->folds * k * sizeof *z);
    for (size_t f = 0; f < team->folds; f++)
        wn_gemm(0, 0, count, k, camp->hidden, 1, h + f * camp->hidden, wide,
                net->w2 + f * camp->hidden * k, k, 1, z + f * k,
                team->folds * k);
}

/* z becomes weight (softmax(z) - onehot). */
static void residual(float *z, size_t k, size_t y, float weight)
{
    wn_softmax_row_from(z, k, 1);
    for (size_t c = 0; c < k; c++)
        z[c] *= weight;
    z[y] -= weight;
}

/* The logits of the batch become what each network has to unlearn. Every
 * network's is divided by the weight that it may see of this batch. */
static void find_residuals(const struct camp *camp, struct team *team,
                           const int32_t *row, size_t count)
{
    const struct wn_sample *sample = camp->sample;
    const size_t k = sample->k;

    for (size_t f = 0; f < team->folds; f++) {
        const int32_t out = (int32_t)(team->first + f);
        size_t seen = 0;

        for (size_t i = 0; i < count; i++)
            seen += sample->fold[row[i]] != out;
        for (size_t i = 0; i < count; i++) {
            float *z = team->z + (i * team->folds + f) * k;

            if (sample->fold[row[i]] == out)
                memset(z, 0, k * sizeof *z);
            else
                residual(z, k, (size_t)sample->label[row[i]],
                         (float)wn_sample_weight(sample, (size_t)row[i]) /
                             (float)seen);
        }
    }
}

static void mlp_folds_step(const struct camp *camp, struct team *team,
                           const int32_t *row, size_t count)
{
    const size_t d = camp->sample->d, k = camp->sample->k, h = camp->hidden;
    const size_t wide = team->folds * h, all = team->folds * k;
    const float momentum = (float)camp->how->momentum;
    const float rate = (float)camp->rate;
    struct layers *net = &team->now, *v = &team->velocity;

    forward(camp, team, net, row, count, team->x, team->h, team->z);
    find_residuals(camp, team, row, count);
    for (size_t f = 0; f < team->folds; f++) {
        wn_gemm(0, 1, count, h, k, 1, team->z + f * k, all, net->w2 + f * h * k,
                k, 0, team->delta + f * h, wide);
        wn_gemm(1, 0, h, k, count, 1, team->h + f * h, wide, team->z + f * k,
                all, momentum, v->w2 + f * h * k, k);
    }
    wn_relu_backward(team->delta, team->h, count * wide);
    wn_gemm(1, 0, d, wide, count, camp->scale, team->x, d, team->delta, wide,
            momentum, v->w1, wide);
    wn_column_sums(v->b1, team->delta, count, wide, momentum, 1);
    wn_column_sums(v->b2, team->z, count, all, momentum, 1);
    wn_sgd_step(net->w1, v->w1, d * wide, rate);
    wn_sgd_step(net->b1, v->b1, wide, rate);
    wn_sgd_step(net->w2, v->w2, wide * k, rate);
    wn_sgd_step(net->b2, v->b2, all, rate);
}

/* Whether row i is in the part that this repeat holds out. */
static bool held_out(const struct camp *camp, const struct team *team, size_t i)
{
    return camp->part[i] == team->replicate % PARTS;
}

/* Add the loss of some held-out rows, by network. */
static void mlp_folds_look(const struct camp *camp, struct team *team,
                           const int32_t *row, size_t count)
{
    const struct wn_sample *sample = camp->sample;
    const size_t k = sample->k;

    forward(camp, team, &team->now, row, count, team->x, team->h, team->z);
    for (size_t i = 0; i < count; i++)
        for (size_t f = 0; f < team->folds; f++) {
            float *z = team->z + (i * team->folds + f) * k;
            const double given = (double)z[sample->label[row[i]]];
            const double w = wn_sample_weight(sample, (size_t)row[i]);

            if (sample->fold[row[i]] == (int32_t)(team->first + f))
                continue;
            team->loss[f] += w * (wn_softmax_row_from(z, k, 1) - given);
            team->seen[f] += w;
        }
}

/* Keep fold f's network as it is now. */
static void mlp_folds_keep(const struct camp *camp, struct team *team, size_t f)
{
    const size_t d = camp->sample->d, k = camp->sample->k, h = camp->hidden;
    const size_t wide = team->folds * h;

    for (size_t j = 0; j < d; j++)
        memcpy(team->best.w1 + j * wide + f * h,
               team->now.w1 + j * wide + f * h, h * sizeof(float));
    memcpy(team->best.b1 + f * h, team->now.b1 + f * h, h * sizeof(float));
    memcpy(team->best.w2 + f * h * k, team->now.w2 + f * h * k,
           h * k * sizeof(float));
    memcpy(team->best.b2 + f * k, team->now.b2 + f * k, k * sizeof(float));
}

/* The held-out losses after an epoch; false when nothing more is to be hoped
 * for. */
static bool mlp_folds_judge(const struct camp *camp, struct team *team,
                            const int32_t *held, size_t count, size_t epoch)
{
    const size_t batch = batch_rows(camp);
    size_t latest = 0;
    bool finite = true;

    memset(team->loss, 0, team->folds * sizeof *team->loss);
    memset(team->seen, 0, team->folds * sizeof *team->seen);
    for (size_t at = 0; at < count; at += batch)
        mlp_folds_look(camp, team, held + at,
                       count - at < batch ? count - at : batch);
    for (size_t f = 0; f < team->folds; f++) {
        const double loss =
            team->seen[f] > 0 ? team->loss[f] / team->seen[f] : 0;

        finite &= isfinite(loss) != 0;
        /* Nothing held out: the last epoch is as good as any. */
        if (loss < 0.999 * team->least[f] || team->seen[f] == 0) {
            team->least[f] = loss;
            team->at[f] = epoch;
            mlp_folds_keep(camp, team, f);
        }
        latest = team->at[f] > latest ? team->at[f] : latest;
    }
    return finite && (epoch < camp->least || epoch < latest + 3);
}

static bool all_finite(const float *w, size_t count)
{
    float sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += w[i] * 0;
    return sum == 0;
}

/* Whether a network never was better than nothing, or has grown beyond all
 * numbers. */
static bool is_spoiled(const struct camp *camp, const struct team *team)
{
    const size_t d = camp->sample->d, k = camp->sample->k;
    const size_t wide = team->folds * camp->hidden;
    bool spoiled = !all_finite(team->best.w1, d * wide) ||
                   !all_finite(team->best.b1, wide) ||
                   !all_finite(team->best.w2, wide * k) ||
                   !all_finite(team->best.b2, team->folds * k);

    for (size_t f = 0; f < team->folds; f++)
        spoiled |= team->at[f] == 0;
    return spoiled;
}

/* Rows to learn from, then those held out; returns how many of each. */
static size_t share_rows(const struct camp *camp, struct team *team)
{
    const struct wn_sample *sample = camp->sample;
    size_t end = sample->n;

    team->rows = 0;
    for (size_t i = 0; i < sample->n; i++)
        if (wn_sample_weight(sample, i) > 0) {
            if (held_out(camp, team, i))
                team->order[--end] = (int32_t)i;
            else
                team->order[team->rows++] = (int32_t)i;
        }
    return sample->n - end;
}

static void mlp_folds_train(const struct camp *camp, struct team *team)
{
    const size_t held = share_rows(camp, team);
    const int32_t *rest = team->order + camp->sample->n - held;
    const size_t batch = camp->how->batch;

    team_draw(camp, team);
    for (size_t epoch = 1; epoch <= camp->most; epoch++) {
        struct wn_random random;

        wn_random_start(&random, camp->sample->seed, WN_RANDOM_BATCHES,
                        STREAM + team->replicate, epoch);
        wn_random_shuffle(&random, team->order, team->rows);
        for (size_t at = 0; at < team->rows; at += batch)
            mlp_folds_step(camp, team, team->order + at,
                           team->rows - at < batch ? team->rows - at : batch);
        if (!mlp_folds_judge(camp, team, rest, held, epoch))
            break;
    }
    team->spoiled = is_spoiled(camp, team);
}

/* Deal the rows, or the groups, out to the parts. */
static int deal(struct camp *camp, struct wn_error *error)
{
    const struct wn_sample *sample = camp->sample;
    const size_t n = sample->n;
    int32_t *order = wn_spill_new(n, sizeof *order);
    uint8_t *part = wn_spill_new(n, sizeof *part);
    struct wn_random random;

    camp->part = wn_spill_new(n, sizeof *camp->part);
    if (!order || !part || !camp->part) {
        wn_spill_free(order);
        wn_spill_free(part);
        return -1;
    }
    wn_random_start(&random, sample->seed, WN_RANDOM_SAMPLE, STREAM, 0);
    wn_random_order(&random, order, n);
    for (size_t i = 0; i < n; i++)
        part[order[i]] = (uint8_t)(i % PARTS);
    for (size_t i = 0; i < n; i++)
        camp->part[i] = part[sample->group ? (size_t)sample->group[i] : i];
    wn_spill_free(order);
    wn_spill_free(part);
    return 0;
}

/* Every fold must leave something to learn from. */
static int check_folds(const struct wn_sample *sample, struct wn_error *error)
{
    size_t all = 0, *in = wn_new(sample->folds, sizeof *in);
    int status = in ? 0 : -1;

    for (size_t i = 0; in && i < sample->n; i++)
        if (wn_sample_weight(sample, i) > 0) {
            in[sample->fold[i]]++;
            all++;
        }
    for (size_t f = 0; status == 0 && f < sample->folds; f++)
        if (in[f] == all)
            status = wn_fail(error, WN_EDATA,
                             "fold %zu leaves no labelled row to train on", f);
    free(in);
    return status;
}

/* Fewer units where there are very many features: a first layer of up to 2^19
 * weights a fold. */
static size_t mlp_folds_hidden_units(const struct wn_mlp_folds *how, size_t d)
{
    const size_t most = ((size_t)1 << 19) / d;

    return most >= how->hidden ? how->hidden : most > 8 ? most : 8;
}

/* Operations of an epoch of all networks. */
static double epoch_work(const struct wn_mlp_folds *how,
                         const struct wn_sample *sample)
{
    return 6 * (double)sample->n *
           (double)mlp_folds_hidden_units(how, sample->d) *
           (double)(sample->d + sample->k) * (double)sample->folds *
           (double)how->replicates;
}

/* Twenty epochs, more on small sets, fewer on large ones and where an epoch is
 * long. */
static void set_epochs(struct camp *camp)
{
    const size_t batch = camp->how->batch;
    const size_t steps = (camp->sample->n + batch - 1) / batch;
    const size_t small = (600 + steps - 1) / steps;
    const size_t large = (20000 + steps - 1) / steps;

    camp->least = (200 + steps - 1) / steps;
    camp->most = small > 20 ? small : 20;
    if (camp->most > large)
        camp->most = large > 5 ? large : 5;
    const double fair = WORK / epoch_work(camp->how, camp->sample);
    if (fair < (double)camp->most)
        camp->most = fair > 3 ? (size_t)fair : 3;
}

static int camp_open(struct camp *camp, struct wn_error *error)
{
    const struct wn_sample *sample = camp->sample;
    size_t varied = 0;

    if (check_folds(sample, error) || deal(camp, error) ||
        wn_standardize_make(&camp->view, sample->x, sample->n, sample->d))
        return -1;
    for (size_t j = 0; j < sample->d; j++)
        varied += camp->view.scale[j] != 0;
    camp->scale =
        varied > WN_MLP_NORM ? (float)sqrt(WN_MLP_NORM / (double)varied) : 1;
    camp->hidden = mlp_folds_hidden_units(camp->how, sample->d);
    camp->rate = camp->how->rate;
    set_epochs(camp);
    return 0;
}

static size_t count_teams(const struct wn_mlp_folds *how, size_t folds)
{
    return how->replicates *
           ((folds + WN_MLP_FOLDS_SIDE - 1) / WN_MLP_FOLDS_SIDE);
}

/* All teams, each by one thread; 1 when some got out of hand. */
static int mlp_folds_train_all(const struct camp *camp, struct team *teams,
                               size_t count, struct wn_error *error)
{
    struct wn_log *log = camp->sample->log;
    size_t done = 0;
    int spoiled = 0;

    wn_log_progress(log, "networks of the folds", 0, count);
#pragma omp parallel for schedule(dynamic) num_threads(camp->sample->threads)
    for (size_t t = 0; t < count; t++) {
        if (team_new(camp, &teams[t]) == 0)
            mlp_folds_train(camp, &teams[t]);
        team_rest(&teams[t]);
#pragma omp critical
        wn_log_progress(log, "networks of the folds", ++done, count);
    }
    for (size_t t = 0; t < count; t++) {
        if (teams[t].error.code)
            return wn_fail(error, teams[t].error.code, "%s",
                           teams[t].error.text);
        spoiled |= teams[t].spoiled;
    }
    return spoiled;
}

/* Add the probabilities of rows begin .. end-1 by their own fold's network of
 * one team. */
static void predict_block(const struct camp *camp, const struct team *team,
                          size_t begin, size_t end, float *room,
                          float *probability)
{
    const struct wn_sample *sample = camp->sample;
    const size_t k = sample->k, rows = end - begin;
    float *x = room, *h = x + rows * sample->d;
    float *z = h + rows * team->folds * camp->hidden;
    int32_t row[WN_BLOCK];

    for (size_t i = begin; i < end; i++)
        row[i - begin] = (int32_t)i;
    forward(camp, team, &team->best, row, rows, x, h, z);
    for (size_t i = begin; i < end; i++) {
        const size_t f = (size_t)sample->fold[i] - team->first;

        if ((size_t)sample->fold[i] < team->first || f >= team->folds)
            continue;
        float *own = z + ((i - begin) * team->folds + f) * k;
        const float share = 1 / (float)camp->how->replicates;

        wn_softmax_row_from(own, k, 1);
        for (size_t c = 0; c < k; c++)
            probability[i * k + c] += share * own[c];
    }
}

static int mlp_folds_predict_all(const struct camp *camp,
                                 const struct team *teams, size_t count,
                                 float *probability, struct wn_error *error)
{
    const struct wn_sample *sample = camp->sample;
    const size_t width =
        sample->d + WN_MLP_FOLDS_SIDE * (camp->hidden + sample->k);
    int failed = 0;

    memset(probability, 0,
           wn_product(sample->n, sample->k, 1) * sizeof *probability);
#pragma omp parallel num_threads(sample->threads) reduction(| : failed)
    {
        float *room =
            wn_spill_new(wn_product(WN_BLOCK, width, 1), sizeof *room);

        failed = room == NULL;
#pragma omp for schedule(dynamic)
        for (size_t b = 0; b < wn_block_count(sample->n); b++)
            for (size_t t = 0; room && t < count; t++)
                predict_block(camp, &teams[t], wn_block_begin(b),
                              wn_block_end(b, sample->n), room, probability);
        wn_spill_free(room);
    }
    return failed ? wn_fail(error, WN_EIO, "not enough memory") : 0;
}

int wn_mlp_folds_predict(const struct wn_mlp_folds *how,
                         const struct wn_sample *sample, float *probability,
                         struct wn_error *error)
{
    const size_t count = count_teams(how, sample->folds);
    struct camp camp = {.how = how, .sample = sample};
    struct team *teams = wn_new(count, sizeof *teams);
    int status = -1;

    if (camp_open(&camp, error))
        goto done;
    for (int tries = 0;; tries++) {
        for (size_t t = 0; t < count; t++) {
            const size_t first = t / how->replicates * WN_MLP_FOLDS_SIDE;
            const size_t left = sample->folds - first;

            team_free(&teams[t]);
            teams[t] = (struct team){
                .replicate = t % how->replicates,
                .first = first,
                .folds = left < WN_MLP_FOLDS_SIDE ? left : WN_MLP_FOLDS_SIDE};
        }
        const int spoiled = mlp_folds_train_all(&camp, teams, count, error);

        if (spoiled < 0)
            goto done;
        if (spoiled == 0)
            break;
        if (tries == HALVINGS) {
            wn_fail(error, WN_ENUMERIC, "mlp: no learning rate works");
            goto done;
        }
        camp.rate /= 2;
    }
    status = mlp_folds_predict_all(&camp, teams, count, probability, error);
done:
    for (size_t t = 0; teams && t < count; t++)
        team_free(&teams[t]);
    free(teams);
    wn_spill_free(camp.part);
    wn_standardize_free(&camp.view);
    return status;
}

double wn_mlp_folds_bytes(const struct wn_mlp_folds *how,
                          const struct wn_sample *sample)
{
    const double wide =
        (double)(WN_MLP_FOLDS_SIDE * mlp_folds_hidden_units(how, sample->d));
    const double d = (double)sample->d, k = (double)sample->k;
    const double teams = (double)count_teams(how, sample->folds);
    const double weights = 4 * (wide + WN_MLP_FOLDS_SIDE * k + wide * (d + k));
    const double block = 4 * WN_BLOCK * (d + 2 * wide + WN_MLP_FOLDS_SIDE * k);

    return teams * weights +
           fmin((double)sample->threads, teams) *
               (2 * weights + block + 4 * (double)sample->n) +
           6 * (double)sample->n + 16 * d;
}
