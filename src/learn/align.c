/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Out-of-sample ridge regression from one block to the other; see align.h.
 *
 * With the products G_f = X_f'X_f and C_f = X_f'Y_f of the rows of each fold,
 * the coefficients without fold f are
 *   W_f = (G - G_f + r I)^-1 (C - C_f)
 * and their squared error on fold f is |Y_f|^2 + tr W_f'(G_f W_f - 2 C_f), so
 * every ridge r is tried without looking at the rows again. */
#include "learn/align.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "linalg/cholesky.h"
#include "learn/folds.h"
#include "linalg/products.h"
#include "linalg/pointwise.h"
#include "linalg/standardize.h"
#include "util/spill.h"
#include "util/memory.h"
#include "util/parallel.h"

enum { FOLDS = WN_ALIGN_FOLDS, STRIP = 64, PROBES = 4096 };

static const double ridges[] = {1e-4, 1e-3, 1e-2, .1, 1, 10};
enum { RIDGES = sizeof ridges / sizeof *ridges };

struct regression {
    const float *x, *y; /* standardised */
    size_t n, d, p;
    int threads;
    int32_t *row; /* n, fold after fold */
    size_t begin[FOLDS + 1];
    double *product[FOLDS]; /* d x (d + p): G_f and C_f side by side */
    double *sum;            /* d x (d + p) */
    float *w[FOLDS];        /* d x p */
};

static void regression_free(struct regression *r)
{
    for (int f = 0; f < FOLDS; f++) {
        wn_spill_free(r->product[f]);
        wn_spill_free(r->w[f]);
    }
    wn_spill_free(r->sum);
    wn_spill_free(r->row);
}

/* Rows by fold, ascending in each. */
static int align_assign(struct regression *r, uint64_t seed,
                        struct wn_error *error)
{
    int32_t *label = wn_spill_new(r->n, sizeof *label);
    int32_t *fold = wn_spill_new(r->n, sizeof *fold);
    size_t count = 0;
    int status = -1;

    r->row = wn_spill_new(r->n, sizeof *r->row);
    for (size_t i = 0; i < r->n; i++)
        label[i] = -1;
    status = wn_folds_assign(label, r->n, 1, FOLDS, seed, fold, error);
    for (int f = 0; f < FOLDS && status == 0; f++) {
        r->begin[f] = count;
        for (size_t i = 0; i < r->n; i++)
            if (fold[i] == f)
                r->row[count++] = (int32_t)i;
    }
    r->begin[FOLDS] = count;
    wn_spill_free(label);
    wn_spill_free(fold);
    return status;
}

/* Copy the rows into out, x and y side by side. */
static void gather(const struct regression *r, const int32_t *row, size_t count,
                   float *out)
{
    const size_t width = r->d + r->p;

    for (size_t i = 0; i < count; i++) {
        const size_t at = (size_t)row[i];

        memcpy(out + i * width, r->x + at * r->d, r->d * sizeof *out);
        memcpy(out + i * width + r->d, r->y + at * r->p, r->p * sizeof *out);
    }
}

/* product += the rows' x' [x y]. */
static void align_multiply(const struct regression *r, const float *rows,
                           size_t count, float *strips, double *product)
{
    const size_t d = r->d, width = d + r->p;

#pragma omp parallel for num_threads(r->threads) schedule(static)
    for (size_t j = 0; j < d; j += STRIP) {
        const size_t tall = d - j < STRIP ? d - j : STRIP;
        float *strip = strips + j * width;

        wn_gemm(1, 0, tall, width, count, 1, rows + j, width, rows, width, 0,
                strip, width);
        for (size_t e = 0; e < tall * width; e++)
            product[j * width + e] += strip[e];
    }
}

static int align_find_products(struct regression *r)
{
    const size_t width = r->d + r->p, size = wn_product(r->d, width, 1);
    float *rows = wn_spill_new(wn_product(WN_BLOCK, width, 1), sizeof *rows);
    float *strips = wn_spill_new(size, sizeof *strips);
    int status = -1;

    r->sum = wn_spill_new(size, sizeof *r->sum);
    for (int f = 0; f < FOLDS; f++) {
        r->product[f] = wn_spill_new(size, sizeof *r->product[f]);
        for (size_t at = r->begin[f]; at < r->begin[f + 1]; at += WN_BLOCK) {
            const size_t left = r->begin[f + 1] - at;
            const size_t count = left < WN_BLOCK ? left : WN_BLOCK;

            gather(r, r->row + at, count, rows);
            align_multiply(r, rows, count, strips, r->product[f]);
        }
        for (size_t e = 0; e < size; e++)
            r->sum[e] += r->product[f][e];
    }
    status = 0;
    wn_spill_free(rows);
    wn_spill_free(strips);
    return status;
}

/* The coefficients without fold f into w (d x p); m is d x d scratch. */
static int align_solve(const struct regression *r, int f, double ridge,
                       double *m, double *w, struct wn_error *error)
{
    const size_t d = r->d, p = r->p, width = d + p;
    const double *part = r->product[f];

    for (size_t i = 0; i < d; i++) {
        for (size_t j = 0; j < d; j++)
            m[i * d + j] = r->sum[i * width + j] - part[i * width + j];
        m[i * d + i] += ridge;
        for (size_t c = 0; c < p; c++)
            w[i * p + c] = r->sum[i * width + d + c] - part[i * width + d + c];
    }
    if (wn_cholesky(m, d, error))
        return -1;
    wn_cholesky_solve(m, d, w, p, p);
    return 0;
}

/* tr W'(G W - 2 C) of fold f; gw is d x p scratch. */
static double error_of(const struct regression *r, int f, const double *w,
                       double *gw)
{
    const size_t d = r->d, p = r->p, width = d + p;
    const double *part = r->product[f];
    double sum = 0;

    wn_gemm_double(0, 0, d, p, d, part, width, w, p, gw, p);
    for (size_t i = 0; i < d; i++)
        for (size_t c = 0; c < p; c++)
            sum += w[i * p + c] * (gw[i * p + c] - 2 * part[i * width + d + c]);
    return sum;
}

/* Try fold f with one ridge: its error, and the coefficients into `keep`
 * unless that is NULL. */
static int align_try_one(const struct regression *r, int f, double ridge,
                         double *found, float *keep, struct wn_error *error)
{
    const size_t size = wn_product(r->d, r->p, 1);
    double *m = wn_spill_new(wn_product(r->d, r->d, 1), sizeof *m);
    double *w = wn_spill_new(size, sizeof *w);
    double *gw = wn_spill_new(size, sizeof *gw);
    int status = -1;

    if (m && w && gw && align_solve(r, f, ridge, m, w, error) == 0) {
        *found = error_of(r, f, w, gw);
        for (size_t e = 0; keep && e < size; e++)
            keep[e] = (float)w[e];
        status = 0;
    }
    wn_spill_free(m);
    wn_spill_free(w);
    wn_spill_free(gw);
    return status;
}

/* All folds with one ridge; their errors together. */
static int try_ridge(struct regression *r, double ridge, bool keep,
                     double *found, struct wn_error *error)
{
    struct wn_error errors[FOLDS] = {0};
    double loss[FOLDS];
    int failed = 0;

#pragma omp parallel for num_threads(r->threads) reduction(+ : failed)
    for (int f = 0; f < FOLDS; f++)
        failed += align_try_one(r, f, ridge, &loss[f], keep ? r->w[f] : NULL,
                                &errors[f]) < 0;
    *found = 0;
    for (int f = 0; f < FOLDS; f++) {
        if (errors[f].code) {
            *error = errors[f];
            return -1;
        }
        *found += loss[f];
    }
    return failed ? -1 : 0;
}

static int align_choose_ridge(struct regression *r, double *share,
                              struct wn_error *error)
{
    double trace = 0, least = INFINITY, found;
    size_t best = 0;

    for (size_t j = 0; j < r->d; j++)
        trace += r->sum[j * (r->d + r->p) + j];
    /* Features without variance have no say; all of them: any ridge will do. */
    const double unit = trace > 0 ? trace / (double)r->d : 1;
    for (size_t s = 0; s < RIDGES; s++) {
        if (try_ridge(r, unit * ridges[s], false, &found, error))
            return -1;
        if (found < least) {
            least = found;
            best = s;
        }
    }
    for (int f = 0; f < FOLDS; f++) {
        r->w[f] = wn_spill_new(wn_product(r->d, r->p, 1), sizeof *r->w[f]);
    }
    *share = ridges[best];
    return try_ridge(r, unit * ridges[best], true, &found, error);
}

/* a = the rows' x times the coefficients that never saw them. */
static int predict(const struct regression *r, float *a, struct wn_error *error)
{
    const size_t d = r->d, p = r->p;
    float *rows = wn_spill_new(wn_product(WN_BLOCK, d, 1), sizeof *rows);
    float *out = wn_spill_new(wn_product(WN_BLOCK, p, 1), sizeof *out);

    for (int f = 0; rows && out && f < FOLDS; f++)
        for (size_t at = r->begin[f]; at < r->begin[f + 1]; at += WN_BLOCK) {
            const size_t left = r->begin[f + 1] - at;
            const size_t count = left < WN_BLOCK ? left : WN_BLOCK;

            for (size_t i = 0; i < count; i++)
                memcpy(rows + i * d, r->x + (size_t)r->row[at + i] * d,
                       d * sizeof *rows);
            wn_gemm(0, 0, count, p, d, 1, rows, d, r->w[f], p, 0, out, p);
            for (size_t i = 0; i < count; i++)
                memcpy(a + (size_t)r->row[at + i] * p, out + i * p,
                       p * sizeof *a);
        }
    const int status = rows && out ? 0 : -1;
    wn_spill_free(rows);
    wn_spill_free(out);
    return status;
}

static int regress(const struct wn_blocks *blocks, const float *x,
                   const float *y, float *a, double *ridge,
                   struct wn_error *error)
{
    struct regression r = {.x = x,
                           .y = y,
                           .n = blocks->n,
                           .d = blocks->d,
                           .p = blocks->p,
                           .threads = blocks->threads};
    int status = -1;

    if (r.d > WN_ALIGN_MAX || r.p > WN_ALIGN_MAX)
        return wn_fail(error, WN_EDATA,
                       "blocks of %zu and %zu features cannot be aligned, "
                       "wanted at most %d",
                       r.d, r.p, WN_ALIGN_MAX);
    if (r.n < 2 * FOLDS)
        return wn_fail(error, WN_EDATA,
                       "%zu pairs cannot be aligned, wanted %d or more", r.n,
                       2 * FOLDS);
    if (align_assign(&r, blocks->seed, error) == 0 &&
        align_find_products(&r) == 0 &&
        align_choose_ridge(&r, ridge, error) == 0)
        status = predict(&r, a, error);
    regression_free(&r);
    return status;
}

static int standardised(const float *x, size_t n, size_t d, float *out)
{
    struct wn_standardize standard;

    if (wn_standardize_make(&standard, x, n, d))
        return -1;
    for (size_t i = 0; i < n; i++)
        wn_standardize_row(&standard, x + i * d, out + i * d);
    wn_standardize_free(&standard);
    return 0;
}

static void to_unit(float *rows, size_t n, size_t p, int threads)
{
#pragma omp parallel for num_threads(threads)
    for (size_t i = 0; i < n; i++) {
        float *row = rows + i * p;
        const double norm = sqrt(wn_squared_norm(row, p));
        const double scale = norm > 0 ? 1 / norm : 0;

        for (size_t c = 0; c < p; c++)
            row[c] = (float)(row[c] * scale);
    }
}

static double align_product(const float *a, const float *b, size_t p)
{
    double sum = 0;

    for (size_t c = 0; c < p; c++)
        sum += (double)a[c] * b[c];
    return sum;
}

/* Whether rows of length 1 are in one space: most are more like their own
 * partner than like the next one's. */
static bool agree(const float *a, const float *b, size_t n, size_t p)
{
    const size_t step = n / PROBES + 1;
    size_t probes = 0, own = 0;

    for (size_t i = 0; i + step < n; i += step, probes++)
        own += align_product(a + i * p, b + i * p, p) >
               align_product(a + i * p, b + (i + step) * p, p);
    return 4 * own >= 3 * probes;
}

int wn_align(const struct wn_blocks *blocks, enum wn_alignment asked, float *a,
             float *b, enum wn_alignment *chosen, double *ridge,
             struct wn_error *error)
{
    const size_t n = blocks->n, d = blocks->d, p = blocks->p;
    float *x = NULL, *y = NULL;
    int status = -1;

    *ridge = 0;
    *chosen = WN_ALIGN_NONE;
    if (asked == WN_ALIGN_NONE && d != p)
        return wn_fail(error, WN_EDATA,
                       "blocks of %zu and %zu features are not in one space", d,
                       p);
    if (standardised(blocks->y, n, p, b))
        return -1;
    if (d == p && asked != WN_ALIGN_RIDGE) {
        if (standardised(blocks->x, n, d, a))
            return -1;
        to_unit(a, n, p, blocks->threads);
        to_unit(b, n, p, blocks->threads);
        if (asked == WN_ALIGN_NONE || agree(a, b, n, p))
            return 0;
    }
    *chosen = WN_ALIGN_RIDGE;
    x = wn_spill_new(wn_product(n, d, 1), sizeof *x);
    y = wn_spill_new(wn_product(n, p, 1), sizeof *y);
    if (!x || !y || standardised(blocks->x, n, d, x) ||
        standardised(blocks->y, n, p, y) ||
        regress(blocks, x, y, a, ridge, error))
        goto done;
    memcpy(b, y, n * p * sizeof *b);
    to_unit(a, n, p, blocks->threads);
    to_unit(b, n, p, blocks->threads);
    status = 0;
done:
    wn_spill_free(x);
    wn_spill_free(y);
    return status;
}

double wn_align_bytes(size_t n, size_t d, size_t p, int threads)
{
    const double wide = (double)d, width = wide + (double)p;

    return 4 * (double)n * width + 16 * (double)n +
           wide * width * (8 * (FOLDS + 1) + 4) + 4 * FOLDS * wide * (double)p +
           8 * threads * wide * (wide + 2 * (double)p);
}
