/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Discriminants, components and valleys; see clusters.h. */
#include "noise/clusters.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "linalg/cholesky.h"
#include "linalg/products.h"
#include "noise/order_statistics.h"
#include "noise/overlap.h"
#include "util/memory.h"
#include "util/spill.h"

enum {
    FOLDS = 5,
    VALUES = 20, /* of a column that is measured, at least; */
    SHARE = 4,   /* its most frequent value has at most 1 / SHARE of the rows */
    ROWS = 5,    /* of a predicted class, at least */
    STEPS = 100
};
static const double clip = 6;         /* standard deviations */
static const double narrowest = 0.02; /* variance of a component */
static const double around = 0.15;    /* of the distance of the means */
static const double nearest = 0.2;    /* of it, from a mean to the valley */
static const double max_valley = 0.5, min_share = 1. / 3, min_low = 0.01;
static const double z90 = 1.6448536269514722;

/* The rows of the classes that are predicted often enough. */
struct view {
    size_t n, d, k;
    double *x;     /* n x d, standardised */
    size_t *class; /* n, 0 .. k-1 */
    size_t *label; /* n, 0 .. k-1; k: another one or none */
    double *score; /* n x k: the discriminants of the classes */
};

static bool is_measured(const float *x, size_t n, size_t d, double *scratch)
{
    size_t values = 1, run = 1, longest = 1;

    for (size_t i = 0; i < n; i++)
        scratch[i] = (double)x[i * d];
    wn_sort(scratch, n);
    for (size_t i = 1; i < n; i++) {
        run = scratch[i] > scratch[i - 1] ? 1 : run + 1;
        values += run == 1;
        longest = run > longest ? run : longest;
    }
    return values >= VALUES && longest * SHARE <= n;
}

/* Number the classes that are predicted often enough: compact[k], or
 * SIZE_MAX. Returns how many. */
static size_t number_classes(const int32_t *predicted, size_t n, size_t k,
                             size_t *compact)
{
    size_t *rows = wn_new(k, sizeof *rows), classes = 0;

    for (size_t i = 0; i < n; i++)
        rows[predicted[i]]++;
    for (size_t c = 0; c < k; c++)
        compact[c] = rows[c] >= ROWS ? classes++ : SIZE_MAX;
    free(rows);
    return classes;
}

static void fill_view(const float *x, size_t n, size_t d, const int32_t *label,
                      const int32_t *predicted, const size_t *compact,
                      struct view *view)
{
    double *scratch = wn_new(n, sizeof *scratch);
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        if (compact[predicted[i]] == SIZE_MAX)
            continue;
        view->class[view->n] = compact[predicted[i]];
        view->label[view->n] = label[i] >= 0 && compact[label[i]] != SIZE_MAX
                                   ? compact[label[i]]
                                   : view->k;
        view->n++;
    }
    for (size_t j = 0; j < d; j++) {
        double mean = 0, square = 0;

        if (!is_measured(x + j, n, d, scratch))
            continue;
        for (size_t i = 0; i < n; i++)
            mean += (double)x[i * d + j] / (double)n;
        for (size_t i = 0; i < n; i++)
            square += pow((double)x[i * d + j] - mean, 2) / (double)n;
        for (size_t i = 0, r = 0; i < n; i++)
            if (compact[predicted[i]] != SIZE_MAX)
                view->x[r++ * d + kept] = fmin(
                    fmax(((double)x[i * d + j] - mean) / sqrt(square), -clip),
                    clip);
        kept++;
    }
    /* Close up the rows. */
    for (size_t r = 0; r < view->n; r++)
        memmove(view->x + r * kept, view->x + r * d, kept * sizeof *view->x);
    view->d = kept;
    free(scratch);
}

/* Sums by class and the moment of the rows of a fold, or of all: fold = FOLDS.
 */
static void add_up(const struct view *view, size_t fold, double *rows,
                   double *sum, double *moment)
{
    const size_t d = view->d, step = fold == FOLDS ? 1 : FOLDS,
                 first = fold == FOLDS ? 0 : fold,
                 count = (view->n - first + step - 1) / step;

    memset(rows, 0, view->k * sizeof *rows);
    memset(sum, 0, view->k * d * sizeof *sum);
    for (size_t i = first; i < view->n; i += step) {
        double *to = sum + view->class[i] * d;

        rows[view->class[i]]++;
        for (size_t j = 0; j < d; j++)
            to[j] += view->x[i * d + j];
    }
    wn_gemm_double(1, 0, d, d, count, view->x + first * d, step * d,
                   view->x + first * d, step * d, moment, d);
}

/* Fill the scores of every fold from the other folds. false: some class is in
 * one fold alone, or the covariance is singular. */
static bool find_scores(struct view *view)
{
    const size_t n = view->n, d = view->d, k = view->k;
    double *rows = wn_new(2 * k, sizeof *rows), *part_rows = rows + k;
    double *sum = wn_new(3 * k * d, sizeof *sum), *part = sum + k * d,
           *solved = part + k * d;
    double *moment = wn_new(3 * d * d, sizeof *moment),
           *part_moment = moment + d * d, *covariance = part_moment + d * d;
    double *constant = wn_new(k, sizeof *constant);
    struct wn_error none = {0};
    bool good = true;

    add_up(view, FOLDS, rows, sum, moment);
    for (size_t fold = 0; good && fold < FOLDS; fold++) {
        const size_t out = (n - fold + FOLDS - 1) / FOLDS;
        const double in = (double)(n - out),
                     shrunk = (double)d / (in + (double)d);
        double trace = 0;

        add_up(view, fold, part_rows, part, part_moment);
        for (size_t cell = 0; cell < d * d; cell++)
            covariance[cell] = (moment[cell] - part_moment[cell]) / in;
        for (size_t c = 0; c < k; c++) {
            const double share = rows[c] - part_rows[c];
            double *mean = part + c * d;

            good = good && share > 0;
            for (size_t j = 0; j < d; j++)
                mean[j] = (sum[c * d + j] - mean[j]) / fmax(share, 1);
            for (size_t a = 0; a < d; a++)
                for (size_t b = 0; b <= a; b++)
                    covariance[a * d + b] -= share / in * mean[a] * mean[b];
            for (size_t j = 0; j < d; j++)
                solved[j * k + c] = mean[j];
            constant[c] = log(fmax(share, 1) / in);
        }
        for (size_t j = 0; j < d; j++)
            trace += covariance[j * d + j] / (double)d;
        for (size_t a = 0; a < d; a++) {
            for (size_t b = 0; b <= a; b++)
                covariance[a * d + b] *= 1 - shrunk;
            covariance[a * d + a] += shrunk * trace;
        }
        if (!good || wn_cholesky(covariance, d, &none)) {
            good = false;
            break;
        }
        wn_cholesky_solve(covariance, d, solved, k, k);
        for (size_t c = 0; c < k; c++)
            for (size_t j = 0; j < d; j++)
                constant[c] -= part[c * d + j] * solved[j * k + c] / 2;
        wn_gemm_double(0, 0, out, k, d, view->x + fold * d, FOLDS * d, solved,
                       k, view->score + fold * k, FOLDS * k);
        for (size_t i = fold; i < n; i += FOLDS)
            for (size_t c = 0; c < k; c++)
                view->score[i * k + c] += constant[c];
    }
    free(rows);
    free(sum);
    free(moment);
    free(constant);
    return good;
}

static double count_around(const double *t, size_t n, double at, double width)
{
    double count = 0;

    for (size_t i = 0; i < n; i++)
        count += fabs(t[i] - at) < width;
    return count;
}

/* Fit two components to t[n], first those of the rows with second[i] = 0 and 1;
 * `of` is scratch. Adds to overlap and contrary; returns the valley, or -1. */
static double fit_pair(const double *t, const bool *second, size_t n,
                       double *of, double *overlap, double *contrary)
{
    double mean[2] = {0}, variance[2], all[2] = {0}, sum = 0;
    double change = 1;

    for (size_t i = 0; i < n; i++) {
        of[i] = second[i];
        all[0] += t[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++)
        all[1] += pow(t[i] - all[0], 2) / (double)n;
    if (!(all[1] > 0))
        return -1;
    for (int step = 0; step < STEPS && change > 1e-4; step++) {
        sum = mean[0] = mean[1] = variance[0] = variance[1] = change = 0;
        for (size_t i = 0; i < n; i++)
            sum += of[i];
        const double rows[2] = {(double)n - sum, sum};
        if (!(rows[0] > 1 && rows[1] > 1))
            return -1;
        for (size_t i = 0; i < n; i++) {
            mean[0] += (1 - of[i]) * t[i] / rows[0];
            mean[1] += of[i] * t[i] / rows[1];
        }
        for (size_t i = 0; i < n; i++) {
            variance[0] += (1 - of[i]) * pow(t[i] - mean[0], 2) / rows[0];
            variance[1] += of[i] * pow(t[i] - mean[1], 2) / rows[1];
        }
        for (int c = 0; c < 2; c++)
            variance[c] = fmax(variance[c], narrowest * all[1]);
        const double odds =
            log(rows[1] / rows[0]) - log(variance[1] / variance[0]) / 2;
        for (size_t i = 0; i < n; i++) {
            const double now =
                1 / (1 + exp(-odds - (pow(t[i] - mean[0], 2) / variance[0] -
                                      pow(t[i] - mean[1], 2) / variance[1]) /
                                         2));

            change = fmax(change, fabs(now - of[i]));
            of[i] = now;
        }
    }
    const double apart = mean[1] - mean[0];
    if (!(apart > 0))
        return -1;
    double at = mean[0] + apart / 2, unsure = 1;
    for (size_t i = 0; i < n; i++) {
        *overlap += fmin(of[i], 1 - of[i]);
        *contrary += (of[i] > 0.5) != second[i];
        if (t[i] >= mean[0] && t[i] <= mean[1] && fabs(of[i] - 0.5) < unsure) {
            unsure = fabs(of[i] - 0.5);
            at = t[i];
        }
    }
    at = fmin(fmax(at, mean[0] + nearest * apart), mean[1] - nearest * apart);
    return count_around(t, n, at, around * apart) /
           fmax(fmin(count_around(t, n, mean[0], around * apart),
                     count_around(t, n, mean[1], around * apart)),
                1);
}

/* The pairs of classes with mismatches. Pairs that cannot be fitted explain
 * theirs. */
static void look_at_pairs(const struct view *view, struct wn_clusters *out)
{
    const size_t n = view->n, k = view->k;
    uint32_t *count = wn_new(wn_product(k, k, 1), sizeof *count);
    double *t = wn_new(2 * n, sizeof *t), *of = t + n;
    bool *second = wn_new(n, sizeof *second);
    double all = 0, sum = 0;

    for (size_t i = 0; i < n; i++) {
        const size_t a = view->class[i], b = view->label[i];

        if (b < k && a != b)
            count[a < b ? a * k + b : b * k + a]++;
    }
    for (size_t a = 0; a < k; a++)
        for (size_t b = a + 1; b < k; b++) {
            const double mismatches = count[a * k + b];
            size_t rows = 0;

            if (mismatches == 0)
                continue;
            for (size_t i = 0; i < n; i++)
                if (view->class[i] == a || view->class[i] == b) {
                    t[rows] = view->score[i * k + b] - view->score[i * k + a];
                    second[rows++] = view->class[i] == b;
                }
            const double valley =
                fit_pair(t, second, rows, of, &out->overlap, &out->contrary);
            if (valley < 0)
                out->overlap += mismatches;
            all += mismatches;
            sum += mismatches * (valley < 0 ? 1 : fmin(valley, 2));
        }
    out->overlap += out->mismatch - all;
    out->valley = (sum + out->mismatch - all) / fmax(out->mismatch, 1);
    free(count);
    free(t);
    free(second);
}

double wn_clusters_bytes(size_t d)
{
    const double n = WN_CLUSTER_ROWS, k = n / ROWS, w = (double)d;

    return d > WN_CLUSTER_WIDTH
               ? 0
               : 4 * n * w + 8 * (n * (w + k + 6) + 3 * w * (w + k)) +
                     4 * k * k;
}

void wn_clusters_find(const float *x, size_t n, size_t d, const int32_t *label,
                      const int32_t *predicted, size_t k,
                      struct wn_clusters *out)
{
    size_t *compact = wn_new(k, sizeof *compact);
    struct view view = {.k = number_classes(predicted, n, k, compact)};
    const size_t classes = view.k;

    *out = (struct wn_clusters){0};
    for (size_t i = 0; i < n; i++)
        out->mismatch += label[i] >= 0 && label[i] != predicted[i];
    view.x = wn_spill_new(wn_product(n, d, 1), sizeof *view.x);
    view.class = wn_new(2 * n, sizeof *view.class);
    view.label = view.class + n;
    view.score = wn_spill_new(wn_product(n, classes, 1), sizeof *view.score);
    fill_view(x, n, d, label, predicted, compact, &view);
    if (classes > 1 && view.n > FOLDS && view.d > 0 && out->mismatch > 0 &&
        find_scores(&view)) {
        look_at_pairs(&view, out);
        out->rows = (double)n;
        out->mismatch /= out->rows;
        out->overlap /= out->rows;
        out->contrary /= out->rows;
    }
    free(compact);
    wn_spill_free(view.x);
    free(view.class);
    wn_spill_free(view.score);
}

double wn_clusters_errors(const struct wn_clusters *clusters, double *low)
{
    const double m = clusters->mismatch, more = m - clusters->overlap;

    *low = 0;
    if (clusters->rows == 0 || m > wn_max_mismatch ||
        clusters->valley > max_valley ||
        more - clusters->contrary < min_share * m)
        return 0;
    const double least =
        more - clusters->contrary - z90 * sqrt(m * (1 - m) / clusters->rows);
    if (least < min_low)
        return 0;
    *low = least;
    return more / m;
}
