/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise/claim: gain and counts by hand, on probabilities that are written
 * down. */
#include "unit.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "noise/claim.h"
#include "noise/confident.h"

enum { N = 200 };

static const struct wn_clusters unseen;
static const struct wn_expectation nothing_said = {-1, -1, -1, false, 0};

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
    wn_claim_make(label, &matrix, &unseen, &nothing_said, 1, &suspicion,
                  &claim);
    assert_int_equal(claim.kind, WN_CLAIM_NOTHING);
    assert_int_equal(claim.max_flags, 0);
    assert_true(fabs(claim.gain) < 1e-12);
    assert_true(fabs(claim.entropy - log(2)) < 1e-12);
    assert_true(suspicion.low == 0 && suspicion.high == 1);
    free(suspicion.verdict);
}

/* Rows with probability .99 down to .6 of a class; every tenth has the other
 * label, or, `late`, a third of the last third. */
static void fill_by_depth(int32_t *label, double *p, bool late)
{
    for (size_t i = 0; i < N; i++) {
        const size_t c = i % 2;
        const bool other =
            late ? i >= 2 * N / 3 && i % 3 == 0 : i / 2 % 10 == 4;

        p[2 * i + c] = 0.99 - 0.39 * (double)i / N;
        p[2 * i + 1 - c] = 1 - p[2 * i + c];
        label[i] = (int32_t)(other ? 1 - c : c);
    }
}

/* What flag does, on probabilities that are written down. */
static void judge(const int32_t *label, double *p, double copied,
                  struct wn_noise *noise, struct wn_suspicion *suspicion,
                  struct wn_claim *claim)
{
    const struct wn_expectation known = {-1, -1, -1, false, copied};
    const struct wn_probability matrix = {N, 2, NULL, p};
    const struct wn_noise_settings settings = {.threads = 1};
    struct wn_error error = {0};

    assert_int_equal(
        wn_noise_estimate(label, &matrix, &settings, noise, &error), 0);
    wn_suspicion_find(label, &matrix, noise, 1, suspicion);
    wn_claim_make(label, &matrix, &unseen, &known, 1, suspicion, claim);
}

/* Over any set of rows the expected number of errors is the sum of their
 * suspicions: the rate over all, the joint over a class. */
static void assert_one_model(const int32_t *label,
                             const struct wn_suspicion *suspicion)
{
    double sum[2] = {0, 0};

    for (size_t i = 0; i < N; i++)
        sum[label[i]] += suspicion->verdict[i].suspicion / N;
    assert_true(fabs(sum[0] + sum[1] - suspicion->rate) < 1e-12);
    for (size_t c = 0; c < 2; c++) {
        const double own = suspicion->joint[suspicion->at.diagonal[c]];

        assert_true(fabs(suspicion->given[c] - own - sum[c]) < 1e-12);
    }
    assert_true(suspicion->low <= suspicion->rate &&
                suspicion->rate <= suspicion->high);
    for (size_t i = 0; i < N; i++) {
        const struct wn_verdict *verdict = &suspicion->verdict[i];

        assert_true(verdict->best ==
                    (verdict->suspicion > 0.5 ? 1 - label[i] : label[i]));
    }
}

static void even_errors_are_noise(void **state)
{
    int32_t label[N];
    double p[2 * N];
    struct wn_noise noise;
    struct wn_suspicion suspicion;
    struct wn_claim claim;

    (void)state;
    fill_by_depth(label, p, false);
    judge(label, p, 0, &noise, &suspicion, &claim);
    assert_int_equal(claim.kind, WN_CLAIM_NOISE);
    assert_true(fabs(suspicion.rate - 0.1) < 0.03);
    assert_true(suspicion.low > 0.05 && suspicion.high > 0.1);
    assert_true(claim.max_flags == SIZE_MAX);
    assert_int_equal(claim.max_actions, (size_t)(suspicion.low * N));
    assert_one_model(label, &suspicion);
    wn_suspicion_free(&suspicion);
    wn_noise_free(&noise);
    wn_overlap_free(&claim.overlap);
}

/* Where half of the rows are copies, sampling errors are larger by a root of
 * two. */
static void copies_say_nothing_new(void **state)
{
    int32_t label[N];
    double p[2 * N];
    struct wn_noise noise[2];
    struct wn_suspicion suspicion[2];
    struct wn_claim claim[2];

    (void)state;
    for (size_t c = 0; c < 2; c++) {
        const struct wn_overlap *once = &claim[0].overlap,
                                *found = &claim[c].overlap;
        const double wider = c ? M_SQRT2 : 1;

        fill_by_depth(label, p, false);
        judge(label, p, c ? 0.5 : 0, &noise[c], &suspicion[c], &claim[c]);
        assert_near(found->rate, once->rate, 0);
        assert_near(found->rate - found->low, (once->rate - once->low) * wider,
                    1e-12);
        assert_near(found->high - found->rate,
                    (once->high - once->rate) * wider, 1e-12);
        assert_near(claim[c].gain_sd, claim[0].gain_sd * wider, 1e-12);
        assert_near(suspicion[c].low, found->low, 1e-12);
    }
    for (size_t c = 0; c < 2; c++) {
        wn_suspicion_free(&suspicion[c]);
        wn_noise_free(&noise[c]);
        wn_overlap_free(&claim[c].overlap);
    }
}

static void late_errors_are_overlap(void **state)
{
    int32_t label[N];
    double p[2 * N];
    struct wn_noise noise;
    struct wn_suspicion suspicion;
    struct wn_claim claim;

    (void)state;
    fill_by_depth(label, p, true);
    judge(label, p, 0, &noise, &suspicion, &claim);
    assert_int_equal(claim.kind, WN_CLAIM_OVERLAP);
    assert_true(suspicion.low == 0 && suspicion.high > claim.overlap.mismatch);
    assert_int_equal(claim.max_flags, N / 50);
    assert_int_equal(claim.max_actions, 0);
    assert_one_model(label, &suspicion);
    wn_suspicion_free(&suspicion);
    wn_noise_free(&noise);
    wn_overlap_free(&claim.overlap);
}

/* After the shift the mean is the rate; 20 rows stand out, and flagging just
 * these has the largest expected F1. */
static void an_expectation_sets_the_mean(void **state)
{
    int32_t label[N];
    double p[2 * N], sum = 0;
    const struct wn_probability matrix = {N, 2, NULL, p};
    struct wn_expectation expectation = {0.1, 0.1, -1, false, 0};
    struct wn_suspicion suspicion = verdicts(0.02, 0.7, 20);
    struct wn_claim claim;

    (void)state;
    fill(label, p, 0.9);
    wn_claim_make(label, &matrix, &unseen, &expectation, 1, &suspicion, &claim);
    assert_int_equal(claim.kind, WN_CLAIM_EXPECTED);
    for (size_t i = 0; i < N; i++)
        sum += suspicion.verdict[i].suspicion;
    assert_true(fabs(sum / N - 0.1) < 1e-9);
    assert_true(suspicion.rate == 0.1 && suspicion.low == 0.1);
    assert_int_equal(claim.max_flags, 20);
    free(suspicion.verdict);
    /* With a precision as well: as many rows as have that mean. The first 20
     * stand out; the mean falls from theirs on. */
    suspicion = verdicts(0.02, 0.7, 20);
    expectation.precision = 0.5;
    wn_claim_make(label, &matrix, &unseen, &expectation, 1, &suspicion, &claim);
    const double first = suspicion.verdict[0].suspicion;
    const double other = suspicion.verdict[N - 1].suspicion;
    assert_true(first > 0.5 && other < 0.5);
    assert_int_equal(claim.max_flags,
                     (size_t)(20 + 20 * (first - 0.5) / (0.5 - other)));
    free(suspicion.verdict);
    suspicion = verdicts(0.02, 0.7, 20);
    expectation.precision = first + 0.01;
    wn_claim_make(label, &matrix, &unseen, &expectation, 1, &suspicion, &claim);
    assert_int_equal(claim.max_flags, 0);
    free(suspicion.verdict);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_alone_are_no_signal),
        cmocka_unit_test(even_errors_are_noise),
        cmocka_unit_test(copies_say_nothing_new),
        cmocka_unit_test(late_errors_are_overlap),
        cmocka_unit_test(an_expectation_sets_the_mean)};

    return cmocka_run_group_tests_name("claim", tests, NULL, NULL);
}
