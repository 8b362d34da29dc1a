/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Temperature scaling of probabilities; see calibrate.h. */
#include "learn/calibrate.h"

#include <math.h>
#include <stdlib.h>

#include "linalg/softmax_row.h"
#include "util/spill.h"
#include "util/memory.h"

/* Enough for one number, and not too much where classes are many. */
enum { MOST_ROWS = 20000, LEAST_ROWS = 1000, MOST_CELLS = 1 << 22 };

/* A probability of 0 would forbid a class for good. */
#define LEAST 1e-12f

/* The rows that are looked at: logarithms less that of the largest. */
struct look {
    size_t rows, k;
    float *log;   /* rows x k, <= 0 */
    float *given; /* rows: that of the label */
};

static size_t rows_looked_at(size_t k)
{
    const size_t rows = MOST_CELLS / k;

    return rows > MOST_ROWS ? MOST_ROWS : rows < LEAST_ROWS ? LEAST_ROWS : rows;
}

/* Rows at even steps, those with a label. */
static int calibrate_look_at(struct look *look, const float *probability,
                             size_t n, const int32_t *label)
{
    const size_t k = look->k, step = n / rows_looked_at(k) + 1;
    const size_t most = (n + step - 1) / step;

    look->log = wn_spill_new(wn_product(most, k, 1), sizeof(float));
    look->given = wn_new(most, sizeof(float));
    for (size_t i = 0; i < n; i += step) {
        float *row = look->log + look->rows * k;

        if (label[i] < 0)
            continue;
        wn_softmax_row_log(probability + i * k, k, 0, LEAST, row);
        const float most_log = row[wn_softmax_row_top(row, k)];
        for (size_t c = 0; c < k; c++)
            row[c] -= most_log;
        look->given[look->rows++] = row[label[i]];
    }
    return 0;
}

/* The log-loss of P^s over the rows looked at. */
static double log_loss(const struct look *look, double s, int threads)
{
    enum { PARTS = 64 };
    double part[PARTS] = {0}, loss = 0;

#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (size_t p = 0; p < PARTS; p++)
        for (size_t r = p * look->rows / PARTS;
             r < (p + 1) * look->rows / PARTS; r++)
            part[p] += log(wn_softmax_row_total(look->log + r * look->k,
                                                look->k, (float)s)) -
                       s * (double)look->given[r];
    for (size_t p = 0; p < PARTS; p++)
        loss += part[p];
    return loss;
}

/* Golden-section search over log s: the log-loss is convex in s. */
static double calibrate_fit(const struct look *look, int threads)
{
    const double ratio = (sqrt(5) - 1) / 2;
    double low = log(0.1), high = log(1000);
    double a = high - ratio * (high - low), b = low + ratio * (high - low);
    double at_a = log_loss(look, exp(a), threads);
    double at_b = log_loss(look, exp(b), threads);

    for (int step = 0; step < 20; step++) {
        if (at_a <= at_b) {
            high = b;
            b = a;
            at_b = at_a;
            a = high - ratio * (high - low);
            at_a = log_loss(look, exp(a), threads);
        } else {
            low = a;
            a = b;
            at_a = at_b;
            b = low + ratio * (high - low);
            at_b = log_loss(look, exp(b), threads);
        }
    }
    return exp((low + high) / 2);
}

int wn_calibrate(float *probability, size_t n, size_t k, const int32_t *label,
                 int threads, double *exponent)
{
    struct look look = {.k = k};
    const int status = calibrate_look_at(&look, probability, n, label);
    const double s = status ? 1 : calibrate_fit(&look, threads);

    wn_spill_free(look.log);
    free(look.given);
    if (exponent)
        *exponent = s;
    if (status)
        return -1;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t i = 0; i < n; i++) {
        float *row = probability + i * k;

        wn_softmax_row_log(row, k, 0, LEAST, row);
        wn_softmax_row_from(row, k, (float)s);
    }
    return 0;
}
