/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/trees: what out-of-bag predictions promise, on synthetic rows.
 *
 * A tree's sample does not depend on labels, so if a prediction used the row's
 * own label anywhere, changing it would change some bit. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "learn/trees.h"
#include "util/random.h"

enum { N = 120, D = 5, K = 3 };

/* clang-format off */
static const struct wn_trees_options few = {
    .trees = 60, .candidates = 0, .min_rows = 2, .share = 1};
/* clang-format on */

/* Three clouds a class apart in two features, two features of noise, and one
 * constant. */
static void make_rows(float *x, int32_t *label)
{
    struct wn_random random;

    wn_random_start(&random, 5, WN_RANDOM_SAMPLE, 0, 0);
    for (int i = 0; i < N; i++) {
        label[i] = i % K;
        x[i * D] = (float)(4 * label[i] + wn_random_normal(&random));
        x[i * D + 1] = (float)(3 * (label[i] == 1) + wn_random_normal(&random));
        x[i * D + 2] = (float)wn_random_normal(&random);
        x[i * D + 3] = (float)wn_random_normal(&random);
        x[i * D + 4] = 1;
    }
}

static void grow(const float *x, const int32_t *label, const float *weight,
                 const int32_t *group, const struct wn_trees_options *options,
                 int threads, float *probability)
{
    const struct wn_sample sample = {.n = N,
                                     .d = D,
                                     .k = K,
                                     .x = x,
                                     .label = label,
                                     .weight = weight,
                                     .group = group,
                                     .groups = group ? (N + 5) / 6 : 0,
                                     .seed = 9,
                                     .threads = threads};

    assert_int_equal(wn_trees(&sample, options, probability, NULL), 0);
}

static void predict_rows(const float *x, const int32_t *label,
                         const float *weight, const int32_t *group, int threads,
                         float *probability)
{
    grow(x, label, weight, group, &few, threads, probability);
}

static void own_label_is_never_used(void **state)
{
    static float x[N * D], before[N * K], after[N * K];
    static int32_t label[N];

    (void)state;
    make_rows(x, label);
    predict_rows(x, label, NULL, NULL, 1, before);
    for (int i = 0; i < N; i += 7) {
        const int32_t kept = label[i];

        label[i] = (kept + 1) % K;
        predict_rows(x, label, NULL, NULL, 1, after);
        assert_memory_equal(after + i * K, before + i * K, K * sizeof *after);
        assert_memory_not_equal(after, before, sizeof after);
        label[i] = kept;
    }
}

/* Samples of a third of the rows: rows are judged as well, and their own labels
 * are not used. */
static void small_samples_do(void **state)
{
    static float x[N * D], before[N * K], after[N * K];
    static int32_t label[N];
    struct wn_trees_options third = few;
    int right = 0;

    (void)state;
    third.share = 1.0 / 3;
    make_rows(x, label);
    grow(x, label, NULL, NULL, &third, 2, before);
    for (int i = 0; i < N; i++) {
        int best = 0;

        for (int c = 1; c < K; c++)
            best = before[i * K + c] > before[i * K + best] ? c : best;
        right += best == label[i];
    }
    assert_in_range(right, 105, N);
    label[4] = (label[4] + 1) % K;
    grow(x, label, NULL, NULL, &third, 2, after);
    assert_memory_equal(after + 4 * K, before + 4 * K, K * sizeof *after);
    assert_memory_not_equal(after, before, sizeof after);
}

static void labels_of_the_group_are_not_used_either(void **state)
{
    static float x[N * D], before[N * K], after[N * K];
    static int32_t label[N], group[N];

    (void)state;
    make_rows(x, label);
    for (int i = 0; i < N; i++)
        group[i] = i / 6;
    predict_rows(x, label, NULL, group, 1, before);
    for (int i = 0; i < 6; i++)
        label[i] = (label[i] + 1) % K;
    predict_rows(x, label, NULL, group, 1, after);
    assert_memory_equal(after, before, 6 * K * sizeof *after);
    assert_memory_not_equal(after, before, sizeof after);
}

static void threads_do_not_show(void **state)
{
    static float x[N * D], one[N * K], four[N * K];
    static int32_t label[N];

    (void)state;
    make_rows(x, label);
    predict_rows(x, label, NULL, NULL, 1, one);
    predict_rows(x, label, NULL, NULL, 4, four);
    assert_memory_equal(one, four, sizeof one);
}

static void clouds_are_told_apart(void **state)
{
    static float x[N * D], probability[N * K];
    static int32_t label[N];
    int right = 0;

    (void)state;
    make_rows(x, label);
    predict_rows(x, label, NULL, NULL, 2, probability);
    for (int i = 0; i < N; i++) {
        const float *row = probability + i * K;
        double sum = 0;
        int best = 0;

        for (int c = 0; c < K; c++) {
            sum += (double)row[c];
            if (row[c] > row[best])
                best = c;
        }
        assert_true(sum > 1 - 1e-6 && sum < 1 + 1e-6);
        right += best == label[i];
    }
    /* scikit-learn's out-of-bag score on rows made this way is about .96 */
    assert_in_range(right, 108, N);
}

static void a_row_without_weight_has_no_vote(void **state)
{
    static float x[N * D], weight[N], probability[N * K];
    static int32_t label[N];

    (void)state;
    make_rows(x, label);
    for (int i = 0; i < N; i++)
        weight[i] = label[i] != 2;
    predict_rows(x, label, weight, NULL, 1, probability);
    for (int i = 0; i < N; i++)
        assert_true(probability[i * K + 2] < 0.1f);
}

static void odd_sets_have_answers(void **state)
{
    static float x[N * D], probability[N * K];
    static int32_t label[N];

    (void)state;
    /* all rows equal: nothing to split, so the shares of the others; of the
     * third class only the even vote, 1/3 beside those of some 22 trees */
    memset(x, 0, sizeof x);
    for (int i = 0; i < N; i++)
        label[i] = i % 2;
    predict_rows(x, label, NULL, NULL, 1, probability);
    for (int i = 0; i < N; i++)
        assert_true(probability[i * K] > 0.4f && probability[i * K] < 0.6f &&
                    probability[i * K + 2] < 1 / 3.0f / 10);
    /* no label at all: even */
    for (int i = 0; i < N; i++)
        label[i] = -1;
    predict_rows(x, label, NULL, NULL, 1, probability);
    for (int i = 0; i < N * K; i++)
        assert_true(probability[i] > 0.3333f && probability[i] < 0.3334f);
    /* a row without a label is judged by the others */
    make_rows(x, label);
    label[3] = -1; /* was 0 */
    predict_rows(x, label, NULL, NULL, 1, probability);
    assert_true(probability[3 * K] > 0.5f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_label_is_never_used),
        cmocka_unit_test(small_samples_do),
        cmocka_unit_test(labels_of_the_group_are_not_used_either),
        cmocka_unit_test(threads_do_not_show),
        cmocka_unit_test(clouds_are_told_apart),
        cmocka_unit_test(a_row_without_weight_has_no_vote),
        cmocka_unit_test(odd_sets_have_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
