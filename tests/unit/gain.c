/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise/gain: the correction by hand, and gains where truth is known. */
#include "unit.h"

#include <string.h>

#include "learn/folds.h"
#include "learn/softmax.h"
#include "noise/gain.h"
#include "util/random.h"

enum { N = 300, D = 3, FOLDS = 5 };

static float x[N * D];
static int32_t truth[N], label[N], fold[N];
static uint8_t gone[N];

/* Two clouds `apart` standard deviations; the share flip[t] of class t gets the
 * other label. */
static void make_rows(double apart, const double flip[2], uint64_t seed)
{
    struct wn_random random;
    struct wn_error error = {0};

    wn_random_start(&random, seed, WN_RANDOM_SAMPLE, 0, 0);
    for (int i = 0; i < N; i++) {
        truth[i] = i % 2;
        for (int j = 0; j < D; j++)
            x[i * D + j] =
                (float)(wn_random_normal(&random) + (j ? 0 : apart * truth[i]));
        label[i] =
            wn_random_unit(&random) < flip[truth[i]] ? 1 - truth[i] : truth[i];
    }
    memset(gone, 0, sizeof gone);
    unit_must(wn_folds_assign(label, N, 2, NULL, 0, FOLDS, 1, fold, &error),
              &error);
}

static struct wn_gain measure(size_t suspects, const double *joint, int threads)
{
    const struct wn_sample sample = {.n = N,
                                     .d = D,
                                     .k = 2,
                                     .x = x,
                                     .label = label,
                                     .fold = fold,
                                     .folds = FOLDS,
                                     .threads = threads};
    double credit[4];
    struct wn_gain_task task = {.sample = &sample,
                                .gone = gone,
                                .suspects = suspects,
                                .credit = credit};
    struct wn_error error = {0};
    struct wn_gain gain;

    memset(&gain, 0, sizeof gain);
    unit_must(wn_gain_credit(joint, 0, 2, credit, &error), &error);
    unit_must(wn_gain_measure(&task, &gain, &error), &error);
    return gain;
}

/* N = (.9 .1; .2 .8), so N^-1 = (.8 -.1; -.2 .9) / .7; with three classes and
 * errors of .2 spread evenly (d - .1) / .7. */
static void corrects_by_the_inverse(void **state)
{
    const double joint[] = {.9 * .5, .2 * .5, .1 * .5, .8 * .5};
    const double wanted[] = {.8 / .7, -.1 / .7, -.2 / .7, .9 / .7};
    const double nothing[] = {.25, .25, .25, .25};
    double credit[9];
    struct wn_error error = {0};

    (void)state;
    unit_must(wn_gain_credit(joint, 0, 2, credit, &error), &error);
    for (int i = 0; i < 4; i++)
        assert_near(credit[i], wanted[i], 1e-12);
    unit_must(wn_gain_credit(NULL, .2, 3, credit, &error), &error);
    for (int i = 0; i < 9; i++)
        assert_near(credit[i], ((i % 4 == 0) - .1) / .7, 1e-12);
    assert_int_equal(wn_gain_credit(nothing, 0, 2, credit, &error), -1);
    assert_int_equal(error.code, WN_ENUMERIC);
}

/* The accuracy on true labels of softmax that learned from `given`. */
static double true_accuracy(const int32_t *given)
{
    struct wn_error error = {0};
    static float p[N * 2];
    const struct wn_sample sample = {.n = N,
                                     .d = D,
                                     .k = 2,
                                     .x = x,
                                     .label = given,
                                     .fold = fold,
                                     .folds = FOLDS,
                                     .threads = 1};
    int right = 0;

    unit_must(wn_softmax_predict(&wn_softmax_defaults, &sample, NULL, p, NULL,
                                 &error),
              &error);
    for (int i = 0; i < N; i++)
        right += (p[2 * i + 1] > p[2 * i]) == truth[i];
    return right / (double)N;
}

/* 45 % of one class wrong: softmax learns the wrong boundary, and both its
 * accuracy and what cleaning brings are told from noisy labels alone. */
static void finds_what_dropping_brings(void **state)
{
    const double flip[] = {.45, 0};
    const double joint[] = {.55 * .5, 0, .45 * .5, .5};
    static int32_t clean[N];
    size_t wrong = 0;

    (void)state;
    make_rows(2.5, flip, 3);
    for (int i = 0; i < N; i++) {
        clean[i] = label[i] == truth[i] ? label[i] : -1;
        wrong += label[i] != truth[i];
    }
    const struct wn_gain gain = measure(wrong, joint, 2);
    const double before = true_accuracy(label), after = true_accuracy(clean);
    const struct wn_gain_interval *drop =
        &gain.of[WN_GAIN_DROP][WN_GAIN_SOFTMAX];
    const struct wn_gain_interval *both = gain.of[WN_GAIN_DROP];

    assert_true(after - before > .03);
    assert_near(gain.accuracy[WN_GAIN_SOFTMAX], before, .06);
    assert_true(drop->low > 0);
    /* Most of what dropping just the wrong rows brings, and not more. */
    assert_true(drop->mean > (after - before) / 2);
    assert_true(drop->mean < after - before + .03);
    assert_near(both[WN_GAIN_BOTH].mean,
                (both[WN_GAIN_SOFTMAX].mean + both[WN_GAIN_TREES].mean) / 2,
                1e-12);
    assert_true(gain.best >= 0);
    for (int change = 0; change < WN_GAIN_CHANGES; change++)
        assert_true(gain.of[gain.best][WN_GAIN_BOTH].mean >=
                        gain.of[change][WN_GAIN_BOTH].mean ||
                    gain.of[change][WN_GAIN_BOTH].low <= 0);
}

/* Labels that features say nothing about: had the test labels helped to choose
 * the suspicious rows, dropping a third of them would seem to help. */
static void test_labels_do_not_choose(void **state)
{
    const double flip[] = {.5, .5}, joint[] = {.5, 0, 0, .5};
    int covered = 0;

    (void)state;
    for (uint64_t seed = 10; seed < 13; seed++) {
        make_rows(0, flip, seed);
        const struct wn_gain gain = measure(N / 3, joint, 2);

        for (int change = 0; change < WN_GAIN_CHANGES; change++) {
            const struct wn_gain_interval *of = &gain.of[change][WN_GAIN_BOTH];

            covered += of->low <= 0 && of->high >= 0;
        }
    }
    assert_true(covered >= 7); /* of 9 */
}

static void what_changes_nothing_gains_nothing(void **state)
{
    const double flip[] = {0, 0}, joint[] = {.5, 0, 0, .5};

    (void)state;
    make_rows(2, flip, 4);
    const struct wn_gain gain = measure(0, joint, 2);
    for (int change = WN_GAIN_DROP; change <= WN_GAIN_RELABEL; change++) {
        const struct wn_gain_interval *of = &gain.of[change][WN_GAIN_BOTH];

        assert_true(of->mean == 0 && of->low < 0 && of->high > 0);
    }
    assert_int_equal(gain.best, -1);
    /* Rows that go whatever their label says do change something. */
    for (int i = 0; i < N; i++)
        gone[i] = truth[i] && i % 20 != 1;
    const struct wn_gain lost = measure(0, joint, 2);
    assert_true(lost.of[WN_GAIN_DROP][WN_GAIN_BOTH].high < 0);
    assert_int_equal(lost.best, -1);
}

static void threads_change_nothing(void **state)
{
    const double flip[] = {.2, .2}, joint[] = {.4, .1, .1, .4};

    (void)state;
    make_rows(2, flip, 5);
    const struct wn_gain one = measure(100, joint, 1);
    const struct wn_gain four = measure(100, joint, 4);
    assert_memory_equal(&one, &four, sizeof one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(corrects_by_the_inverse),
        cmocka_unit_test(finds_what_dropping_brings),
        cmocka_unit_test(test_labels_do_not_choose),
        cmocka_unit_test(what_changes_nothing_gains_nothing),
        cmocka_unit_test(threads_change_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
