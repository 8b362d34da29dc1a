/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tails of distributions and exact tests; see significance.h. */
#include "report/significance.h"

#include <math.h>
#include <stdlib.h>

#include "noise/order_statistics.h"
#include "util/memory.h"

double wn_kolmogorov_tail(double lambda)
{
    double sum = 0;

    if (lambda < 0.2)
        return 1;
    for (int k = 1; k <= 100; k++) {
        const double term = exp(-2 * k * k * lambda * lambda);

        sum += k % 2 ? term : -term;
        if (term < 1e-17)
            break;
    }
    return fmin(fmax(2 * sum, 0), 1);
}

/* The upper incomplete gamma function Q(a, x): a series below a + 1, else the
 * continued fraction of Lentz (Numerical Recipes 6.2). */
double wn_chi_square_tail(double x, double df)
{
    const double a = df / 2, tiny = 1e-300;

    x /= 2;
    if (!(x > 0) || !(a > 0))
        return 1;
    const double scale = exp(a * log(x) - x - lgamma(a));
    if (x < a + 1) {
        double term = 1 / a, sum = term;

        for (int i = 1; i < 10000 && term > sum * 1e-16; i++) {
            term *= x / (a + i);
            sum += term;
        }
        return fmax(1 - sum * scale, 0);
    }
    double b = x + 1 - a, c = 1 / tiny, d = 1 / b, h = d;
    for (int i = 1; i < 10000; i++) {
        const double an = -i * (i - a);

        b += 2;
        d = 1 / (fabs(an * d + b) < tiny ? tiny : an * d + b);
        c = fabs(b + an / c) < tiny ? tiny : b + an / c;
        h *= d * c;
        if (fabs(d * c - 1) < 1e-15)
            break;
    }
    return fmin(scale * h, 1);
}

/* All tables by their probability relative to the one that was found, from it
 * upwards and downwards, until they do not matter. */
double wn_fisher_exact(size_t hit, size_t miss, size_t hits, size_t misses,
                       bool more)
{
    const double slack = 1 + 1e-7; /* for tables that are as probable */
    double rare = 1, all = 1;

    for (int up = 0; up < 2; up++) {
        double a = (double)hit, b = (double)miss;
        double c = (double)hits, d = (double)misses, term = 1;

        while (up ? b > 0 && c > 0 : a > 0 && d > 0) {
            term *=
                up ? b * c / ((a + 1) * (d + 1)) : a * d / ((b + 1) * (c + 1));
            a += up ? 1 : -1;
            b -= up ? 1 : -1;
            c -= up ? 1 : -1;
            d += up ? 1 : -1;
            all += term;
            rare += (more ? up : term <= slack) ? term : 0;
            if (term < rare * 1e-17)
                break;
        }
    }
    return isfinite(all) ? rare / all : 0;
}

void wn_holm(double *p, size_t count)
{
    struct wn_ranked *ranked = wn_new(count, sizeof *ranked);
    size_t tests = 0;
    double least = 0;

    for (size_t t = 0; t < count; t++)
        if (!isnan(p[t]))
            ranked[tests++] = (struct wn_ranked){p[t], t};
    wn_rank(ranked, tests);
    for (size_t t = 0; t < tests; t++) {
        least = fmax(least, fmin((double)(tests - t) * ranked[t].key, 1));
        p[ranked[t].row] = least;
    }
    free(ranked);
}
