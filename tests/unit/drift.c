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

/* The p values are those of scipy.stats.fisher_exact, two-sided or with
 * alternative="greater", and of sums of binomial coefficients in whole
 * numbers. */
static void fisher(void **state)
{
    static const struct {
        size_t hit, miss, hits, misses;
        bool more;
        double p;
    } table[] = {{8, 2, 1, 5, false, 0.034965034965034975},
                 {3, 17, 900, 80, false, 1.3817662549247088e-15},
                 {20, 0, 500, 500, false, 1.6983289313785752e-06},
                 {0, 20, 30, 10, false, 1.43349854501469e-08},
                 {50, 50, 500, 500, false, 1},
                 {10, 10, 10, 10, false, 1},
                 {1000, 100, 9000, 400, false, 9.896869645678143e-11},
                 {0, 0, 3, 4, false, 1},
                 {8, 2, 1, 5, true, 0.024475524475524483},
                 {3, 17, 900, 80, true, 1.0},
                 {20, 0, 500, 500, true, 1.1715904808569383e-06},
                 {5, 95, 30, 3970, true, 0.0014174519789112588},
                 {12, 88, 40, 4056, true, 1.6140934880435065e-09},
                 {0, 20, 30, 10, true, 1.0}};

    (void)state;
    for (size_t t = 0; t < sizeof table / sizeof *table; t++)
        assert_near(wn_fisher_exact(table[t].hit, table[t].miss, table[t].hits,
                                    table[t].misses, table[t].more) /
                        table[t].p,
                    1, 1e-9);
    assert_near(wn_fisher_exact(0, 100000, 100000, 0, false), 0, 1e-300);
}

/* All orders of 6 known numbers and 4 fresh ones, each as probable: how many
 * fresh ones are above the rank-th largest known one. */
static void tail_of_all_orders(void **state)
{
    enum { KNOWN = 6, FRESH = 4, ALL = KNOWN + FRESH };

    (void)state;
    for (size_t rank = 1; rank <= KNOWN; rank++) {
        size_t orders = 0, above[FRESH + 1] = {0};

        for (unsigned fresh = 0; fresh < 1u << ALL; fresh++) {
            size_t count = 0, known = 0, higher = 0;

            for (unsigned place = 0; place < ALL; place++)
                count += fresh >> place & 1;
            if (count != FRESH)
                continue;
            for (unsigned place = 0; place < ALL && known < rank; place++)
                if (fresh >> place & 1)
                    higher++;
                else
                    known++;
            orders++;
            for (size_t least = 0; least <= higher; least++)
                above[least]++;
        }
        for (size_t least = 0; least <= FRESH; least++)
            assert_near(wn_strange_tail(least, FRESH, rank, KNOWN),
                        (double)above[least] / (double)orders, 1e-12);
    }
}

/* Rows of `d` normal numbers with the label of their first one's sign, one in
 * fifty with another; `shift` of the fresh ones, and how many of these have a
 * label at random. */
static void draw_rows(uint64_t seed, const struct wn_strange *strange, size_t d,
                      double shift, double noise, float *x, int32_t *label)
{
    struct wn_random random;

    wn_random_start(&random, seed, WN_RANDOM_SAMPLE, 0, 0);
    for (size_t i = 0; i < strange->model + strange->looked; i++) {
        const bool fresh = i >= strange->model;

        for (size_t j = 0; j < d; j++)
            x[i * d + j] =
                (float)(wn_random_normal(&random) + (fresh ? shift : 0));
        label[i] = x[i * d] > 0;
        if (wn_random_unit(&random) < (fresh ? noise : .02))
            label[i] = 1 - label[i];
        if (i % 19 == 7)
            label[i] = -1;
    }
}

static int32_t place[WN_STRANGE_NEAR];

/* The mean distance of row i to the nearest known rows other than itself, and
 * whether none has its label. */
static double look_at(const float *x, size_t known, size_t d, size_t i,
                      const int32_t *label, bool *alone)
{
    double mean = 0;
    bool taken[400] = {false};

    *alone = label[i] >= 0;
    for (size_t r = 0; r < WN_STRANGE_NEAR; r++) {
        double least = INFINITY;

        for (size_t k = 0; k < known; k++) {
            double sum = 0;

            for (size_t j = 0; j < d; j++)
                sum += pow((double)x[i * d + j] - (double)x[k * d + j], 2);
            if (k != i && !taken[k] && sum < least) {
                least = sum;
                place[r] = (int32_t)k;
            }
        }
        taken[place[r]] = true;
        *alone &= label[place[r]] != label[i];
        mean += sqrt(least) / WN_STRANGE_NEAR;
    }
    return mean;
}

static void strange_rows_by_brute_force(void **state)
{
    enum { KNOWN = 350, FRESH = 60, D = 3 };
    static float x[(KNOWN + FRESH) * D];
    static size_t rows[2][WN_STRANGE_ROWS];
    int32_t label[KNOWN + FRESH];
    struct wn_strange found = {.model = KNOWN, .looked = FRESH};
    double mean[KNOWN];
    size_t far = 0, strangers = 0, labels = 0, labelled = 0, either = 0;

    (void)state;
    found.of[0].row = rows[0];
    found.of[1].row = rows[1];
    draw_rows(1, &found, D, .7, .3, x, label);
    wn_strange_look(&found, x, D, WN_EUCLIDEAN, label);
    for (size_t i = 0; i < KNOWN; i++) {
        bool alone;

        mean[i] = look_at(x, KNOWN, D, i, label, &alone);
        strangers += alone;
        labelled += label[i] >= 0;
    }
    /* 1 % of 351: the third largest. */
    qsort(mean, KNOWN, sizeof *mean, wn_number_ascending);
    const double third = mean[KNOWN - 3];
    for (size_t i = KNOWN; i < KNOWN + FRESH; i++) {
        bool alone;
        const double distance = look_at(x, KNOWN, D, i, label, &alone);

        either += distance > third || alone;
        if (distance > third)
            assert_int_equal(found.of[WN_STRANGE_FAR].row[far++], i);
        if (alone)
            assert_int_equal(found.of[WN_STRANGE_LABEL].row[labels++], i);
    }
    assert_true(far > 0 && labels > 3);
    assert_int_equal(found.of[WN_STRANGE_FAR].count, far);
    assert_int_equal(found.of[WN_STRANGE_LABEL].count, labels);
    assert_near(found.of[WN_STRANGE_FAR].expected, FRESH * 3 / 351., 1e-12);
    assert_near(found.of[WN_STRANGE_FAR].p,
                wn_strange_tail(far, FRESH, 3, KNOWN), 0);
    assert_near(found.of[WN_STRANGE_LABEL].expected,
                (double)(found.of[WN_STRANGE_LABEL].asked * strangers) /
                    (double)labelled,
                1e-12);
    assert_true(found.of[WN_STRANGE_LABEL].p < .0005);
    assert_int_equal(found.rows, either);
}

/* Rows from the same source: a p below .05 in one of twenty draws at most, as
 * the bounds of the binomial distribution of 400 draws allow, and the share of
 * far rows that is expected. Rows from elsewhere are found. */
static void false_alarms_are_bounded(void **state)
{
    enum { DRAWS = 400, KNOWN = 300, FRESH = 40, D = 4 };
    static float x[(KNOWN + FRESH) * D];
    static size_t rows[2][WN_STRANGE_ROWS];
    int32_t label[KNOWN + FRESH];

    (void)state;
    for (int other = 0; other < 2; other++) {
        size_t small[WN_STRANGE_KINDS] = {0}, far = 0, alarms = 0;

        for (uint64_t seed = 0; seed < DRAWS; seed++) {
            struct wn_strange found = {.model = KNOWN, .looked = FRESH};

            found.of[0].row = rows[0];
            found.of[1].row = rows[1];
            draw_rows(seed, &found, D, other ? 2 : 0, other ? .3 : .02, x,
                      label);
            wn_strange_look(&found, x, D, WN_EUCLIDEAN, label);
            for (int kind = 0; kind < WN_STRANGE_KINDS; kind++)
                small[kind] += found.of[kind].p < .05;
            far += found.of[WN_STRANGE_FAR].count;
            alarms += found.rows > 0;
        }
        if (other) {
            assert_int_equal(alarms, DRAWS);
            continue;
        }
        /* 20 expected at most, standard deviation 4.4. */
        assert_in_range(small[WN_STRANGE_FAR], 0, 33);
        assert_in_range(small[WN_STRANGE_LABEL], 0, 33);
        assert_in_range(alarms, 0, 3);
        /* 3/301 of 16,000 are 159; rows of a draw share a threshold. */
        assert_in_range(far, 110, 210);
    }
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
        cmocka_unit_test(kolmogorov),
        cmocka_unit_test(chi_square),
        cmocka_unit_test(distance),
        cmocka_unit_test(index_of_stability),
        cmocka_unit_test(fisher),
        cmocka_unit_test(holm),
        cmocka_unit_test(tail_of_all_orders),
        cmocka_unit_test(strange_rows_by_brute_force),
        cmocka_unit_test(false_alarms_are_bounded)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
