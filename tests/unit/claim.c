/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise/claim: gain and counts by hand, on probabilities that are written
 * down. */
#include "unit.h"

#include <math.h>
#include <stdlib.h>

#include "noise/claim.h"

enum { N = 200 };

static const struct wn_expectation nothing_said = {-1, -1, -1};

/* N rows of two equal classes; class 0 gets `high` for its own rows. */
static void fill(int32_t *label, double *p, double high)
{
    for (size_t i = 0; i < N; i++) {
        label[i] = (int32_t)(i % 2);
        p[2 * i + i % 2] = high;
        p[2 * i + 1 - i % 2] = 1 - high;
    }
}

/* A verdict of `low` for all rows, of `high` for the first `count`. */
static struct wn_suspicion verdicts(double low, double high, size_t count)
{
    struct wn_suspicion suspicion = {
        .n = N, .k = 2, .verdict = calloc(N, sizeof *suspicion.verdict)};

    for (size_t i = 0; i < N; i++)
        suspicion.verdict[i].suspicion = i < count ? high : low;
    return suspicion;
}

static void shares_alone_are_no_signal(void **state)
{
    int32_t label[N];
    double p[2 * N];
    const struct wn_probability matrix = {N, 2, NULL, p};
    struct wn_suspicion suspicion = verdicts(0.5, 0.9, 20);
    struct wn_claim claim;

    (void)state;
    fill(label, p, 0.5);
    wn_claim_make(label, &matrix, &nothing_said, &suspicion, &claim);
    assert_int_equal(claim.kind, WN_CLAIM_NOTHING);
    assert_int_equal(claim.max_flags, 0);
    assert_true(fabs(claim.gain) < 1e-12);
    assert_true(fabs(claim.entropy - log(2)) < 1e-12);
    assert_true(suspicion.low == 0 && suspicion.high == 1);
    free(suspicion.verdict);
}

/* Every row gains log .9 - log .5 with no spread. */
static void sure_models_are_a_signal(void **state)
{
    int32_t label[N];
    double p[2 * N];
    const struct wn_probability matrix = {N, 2, NULL, p};
    struct wn_suspicion suspicion = verdicts(0.01, 0.9, 20);
    struct wn_claim claim;

    (void)state;
    fill(label, p, 0.9);
    suspicion.low = 0.05;
    wn_claim_make(label, &matrix, &nothing_said, &suspicion, &claim);
    assert_int_equal(claim.kind, WN_CLAIM_NOISE);
    assert_true(claim.max_flags == SIZE_MAX);
    assert_true(fabs(claim.gain - log(1.8)) < 1e-12);
    /* Two classes that overlap: the low end of the interval. */
    suspicion.sharpness.overlap_weight = 0.9;
    wn_claim_make(label, &matrix, &nothing_said, &suspicion, &claim);
    assert_int_equal(claim.kind, WN_CLAIM_NOISE);
    assert_int_equal(claim.max_flags, 10);
    /* And an interval that reaches 0: 2 % of the rows. */
    suspicion.low = 0;
    wn_claim_make(label, &matrix, &nothing_said, &suspicion, &claim);
    assert_int_equal(claim.kind, WN_CLAIM_OVERLAP);
    assert_int_equal(claim.max_flags, 4);
    free(suspicion.verdict);
}

static void models_that_are_never_sure_mean_overlap(void **state)
{
    int32_t label[N];
    double p[2 * N];
    const struct wn_probability matrix = {N, 2, NULL, p};
    struct wn_suspicion suspicion = verdicts(0.1, 0.6, 20);
    struct wn_claim claim;

    (void)state;
    fill(label, p, 0.75);
    suspicion.low = 0.1;
    wn_claim_make(label, &matrix, &nothing_said, &suspicion, &claim);
    assert_int_equal(claim.kind, WN_CLAIM_OVERLAP);
    assert_true(suspicion.low == 0);
    free(suspicion.verdict);
}

/* After the shift the mean is the rate; 20 rows stand out, and flagging just
 * these has the largest expected F1. */
static void an_expectation_sets_the_mean(void **state)
{
    int32_t label[N];
    double p[2 * N], sum = 0;
    const struct wn_probability matrix = {N, 2, NULL, p};
    struct wn_expectation expectation = {0.1, 0.1, -1};
    struct wn_suspicion suspicion = verdicts(0.02, 0.7, 20);
    struct wn_claim claim;

    (void)state;
    fill(label, p, 0.9);
    wn_claim_make(label, &matrix, &expectation, &suspicion, &claim);
    assert_int_equal(claim.kind, WN_CLAIM_EXPECTED);
    for (size_t i = 0; i < N; i++)
        sum += suspicion.verdict[i].suspicion;
    assert_true(fabs(sum / N - 0.1) < 1e-9);
    assert_true(suspicion.rate == 0.1 && suspicion.low == 0.1);
    assert_int_equal(claim.max_flags, 20);
    free(suspicion.verdict);
    /* A precision above that of the 20 rows allows none, below it more. */
    suspicion = verdicts(0.02, 0.7, 20);
    expectation = (struct wn_expectation){-1, -1, 0.75};
    wn_claim_make(label, &matrix, &expectation, &suspicion, &claim);
    assert_int_equal(claim.max_flags, 0);
    /* (20 x .7 + m x .02) / (20 + m) >= .5 up to m = 8. */
    expectation.precision = 0.5;
    wn_claim_make(label, &matrix, &expectation, &suspicion, &claim);
    assert_int_equal(claim.max_flags, 28);
    free(suspicion.verdict);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_alone_are_no_signal),
        cmocka_unit_test(sure_models_are_a_signal),
        cmocka_unit_test(models_that_are_never_sure_mean_overlap),
        cmocka_unit_test(an_expectation_sets_the_mean)};

    return cmocka_run_group_tests_name("claim", tests, NULL, NULL);
}
