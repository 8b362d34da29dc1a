/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A two-component Gaussian mixture on a line; see mixture.h. */
#include "learn/mixture.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/memory.h"

static int mixture_ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The largest value of the left part of the best split of sorted[n]: the one
 * with the least sum of squares within, that is the most between. */
static double best_split(const double *sorted, size_t n)
{
    double total = 0, left = 0, best = -INFINITY, at = sorted[0];

    for (size_t i = 0; i < n; i++)
        total += sorted[i];
    for (size_t i = 0; i + 1 < n; i++) {
        left += sorted[i];
        const double right = total - left;
        const double a = (double)(i + 1), b = (double)(n - i - 1);
        const double between = left * left / a + right * right / b;

        if (sorted[i] < sorted[i + 1] && between > best) {
            best = between;
            at = sorted[i];
        }
    }
    return at;
}

/* New components from r[i], the share of component 0 in value i. */
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

/* Shares from the components; returns the mean log likelihood. */
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

static void iterate(struct wn_mixture *fit, const double *x, double *r,
                    size_t n)
{
    double before = -INFINITY;

    maximise(fit, x, r, n);
    for (fit->iterations = 1; fit->iterations <= 10; fit->iterations++) {
        const double now = expect(fit, x, r, n);

        maximise(fit, x, r, n);
        if (fabs(now - before) < 1e-2)
            break;
        before = now;
    }
    (void)expect(fit, x, r, n);
}

int wn_mixture_fit(const double *value, size_t n, double *low,
                   struct wn_mixture *fit)
{
    struct wn_mixture own = {0};
    double *x = wn_new(2 * n, sizeof *x);

    double *sorted = x + n;
    memcpy(sorted, value, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, mixture_ascending);
    const double least = n ? sorted[0] : 0, most = n ? sorted[n - 1] : 0;
    if (least == most) {
        for (size_t i = 0; i < n; i++)
            low[i] = 1;
        goto done;
    }
    for (size_t i = 0; i < n; i++) {
        x[i] = (value[i] - least) / (most - least);
        sorted[i] = (sorted[i] - least) / (most - least);
    }
    const double split = best_split(sorted, n);
    for (size_t i = 0; i < n; i++)
        low[i] = x[i] <= split;
    iterate(&own, x, low, n);
    own.low = own.mean[0] > own.mean[1];
    for (size_t i = 0; own.low && i < n; i++)
        low[i] = 1 - low[i];
done:
    if (fit)
        *fit = own;
    free(x);
    return 0;
}
