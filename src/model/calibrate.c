/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Temperature scaling of probabilities; see calibrate.h. */
#include "model/calibrate.h"

#include <math.h>

/* Enough for one number, and not too much where classes are many. */
enum { MOST_ROWS = 20000, LEAST_ROWS = 1000, MOST_CELLS = 1 << 22 };

/* A probability of 0 would forbid a class for good. */
static double logarithm(float p)
{
    return log(fmax((double)p, 1e-12));
}

/* The logarithm of the largest of a row. */
static double log_most(const float *row, size_t k)
{
    float most = row[0];

    for (size_t c = 1; c < k; c++)
        most = row[c] > most ? row[c] : most;
    return logarithm(most);
}

/* The logarithm of the sum of P^s over a row. */
static double log_sum(const float *row, size_t k, double s)
{
    const double most = log_most(row, k);
    double sum = 0;

    for (size_t c = 0; c < k; c++)
        sum += exp(s * (logarithm(row[c]) - most));
    return s * most + log(sum);
}

static size_t rows_looked_at(size_t k)
{
    const size_t rows = MOST_CELLS / k;

    return rows > MOST_ROWS ? MOST_ROWS : rows < LEAST_ROWS ? LEAST_ROWS : rows;
}

/* The log-loss of P^s over rows at even steps. */
static double log_loss(const float *probability, size_t n, size_t k,
                       const int32_t *label, double s, int threads)
{
    const size_t step = n / rows_looked_at(k) + 1, rows = (n + step - 1) / step;
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
        const double most = log_most(row, k);
        double sum = 0;

        for (size_t c = 0; c < k; c++) {
            row[c] = (float)exp(s * (logarithm(row[c]) - most));
            sum += (double)row[c];
        }
        for (size_t c = 0; c < k; c++)
            row[c] = (float)((double)row[c] / sum);
    }
    return s;
}
