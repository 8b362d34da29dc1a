/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/kernel: the leave-one-out formula against refitting without the row
 * (a row of weight 0 is not trained on and predicted like a new one). */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "learn/kernel.h"
#include "linalg/products.h"
#include "util/random.h"

enum { N = 200, D = 6, K = 3 };

static const struct wn_kernel settings = {
    .landmarks = 256, .bandwidth = 2, .ridge = 0.5};

static void make_rows(float *x, int32_t *label)
{
    struct wn_random random;

    wn_random_start(&random, 3, WN_RANDOM_SAMPLE, 0, 0);
    for (int i = 0; i < N; i++) {
        label[i] = (int32_t)wn_random_below(&random, K);
        for (int j = 0; j < D; j++)
            x[i * D + j] =
                (float)(wn_random_normal(&random) + 1.5 * (j == label[i]));
    }
}

static struct wn_sample sample_of(const float *x, const int32_t *label,
                                  const float *weight, const int32_t *group,
                                  int threads)
{
    return (struct wn_sample){.x = x,
                              .n = N,
                              .d = D,
                              .k = K,
                              .label = label,
                              .weight = weight,
                              .group = group,
                              .groups = group ? N : 0,
                              .seed = 1,
                              .threads = threads};
}

static void group_scores(const float *x, const int32_t *label,
                         const float *weight, const int32_t *group, int threads,
                         float *score)
{
    const struct wn_sample sample = sample_of(x, label, weight, group, threads);
    struct wn_standardize standard;
    struct wn_error error = {0};

    wn_standardize_make(&standard, x, N, D);
    assert_int_equal(
        wn_kernel_scores(&settings, &standard, &sample, score, &error), 0);
    wn_standardize_free(&standard);
}

static void scores(const float *x, const int32_t *label, const float *weight,
                   int threads, float *score)
{
    group_scores(x, label, weight, NULL, threads, score);
}

static int predict(const float *x, const int32_t *label, int threads,
                   float *probability, struct wn_error *error)
{
    const struct wn_sample sample = sample_of(x, label, NULL, NULL, threads);

    return wn_kernel_predict(&sample, probability, error);
}

static void compare_with_refits(const float *weight)
{
    static float x[N * D], all[N * K], without[N * K], changed[N];
    static int32_t label[N];
    double far = 0;

    make_rows(x, label);
    scores(x, label, weight, 1, all);
    for (int i = 0; i < N; i++) {
        for (int r = 0; r < N; r++)
            changed[r] = r == i ? 0 : weight ? weight[r] : 1;
        scores(x, label, changed, 1, without);
        for (int c = 0; c < K; c++)
            far = fmax(
                far, fabs((double)all[i * K + c] - (double)without[i * K + c]));
    }
    assert_true(far < 1e-4);
    assert_true(far > 0);
}

static void leave_one_out_is_a_refit(void **state)
{
    (void)state;
    compare_with_refits(NULL);
}

static void leave_one_out_is_a_refit_with_weights(void **state)
{
    static float weight[N];
    struct wn_random random;

    (void)state;
    wn_random_start(&random, 4, WN_RANDOM_SAMPLE, 0, 0);
    for (int i = 0; i < N; i++)
        weight[i] = (float)wn_random_unit(&random);
    compare_with_refits(weight);
}

/* Groups of 1, 2, 3 ... rows, scattered: the block formula against refits in
 * which the whole group has weight 0. */
static void a_group_left_out_is_a_refit(void **state)
{
    static float x[N * D], all[N * K], again[N * K], without[N * K];
    static float weight[N], changed[N];
    static int32_t label[N], group[N];
    struct wn_random random;
    int size[N] = {0}, groups = 0;
    double far = 0;

    (void)state;
    make_rows(x, label);
    wn_random_start(&random, 5, WN_RANDOM_SAMPLE, 0, 0);
    for (int i = 0; i < N; i++) {
        group[i] = groups;
        groups += ++size[groups] > groups;
        weight[i] = (float)wn_random_unit(&random);
    }
    wn_random_shuffle(&random, group, N);
    label[3] = -1;
    group_scores(x, label, weight, group, 1, all);
    group_scores(x, label, weight, group, 4, again);
    assert_memory_equal(all, again, sizeof all);
    for (int g = 0; g <= groups; g++) {
        for (int r = 0; r < N; r++)
            changed[r] = group[r] == g ? 0 : weight[r];
        scores(x, label, changed, 1, without);
        for (int i = 0; i < N; i++)
            for (int c = 0; group[i] == g && c < K; c++)
                far = fmax(far, fabs((double)all[i * K + c] -
                                     (double)without[i * K + c]));
    }
    assert_true(far < 1e-4);
    assert_true(far > 0);
}

/* The scores of a group of `large` rows, the others being alone, are those of a
 * fit in which the group has weight 0. copies: its rows are equal. */
static void compare_large_group(int rows, int large, bool copies)
{
    enum { MAX_ROWS = 9000 };
    static float x[MAX_ROWS * D], all[MAX_ROWS * K], without[MAX_ROWS * K];
    static float weight[MAX_ROWS];
    static int32_t label[MAX_ROWS], group[MAX_ROWS];
    const struct wn_kernel few = {
        .landmarks = 64, .bandwidth = 2, .ridge = copies ? 1e-4 : 1};
    struct wn_sample sample = sample_of(x, label, NULL, group, 2);
    struct wn_standardize standard;
    struct wn_random random;
    struct wn_error error = {0};

    wn_random_start(&random, 6, WN_RANDOM_SAMPLE, 0, 0);
    for (int i = 0; i < rows; i++) {
        label[i] = (int32_t)wn_random_below(&random, K);
        group[i] = i < large ? 0 : i - large + 1;
        weight[i] = i >= large;
        for (int j = 0; j < D; j++)
            x[i * D + j] = (float)(wn_random_normal(&random) + (j == label[i]));
        if (copies && i < large)
            memcpy(x + i * D, x, D * sizeof *x);
    }
    sample.n = (size_t)rows;
    sample.groups = (size_t)(rows - large) + 1;
    wn_standardize_make(&standard, x, (size_t)rows, D);
    unit_must(wn_kernel_scores(&few, &standard, &sample, all, &error), &error);
    sample.group = NULL;
    sample.groups = 0;
    sample.weight = weight;
    unit_must(wn_kernel_scores(&few, &standard, &sample, without, &error),
              &error);
    wn_standardize_free(&standard);
    for (int i = 0; i < large * K; i++)
        assert_near((double)all[i], (double)without[i], 1e-4);
}

/* More rows than the block formula takes: its rows are subtracted. */
static void a_large_group_is_left_out_too(void **state)
{
    (void)state;
    compare_large_group(9000, 2250, false);
}

/* Most of the rows: the others are summed. */
static void a_group_of_most_rows_is_left_out_too(void **state)
{
    (void)state;
    compare_large_group(3000, 2500, false);
    compare_large_group(600, 569, true);
}

/* The sum of squared errors, with all rows as landmarks, both ways; with groups
 * too. Landmarks take 0.001 more on the diagonal. */
static void loo_errors_are_those_of_the_scores(void **state)
{
    static float x[N * D], score[N * K], weight[N];
    static int32_t label[N], group[N];
    struct wn_trial trial[2] = {{settings.bandwidth, settings.ridge, 0},
                                {settings.bandwidth, settings.ridge, 0}};
    struct wn_standardize standard;
    struct wn_error error = {0};

    (void)state;
    make_rows(x, label);
    for (int i = 0; i < N; i++) {
        group[i] = (N - i) * (N - i) / 300;
        weight[i] = 0.25f * (float)(1 + i % 4);
    }
    wn_standardize_make(&standard, x, N, D);
    for (int grouped = 0; grouped < 2; grouped++) {
        const struct wn_sample sample =
            sample_of(x, label, weight, grouped ? group : NULL, 2);
        struct wn_kernel_loo *loo = wn_kernel_loo_new(&sample, &standard);
        double squared = 0;

        assert_int_equal(wn_kernel_loo_try(loo, trial, 2, &error), 0);
        assert_true(trial[0].squared_error == trial[1].squared_error);
        assert_int_equal(
            wn_kernel_scores(&settings, &standard, &sample, score, &error), 0);
        for (int i = 0; i < N; i++)
            for (int c = 0; c < K; c++)
                squared += pow((double)score[i * K + c] - (label[i] == c), 2);
        assert_true(fabs(trial[0].squared_error / squared - 1) < 1e-3);
        wn_kernel_loo_free(loo);
    }
    wn_standardize_free(&standard);
}

static void threads_do_not_show(void **state)
{
    static float x[N * D], one[N * K], four[N * K];
    static int32_t label[N];
    struct wn_error error = {0};

    (void)state;
    make_rows(x, label);
    assert_int_equal(predict(x, label, 1, one, &error), 0);
    assert_int_equal(predict(x, label, 4, four, &error), 0);
    assert_memory_equal(one, four, sizeof one);
}

static void own_label_is_not_used(void **state)
{
    static float x[N * D], before[N * K], after[N * K];
    static int32_t label[N];

    (void)state;
    make_rows(x, label);
    scores(x, label, NULL, 1, before);
    label[7] = (label[7] + 1) % K;
    scores(x, label, NULL, 1, after);
    for (int c = 0; c < K; c++)
        assert_true(fabs((double)before[7 * K + c] - (double)after[7 * K + c]) <
                    1e-4);
}

static void probabilities_are_right_and_sum_to_one(void **state)
{
    static float x[N * D], probability[N * K];
    static int32_t label[N];
    struct wn_error error = {0};
    int right = 0;

    (void)state;
    make_rows(x, label);
    assert_int_equal(predict(x, label, 2, probability, &error), 0);
    for (int i = 0; i < N; i++) {
        double sum = 0;
        int best = 0;

        for (int c = 0; c < K; c++) {
            sum += (double)probability[i * K + c];
            if (probability[i * K + c] > probability[i * K + best])
                best = c;
        }
        assert_true(fabs(sum - 1) < 1e-6);
        right += best == label[i];
    }
    /* Three unit Gaussians at distance 1.5 sqrt 2: Bayes is right in about 77 %
     * of the rows (simulated), so anything near it will do. */
    assert_in_range(right, 140, 175);
}

static void equal_rows_have_an_answer(void **state)
{
    static float x[N * D], probability[N * K];
    static int32_t label[N];
    struct wn_error error = {0};

    (void)state;
    memset(x, 0, sizeof x);
    for (int i = 0; i < N; i++)
        label[i] = i % 2;
    assert_int_equal(predict(x, label, 2, probability, &error), 0);
    for (int i = 0; i < N * K; i++)
        assert_true(isfinite(probability[i]));
}

static int start(void **state)
{
    (void)state;
    wn_linear_start();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leave_one_out_is_a_refit),
        cmocka_unit_test(leave_one_out_is_a_refit_with_weights),
        cmocka_unit_test(a_group_left_out_is_a_refit),
        cmocka_unit_test(a_large_group_is_left_out_too),
        cmocka_unit_test(a_group_of_most_rows_is_left_out_too),
        cmocka_unit_test(loo_errors_are_those_of_the_scores),
        cmocka_unit_test(threads_do_not_show),
        cmocka_unit_test(own_label_is_not_used),
        cmocka_unit_test(probabilities_are_right_and_sum_to_one),
        cmocka_unit_test(equal_rows_have_an_answer),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
