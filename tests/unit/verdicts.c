/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise/verdicts: strata and plans by hand; suspicions, rate and interval
 * against scikit-learn's LogisticRegression (newton-cholesky; columns times the
 * prior's standard deviations, no intercept, C = 1) and numpy. */
#include "golden.h"
#include "unit.h"

#include "noise/dawid_skene.h"
#include "noise/verdicts.h"
#include "util/spill.h"

enum { N = 60, K = 3 };

struct rows {
    int32_t label[N];
    uint8_t trusted[N], planned[N];
    int8_t wrong[N];
    double p[N * K];
    struct wn_verdict base[N];
};

/* 60 rows of three classes by a rule; row 7 has no label, row 11 is trusted,
 * every fourth row has a verdict, the first two of them on chosen rows. */
static void fill(struct rows *rows)
{
    *rows = (struct rows){0};
    for (int i = 0; i < N; i++) {
        double sum = 0;

        rows->label[i] = i == 7 ? -1 : i % K;
        rows->trusted[i] = i == 11;
        rows->wrong[i] = -1;
        rows->base[i].suspicion = (i * 37 % 61 + 0.5) / 62;
        for (int c = 0; c < K; c++)
            sum += rows->p[i * K + c] = 1 + i * (c + 2) * 7 % 11;
        for (int c = 0; c < K; c++)
            rows->p[i * K + c] /= sum;
        if (i % 4 != 1)
            continue;
        rows->wrong[i] = (rows->base[i].suspicion > 0.5) != (i % 8 == 5);
        rows->planned[i] = i > 5;
    }
}

static struct wn_known known_of(struct rows *rows)
{
    return (struct wn_known){rows->label, rows->trusted, rows->wrong,
                             rows->planned};
}

static void strata_are_shares_of_the_open_rows(void **state)
{
    struct rows rows;
    uint8_t stratum[N];
    size_t place[N], count[WN_STRATA + 1] = {0};

    (void)state;
    fill(&rows);
    assert_int_equal(
        wn_strata_find(rows.label, rows.trusted, rows.base, N, stratum, place),
        58);
    for (int i = 0; i < N; i++)
        count[stratum[i]]++;
    /* 3, 10, 25 and 50 % of 58, rounded up, less the strata before. */
    assert_int_equal(count[0], 2);
    assert_int_equal(count[1], 2);
    assert_int_equal(count[2], 4);
    assert_int_equal(count[3], 9);
    assert_int_equal(count[4], 14);
    assert_int_equal(count[5], 29);
    assert_int_equal(stratum[7], 0);
    assert_int_equal(stratum[11], 0);
    /* 28 * 37 % 61 = 60 is the largest. */
    assert_int_equal(place[28], 0);
    assert_int_equal(stratum[28], 1);
}

static void a_first_plan_has_fixed_shares(void **state)
{
    const size_t all[WN_STRATA] = {30, 70, 150, 250, 500};
    const size_t none[WN_STRATA] = {0};
    size_t plan[WN_STRATA];

    (void)state;
    wn_strata_plan(all, all, none, none, 40, plan);
    assert_int_equal(plan[0], 6);
    assert_int_equal(plan[1], 8);
    assert_int_equal(plan[2], 9);
    assert_int_equal(plan[3], 9);
    assert_int_equal(plan[4], 8);
}

static void a_plan_takes_no_more_than_there_is(void **state)
{
    const size_t all[WN_STRATA] = {1, 1, 2, 2, 4};
    const size_t none[WN_STRATA] = {0};
    size_t plan[WN_STRATA];

    (void)state;
    wn_strata_plan(all, all, none, none, 40, plan);
    for (int h = 0; h < WN_STRATA; h++)
        assert_int_equal(plan[h], all[h]);
}

/* The first stratum is all wrong, the last three are all right: what is left to
 * learn is in the second, and a little in the large ones. */
static void a_second_plan_goes_where_the_doubt_is(void **state)
{
    const size_t all[WN_STRATA] = {300, 3000, 100, 100, 100};
    const size_t open[WN_STRATA] = {290, 2990, 90, 90, 90};
    const size_t planned[WN_STRATA] = {10, 10, 10, 10, 10};
    const size_t wrong[WN_STRATA] = {10, 5, 0, 0, 0};
    size_t plan[WN_STRATA];

    (void)state;
    wn_strata_plan(all, open, planned, wrong, 20, plan);
    assert_int_equal(plan[1], 20);
}

static void verdicts_move_everything(void **state)
{
    struct rows rows;
    struct wn_verdicts verdicts;

    (void)state;
    fill(&rows);
    const struct wn_known known = known_of(&rows);
    const struct wn_probability p = {N, K, NULL, rows.p};
    wn_verdicts_find(&known, &p, rows.base, 0, 1, -1, &verdicts);
    assert_int_equal(verdicts.reviewed, 15);
    assert_int_equal(verdicts.wrong, 8);
    assert_near(verdicts.rate, 0.5453928105202623, 1e-6);
    assert_near(verdicts.low, 0.39400450956991373, 1e-6);
    assert_near(verdicts.high, 0.7033020362676103, 1e-6);
    assert_near(verdicts.suspicion[0], 0.2895948097464416, 1e-6);
    assert_near(verdicts.suspicion[2], 0.5518055096947937, 1e-6);
    assert_near(verdicts.suspicion[3], 0.6881908267827428, 1e-6);
    assert_near(verdicts.suspicion[10], 0.3218796650161039, 1e-6);
    assert_near(verdicts.suspicion[40], 0.419540428926614, 1e-6);
    assert_near(verdicts.suspicion[59], 0.7475922566963955, 1e-6);
    for (int i = 0; i < N; i++)
        if (i % 4 == 1)
            assert_true(verdicts.suspicion[i] == rows.wrong[i]);
    assert_true(verdicts.suspicion[7] == 0 && verdicts.suspicion[11] == 0);
    assert_int_equal(verdicts.flags, 46);
    wn_verdicts_free(&verdicts);
}

/* With nine verdicts the interval is that without, cut by what is known: 59
 * labels, 5 known wrong, 4 known right. */
static void few_verdicts_only_cut_the_interval(void **state)
{
    struct rows rows;
    struct wn_verdicts verdicts;

    (void)state;
    fill(&rows);
    for (int i = 0; i < N; i++)
        rows.wrong[i] = (int8_t)(i >= 20 && i < 29 ? i % 2 == 0 : -1);
    const struct wn_known known = known_of(&rows);
    const struct wn_probability p = {N, K, NULL, rows.p};
    wn_verdicts_find(&known, &p, rows.base, 0.01, 0.99, -1, &verdicts);
    assert_null(verdicts.suspicion);
    assert_int_equal(verdicts.reviewed, 9);
    assert_near(verdicts.low, 5.0 / 59, 1e-12);
    assert_near(verdicts.high, 55.0 / 59, 1e-12);
    wn_verdicts_free(&verdicts);
}

static void right_labels_alone_leave_no_low_end(void **state)
{
    struct rows rows;
    struct wn_verdicts verdicts;

    (void)state;
    fill(&rows);
    for (int i = 0; i < N; i++) {
        rows.wrong[i] = i % 2 ? 0 : -1;
        rows.planned[i] = rows.wrong[i] == 0;
    }
    const struct wn_known known = known_of(&rows);
    const struct wn_probability p = {N, K, NULL, rows.p};
    wn_verdicts_find(&known, &p, rows.base, 0.3, 0.6, -1, &verdicts);
    assert_true(verdicts.low == 0);
    assert_true(verdicts.high < 0.3 && verdicts.rate < verdicts.high);
    wn_verdicts_free(&verdicts);
}

/* scipy: beta.ppf(.025, 31, 10), beta.ppf(.975, 32, 9), and 0 of 10. */
static void exact_intervals(void **state)
{
    double low, high;

    (void)state;
    wn_share_interval(31, 40, 0.95, &low, &high);
    assert_near(low, 0.6154883226965773, 1e-9);
    assert_near(high, 0.891603361015928, 1e-9);
    wn_share_interval(0, 10, 0.95, &low, &high);
    assert_true(low == 0);
    assert_near(high, 0.3084971078187608, 1e-9);
    wn_share_interval(0, 0, 0.95, &low, &high);
    assert_true(low == 0 && high == 1);
}

/* The votes of the golden's table, in its order. */
static void dawid_skene_is_the_golden_one(void **state)
{
    enum { ITEMS = 8, PEOPLE = 3, CLASSES = 3 };
    double table[ITEMS * PEOPLE], wanted[ITEMS * CLASSES];
    double truth[ITEMS * CLASSES];
    struct wn_vote vote[ITEMS * PEOPLE];
    size_t count = 0;

    (void)state;
    golden_doubles("dawid_skene/inputs/labels_multiannotator", table,
                   ITEMS * PEOPLE);
    for (int cell = 0; cell < ITEMS * PEOPLE; cell++)
        if (!isnan(table[cell]))
            vote[count++] = (struct wn_vote){cell / PEOPLE, cell % PEOPLE,
                                             (int32_t)table[cell]};
    assert_near(
        wn_dawid_skene(vote, count, ITEMS, PEOPLE, CLASSES, 0, 1, truth),
        golden_number("dawid_skene/outputs/iter1/loglik"), 1e-9);
    golden_doubles("dawid_skene/outputs/iter1/T", wanted, ITEMS * CLASSES);
    for (int cell = 0; cell < ITEMS * CLASSES; cell++)
        assert_near(truth[cell], wanted[cell], 1e-12);
    assert_near(
        wn_dawid_skene(vote, count, ITEMS, PEOPLE, CLASSES, 0, 100, truth),
        golden_number("dawid_skene/outputs/final/loglik"), 1e-9);
    golden_doubles("dawid_skene/outputs/final/T", wanted, ITEMS * CLASSES);
    for (int cell = 0; cell < ITEMS * CLASSES; cell++)
        assert_near(truth[cell], wanted[cell], 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strata_are_shares_of_the_open_rows),
        cmocka_unit_test(a_first_plan_has_fixed_shares),
        cmocka_unit_test(a_plan_takes_no_more_than_there_is),
        cmocka_unit_test(a_second_plan_goes_where_the_doubt_is),
        cmocka_unit_test(verdicts_move_everything),
        cmocka_unit_test(few_verdicts_only_cut_the_interval),
        cmocka_unit_test(right_labels_alone_leave_no_low_end),
        cmocka_unit_test(exact_intervals),
        cmocka_unit_test(dawid_skene_is_the_golden_one)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
