/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Standardised and clipped rows; see standardize.h. */
#include "linalg/standardize.h"

#include <math.h>
#include <stdlib.h>

#include "util/memory.h"
#include "util/simd.h"

#define CLIP 3.f /* standard deviations */

void wn_standardize_free(struct wn_standardize *standard)
{
    free(standard->mean);
    free(standard->scale);
    *standard = (struct wn_standardize){0};
}

void wn_standardize_make(struct wn_standardize *standard, const float *x,
                         size_t n, size_t d)
{
    double *mean = wn_new(d, sizeof *mean);
    double *square = wn_new(d, sizeof *square);

    *standard = (struct wn_standardize){d, wn_new(d, sizeof(float)),
                                        wn_new(d, sizeof(float))};
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++)
            mean[j] += (double)x[i * d + j];
    for (size_t j = 0; j < d; j++)
        mean[j] /= (double)n;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++) {
            const double away = (double)x[i * d + j] - mean[j];

            square[j] += away * away;
        }
    for (size_t j = 0; j < d; j++) {
        const double deviation = sqrt(square[j] / (double)n);
        /* Rounding gives a constant a small deviation. */
        const double min = fmax(1e-6 * fabs(mean[j]), 1e-30);

        standard->mean[j] = (float)mean[j];
        standard->scale[j] = deviation > min ? (float)(1 / deviation) : 0;
    }
    free(mean);
    free(square);
}

bool wn_standardize_uneven(const struct wn_standardize *standard)
{
    float min = INFINITY, max = 0;

    for (size_t j = 0; j < standard->d; j++)
        if (standard->scale[j] > 0) {
            min = fminf(min, standard->scale[j]);
            max = fmaxf(max, standard->scale[j]);
        }
    return max > 1.5f * min;
}

void wn_standardize_join(struct wn_standardize *standard)
{
    double variance = 0, live = 0;

    for (size_t j = 0; j < standard->d; j++)
        if (standard->scale[j] > 0) {
            variance += pow((double)standard->scale[j], -2);
            live++;
        }
    for (size_t j = 0; j < standard->d; j++)
        if (standard->scale[j] > 0)
            standard->scale[j] = (float)sqrt(live / variance);
}

WN_MULTIVERSION void wn_standardize_row(const struct wn_standardize *standard,
                                        const float *x, float *out)
{
    const float *mean = standard->mean, *scale = standard->scale;
    const size_t d = standard->d;

#pragma omp simd
    for (size_t j = 0; j < d; j++) {
        const float value = (x[j] - mean[j]) * scale[j];

        out[j] = value > CLIP ? CLIP : value < -CLIP ? -CLIP : value;
    }
}

double wn_standardize_excess(const struct wn_standardize *standard,
                             const float *x, size_t n)
{
    const size_t step = n / 4096 + 1, d = standard->d;
    double all = 0, beyond = 0;

    for (size_t i = 0; i < n; i += step)
        for (size_t j = 0; j < d; j++) {
            const double value = ((double)x[i * d + j] - standard->mean[j]) *
                                 (double)standard->scale[j];
            const double square = value * value;

            all += square;
            beyond += square > CLIP * CLIP ? square - CLIP * CLIP : 0;
        }
    return all > 0 ? beyond / all : 0;
}
