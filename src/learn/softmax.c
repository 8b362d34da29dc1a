/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Multinomial logistic regression, all folds in one pass over the rows.
 *
 * The weights of the folds that are still moving stand side by side in one
 * d x (folds k) float matrix; a block of rows times that matrix gives the
 * logits of all of them, the block's transpose times the residuals all
 * gradients. Sums over blocks are kept in double, in block order. */
#include "learn/softmax.h"

#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "linalg/lbfgs.h"
#include "linalg/cholesky.h"
#include "linalg/products.h"
#include "linalg/pointwise.h"
#include "linalg/softmax_row.h"
#include "util/spill.h"
#include "util/memory.h"

const struct wn_softmax wn_softmax_standard = {1, 5, 300, 3e-5, 5};

enum {
    ROWS = 1024,    /* of a block */
    COLUMNS = 2048, /* of a product, and more where a fold alone has more */
    WIDE = 64,      /* classes from which a row fills vectors of its own, and
                       moments of the features are worth finding, from */
    SEEN = 2048,    /* rows or more, for */
    BROAD = 2048    /* features at most */
};

#define DAMPED 0.01
#define GAIN 1e-4 /* by which the loss of what is held out has to fall */
#define SURPRISE                                                               \
    14. /* the most that a row's loss counts where it is held out:             \
           that of a probability of 1e-6 */
#define ABSENT                                                                 \
    -1e30f /* the intercept of a class without rows to learn from              \
            */

struct problem {
    const float *x;
    size_t n, d, k;
    const int32_t *label, *fold;
    double penalty;      /* 1/C */
    const float *weight; /* n; NULL for 1 */
    const int32_t *part; /* n: not learned from where 0; NULL: all are */
};

/* One fold on its way down. */
struct way {
    int32_t out;   /* the fold whose rows do not count */
    bool *present; /* k: classes with rows to train on */
    double rows;   /* labelled rows to train on, by weight */
    double held;   /* loss on the part held out, at `trial` */
    double least;  /* the same at `kept` */
    size_t waited; /* for a lower one */
    double *kept;  /* (d + 1) x k: the answer */
    struct wn_lbfgs descent;
    bool done;
};

static float weighs(const struct problem *p, size_t i)
{
    if (p->label[i] < 0)
        return 0;
    return p->weight ? p->weight[i] : 1;
}

/* What row i counts in the model without fold `out`. */
static float counts(const struct problem *p, size_t i, int32_t out)
{
    return p->fold[i] == out || (p->part && !p->part[i]) ? 0 : weighs(p, i);
}

static size_t softmax_size_of(const struct problem *p)
{
    return (p->d + 1) * p->k;
}

/* What one evaluation of several folds needs; columns = folds k. */
struct pass {
    size_t wide;      /* folds that go through one product */
    float *weights;   /* d x columns */
    float *bias;      /* columns; ABSENT for classes not to be trained on */
    double *gradient; /* d x columns */
    double *offset;   /* columns: gradient of the intercepts */
    double *loss;     /* one a fold */
    double *held;     /* the same of the part held out */
    struct lane {
        float *logits;   /* ROWS x wide k, then the residuals */
        float *gradient; /* d x columns */
        float *given;    /* ROWS x wide: the logits of the labels */
        double *norm;    /* ROWS x wide: logarithms of the normalisers */
        double *offset, *loss, *held;
    } * lanes; /* one a thread */
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
        wn_spill_free(pass->lanes[t].logits);
        wn_spill_free(pass->lanes[t].gradient);
        free(pass->lanes[t].given);
        free(pass->lanes[t].norm);
        free(pass->lanes[t].offset);
        free(pass->lanes[t].loss);
        free(pass->lanes[t].held);
    }
    free(pass->lanes);
    wn_spill_free(pass->weights);
    free(pass->bias);
    wn_spill_free(pass->gradient);
    free(pass->offset);
    free(pass->loss);
    free(pass->held);
}

static int pass_open(struct pass *pass, const struct problem *p, size_t folds,
                     int threads)
{
    const size_t columns = wn_product(folds, p->k, 1);
    const size_t cells = wn_product(p->d, columns, 1);
    const size_t wide = wide_of(p->k, folds), seen = ROWS * wide;

    *pass = (struct pass){.threads = threads, .wide = wide};
    pass->weights = wn_spill_new(cells, sizeof(float));
    pass->bias = wn_new(columns, sizeof(float));
    pass->gradient = wn_spill_new(cells, sizeof(double));
    pass->offset = wn_new(columns, sizeof(double));
    pass->loss = wn_new(folds, sizeof(double));
    pass->held = wn_new(folds, sizeof(double));
    pass->lanes = wn_new((size_t)threads, sizeof *pass->lanes);
    for (int t = 0; t < threads; t++) {
        struct lane *lane = &pass->lanes[t];

        lane->logits = wn_spill_new(wn_product(seen, p->k, 1), sizeof(float));
        lane->gradient = wn_spill_new(cells, sizeof(float));
        lane->given = wn_new(seen, sizeof(float));
        lane->norm = wn_new(seen, sizeof(double));
        lane->offset = wn_new(columns, sizeof(double));
        lane->loss = wn_new(folds, sizeof(double));
        lane->held = wn_new(folds, sizeof(double));
    }
    return 0;
}

/* Probabilities of rows begin .. end-1 by the models of folds first .. first +
 * w - 1 of `count`, w no more than pass->wide, into lane->logits, rows x w k;
 * lane->given and lane->norm, both rows x w. */
static void softmax_judge_rows(const struct problem *p, const struct pass *pass,
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
            lane->norm[r * w + f] = wn_softmax_row_from(logits + f * k, k, 1);
    }
    if (k < WIDE)
        wn_softmax_in_place(lane->logits, rows * w, k, lane->logits,
                            lane->norm);
}

/* One fold's probabilities of a row become its residuals times `weight`. */
static void find_residual(float *residual, size_t k, size_t label, float weight,
                          double *offset)
{
    residual[label] -= 1;
    if (weight != 1)
        for (size_t c = 0; c < k; c++)
            residual[c] *= weight;
    for (size_t c = 0; c < k; c++)
        offset[c] += (double)residual[c];
}

/* Loss and gradient of some folds on a block of rows. */
static void evaluate_folds(const struct problem *p, struct way *const *who,
                           size_t first, size_t w, size_t count,
                           const struct pass *pass, struct lane *lane,
                           size_t begin, size_t end)
{
    const size_t k = p->k, columns = w * k;

    softmax_judge_rows(p, pass, lane, first, w, count, begin, end);
    for (size_t i = begin; i < end; i++)
        for (size_t f = 0; f < w; f++) {
            const size_t at = (i - begin) * w + f;
            const float weight = weighs(p, i);
            const float learned = counts(p, i, who[first + f]->out);
            const double loss =
                (double)weight * (lane->norm[at] - (double)lane->given[at]);

            if (learned == 0) {
                if (p->fold[i] != who[first + f]->out && weight > 0)
                    lane->held[first + f] +=
                        fmin(loss, (double)weight * SURPRISE);
                memset(lane->logits + at * k, 0, k * sizeof *lane->logits);
                continue;
            }
            lane->loss[first + f] += loss;
            find_residual(lane->logits + at * k, k, (size_t)p->label[i], weight,
                          lane->offset + (first + f) * k);
        }
    wn_gemm(1, 0, p->d, columns, end - begin, 1, p->x + begin * p->d, p->d,
            lane->logits, columns, 0, lane->gradient + first * k, count * k);
}

/* One block of rows: loss and gradient of all folds, into the thread's lane. */
static void evaluate_block(const struct problem *p, struct way *const *who,
                           size_t count, const struct pass *pass,
                           struct lane *lane, size_t begin, size_t end)
{
    memset(lane->offset, 0, count * p->k * sizeof *lane->offset);
    memset(lane->loss, 0, count * sizeof *lane->loss);
    memset(lane->held, 0, count * sizeof *lane->held);
    for (size_t f = 0; f < count; f += pass->wide)
        evaluate_folds(p, who, f,
                       count - f < pass->wide ? count - f : pass->wide, count,
                       pass, lane, begin, end);
}

static void softmax_add_lane(struct pass *pass, const struct lane *lane,
                             size_t cells, size_t columns, size_t count)
{
    for (size_t j = 0; j < cells; j++)
        pass->gradient[j] += lane->gradient[j];
    for (size_t j = 0; j < columns; j++)
        pass->offset[j] += lane->offset[j];
    for (size_t f = 0; f < count; f++) {
        pass->loss[f] += lane->loss[f];
        pass->held[f] += lane->held[f];
    }
}

/* The float weights and intercepts of the folds, side by side: `trial`. */
static void gather_weights(const struct problem *p, struct way *const *who,
                           size_t count, struct pass *pass)
{
    for (size_t j = 0; j < p->d; j++)
        for (size_t f = 0; f < count; f++)
            for (size_t c = 0; c < p->k; c++)
                pass->weights[(j * count + f) * p->k + c] =
                    (float)who[f]->descent.trial[j * p->k + c];
    for (size_t f = 0; f < count; f++)
        for (size_t c = 0; c < p->k; c++)
            pass->bias[f * p->k + c] =
                who[f]->present[c]
                    ? (float)who[f]->descent.trial[p->d * p->k + c]
                    : ABSENT;
}

/* Each fold's own value and gradient, with the penalty. */
static void scatter(const struct problem *p, struct way *who, size_t f,
                    size_t count, const struct pass *pass)
{
    const size_t inner = p->d * p->k;
    struct wn_lbfgs *descent = &who->descent;
    double norm = 0;

    for (size_t j = 0; j < p->d; j++)
        for (size_t c = 0; c < p->k; c++) {
            const double w = descent->trial[j * p->k + c];

            norm += w * w;
            descent->trial_gradient[j * p->k + c] =
                pass->gradient[(j * count + f) * p->k + c] + p->penalty * w;
        }
    for (size_t c = 0; c < p->k; c++)
        descent->trial_gradient[inner + c] = pass->offset[f * p->k + c];
    descent->trial_value = pass->loss[f] + 0.5 * p->penalty * norm;
    who->held = pass->held[f];
}

/* Value and gradient at `trial` of all the folds in `who`. */
static void softmax_evaluate(const struct problem *p, struct way *const *who,
                             size_t count, struct pass *pass)
{
    const size_t columns = count * p->k, cells = p->d * columns;
    const size_t blocks = (p->n + ROWS - 1) / ROWS;

    gather_weights(p, who, count, pass);
    memset(pass->gradient, 0, cells * sizeof *pass->gradient);
    memset(pass->offset, 0, columns * sizeof *pass->offset);
    memset(pass->loss, 0, count * sizeof *pass->loss);
    memset(pass->held, 0, count * sizeof *pass->held);
#pragma omp parallel num_threads(pass->threads)
    {
        struct lane *lane = &pass->lanes[omp_get_thread_num()];

#pragma omp for ordered schedule(static, 1)
        for (size_t b = 0; b < blocks; b++) {
            const size_t end = (b + 1) * ROWS;

            evaluate_block(p, who, count, pass, lane, b * ROWS,
                           end < p->n ? end : p->n);
#pragma omp ordered
            softmax_add_lane(pass, lane, cells, columns, count);
        }
#pragma omp for
        for (size_t f = 0; f < count; f++)
            scatter(p, who[f], f, count, pass);
    }
}

/* The mean of (x, 1)'(x, 1), q x q, over about SEEN rows or 2 q, evenly
 * spread. */
static int find_moments(const struct problem *p, size_t q, double *moments)
{
    const size_t most = 2 * q > SEEN ? 2 * q : SEEN;
    const size_t step = (p->n + most - 1) / most;
    const size_t seen = (p->n + step - 1) / step;
    float *block = wn_new(wn_product(ROWS, q, 1), sizeof *block);
    float *part = wn_spill_new(wn_product(q, q, 1), sizeof *part);

    for (size_t at = 0; block && part && at < seen; at += ROWS) {
        const size_t rows = seen - at < ROWS ? seen - at : ROWS;

        for (size_t r = 0; r < rows; r++) {
            memcpy(block + r * q, p->x + (at + r) * step * p->d,
                   p->d * sizeof *block);
            block[r * q + p->d] = 1;
        }
        wn_gemm(1, 0, q, q, rows, 1, block, q, block, q, 0, part, q);
        for (size_t e = 0; e < q * q; e++)
            moments[e] += (double)part[e] / (double)seen;
    }
    const int status = block && part ? 0 : -1;
    free(block);
    wn_spill_free(part);
    return status;
}

/* Second derivatives are the moments times the rows of a class, plus the
 * penalty, where all classes are equally likely (and as few as here that is so
 * nearly everywhere). DAMPED of the variances is added: directions that hardly
 * vary hold little but noise. */
static void softmax_bend(const struct problem *p, size_t folds, size_t q,
                         double *m)
{
    const double rows =
        (double)p->n / (double)p->k * (double)(folds - 1) / (double)folds;

    for (size_t j = 0; j < q; j++) {
        const double mean = m[p->d * q + j];
        const double variance = fmax(m[j * q + j] - mean * mean, 0);

        m[j * q + j] += j < p->d ? DAMPED * variance + p->penalty / rows : 1e-6;
    }
    for (size_t e = 0; e < q * q; e++)
        m[e] *= rows;
}

/* About the inverse of the second derivatives for each class, (d + 1) x
 * (d + 1), where it is worth it; otherwise, and where the features' sizes are
 * beyond all factors, *inverse stays NULL. */
static int find_inverse(const struct problem *p, size_t folds, double **inverse)
{
    const size_t q = p->d + 1;
    struct wn_error ignored = {0};

    if (p->k < WIDE || q > BROAD)
        return 0;
    double *m = wn_spill_new(wn_product(q, q, 1), sizeof *m);
    if (!m || find_moments(p, q, m)) {
        wn_spill_free(m);
        return -1;
    }
    softmax_bend(p, folds, q, m);
    if (wn_cholesky(m, q, &ignored) || wn_cholesky_inverse(m, q, &ignored)) {
        wn_spill_free(m);
        return 0;
    }
    for (size_t j = 0; j < q; j++)
        for (size_t l = 0; l < j; l++)
            m[l * q + j] = m[j * q + l];
    *inverse = m;
    return 0;
}

static void way_free(struct way *way)
{
    free(way->present);
    wn_spill_free(way->kept);
    wn_lbfgs_free(&way->descent);
}

static int way_open(struct way *way, const struct problem *p, int32_t out,
                    const double *inverse, struct wn_error *error)
{
    struct wn_lbfgs *descent = &way->descent;

    *way = (struct way){.out = out, .least = INFINITY};
    way->present = wn_new(p->k, sizeof *way->present);
    way->kept = wn_spill_new(softmax_size_of(p), sizeof(double));
    if (wn_lbfgs_open(descent, p->d + 1, p->k, inverse))
        return -1;
    double *share = descent->trial + p->d * p->k;
    for (size_t i = 0; i < p->n; i++)
        if (counts(p, i, out) > 0) {
            way->present[p->label[i]] = true;
            share[p->label[i]] += (double)counts(p, i, out);
            way->rows += (double)counts(p, i, out);
        }
    if (way->rows == 0)
        return wn_fail(error, WN_EDATA,
                       "fold %d leaves no labelled row to train on", out);
    for (size_t c = 0; c < p->k; c++)
        share[c] = share[c] > 0 ? log(share[c] / way->rows) : 0;
    return 0;
}

/* What becomes of one fold's trial. A new point is kept, unless a former one
 * had less loss on the part held out. */
static void take_step(const struct wn_softmax *how, const struct problem *p,
                      struct way *way)
{
    struct wn_lbfgs *descent = &way->descent;

    if (wn_lbfgs_step(descent)) {
        way->waited++;
        if (!p->part || way->held < way->least) {
            if (way->held < way->least * (1 - GAIN))
                way->waited = 0;
            way->least = way->held;
            memcpy(way->kept, descent->point,
                   softmax_size_of(p) * sizeof(double));
        }
        way->done = wn_lbfgs_steepest(descent) <= how->tolerance * way->rows ||
                    (p->part && way->waited >= how->patience);
    }
    way->done |= descent->done;
}

/* All folds down, in step. */
static size_t descend(const struct wn_softmax *how, const struct problem *p,
                      struct way *ways, struct pass *pass, struct way **moving,
                      struct wn_log *log)
{
    size_t used = 0;

    wn_log_progress(log, "softmax: iterations", 0, how->iterations);
    for (; used < how->iterations; used++) {
        size_t count = 0;

        for (size_t f = 0; f < how->folds; f++)
            if (!ways[f].done)
                moving[count++] = &ways[f];
        if (!count)
            break;
        softmax_evaluate(p, moving, count, pass);
#pragma omp parallel for num_threads(pass->threads) schedule(dynamic)
        for (size_t f = 0; f < count; f++)
            take_step(how, p, moving[f]);
        wn_log_progress(log, "softmax: iterations", used + 1, how->iterations);
    }
    wn_log_progress(log, "softmax: iterations", how->iterations,
                    how->iterations);
    return used;
}

/* Each row's probabilities by the model of its fold. */
static int predict_rows(const struct problem *p, struct way **who, size_t folds,
                        struct pass *pass, float *probability,
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

            softmax_judge_rows(p, pass, lane, first, w, folds, begin, end);
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
                       size_t k, const int32_t *fold, const int32_t *part,
                       int threads, struct wn_log *log, float *probability,
                       size_t *used, struct wn_error *error)
{
    const struct problem p = {
        x, n, d, k, label, fold, 1 / how->inverse_penalty, weight, part};
    struct way *ways = wn_new(how->folds, sizeof *ways);
    struct way **who = wn_new(how->folds, sizeof *who);
    struct pass pass = {0};
    double *inverse = NULL;
    int status = -1;

    if (find_inverse(&p, how->folds, &inverse) ||
        pass_open(&pass, &p, how->folds, threads))
        goto done;
    for (size_t f = 0; f < how->folds; f++)
        if (way_open(&ways[f], &p, (int32_t)f, inverse, error))
            goto done;
    const size_t iterations = descend(how, &p, ways, &pass, who, log);
    if (used)
        *used = iterations;
    for (size_t f = 0; f < how->folds; f++) {
        who[f] = &ways[f];
        memcpy(ways[f].descent.trial, ways[f].kept,
               softmax_size_of(&p) * sizeof(double));
    }
    status = predict_rows(&p, who, how->folds, &pass, probability, error);
done:
    pass_free(&pass);
    for (size_t f = 0; ways && f < how->folds; f++)
        way_free(&ways[f]);
    wn_spill_free(inverse);
    free(ways);
    free(who);
    return status;
}

int wn_softmax_objective(const struct wn_softmax *how, const float *x, size_t n,
                         size_t d, const int32_t *label, const float *weight,
                         size_t k, const int32_t *fold, int32_t out,
                         const double *weights, double *value, double *gradient,
                         struct wn_error *error)
{
    const struct problem p = {
        x, n, d, k, label, fold, 1 / how->inverse_penalty, weight, NULL};
    struct way way = {0}, *who = &way;
    struct pass pass = {0};
    int status = -1;

    if (pass_open(&pass, &p, 1, 1) || way_open(&way, &p, out, NULL, error))
        goto done;
    memcpy(way.descent.trial, weights, softmax_size_of(&p) * sizeof *weights);
    softmax_evaluate(&p, &who, 1, &pass);
    *value = way.descent.trial_value;
    memcpy(gradient, way.descent.trial_gradient,
           softmax_size_of(&p) * sizeof *gradient);
    status = 0;
done:
    pass_free(&pass);
    way_free(&way);
    return status;
}

double wn_softmax_bytes(size_t n, size_t d, size_t k, size_t folds, int threads)
{
    const double columns = (double)k * (double)folds;
    /* Of L-BFGS and one gradient in double; weights, and gradients a lane. */
    const double weights = (double)(d + 1) * columns *
                           (2 * sizeof(double) + 4 * (1 + (double)threads));

    return weights + (double)folds * wn_lbfgs_bytes(d + 1, k) + 16 * (double)n +
           4 * ROWS * (double)threads *
               ((double)wide_of(k, folds) * (double)k + 3 * (double)folds);
}
