/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One-hidden-layer softmax networks; see mlp.h.
 *
 * Weights are stored inputs x outputs, so that both forward products take them
 * without a transpose. The product accumulates the gradient into the velocity
 * (beta = momentum), which leaves one pass over the weights a step:
 *   V = momentum V + X' delta / batch,   W = W - rate V
 */
#include "learn/mlp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "linalg/pointwise.h"
#include "linalg/products.h"
#include "util/arena.h"
#include "util/memory.h"
#include "util/spill.h"
#include "util/parallel.h"

struct wn_mlp *wn_mlp_new(size_t d, size_t h, size_t k)
{
    struct wn_mlp *net = wn_new(1, sizeof *net);

    net->d = d;
    net->h = h;
    net->k = k;
    net->scale = 1;
    net->w1 = wn_arena_spill(&net->own, sizeof *net->w1, d, h);
    net->b1 = wn_arena_new(&net->own, sizeof *net->b1, h, 1);
    net->w2 = wn_arena_spill(&net->own, sizeof *net->w2, h, k);
    net->b2 = wn_arena_new(&net->own, sizeof *net->b2, k, 1);
    return net;
}

void wn_mlp_free(struct wn_mlp *net)
{
    if (!net)
        return;
    wn_arena_free(&net->own);
    free(net);
}

static void mlp_draw(float *w, size_t rows, size_t columns, size_t stride,
                     double limit, struct wn_random *random)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++)
            w[r * stride + c] =
                (float)(limit * (2 * wn_random_unit(random) - 1));
}

void wn_mlp_draw_weights(float *w1, size_t stride, float *w2, size_t d,
                         size_t h, size_t k, struct wn_random *random)
{
    mlp_draw(w1, d, h, stride, sqrt(6.0 / (double)d), random);
    mlp_draw(w2, h, k, k, .1 * sqrt(6.0 / (double)h), random);
}

/* The hidden units of `count` rows. */
static void mlp_hidden_units(const struct wn_mlp *net, const float *x,
                             size_t count, float *h)
{
    wn_gemm(0, 0, count, net->h, net->d, net->scale, x, net->d, net->w1, net->h,
            0, h, net->h);
    wn_relu(h, net->b1, count, net->h);
}

static void mlp_logits(const struct wn_mlp *net, const float *h, size_t count,
                       float *z)
{
    for (size_t i = 0; i < count; i++)
        memcpy(z + i * net->k, net->b2, net->k * sizeof *z);
    wn_gemm(0, 0, count, net->k, net->h, 1, h, net->h, net->w2, net->k, 1, z,
            net->k);
}

/* delta1 = delta2 W2' where the unit is active, else 0. */
static void backward(const struct wn_mlp *net, const float *delta2,
                     const float *h, size_t count, float *delta1)
{
    wn_gemm(0, 1, count, net->h, net->k, 1, delta2, net->k, net->w2, net->k, 0,
            delta1, net->h);
    wn_relu_backward(delta1, h, count * net->h);
}

static float mlp_largest(const float *z, size_t k)
{
    float top = z[0];

    for (size_t c = 1; c < k; c++)
        top = z[c] > top ? z[c] : top;
    return top;
}

double wn_log_total(const float *z, size_t k)
{
    const float top = mlp_largest(z, k);
    double total = exp((double)z[0] - top);

    for (size_t c = 1; c < k; c++)
        total += exp((double)z[c] - top);
    return top + log(total);
}

void wn_mlp_prediction_of(const float *z, size_t k, int32_t label, double *p,
                          struct wn_mlp_prediction *prediction)
{
    const double top = mlp_largest(z, k);
    double total = 0, rest = 0, square = 0, other = 0;

    for (size_t c = 0; c < k; c++)
        total += p[c] = exp(z[c] - top);
    for (size_t c = 0; c < k; c++)
        p[c] /= total;
    *prediction = (struct wn_mlp_prediction){0};
    if (label < 0)
        return;
    /* 1 - p_y as a sum, so that it keeps its digits near 0. */
    for (size_t c = 0; c < k; c++)
        if (c != (size_t)label) {
            rest += p[c];
            square += p[c] * p[c];
            other = p[c] > other ? p[c] : other;
        }
    prediction->el2n = sqrt(square + rest * rest);
    prediction->own = p[label];
    prediction->margin = other - p[label];
    prediction->loss = top + log(total) - z[label];
}

/* Scratch for the rows of one block or minibatch. */
struct scratch {
    float *x, *h, *z, *p, *delta;
    double *row, *log_total;
};

/* For `rows` rows; those of x have `stride` numbers. */
static void scratch_new(struct scratch *s, struct wn_arena *own,
                        const struct wn_mlp *net, size_t rows, size_t stride)
{
    s->x = wn_arena_spill(own, sizeof *s->x, rows, stride);
    s->h = wn_arena_spill(own, sizeof *s->h, rows, net->h);
    s->delta = wn_arena_spill(own, sizeof *s->delta, rows, net->h);
    s->z = wn_arena_spill(own, sizeof *s->z, rows, net->k);
    s->p = wn_arena_spill(own, sizeof *s->p, rows, net->k);
    s->row = wn_arena_new(own, sizeof *s->row, net->k, 1);
    s->log_total = wn_arena_new(own, sizeof *s->log_total, rows, 1);
}

static double scratch_bytes(size_t d, size_t h, size_t k, size_t rows)
{
    return (double)rows *
           ((double)(d + 2 * h + 2 * k) * sizeof(float) + sizeof(double));
}

double wn_mlp_measure_bytes(size_t d, size_t h, size_t k)
{
    return scratch_bytes(d, h, k, WN_BLOCK);
}

void wn_mlp_measure(const struct wn_mlp *net, const float *x, size_t n,
                    const int32_t *label, const struct wn_mlp_measures *out)
{
    const size_t d = net->d, h = net->h, k = net->k;
    const double scale2 = (double)net->scale * net->scale;
    struct wn_arena own = {0};
    struct scratch s;

    scratch_new(&s, &own, net, n < WN_BLOCK ? n : WN_BLOCK,
                net->standard ? d : 0);
    for (size_t b = 0; b < wn_block_count(n); b++) {
        const size_t begin = wn_block_begin(b);
        const size_t count = wn_block_end(b, n) - begin;
        const float *rows = x + begin * d;

        if (net->standard) {
            for (size_t i = 0; i < count; i++)
                wn_standardize_row(net->standard, rows + i * d, s.x + i * d);
            rows = s.x;
        }
        mlp_hidden_units(net, rows, count, s.h);
        mlp_logits(net, s.h, count, s.z);
        for (size_t i = 0; i < count; i++) {
            const size_t row = begin + i;
            const int32_t y = label ? label[row] : -1;
            double *p = out->probability ? out->probability + row * k : s.row;
            struct wn_mlp_prediction prediction;

            wn_mlp_prediction_of(s.z + i * k, k, y, p, &prediction);
            if (out->prediction)
                out->prediction[row] = prediction;
            for (size_t c = 0; out->gradient && c < k; c++)
                s.p[i * k + c] = (float)(p[c] - (y == (int32_t)c));
        }
        if (!out->gradient)
            continue;
        backward(net, s.p, s.h, count, s.delta);
        for (size_t i = 0; i < count; i++) {
            const double input = scale2 * wn_squared_norm(rows + i * d, d);
            const double hidden = wn_squared_norm(s.h + i * h, h);
            const double delta1 = wn_squared_norm(s.delta + i * h, h);
            const double delta2 = wn_squared_norm(s.p + i * k, k);
            struct wn_gradient *gradient = &out->gradient[begin + i];

            *gradient = (struct wn_gradient){0};
            if (!label || label[begin + i] < 0)
                continue;
            gradient->all = sqrt(delta2 * (hidden + 1) + delta1 * (input + 1));
            gradient->last = sqrt(delta2 * (hidden + 1));
        }
    }
    wn_arena_free(&own);
}

struct wn_mlp_trainer {
    struct wn_arena own; /* its arrays */
    struct wn_mlp_task task;
    struct wn_mlp_plan plan;
    struct wn_mlp *net, *velocity;
    struct wn_layer *layer; /* the first layer where it fits, else NULL */
    struct scratch scratch;
    size_t stride;  /* from row to row of scratch.x */
    int32_t *order; /* the rows that are learned from */
    size_t rows, batch;
    uint64_t epoch;
    double loss; /* sum over this epoch's rows, before each update */
};

float wn_mlp_input_scale(const struct wn_standardize *standard)
{
    size_t varying = 0; /* features, each with a mean square of at most 1 */

    for (size_t j = 0; j < standard->d; j++)
        varying += standard->scale[j] != 0;
    return varying > WN_MLP_NORM ? (float)sqrt(WN_MLP_NORM / (double)varying)
                                 : 1;
}

struct wn_mlp_trainer *wn_mlp_trainer_new(const struct wn_mlp_task *task,
                                          const struct wn_mlp_plan *plan,
                                          struct wn_error *error)
{
    struct wn_mlp_trainer *t = wn_new(1, sizeof *t);
    struct wn_random random;

    t->task = *task;
    t->plan = *plan;
    t->order = wn_arena_spill(&t->own, sizeof *t->order, task->n, 1);
    for (size_t i = 0; i < task->n; i++)
        if (task->label[i] >= 0 && (!task->weight || task->weight[i] > 0))
            t->order[t->rows++] = (int32_t)i;
    if (t->rows == 0) {
        wn_fail(error, WN_EDATA, "no row has a label to learn from");
        wn_mlp_trainer_free(t);
        return NULL;
    }
    t->batch = plan->batch < t->rows ? plan->batch : t->rows;
    const bool fits = wn_layer_fits(task->d, plan->hidden, t->batch);
    t->stride = fits ? wn_layer_stride(task->d) : task->d;
    t->velocity = wn_mlp_new(task->d, plan->hidden, task->k);
    t->net = wn_mlp_new(task->d, plan->hidden, task->k);
    scratch_new(&t->scratch, &t->own, t->net, t->batch, t->stride);
    t->net->standard = task->ready ? NULL : task->standard;
    t->net->scale = wn_mlp_input_scale(task->standard);
    wn_random_start(&random, plan->seed, WN_RANDOM_WEIGHTS, plan->replicate, 0);
    wn_mlp_draw_weights(t->net->w1, t->net->h, t->net->w2, task->d,
                        plan->hidden, task->k, &random);
    if (fits)
        t->layer =
            wn_layer_new(&(struct wn_layer_weights){task->d, plan->hidden,
                                                    t->net->w1, t->net->b1},
                         t->batch);
    return t;
}

double wn_mlp_trainer_bytes(size_t n, size_t d, size_t k,
                            const struct wn_mlp_plan *plan)
{
    const size_t batch = plan->batch < n ? plan->batch : n;

    const double layer = wn_layer_fits(d, plan->hidden, batch)
                             ? wn_layer_bytes(d, plan->hidden, batch)
                             : 0;

    return 2 * (double)plan->hidden * (double)(d + k) * sizeof(float) +
           (double)n * sizeof(int32_t) + layer +
           scratch_bytes(d, plan->hidden, k, batch);
}

void wn_mlp_trainer_free(struct wn_mlp_trainer *t)
{
    if (!t)
        return;
    wn_mlp_free(t->net);
    wn_mlp_free(t->velocity);
    wn_layer_free(t->layer);
    wn_arena_free(&t->own);
    free(t);
}

const struct wn_mlp *wn_mlp_trainer_net(const struct wn_mlp_trainer *t)
{
    return t->net;
}

/* velocity = momentum velocity + scale in' delta / count, and the step of the
 * weights along it. */
static void update_weights(const struct wn_mlp_trainer *t, const float *in,
                           size_t inputs, float scale, const float *delta,
                           size_t outputs, size_t count, float *velocity,
                           float *w)
{
    wn_gemm(1, 0, inputs, outputs, count, scale / (float)count, in, inputs,
            delta, outputs, (float)t->plan.momentum, velocity, outputs);
    wn_sgd_step(w, velocity, inputs * outputs, (float)t->plan.rate);
}

static void update_biases(const struct wn_mlp_trainer *t, const float *delta,
                          size_t outputs, size_t count, float *velocity,
                          float *b)
{
    wn_column_sums(velocity, delta, count, outputs, (float)t->plan.momentum,
                   1 / (float)count);
    wn_sgd_step(b, velocity, outputs, (float)t->plan.rate);
}

int wn_mlp_trainer_epoch(struct wn_mlp_trainer *t, wn_mlp_watch *watch,
                         void *context)
{
    enum { LINE = 64 / sizeof(float), AHEAD = 4 };
    const size_t d = t->task.d, k = t->task.k;
    const float *weight = t->task.weight;
    const struct scratch *s = &t->scratch;
    struct wn_mlp *net = t->net, *v = t->velocity;
    struct wn_random random;

    wn_random_start(&random, t->plan.seed, WN_RANDOM_BATCHES, t->plan.replicate,
                    t->epoch++);
    wn_random_shuffle(&random, t->order, t->rows);
    t->loss = 0;
    for (size_t at = 0; at < t->rows && isfinite(t->loss); at += t->batch) {
        const int32_t *row = t->order + at;
        const size_t left = t->rows - at;
        const size_t count = left < t->batch ? left : t->batch;

        /* The rows of a batch are scattered: prefetch the next ones. */
        for (size_t i = 0; i < count; i++) {
            const size_t next = i + AHEAD < count ? i + AHEAD : i;
            const float *ahead = t->task.x + (size_t)row[next] * d;
            const float *from = t->task.x + (size_t)row[i] * d;
            float *to = s->x + i * t->stride;

            for (size_t j = 0; j < d; j += LINE)
                __builtin_prefetch(ahead + j);
            if (t->task.ready)
                memcpy(to, from, d * sizeof *to);
            else
                wn_standardize_row(t->task.standard, from, to);
        }
        if (t->layer)
            wn_layer_forward(t->layer, s->x, count, net->scale, s->h);
        else
            mlp_hidden_units(net, s->x, count, s->h);
        mlp_logits(net, s->h, count, s->z);
        wn_softmax_in_place(s->z, count, k, s->p, s->log_total);
        if (watch)
            watch(context, row, count, s->z, s->log_total);
        /* delta2 = weight (p - onehot), in p. */
        for (size_t i = 0; i < count; i++) {
            const size_t y = (size_t)t->task.label[row[i]];
            float *p = s->p + i * k;

            t->loss += s->log_total[i] - s->z[i * k + y];
            p[y] -= 1;
            for (size_t c = 0; weight && c < k; c++)
                p[c] *= weight[row[i]];
        }
        backward(net, s->p, s->h, count, s->delta);
        update_weights(t, s->h, net->h, 1, s->p, k, count, v->w2, net->w2);
        update_biases(t, s->p, k, count, v->b2, net->b2);
        if (t->layer)
            wn_layer_learn(t->layer, s->x, s->delta, count,
                           &(struct wn_layer_step){net->scale / (float)count,
                                                   (float)t->plan.momentum,
                                                   (float)t->plan.rate});
        else
            update_weights(t, s->x, net->d, net->scale, s->delta, net->h, count,
                           v->w1, net->w1);
        update_biases(t, s->delta, net->h, count, v->b1, net->b1);
    }
    if (t->layer)
        wn_layer_read(t->layer, t->net->w1);
    /* Guessing has a loss of log k; true for NaN. */
    return !(t->loss <= (double)t->rows * 10 * (1 + log((double)t->task.k)));
}
