/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dawid and Skene's EM; see dawid_skene.h. */
#include "noise/dawid_skene.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/memory.h"

/* Turn counts[rows x k] into logarithms of shares. */
static void log_shares(double *counts, size_t rows, size_t k)
{
    for (size_t r = 0; r < rows; r++) {
        double *row = counts + r * k, sum = 0;

        for (size_t c = 0; c < k; c++)
            sum += row[c];
        for (size_t c = 0; c < k; c++)
            row[c] = row[c] > 0 ? log(row[c] / sum) : -INFINITY;
    }
}

double wn_dawid_skene(const struct wn_vote *votes, size_t count, size_t items,
                      size_t annotators, size_t k, double smoothing,
                      size_t rounds, double *truth)
{
    const size_t cells = wn_product(annotators, k, k);
    double *confusion = wn_new(cells, sizeof *confusion);
    double *prior = wn_new(k, sizeof *prior);
    double likelihood = -INFINITY;

    assert(k > 0);
    memset(truth, 0, wn_product(items, k, 1) * sizeof *truth);
    for (size_t v = 0; v < count; v++)
        truth[(size_t)votes[v].item * k + (size_t)votes[v].label]++;
    log_shares(truth, items, k);
    for (size_t cell = 0; cell < items * k; cell++)
        truth[cell] = exp(truth[cell]);
    for (size_t round = 0; round < rounds; round++) {
        const double before = likelihood;

        memset(prior, 0, k * sizeof *prior);
        for (size_t cell = 0; cell < cells; cell++)
            confusion[cell] = smoothing;
        for (size_t cell = 0; cell < items * k; cell++)
            prior[cell % k] += truth[cell];
        for (size_t v = 0; v < count; v++)
            for (size_t c = 0; c < k; c++)
                confusion[((size_t)votes[v].annotator * k + c) * k +
                          (size_t)votes[v].label] +=
                    truth[(size_t)votes[v].item * k + c];
        log_shares(prior, 1, k);
        log_shares(confusion, annotators * k, k);
        for (size_t cell = 0; cell < items * k; cell++)
            truth[cell] = prior[cell % k];
        for (size_t v = 0; v < count; v++)
            for (size_t c = 0; c < k; c++)
                truth[(size_t)votes[v].item * k + c] +=
                    confusion[((size_t)votes[v].annotator * k + c) * k +
                              (size_t)votes[v].label];
        likelihood = 0;
        for (size_t i = 0; i < items; i++) {
            double *row = truth + i * k, most = row[0], sum = 0;

            for (size_t c = 1; c < k; c++)
                most = fmax(most, row[c]);
            for (size_t c = 0; c < k; c++)
                sum += row[c] = exp(row[c] - most);
            for (size_t c = 0; c < k; c++)
                row[c] /= sum;
            likelihood += most + log(fmax(sum, 1)); /* sum >= exp(0) */
        }
        if (fabs(likelihood - before) < 1e-6)
            break;
    }
    free(confusion);
    free(prior);
    return likelihood;
}
