/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loss correction and the mixture of losses; see noisy_loss.h. */
#include "learn/noisy_loss.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/memory.h"
#include "util/number.h"
#include "util/spill.h"

#define MIN_PROBABILITY 1e-12

double wn_forward_loss(const float *p, const double *t, size_t k, int32_t y)
{
    double sum = 0;

    for (size_t c = 0; c < k; c++)
        sum += (double)p[c] * t[c * k + (size_t)y];
    return -log(fmax(sum, MIN_PROBABILITY));
}

double wn_backward_loss(const float *p, const double *u, size_t k, int32_t y)
{
    double sum = 0;

    for (size_t c = 0; c < k; c++)
        sum -= u[(size_t)y * k + c] * log(fmax(p[c], MIN_PROBABILITY));
    return sum;
}

/* Gauss-Jordan elimination with row pivots. */
int wn_transition_invert(const double *t, size_t k, double *u,
                         struct wn_error *error)
{
    double *a = wn_spill_new(wn_product(k, k, 1), sizeof *a);

    memcpy(a, t, k * k * sizeof *a);
    memset(u, 0, k * k * sizeof *u);
    for (size_t c = 0; c < k; c++)
        u[c * k + c] = 1;
    for (size_t c = 0; c < k; c++) {
        size_t best = c;

        for (size_t i = c + 1; i < k; i++)
            if (fabs(a[i * k + c]) > fabs(a[best * k + c]))
                best = i;
        for (size_t j = 0; best != c && j < k; j++) {
            const double x = a[c * k + j], y = u[c * k + j];

            a[c * k + j] = a[best * k + j];
            u[c * k + j] = u[best * k + j];
            a[best * k + j] = x;
            u[best * k + j] = y;
        }
        const double pivot = a[c * k + c];
        if (!(fabs(pivot) >= 1e-8)) {
            wn_spill_free(a);
            return wn_fail(error, WN_ENUMERIC,
                           "the transition matrix cannot be inverted");
        }
        for (size_t j = 0; j < k; j++) {
            a[c * k + j] /= pivot;
            u[c * k + j] /= pivot;
        }
        for (size_t i = 0; i < k; i++) {
            const double factor = a[i * k + c];

            for (size_t j = 0; i != c && j < k; j++) {
                a[i * k + j] -= factor * a[c * k + j];
                u[i * k + j] -= factor * u[c * k + j];
            }
        }
    }
    wn_spill_free(a);
    return 0;
}

/* M step: r[i] is the responsibility of component 0 for value i. */
static void maximise(struct wn_mixture *fit, const double *x, const double *r,
                     size_t n)
{
    for (int c = 0; c < 2; c++) {
        double count = 10 * DBL_EPSILON, mean = 0, square = 0;

        for (size_t i = 0; i < n; i++)
            count += c ? 1 - r[i] : r[i];
        for (size_t i = 0; i < n; i++)
            mean += (c ? 1 - r[i] : r[i]) * x[i];
        mean /= count;
        for (size_t i = 0; i < n; i++)
            square += (c ? 1 - r[i] : r[i]) * (x[i] - mean) * (x[i] - mean);
        fit->weight[c] = count / (double)n;
        fit->mean[c] = mean;
        fit->variance[c] = square / count + 5e-4;
    }
}

static double log_density(const struct wn_mixture *fit, int c, double x)
{
    const double step = x - fit->mean[c], v = fit->variance[c];

    return log(fit->weight[c]) - .5 * (log(2 * M_PI * v) + step * step / v);
}

/* E step; returns the mean log-likelihood. */
static double expect(const struct wn_mixture *fit, const double *x, double *r,
                     size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        const double a = log_density(fit, 0, x[i]);
        const double b = log_density(fit, 1, x[i]);
        const double top = a > b ? a : b;
        const double both = top + log(exp(a - top) + exp(b - top));

        r[i] = exp(a - both);
        sum += both;
    }
    return sum / (double)n;
}

void wn_mixture_fit(const double *value, size_t n, double *low,
                    struct wn_mixture *fit)
{
    struct wn_mixture own = {0};
    double *x = wn_new(2 * n, sizeof *x), *sorted = x + n;

    memcpy(sorted, value, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, wn_number_ascending);
    const double min = n ? sorted[0] : 0, max = n ? sorted[n - 1] : 0;
    if (min == max) {
        for (size_t i = 0; i < n; i++)
            low[i] = 1;
    } else {
        double before = -INFINITY;

        for (size_t i = 0; i < n; i++) {
            x[i] = (value[i] - min) / (max - min);
            sorted[i] = (sorted[i] - min) / (max - min);
        }
        /* Start from the split with the largest sum of squares between its two
         * parts; `split` is the largest value of the left one. */
        double total = 0, left = 0, best = -INFINITY, split = sorted[0];
        for (size_t i = 0; i < n; i++)
            total += sorted[i];
        for (size_t i = 0; i + 1 < n; i++) {
            left += sorted[i];
            const double right = total - left;
            const double a = (double)(i + 1), b = (double)(n - i - 1);
            const double between = left * left / a + right * right / b;

            if (sorted[i] < sorted[i + 1] && between > best) {
                best = between;
                split = sorted[i];
            }
        }
        for (size_t i = 0; i < n; i++)
            low[i] = x[i] <= split;
        maximise(&own, x, low, n);
        for (own.iterations = 1; own.iterations <= 10; own.iterations++) {
            const double now = expect(&own, x, low, n);

            maximise(&own, x, low, n);
            if (fabs(now - before) < 1e-2)
                break;
            before = now;
        }
        (void)expect(&own, x, low, n);
        own.low = own.mean[0] > own.mean[1];
        for (size_t i = 0; own.low && i < n; i++)
            low[i] = 1 - low[i];
    }
    if (fit)
        *fit = own;
    free(x);
}
