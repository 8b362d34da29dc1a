/* SPDX-License-Identifier: GPL-3.0-or-later */
/* More classes than matrices are kept whole for: confident joint, channel and
 * posteriors against whole matrices by their definitions; and the smallest
 * sets there are. */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "noise/label_rules.h"
#include "noise/suspicion.h"
#include "util/random.h"

enum { N = 2500, K = 1201 };
static int32_t label[N];
static float p[(size_t)N * K];
static double whole[(size_t)K * K];

/* A row looks most like its class, much like two others, a little like all;
 * one label in eight is another, one in fifty is missing. The last class has
 * no row. */
static void fill(void)
{
    struct wn_random random;

    wn_random_start(&random, 3, WN_RANDOM_SAMPLE, 0, 0);
    for (size_t i = 0; i < N; i++) {
        const size_t class = i % (K - 1);
        float *row = p + i * K;
        double sum = 0;

        for (size_t c = 0; c < K; c++)
            row[c] = 1e-4f * (float)wn_random_unit(&random);
        row[class] += .5f + .3f * (float)wn_random_unit(&random);
        row[wn_random_below(&random, K)] += .2f;
        row[wn_random_below(&random, K)] += .1f;
        for (size_t c = 0; c < K; c++)
            sum += (double)row[c];
        for (size_t c = 0; c < K; c++)
            row[c] = (float)((double)row[c] / sum);
        label[i] = (int32_t) class;
        if (wn_random_below(&random, 8) == 0)
            label[i] = (int32_t)wn_random_below(&random, K - 1);
        if (wn_random_below(&random, 50) == 0)
            label[i] = -1;
    }
}

/* The same cells, one for a pair however often it comes, with few classes and
 * with so many that another way collects them. */
static void cells_are_the_pairs(void **state)
{
    (void)state;
    for (size_t k = 8190; k < 8196; k++) {
        const int32_t top = (int32_t)k - 1;
        const int32_t row[] = {top, 0, 5, 0, 0, -1, 2};
        const int32_t column[] = {0, top, 5, 3, 3, 4, -1};
        struct wn_sparse sparse;

        wn_sparse_make(&sparse, k, row, column, 7);
        assert_int_equal(sparse.cells, k + 3);
        assert_int_equal(sparse.begin[1], 3);
        assert_int_equal(sparse.begin[2], 4);
        assert_int_equal(sparse.begin[k - 1], k + 1);
        assert_int_equal(sparse.column[1], 3);
        assert_int_equal(sparse.column[2], top);
        assert_int_equal(sparse.column[k + 1], 0);
        for (size_t c = 0; c < k; c++)
            assert_int_equal(sparse.column[sparse.diagonal[c]], c);
        assert_int_equal(sparse.diagonal[5], 7);
        wn_sparse_free(&sparse);
    }
}

static struct wn_noise noise;
static struct wn_suspicion judged;

static int estimate(void **state)
{
    const struct wn_probability view = {N, K, p, NULL};
    const struct wn_noise_settings settings = {.threads = 2};
    struct wn_error error = {0};

    (void)state;
    fill();
    if (wn_noise_estimate(label, &view, &settings, &noise, &error))
        return -1;
    wn_suspicion_find(label, &view, &noise, 2, &judged);
    return 0;
}

static int forget(void **state)
{
    (void)state;
    wn_noise_free(&noise);
    wn_suspicion_free(&judged);
    return 0;
}

/* The class a row counts as, by 1.2 of the definitions. */
static int counts_as(const double *threshold, size_t i)
{
    int confident = 0, best = 0, found = -1;

    for (int c = 0; c < K; c++) {
        const double x = (double)p[i * K + (size_t)c];

        if (x > (double)p[i * K + (size_t)best])
            best = c;
        if (x >= threshold[c] - 1e-6) {
            confident++;
            found = c;
        }
    }
    return confident > 1 ? best : found;
}

/* Each cell of the whole confident joint is in the sparse one. */
static void joint_is_that_of_whole_matrices(void **state)
{
    double threshold[K] = {0}, trace = 0;
    size_t count[K] = {0}, filled = 0, rows = 0;

    (void)state;
    for (size_t i = 0; i < N; i++)
        if (label[i] >= 0) {
            threshold[label[i]] += (double)p[i * K + (size_t)label[i]];
            count[label[i]]++;
            rows++;
        }
    assert_int_equal(noise.n, rows);
    for (size_t c = 0; c < K; c++)
        threshold[c] = count[c] ? threshold[c] / (double)count[c] : 2;
    memset(whole, 0, sizeof whole);
    for (size_t i = 0; i < N; i++) {
        const int found = counts_as(threshold, i);

        if (label[i] >= 0 && found >= 0)
            whole[(size_t)label[i] * K + (size_t)found]++;
    }
    for (size_t c = 0; c < K; c++)
        whole[c * K + c] = fmax(whole[c * K + c], 1);
    for (size_t cell = 0; cell < (size_t)K * K; cell++)
        filled += whole[cell] > 0;
    assert_int_equal(noise.at.cells, filled);
    assert_true(filled < (size_t)N + K && filled > K + 200);
    for (size_t s = 0; s < K; s++) {
        int64_t sum = 0;

        for (size_t cell = noise.at.begin[s]; cell < noise.at.begin[s + 1];
             cell++) {
            const size_t t = (size_t)noise.at.column[cell];

            assert_true((double)noise.raw[cell] == whole[s * K + t]);
            sum += noise.calibrated[cell];
        }
        /* Every row of the calibrated joint is its class. */
        assert_int_equal(sum, count[s]);
        trace += noise.joint[noise.at.diagonal[s]];
    }
    assert_true(fabs(noise.rate - (1 - trace)) < 1e-12);
}

/* T by its definition (suspicion.h) in a whole matrix. */
static void fill_whole(void)
{
    memset(whole, 0, sizeof whole);
    for (size_t s = 0; s < K; s++)
        for (size_t cell = noise.at.begin[s]; cell < noise.at.begin[s + 1];
             cell++)
            whole[s * K + (size_t)noise.at.column[cell]] =
                (double)noise.calibrated[cell];
    for (size_t t = 0; t < K; t++) {
        const double u = 1. / (K - 1), own = whole[t * K + t];
        double wrong = 0, h = 0;

        for (size_t s = 0; s < K; s++)
            wrong += s == t ? 0 : whole[s * K + t] + 2 * u;
        for (size_t s = 0; s < K; s++)
            h += s == t ? 0 : pow((whole[s * K + t] + 2 * u) / wrong, 2);
        const double a = 1 - sqrt(fmin(fmax((h - u) / (1 - u), 0), 1));
        for (size_t s = 0; s < K; s++)
            whole[s * K + t] = (s == t ? own
                                       : (1 - a) * (whole[s * K + t] + 2 * u) +
                                             a * wrong * u) /
                               (own + wrong);
    }
}

/* The posteriors of each class, summed, against what was kept of them. */
static void posteriors_are_those_of_whole_matrices(void **state)
{
    double given = 0, truth = 0, right = 0;
    static double sum[K], row[K], truths[K];
    size_t kept = 0;

    (void)state;
    fill_whole();
    for (size_t s = 0; s < K; s++) {
        const struct wn_sparse *at = &judged.at;
        size_t cell = at->begin[s];

        memset(sum, 0, sizeof sum);
        for (size_t i = 0; i < N; i++) {
            double all = 0;

            if (label[i] != (int32_t)s)
                continue;
            for (size_t t = 0; t < K; t++)
                all += row[t] = pow(.99 * (double)p[i * K + t] + .01 / K,
                                    judged.sharpness.b_noisy) *
                                whole[s * K + t];
            for (size_t t = 0; t < K; t++)
                sum[t] += row[t] / all;
        }
        for (size_t t = 0; t < K; t++) {
            const double share = sum[t] / (double)noise.n;

            truths[t] += share;
            if (cell < at->begin[s + 1] && (size_t)at->column[cell] == t)
                assert_true(fabs(judged.joint[cell++] - share) < 1e-9);
            else
                assert_true(t != s && sum[t] < .5 + 1e-9);
        }
        assert_int_equal(cell, at->begin[s + 1]);
        kept += at->begin[s + 1] - at->begin[s];
        right += judged.joint[at->diagonal[s]];
        given += judged.given[s];
    }
    for (size_t t = 0; t < K; t++) {
        assert_true(fabs(judged.truth[t] - truths[t]) < 1e-9);
        truth += judged.truth[t];
    }
    assert_int_equal(kept, judged.at.cells);
    assert_true(kept > K && kept < (size_t)2 * N + K);
    assert_true(fabs(given - 1) < 1e-9 && fabs(truth - 1) < 1e-9);
    assert_true(fabs(judged.rate - (1 - right)) < 1e-12);
}

/* The most confused pair by looking at all of them. */
static void pairs_are_the_largest(void **state)
{
    struct wn_pair_health found[5];

    (void)state;
    const struct wn_joint joint = {&noise.at, noise.joint, NULL, NULL, noise.n};
    assert_int_equal(wn_health_pairs(&joint, true, 5, found), 5);
    memset(whole, 0, sizeof whole);
    for (size_t s = 0; s < K; s++)
        for (size_t cell = noise.at.begin[s]; cell < noise.at.begin[s + 1];
             cell++)
            whole[s * K + (size_t)noise.at.column[cell]] = noise.joint[cell];
    for (size_t q = 0; q < 5; q++) {
        double most = 0;
        size_t a = 0, b = 0;

        for (size_t s = 0; s < K; s++)
            for (size_t t = s + 1; t < K; t++)
                if (whole[s * K + t] + whole[t * K + s] > most) {
                    most = whole[s * K + t] + whole[t * K + s];
                    a = s;
                    b = t;
                }
        assert_int_equal(found[q].a, a);
        assert_int_equal(found[q].b, b);
        assert_true(found[q].joint == most);
        whole[a * K + b] = whole[b * K + a] = 0;
    }
}

/* The prior by equation is refused, and before the work. */
static void equation_is_for_fewer(void **state)
{
    static const float none[1];
    const struct wn_probability view = {1, WN_EQUATION_CLASSES + 1, none, NULL};
    const struct wn_noise_settings settings = {.prior = WN_PRIOR_EQUATION,
                                               .threads = 1};
    struct wn_noise found;
    struct wn_error error = {0};

    (void)state;
    assert_int_equal(wn_noise_estimate(label, &view, &settings, &found, &error),
                     -1);
    assert_string_equal(error.text,
                        "the prior by equation takes a dense matrix: found "
                        "2001 classes, wanted at most 2000; use another "
                        "prior");
}

/* Ten rows of two classes, and one row of each of ten: every rule has an
 * answer. By hand: in the second no class has another row to be compared with,
 * so nothing is pruned; every row is confident of its own class alone. */
static void smallest_sets_are_judged(void **state)
{
    static const int32_t two[10] = {0, 0, 0, 0, 0, 1, 1, 1, 1, 0};
    static const float q[20] = {.9f, .1f, .8f, .2f, .9f, .1f, .7f,
                                .3f, .8f, .2f, .1f, .9f, .2f, .8f,
                                .1f, .9f, .3f, .7f, .1f, .9f};
    static const int32_t ten[10] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    float each[100];
    const struct wn_noise_settings settings = {.threads = 2};
    const struct wn_label_rule_settings prune = {.fraction = 1,
                                                 .min_examples = 1};

    (void)state;
    for (size_t i = 0; i < 100; i++)
        each[i] = i % 11 == 0 ? .91f : .01f;
    for (int set = 0; set < 2; set++) {
        const struct wn_probability view = {10, set ? 10 : 2, set ? each : q,
                                            NULL};
        const int32_t *given = set ? ten : two;
        struct wn_noise found;
        struct wn_suspicion verdicts;
        struct wn_error error = {0};

        assert_int_equal(
            wn_noise_estimate(given, &view, &settings, &found, &error), 0);
        wn_suspicion_find(given, &view, &found, 2, &verdicts);
        assert_int_equal(found.issues, set ? 0 : 1);
        for (const struct wn_label_rule *rule = wn_label_rules; rule->name;
             rule++) {
            const struct wn_label_rule_view what = {given,     &view,  &found,
                                                    &verdicts, &prune, NULL};
            uint8_t hit[10] = {0};

            if (rule->score)
                continue;
            wn_label_rule_apply(rule, &what, hit);
            for (int i = 0; i < 10; i++)
                assert_int_equal(hit[i], set == 0 && i == 9);
        }
        wn_noise_free(&found);
        wn_suspicion_free(&verdicts);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joint_is_that_of_whole_matrices),
        cmocka_unit_test(posteriors_are_those_of_whole_matrices),
        cmocka_unit_test(cells_are_the_pairs),
        cmocka_unit_test(pairs_are_the_largest),
        cmocka_unit_test(equation_is_for_fewer),
        cmocka_unit_test(smallest_sets_are_judged)};

    return cmocka_run_group_tests(tests, estimate, forget);
}
