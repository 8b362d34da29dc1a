/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/calibrate: the exponent against cases whose best one is known;
 * linalg/softmax_row against log() and exp(). */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "learn/calibrate.h"
#include "linalg/softmax_row.h"
#include "util/random.h"

enum { N = 30000, K = 3 };

/* Labels drawn from honest[], which are then raised to `power`: the exponent
 * that restores them is 1 / power, whatever the rows are. */
static void make_rows(float *bent, int32_t *label, double power)
{
    struct wn_random random;

    wn_random_start(&random, 8, WN_RANDOM_SAMPLE, 0, 0);
    for (int i = 0; i < N; i++) {
        double honest[K], sum = 0, draw = wn_random_unit(&random);

        for (int c = 0; c < K; c++)
            sum += honest[c] = exp(1.5 * wn_random_normal(&random));
        label[i] = K - 1;
        for (int c = 0; c < K; c++) {
            honest[c] /= sum;
            draw -= honest[c];
            if (draw < 0 && label[i] == K - 1)
                label[i] = c;
        }
        sum = 0;
        for (int c = 0; c < K; c++)
            sum += pow(honest[c], power);
        for (int c = 0; c < K; c++)
            bent[i * K + c] = (float)(pow(honest[c], power) / sum);
    }
}

static void finds_the_exponent_that_was_lost(void **state)
{
    static float bent[N * K];
    static int32_t label[N];
    static const double powers[] = {0.2, 1, 3};
    double found;

    (void)state;
    for (size_t p = 0; p < sizeof powers / sizeof *powers; p++) {
        make_rows(bent, label, powers[p]);
        wn_calibrate(bent, N, K, label, 2, &found);
        assert_true(fabs(found * powers[p] - 1) < 0.05);
        for (int i = 0; i < N; i++)
            assert_true(fabs((double)bent[i * K] + (double)bent[i * K + 1] +
                             (double)bent[i * K + 2] - 1) < 1e-6);
    }
}

static void threads_do_not_show(void **state)
{
    static float one[N * K], four[N * K];
    static int32_t label[N];

    (void)state;
    make_rows(one, label, 2);
    memcpy(four, one, sizeof one);
    wn_calibrate(one, N, K, label, 1, NULL);
    wn_calibrate(four, N, K, label, 4, NULL);
    assert_memory_equal(one, four, sizeof one);
}

static void zeros_and_missing_labels_are_fine(void **state)
{
    float sure[4 * K] = {1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0};
    const int32_t label[4] = {0, 1, -1, 2};

    (void)state;
    wn_calibrate(sure, 4, K, label, 1, NULL);
    for (int i = 0; i < 4 * K; i++)
        assert_true(isfinite(sure[i]) && sure[i] >= 0);
    assert_true(sure[11] > 0);
}

/* 1,001 numbers from 1e-12 to 1, and places of the largest. */
static void rows_are_as_by_the_library(void **state)
{
    enum { MANY = 1001 };
    static float p[MANY], l[MANY], sum[MANY];
    double total = 0;

    (void)state;
    for (int c = 0; c < MANY; c++)
        p[c] = (float)pow(10, -12. * c / (MANY - 1));
    p[500] = 0;
    wn_softmax_row_log(p, MANY, 0, 1e-12f, l);
    for (int c = 0; c < MANY; c++) {
        const double wanted = log(fmax((double)p[c], (double)1e-12f));

        assert_true(fabs((double)l[c] - wanted) <= 1e-6 * (1 - wanted));
        sum[c] = 1;
        total += exp(0.3 * (double)l[c]);
    }
    wn_softmax_row_add_log(p, MANY, 0.5f, 2, sum);
    for (int c = 0; c < MANY; c++)
        assert_true(fabs((double)sum[c] - 1 - 2 * log((double)p[c] + 0.5)) <
                    2e-6);
    assert_true(fabs(wn_softmax_row_total(l, MANY, 0.3f) / total - 1) < 1e-6);
    for (int c = 0; c < MANY; c++)
        sum[c] = l[c] + 20;
    wn_softmax_row_from(sum, MANY, 0.3f);
    for (int c = 0; c < MANY; c++)
        assert_true(fabs((double)sum[c] * total / exp(0.3 * (double)l[c]) - 1) <
                    1e-5);
}

static void first_of_the_largest(void **state)
{
    float row[70];

    (void)state;
    for (size_t k = 1; k <= 70; k++)
        for (size_t top = 0; top < k; top++) {
            for (size_t c = 0; c < k; c++)
                row[c] = c < top ? -1 : 2;
            assert_int_equal(wn_softmax_row_top(row, k), top);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_exponent_that_was_lost),
        cmocka_unit_test(threads_do_not_show),
        cmocka_unit_test(zeros_and_missing_labels_are_fine),
        cmocka_unit_test(rows_are_as_by_the_library),
        cmocka_unit_test(first_of_the_largest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
