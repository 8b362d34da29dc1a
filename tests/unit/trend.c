/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report/trend: windows and taus against pandas and scipy, the charts by
 * simulated nights. */
#include <math.h>
#include <stdlib.h>

#include "report/trend.h"
#include "unit.h"
#include "util/random.h"

/* golden:early_warning and golden:kendall_tie of doc/ALGORITHMS.md 5.2. */
static void early_warning(void **state)
{
    static const double rate[20] = {
        0.05,  0.052, 0.049, 0.051, 0.053, 0.05, 0.054, 0.052, 0.057, 0.055,
        0.061, 0.058, 0.066, 0.063, 0.072, 0.07, 0.081, 0.078, 0.09,  0.095};
    static const double wanted[2][11] = {
        {6.23333333e-06, 1.27111111e-05, 1.44444444e-05, 2.44555556e-05,
         2.63222222e-05, 4.59555556e-05, 4.68444444e-05, 7.89444444e-05,
         8.01e-05, 0.000122266667, 0.000154266667},
        {0.224039247, 0.402567768, 0.52492338, 0.536748026, 0.604254886,
         0.658113485, 0.703864841, 0.738029052, 0.759620316, 0.782766042,
         0.850166589}};
    double variance[20], memory[20];

    (void)state;
    assert_int_equal(wn_trend_windows(rate, 20, variance, memory), 11);
    for (size_t w = 0; w < 11; w++) {
        assert_near(variance[w], wanted[0][w], 1e-12);
        assert_near(memory[w], wanted[1][w], 1e-8);
    }
    assert_near(wn_trend_tau(variance, 11), 1, 1e-12);
    assert_near(wn_trend_tau(memory, 11), 1, 1e-12);
    assert_near(wn_trend_tau((double[]){1, 2, 2, 3, 1}, 5), 0.223606798, 1e-9);
}

/* A night of a rate and a number. */
static void add(struct wn_nights *history, size_t i, double rate)
{
    const struct wn_night night = {.number = (double)i + 1,
                                   .when = 1.7e9 + 86400.0 * (double)i,
                                   .rows = 1000,
                                   .rate = rate};

    wn_nights_add(history, &night);
}

/* Rates about 1 %: quiet in 60 nights of 20 sources, but for a few; a step to
 * 3 % is found within three nights in each. */
static void finds_a_step(void **state)
{
    size_t alarms = 0, found = 0;

    (void)state;
    for (uint64_t source = 0; source < 20; source++) {
        struct wn_nights history = {0};
        struct wn_random random;
        struct wn_trend trend;
        bool alarm = false;

        wn_random_start(&random, source, WN_RANDOM_SAMPLE, 0, 0);
        for (size_t i = 0; i < 60; i++) {
            add(&history, i, 0.01 + 0.002 * wn_random_normal(&random));
            if (i < 55)
                continue;
            wn_trend_find(&history, &trend);
            alarms += trend.outside;
        }
        for (size_t i = 60; i < 63; i++) {
            add(&history, i, 0.03 + 0.002 * wn_random_normal(&random));
            wn_trend_find(&history, &trend);
            alarm |= trend.outside && trend.shifted && trend.up > trend.down;
        }
        found += alarm;
        wn_nights_free(&history);
    }
    assert_int_equal(found, 20);
    assert_in_range(alarms, 0, 3); /* of 100 nights */
}

static void few_nights_have_no_trend(void **state)
{
    struct wn_nights history = {0};
    struct wn_trend trend;

    (void)state;
    for (size_t i = 0; i < 9; i++)
        add(&history, i < 5 ? i : i + 3, 0.01);
    wn_trend_find(&history, &trend);
    assert_int_equal(trend.nights, 9);
    assert_int_equal(trend.holes, 3);
    assert_true(isnan(trend.level) && isnan(trend.p) && !trend.outside);
    for (size_t i = 12; i < 30; i++)
        add(&history, i, 0.01);
    wn_trend_find(&history, &trend); /* constant */
    assert_false(trend.outside || trend.shifted || trend.unstable);
    wn_nights_free(&history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(early_warning), cmocka_unit_test(finds_a_step),
        cmocka_unit_test(few_nights_have_no_trend)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
