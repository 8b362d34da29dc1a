/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise/suspicion: by hand, and on rows drawn from the model it assumes, where
 * the true rate, sharpness and labels are known. */
#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "noise/suspicion.h"
#include "util/random.h"

static void assert_close(const double *found, const double *wanted,
                         size_t count, double slack)
{
    for (size_t i = 0; i < count; i++)
        if (!(fabs(found[i] - wanted[i]) <= slack))
            fail_msg("[%zu]: %.17g, wanted %.17g", i, found[i], wanted[i]);
}

/* By hand, columns of 8 rows and two rows spread: 6 1 1 leaks evenly, a = 1;
 * 6 2 0 (class 1, 2 at home): wrong 8, parts 7 and 1; 5 2 1 (class 2, 1 at
 * home): wrong 9, parts 6 and 3. */
static void shrinks_leaks(void **state)
{
    int64_t count[] = {6, 6, 5, 1, 2, 2, 1, 0, 1};
    size_t begin[] = {0, 3, 6, 9}, diagonal[] = {0, 4, 8};
    int32_t column[] = {0, 1, 2, 0, 1, 2, 0, 1, 2};
    const struct wn_sparse at = {3, 9, begin, diagonal, column};
    const double a1 = 1 - sqrt(((49.0 + 1) / 64 - 0.5) / 0.5);
    const double a2 = 1 - sqrt(((36.0 + 9) / 81 - 0.5) / 0.5);
    const double wanted[] = {0.6,
                             ((1 - a1) * 7 + a1 * 4) / 10,
                             ((1 - a2) * 6 + a2 * 4.5) / 10,
                             0.2,
                             0.2,
                             ((1 - a2) * 3 + a2 * 4.5) / 10,
                             0.2,
                             ((1 - a1) * 1 + a1 * 4) / 10,
                             0.1};
    struct wn_channel channel;
    double row[3];

    (void)state;
    wn_channel_make(&channel, &at, count);
    for (size_t s = 0; s < 3; s++) {
        wn_channel_row(&channel, s, row);
        assert_close(row, wanted + 3 * s, 3, 1e-12);
    }
    wn_channel_free(&channel);
    /* The cell of the 0 may as well be missing. */
    size_t less[] = {0, 3, 6, 8}, home[] = {0, 4, 7};
    int32_t there[] = {0, 1, 2, 0, 1, 2, 0, 2};
    int64_t some[] = {6, 6, 5, 1, 2, 2, 1, 1};
    const struct wn_sparse few = {3, 8, less, home, there};
    wn_channel_make(&channel, &few, some);
    for (size_t s = 0; s < 3; s++) {
        wn_channel_row(&channel, s, row);
        assert_close(row, wanted + 3 * s, 3, 1e-12);
    }
    wn_channel_free(&channel);
}

/* By hand: weights (.99 p + .01/3)^2 T[0]. */
static void gives_verdicts_by_the_posterior(void **state)
{
    static const double row[] = {0.1, 0.85, 0.05};
    static const double given[] = {0.8, 0.1, 0.2}; /* T[0] */
    const double even = 0.01 / 3;
    const double weight[] = {pow(0.099 + even, 2) * 0.8,
                             pow(0.8415 + even, 2) * 0.1,
                             pow(0.0495 + even, 2) * 0.2};
    const double sum = weight[0] + weight[1] + weight[2];
    double room[3], posterior[3];

    (void)state;
    struct wn_verdict verdict =
        wn_suspicion_verdict(row, given, 3, 0, 2, room, posterior);
    for (int t = 0; t < 3; t++)
        assert_true(fabs(posterior[t] - weight[t] / sum) < 1e-12);
    assert_true(fabs(verdict.suspicion - (weight[1] + weight[2]) / sum) <
                1e-12);
    assert_int_equal(verdict.best, 1);
    assert_true(verdict.confidence == posterior[1]);
    /* Without a label nothing is suspicious; the model speaks alone. */
    verdict = wn_suspicion_verdict(row, NULL, 3, -1, 1, room, posterior);
    assert_true(verdict.suspicion == 0 && verdict.best == 1);
    assert_true(fabs(verdict.confidence - (0.8415 + even)) < 1e-12);
}

/* Rows from the assumed model: true class by q, label by the transition; what
 * the audit sees is q^(1/b), normalised. */
struct world {
    size_t n, k;
    double rate, b;
    int pairwise; /* class t leaks into t + 1 only, else evenly */
    double apart; /* added to the logit of one class; at 1 they overlap */
};

static double draw_world(const struct world *world, uint64_t seed,
                         int32_t *label, float *p)
{
    const size_t k = world->k;
    struct wn_random random;
    size_t wrong = 0;

    wn_random_start(&random, seed, WN_RANDOM_SAMPLE, 1, 0);
    for (size_t i = 0; i < world->n; i++) {
        const size_t peak = wn_random_below(&random, k);
        double q[16], sum = 0, seen = 0, u;
        size_t t = 0;

        for (size_t c = 0; c < k; c++)
            sum += q[c] = exp(1.5 * wn_random_normal(&random) +
                              (c == peak ? world->apart : 0));
        for (size_t c = 0; c < k; c++)
            seen += pow(q[c] / sum, 1 / world->b);
        for (size_t c = 0; c < k; c++)
            p[i * k + c] = (float)(pow(q[c] / sum, 1 / world->b) / seen);
        u = wn_random_unit(&random) * sum;
        while (t + 1 < k && (u -= q[t]) >= 0)
            t++;
        label[i] = (int32_t)t;
        if (wn_random_unit(&random) >= world->rate)
            continue;
        const size_t step =
            world->pairwise ? 1 : 1 + wn_random_below(&random, k - 1);
        label[i] = (int32_t)((t + step) % k);
        wrong++;
    }
    return (double)wrong / (double)world->n;
}

static void find_suspicion(const int32_t *label, const float *p, size_t n,
                           size_t k, int threads, struct wn_suspicion *out)
{
    const struct wn_probability matrix = {n, k, p, NULL};
    const struct wn_noise_settings settings = {.threads = threads};
    struct wn_error error = {0};
    struct wn_noise noise;

    assert_int_equal(
        wn_noise_estimate(label, &matrix, &settings, &noise, &error), 0);
    wn_suspicion_find(label, &matrix, &noise, threads, out);
    wn_noise_free(&noise);
}

static void finds_rate_and_sharpness(void **state)
{
    enum { N = 6000, K = 6 };
    static const struct world worlds[] = {{N, K, 0.05, 2, 0, 7},
                                          {N, K, 0.2, 3, 0, 7},
                                          {N, K, 0.2, 3, 1, 7},
                                          {N, K, 0.4, 2, 0, 7}};
    static int32_t label[N];
    static float p[N * K];
    struct wn_suspicion found;

    (void)state;
    for (size_t w = 0; w < sizeof worlds / sizeof *worlds; w++) {
        const double rate = draw_world(&worlds[w], w, label, p);

        find_suspicion(label, p, N, K, 2, &found);
        if (fabs(found.rate - rate) > 0.012)
            fail_msg("world %zu: rate %g, is %g", w, found.rate, rate);
        if (fabs(log(found.sharpness.b_noisy / worlds[w].b)) > 0.2)
            fail_msg("world %zu: sharpness %g, is %g", w,
                     found.sharpness.b_noisy, worlds[w].b);
        double sum = 0;
        for (size_t cell = 0; cell < K * K; cell++)
            sum += found.joint[cell];
        assert_true(fabs(sum - 1) < 1e-12);
        assert_true(found.low < found.rate && found.rate < found.high);
        assert_true(found.high - found.low < 0.05);
        assert_true(found.sharpness.overlap_weight < 0.1);
        wn_suspicion_free(&found);
    }
}

/* Classes that overlap look like noise; the interval says that it may be
 * either, from what was drawn to the share of rows with another class more
 * probable. */
static void owns_up_to_overlap(void **state)
{
    enum { N = 3000, K = 3 };
    static const double rates[] = {0, 0.1};
    static int32_t label[N];
    static float p[N * K];
    struct wn_suspicion found;

    (void)state;
    for (size_t r = 0; r < 2; r++) {
        const struct world world = {N, K, rates[r], 1, 0, 1};
        const double rate = draw_world(&world, 11 + r, label, p);
        double other = 0;

        for (size_t i = 0; i < N; i++) {
            const float *row = p + i * K, own = row[label[i]];

            other += row[0] > own || row[1] > own || row[2] > own;
        }
        find_suspicion(label, p, N, K, 2, &found);
        assert_true(found.sharpness.overlap_weight > 0.9);
        assert_true(found.sharpness.rate_joint_fit < found.rate);
        if (!(found.low <= rate && rate <= found.high))
            fail_msg("%g is not in %g .. %g", rate, found.low, found.high);
        assert_true(found.high >= 0.9 * other / N);
        wn_suspicion_free(&found);
    }
}

/* Rows without label get no suspicion and do not count; threads do not
 * matter. */
static void leaves_out_missing_labels(void **state)
{
    enum { N = 3000, K = 4 };
    static const struct world world = {N, K, 0.2, 2, 0, 7};
    static int32_t label[N];
    static float p[N * K];
    struct wn_suspicion one, four;
    double sum = 0;

    (void)state;
    draw_world(&world, 5, label, p);
    for (size_t i = 0; i < N; i += 7)
        label[i] = -1;
    find_suspicion(label, p, N, K, 1, &one);
    find_suspicion(label, p, N, K, 4, &four);
    for (size_t i = 0; i < N; i++)
        assert_true(one.verdict[i].suspicion == four.verdict[i].suspicion &&
                    one.verdict[i].confidence == four.verdict[i].confidence &&
                    one.verdict[i].best == four.verdict[i].best);
    assert_memory_equal(one.joint, four.joint, K * K * sizeof *one.joint);
    assert_true(one.rate == four.rate);
    assert_true(one.sharpness.b_noisy == four.sharpness.b_noisy);
    for (size_t i = 0; i < N; i += 7)
        assert_true(one.verdict[i].suspicion == 0);
    for (size_t cell = 0; cell < K * K; cell++)
        sum += one.joint[cell];
    assert_true(fabs(sum - 1) < 1e-12);
    wn_suspicion_free(&one);
    wn_suspicion_free(&four);
}

/* One row; one class only; certain rows; rows that know nothing. */
static void survives_degenerate_sets(void **state)
{
    static const int32_t same[] = {1, 1, 1, 1}, mixed[] = {0, 1, 0, 1};
    static const float certain[] = {1, 0, 0, 1, 0, 1, 0, 1};
    static const float even[] = {0.5f, 0.5f, 0.5f, 0.5f,
                                 0.5f, 0.5f, 0.5f, 0.5f};
    static const float nothing[8];
    const float *const p[] = {certain, even, nothing};
    struct wn_suspicion found;

    (void)state;
    for (size_t s = 0; s < 3; s++)
        for (size_t n = 1; n <= 4; n += 3)
            for (int one = 0; one < 2; one++) {
                find_suspicion(one ? same : mixed, p[s], n, 2, 1, &found);
                for (size_t i = 0; i < n; i++)
                    assert_true(found.verdict[i].suspicion >= 0 &&
                                found.verdict[i].suspicion <= 1);
                assert_true(found.low <= found.rate &&
                            found.rate <= found.high);
                wn_suspicion_free(&found);
            }
    /* Row 2 of `certain` is given 0 and sure to be 1. */
    find_suspicion(mixed, certain, 4, 2, 1, &found);
    assert_true(found.verdict[2].suspicion > found.verdict[0].suspicion);
    wn_suspicion_free(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shrinks_leaks),
        cmocka_unit_test(gives_verdicts_by_the_posterior),
        cmocka_unit_test(finds_rate_and_sharpness),
        cmocka_unit_test(owns_up_to_overlap),
        cmocka_unit_test(leaves_out_missing_labels),
        cmocka_unit_test(survives_degenerate_sets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
