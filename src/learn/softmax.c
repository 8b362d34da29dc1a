/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Multinomial logistic regression, all folds in one pass over the rows; see
 * softmax.h.
 *
 * The weights of the folds that have not converged stand side by side in one
 * d x (folds k) float matrix; a block of rows times that matrix gives the
 * logits of all of them, the block's transpose times the residuals all
 * gradients. Sums over blocks are kept in double, in block order. */
#include "learn/softmax.h"

#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "learn/calibrate.h"
#include "learn/tuning.h"
#include "linalg/cholesky.h"
#include "linalg/lbfgs.h"
#include "linalg/pointwise.h"
#include "linalg/products.h"
#include "linalg/softmax_row.h"
#include "util/arena.h"
#include "util/memory.h"
#include "util/spill.h"

const struct wn_softmax wn_softmax_defaults = {1, 300, 3e-5, 5};

enum {
    ROWS = 1024,    /* of a block */
    COLUMNS = 2048, /* of a product, and more where a fold alone has more */
    WIDE = 64,      /* classes from which a row fills vectors of its own, and
                       preconditioning is worth it, with the moments of */
    MOMENT_ROWS = 2048, /* rows or more, for */
    MAX_MOMENTS = 2048, /* features at most */
    PENALTY_ROWS = 1024,
    PENALTY_TRIALS = 4,
    TOGETHER = 1 << 26 /* bytes of blocks that a team has at a time */
};

#define DAMPING 0.01  /* of the variances, added to the moments' diagonal */
#define MIN_GAIN 1e-4 /* the relative fall of the held-out loss that counts */
/* The largest held-out loss of a row: that of a probability of 1e-6. */
#define MAX_ROW_LOSS 14.
/* The intercept of a class without rows to learn from. */
#define ABSENT (-1e30f)
/* The tolerance of penalty trials: the minimum need not be a sharp one. */
#define PENALTY_TOLERANCE 10.

struct problem {
    const float *x;
    size_t n, d, k;
    const int32_t *label, *fold;
    double penalty;         /* 1/C */
    const float *weight;    /* n; NULL for 1 */
    const int32_t *part;    /* n: held out where 0; NULL: none are */
    struct wn_units *units; /* a team divides the blocks of rows */
};

/* The model of one fold. */
struct fold_fit {
    int32_t out;   /* the fold whose rows do not count */
    bool *present; /* k: classes with rows to train on */
    double rows;   /* labelled rows to train on, by weight */
    double held;   /* held-out loss at the trial point */
    double best;   /* the same at `kept` */
    size_t waited; /* iterations since it fell */
    double *kept;  /* (d + 1) x k: the answer */
    struct wn_lbfgs lbfgs;
    bool done;
};

static float row_weight(const struct problem *p, size_t i)
{
    if (p->label[i] < 0)
        return 0;
    return p->weight ? p->weight[i] : 1;
}

/* The weight of row i in the model without fold `out`. */
static float training_weight(const struct problem *p, size_t i, int32_t out)
{
    return p->fold[i] == out || (p->part && !p->part[i]) ? 0 : row_weight(p, i);
}

static size_t softmax_size_of(const struct problem *p)
{
    return (p->d + 1) * p->k;
}

/* The evaluation of several folds; columns = folds k. */
struct evaluation {
    struct wn_arena own; /* its arrays */
    size_t wide;         /* folds that go through one product */
    float *weights;      /* d x columns */
    float *bias;         /* columns; ABSENT for classes not to be trained on */
    double *gradient;    /* d x columns */
    double *offset;      /* columns: gradient of the intercepts */
    double *loss;        /* one a fold */
    double *held;        /* held-out loss, one a fold */
    struct scratch {
        float *logits;   /* ROWS x wide k, then the residuals */
        float *gradient; /* d x columns */
        float *given;    /* ROWS x wide: the logits of the labels */
        double *norm;    /* ROWS x wide: logarithms of the normalisers */
        double *offset, *loss, *held;
    } * scratch; /* one a thread */
    int threads;
};

/* How many of the folds go through one product. */
static size_t product_folds(size_t k, size_t folds)
{
    const size_t max = COLUMNS / k;

    return max == 0 ? 1 : max < folds ? max : folds;
}

static void evaluation_new(struct evaluation *e, const struct problem *p,
                           size_t folds, int threads)
{
    const size_t columns = wn_product(folds, p->k, 1);
    const size_t wide = product_folds(p->k, folds), logits = ROWS * wide;

    *e = (struct evaluation){.threads = threads, .wide = wide};
    e->weights = wn_arena_spill(&e->own, sizeof(float), p->d, columns);
    e->bias = wn_arena_new(&e->own, sizeof(float), columns, 1);
    e->gradient = wn_arena_spill(&e->own, sizeof(double), p->d, columns);
    e->offset = wn_arena_new(&e->own, sizeof(double), columns, 1);
    e->loss = wn_arena_new(&e->own, sizeof(double), folds, 1);
    e->held = wn_arena_new(&e->own, sizeof(double), folds, 1);
    e->scratch = wn_arena_new(&e->own, sizeof *e->scratch, (size_t)threads, 1);
    for (int t = 0; t < threads; t++) {
        struct scratch *s = &e->scratch[t];

        s->logits = wn_arena_spill(&e->own, sizeof(float), logits, p->k);
        s->gradient = wn_arena_spill(&e->own, sizeof(float), p->d, columns);
        s->given = wn_arena_new(&e->own, sizeof(float), logits, 1);
        s->norm = wn_arena_new(&e->own, sizeof(double), logits, 1);
        s->offset = wn_arena_new(&e->own, sizeof(double), columns, 1);
        s->loss = wn_arena_new(&e->own, sizeof(double), folds, 1);
        s->held = wn_arena_new(&e->own, sizeof(double), folds, 1);
    }
}

/* Probabilities of rows begin .. end-1 by the models of folds first .. first +
 * w - 1 of `count`, w no more than e->wide, into s->logits, rows x w k;
 * s->given and s->norm, both rows x w. */
static void softmax_predict_block(const struct problem *p,
                                  const struct evaluation *e, struct scratch *s,
                                  size_t first, size_t w, size_t count,
                                  size_t begin, size_t end)
{
    const size_t k = p->k, columns = w * k, rows = end - begin;
    const float *bias = e->bias + first * k;

    wn_gemm(0, 0, rows, columns, p->d, 1, p->x + begin * p->d, p->d,
            e->weights + first * k, count * k, 0, s->logits, columns);
    for (size_t r = 0; r < rows; r++) {
        const int32_t y = p->label[begin + r];
        float *logits = s->logits + r * columns;

#pragma omp simd
        for (size_t c = 0; c < columns; c++)
            logits[c] += bias[c];
        for (size_t f = 0; y >= 0 && f < w; f++)
            s->given[r * w + f] = logits[f * k + (size_t)y];
        for (size_t f = 0; k >= WIDE && f < w; f++)
            s->norm[r * w + f] = wn_softmax_row_from(logits + f * k, k, 1);
    }
    if (k < WIDE)
        wn_softmax_in_place(s->logits, rows * w, k, s->logits, s->norm);
}

/* Loss and gradient of folds first .. first + w - 1 of `count` on a block of
 * rows, added to s. */
static void evaluate_folds(const struct problem *p,
                           struct fold_fit *const *fits, size_t first, size_t w,
                           size_t count, const struct evaluation *e,
                           struct scratch *s, size_t begin, size_t end)
{
    const size_t k = p->k, columns = w * k;

    softmax_predict_block(p, e, s, first, w, count, begin, end);
    for (size_t i = begin; i < end; i++)
        for (size_t f = 0; f < w; f++) {
            const size_t at = (i - begin) * w + f;
            const int32_t out = fits[first + f]->out;
            const float weight = row_weight(p, i);
            const double loss =
                (double)weight * (s->norm[at] - (double)s->given[at]);
            float *residual = s->logits + at * k;
            double *offset = s->offset + (first + f) * k;

            if (training_weight(p, i, out) == 0) {
                if (p->fold[i] != out && weight > 0)
                    s->held[first + f] +=
                        fmin(loss, (double)weight * MAX_ROW_LOSS);
                memset(residual, 0, k * sizeof *residual);
                continue;
            }
            s->loss[first + f] += loss;
            residual[p->label[i]] -= 1;
            for (size_t c = 0; weight != 1 && c < k; c++)
                residual[c] *= weight;
            for (size_t c = 0; c < k; c++)
                offset[c] += (double)residual[c];
        }
    wn_gemm(1, 0, p->d, columns, end - begin, 1, p->x + begin * p->d, p->d,
            s->logits, columns, 0, s->gradient + first * k, count * k);
}

/* The trial weights and intercepts of the folds, side by side in float. */
static void gather_weights(const struct problem *p,
                           struct fold_fit *const *fits, size_t count,
                           struct evaluation *e)
{
    for (size_t j = 0; j < p->d; j++)
        for (size_t f = 0; f < count; f++)
            for (size_t c = 0; c < p->k; c++)
                e->weights[(j * count + f) * p->k + c] =
                    (float)fits[f]->lbfgs.trial[j * p->k + c];
    for (size_t f = 0; f < count; f++)
        for (size_t c = 0; c < p->k; c++)
            e->bias[f * p->k + c] =
                fits[f]->present[c]
                    ? (float)fits[f]->lbfgs.trial[p->d * p->k + c]
                    : ABSENT;
}

/* Add what a block of rows gave. */
static void add_block(struct evaluation *e, const struct scratch *s,
                      size_t cells, size_t columns, size_t count)
{
    for (size_t j = 0; j < cells; j++)
        e->gradient[j] += s->gradient[j];
    for (size_t j = 0; j < columns; j++)
        e->offset[j] += s->offset[j];
    for (size_t f = 0; f < count; f++) {
        e->loss[f] += s->loss[f];
        e->held[f] += s->held[f];
    }
}

static void evaluate_block(const struct problem *p,
                           struct fold_fit *const *fits, size_t count,
                           const struct evaluation *e, struct scratch *s,
                           size_t b)
{
    const size_t begin = b * ROWS;
    const size_t end = begin + ROWS < p->n ? begin + ROWS : p->n;

    memset(s->offset, 0, count * p->k * sizeof *s->offset);
    memset(s->loss, 0, count * sizeof *s->loss);
    memset(s->held, 0, count * sizeof *s->held);
    for (size_t f = 0; f < count; f += e->wide)
        evaluate_folds(p, fits, f, count - f < e->wide ? count - f : e->wide,
                       count, e, s, begin, end);
}

/* The sums by a team: every rank evaluates each ranks-th block, then all add
 * all blocks, in their order. What travels of a block: offset, loss and held in
 * double, then the gradient in float. */
static void evaluate_together(const struct problem *p,
                              struct fold_fit *const *fits, size_t count,
                              struct evaluation *e)
{
    const size_t columns = count * p->k, cells = p->d * columns;
    const size_t blocks = (p->n + ROWS - 1) / ROWS;
    const size_t ranks = wn_units_ranks(p->units);
    const size_t rank = wn_units_rank(p->units);
    const size_t sums = (columns + 2 * count) * sizeof(double);
    const size_t bytes = sums + (cells + cells % 2) * sizeof(float);
    const size_t most = TOGETHER / bytes / ranks;
    const size_t each = most ? most : 1; /* blocks of a rank at a time */
    char *buffer = wn_spill_new(wn_product(bytes, each, ranks), 1);

    for (size_t first = 0; first < blocks; first += each * ranks) {
#pragma omp parallel for num_threads(e->threads) schedule(static, 1)
        for (size_t i = 0; i < each; i++) {
            struct scratch *s = &e->scratch[omp_get_thread_num()];
            char *at = buffer + (rank * each + i) * bytes;

            if (first + i * ranks + rank >= blocks)
                continue;
            evaluate_block(p, fits, count, e, s, first + i * ranks + rank);
            memcpy(at, s->offset, columns * sizeof(double));
            at += columns * sizeof(double);
            memcpy(at, s->loss, count * sizeof(double));
            at += count * sizeof(double);
            memcpy(at, s->held, count * sizeof(double));
            memcpy(at + count * sizeof(double), s->gradient,
                   cells * sizeof(float));
        }
        for (size_t owner = 0; owner < ranks; owner++) {
            const size_t left =
                first + owner < blocks ? blocks - first - owner : 0;
            const size_t some = (left + ranks - 1) / ranks;

            wn_units_share(p->units, buffer + owner * each * bytes,
                           (some < each ? some : each) * bytes, owner);
        }
        for (size_t i = 0; i < each * ranks && first + i < blocks; i++) {
            char *at = buffer + (i % ranks * each + i / ranks) * bytes;
            const struct scratch sent = {.offset = (double *)at,
                                         .loss = (double *)at + columns,
                                         .held = (double *)at + columns + count,
                                         .gradient = (float *)(at + sums)};

            add_block(e, &sent, cells, columns, count);
        }
    }
    wn_spill_free(buffer);
}

/* Value and gradient at the trial points of all `fits`. */
static void softmax_evaluate(const struct problem *p,
                             struct fold_fit *const *fits, size_t count,
                             struct evaluation *e)
{
    const size_t k = p->k, columns = count * k, cells = p->d * columns;
    const size_t blocks = (p->n + ROWS - 1) / ROWS;
    const bool together = blocks > 1 && wn_units_ranks(p->units) > 1;

    gather_weights(p, fits, count, e);
    memset(e->gradient, 0, cells * sizeof *e->gradient);
    memset(e->offset, 0, columns * sizeof *e->offset);
    memset(e->loss, 0, count * sizeof *e->loss);
    memset(e->held, 0, count * sizeof *e->held);
    if (together)
        evaluate_together(p, fits, count, e);
#pragma omp parallel num_threads(e->threads)
    {
        struct scratch *s = &e->scratch[omp_get_thread_num()];

#pragma omp for ordered schedule(static, 1)
        for (size_t b = 0; b < (together ? 0 : blocks); b++) {
            evaluate_block(p, fits, count, e, s, b);
#pragma omp ordered
            add_block(e, s, cells, columns, count);
        }
#pragma omp for
        for (size_t f = 0; f < count; f++) {
            struct wn_lbfgs *lbfgs = &fits[f]->lbfgs;
            double norm = 0;

            for (size_t j = 0; j < p->d; j++)
                for (size_t c = 0; c < k; c++) {
                    const double w = lbfgs->trial[j * k + c];

                    norm += w * w;
                    lbfgs->trial_gradient[j * k + c] =
                        e->gradient[(j * count + f) * k + c] + p->penalty * w;
                }
            for (size_t c = 0; c < k; c++)
                lbfgs->trial_gradient[p->d * k + c] = e->offset[f * k + c];
            lbfgs->trial_value = e->loss[f] + 0.5 * p->penalty * norm;
            fits[f]->held = e->held[f];
        }
    }
}

/* An approximate inverse of the second derivatives for each class,
 * (d + 1) x (d + 1), or NULL where it does not pay or the features' scales
 * overflow. Where all classes are equally likely (with many classes nearly
 * everywhere) the second derivatives are the moments times the rows of a class,
 * plus the penalty. DAMPING suppresses directions that hardly vary: they hold
 * little but noise. */
static double *find_preconditioner(const struct problem *p, size_t folds)
{
    const size_t q = p->d + 1;
    const double rows =
        (double)p->n / (double)p->k * (double)(folds - 1) / (double)folds;
    struct wn_error ignored = {0};

    if (p->k < WIDE || q > MAX_MOMENTS)
        return NULL;
    /* The mean of (x, 1)'(x, 1) over about MOMENT_ROWS rows or 2 q, evenly
     * spread. */
    const size_t max = 2 * q > MOMENT_ROWS ? 2 * q : MOMENT_ROWS;
    const size_t step = (p->n + max - 1) / max;
    const size_t seen = (p->n + step - 1) / step;
    float *block = wn_new(wn_product(ROWS, q, 1), sizeof *block);
    float *part = wn_spill_new(wn_product(q, q, 1), sizeof *part);
    double *m = wn_spill_new(wn_product(q, q, 1), sizeof *m);
    for (size_t at = 0; at < seen; at += ROWS) {
        const size_t left = seen - at < ROWS ? seen - at : ROWS;

        for (size_t r = 0; r < left; r++) {
            memcpy(block + r * q, p->x + (at + r) * step * p->d,
                   p->d * sizeof *block);
            block[r * q + p->d] = 1;
        }
        wn_gemm(1, 0, q, q, left, 1, block, q, block, q, 0, part, q);
        for (size_t e = 0; e < q * q; e++)
            m[e] += (double)part[e] / (double)seen;
    }
    free(block);
    wn_spill_free(part);
    for (size_t j = 0; j < q; j++) {
        const double mean = m[p->d * q + j];
        const double variance = fmax(m[j * q + j] - mean * mean, 0);

        m[j * q + j] +=
            j < p->d ? DAMPING * variance + p->penalty / rows : 1e-6;
    }
    for (size_t e = 0; e < q * q; e++)
        m[e] *= rows;
    if (wn_cholesky(m, q, &ignored) || wn_cholesky_inverse(m, q, &ignored)) {
        wn_spill_free(m);
        return NULL;
    }
    for (size_t j = 0; j < q; j++)
        for (size_t l = 0; l < j; l++)
            m[l * q + j] = m[j * q + l];
    return m;
}

/* Start from the class shares. */
static int fold_fit_new(struct fold_fit *fit, const struct problem *p,
                        int32_t out, const double *inverse,
                        struct wn_arena *own, struct wn_error *error)
{
    *fit = (struct fold_fit){.out = out, .best = INFINITY};
    fit->present = wn_arena_new(own, sizeof *fit->present, p->k, 1);
    fit->kept = wn_arena_spill(own, sizeof(double), softmax_size_of(p), 1);
    wn_lbfgs_open(&fit->lbfgs, p->d + 1, p->k, inverse);
    double *share = fit->lbfgs.trial + p->d * p->k;
    for (size_t i = 0; i < p->n; i++) {
        const float weight = training_weight(p, i, out);

        if (weight > 0) {
            fit->present[p->label[i]] = true;
            share[p->label[i]] += (double)weight;
            fit->rows += (double)weight;
        }
    }
    if (fit->rows == 0)
        return wn_fail(error, WN_EDATA,
                       "fold %d leaves no labelled row to train on", out);
    for (size_t c = 0; c < p->k; c++)
        share[c] = share[c] > 0 ? log(share[c] / fit->rows) : 0;
    return 0;
}

/* Minimise all folds in step; returns the iterations used. */
static size_t fit_folds(const struct wn_softmax *options,
                        const struct problem *p, struct fold_fit *fits,
                        size_t folds, struct evaluation *e,
                        struct fold_fit **active, struct wn_log *log)
{
    size_t used = 0;

    wn_log_progress(log, "softmax: iterations", 0, options->iterations);
    for (; used < options->iterations; used++) {
        size_t count = 0;

        for (size_t f = 0; f < folds; f++)
            if (!fits[f].done)
                active[count++] = &fits[f];
        if (!count)
            break;
        softmax_evaluate(p, active, count, e);
#pragma omp parallel for num_threads(e->threads) schedule(dynamic)
        for (size_t f = 0; f < count; f++) {
            struct fold_fit *fit = active[f];
            struct wn_lbfgs *lbfgs = &fit->lbfgs;

            /* A new point is kept, unless an earlier one had a smaller held-out
             * loss. */
            if (wn_lbfgs_step(lbfgs)) {
                fit->waited++;
                if (!p->part || fit->held < fit->best) {
                    if (fit->held < fit->best * (1 - MIN_GAIN))
                        fit->waited = 0;
                    fit->best = fit->held;
                    memcpy(fit->kept, lbfgs->point,
                           softmax_size_of(p) * sizeof(double));
                }
                fit->done = wn_lbfgs_steepest(lbfgs) <=
                                options->tolerance * fit->rows ||
                            (p->part && fit->waited >= options->patience);
            }
            fit->done |= lbfgs->done;
        }
        wn_log_progress(log, "softmax: iterations", used + 1,
                        options->iterations);
    }
    wn_log_progress(log, "softmax: iterations", options->iterations,
                    options->iterations);
    return used;
}

int wn_softmax_predict(const struct wn_softmax *options,
                       const struct wn_sample *sample, const int32_t *part,
                       float *probability, size_t *used, struct wn_error *error)
{
    const size_t n = sample->n, k = sample->k, folds = sample->folds;
    const struct problem p = {.x = sample->x,
                              .n = n,
                              .d = sample->d,
                              .k = k,
                              .label = sample->label,
                              .fold = sample->fold,
                              .penalty = 1 / options->inverse_penalty,
                              .weight = sample->weight,
                              .part = part,
                              .units = sample->units};
    double *inverse = find_preconditioner(&p, folds);
    struct evaluation e;
    int status = 0, overflow = 0;

    evaluation_new(&e, &p, folds, sample->threads);
    struct fold_fit *fits = wn_arena_new(&e.own, sizeof *fits, folds, 1);
    struct fold_fit **active = wn_arena_new(&e.own, sizeof *active, folds, 1);
    for (size_t f = 0; status == 0 && f < folds; f++)
        status = fold_fit_new(&fits[f], &p, (int32_t)f, inverse, &e.own, error);
    if (status == 0) {
        const size_t iterations =
            fit_folds(options, &p, fits, folds, &e, active, sample->log);

        if (used)
            *used = iterations;
        for (size_t f = 0; f < folds; f++) {
            active[f] = &fits[f];
            memcpy(fits[f].lbfgs.trial, fits[f].kept,
                   softmax_size_of(&p) * sizeof(double));
        }
        /* Each row's probabilities by the model of its fold. */
        gather_weights(&p, active, folds, &e);
#pragma omp parallel for num_threads(sample->threads) reduction(| : overflow)
        for (size_t b = 0; b < (n + ROWS - 1) / ROWS; b++) {
            struct scratch *s = &e.scratch[omp_get_thread_num()];
            const size_t begin = b * ROWS;
            const size_t end = begin + ROWS < n ? begin + ROWS : n;

            for (size_t first = 0; first < folds; first += e.wide) {
                const size_t left = folds - first;
                const size_t w = left < e.wide ? left : e.wide;

                softmax_predict_block(&p, &e, s, first, w, folds, begin, end);
                for (size_t i = begin; i < end; i++) {
                    const size_t f = (size_t)p.fold[i] - first;
                    const size_t at = (i - begin) * w + f;

                    if ((size_t)p.fold[i] < first || f >= w)
                        continue;
                    overflow |= !isfinite(s->norm[at]);
                    memcpy(probability + i * k, s->logits + at * k,
                           k * sizeof *probability);
                }
            }
        }
        if (overflow)
            status = wn_fail(error, WN_ENUMERIC,
                             "softmax: the weights grew beyond all numbers");
    }
    for (size_t f = 0; f < folds; f++)
        wn_lbfgs_free(&fits[f].lbfgs);
    wn_arena_free(&e.own);
    wn_spill_free(inverse);
    return status;
}

static double fit_bytes(size_t n, size_t d, size_t k, size_t folds, int threads)
{
    const double columns = (double)k * (double)folds;
    /* L-BFGS and one gradient in double; weights and a thread's gradients. */
    const double weights = (double)(d + 1) * columns *
                           (2 * sizeof(double) + 4 * (1 + (double)threads));

    return weights + (double)folds * wn_lbfgs_bytes(d + 1, k) + 16 * (double)n +
           4 * ROWS * (double)threads *
               ((double)product_folds(k, folds) * (double)k +
                3 * (double)folds);
}

int wn_softmax_choose_penalty(const struct wn_sample *sample,
                              struct wn_softmax *options,
                              struct wn_error *error)
{
    struct wn_arena own = {0};
    struct wn_sample few = wn_subsample_draw(sample, PENALTY_ROWS, &own);
    struct wn_units *units = sample->units; /* a team divides the trials */
    struct wn_softmax trial = *options;
    double loss[PENALTY_TRIALS];
    bool folds = false; /* whether there always are rows to learn from */
    int status = 0;

    for (size_t i = 1; i < few.n; i++)
        folds |= few.fold[i] != few.fold[0];
    if (folds) {
        float *probability =
            wn_arena_spill(&own, sizeof *probability, few.n, few.k);

        trial.tolerance = wn_softmax_defaults.tolerance * PENALTY_TOLERANCE;
        few.units = NULL;
        for (int t = 0; t < PENALTY_TRIALS && status == 0; t++) {
            if ((size_t)t % wn_units_ranks(units) != wn_units_rank(units))
                continue;
            trial.inverse_penalty = pow(10, -t);
            status = wn_softmax_predict(&trial, &few, NULL, probability, NULL,
                                        error);
            if (status == 0)
                loss[t] =
                    wn_quality_measure(probability, few.n, few.k, few.label)
                        .log_loss;
        }
        for (int t = 0; t < PENALTY_TRIALS && status == 0; t++)
            wn_units_share(units, &loss[t], sizeof loss[t],
                           (size_t)t % wn_units_ranks(units));
        if (status == 0)
            options->inverse_penalty =
                pow(10, -wn_parabola_minimum(loss, PENALTY_TRIALS));
    }
    wn_arena_free(&own);
    return status;
}

double wn_softmax_bytes(const struct wn_sample *sample)
{
    const size_t n = sample->n < PENALTY_ROWS ? sample->n : PENALTY_ROWS;
    const size_t k = sample->k < n ? sample->k : n;
    const double choice =
        4 * (double)n * (double)(sample->d + k + 4) +
        fit_bytes(n, sample->d, k, sample->folds, sample->threads);

    return fmax(choice, 8 * (double)sample->n +
                            fit_bytes(sample->n, sample->d, sample->k,
                                      sample->folds, sample->threads));
}
