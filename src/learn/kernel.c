/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kernel ridge with leave-one-out; see kernel.h.
 *
 * Rows go through in slabs. The p x p matrix is built panel by panel, each
 * panel by one thread, each product in float over one slab and summed over the
 * slabs in double: neither threads nor memory change a bit. */
#include "learn/kernel.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "linalg/cholesky.h"
#include "learn/group_loo.h"
#include "linalg/products.h"
#include "learn/nystrom.h"
#include "linalg/standardize.h"
#include "util/spill.h"
#include "util/memory.h"
#include "util/parallel.h"

enum {
    SLAB = WN_KERNEL_SLAB,
    PANEL = 256,  /* columns of the p x p matrix per task */
    CLASSES = 256 /* that are solved for at a time */
};

/* A fit while it is made. */
struct fit {
    const struct wn_kernel *kernel;
    const struct wn_sample *sample;
    size_t n, d, k, p;
    double ridge;
    int threads;
    bool in_hand; /* all rows are one slab, which stays as z */
    const struct wn_standardize *view;
    const int32_t *order; /* n: the rows in the order they are gone through;
                             NULL as they stand */
    float *row;           /* SLAB x d: rows as the kernel sees them */
    struct wn_nystrom nystrom;
    float *slab;    /* SLAB x p: z of the rows in hand */
    float *weighed; /* SLAB x p: z times its weight */
    float *product; /* p x p: of one slab; then L^-1 in float */
    double *matrix; /* p x p: A, then its factor, then the inverse of that */
    double *right;  /* p x k: Z^T w Y, then B */
    float *inverse; /* p x p: L^-1 for rows as kernels */
    float *weights; /* p x k: B likewise */
    float *lever;   /* SLAB x p */
};

/* The row at a place of the order. */
static size_t kernel_row_at(const struct fit *fit, size_t place)
{
    return fit->order ? (size_t)fit->order[place] : place;
}

static void free_fit(struct fit *fit)
{
    wn_spill_free(fit->row);
    wn_nystrom_free(&fit->nystrom);
    wn_spill_free(fit->slab);
    wn_spill_free(fit->weighed);
    wn_spill_free(fit->product);
    wn_spill_free(fit->matrix);
    wn_spill_free(fit->right);
    wn_spill_free(fit->inverse);
    wn_spill_free(fit->weights);
    wn_spill_free(fit->lever);
}

/* One slab alone is no step to tell of. */
static void tell_rows(const struct fit *fit, const char *what, size_t done)
{
    if (fit->n > SLAB)
        wn_log_progress(fit->sample->log, what, done, fit->n);
}

static int start_fit(struct fit *fit, struct wn_error *error)
{
    if (wn_nystrom_make(&fit->nystrom, fit->sample, fit->view,
                        fit->kernel->landmarks, fit->kernel->bandwidth, error))
        return -1;
    const size_t p = fit->p = fit->nystrom.m + 1;
    fit->row = wn_spill_new(wn_product(SLAB, fit->d, 1), sizeof(float));
    fit->slab = wn_spill_new(wn_product(SLAB, p, 1), sizeof(float));
    fit->weighed = wn_spill_new(wn_product(SLAB, p, 1), sizeof(float));
    fit->lever = wn_spill_new(wn_product(SLAB, p, 1), sizeof(float));
    fit->product = wn_spill_new(wn_product(p, p, 1), sizeof(float));
    fit->inverse = wn_spill_new(wn_product(p, p, 1), sizeof(float));
    fit->matrix = wn_spill_new(wn_product(p, p, 1), sizeof(double));
    fit->right = wn_spill_new(wn_product(p, fit->k, 1), sizeof(double));
    fit->weights = wn_spill_new(wn_product(p, fit->k, 1), sizeof(float));
    return 0;
}

/* What a slab holds of a row. */
enum form {
    KERNEL, /* its kernel with the landmarks, and 1 */
    Z       /* z */
};

/* One block of rows into its place in the slab. */
static void expand_block(const struct fit *fit, enum form form, size_t begin,
                         size_t end, float *x, float *z, float *spare)
{
    const size_t p = fit->p;

    for (size_t i = begin; i < end; i++)
        wn_standardize_row(fit->view,
                           fit->sample->x + kernel_row_at(fit, i) * fit->d,
                           x + (i - begin) * fit->d);
    if (form == Z)
        wn_nystrom_rows(&fit->nystrom, x, end - begin, spare, z, p);
    else
        wn_nystrom_kernel(&fit->nystrom, x, end - begin, z, p);
    for (size_t r = 0; r < end - begin; r++)
        z[r * p + p - 1] = 1;
}

static void expand_slab(struct fit *fit, enum form form, size_t begin,
                        size_t end)
{
    const size_t blocks = wn_block_count(end - begin);

#pragma omp parallel for schedule(dynamic) num_threads(fit->threads)
    for (size_t b = 0; b < blocks; b++) {
        const size_t first = begin + wn_block_begin(b);
        const size_t last = begin + wn_block_end(b, end - begin);

        expand_block(fit, form, first, last,
                     fit->row + (first - begin) * fit->d,
                     fit->slab + (first - begin) * fit->p,
                     fit->lever + (first - begin) * fit->p);
    }
}

/* Add columns from .. to of the slab's part of Z^T w Y. */
static void add_right(struct fit *fit, size_t begin, size_t rows, size_t from,
                      size_t to)
{
    for (size_t r = 0; r < rows; r++) {
        const int32_t y = fit->sample->label[kernel_row_at(fit, begin + r)];
        const float *z = fit->weighed + r * fit->p;

        for (size_t j = from; y >= 0 && j < to; j++)
            fit->right[j * fit->k + (size_t)y] += (double)z[j];
    }
}

/* Add columns from .. to of the slab's part of Z^T w Z, lower triangle only. */
static void add_panel(struct fit *fit, size_t rows, size_t from, size_t to)
{
    const size_t p = fit->p;

    wn_gemm(1, 0, p - from, to - from, rows, 1, fit->weighed + from, p,
            fit->slab + from, p, 0, fit->product + from * p + from, p);
    for (size_t r = from; r < p; r++)
        for (size_t c = from; c < to; c++)
            fit->matrix[r * p + c] += (double)fit->product[r * p + c];
}

/* Add a slab's part to Z^T w Z and Z^T w Y, or with sign -1 take it away. */
static void add_slab(struct fit *fit, size_t begin, size_t end, double sign)
{
    const size_t p = fit->p, rows = end - begin;
    const size_t panels = (p + PANEL - 1) / PANEL;

    expand_slab(fit, Z, begin, end);
#pragma omp parallel for schedule(static) num_threads(fit->threads)
    for (size_t r = 0; r < rows; r++) {
        const float w =
            (float)(sign * wn_sample_weight(fit->sample,
                                            kernel_row_at(fit, begin + r)));

        for (size_t j = 0; j < p; j++)
            fit->weighed[r * p + j] = w * fit->slab[r * p + j];
    }
#pragma omp parallel for schedule(dynamic) num_threads(fit->threads)
    for (size_t b = 0; b < panels; b++) {
        const size_t to = (b + 1) * PANEL < p ? (b + 1) * PANEL : p;

        add_panel(fit, rows, b * PANEL, to);
        add_right(fit, begin, rows, b * PANEL, to);
    }
}

/* Let the answer take rows as kernels, which spares their way to z when they
 * are judged: B and L^-1, of A = L L^T, times what leads there. */
static void fold_root(struct fit *fit, const float *b, const float *inverse)
{
    const size_t m = fit->nystrom.m, p = fit->p, k = fit->k;
    const size_t panels = (p + PANEL - 1) / PANEL;

    wn_gemm(1, 0, m, k, m, 1, fit->nystrom.root, m, b, k, 0, fit->weights, k);
    memcpy(fit->weights + m * k, b + m * k, k * sizeof(float));
#pragma omp parallel for schedule(dynamic) num_threads(fit->threads)
    for (size_t panel = 0; panel < panels; panel++) {
        const size_t from = panel * PANEL;
        const size_t to = from + PANEL < p ? from + PANEL : p;
        const size_t inner = to < m ? to : m;

        wn_gemm(0, 0, to - from, inner, inner, 1, inverse + from * p, p,
                fit->nystrom.root, m, 0, fit->inverse + from * p, p);
        if (to == p)
            for (size_t r = from; r < to; r++)
                fit->inverse[r * p + m] = inverse[r * p + m];
    }
}

/* B from its right sides. */
static void solve_right(struct fit *fit)
{
    const size_t parts = (fit->k + CLASSES - 1) / CLASSES;

#pragma omp parallel for schedule(dynamic) num_threads(fit->threads)
    for (size_t part = 0; part < parts; part++) {
        const size_t from = part * CLASSES, left = fit->k - from;

        wn_cholesky_solve(fit->matrix, fit->p, fit->right + from,
                          left < CLASSES ? left : CLASSES, fit->k);
    }
}

/* From sums to B and to the inverse of the factor, for rows as z where they
 * stay in hand, else for rows as kernels. */
static int kernel_solve(struct fit *fit, struct wn_error *error)
{
    const size_t p = fit->p;
    float *b = wn_spill_new(wn_product(p, fit->k, 1), sizeof *b);
    int status = -1;

    for (size_t j = 0; j < p; j++)
        fit->matrix[j * p + j] += fit->ridge;
    if (wn_cholesky(fit->matrix, p, error))
        goto done;
    solve_right(fit);
    if (wn_cholesky_invert(fit->matrix, p, error))
        goto done;
    for (size_t i = 0; i < p * fit->k; i++)
        b[i] = (float)fit->right[i];
    for (size_t r = 0; r < p; r++)
        for (size_t c = 0; c < p; c++)
            fit->product[r * p + c] =
                c <= r ? (float)fit->matrix[r * p + c] : 0;
    if (fit->in_hand) {
        memcpy(fit->weights, b, p * fit->k * sizeof *b);
        memcpy(fit->inverse, fit->product, p * p * sizeof *fit->product);
    } else {
        fold_root(fit, b, fit->product);
    }
    status = 0;
done:
    wn_spill_free(b);
    return status;
}

/* Fitted scores and levers, L^-1 z, of places first .. last-1 of the slab that
 * begins at `begin`. */
static void project_block(const struct fit *fit, size_t begin, size_t first,
                          size_t last, float *score)
{
    const size_t p = fit->p, k = fit->k;
    const float *z = fit->slab + (first - begin) * p;
    float *lever = fit->lever + (first - begin) * p;

    wn_gemm(0, 0, last - first, k, p, 1, z, p, fit->weights, k, 0, score, k);
    /* L^-1 is lower triangular: a panel of its rows ends at its diagonal. */
    for (size_t from = 0; from < p; from += PANEL) {
        const size_t to = from + PANEL < p ? from + PANEL : p;

        wn_gemm(0, 1, last - first, to - from, to, 1, z, p,
                fit->inverse + from * p, p, 0, lever + from, p);
    }
}

/* Scores of rows first .. last-1 of the slab that begins at `begin`, each left
 * out of its own. */
static void judge_block(const struct fit *fit, size_t begin, size_t first,
                        size_t last, float *score)
{
    const size_t p = fit->p, k = fit->k;

    project_block(fit, begin, first, last, score + first * k);
    for (size_t i = first; i < last; i++) {
        const float *row = fit->lever + (i - begin) * p;
        double h = 0;

        for (size_t j = 0; j < p; j++)
            h += (double)row[j] * (double)row[j];
        h *= wn_sample_weight(fit->sample, i);
        if (h == 0)
            continue;
        h = h < 1 - 1e-6 ? h : 1 - 1e-6;
        float *own = score + i * k, *given = own + fit->sample->label[i];
        const float share = (float)(1 / (1 - h));
        const double after = ((double)*given - h) / (1 - h);

        for (size_t c = 0; c < k; c++)
            own[c] *= share;
        *given = (float)after;
    }
}

static void kernel_judge_rows(struct fit *fit, float *score)
{
    for (size_t begin = 0; begin < fit->n; begin += SLAB) {
        tell_rows(fit, "kernel: rows judged", begin);
        const size_t end = begin + SLAB < fit->n ? begin + SLAB : fit->n;
        const size_t blocks = wn_block_count(end - begin);

        if (!fit->in_hand)
            expand_slab(fit, KERNEL, begin, end);
#pragma omp parallel for schedule(dynamic) num_threads(fit->threads)
        for (size_t b = 0; b < blocks; b++)
            judge_block(fit, begin, begin + wn_block_begin(b),
                        begin + wn_block_end(b, end - begin), score);
    }
    tell_rows(fit, "kernel: rows judged", fit->n);
}

/* The rows group by group, and a slab of them on its way out. */
struct groups {
    int32_t *order; /* n: rows by group, then by number */
    size_t *begin;  /* groups + 1: where each starts in it */
    float *score;   /* SLAB x k */
    double *weight; /* SLAB */
    int32_t *label; /* SLAB */
    double *matrix; /* p x p: A before it was factored; NULL where no group */
    double *right;  /* p x k  has more than SLAB rows */
};

static void groups_free(struct groups *groups)
{
    wn_spill_free(groups->order);
    free(groups->begin);
    wn_spill_free(groups->score);
    free(groups->weight);
    free(groups->label);
    wn_spill_free(groups->matrix);
    wn_spill_free(groups->right);
}

static int groups_open(struct groups *groups, const struct fit *fit)
{
    const struct wn_sample *sample = fit->sample;
    size_t most = 0;

    groups->order = wn_spill_new(fit->n, sizeof *groups->order);
    groups->begin = wn_new(sample->groups + 2, sizeof *groups->begin);
    groups->score = wn_spill_new(wn_product(SLAB, fit->k, 1), sizeof(float));
    groups->weight = wn_new(SLAB, sizeof(double));
    groups->label = wn_new(SLAB, sizeof(int32_t));
    for (size_t i = 0; i < fit->n; i++)
        groups->begin[sample->group[i] + 2]++;
    for (size_t g = 2; g < sample->groups + 2; g++) {
        most = groups->begin[g] > most ? groups->begin[g] : most;
        groups->begin[g] += groups->begin[g - 1];
    }
    for (size_t i = 0; i < fit->n; i++)
        groups->order[groups->begin[sample->group[i] + 1]++] = (int32_t)i;
    if (most <= SLAB)
        return 0;
    groups->matrix =
        wn_spill_new(wn_product(fit->p, fit->p, 1), sizeof(double));
    groups->right = wn_spill_new(wn_product(fit->p, fit->k, 1), sizeof(double));
    memcpy(groups->matrix, fit->matrix, fit->p * fit->p * sizeof(double));
    memcpy(groups->right, fit->right, fit->p * fit->k * sizeof(double));
    return 0;
}

/* Places begin .. end-1, at most SLAB, to groups->score. */
static void project_slab(struct fit *fit, struct groups *groups, size_t begin,
                         size_t end)
{
    const size_t blocks = wn_block_count(end - begin);

    expand_slab(fit, KERNEL, begin, end);
#pragma omp parallel for schedule(dynamic) num_threads(fit->threads)
    for (size_t b = 0; b < blocks; b++)
        project_block(fit, begin, begin + wn_block_begin(b),
                      begin + wn_block_end(b, end - begin),
                      groups->score + wn_block_begin(b) * fit->k);
    for (size_t r = begin; r < end; r++) {
        groups->weight[r - begin] =
            wn_sample_weight(fit->sample, kernel_row_at(fit, r));
        groups->label[r - begin] = fit->sample->label[kernel_row_at(fit, r)];
    }
}

static void hand_out(const struct fit *fit, const struct groups *groups,
                     size_t begin, size_t end, float *score)
{
    for (size_t r = begin; r < end; r++)
        memcpy(score + kernel_row_at(fit, r) * fit->k,
               groups->score + (r - begin) * fit->k, fit->k * sizeof *score);
}

/* Groups first .. last-1, no more than SLAB rows together. */
static int judge_groups(struct fit *fit, struct groups *groups, size_t first,
                        size_t last, float *score, struct wn_error *error)
{
    const size_t begin = groups->begin[first], end = groups->begin[last];
    int failed = 0;

    project_slab(fit, groups, begin, end);
#pragma omp parallel for schedule(dynamic) num_threads(fit->threads)           \
    reduction(|                                                                \
              : failed)
    for (size_t g = first; g < last; g++) {
        const size_t at = groups->begin[g] - begin;
        struct wn_error mine = {0};

        if (wn_group_loo(fit->lever + at * fit->p,
                         groups->begin[g + 1] - groups->begin[g], fit->p,
                         groups->weight + at, groups->label + at, fit->k,
                         groups->score + at * fit->k, &mine)) {
            failed = 1;
#pragma omp critical
            *error = mine;
        }
    }
    hand_out(fit, groups, begin, end, score);
    return failed ? -1 : 0;
}

/* A group too large for that: take its rows out of the sums and solve anew. */
static int judge_without(struct fit *fit, struct groups *groups, size_t group,
                         float *score, struct wn_error *error)
{
    const size_t end = groups->begin[group + 1];
    size_t next;

    memcpy(fit->matrix, groups->matrix, fit->p * fit->p * sizeof(double));
    memcpy(fit->right, groups->right, fit->p * fit->k * sizeof(double));
    for (size_t at = groups->begin[group]; at < end; at = next) {
        next = at + SLAB < end ? at + SLAB : end;
        add_slab(fit, at, next, -1);
    }
    if (kernel_solve(fit, error))
        return -1;
    for (size_t at = groups->begin[group]; at < end; at = next) {
        next = at + SLAB < end ? at + SLAB : end;
        project_slab(fit, groups, at, next);
        hand_out(fit, groups, at, next, score);
    }
    return 0;
}

/* Solve, and judge every group by the rows outside it. */
static int judge_by_groups(struct fit *fit, float *score,
                           struct wn_error *error)
{
    const size_t count = fit->sample->groups;
    struct groups groups = {0};
    int status = -1;

    if (groups_open(&groups, fit) || kernel_solve(fit, error))
        goto done;
    fit->order = groups.order;
    for (size_t first = 0, last; first < count; first = last) {
        last = first;
        while (last < count &&
               groups.begin[last + 1] - groups.begin[first] <= SLAB)
            last++;
        if (last == first)
            last++; /* too large */
        else if (judge_groups(fit, &groups, first, last, score, error))
            goto done;
    }
    for (size_t g = 0; g < count; g++)
        if (groups.begin[g + 1] - groups.begin[g] > SLAB &&
            judge_without(fit, &groups, g, score, error))
            goto done;
    status = 0;
done:
    groups_free(&groups);
    return status;
}

/* The sums over all rows. */
static int sum_rows(struct fit *fit, const struct wn_kernel *kernel,
                    const struct wn_standardize *view,
                    const struct wn_sample *sample, struct wn_error *error)
{
    const size_t n = sample->n;

    *fit = (struct fit){.kernel = kernel,
                        .view = view,
                        .sample = sample,
                        .n = n,
                        .d = sample->d,
                        .k = sample->k,
                        .ridge = kernel->ridge,
                        .threads = sample->threads,
                        .in_hand = n <= SLAB && !sample->group};
    if (start_fit(fit, error))
        return -1;
    for (size_t begin = 0; begin < n; begin += SLAB) {
        tell_rows(fit, "kernel: rows summed", begin);
        add_slab(fit, begin, begin + SLAB < n ? begin + SLAB : n, 1);
    }
    tell_rows(fit, "kernel: rows summed", n);
    return 0;
}

/* From the sums, which it does not keep, to scores. */
static int kernel_judge_all(struct fit *fit, float *score,
                            struct wn_error *error)
{
    fit->order = NULL;
    if (fit->sample->group)
        return judge_by_groups(fit, score, error);
    if (kernel_solve(fit, error))
        return -1;
    kernel_judge_rows(fit, score);
    return 0;
}

int wn_kernel_scores(const struct wn_kernel *kernel,
                     const struct wn_standardize *view,
                     const struct wn_sample *sample, float *score,
                     struct wn_error *error)
{
    struct fit fit;
    int status = sum_rows(&fit, kernel, view, sample, error);

    if (status == 0)
        status = kernel_judge_all(&fit, score, error);
    free_fit(&fit);
    return status;
}

static double squared_error(const float *score, const int32_t *label, size_t n,
                            size_t k)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; label[i] >= 0 && c < k; c++) {
            const double miss =
                (double)score[i * k + c] - ((size_t)label[i] == c);

            sum += miss * miss;
        }
    return sum;
}

int wn_kernel_misses(const struct wn_kernel *kernel, const double *ridge,
                     size_t count, const struct wn_standardize *view,
                     const struct wn_sample *sample, float *score, double *miss,
                     struct wn_error *error)
{
    struct fit fit;
    double *matrix = NULL, *right = NULL;
    int status = -1;

    if (sum_rows(&fit, kernel, view, sample, error))
        goto done;
    const size_t square = wn_product(fit.p, fit.p, 1);
    const size_t wide = wn_product(fit.p, fit.k, 1);
    matrix = wn_spill_new(square, sizeof *matrix);
    right = wn_spill_new(wide, sizeof *right);
    if (!matrix || !right)
        goto done;
    memcpy(matrix, fit.matrix, square * sizeof *matrix);
    memcpy(right, fit.right, wide * sizeof *right);
    for (size_t t = 0; t < count; t++) {
        memcpy(fit.matrix, matrix, square * sizeof *matrix);
        memcpy(fit.right, right, wide * sizeof *right);
        fit.ridge = ridge[t];
        if (kernel_judge_all(&fit, score, error))
            goto done;
        miss[t] = squared_error(score, sample->label, sample->n, sample->k);
    }
    status = 0;
done:
    wn_spill_free(matrix);
    wn_spill_free(right);
    free_fit(&fit);
    return status;
}
