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

    static const double residual[20] = {
        -0.00130364014,  0.000558685387,  -0.00272242349,  -0.00115805899,
        0.000236933006,  -0.00355552423,  -0.000554414265, -0.00377951643,
        -0.000248112369, -0.00397420463,  3.65843134e-05,  -0.00520871727,
        0.000318341168,  -0.00532527754,  0.000953814151,  -0.00371323616,
        0.00483685964,   -0.000216340145, 0.0102991333,    0.0145191147};
    static const double detrended[11] = {
        -0.656040786, -0.792135633, -0.826505644, -0.837367927,
        -0.967289941, -0.986437597, -0.959430982, -0.823751317,
        -0.508764113, -0.226804409, 0.408500369};
    double kernel[400], found[20];

    wn_trend_kernel(20, kernel);
    wn_trend_detrend(kernel, rate, 20, found);
    for (size_t i = 0; i < 20; i++)
        assert_near(found[i], residual[i], 1e-10);
    wn_trend_windows(found, 20, variance, memory);
    for (size_t w = 0; w < 11; w++)
        assert_near(memory[w], detrended[w], 1e-7);
    assert_near(wn_trend_tau(variance, 11), 0.963636364, 1e-8);
    assert_near(wn_trend_tau(memory, 11), 0.236363636, 1e-8);
}

/* Two values that take turns, then a run of the same: by hand. Before, the mean
 * is 0, the variance 1, the lag-1 autocorrelation -29/30; the clamp makes it
 * -0.95. Recent night i of 30 adds i/30 (1 + 0.95) 1. */
static void memory_by_hand(void **state)
{
    double rate[60];

    (void)state;
    for (size_t i = 0; i < 60; i++)
        rate[i] = i < 30 ? (i % 2 ? 1 : -1) : 1;
    assert_near(wn_trend_memory(rate, 60),
                14.5 * 1.95 / ((1 - 0.95 * 0.95) * sqrt(10)), 1e-9);
}

/* A night of a rate and a number. */
static void add(struct wn_nights *history, size_t i, double rate)
{
    const struct wn_night night = {.number = (double)i + 1,
                                   .when = 1.7e9 + 86400.0 * (double)i,
                                   .rows = 1e6,
                                   .rate = rate,
                                   .low = NAN,
                                   .high = NAN};

    wn_nights_add(history, &night);
}

/* A loss of resilience: after 240 steady nights the lag-1 autocorrelation goes
 * from 0.3 to 0.9 over 60. How many of `sources` are warned in these nights,
 * every third of them looked at. */
static size_t count_warned(double goal, size_t sources)
{
    size_t warned = 0;

    for (uint64_t source = 0; source < sources; source++) {
        struct wn_nights history = {0};
        struct wn_random random;
        struct wn_trend trend;
        bool alarm = false;
        double last = 0;

        wn_random_start(&random, source, WN_RANDOM_SAMPLE, 0, 0);
        for (size_t i = 0; i < 300; i++) {
            const double now = i < 240 ? 0 : (double)(i - 239) / 60;

            last = (0.3 + (goal - 0.3) * now) * last +
                   0.001 * wn_random_normal(&random);
            add(&history, i, 0.02 + last);
            if (i < 240 || i % 3 || alarm)
                continue;
            wn_trend_alarms(&history, &trend);
            alarm = trend.unstable;
        }
        warned += alarm;
        wn_nights_free(&history);
    }
    return warned;
}

static void warns_before_it_jumps(void **state)
{
    const size_t sources = 20;

    (void)state;
    assert_in_range(count_warned(0.3, sources), 0, 4);
    assert_in_range(count_warned(0.9, sources), 12, sources);
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
            wn_trend_alarms(&history, &trend);
            alarms += trend.outside;
        }
        for (size_t i = 60; i < 63; i++) {
            add(&history, i, 0.03 + 0.002 * wn_random_normal(&random));
            wn_trend_alarms(&history, &trend);
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
        cmocka_unit_test(early_warning), cmocka_unit_test(memory_by_hand),
        cmocka_unit_test(warns_before_it_jumps), cmocka_unit_test(finds_a_step),
        cmocka_unit_test(few_nights_have_no_trend)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
