/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The posterior of a label; see suspicion.h. */
#include "check/suspicion.h"

#include <math.h>

/* How evenly column t of the counts leaks, and how much. */
static void fill_column(const int64_t *count, size_t k, size_t t,
                        double *transition)
{
    const double even = 1 / (double)(k - 1);
    double column = 0, rate = 0, h = 0;

    for (size_t s = 0; s < k; s++)
        column += (double)count[s * k + t];
    for (size_t s = 0; s < k; s++)
        if (s != t && column > 0)
            rate += (double)count[s * k + t] / column;
    for (size_t s = 0; s < k; s++)
        if (s != t && rate > 0) {
            const double part = (double)count[s * k + t] / column / rate;

            h += part * part;
        }
    double a = 0;
    if (k > 2 && rate > 0)
        a = 1 - sqrt(fmin(fmax((h - even) / (1 - even), 0), 1));
    for (size_t s = 0; s < k; s++)
        transition[s * k + t] =
            s == t || rate <= 0
                ? (s == t ? 1 - rate : 0)
                : (1 - a) * (double)count[s * k + t] / column +
                      a * rate * even;
}

void wn_suspicion_transition(const struct wn_noise *noise, double *transition)
{
    for (size_t t = 0; t < noise->k; t++)
        fill_column(noise->calibrated, noise->k, t, transition);
}

struct wn_verdict wn_suspicion_judge(const double *row,
                                     const double *transition, size_t k,
                                     int32_t y)
{
    const double *given = y < 0 ? NULL : transition + (size_t)y * k;
    struct wn_verdict verdict = {0, 0, -1};
    double sum = 0;

    for (size_t t = 0; t < k; t++) {
        const double weight = row[t] * (given ? given[t] : 1);

        sum += weight;
        if (weight > verdict.confidence) {
            verdict.best = (int32_t)t;
            verdict.confidence = weight;
        }
    }
    /* Nothing that the model holds possible can be given this label: it is
     * wrong, and what it should be is the model's word alone. */
    if (sum <= 0) {
        verdict.best = (int32_t)wn_argmax(row, k);
        verdict.confidence = row[verdict.best];
        verdict.suspicion = given != NULL;
        return verdict;
    }
    verdict.confidence /= sum;
    if (given)
        verdict.suspicion =
            fmin(fmax(1 - row[y] * given[y] / sum, 0), 1);
    return verdict;
}
