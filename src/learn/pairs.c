/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Out-of-sample ridge regression from one block to the other, and every pair
 * against all others; see pairs.h.
 *
 * With the products G_f = X_f'X_f and C_f = X_f'Y_f of the rows of each fold,
 * the coefficients without fold f are
 *   W_f = (G - G_f + r I)^-1 (C - C_f)
 * and their squared error on fold f is |Y_f|^2 + tr W_f'(G_f W_f - 2 C_f), so
 * every ridge r is tried without another pass over the rows.
 *
 * A float product of rows of length 1 is off by at most e = 1.1 (r + 16) 2^-24
 * with r roundings, in whatever order it is summed (bounds.h has the bound).
 * Only where that cannot decide, the product is computed again in double. */
#include "learn/pairs.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "learn/folds.h"
#include "linalg/cholesky.h"
#include "linalg/pointwise.h"
#include "linalg/products.h"
#include "linalg/standardize.h"
#include "util/arena.h"
#include "util/memory.h"
#include "util/simd.h"
#include "util/spill.h"
#include "util/parallel.h"

enum { FOLDS = WN_ALIGN_FOLDS, STRIP = 64, PROBES = 4096, TILE = 256 };

static const double ridges[] = {1e-4, 1e-3, 1e-2, .1, 1, 10};
enum { RIDGES = sizeof ridges / sizeof *ridges };

struct regression {
    struct wn_arena own; /* its arrays */
    const float *x, *y;  /* standardised */
    size_t n, d, p;
    int threads;
    int32_t *row; /* n, fold after fold, ascending in each */
    size_t begin[FOLDS + 1];
    double *product[FOLDS]; /* d x (d + p): G_f and C_f side by side */
    double *sum;            /* d x (d + p) */
    float *w[FOLDS];        /* d x p */
};

/* The products of every fold and their sum. */
static void find_products(struct regression *r)
{
    const size_t d = r->d, p = r->p, width = d + p;
    const size_t size = wn_product(d, width, 1);
    float *rows = wn_spill_new(wn_product(WN_BLOCK, width, 1), sizeof *rows);
    float *strips = wn_spill_new(size, sizeof *strips);

    r->sum = wn_arena_spill(&r->own, sizeof *r->sum, size, 1);
    for (int f = 0; f < FOLDS; f++) {
        double *product = wn_arena_spill(&r->own, sizeof *product, size, 1);

        r->product[f] = product;
        for (size_t at = r->begin[f]; at < r->begin[f + 1]; at += WN_BLOCK) {
            const size_t left = r->begin[f + 1] - at;
            const size_t count = left < WN_BLOCK ? left : WN_BLOCK;

            for (size_t i = 0; i < count; i++) {
                const size_t row = (size_t)r->row[at + i];

                memcpy(rows + i * width, r->x + row * d, d * sizeof *rows);
                memcpy(rows + i * width + d, r->y + row * p, p * sizeof *rows);
            }
#pragma omp parallel for num_threads(r->threads) schedule(static)
            for (size_t j = 0; j < d; j += STRIP) {
                const size_t tall = d - j < STRIP ? d - j : STRIP;
                float *strip = strips + j * width;

                wn_gemm(1, 0, tall, width, count, 1, rows + j, width, rows,
                        width, 0, strip, width);
                for (size_t e = 0; e < tall * width; e++)
                    product[j * width + e] += strip[e];
            }
        }
        for (size_t e = 0; e < size; e++)
            r->sum[e] += product[e];
    }
    wn_spill_free(rows);
    wn_spill_free(strips);
}

/* All folds with one ridge: the sum of the squared errors on each fold f of the
 * coefficients without it, less |Y_f|^2; `keep` keeps the coefficients in
 * r->w. */
static int try_ridge(struct regression *r, double ridge, bool keep,
                     double *squared_error, struct wn_error *error)
{
    const size_t d = r->d, p = r->p, width = d + p, size = wn_product(d, p, 1);
    struct wn_error errors[FOLDS] = {0};
    double miss[FOLDS] = {0};
    int status[FOLDS];

#pragma omp parallel for num_threads(r->threads)
    for (int f = 0; f < FOLDS; f++) {
        const double *part = r->product[f];
        struct wn_arena own = {0};
        double *m = wn_arena_spill(&own, sizeof *m, d, d);
        double *w = wn_arena_spill(&own, sizeof *w, d, p);
        double *gw = wn_arena_spill(&own, sizeof *gw, d, p);

        for (size_t i = 0; i < d; i++) {
            for (size_t j = 0; j < d; j++)
                m[i * d + j] = r->sum[i * width + j] - part[i * width + j];
            m[i * d + i] += ridge;
            for (size_t c = d; c < width; c++)
                w[i * p + c - d] = r->sum[i * width + c] - part[i * width + c];
        }
        status[f] = wn_cholesky(m, d, &errors[f]);
        if (status[f] == 0) {
            wn_cholesky_solve(m, d, w, p, p);
            wn_gemm_double(0, 0, d, p, d, part, width, w, p, gw, p);
            for (size_t i = 0; i < d; i++)
                for (size_t c = 0; c < p; c++)
                    miss[f] += w[i * p + c] *
                               (gw[i * p + c] - 2 * part[i * width + d + c]);
            for (size_t e = 0; keep && e < size; e++)
                r->w[f][e] = (float)w[e];
        }
        wn_arena_free(&own);
    }
    *squared_error = 0;
    for (int f = 0; f < FOLDS; f++) {
        if (status[f]) {
            *error = errors[f];
            return -1;
        }
        *squared_error += miss[f];
    }
    return 0;
}

/* a = x times the coefficients of the row's fold. */
static void predict_rows(const struct regression *r, float *a)
{
    const size_t d = r->d, p = r->p;
    float *rows = wn_spill_new(wn_product(WN_BLOCK, d, 1), sizeof *rows);
    float *out = wn_spill_new(wn_product(WN_BLOCK, p, 1), sizeof *out);

    for (int f = 0; f < FOLDS; f++)
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
    wn_spill_free(rows);
    wn_spill_free(out);
}

/* a = the out-of-sample predictions of y from x, both standardised. */
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

    if (r.d > WN_ALIGN_MAX || r.p > WN_ALIGN_MAX)
        return wn_fail(error, WN_EDATA,
                       "blocks of %zu and %zu features cannot be aligned, "
                       "wanted at most %d",
                       r.d, r.p, WN_ALIGN_MAX);
    if (r.n < 2 * FOLDS)
        return wn_fail(error, WN_EDATA,
                       "%zu pairs cannot be aligned, wanted %d or more", r.n,
                       2 * FOLDS);
    /* Sort the rows by fold. */
    int32_t *label = wn_spill_new(r.n, sizeof *label); /* one class */
    int32_t *fold = wn_spill_new(r.n, sizeof *fold);
    size_t count = 0;
    for (size_t i = 0; i < r.n; i++)
        label[i] = -1;
    int status = wn_folds_assign(label, r.n, 1, NULL, 0, FOLDS, blocks->seed,
                                 fold, error);
    r.row = wn_arena_spill(&r.own, sizeof *r.row, r.n, 1);
    for (int f = 0; f < FOLDS && status == 0; f++) {
        r.begin[f] = count;
        for (size_t i = 0; i < r.n; i++)
            if (fold[i] == f)
                r.row[count++] = (int32_t)i;
    }
    r.begin[FOLDS] = count;
    wn_spill_free(label);
    wn_spill_free(fold);
    if (status == 0)
        find_products(&r);
    /* Keep the coefficients of the best ridge, in shares of the mean square of
     * a feature. If all features are constant any ridge will do. */
    double trace = 0, min = INFINITY, squared_error;
    for (size_t j = 0; status == 0 && j < r.d; j++)
        trace += r.sum[j * (r.d + r.p) + j];
    const double unit = trace > 0 ? trace / (double)r.d : 1;
    *ridge = ridges[0];
    for (size_t s = 0; status == 0 && s < RIDGES; s++) {
        status = try_ridge(&r, unit * ridges[s], false, &squared_error, error);
        if (status == 0 && squared_error < min) {
            min = squared_error;
            *ridge = ridges[s];
        }
    }
    for (int f = 0; f < FOLDS; f++)
        r.w[f] = wn_arena_spill(&r.own, sizeof *r.w[f], r.d, r.p);
    if (status == 0)
        status = try_ridge(&r, unit * *ridge, true, &squared_error, error);
    if (status == 0)
        predict_rows(&r, a);
    wn_arena_free(&r.own);
    return status;
}

static void standardize_rows(const float *x, size_t n, size_t d, float *out)
{
    struct wn_standardize standard;

    wn_standardize_make(&standard, x, n, d);
    for (size_t i = 0; i < n; i++)
        wn_standardize_row(&standard, x + i * d, out + i * d);
    wn_standardize_free(&standard);
}

/* Scale rows to length 1. */
static void normalize_rows(float *rows, size_t n, size_t p, int threads)
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

static double row_product(const float *a, const float *b, size_t p)
{
    double sum[4] = {0};
    size_t s = 0;

    for (; s + 4 <= p; s += 4)
        for (size_t l = 0; l < 4; l++)
            sum[l] += (double)a[s + l] * b[s + l];
    for (; s < p; s++)
        sum[0] += (double)a[s] * b[s];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

int wn_align(const struct wn_blocks *blocks, enum wn_alignment asked, float *a,
             float *b, enum wn_alignment *chosen, double *ridge,
             struct wn_error *error)
{
    const size_t n = blocks->n, d = blocks->d, p = blocks->p;

    *ridge = 0;
    *chosen = WN_ALIGN_NONE;
    if (asked == WN_ALIGN_NONE && d != p)
        return wn_fail(error, WN_EDATA,
                       "blocks of %zu and %zu features are not in one space", d,
                       p);
    if (d == p && asked != WN_ALIGN_RIDGE) {
        standardize_rows(blocks->x, n, d, a);
        standardize_rows(blocks->y, n, p, b);
        normalize_rows(a, n, p, blocks->threads);
        normalize_rows(b, n, p, blocks->threads);
        const size_t step = n / PROBES + 1;
        size_t probes = 0, own = 0;
        for (size_t i = 0; i + step < n; i += step, probes++)
            own += row_product(a + i * p, b + i * p, p) >
                   row_product(a + i * p, b + (i + step) * p, p);
        if (asked == WN_ALIGN_NONE || 4 * own >= 3 * probes)
            return 0;
    }
    *chosen = WN_ALIGN_RIDGE;
    float *x = wn_spill_new(wn_product(n, d, 1), sizeof *x);
    standardize_rows(blocks->x, n, d, x);
    standardize_rows(blocks->y, n, p, b);
    const int status = regress(blocks, x, b, a, ridge, error);
    if (status == 0) {
        normalize_rows(a, n, p, blocks->threads);
        normalize_rows(b, n, p, blocks->threads);
    }
    wn_spill_free(x);
    return status;
}

struct comparison {
    const float *a, *b; /* n x p */
    size_t n, p;
    float slack; /* products nearer than this are recomputed */
    struct wn_pairs *pairs;
    float *low, *high; /* n, around the pair's own product */
};

/* A thread's workspace. */
struct workspace {
    float *tile;     /* TILE x TILE products */
    double *best;    /* TILE, the largest product of a row so far */
    int32_t *rank_a; /* n, b's better partners among this thread's rows */
};

static double pair_product(const struct comparison *c, size_t i, size_t j)
{
    return row_product(c->a + i * c->p, c->b + j * c->p, c->p);
}

/* How many of s[0..count) are above `high`; *close: how many more are not
 * below `low`; *top: the maximum. */
WN_MULTIVERSION static int32_t count_above(const float *s, size_t count,
                                           float low, float high,
                                           int32_t *close, float *top)
{
    int32_t over[WN_SIMD_LANES] = {0}, near[WN_SIMD_LANES] = {0}, above = 0,
            within = 0;
    float lane[WN_SIMD_LANES], max = -INFINITY;
    const size_t even = count - count % WN_SIMD_LANES;

    for (size_t l = 0; l < WN_SIMD_LANES; l++)
        lane[l] = -INFINITY;
    for (size_t j = 0; j < even; j += WN_SIMD_LANES) {
#pragma omp simd
        for (size_t l = 0; l < WN_SIMD_LANES; l++) {
            over[l] += s[j + l] > high;
            near[l] += s[j + l] >= low;
            lane[l] = s[j + l] > lane[l] ? s[j + l] : lane[l];
        }
    }
    for (size_t l = 0; l < WN_SIMD_LANES; l++) {
        above += over[l];
        within += near[l];
        max = lane[l] > max ? lane[l] : max;
    }
    for (size_t j = even; j < count; j++) {
        above += s[j] > high;
        within += s[j] >= low;
        max = s[j] > max ? s[j] : max;
    }
    *close = within - above;
    *top = max;
    return above;
}

/* The same against a bound of each column, added to rank. */
WN_MULTIVERSION static int32_t count_columns(const float *s, size_t count,
                                             const float *low,
                                             const float *high, int32_t *rank)
{
    int32_t within = 0;

#pragma omp simd reduction(+ : within)
    for (size_t j = 0; j < count; j++) {
        const int32_t above = s[j] > high[j];

        rank[j] += above;
        within += (s[j] >= low[j]) - above;
    }
    return within;
}

/* Row i of the tile, row first + i of a, against `count` rows of b from
 * `second` on. */
static void compare_row(const struct comparison *c, struct workspace *work,
                        size_t i, size_t first, size_t second, size_t count)
{
    const float *s = work->tile + i * TILE;
    const size_t row = first + i;
    const float low = c->low[row], high = c->high[row];
    const double own = c->pairs->cosine[row];
    int32_t close;
    float top;

    c->pairs->rank_b[row] += count_above(s, count, low, high, &close, &top);
    for (size_t j = 0; close > 0 && j < count; j++)
        if (s[j] >= low && s[j] <= high) {
            close--;
            c->pairs->rank_b[row] += pair_product(c, row, second + j) > own;
        }
    for (size_t j = 0; top >= work->best[i] - c->slack && j < count; j++) {
        if (s[j] < work->best[i] - c->slack)
            continue;
        const double exact = pair_product(c, row, second + j);
        if (exact > work->best[i]) {
            work->best[i] = exact;
            c->pairs->partner[row] = (int32_t)(second + j);
        }
    }
    close = count_columns(s, count, c->low + second, c->high + second,
                          work->rank_a + second);
    for (size_t j = second; close > 0 && j < second + count; j++)
        if (s[j - second] >= c->low[j] && s[j - second] <= c->high[j]) {
            close--;
            work->rank_a[j] += pair_product(c, row, j) > c->pairs->cosine[j];
        }
}

static void find_ranks(struct comparison *c, int threads, struct wn_log *log)
{
    struct wn_arena own = {0};
    struct workspace *work =
        wn_arena_new(&own, sizeof *work, (size_t)threads, 1);
    struct wn_pairs *pairs = c->pairs;
    const size_t n = c->n, p = c->p;
    size_t done = 0;

    pairs->rank_a = wn_spill_new(n, sizeof *pairs->rank_a);
    pairs->rank_b = wn_spill_new(n, sizeof *pairs->rank_b);
    pairs->partner = wn_spill_new(n, sizeof *pairs->partner);
    c->low = wn_arena_spill(&own, sizeof *c->low, n, 1);
    c->high = wn_arena_spill(&own, sizeof *c->high, n, 1);
    for (size_t i = 0; i < n; i++) {
        c->low[i] = (float)pairs->cosine[i] - c->slack;
        c->high[i] = (float)pairs->cosine[i] + c->slack;
    }
    for (int t = 0; t < threads; t++) {
        work[t].tile = wn_arena_new(&own, sizeof(float), TILE, TILE);
        work[t].best = wn_arena_new(&own, sizeof(double), TILE, 1);
        work[t].rank_a = wn_arena_spill(&own, sizeof(int32_t), n, 1);
    }
#pragma omp parallel for num_threads(threads) schedule(dynamic)
    for (size_t first = 0; first < n; first += TILE) {
        struct workspace *mine = &work[omp_get_thread_num()];
        const size_t rows = n - first < TILE ? n - first : TILE;
        size_t now;

        for (size_t i = 0; i < rows; i++)
            mine->best[i] = -INFINITY;
        for (size_t second = 0; second < n; second += TILE) {
            const size_t columns = n - second < TILE ? n - second : TILE;

            wn_gemm(0, 1, rows, columns, p, 1, c->a + first * p, p,
                    c->b + second * p, p, 0, mine->tile, TILE);
            for (size_t i = 0; i < rows; i++)
                compare_row(c, mine, i, first, second, columns);
        }
#pragma omp atomic capture
        now = done += TILE;
        if (omp_get_thread_num() == 0)
            wn_log_progress(log, "pairs", now < n ? now : n, n);
    }
    wn_log_progress(log, "pairs", n, n);
    for (size_t i = 0; i < n; i++) {
        pairs->rank_b[i]++;
        pairs->rank_a[i] = 1;
        for (int t = 0; t < threads; t++)
            pairs->rank_a[i] += work[t].rank_a[i];
    }
    wn_arena_free(&own);
}

int wn_pairs_compare(const struct wn_blocks *blocks, enum wn_alignment asked,
                     bool ranks, struct wn_log *log, struct wn_pairs *pairs,
                     struct wn_error *error)
{
    const size_t n = blocks->n, p = blocks->p;
    float *a = wn_spill_new(wn_product(n, p, 1), sizeof *a);
    float *b = wn_spill_new(wn_product(n, p, 1), sizeof *b);
    /* Twice the bound: the bounds themselves are rounded. */
    struct comparison c = {.a = a,
                           .b = b,
                           .n = n,
                           .p = p,
                           .pairs = pairs,
                           .slack = 2.2f * ((float)wn_gemm_roundings(p) + 16) *
                                    0x1p-24f};

    *pairs = (struct wn_pairs){0};
    const int status =
        wn_align(blocks, asked, a, b, &pairs->alignment, &pairs->ridge, error);
    if (status == 0) {
        pairs->cosine = wn_spill_new(n, sizeof *pairs->cosine);
#pragma omp parallel for num_threads(blocks->threads)
        for (size_t i = 0; i < n; i++)
            pairs->cosine[i] = pair_product(&c, i, i);
    }
    if (status == 0 && ranks)
        find_ranks(&c, blocks->threads, log);
    wn_spill_free(a);
    wn_spill_free(b);
    return status;
}

void wn_pairs_free(struct wn_pairs *pairs)
{
    wn_spill_free(pairs->cosine);
    wn_spill_free(pairs->rank_a);
    wn_spill_free(pairs->rank_b);
    wn_spill_free(pairs->partner);
    *pairs = (struct wn_pairs){0};
}

double wn_pairs_bytes(size_t n, size_t d, size_t p, int threads)
{
    const double rows = (double)n, wide = (double)d, width = wide + (double)p;
    const double align = 4 * rows * width + 16 * rows +
                         wide * width * (8 * (FOLDS + 1) + 4) +
                         4 * FOLDS * wide * (double)p +
                         8 * threads * wide * (wide + 2 * (double)p);

    return rows * (8 * (double)p + 28 + 4 * threads) + align;
}
