/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Label-quality scores; see label_quality.h. */
#include "noise/label_quality.h"

#include <math.h>

double wn_label_quality(enum wn_label_quality quality, const double *row,
                        size_t k, int32_t label)
{
    const size_t y = (size_t)label;
    double other = -INFINITY, entropy = 0;

    switch (quality) {
    case WN_NORMALIZED_MARGIN:
        for (size_t c = 0; c < k; c++)
            if (c != y && row[c] > other)
                other = row[c];
        return (row[y] - other + 1) / 2;
    case WN_CONFIDENCE_WEIGHTED_ENTROPY:
        for (size_t c = 0; c < k; c++)
            if (row[c] > 0)
                entropy -= row[c] * log(row[c]);
        entropy /= log((double)k);
        if (entropy <= 0)
            return row[y] > 0 ? 1 : 0;
        const double e = entropy / (row[y] > 1e-6 ? row[y] : 1e-6);
        return log(e + 1) / (e > 1e-6 ? e : 1e-6);
    default:
        return row[y];
    }
}

void wn_label_quality_shift(const struct wn_noise *noise, double *shift)
{
    double largest = 0;

    for (size_t c = 0; c < noise->k; c++)
        if (noise->count[c] && noise->threshold[c] > largest)
            largest = noise->threshold[c];
    /* No row has an absent class, so its confidence is unknown; it gets the
     * threshold that the others are moved to. */
    for (size_t c = 0; c < noise->k; c++)
        shift[c] = noise->count[c] ? largest - noise->threshold[c] : 0;
}

void wn_label_quality_adjust(const double *shift, double *row, size_t k)
{
    double sum = 0;

    for (size_t c = 0; c < k; c++)
        sum += row[c] += shift[c];
    for (size_t c = 0; c < k; c++)
        row[c] /= sum;
}
