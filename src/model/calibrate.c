/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Temperature scaling of probabilities; see calibrate.h. */
#include "model/calibrate.h"

#include <math.h>

enum { MOST_ROWS = 20000 }; /* enough for one number */

/* A probability of 0 would forbid a class for good. */
static double logarithm(float p)
{
    return log(fmax((double)p, 1e-12));
}

/* Of log P^s: the largest and the log of the sum over a row. */
static double log_sum(const float *row, size_t k, double s)
{
    double most = -INFINITY, sum = 0;

    for (size_t c = 0; c < k; c++)
        most = fmax(most, s * logarithm(row[c]));
    for (size_t c = 0; c < k; c++)
        sum += exp(s * logarithm(row[c]) - most);
    return most + log(sum);
}

/* The log-loss of P^s over up to MOST_ROWS rows at even steps. */
static double log_loss(const float *probability, size_t n, size_t k,
                       const int32_t *label, double s, int threads)
{
    const size_t step = n / MOST_ROWS + 1, rows = (n + step - 1) / step;
    enum { PARTS = 64 };
    double part[PARTS] = {0}, loss = 0;

#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (size_t p = 0; p < PARTS; p++)
        for (size_t r = p * rows / PARTS; r < (p + 1) * rows / PARTS; r++) {
            const size_t i = r * step;
            const float *row = probability + i * k;

            if (label[i] >= 0)
                part[p] += log_sum(row, k, s) - s * logarithm(row[label[i]]);
        }
    for (size_t p = 0; p < PARTS; p++)
        loss += part[p];
    return loss;
}

/* Golden-section search over log s: the log-loss is convex in s. */
static double fit(const float *probability, size_t n, size_t k,
                  const int32_t *label, int threads)
{
    const double ratio = (sqrt(5) - 1) / 2;
    double low = log(0.1), high = log(1000);
    double a = high - ratio * (high - low), b = low + ratio * (high - low);
    double at_a = log_loss(probability, n, k, label, exp(a), threads);
    double at_b = log_loss(probability, n, k, label, exp(b), threads);

    for (int step = 0; step < 20; step++) {
        if (at_a <= at_b) {
            high = b;
            b = a;
            at_b = at_a;
            a = high - ratio * (high - low);
            at_a = log_loss(probability, n, k, label, exp(a), threads);
        } else {
            low = a;
            a = b;
            at_a = at_b;
            b = low + ratio * (high - low);
            at_b = log_loss(probability, n, k, label, exp(b), threads);
        }
    }
    return exp((low + high) / 2);
}

double wn_calibrate(float *probability, size_t n, size_t k,
                    const int32_t *label, int threads)
{
    const double s = fit(probability, n, k, label, threads);

#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t i = 0; i < n; i++) {
        float *row = probability + i * k;
        const double sum = log_sum(row, k, s);

        for (size_t c = 0; c < k; c++)
            row[c] = (float)exp(s * logarithm(row[c]) - sum);
    }
    return s;
}
