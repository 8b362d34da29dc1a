/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Multinomial logistic regression, all folds in one pass over the rows.
 *
 * The weights of the folds that are still moving stand side by side in one
 * d x (folds k) float matrix; a block of rows times that matrix gives the
 * logits of all of them, the block's transpose times the residuals all
 * gradients. Sums over blocks are kept in double, in block order. */
#include "model/softmax.h"

#include <float.h>
#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "model/linear.h"
#include "model/pointwise.h"
#include "model/shares.h"
#include "util/large.h"
#include "util/memory.h"

const struct wn_softmax wn_softmax_standard = {1, 5, 300, 3e-5};

enum {
    ROWS = 1024,    /* of a block */
    COLUMNS = 2048, /* of a product, and more where a fold alone has more */
    WIDE = 64,      /* classes from which a row fills vectors of its own */
    MEMORY = 10,    /* pairs L-BFGS remembers */
    TRIES = 30      /* steps of one line search */
};

#define ABSENT -1e30f /* the intercept of a class without rows to learn from */

struct problem {
    const float *x;
    size_t n, d, k;
    const int32_t *label, *fold;
    double penalty;      /* 1/C */
    const float *weight; /* n; NULL for 1 */
};

/* One fold on its way down. Vectors have (d + 1) k elements. */
struct descent {
    int32_t out;    /* the fold whose rows do not count */
    bool *present;  /* k: classes with rows to train on */
    double rows;    /* labelled rows to train on, by weight */
    double *point, *trial, *direction;
    double *gradient, *trial_gradient;
    double *moves, *turns; /* MEMORY vectors each, a ring */
    double curvature[MEMORY];
    size_t stored, newest;
    double value, trial_value, slope;
    double step, low, high; /* of the line search; high 0 while unbounded */
    int tries;
    bool done;
};

/* What row i counts in the model without fold `out`. */
static float counts(const struct problem *p, size_t i, int32_t out)
{
    if (p->label[i] < 0 || p->fold[i] == out)
        return 0;
    return p->weight ? p->weight[i] : 1;
}

static size_t size_of(const struct problem *p)
{
    return (p->d + 1) * p->k;
}

static double dot(const double *a, const double *b, size_t size)
{
    double sum[4] = {0};
    size_t j = 0;

    for (; j + 4 <= size; j += 4)
        for (size_t s = 0; s < 4; s++)
            sum[s] += a[j + s] * b[j + s];
    for (; j < size; j++)
        sum[0] += a[j] * b[j];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* What one evaluation of several folds needs; columns = folds k. */
struct pass {
    size_t wide;      /* folds that go through one product */
    float *weights;   /* d x columns */
    float *bias;      /* columns; ABSENT for classes not to be trained on */
    double *gradient; /* d x columns */
    double *offset;   /* columns: gradient of the intercepts */
    double *loss;     /* one a fold */
    struct lane {
        float *logits;   /* ROWS x wide k, then the residuals */
        float *gradient; /* d x columns */
        float *given;    /* ROWS x wide: the logits of the labels */
        double *norm;    /* ROWS x wide: logarithms of the normalisers */
        double *offset, *loss;
    } *lanes; /* one a thread */
    int threads;
};

/* How many of the folds go through one product. */
static size_t wide_of(size_t k, size_t folds)
{
    const size_t most = COLUMNS / k;

    return most == 0 ? 1 : most < folds ? most : folds;
}

static void pass_free(struct pass *pass)
{
    for (int t = 0; pass->lanes && t < pass->threads; t++) {
        wn_large_free(pass->lanes[t].logits);
        wn_large_free(pass->lanes[t].gradient);
        free(pass->lanes[t].given);
        free(pass->lanes[t].norm);
        free(pass->lanes[t].offset);
        free(pass->lanes[t].loss);
    }
    free(pass->lanes);
    wn_large_free(pass->weights);
    free(pass->bias);
    wn_large_free(pass->gradient);
    free(pass->offset);
    free(pass->loss);
}

static int pass_open(struct pass *pass, const struct problem *p, size_t folds,
                     int threads, struct wn_error *error)
{
    const size_t columns = wn_product(folds, p->k, 1);
    const size_t cells = wn_product(p->d, columns, 1);
    const size_t wide = wide_of(p->k, folds), seen = ROWS * wide;

    *pass = (struct pass){.threads = threads, .wide = wide};
    pass->weights = wn_large_new(cells, sizeof(float), error);
    pass->bias = wn_new(columns, sizeof(float), error);
    pass->gradient = wn_large_new(cells, sizeof(double), error);
    pass->offset = wn_new(columns, sizeof(double), error);
    pass->loss = wn_new(folds, sizeof(double), error);
    pass->lanes = wn_new((size_t)threads, sizeof *pass->lanes, error);
    if (!pass->weights || !pass->bias || !pass->gradient || !pass->offset ||
        !pass->loss || !pass->lanes)
        return -1;
    for (int t = 0; t < threads; t++) {
        struct lane *lane = &pass->lanes[t];

        lane->logits =
            wn_large_new(wn_product(seen, p->k, 1), sizeof(float), error);
        lane->gradient = wn_large_new(cells, sizeof(float), error);
        lane->given = wn_new(seen, sizeof(float), error);
        lane->norm = wn_new(seen, sizeof(double), error);
        lane->offset = wn_new(columns, sizeof(double), error);
        lane->loss = wn_new(folds, sizeof(double), error);
        if (!lane->logits || !lane->gradient || !lane->given || !lane->norm ||
            !lane->offset || !lane->loss)
            return -1;
    }
    return 0;
}

/* Probabilities of rows begin .. end-1 by the models of folds first .. first +
 * w - 1 of `count`, w no more than pass->wide, into lane->logits, rows x w k;
 * lane->given and lane->norm, both rows x w. */
static void judge_rows(const struct problem *p, const struct pass *pass,
                       struct lane *lane, size_t first, size_t w,
                       size_t count, size_t begin, size_t end)
{
    const size_t k = p->k, columns = w * k, rows = end - begin;
    const float *bias = pass->bias + first * k;

    wn_gemm(0, 0, rows, columns, p->d, 1, p->x + begin * p->d, p->d,
            pass->weights + first * k, count * k, 0, lane->logits, columns);
    for (size_t r = 0; r < rows; r++) {
        const int32_t y = p->label[begin + r];
        float *logits = lane->logits + r * columns;

#pragma omp simd
        for (size_t c = 0; c < columns; c++)
            logits[c] += bias[c];
        for (size_t f = 0; y >= 0 && f < w; f++)
            lane->given[r * w + f] = logits[f * k + (size_t)y];
        for (size_t f = 0; k >= WIDE && f < w; f++)
            lane->norm[r * w + f] = wn_shares_from(logits + f * k, k, 1);
    }
    if (k < WIDE)
        wn_point_softmax(lane->logits, rows * w, k, lane->logits, lane->norm);
}

/* One fold's probabilities of a row become its residuals times `weight`. */
static void find_residual(float *residual, size_t k, size_t label,
                          float weight, double *offset)
{
    residual[label] -= 1;
    if (weight != 1)
        for (size_t c = 0; c < k; c++)
            residual[c] *= weight;
    for (size_t c = 0; c < k; c++)
        offset[c] += (double)residual[c];
}

/* Loss and gradient of some folds on a block of rows. */
static void evaluate_folds(const struct problem *p,
                           struct descent *const *who, size_t first, size_t w,
                           size_t count, const struct pass *pass,
                           struct lane *lane, size_t begin, size_t end)
{
    const size_t k = p->k, columns = w * k;

    judge_rows(p, pass, lane, first, w, count, begin, end);
    for (size_t i = begin; i < end; i++)
        for (size_t f = 0; f < w; f++) {
            const size_t at = (i - begin) * w + f;
            const float weight = counts(p, i, who[first + f]->out);

            if (weight == 0) {
                memset(lane->logits + at * k, 0, k * sizeof *lane->logits);
                continue;
            }
            lane->loss[first + f] +=
                (double)weight * (lane->norm[at] - (double)lane->given[at]);
            find_residual(lane->logits + at * k, k, (size_t)p->label[i],
                          weight, lane->offset + (first + f) * k);
        }
    wn_gemm(1, 0, p->d, columns, end - begin, 1, p->x + begin * p->d, p->d,
            lane->logits, columns, 0, lane->gradient + first * k, count * k);
}

/* One block of rows: loss and gradient of all folds, into the thread's lane. */
static void evaluate_block(const struct problem *p, struct descent *const *who,
                           size_t count, const struct pass *pass,
                           struct lane *lane, size_t begin, size_t end)
{
    memset(lane->offset, 0, count * p->k * sizeof *lane->offset);
    memset(lane->loss, 0, count * sizeof *lane->loss);
    for (size_t f = 0; f < count; f += pass->wide)
        evaluate_folds(p, who, f,
                       count - f < pass->wide ? count - f : pass->wide, count,
                       pass, lane, begin, end);
}

static void add_lane(struct pass *pass, const struct lane *lane, size_t cells,
                     size_t columns, size_t count)
{
    for (size_t j = 0; j < cells; j++)
        pass->gradient[j] += lane->gradient[j];
    for (size_t j = 0; j < columns; j++)
        pass->offset[j] += lane->offset[j];
    for (size_t f = 0; f < count; f++)
        pass->loss[f] += lane->loss[f];
}

/* The float weights and intercepts of the folds, side by side: `trial`. */
static void gather_weights(const struct problem *p,
                           struct descent *const *who, size_t count,
                           struct pass *pass)
{
    for (size_t j = 0; j < p->d; j++)
        for (size_t f = 0; f < count; f++)
            for (size_t c = 0; c < p->k; c++)
                pass->weights[(j * count + f) * p->k + c] =
                    (float)who[f]->trial[j * p->k + c];
    for (size_t f = 0; f < count; f++)
        for (size_t c = 0; c < p->k; c++)
            pass->bias[f * p->k + c] =
                who[f]->present[c] ? (float)who[f]->trial[p->d * p->k + c]
                                   : ABSENT;
}

/* Each fold's own value and gradient, with the penalty. */
static void scatter(const struct problem *p, struct descent *who, size_t f,
                    size_t count, const struct pass *pass)
{
    const size_t inner = p->d * p->k;

    who->trial_value = pass->loss[f] + 0.5 * p->penalty *
                                           dot(who->trial, who->trial, inner);
    for (size_t j = 0; j < p->d; j++)
        for (size_t c = 0; c < p->k; c++)
            who->trial_gradient[j * p->k + c] =
                pass->gradient[(j * count + f) * p->k + c] +
                p->penalty * who->trial[j * p->k + c];
    for (size_t c = 0; c < p->k; c++)
        who->trial_gradient[inner + c] = pass->offset[f * p->k + c];
}

/* Value and gradient at `trial` of all the folds in `who`. */
static void evaluate(const struct problem *p, struct descent *const *who,
                     size_t count, struct pass *pass)
{
    const size_t columns = count * p->k, cells = p->d * columns;
    const size_t blocks = (p->n + ROWS - 1) / ROWS;

    gather_weights(p, who, count, pass);
    memset(pass->gradient, 0, cells * sizeof *pass->gradient);
    memset(pass->offset, 0, columns * sizeof *pass->offset);
    memset(pass->loss, 0, count * sizeof *pass->loss);
#pragma omp parallel num_threads(pass->threads)
    {
        struct lane *lane = &pass->lanes[omp_get_thread_num()];

#pragma omp for ordered schedule(static, 1)
        for (size_t b = 0; b < blocks; b++) {
            const size_t end = (b + 1) * ROWS;

            evaluate_block(p, who, count, pass, lane, b * ROWS,
                           end < p->n ? end : p->n);
#pragma omp ordered
            add_lane(pass, lane, cells, columns, count);
        }
#pragma omp for
        for (size_t f = 0; f < count; f++)
            scatter(p, who[f], f, count, pass);
    }
}

static void descent_free(struct descent *way)
{
    free(way->present);
    wn_large_free(way->point);
    wn_large_free(way->trial);
    wn_large_free(way->direction);
    wn_large_free(way->gradient);
    wn_large_free(way->trial_gradient);
    wn_large_free(way->moves);
    wn_large_free(way->turns);
}

static int descent_open(struct descent *way, const struct problem *p,
                        int32_t out, struct wn_error *error)
{
    const size_t size = size_of(p);

    *way = (struct descent){.out = out};
    way->present = wn_new(p->k, sizeof *way->present, error);
    way->point = wn_large_new(size, sizeof(double), error);
    way->trial = wn_large_new(size, sizeof(double), error);
    way->direction = wn_large_new(size, sizeof(double), error);
    way->gradient = wn_large_new(size, sizeof(double), error);
    way->trial_gradient = wn_large_new(size, sizeof(double), error);
    way->moves = wn_large_new(wn_product(MEMORY, size, 1), sizeof(double),
                              error);
    way->turns = wn_large_new(wn_product(MEMORY, size, 1), sizeof(double),
                              error);
    if (!way->present || !way->point || !way->trial || !way->direction ||
        !way->gradient || !way->trial_gradient || !way->moves || !way->turns)
        return -1;
    for (size_t i = 0; i < p->n; i++)
        if (counts(p, i, out) > 0) {
            way->present[p->label[i]] = true;
            way->rows += (double)counts(p, i, out);
        }
    if (way->rows == 0)
        return wn_fail(error, WN_EDATA,
                       "fold %d leaves no labelled row to train on", out);
    return 0;
}

/* direction = -H gradient by the two-loop recursion (Nocedal 1980). */
static void find_direction(struct descent *way, size_t size)
{
    double alpha[MEMORY], *q = way->direction;

    for (size_t j = 0; j < size; j++)
        q[j] = -way->gradient[j];
    for (size_t back = 0; back < way->stored; back++) {
        const size_t at = (way->newest + MEMORY - back) % MEMORY;
        const double *move = way->moves + at * size;
        const double *turn = way->turns + at * size;

        alpha[at] = dot(move, q, size) / way->curvature[at];
        for (size_t j = 0; j < size; j++)
            q[j] -= alpha[at] * turn[j];
    }
    if (way->stored) {
        const double *turn = way->turns + way->newest * size;
        const double scale =
            way->curvature[way->newest] / dot(turn, turn, size);

        for (size_t j = 0; j < size; j++)
            q[j] *= scale;
    }
    for (size_t back = way->stored; back-- > 0;) {
        const size_t at = (way->newest + MEMORY - back) % MEMORY;
        const double *move = way->moves + at * size;
        const double *turn = way->turns + at * size;
        const double beta = dot(turn, q, size) / way->curvature[at];

        for (size_t j = 0; j < size; j++)
            q[j] += (alpha[at] - beta) * move[j];
    }
}

static void set_trial(struct descent *way, size_t size)
{
    for (size_t j = 0; j < size; j++)
        way->trial[j] = way->point[j] + way->step * way->direction[j];
}

static double largest(const double *vector, size_t size)
{
    double most = 0;

    for (size_t j = 0; j < size; j++)
        most = fabs(vector[j]) > most ? fabs(vector[j]) : most;
    return most;
}

/* Begin a line search from `point`; where the direction does not descend,
 * forget what was remembered. */
static void begin_search(struct descent *way, size_t size)
{
    find_direction(way, size);
    way->slope = dot(way->direction, way->gradient, size);
    if (!(way->slope < 0)) {
        way->stored = 0;
        find_direction(way, size);
        way->slope = dot(way->direction, way->gradient, size);
    }
    way->step = 1;
    if (!way->stored)
        way->step = 1 / fmax(sqrt(-way->slope), DBL_MIN);
    way->low = way->high = 0;
    way->tries = 0;
    set_trial(way, size);
}

/* Take the trial as the new point and remember the move. */
static void accept(struct descent *way, size_t size)
{
    const size_t at = way->stored ? (way->newest + 1) % MEMORY : 0;
    double *move = way->moves + at * size, *turn = way->turns + at * size;

    for (size_t j = 0; j < size; j++) {
        move[j] = way->trial[j] - way->point[j];
        turn[j] = way->trial_gradient[j] - way->gradient[j];
    }
    way->curvature[at] = dot(move, turn, size);
    if (way->curvature[at] > 0) {
        way->newest = at;
        if (way->stored < MEMORY)
            way->stored++;
    }
    memcpy(way->point, way->trial, size * sizeof *way->point);
    memcpy(way->gradient, way->trial_gradient, size * sizeof *way->gradient);
    way->value = way->trial_value;
}

/* After an evaluation at `trial`: another step of the line search, or the
 * next search, or done. */
static void advance(struct descent *way, size_t size, double tolerance)
{
    const double slope = dot(way->direction, way->trial_gradient, size);
    /* Float products make the value uncertain in its eighth digit. */
    const double most = way->value + 1e-4 * way->step * way->slope +
                        1e-8 * fabs(way->value);
    const bool lower = way->trial_value <= most; /* false for NaN */

    if (!lower)
        way->high = way->step;
    else if (slope < 0.9 * way->slope)
        way->low = way->step;
    if (lower && slope >= 0.9 * way->slope) {
        accept(way, size);
        way->done = largest(way->gradient, size) <= tolerance * way->rows;
        if (!way->done)
            begin_search(way, size);
        return;
    }
    if (++way->tries == TRIES) {
        way->done = way->stored == 0;
        way->stored = 0;
        if (!way->done)
            begin_search(way, size);
        return;
    }
    way->step = way->high > 0 ? 0.5 * (way->low + way->high) : 2 * way->step;
    set_trial(way, size);
}

/* All folds to their minimum, in step. */
static size_t descend(const struct wn_softmax *how, const struct problem *p,
                      struct descent *ways, struct pass *pass,
                      struct descent **moving, struct wn_talk *talk)
{
    const size_t size = size_of(p);
    size_t used = 0;

    wn_talk_progress(talk, "softmax: iterations", 0, how->iterations);
    for (; used < how->iterations; used++) {
        size_t count = 0;

        for (size_t f = 0; f < how->folds; f++)
            if (!ways[f].done)
                moving[count++] = &ways[f];
        if (!count)
            break;
        evaluate(p, moving, count, pass);
#pragma omp parallel for num_threads(pass->threads) schedule(dynamic)
        for (size_t f = 0; f < count; f++) {
            struct descent *way = moving[f];

            if (used) {
                advance(way, size, how->tolerance);
                continue;
            }
            way->value = way->trial_value;
            memcpy(way->gradient, way->trial_gradient,
                   size * sizeof *way->gradient);
            way->done =
                largest(way->gradient, size) <= how->tolerance * way->rows;
            if (!way->done)
                begin_search(way, size);
        }
        wn_talk_progress(talk, "softmax: iterations", used + 1,
                         how->iterations);
    }
    wn_talk_progress(talk, "softmax: iterations", how->iterations,
                     how->iterations);
    return used;
}

/* Each row's probabilities by the model of its fold. */
static int predict_rows(const struct problem *p, struct descent **who,
                        size_t folds, struct pass *pass, float *probability,
                        struct wn_error *error)
{
    const size_t blocks = (p->n + ROWS - 1) / ROWS, wide = pass->wide;
    int broken = 0;

    gather_weights(p, who, folds, pass);
#pragma omp parallel for num_threads(pass->threads) reduction(| : broken)
    for (size_t b = 0; b < blocks; b++) {
        struct lane *lane = &pass->lanes[omp_get_thread_num()];
        const size_t begin = b * ROWS;
        const size_t end = begin + ROWS < p->n ? begin + ROWS : p->n;

        for (size_t first = 0; first < folds; first += wide) {
            const size_t w = folds - first < wide ? folds - first : wide;

            judge_rows(p, pass, lane, first, w, folds, begin, end);
            for (size_t i = begin; i < end; i++) {
                const size_t f = (size_t)p->fold[i] - first;
                const size_t at = (i - begin) * w + f;

                if ((size_t)p->fold[i] < first || f >= w)
                    continue;
                broken |= !isfinite(lane->norm[at]);
                memcpy(probability + i * p->k, lane->logits + at * p->k,
                       p->k * sizeof *probability);
            }
        }
    }
    return broken ? wn_fail(error, WN_ENUMERIC,
                            "softmax: the weights grew beyond all numbers")
                  : 0;
}

int wn_softmax_predict(const struct wn_softmax *how, const float *x, size_t n,
                       size_t d, const int32_t *label, const float *weight,
                       size_t k, const int32_t *fold, int threads,
                       struct wn_talk *talk, float *probability, size_t *used,
                       struct wn_error *error)
{
    const struct problem p = {x, n, d, k, label, fold,
                              1 / how->inverse_penalty, weight};
    struct descent *ways = wn_new(how->folds, sizeof *ways, error);
    struct descent **who = wn_new(how->folds, sizeof *who, error);
    struct pass pass = {0};
    int status = -1;

    if (!ways || !who || pass_open(&pass, &p, how->folds, threads, error))
        goto done;
    for (size_t f = 0; f < how->folds; f++)
        if (descent_open(&ways[f], &p, (int32_t)f, error))
            goto done;
    const size_t iterations = descend(how, &p, ways, &pass, who, talk);
    if (used)
        *used = iterations;
    for (size_t f = 0; f < how->folds; f++) {
        who[f] = &ways[f];
        memcpy(ways[f].trial, ways[f].point, size_of(&p) * sizeof(double));
    }
    status = predict_rows(&p, who, how->folds, &pass, probability,
                          error);
done:
    pass_free(&pass);
    for (size_t f = 0; ways && f < how->folds; f++)
        descent_free(&ways[f]);
    free(ways);
    free(who);
    return status;
}

int wn_softmax_objective(const struct wn_softmax *how, const float *x,
                         size_t n, size_t d, const int32_t *label,
                         const float *weight, size_t k, const int32_t *fold,
                         int32_t out,
                         const double *weights, double *value,
                         double *gradient, struct wn_error *error)
{
    const struct problem p = {x, n, d, k, label, fold,
                              1 / how->inverse_penalty, weight};
    struct descent way = {0}, *who = &way;
    struct pass pass = {0};
    int status = -1;

    if (pass_open(&pass, &p, 1, 1, error) ||
        descent_open(&way, &p, out, error))
        goto done;
    memcpy(way.trial, weights, size_of(&p) * sizeof *weights);
    evaluate(&p, &who, 1, &pass);
    *value = way.trial_value;
    memcpy(gradient, way.trial_gradient, size_of(&p) * sizeof *gradient);
    status = 0;
done:
    pass_free(&pass);
    descent_free(&way);
    return status;
}

double wn_softmax_bytes(size_t n, size_t d, size_t k, size_t folds,
                        int threads)
{
    const double columns = (double)k * (double)folds;
    /* Of L-BFGS and one gradient in double; weights, and gradients a lane. */
    const double weights =
        (double)(d + 1) * columns *
        ((6 + 2 * MEMORY) * sizeof(double) + 4 * (1 + (double)threads));

    return weights + 16 * (double)n +
           4 * ROWS * (double)threads *
               ((double)wide_of(k, folds) * (double)k + 3 * (double)folds);
}
