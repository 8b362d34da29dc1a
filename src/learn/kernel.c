/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kernel ridge on landmarks with leave-one-out; see kernel.h.
 *
 * Rows go through in slabs. The p x p matrix is built panel by panel, each
 * panel by one thread, each product in float over one slab and summed over the
 * slabs in double: neither threads nor memory change a bit. */
#include "learn/kernel.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "linalg/cholesky.h"
#include "linalg/pointwise.h"
#include "linalg/products.h"
#include "linalg/standardize.h"
#include "util/arena.h"
#include "util/memory.h"
#include "util/order.h"
#include "util/random.h"
#include "util/spill.h"
#include "util/parallel.h"

enum {
    SLAB = WN_KERNEL_SLAB,
    PANEL = 256,      /* columns of the p x p matrix per task */
    ROOT_PANEL = 128, /* columns of L^-1 per product */
    CLASSES = 256,    /* solved for at a time */
    LOO_CLASSES = 64  /* of a group, at a time */
};

/* Added to the diagonal of K: keeps it positive definite where rows repeat, and
 * float errors small. */
#define JITTER 1e-3

/* Leverages stay below 1 by this much: in float a row that alone determines its
 * score may seem to exceed 1. */
#define MIN_REST 1e-6
#define MAX_REST 0.1

/* A fit while it is made. */
struct fit {
    struct wn_arena own; /* its arrays */
    const struct wn_sample *sample;
    const struct wn_standardize *standard;
    size_t n, d, k, m, p; /* p = m + 1 */
    double ridge;
    int threads;
    bool rows_cached;     /* all rows are one slab, which stays as z */
    const int32_t *order; /* n: the rows in the order they are processed; NULL
                             for 0, 1, ... */
    float bend;           /* 1 / 2 bandwidth^2 */
    float *landmark;      /* m x d, standardised */
    float *norm;          /* m: their squared lengths */
    float *root;          /* m x m, lower triangle: L^-1 */
    float *row;           /* SLAB x d: standardised rows */
    float *slab;          /* SLAB x p: z, or kernels, of the rows */
    float *weighted;      /* SLAB x p: z times the row's weight */
    float *leverage;      /* SLAB x p: L_A^-1 z with A = L_A L_A^T */
    float *product;       /* p x p: of one slab; then L_A^-1 in float */
    double *matrix;       /* p x p: A, then L_A, then L_A^-1 */
    double *right;        /* p x k: Z^T w Y, then B */
    float *inverse;       /* p x p: L_A^-1, for rows as kernels */
    float *weights;       /* p x k: B likewise */
};

/* The row at a place of the order. */
static size_t kernel_row_at(const struct fit *fit, size_t place)
{
    return fit->order ? (size_t)fit->order[place] : place;
}

/* A single slab is not worth a progress line. */
static void show_progress(const struct fit *fit, const char *what, size_t done)
{
    if (fit->n > SLAB)
        wn_log_progress(fit->sample->log, what, done, fit->n);
}

/* Whether a team divides the slabs. */
static bool is_divided(const struct fit *fit)
{
    return fit->n > SLAB && wn_units_ranks(fit->sample->units) > 1;
}

static float squared_length(const float *x, size_t d)
{
    double sum = 0;

    for (size_t j = 0; j < d; j++)
        sum += (double)x[j] * (double)x[j];
    return (float)sum;
}

/* The kernel of `rows` standardised rows x with the m landmarks, into
 * out[r * stride + l]. */
static void kernel_rows(const struct fit *fit, const float *x, size_t rows,
                        float *out, size_t stride)
{
    const size_t m = fit->m, d = fit->d;
    const float linear = 1 / (float)d, bend = -fit->bend;
    float product[WN_BLOCK];

    wn_gemm(0, 1, rows, m, d, 1, x, d, fit->landmark, d, 0, out, stride);
    for (size_t r = 0; r < rows; r++) {
        const float length = squared_length(x + r * d, d);
        float *row = out + r * stride;

        for (size_t from = 0; from < m; from += WN_BLOCK) {
            const size_t width = m - from < WN_BLOCK ? m - from : WN_BLOCK;
            const float *norm = fit->norm + from;
            float *part = row + from;

            for (size_t j = 0; j < width; j++) {
                const float distance = length + norm[j] - 2 * part[j];

                product[j] = linear * part[j];
                part[j] = bend * (distance > 0 ? distance : 0);
            }
            wn_exp_rows(part, width);
            for (size_t j = 0; j < width; j++)
                part[j] += product[j];
        }
    }
}

/* Draw the landmarks and find L^-1. Time O(m^2 d + m^3), memory O(m^2) in
 * double while it is made. */
static int make_landmarks(struct fit *fit, struct wn_error *error)
{
    const struct wn_sample *sample = fit->sample;
    const size_t m = fit->m, d = fit->d, blocks = wn_block_count(m);
    int32_t *order = wn_spill_new(fit->n, sizeof *order);
    float *rows = wn_spill_new(wn_product(m, m, 1), sizeof *rows);
    double *matrix = wn_spill_new(wn_product(m, m, 1), sizeof *matrix);
    struct wn_random random;

    fit->landmark = wn_arena_spill(&fit->own, sizeof(float), m, d);
    fit->norm = wn_arena_new(&fit->own, sizeof(float), m, 1);
    fit->root = wn_arena_spill(&fit->own, sizeof(float), m, m);
    wn_random_start(&random, sample->seed, WN_RANDOM_FEATURES, 0, 0);
    wn_random_draw(&random, order, fit->n, m);
    for (size_t l = 0; l < m; l++) {
        float *landmark = fit->landmark + l * d;

        wn_standardize_row(fit->standard, sample->x + (size_t)order[l] * d,
                           landmark);
        fit->norm[l] = squared_length(landmark, d);
    }
    wn_spill_free(order);
#pragma omp parallel for schedule(dynamic) num_threads(fit->threads)
    for (size_t b = 0; b < blocks; b++) {
        const size_t begin = wn_block_begin(b), end = wn_block_end(b, m);

        kernel_rows(fit, fit->landmark + begin * d, end - begin,
                    rows + begin * m, m);
        for (size_t r = begin; r < end; r++) {
            for (size_t c = 0; c <= r; c++)
                matrix[r * m + c] = (double)rows[r * m + c];
            matrix[r * m + r] += JITTER;
        }
    }
    wn_spill_free(rows);
    const int status =
        wn_cholesky(matrix, m, error) || wn_cholesky_invert(matrix, m, error)
            ? -1
            : 0;
    for (size_t r = 0; r < m && status == 0; r++)
        for (size_t c = 0; c < m; c++)
            fit->root[r * m + c] = c <= r ? (float)matrix[r * m + c] : 0;
    wn_spill_free(matrix);
    return status;
}

/* What a slab holds of a row. */
enum form {
    KERNEL, /* its kernel with the landmarks, and 1 */
    Z       /* z */
};

/* The rows at places begin .. end-1, at most SLAB, into the slab. */
static void fill_slab(struct fit *fit, enum form form, size_t begin, size_t end)
{
    const size_t d = fit->d, m = fit->m, p = fit->p;
    const size_t blocks = wn_block_count(end - begin);

#pragma omp parallel for schedule(dynamic) num_threads(fit->threads)
    for (size_t b = 0; b < blocks; b++) {
        const size_t first = wn_block_begin(b);
        const size_t rows = wn_block_end(b, end - begin) - first;
        float *x = fit->row + first * d, *z = fit->slab + first * p;
        float *kernel = fit->leverage + first * p; /* scratch */

        for (size_t r = 0; r < rows; r++) {
            const size_t i = kernel_row_at(fit, begin + first + r);

            wn_standardize_row(fit->standard, fit->sample->x + i * d,
                               x + r * d);
        }
        if (form == KERNEL) {
            kernel_rows(fit, x, rows, z, p);
        } else {
            kernel_rows(fit, x, rows, kernel, m);
            /* L^-1 is lower triangular: a panel of its rows ends at its
             * diagonal. */
            for (size_t from = 0; from < m; from += ROOT_PANEL) {
                const size_t to = from + ROOT_PANEL < m ? from + ROOT_PANEL : m;

                wn_gemm(0, 1, rows, to - from, to, 1, kernel, m,
                        fit->root + from * m, m, 0, z + from, p);
            }
        }
        for (size_t r = 0; r < rows; r++)
            z[r * p + p - 1] = 1;
    }
}

/* Add columns from .. to-1 of the weighted rows begin .. end-1 to Z^T w Y. */
static void add_right(struct fit *fit, size_t begin, size_t end, size_t from,
                      size_t to)
{
    for (size_t r = 0; r < end - begin; r++) {
        const int32_t y = fit->sample->label[kernel_row_at(fit, begin + r)];
        const float *z = fit->weighted + r * fit->p;

        for (size_t j = from; y >= 0 && j < to; j++)
            fit->right[j * fit->k + (size_t)y] += (double)z[j];
    }
}

/* Compute the lower triangle of Z^T w Z of rows begin .. end-1, by whole
 * panels, into fit->product. sign  multiplies the weights add   add the
 * product, and Z^T w Y of these rows, to the sums */
static void multiply_slab(struct fit *fit, size_t begin, size_t end,
                          double sign, bool add)
{
    const size_t p = fit->p, rows = end - begin;
    const size_t panels = (p + PANEL - 1) / PANEL;

    fill_slab(fit, Z, begin, end);
#pragma omp parallel for schedule(static) num_threads(fit->threads)
    for (size_t r = 0; r < rows; r++) {
        const float w =
            (float)(sign * wn_sample_weight(fit->sample,
                                            kernel_row_at(fit, begin + r)));

        for (size_t j = 0; j < p; j++)
            fit->weighted[r * p + j] = w * fit->slab[r * p + j];
    }
#pragma omp parallel for schedule(dynamic) num_threads(fit->threads)
    for (size_t b = 0; b < panels; b++) {
        const size_t from = b * PANEL, to = from + PANEL < p ? from + PANEL : p;

        wn_gemm(1, 0, p - from, to - from, rows, 1, fit->weighted + from, p,
                fit->slab + from, p, 0, fit->product + from * p + from, p);
        for (size_t r = from; add && r < p; r++)
            for (size_t c = from; c < to; c++)
                fit->matrix[r * p + c] += (double)fit->product[r * p + c];
        if (add)
            add_right(fit, begin, end, from, to);
    }
}

static size_t slab_end(const struct fit *fit, size_t begin)
{
    return begin + SLAB < fit->n ? begin + SLAB : fit->n;
}

/* Where the columns of row r end in the whole panels of the lower triangle. */
static size_t triangle_end(size_t r, size_t p)
{
    const size_t end = (r / PANEL + 1) * PANEL;

    return end < p ? end : p;
}

/* The sums over all rows by a team: each rank multiplies a slab, then all add
 * all products, in the order of the slabs; Z^T w Y goes from rank to rank. */
static void add_slabs_together(struct fit *fit)
{
    struct wn_units *units = fit->sample->units;
    const size_t ranks = wn_units_ranks(units), rank = wn_units_rank(units);
    const size_t p = fit->p, right = p * fit->k * sizeof *fit->right;
    float *packed = fit->inverse; /* not needed yet */

    for (size_t first = 0; first < fit->n; first += ranks * SLAB) {
        const size_t own = first + rank * SLAB;

        show_progress(fit, "kernel: rows summed", first);
        if (own < fit->n)
            multiply_slab(fit, own, slab_end(fit, own), 1, false);
        /* Its rows one after the other, without what is above the panels. */
        size_t length = 0;
        for (size_t r = 0; r < p; r++) {
            const size_t columns = triangle_end(r, p);

            memmove(fit->product + length, fit->product + r * p,
                    columns * sizeof *fit->product);
            length += columns;
        }
        for (size_t owner = 0; owner < ranks; owner++) {
            const size_t begin = first + owner * SLAB;

            if (begin >= fit->n)
                break;
            float *bytes = owner == rank ? fit->product : packed;

            wn_units_share(units, bytes, length * sizeof *bytes, owner);
            for (size_t r = 0; r < p; r++) {
                const size_t columns = triangle_end(r, p);

                for (size_t c = 0; c < columns; c++)
                    fit->matrix[r * p + c] += (double)*bytes++;
            }
            if (owner == rank)
                add_right(fit, begin, slab_end(fit, begin), 0, p);
            wn_units_share(units, fit->right, right, owner);
        }
    }
}

/* Add any number of rows to the sums, or with sign -1 subtract them. */
static void add_slabs(struct fit *fit, size_t begin, size_t end, double sign)
{
    for (size_t at = begin; at < end; at += SLAB)
        multiply_slab(fit, at, at + SLAB < end ? at + SLAB : end, sign, true);
}

/* From the sums, which are overwritten, to B and L_A^-1: for rows as z where
 * they are cached, else for rows as kernels. */
static int kernel_solve(struct fit *fit, struct wn_error *error)
{
    const size_t m = fit->m, p = fit->p, k = fit->k;
    const size_t parts = (k + CLASSES - 1) / CLASSES;
    const size_t panels = (p + PANEL - 1) / PANEL;

    for (size_t j = 0; j < p; j++)
        fit->matrix[j * p + j] += fit->ridge;
    if (wn_cholesky(fit->matrix, p, error))
        return -1;
#pragma omp parallel for schedule(dynamic) num_threads(fit->threads)
    for (size_t part = 0; part < parts; part++) {
        const size_t from = part * CLASSES, left = k - from;

        wn_cholesky_solve(fit->matrix, p, fit->right + from,
                          left < CLASSES ? left : CLASSES, k);
    }
    if (wn_cholesky_invert(fit->matrix, p, error))
        return -1;
    float *b = wn_spill_new(wn_product(p, k, 1), sizeof *b);
    for (size_t i = 0; i < p * k; i++)
        b[i] = (float)fit->right[i];
    for (size_t r = 0; r < p; r++)
        for (size_t c = 0; c < p; c++)
            fit->product[r * p + c] =
                c <= r ? (float)fit->matrix[r * p + c] : 0;
    if (fit->rows_cached) {
        memcpy(fit->weights, b, p * k * sizeof *b);
        memcpy(fit->inverse, fit->product, p * p * sizeof *fit->product);
        wn_spill_free(b);
        return 0;
    }
    /* Fold the Nystroem root L^-1 into B and L_A^-1 so that predictions use
     * kernel rows directly, without projecting each row to z. */
    wn_gemm(1, 0, m, k, m, 1, fit->root, m, b, k, 0, fit->weights, k);
    memcpy(fit->weights + m * k, b + m * k, k * sizeof(float));
#pragma omp parallel for schedule(dynamic) num_threads(fit->threads)
    for (size_t panel = 0; panel < panels; panel++) {
        const size_t from = panel * PANEL;
        const size_t to = from + PANEL < p ? from + PANEL : p;
        const size_t inner = to < m ? to : m;

        wn_gemm(0, 0, to - from, inner, inner, 1, fit->product + from * p, p,
                fit->root, m, 0, fit->inverse + from * p, p);
        if (to == p)
            for (size_t r = from; r < to; r++)
                fit->inverse[r * p + m] = fit->product[r * p + m];
    }
    wn_spill_free(b);
    return 0;
}

/* Fitted scores into `score` and leverages of `rows` rows of the slab, from its
 * row `first` on. */
static void project_rows(const struct fit *fit, size_t first, size_t rows,
                         float *score)
{
    const size_t p = fit->p, k = fit->k;
    const float *z = fit->slab + first * p;
    float *leverage = fit->leverage + first * p;

    wn_gemm(0, 0, rows, k, p, 1, z, p, fit->weights, k, 0, score, k);
    /* L_A^-1 is lower triangular: a panel of its rows ends at its diagonal. */
    for (size_t from = 0; from < p; from += PANEL) {
        const size_t to = from + PANEL < p ? from + PANEL : p;

        wn_gemm(0, 1, rows, to - from, to, 1, z, p, fit->inverse + from * p, p,
                0, leverage + from, p);
    }
}

/* The rows by group, and a slab of them. */
struct groups {
    int32_t *order; /* n: rows by group, then by number */
    size_t *begin;  /* groups + 1: where each group starts in it */
    float *score;   /* SLAB x k */
    double *weight; /* SLAB */
    int32_t *label; /* SLAB */
    double *matrix; /* p x p: A before it was factored; NULL where no group */
    double *right;  /* p x k  is large */
};

/* Whether a fit rests on these rows so much that I - H is too close to singular
 * for leverages of single precision. */
static bool is_dominant(const struct fit *fit, size_t rows)
{
    return rows > fit->n / 4;
}

/* Whether a group of so many rows is left out by solving without it: the block
 * formula takes rows^2 numbers. */
static bool is_large_group(const struct fit *fit, size_t rows)
{
    return rows > SLAB || is_dominant(fit, rows);
}

/* Fitted scores of places begin .. end-1, at most SLAB, into groups->score. */
static void project_slab(struct fit *fit, struct groups *groups, size_t begin,
                         size_t end)
{
    const size_t blocks = wn_block_count(end - begin);

    fill_slab(fit, KERNEL, begin, end);
#pragma omp parallel for schedule(dynamic) num_threads(fit->threads)
    for (size_t b = 0; b < blocks; b++) {
        const size_t first = wn_block_begin(b);

        project_rows(fit, first, wn_block_end(b, end - begin) - first,
                     groups->score + first * fit->k);
    }
    for (size_t r = begin; r < end; r++) {
        groups->weight[r - begin] =
            wn_sample_weight(fit->sample, kernel_row_at(fit, r));
        groups->label[r - begin] = fit->sample->label[kernel_row_at(fit, r)];
    }
}

static void copy_scores(const struct fit *fit, const struct groups *groups,
                        size_t begin, size_t end, float *score)
{
    for (size_t r = begin; r < end; r++)
        memcpy(score + kernel_row_at(fit, r) * fit->k,
               groups->score + (r - begin) * fit->k, fit->k * sizeof *score);
}

/* Leave out `rows` rows of one group, by the formula of kernel.h.
 *   leverage  rows x p
 *   weight    rows, >= 0
 *   label     rows, 0..k-1; -1 with weight 0
 *   score     rows x k: F, and after it F without the rows
 * Rounding of the leverages may leave I - H a little indefinite; the diagonal
 * then grows until it is not. Time O(rows^2 (p + rows + k)). */
static int leave_group_out(const float *leverage, size_t rows, size_t p,
                           const double *weight, const int32_t *label, size_t k,
                           float *score, struct wn_error *error)
{
    struct wn_arena own = {0};
    float *gram = wn_arena_spill(&own, sizeof *gram, rows, rows);
    float *change = wn_arena_spill(&own, sizeof *change, rows, LOO_CLASSES);
    double *matrix = wn_arena_spill(&own, sizeof *matrix, rows, rows);
    double *right = wn_arena_spill(&own, sizeof *right, rows, LOO_CLASSES);

    wn_gemm(0, 1, rows, rows, p, 1, leverage, p, leverage, p, 0, gram, rows);
    double rest = MIN_REST;
    int status;

    do {
        *error = (struct wn_error){0};
        for (size_t r = 0; r < rows; r++)
            for (size_t c = 0; c <= r; c++)
                matrix[r * rows + c] =
                    (r == c ? 1 + rest : 0) -
                    sqrt(weight[r] * weight[c]) * (double)gram[r * rows + c];
        status = wn_cholesky(matrix, rows, error);
        rest *= 10;
    } while (status && rest < MAX_REST);
    for (size_t from = 0; status == 0 && from < k; from += LOO_CLASSES) {
        const size_t width = k - from < LOO_CLASSES ? k - from : LOO_CLASSES;

        for (size_t r = 0; r < rows; r++)
            for (size_t c = 0; c < width; c++)
                right[r * width + c] =
                    sqrt(weight[r]) * ((label[r] == (int32_t)(from + c)) -
                                       (double)score[r * k + from + c]);
        wn_cholesky_solve(matrix, rows, right, width, width);
        for (size_t r = 0; r < rows; r++)
            for (size_t c = 0; c < width; c++)
                change[r * width + c] =
                    (float)(sqrt(weight[r]) * right[r * width + c]);
        wn_gemm(0, 0, rows, width, rows, -1, gram, rows, change, width, 1,
                score + from, k);
    }
    wn_arena_free(&own);
    return status;
}

/* Scores of groups first .. last-1, no more than SLAB rows together. */
static int score_small_groups(struct fit *fit, struct groups *groups,
                              size_t first, size_t last, float *score,
                              struct wn_error *error)
{
    const size_t begin = groups->begin[first], end = groups->begin[last];
    int failed = 0;

    project_slab(fit, groups, begin, end);
#pragma omp parallel for schedule(dynamic) num_threads(fit->threads)
    for (size_t g = first; g < last; g++) {
        const size_t at = groups->begin[g] - begin;
        const size_t rows = groups->begin[g + 1] - groups->begin[g];
        struct wn_error own = {0};

        if (rows &&
            leave_group_out(fit->leverage + at * fit->p, rows, fit->p,
                            groups->weight + at, groups->label + at, fit->k,
                            groups->score + at * fit->k, &own)) {
#pragma omp critical
            {
                failed = 1;
                *error = own;
            }
        }
    }
    copy_scores(fit, groups, begin, end, score);
    return failed ? -1 : 0;
}

/* Send the scores of groups first .. last-1 from their rank to the others. */
static void send_groups(struct fit *fit, struct groups *groups, size_t first,
                        size_t last, float *score, size_t owner)
{
    const size_t begin = groups->begin[first], end = groups->begin[last];

    for (size_t r = begin; r < end; r++)
        memcpy(groups->score + (r - begin) * fit->k,
               score + kernel_row_at(fit, r) * fit->k, fit->k * sizeof *score);
    wn_units_share(fit->sample->units, groups->score,
                   (end - begin) * fit->k * sizeof *score, owner);
    copy_scores(fit, groups, begin, end, score);
}

/* Scores of the groups that are not large, up to a slab of rows together. A
 * team computes a slab each, then sends them round. */
static int score_all_small(struct fit *fit, struct groups *groups, float *score,
                           struct wn_error *error)
{
    struct wn_units *units = fit->sample->units;
    const size_t count = fit->sample->groups;
    const size_t ranks = is_divided(fit) ? wn_units_ranks(units) : 1;
    const size_t rank = ranks > 1 ? wn_units_rank(units) : 0;
    int status = 0;

    for (int send = 0; send < (ranks > 1 ? 2 : 1); send++) {
        size_t number = 0;

        for (size_t first = 0, last; status == 0 && first < count;
             first = last) {
            last = first;
            while (last < count &&
                   groups->begin[last + 1] - groups->begin[first] <= SLAB &&
                   !is_large_group(fit, groups->begin[last + 1] -
                                            groups->begin[last]))
                last++;
            if (last == first) {
                last++;
                continue;
            }
            const size_t owner = number++ % ranks;
            if (send)
                send_groups(fit, groups, first, last, score, owner);
            else if (owner == rank)
                status =
                    score_small_groups(fit, groups, first, last, score, error);
        }
    }
    return status;
}

/* Scores of every group, left out as a whole. */
static int score_groups(struct fit *fit, float *score, struct wn_error *error)
{
    const struct wn_sample *sample = fit->sample;
    const size_t count = sample->groups;
    const size_t square = wn_product(fit->p, fit->p, 1);
    const size_t wide = wn_product(fit->p, fit->k, 1);
    struct wn_arena own = {0};
    struct groups groups = {
        .order = wn_arena_spill(&own, sizeof(int32_t), fit->n, 1),
        .begin = wn_arena_new(&own, sizeof(size_t), count + 1, 1),
        .score = wn_arena_spill(&own, sizeof(float), SLAB, fit->k),
        .weight = wn_arena_new(&own, sizeof(double), SLAB, 1),
        .label = wn_arena_new(&own, sizeof(int32_t), SLAB, 1)};
    bool large = false;

    wn_order_by_bucket(sample->group, fit->n, count, groups.begin,
                       groups.order);
    for (size_t g = 0; g < count; g++)
        large |= is_large_group(fit, groups.begin[g + 1] - groups.begin[g]);
    if (large) {
        groups.matrix = wn_arena_spill(&own, sizeof(double), square, 1);
        groups.right = wn_arena_spill(&own, sizeof(double), wide, 1);
        memcpy(groups.matrix, fit->matrix, square * sizeof(double));
        memcpy(groups.right, fit->right, wide * sizeof(double));
    }
    fit->order = groups.order;
    int status = kernel_solve(fit, error);
    status = status ? status : score_all_small(fit, &groups, score, error);
    /* A large one: subtract its rows from the sums, or, where little would be
     * left of them, sum the other rows, and solve again. */
    for (size_t g = 0; status == 0 && g < count; g++) {
        const size_t begin = groups.begin[g], end = groups.begin[g + 1];
        size_t next;

        if (!is_large_group(fit, end - begin))
            continue;
        assert(groups.matrix && groups.right);
        if (is_dominant(fit, end - begin)) {
            memset(fit->matrix, 0, square * sizeof(double));
            memset(fit->right, 0, wide * sizeof(double));
            add_slabs(fit, 0, begin, 1);
            add_slabs(fit, end, fit->n, 1);
        } else {
            memcpy(fit->matrix, groups.matrix, square * sizeof(double));
            memcpy(fit->right, groups.right, wide * sizeof(double));
            add_slabs(fit, begin, end, -1);
        }
        status = kernel_solve(fit, error);
        for (size_t at = begin; status == 0 && at < end; at = next) {
            next = at + SLAB < end ? at + SLAB : end;
            project_slab(fit, &groups, at, next);
            copy_scores(fit, &groups, at, next, score);
        }
    }
    fit->order = NULL;
    wn_arena_free(&own);
    return status;
}

/* Allocate a fit and sum over all rows. */
static int sum_rows(struct fit *fit, const struct wn_kernel *kernel,
                    const struct wn_standardize *standard,
                    const struct wn_sample *sample, struct wn_error *error)
{
    const size_t n = sample->n, d = sample->d, k = sample->k;
    const size_t m = kernel->landmarks < n ? kernel->landmarks : n, p = m + 1;

    *fit = (struct fit){
        .standard = standard,
        .sample = sample,
        .n = n,
        .d = d,
        .k = k,
        .m = m,
        .p = p,
        .ridge = kernel->ridge,
        .bend = (float)(1 / (2 * kernel->bandwidth * kernel->bandwidth)),
        .threads = sample->threads,
        .rows_cached = n <= SLAB && !sample->group};
    if (make_landmarks(fit, error))
        return -1;
    fit->row = wn_arena_spill(&fit->own, sizeof(float), SLAB, d);
    fit->slab = wn_arena_spill(&fit->own, sizeof(float), SLAB, p);
    fit->weighted = wn_arena_spill(&fit->own, sizeof(float), SLAB, p);
    fit->leverage = wn_arena_spill(&fit->own, sizeof(float), SLAB, p);
    fit->product = wn_arena_spill(&fit->own, sizeof(float), p, p);
    fit->inverse = wn_arena_spill(&fit->own, sizeof(float), p, p);
    fit->matrix = wn_arena_spill(&fit->own, sizeof(double), p, p);
    fit->right = wn_arena_spill(&fit->own, sizeof(double), p, k);
    fit->weights = wn_arena_spill(&fit->own, sizeof(float), p, k);
    if (is_divided(fit))
        add_slabs_together(fit);
    for (size_t begin = 0; !is_divided(fit) && begin < n; begin += SLAB) {
        show_progress(fit, "kernel: rows summed", begin);
        multiply_slab(fit, begin, slab_end(fit, begin), 1, true);
    }
    show_progress(fit, "kernel: rows summed", n);
    return 0;
}

/* From the sums, which are overwritten, to scores. */
static int score_rows(struct fit *fit, float *score, struct wn_error *error)
{
    if (fit->sample->group)
        return score_groups(fit, score, error);
    if (kernel_solve(fit, error))
        return -1;
    const size_t p = fit->p, k = fit->k;
    struct wn_units *units = fit->sample->units;
    const size_t ranks = is_divided(fit) ? wn_units_ranks(units) : 1;

    for (size_t begin = 0; begin < fit->n; begin += SLAB) {
        show_progress(fit, "kernel: rows predicted", begin);
        const size_t end = slab_end(fit, begin);
        const size_t blocks = wn_block_count(end - begin);

        if (ranks > 1 && begin / SLAB % ranks != wn_units_rank(units))
            continue;

        if (!fit->rows_cached)
            fill_slab(fit, KERNEL, begin, end);
#pragma omp parallel for schedule(dynamic) num_threads(fit->threads)
        for (size_t b = 0; b < blocks; b++) {
            const size_t first = wn_block_begin(b);
            const size_t last = wn_block_end(b, end - begin);

            project_rows(fit, first, last - first, score + (begin + first) * k);
            for (size_t r = first; r < last; r++) {
                double h = 0;

                for (size_t j = 0; j < p; j++)
                    h += (double)fit->leverage[r * p + j] *
                         (double)fit->leverage[r * p + j];
                h *= wn_sample_weight(fit->sample, begin + r);
                if (h == 0)
                    continue;
                h = h < 1 - MIN_REST ? h : 1 - MIN_REST;
                float *own = score + (begin + r) * k;
                float *given = own + fit->sample->label[begin + r];
                const float share = (float)(1 / (1 - h));
                const double left_out = ((double)*given - h) / (1 - h);

                for (size_t c = 0; c < k; c++)
                    own[c] *= share;
                *given = (float)left_out;
            }
        }
    }
    for (size_t begin = 0; ranks > 1 && begin < fit->n; begin += SLAB)
        wn_units_share(units, score + begin * k,
                       (slab_end(fit, begin) - begin) * k * sizeof *score,
                       begin / SLAB % ranks);
    show_progress(fit, "kernel: rows predicted", fit->n);
    return 0;
}

int wn_kernel_scores(const struct wn_kernel *kernel,
                     const struct wn_standardize *standard,
                     const struct wn_sample *sample, float *score,
                     struct wn_error *error)
{
    struct fit fit;
    int status = sum_rows(&fit, kernel, standard, sample, error);

    if (status == 0)
        status = score_rows(&fit, score, error);
    wn_arena_free(&fit.own);
    return status;
}

int wn_kernel_errors(const struct wn_kernel *kernel, const double *ridge,
                     size_t count, const struct wn_standardize *standard,
                     const struct wn_sample *sample, float *score,
                     double *squared_error, struct wn_error *error)
{
    const size_t n = sample->n, k = sample->k;
    struct fit fit;
    double *matrix = NULL, *right = NULL;
    int status = sum_rows(&fit, kernel, standard, sample, error);

    if (status == 0) {
        matrix = fit.matrix;
        right = fit.right;
        fit.matrix = wn_arena_spill(&fit.own, sizeof(double), fit.p, fit.p);
        fit.right = wn_arena_spill(&fit.own, sizeof(double), fit.p, k);
    }
    for (size_t t = 0; status == 0 && t < count; t++) {
        memcpy(fit.matrix, matrix, fit.p * fit.p * sizeof *matrix);
        memcpy(fit.right, right, fit.p * k * sizeof *right);
        fit.ridge = ridge[t];
        status = score_rows(&fit, score, error);
        squared_error[t] = 0;
        for (size_t i = 0; status == 0 && i < n; i++)
            for (size_t c = 0; sample->label[i] >= 0 && c < k; c++) {
                const double miss =
                    (double)score[i * k + c] - ((size_t)sample->label[i] == c);

                squared_error[t] += miss * miss;
            }
    }
    wn_arena_free(&fit.own);
    return status;
}
