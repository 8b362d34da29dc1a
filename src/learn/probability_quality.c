/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Measures of probabilities; see probability_quality.h. */
#include "learn/probability_quality.h"

#include <math.h>

#include "linalg/softmax_row.h"

struct wn_quality wn_quality_measure(const float *probability, size_t n,
                                     size_t k, const int32_t *label)
{
    enum { BINS = 15 };
    double sure[BINS] = {0}, right[BINS] = {0};
    struct wn_quality quality = {0};
    double rows = 0;

    for (size_t i = 0; i < n; i++) {
        const float *row = probability + i * k;

        if (label[i] < 0)
            continue;
        const size_t best = wn_softmax_row_top(row, k);
        const double given = row[label[i]];
        quality.log_loss -= log(fmin(fmax(given, 1e-6), 1));
        const int bin = (int)fmin(row[best] * (double)BINS, BINS - 1);
        sure[bin] += row[best];
        right[bin] += best == (size_t)label[i];
        rows++;
    }
    if (rows == 0)
        return quality;
    for (int b = 0; b < BINS; b++) {
        quality.calibration += fabs(sure[b] - right[b]) / rows;
        quality.accuracy += right[b] / rows;
    }
    quality.log_loss /= rows;
    return quality;
}
