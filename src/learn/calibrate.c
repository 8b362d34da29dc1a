/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Temperature scaling and measures of probabilities; see calibrate.h. */
#include "learn/calibrate.h"

#include <math.h>
#include <stdlib.h>

#include "linalg/softmax_row.h"
#include "util/memory.h"
#include "util/spill.h"

/* Enough rows for one parameter, and not too many where classes are many. */
enum { MAX_ROWS = 20000, MIN_ROWS = 1000, MAX_CELLS = 1 << 22 };

/* A probability of 0 would rule a class out at any exponent. */
#define MIN_PROBABILITY 1e-12f

/* Log-probabilities of a subset of the rows. */
struct subset {
    size_t rows, k;
    float *log;   /* rows x k, each row less its largest entry */
    float *given; /* rows: the entry of the label */
};

/* The log-loss of P^s over the subset, up to a constant. */
static double subset_log_loss(const struct subset *subset, double s,
                              int threads)
{
    enum { PARTS = 64 };
    double part[PARTS] = {0}, loss = 0;

#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (size_t p = 0; p < PARTS; p++)
        for (size_t r = p * subset->rows / PARTS;
             r < (p + 1) * subset->rows / PARTS; r++)
            part[p] += log(wn_softmax_row_total(subset->log + r * subset->k,
                                                subset->k, (float)s)) -
                       s * (double)subset->given[r];
    for (size_t p = 0; p < PARTS; p++)
        loss += part[p];
    return loss;
}

void wn_calibrate(float *probability, size_t n, size_t k, const int32_t *label,
                  int threads, double *exponent)
{
    size_t wanted = MAX_CELLS / k;

    wanted = wanted > MAX_ROWS   ? MAX_ROWS
             : wanted < MIN_ROWS ? MIN_ROWS
                                 : wanted;
    const size_t step = n / wanted + 1, max = (n + step - 1) / step;
    struct subset subset = {
        .k = k,
        .log = wn_spill_new(wn_product(max, k, 1), sizeof *subset.log),
        .given = wn_new(max, sizeof *subset.given)};

    for (size_t i = 0; i < n; i += step) {
        float *row = subset.log + subset.rows * k;

        if (label[i] < 0)
            continue;
        wn_softmax_row_log(probability + i * k, k, 0, MIN_PROBABILITY, row);
        const float top = row[wn_softmax_row_top(row, k)];
        for (size_t c = 0; c < k; c++)
            row[c] -= top;
        subset.given[subset.rows++] = row[label[i]];
    }
    /* Golden-section search over log s: the log-loss is convex in s. */
    const double ratio = (sqrt(5) - 1) / 2;
    double low = log(0.1), high = log(1000);
    double a = high - ratio * (high - low), b = low + ratio * (high - low);
    double at_a = subset_log_loss(&subset, exp(a), threads);
    double at_b = subset_log_loss(&subset, exp(b), threads);
    for (int i = 0; i < 20; i++) {
        if (at_a <= at_b) {
            high = b;
            b = a;
            at_b = at_a;
            a = high - ratio * (high - low);
            at_a = subset_log_loss(&subset, exp(a), threads);
        } else {
            low = a;
            a = b;
            at_a = at_b;
            b = low + ratio * (high - low);
            at_b = subset_log_loss(&subset, exp(b), threads);
        }
    }
    const double s = exp((low + high) / 2);
    wn_spill_free(subset.log);
    free(subset.given);
    if (exponent)
        *exponent = s;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t i = 0; i < n; i++) {
        float *row = probability + i * k;

        wn_softmax_row_log(row, k, 0, MIN_PROBABILITY, row);
        wn_softmax_row_from(row, k, (float)s);
    }
}

struct wn_quality wn_quality_measure(const float *probability, size_t n,
                                     size_t k, const int32_t *label)
{
    enum { BINS = 15 };
    double confidence[BINS] = {0}, correct[BINS] = {0};
    struct wn_quality quality = {0};
    double rows = 0;

    for (size_t i = 0; i < n; i++) {
        const float *row = probability + i * k;

        if (label[i] < 0)
            continue;
        const size_t top = wn_softmax_row_top(row, k);
        const double given = row[label[i]];
        quality.log_loss -= log(fmin(fmax(given, 1e-6), 1));
        const int bin = (int)fmin(row[top] * (double)BINS, BINS - 1);
        confidence[bin] += row[top];
        correct[bin] += top == (size_t)label[i];
        rows++;
    }
    if (rows == 0)
        return quality;
    for (int b = 0; b < BINS; b++) {
        quality.calibration += fabs(confidence[b] - correct[b]) / rows;
        quality.accuracy += correct[b] / rows;
    }
    quality.log_loss /= rows;
    return quality;
}
