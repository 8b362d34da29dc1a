/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report/drift: tails against published tables, the index by hand, the distance
 * of sketches against that of the samples. */
#include <math.h>
#include <stdlib.h>

#include "report/drift.h"
#include "report/significance.h"
#include "unit.h"
#include "util/number.h"
#include "util/random.h"

/* Smirnov 1948: K(1.00) = 0.7300, K(1.36) = 0.9505; more digits by summing the
 * other series, of theta functions. */
static void kolmogorov(void **state)
{
    (void)state;
    assert_near(wn_kolmogorov_tail(0.1), 1, 0);
    for (double x = 0.3; x < 3; x += 0.1) {
        double sum = 0;

        for (int k = 1; k < 40; k++)
            sum += exp(-pow(2 * k - 1, 2) * M_PI * M_PI / (8 * x * x));
        assert_near(wn_kolmogorov_tail(x), 1 - sqrt(2 * M_PI) / x * sum, 1e-12);
    }
    assert_near(wn_kolmogorov_tail(1), 0.2700, 5e-5);
    assert_near(wn_kolmogorov_tail(1.36), 0.0495, 5e-5);
}

/* The table of critical values; 2 degrees of freedom are exp(-x / 2). */
static void chi_square(void **state)
{
    static const double table[][3] = {{3.841, 1, .05},   {6.635, 1, .01},
                                      {7.815, 3, .05},   {18.307, 10, .05},
                                      {15.987, 10, .10}, {124.342, 100, .05}};

    (void)state;
    for (size_t t = 0; t < sizeof table / sizeof *table; t++)
        assert_near(wn_chi_square_tail(table[t][0], table[t][1]), table[t][2],
                    2e-5);
    for (double x = 0.01; x < 100; x *= 1.7)
        assert_near(wn_chi_square_tail(x, 2) / exp(-x / 2), 1, 1e-12);
    assert_near(wn_chi_square_tail(0, 3), 1, 0);
    assert_near(wn_chi_square_tail(5, 0), 1, 0);
}

/* The quantiles of n sorted numbers. */
static void sketch(const double *sorted, size_t n, double out[65])
{
    for (size_t q = 0; q < 65; q++)
        out[q] = sorted[(q * (n - 1) + 32) / 64];
}

/* Samples of 641 numbers, shifted and with ties: the distance is that of the
 * samples, less 1/64, up to what lies between two quantiles. */
static void distance(void **state)
{
    enum { N = 641 };
    static double x[N], y[N];

    (void)state;
    for (int trial = 0; trial < 40; trial++) {
        struct wn_random random;
        const double shift = trial % 8 * 0.15, round_to = trial % 3 ? 0 : 0.5;
        double a[65], b[65], exact = 0;
        size_t i = 0, j = 0;

        wn_random_start(&random, (uint64_t)trial, WN_RANDOM_SAMPLE, 0, 0);
        for (size_t r = 0; r < N; r++) {
            x[r] = wn_random_normal(&random);
            y[r] = wn_random_normal(&random) + shift;
            if (round_to > 0) {
                x[r] = round(x[r] / round_to) * round_to;
                y[r] = round(y[r] / round_to) * round_to;
            }
        }
        qsort(x, N, sizeof *x, wn_number_ascending);
        qsort(y, N, sizeof *y, wn_number_ascending);
        while (i < N && j < N) {
            const double at = fmin(x[i], y[j]);

            while (i < N && x[i] <= at)
                i++;
            while (j < N && y[j] <= at)
                j++;
            exact = fmax(exact, fabs((double)i - (double)j) / N);
        }
        sketch(x, N, a);
        sketch(y, N, b);
        const double found = wn_sketch_distance(a, b);
        assert_true(found <= exact + 1.0 / 64);
        assert_true(found >= exact - 2.5 / 64);
        assert_near(wn_sketch_distance(a, a), 0, 0);
    }
}

/* 0, 1, .. 64 against 0, .5, .. 32: the lower five tenths then have all now,
 * a fifth each. And a constant against itself and another. */
static void index_of_stability(void **state)
{
    double then[65], now[65];

    (void)state;
    for (size_t q = 0; q < 65; q++) {
        then[q] = (double)q;
        now[q] = (double)q / 2;
    }
    assert_near(wn_sketch_psi(then, then, .001), 0, 1e-15);
    assert_near(wn_sketch_psi(then, now, .001),
                5 * (.2 - .1) * log(.2 / .1) + 5 * (.001 - .1) * log(.001 / .1),
                1e-12);
    for (size_t q = 0; q < 65; q++) {
        then[q] = 3;
        now[q] = 4;
    }
    assert_near(wn_sketch_psi(then, then, .001), 0, 0);
    assert_near(wn_sketch_psi(then, now, .001), 2 * (1 - .001) * log(1 / .001),
                1e-12);
    assert_near(wn_sketch_distance(then, now), 63. / 64, 1e-15);
}

/* The p values are those of scipy.stats.fisher_exact, and of sums of binomial
 * coefficients in whole numbers. */
static void fisher(void **state)
{
    static const struct {
        size_t hit, miss, hits, misses;
        double p;
    } table[] = {{8, 2, 1, 5, 0.034965034965034975},
                 {3, 17, 900, 80, 1.3817662549247088e-15},
                 {20, 0, 500, 500, 1.6983289313785752e-06},
                 {0, 20, 30, 10, 1.43349854501469e-08},
                 {50, 50, 500, 500, 1},
                 {10, 10, 10, 10, 1},
                 {1000, 100, 9000, 400, 9.896869645678143e-11},
                 {0, 0, 3, 4, 1}};

    (void)state;
    for (size_t t = 0; t < sizeof table / sizeof *table; t++)
        assert_near(wn_fisher_exact(table[t].hit, table[t].miss, table[t].hits,
                                    table[t].misses) /
                        table[t].p,
                    1, 1e-9);
    assert_near(wn_fisher_exact(0, 100000, 100000, 0), 0, 1e-300);
}

/* By hand: .01 x 4, .02 x 3, .03 x 2 is not below that, .04 x 1 neither. */
static void holm(void **state)
{
    double p[] = {.04, NAN, .01, .03, .02}, one[] = {.9, .8};

    (void)state;
    wn_holm(p, 5);
    assert_near(p[2], .04, 1e-15);
    assert_near(p[4], .06, 1e-15);
    assert_near(p[3], .06, 1e-15);
    assert_near(p[0], .06, 1e-15);
    assert_true(isnan(p[1]));
    wn_holm(one, 2);
    assert_near(one[0], 1, 0);
    assert_near(one[1], 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kolmogorov), cmocka_unit_test(chi_square),
        cmocka_unit_test(distance),   cmocka_unit_test(index_of_stability),
        cmocka_unit_test(fisher),     cmocka_unit_test(holm)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
