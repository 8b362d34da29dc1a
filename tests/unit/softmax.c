/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/folds against its rules; learn/softmax
 * against the conditions of an optimum, which a fit of scikit-learn 1.2 meets
 * too: the numbers of golden_probabilities are its LogisticRegression(C=1,
 * tol=1e-10) on the same rows. */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "linalg/lbfgs.h"
#include "learn/folds.h"
#include "linalg/products.h"
#include "learn/softmax.h"
#include "util/random.h"

enum { N = 600, D = 5, K = 4 };

static void make_rows(float *x, int32_t *label, size_t n)
{
    struct wn_random random;

    wn_random_start(&random, 11, WN_RANDOM_SAMPLE, 0, 0);
    for (size_t i = 0; i < n; i++) {
        label[i] = (int32_t)wn_random_below(&random, K);
        for (size_t j = 0; j < D; j++)
            x[i * D + j] =
                (float)(wn_random_normal(&random) + (j == (size_t)label[i]));
    }
}

static void folds_are_even(void **state)
{
    int32_t label[103], fold[103], again[103];
    int count[5][7] = {{0}};
    struct wn_error error = {0};

    (void)state;
    for (int i = 0; i < 103; i++)
        label[i] = i < 50 ? 0 : i < 90 ? 1 : i < 100 ? -1 : 2;
    assert_int_equal(
        wn_folds_assign(label, 103, 3, NULL, 0, 7, 1, fold, &error), 0);
    assert_int_equal(
        wn_folds_assign(label, 103, 3, NULL, 0, 7, 1, again, &error), 0);
    assert_memory_equal(fold, again, sizeof fold);
    for (int i = 0; i < 103; i++) {
        assert_in_range(fold[i], 0, 6);
        count[label[i] + 1][fold[i]]++;
        count[4][fold[i]]++;
    }
    for (int f = 0; f < 7; f++) {
        assert_in_range(count[1][f], 7, 8);
        assert_in_range(count[2][f], 5, 6);
        assert_in_range(count[4][f], 14, 15);
    }
    assert_int_equal(
        wn_folds_assign(label, 103, 3, NULL, 0, 7, 2, again, &error), 0);
    assert_int_not_equal(memcmp(fold, again, sizeof fold), 0);
    assert_int_equal(wn_folds_assign(label, 3, 3, NULL, 0, 4, 1, fold, &error),
                     -1);
    assert_int_equal(error.code, WN_EUSAGE);
}

static int predict(const struct wn_softmax *how, const float *x, size_t n,
                   size_t d, const int32_t *label, const float *weight,
                   size_t k, const int32_t *fold, size_t folds,
                   const int32_t *part, int threads, float *probability,
                   size_t *used, struct wn_error *error)
{
    const struct wn_sample sample = {.n = n,
                                     .d = d,
                                     .k = k,
                                     .x = x,
                                     .label = label,
                                     .weight = weight,
                                     .fold = fold,
                                     .folds = folds,
                                     .threads = threads};

    return wn_softmax_predict(how, &sample, part, probability, used, error);
}

static void threads_do_not_show(void **state)
{
    enum { ROWS = 3000 };
    static float x[ROWS * D], one[ROWS * K], four[ROWS * K];
    static int32_t label[ROWS], fold[ROWS];
    struct wn_error error = {0};

    (void)state;
    make_rows(x, label, ROWS);
    assert_int_equal(
        wn_folds_assign(label, ROWS, K, NULL, 0, 5, 0, fold, &error), 0);
    assert_int_equal(predict(&wn_softmax_defaults, x, ROWS, D, label, NULL, K,
                             fold, 5, NULL, 1, one, NULL, &error),
                     0);
    assert_int_equal(predict(&wn_softmax_defaults, x, ROWS, D, label, NULL, K,
                             fold, 5, NULL, 4, four, NULL, &error),
                     0);
    assert_memory_equal(one, four, sizeof one);
}

/* Eight rows, two folds: what scikit-learn's optimum gives the other half. */
static void golden_probabilities(void **state)
{
    static const float x[] = {0,    0, 1, 0, 0, 1, 2, 2,
                              0.5f, 0, 1, 1, 0, 2, 2, 1};
    static const int32_t label[] = {0, 1, 2, 1, 0, 1, 2, 1};
    static const int32_t fold[] = {0, 0, 0, 0, 1, 1, 1, 1};
    static const double wanted[8][3] = {{0.55943009, 0.25989979, 0.18067012},
                                        {0.41133933, 0.48249186, 0.10616882},
                                        {0.32567131, 0.31272807, 0.36160061},
                                        {0.06214793, 0.78632230, 0.15152976},
                                        {0.33882187, 0.42886662, 0.23231150},
                                        {0.17278183, 0.59342135, 0.23379682},
                                        {0.17678187, 0.29831267, 0.52490546},
                                        {0.07697354, 0.82598121, 0.09704525}};
    struct wn_softmax how = wn_softmax_defaults;
    struct wn_error error = {0};
    float found[24];
    size_t used;

    (void)state;
    how.tolerance = 1e-6;
    assert_int_equal(predict(&how, x, 8, 2, label, NULL, 3, fold, 2, NULL, 1,
                             found, &used, &error),
                     0);
    assert_true(used < how.iterations);
    for (int i = 0; i < 8; i++)
        for (int c = 0; c < 3; c++)
            assert_true(fabs((double)found[i * 3 + c] - wanted[i][c]) < 1e-4);
}

/* A row of weight 2 counts as two rows, one of weight 0 as none. */
static void weights_count_rows(void **state)
{
    static const float x[] = {0, 1, 2, 3, 4, 5, 1.5f, 3.5f, 9};
    static const int32_t label[] = {0, 1, 0, 1, 0, 1, 1, 0, 0};
    static const int32_t fold[] = {0, 0, 0, 1, 1, 1, 0, 1, 0};
    static const float weight[] = {1, 2, 1, 1, 2, 1, 1, 1, 0};
    static const float twice_x[] = {0, 1, 2, 3, 4, 5, 1.5f, 3.5f, 1, 4};
    static const int32_t twice_label[] = {0, 1, 0, 1, 0, 1, 1, 0, 1, 0};
    static const int32_t twice_fold[] = {0, 0, 0, 1, 1, 1, 0, 1, 0, 1};
    struct wn_softmax how = wn_softmax_defaults;
    struct wn_error error = {0};
    float by_weight[18], by_rows[20];

    (void)state;
    how.tolerance = 1e-6;
    assert_int_equal(predict(&how, x, 9, 1, label, weight, 2, fold, 2, NULL, 1,
                             by_weight, NULL, &error),
                     0);
    assert_int_equal(predict(&how, twice_x, 10, 1, twice_label, NULL, 2,
                             twice_fold, 2, NULL, 1, by_rows, NULL, &error),
                     0);
    for (int cell = 0; cell < 16; cell++)
        assert_true(fabs((double)by_weight[cell] - (double)by_rows[cell]) <
                    1e-5);
}

/* 20 groups of 1 to 20 rows of two classes: whole, every fold with a fair part
 * of rows and of classes; the same for the same seed. */
static void folds_keep_groups_whole(void **state)
{
    enum { ROWS = 210, GROUPS = 21, FOLDS = 5 };
    int32_t label[ROWS], group[ROWS], fold[ROWS], again[ROWS], of[GROUPS];
    int rows[FOLDS] = {0}, ones[FOLDS] = {0}, at = 0;
    struct wn_error error = {0};

    (void)state;
    for (int g = 0; g < GROUPS; g++)
        of[g] = -1;
    for (int g = 1; g < GROUPS; g++)
        for (int r = 0; r < g; r++, at++) {
            group[at] = g;
            label[at] = at % 15 == 14 ? -1 : at % 3 == 0;
        }
    assert_int_equal(at, ROWS);
    assert_int_equal(
        wn_folds_assign(label, ROWS, 2, group, GROUPS, FOLDS, 7, fold, &error),
        0);
    assert_int_equal(
        wn_folds_assign(label, ROWS, 2, group, GROUPS, FOLDS, 7, again, &error),
        0);
    assert_memory_equal(fold, again, sizeof fold);
    for (int i = 0; i < ROWS; i++) {
        assert_in_range(fold[i], 0, FOLDS - 1);
        assert_true(of[group[i]] == -1 || of[group[i]] == fold[i]);
        of[group[i]] = fold[i];
        rows[fold[i]]++;
        ones[fold[i]] += label[i] == 1;
    }
    for (int f = 0; f < FOLDS; f++) {
        assert_in_range(rows[f], 36, 48);
        assert_in_range(ones[f], 10, 18);
    }
    assert_int_equal(
        wn_folds_assign(label, ROWS, 2, group, GROUPS, 21, 7, fold, &error),
        -1);
    assert_int_equal(error.code, WN_EUSAGE);
}

/* A class that only one fold has gets 0 there and something elsewhere; rows
 * without a label are predicted. */
static void absent_classes_and_labels(void **state)
{
    static const float x[] = {0, 1, 2, 3, 4, 5};
    static const int32_t label[] = {0, 1, 2, 0, 1, -1};
    static const int32_t fold[] = {0, 0, 0, 1, 1, 1};
    struct wn_softmax how = wn_softmax_defaults;
    struct wn_error error = {0};
    float found[18];

    (void)state;
    assert_int_equal(predict(&how, x, 6, 1, label, NULL, 3, fold, 2, NULL, 1,
                             found, NULL, &error),
                     0);
    for (int i = 0; i < 6; i++) {
        double sum = 0;

        for (int c = 0; c < 3; c++) {
            assert_true(found[i * 3 + c] >= 0);
            sum += (double)found[i * 3 + c];
        }
        assert_true(fabs(sum - 1) < 1e-6);
        assert_true((found[i * 3 + 2] == 0) == (fold[i] == 0));
    }
}

static void nothing_to_train_on(void **state)
{
    static const float x[] = {0, 1, 2, 3};
    static const int32_t label[] = {0, 1, -1, -1}, fold[] = {0, 0, 1, 1};
    struct wn_softmax how = wn_softmax_defaults;
    struct wn_error error = {0};
    float found[8];

    (void)state;
    assert_int_equal(predict(&how, x, 4, 1, label, NULL, 2, fold, 2, NULL, 1,
                             found, NULL, &error),
                     -1);
    assert_int_equal(error.code, WN_EDATA);
}

/* Two thirds of the labels are random, and there is a feature for every fourth
 * row: at the minimum the labels are memorised. Stopping at the least held-out
 * loss is sooner and better. */
static void patience_ends_before_the_minimum(void **state)
{
    enum { ROWS = 400, WIDTH = 100 };
    static float x[ROWS * WIDTH], found[2][ROWS * 2];
    static int32_t label[ROWS], fold[ROWS], part[ROWS];
    struct wn_softmax how = wn_softmax_defaults;
    struct wn_error error = {0};
    struct wn_random random;
    double loss[2] = {0};
    size_t used[2];

    (void)state;
    wn_random_start(&random, 4, WN_RANDOM_SAMPLE, 0, 0);
    for (size_t i = 0; i < ROWS; i++) {
        for (size_t j = 0; j < WIDTH; j++)
            x[i * WIDTH + j] = (float)wn_random_normal(&random);
        part[i] = (int32_t)(i % 7);
        label[i] =
            wn_random_below(&random, 3) ? (int)(i % 2) : x[i * WIDTH] > 0;
    }
    assert_int_equal(
        wn_folds_assign(label, ROWS, 2, NULL, 0, 5, 0, fold, &error), 0);
    for (int once = 0; once < 2; once++) {
        assert_int_equal(predict(&how, x, ROWS, WIDTH, label, NULL, 2, fold, 5,
                                 once ? part : NULL, 1, found[once],
                                 &used[once], &error),
                         0);
        for (size_t i = 0; i < ROWS; i++)
            loss[once] -=
                log(fmax((double)found[once][i * 2 + (size_t)label[i]], 1e-6)) /
                ROWS;
    }
    assert_true(used[1] < used[0]);
    assert_true(loss[1] < log(2) + 0.05);
    assert_true(loss[1] < 0.7 * loss[0]);
}

/* Rows that each are far from all but the two of their class. */
static void many_classes_are_found(void **state)
{
    enum { CLASSES = 80, ROWS = 3 * CLASSES, WIDTH = 12 };
    static float x[ROWS * WIDTH], found[ROWS * CLASSES];
    static int32_t label[ROWS], fold[ROWS];
    struct wn_error error = {0};
    struct wn_random random;
    size_t used, right = 0;

    (void)state;
    wn_random_start(&random, 9, WN_RANDOM_SAMPLE, 0, 0);
    for (size_t i = 0; i < ROWS; i++) {
        label[i] = (int32_t)(i % CLASSES);
        fold[i] = (int32_t)(i / CLASSES);
        for (size_t j = 0; j < WIDTH; j++)
            x[i * WIDTH + j] =
                (float)(0.2 * wn_random_normal(&random) +
                        (i < CLASSES ? 2 * wn_random_normal(&random)
                                     : (double)x[i % CLASSES * WIDTH + j]));
    }
    struct wn_softmax how = wn_softmax_defaults;
    assert_int_equal(predict(&how, x, ROWS, WIDTH, label, NULL, CLASSES, fold,
                             3, NULL, 2, found, &used, &error),
                     0);
    assert_true(used < 40);
    for (size_t i = 0; i < ROWS; i++) {
        size_t top = 0;

        for (size_t c = 1; c < CLASSES; c++)
            if (found[i * CLASSES + c] > found[i * CLASSES + top])
                top = c;
        right += top == (size_t)label[i];
    }
    assert_true((double)right > 0.8 * ROWS);
}

/* The bowl of sum_j bend[j] (w[j] - j)^2 / 2, a hundred thousand times as
 * steep in its steepest direction as in its flattest: down to its bottom, and
 * in one step with the inverse. */
static size_t go_down(const double *inverse, const double *bend, size_t rows,
                      double *found)
{
    struct wn_lbfgs way;
    size_t used = 0;

    wn_lbfgs_open(&way, rows, 1, inverse);
    for (; used < 200; used++) {
        way.trial_value = 0;
        for (size_t j = 0; j < rows; j++) {
            const double off = way.trial[j] - (double)j;

            way.trial_gradient[j] = bend[j] * off;
            way.trial_value += bend[j] * off * off / 2;
        }
        if (wn_lbfgs_step(&way) && wn_lbfgs_steepest(&way) < 1e-9)
            break;
    }
    memcpy(found, way.point, rows * sizeof *found);
    wn_lbfgs_free(&way);
    return used;
}

static void descent_reaches_the_bottom(void **state)
{
    enum { ROWS = 6 };
    const double bend[ROWS] = {1e5, 1e4, 1e3, 100, 10, 1};
    double inverse[ROWS * ROWS] = {0}, found[ROWS];

    (void)state;
    for (size_t j = 0; j < ROWS; j++)
        inverse[j * ROWS + j] = 1 / bend[j];
    assert_int_equal(go_down(inverse, bend, ROWS, found), 1);
    for (size_t j = 0; j < ROWS; j++)
        assert_true(fabs(found[j] - (double)j) < 1e-6);
    assert_in_range(go_down(NULL, bend, ROWS, found), 2, 199);
    for (size_t j = 0; j < ROWS; j++)
        assert_true(fabs(found[j] - (double)j) < 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds_are_even),
        cmocka_unit_test(folds_keep_groups_whole),
        cmocka_unit_test(weights_count_rows),
        cmocka_unit_test(threads_do_not_show),
        cmocka_unit_test(golden_probabilities),
        cmocka_unit_test(absent_classes_and_labels),
        cmocka_unit_test(nothing_to_train_on),
        cmocka_unit_test(patience_ends_before_the_minimum),
        cmocka_unit_test(many_classes_are_found),
        cmocka_unit_test(descent_reaches_the_bottom),
    };

    wn_linear_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
