/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/predictors and pool: rows sum to 1 and do not read their own label; the
 * measures of quality by hand. */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "learn/calibrate.h"
#include "learn/folds.h"
#include "linalg/products.h"
#include "knn/exact.h"
#include "learn/predictors.h"
#include "learn/softmax.h"
#include "linalg/standardize.h"
#include "util/random.h"

enum { N = 120, D = 4, K = 3, M = 5 };

static float x[N * D], distance[N * M];
static int32_t label[N], fold[N], neighbor[N * M];

static struct wn_sample make_sample(void)
{
    struct wn_error error = {0};
    struct wn_random random;

    wn_random_start(&random, 2, WN_RANDOM_SAMPLE, 0, 0);
    for (int i = 0; i < N; i++) {
        label[i] = (int32_t)wn_random_below(&random, K);
        fold[i] = i % 4;
        for (int j = 0; j < D; j++)
            x[i * D + j] =
                (float)(wn_random_normal(&random) + 2 * (j == label[i]));
    }
    const struct wn_graph graph = {
        .x = x, .n = N, .d = D, .m = M, .metric = WN_EUCLIDEAN, .threads = 1};
    assert_int_equal(wn_knn_exact(&graph, neighbor, distance, &error), 0);
    return (struct wn_sample){.n = N,
                              .d = D,
                              .k = K,
                              .m = M,
                              .x = x,
                              .label = label,
                              .neighbor = neighbor,
                              .distance = distance,
                              .fold = fold,
                              .folds = 4,
                              .threads = 2};
}

static void sums_to_one(const float *probability)
{
    for (int i = 0; i < N; i++) {
        double sum = 0;

        for (int c = 0; c < K; c++) {
            assert_true(probability[i * K + c] >= 0);
            sum += (double)probability[i * K + c];
        }
        assert_true(fabs(sum - 1) < 1e-5);
    }
}

/* Change the label of one row: its own prediction stays. Trees and neighbours
 * do not see it at all; bandwidth and ridge of kernel and the penalty of
 * softmax are chosen from all labels together. */
static void own_label_is_not_read(void **state)
{
    static const struct {
        const char *name;
        double most;
    } allowed[] = {{"kernel", 0.02},
                   {"trees", 0},
                   {"neighbors", 0},
                   {"softmax", 0.02},
                   {"mlp", 0}};
    struct wn_sample sample = make_sample();
    static float before[N * K], after[N * K];
    struct wn_error error = {0};

    (void)state;
    for (size_t p = 0; wn_predictors[p].name; p++) {
        double most = 0;

        assert_string_equal(wn_predictors[p].name, allowed[p].name);
        assert_int_equal(wn_predictors[p].predict(&sample, before, &error), 0);
        sums_to_one(before);
        for (int i = 0; i < N; i += 17) {
            const int32_t kept = label[i];

            label[i] = (kept + 1) % K;
            assert_int_equal(wn_predictors[p].predict(&sample, after, &error),
                             0);
            label[i] = kept;
            for (int c = 0; c < K; c++)
                most = fmax(most, fabs((double)after[i * K + c] -
                                       (double)before[i * K + c]));
        }
        if (most > allowed[p].most)
            print_message("%s moved by %g\n", allowed[p].name, most);
        assert_true(most <= allowed[p].most);
    }
}

/* Change all labels of one group: the predictions of its rows stay, with the
 * same exceptions. */
static void labels_of_the_group_are_not_read(void **state)
{
    static const double allowed[] = {0.1, 0, 0, 0.15, 0};
    struct wn_sample sample = make_sample();
    static float before[N * K], after[N * K];
    static int32_t group[N], kept[N];
    struct wn_error error = {0};

    (void)state;
    for (int i = 0; i < N; i++)
        group[i] = i % 24;
    memcpy(kept, label, sizeof kept);
    sample.group = group;
    sample.groups = 24;
    assert_int_equal(
        wn_folds_assign(label, N, K, group, 24, 4, 0, fold, &error), 0);
    for (size_t p = 0; wn_predictors[p].name; p++) {
        double most = 0;

        assert_int_equal(wn_predictors[p].predict(&sample, before, &error), 0);
        sums_to_one(before);
        for (int i = 3; i < N; i += 24)
            label[i] = (label[i] + 1) % K;
        assert_int_equal(wn_predictors[p].predict(&sample, after, &error), 0);
        memcpy(label, kept, sizeof kept);
        assert_memory_not_equal(before, after, sizeof after);
        for (int i = 3; i < N; i += 24)
            for (int c = 0; c < K; c++)
                most = fmax(most, fabs((double)after[i * K + c] -
                                       (double)before[i * K + c]));
        if (most > allowed[p])
            print_message("%s moved by %g\n", wn_predictors[p].name, most);
        assert_true(most <= allowed[p]);
    }
}

/* With a given penalty, other labels of a fold do not change the predictions of
 * its rows; the folds share products, whose rounding may differ. */
static void labels_of_the_fold_are_not_read(void **state)
{
    const struct wn_sample s = make_sample();
    static float before[N * K], after[N * K];
    struct wn_error error = {0};

    (void)state;
    for (int turn = 0; turn < 2; turn++) {
        assert_int_equal(wn_softmax_predict(&wn_softmax_defaults, &s, NULL,
                                            turn ? after : before, NULL,
                                            &error),
                         0);
        for (int i = 0; i < N; i++)
            if (fold[i] == 1)
                label[i] = (label[i] + 1) % K;
    }
    for (int i = 0; i < N * K; i++)
        if (fold[i / K] == 1)
            assert_true(fabs((double)after[i] - (double)before[i]) < 1e-4);
}

/* A member's weight, with H from the labels' shares. */
static double weight_by_hand(double log_loss)
{
    double count[K] = {0}, blind = 0;

    for (int i = 0; i < N; i++)
        count[label[i]]++;
    for (int c = 0; c < K; c++)
        blind -= count[c] / N * log(count[c] / N);
    return pow(fmax(blind - log_loss, blind / sqrt(N)) / log_loss, 3);
}

/* Pool two calibrated predictions by the definition, in double, into *one.
 * quality[2] are their measures in the first pass. */
static void pool_by_hand(float *one, const float *two,
                         const struct wn_quality *quality)
{
    const double a = weight_by_hand(quality[0].log_loss);
    const double b = weight_by_hand(quality[1].log_loss);

    for (int i = 0; i < N; i++) {
        double sum = 0;

        for (int c = i * K; c < (i + 1) * K; c++) {
            one[c] = (float)exp((a * log((double)one[c] + 0.01 / K) +
                                 b * log((double)two[c] + 0.01 / K)) /
                                (a + b));
            sum += (double)one[c];
        }
        for (int c = i * K; c < (i + 1) * K; c++)
            one[c] = (float)((double)one[c] / sum);
    }
    wn_calibrate(one, N, K, label, 1, NULL);
}

static void committee_is_the_pool(void **state)
{
    struct wn_sample sample = make_sample();
    static float one[N * K], two[N * K], both[N * K], own[2 * N * K];
    const struct wn_predictor *chosen[2] = {&wn_predictors[1],
                                            &wn_predictors[2]};
    struct wn_quality quality[3];
    struct wn_error error = {0};

    (void)state;
    assert_int_equal(chosen[0]->predict(&sample, one, &error), 0);
    assert_int_equal(chosen[1]->predict(&sample, two, &error), 0);
    assert_int_equal(
        wn_pool_predict(chosen, 2, 1, &sample, both, own, quality, &error), 0);
    wn_calibrate(one, N, K, label, 1, NULL);
    wn_calibrate(two, N, K, label, 1, NULL);
    assert_memory_equal(own, one, sizeof one);
    assert_memory_equal(own + N * K, two, sizeof two);
    assert_true(quality[0].log_loss ==
                wn_quality_measure(one, N, K, label).log_loss);
    pool_by_hand(one, two, quality);
    for (int cell = 0; cell < N * K; cell++)
        assert_true(fabs((double)both[cell] - (double)one[cell]) < 1e-5);
}

/* The second pass by its definition: weights from the first, members that are
 * fitted once keep their result. */
static void second_pass_by_hand(void **state)
{
    struct wn_sample sample = make_sample();
    static float first[N * K], kernel[N * K], again[N * K], both[N * K];
    static float own[2 * N * K], same[N * K];
    static float weight[N];
    const struct wn_predictor *chosen[2] = {&wn_predictors[0],
                                            &wn_predictors[2]};
    struct wn_quality quality[3], last[3];
    struct wn_error error = {0};

    (void)state;
    assert_true(chosen[0]->once && !chosen[1]->once);
    assert_int_equal(
        wn_pool_predict(chosen, 2, 1, &sample, first, NULL, quality, &error),
        0);
    for (int i = 0; i < N; i++) {
        float most = 0;

        for (int c = 0; c < K; c++)
            most = fmaxf(most, first[i * K + c]);
        weight[i] = first[i * K + label[i]] / most;
    }
    assert_int_equal(chosen[0]->predict(&sample, kernel, &error), 0);
    wn_calibrate(kernel, N, K, label, 1, NULL);
    sample.weight = weight;
    assert_int_equal(chosen[1]->predict(&sample, again, &error), 0);
    wn_calibrate(again, N, K, label, 1, NULL);
    sample.weight = NULL;
    assert_int_equal(
        wn_pool_predict(chosen, 2, 2, &sample, both, NULL, last, &error), 0);
    assert_int_equal(
        wn_pool_predict(chosen, 2, 2, &sample, same, own, last, &error), 0);
    assert_memory_equal(both, same, sizeof both);
    assert_memory_equal(own, kernel, sizeof kernel);
    assert_memory_equal(own + N * K, again, sizeof again);
    pool_by_hand(again, kernel, (struct wn_quality[]){quality[1], quality[0]});
    for (int cell = 0; cell < N * K; cell++)
        assert_true(fabs((double)both[cell] - (double)again[cell]) < 1e-5);
}

/* Rows standardised and cut, by hand: 1 .. 99 and 1000 have mean 59.5 and
 * deviation 98.708; the last is cut at 3. */
static void rows_are_cut(void **state)
{
    float rows[200], out[2];
    struct wn_standardize standard;

    (void)state;
    for (int i = 0; i < 100; i++) {
        rows[2 * i] = i == 99 ? 1000 : (float)(i + 1);
        rows[2 * i + 1] = 0.1f;
    }
    wn_standardize_make(&standard, rows, 100, 2);
    wn_standardize_row(&standard, rows, out);
    assert_true(fabs((double)out[0] + 58.5 / 98.707902) < 1e-5);
    assert_true(out[1] == 0);
    wn_standardize_row(&standard, rows + 198, out);
    assert_true(out[0] == 3);
    /* 9.5281^2 - 9 of the 100 that all rows have together. */
    assert_true(fabs(wn_standardize_excess(&standard, rows, 100) - 0.8178493) <
                1e-3);
    wn_standardize_free(&standard);
}

/* Four rows with a label, one without. Largest probabilities .9 (right), .6
 * (wrong), .6 (right), .5 (right, a tie to the lower class): bins of a
 * fifteenth: {.9}, {.6, .6}, {.5}. */
static void quality_by_hand(void **state)
{
    static const float p[] = {0.9f, 0.1f, 0.6f, 0.4f, 0.4f,
                              0.6f, 0.5f, 0.5f, 0.2f, 0.8f};
    static const int32_t y[] = {0, 1, 1, 0, -1};
    const struct wn_quality quality = wn_quality_measure(p, 5, 2, y);
    const double loss = -(log(0.9) + log(0.4) + log(0.6) + log(0.5)) / 4;

    (void)state;
    assert_true(fabs(quality.log_loss - loss) < 1e-7);
    assert_true(fabs(quality.accuracy - 0.75) < 1e-12);
    assert_true(fabs(quality.calibration - (0.1 + 0.2 + 0.5) / 4) < 1e-6);
}

enum { ROWS = 600, WIDTH = 30, CLASSES = 4 };

/* How often a row gives its own label more than the label of another row, ties
 * by half: the area under the ROC curve of two samples. */
static double prefers_own(const float *p, const int32_t *own)
{
    double before = 0;

    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < ROWS; j++) {
            const float given = p[i * CLASSES + own[i]];
            const float other = p[j * CLASSES + own[(j * 7 + 211) % ROWS]];

            before += given > other ? 1 : given < other ? 0 : 0.5;
        }
    return before / ((double)ROWS * ROWS);
}

/* Labels drawn without a look at the features, two passes: whoever prefers a
 * row's own has seen it. Half the area is expected, .017 its deviation; what
 * the weights of a second pass bring from a row's label to itself
 * (winnow-models(7)) is less. Where each row has a twin of the same label, all
 * of them do see it, and are caught. (Not mlp, which takes long and has the
 * folds of softmax.) */
static void noise_tells_nothing(void **state)
{
    static float rows[ROWS * WIDTH], far[ROWS * M], p[ROWS * CLASSES];
    static int32_t own[ROWS], part[ROWS], near[ROWS * M];
    struct wn_quality quality[2];
    struct wn_error error = {0};
    struct wn_random random;

    (void)state;
    wn_random_start(&random, 8, WN_RANDOM_SAMPLE, 0, 0);
    for (int twins = 0; twins < 2; twins++) {
        for (int i = 0; i < ROWS; i++) {
            const int twin = twins && i >= ROWS / 2 ? i - ROWS / 2 : -1;

            own[i] = twin >= 0 ? own[twin]
                               : (int32_t)wn_random_below(&random, CLASSES);
            part[i] = (i + i / (ROWS / 2)) % 5;
            for (int j = 0; j < WIDTH; j++)
                rows[i * WIDTH + j] = twin >= 0
                                          ? rows[twin * WIDTH + j]
                                          : (float)wn_random_normal(&random);
        }
        const struct wn_graph graph = {.x = rows,
                                       .n = ROWS,
                                       .d = WIDTH,
                                       .m = M,
                                       .metric = WN_EUCLIDEAN,
                                       .threads = 2};
        assert_int_equal(wn_knn_exact(&graph, near, far, &error), 0);
        const struct wn_sample sample = {.n = ROWS,
                                         .d = WIDTH,
                                         .k = CLASSES,
                                         .m = M,
                                         .x = rows,
                                         .label = own,
                                         .neighbor = near,
                                         .distance = far,
                                         .fold = part,
                                         .folds = 5,
                                         .threads = 2};
        for (size_t m = 0; m < 4; m++) {
            const struct wn_predictor *one = &wn_predictors[m];

            assert_int_equal(
                wn_pool_predict(&one, 1, 2, &sample, p, NULL, quality, &error),
                0);
            const double area = prefers_own(p, own);

            if (twins ? area < 0.6 : fabs(area - 0.5) > 0.06)
                print_message("%s%s: %.4f\n", wn_predictors[m].name,
                              twins ? " of twins" : "", area);
            assert_true(twins ? area > 0.6 : fabs(area - 0.5) <= 0.06);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_label_is_not_read),
        cmocka_unit_test(labels_of_the_group_are_not_read),
        cmocka_unit_test(labels_of_the_fold_are_not_read),
        cmocka_unit_test(committee_is_the_pool),
        cmocka_unit_test(second_pass_by_hand),
        cmocka_unit_test(noise_tells_nothing),
        cmocka_unit_test(rows_are_cut),
        cmocka_unit_test(quality_by_hand),
    };

    wn_linear_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
