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
                for (int brought = 0; brought < 2; brought++) {
                    const struct wn_probability matrix = {n, 2, p[s], NULL};
                    const struct wn_noise_settings settings = {.threads = 1};
                    const int32_t *label = one ? same : mixed;
                    struct wn_error error = {0};
                    struct wn_noise noise;

                    assert_int_equal(wn_noise_estimate(label, &matrix,
                                                       &settings, &noise,
                                                       &error),
                                     0);
                    wn_suspicion_find(label, &matrix, &noise, 1, &found);
                    wn_suspicion_rank(label, &matrix, &noise, brought, 1,
                                      &found);
                    for (size_t i = 0; i < n; i++)
                        assert_true(found.verdict[i].suspicion >= 0 &&
                                    found.verdict[i].suspicion <= 1);
                    wn_suspicion_free(&found);
                    wn_noise_free(&noise);
                }
            }
    /* Row 2 of `certain` is given 0 and sure to be 1. */
    find_suspicion(mixed, certain, 4, 2, 1, &found);
    assert_true(found.verdict[2].suspicion > found.verdict[0].suspicion);
    wn_suspicion_free(&found);
}

/* The middle rank of x[i] from the highest, and its log odds. */
static double odds_of(const double *x, size_t n, size_t i)
{
    double above = 0, equal = 0;

    for (size_t j = 0; j < n; j++) {
        above += x[j] > x[i];
        equal += x[j] == x[i];
    }
    const double middle = above + equal / 2;
    return log(((double)n - middle) / middle);
}

/* The scores of suspicion.h, written out: margin, adjusted, posterior, its
 * margin, one way. */
enum { RANKINGS = 5 };
static void rate_row(const double *row, size_t k, size_t y,
                     const double *threshold, double T[][8], double rate,
                     double b, double *out)
{
    double top = 0, adjusted = 0, z[8], way[8], all = 0, ways = 0, next = 0;
    double largest = 0;

    for (size_t t = 0; t < k; t++)
        largest = fmax(largest, threshold[t]);
    for (size_t t = 0; t < k; t++) {
        top = t == y ? top : fmax(top, row[t]);
        adjusted += row[t] - threshold[t] + largest;
        z[t] = fmax(row[t], 1e-6) * T[y][t];
        way[t] = pow(0.99 * row[t] + 0.01 / (double)k, b) *
                 (t == y ? 1 - rate
                         : rate / (double)(k - 1) * sqrt(T[y][t] / T[t][y]));
        all += z[t];
        ways += way[t];
        next = t == y ? next : fmax(next, z[t]);
    }
    out[0] = top - row[y];
    out[1] = -(row[y] - threshold[y] + largest) / adjusted;
    out[2] = -z[y] / all;
    out[3] = (next - z[y]) / all;
    out[4] = -way[y] / ways;
}

/* Against the ranks by counting; the suspicions stay the same numbers. */
static void deals_suspicions_by_ranks(void **state)
{
    enum { N = 400, K = 4 };
    static const double weights[2][RANKINGS] = {{1, 0, 0, 2, 0},
                                                {1, 2, 2, 0, 4}};
    static const struct world world = {N, K, 0.2, 2, 1, 3};
    static int32_t label[N];
    static float p[N * K];
    static double score[RANKINGS][N], sum[N], before[N], after[N];
    static double T[8][8];
    const struct wn_probability matrix = {N, K, p, NULL};
    const struct wn_noise_settings settings = {.threads = 1};
    struct wn_error error = {0};
    struct wn_noise noise;

    (void)state;
    draw_world(&world, 3, label, p);
    for (size_t i = 0; i < N; i++) {
        /* Ties, and rows without a label. */
        if (i % 5 == 1)
            memcpy(p + i * K, p + (i - 1) * K, K * sizeof *p);
        label[i] = i % 5 == 1 ? label[i - 1] : i % 11 == 7 ? -1 : label[i];
    }
    assert_int_equal(
        wn_noise_estimate(label, &matrix, &settings, &noise, &error), 0);
    struct wn_channel channel;
    double rate = 0;
    wn_channel_make(&channel, &noise.at, noise.calibrated);
    for (size_t s = 0; s < K; s++) {
        wn_channel_row(&channel, s, T[s]);
        rate += (1 - T[s][s]) / K;
    }
    wn_channel_free(&channel);
    for (int brought = 0; brought < 2; brought++) {
        struct wn_suspicion one, three;
        size_t n = 0;

        wn_suspicion_find(label, &matrix, &noise, 1, &one);
        wn_suspicion_find(label, &matrix, &noise, 3, &three);
        for (size_t i = 0; i < N; i++) {
            double row[K], rated[RANKINGS];

            if (label[i] < 0)
                continue;
            for (size_t c = 0; c < K; c++)
                row[c] = (double)p[i * K + c];
            rate_row(row, K, (size_t)label[i], noise.threshold, T, rate,
                     fmax(one.sharpness.b_noisy, 2 * one.sharpness.b_clean),
                     rated);
            for (int s = 0; s < RANKINGS; s++)
                score[s][n] = rated[s];
            before[n++] = one.verdict[i].suspicion;
        }
        for (size_t r = 0; r < n; r++) {
            sum[r] = 0;
            for (int s = 0; s < RANKINGS; s++)
                sum[r] += weights[brought][s] * odds_of(score[s], n, r);
        }
        wn_suspicion_rank(label, &matrix, &noise, brought, 1, &one);
        wn_suspicion_rank(label, &matrix, &noise, brought, 3, &three);
        n = 0;
        for (size_t i = 0; i < N; i++) {
            const struct wn_verdict *verdict = &one.verdict[i];

            assert_memory_equal(verdict, &three.verdict[i],
                                sizeof verdict->suspicion);
            assert_int_equal(verdict->best, three.verdict[i].best);
            if (label[i] < 0) {
                assert_true(verdict->suspicion == 0);
                continue;
            }
            if (verdict->best == label[i])
                assert_close(&verdict->confidence,
                             &(double){1 - verdict->suspicion}, 1, 1e-12);
            assert_true(verdict->confidence >= 1 - verdict->suspicion &&
                        verdict->confidence <= 1);
            after[n++] = verdict->suspicion;
        }
        double total = 0;
        for (size_t r = 0; r < n; r++) {
            total += before[r] - after[r];
            for (size_t q = 0; q < n; q++)
                if (sum[r] > sum[q] + 1e-9 && after[r] < after[q])
                    fail_msg("%d: %zu before %zu: %g, %g", brought, r, q,
                             after[r], after[q]);
        }
        assert_true(fabs(total) < 1e-9);
        wn_suspicion_free(&one);
        wn_suspicion_free(&three);
    }
    wn_noise_free(&noise);
}

/* A model that is sure of itself takes classes 0 and 1 for each other in three
 * rows of ten; the labels are wrong in one of ten, evenly. */
static void knows_confusion_from_errors(void **state)
{
    enum { N = 4000, K = 5 };
    static int32_t label[N], truth[N];
    static float p[N * K];
    const struct wn_probability matrix = {N, K, p, NULL};
    const struct wn_noise_settings settings = {.threads = 2};
    struct wn_error error = {0};
    struct wn_random random;
    struct wn_suspicion found;
    struct wn_noise noise;
    size_t wrong = 0, first[2] = {0, 0};

    (void)state;
    wn_random_start(&random, 9, WN_RANDOM_SAMPLE, 1, 0);
    for (size_t i = 0; i < N; i++) {
        const size_t t = wn_random_below(&random, K);
        const size_t seen = t < 2 && wn_random_unit(&random) < 0.3 ? 1 - t : t;
        double sum = 0;

        truth[i] = (int32_t)t;
        label[i] =
            wn_random_unit(&random) < 0.1
                ? (int32_t)((t + 1 + wn_random_below(&random, K - 1)) % K)
                : (int32_t)t;
        for (size_t c = 0; c < K; c++) {
            const double z = (c == seen ? 5 : 0) + wn_random_normal(&random);

            p[i * K + c] = (float)exp(z);
            sum += exp(z);
        }
        for (size_t c = 0; c < K; c++)
            p[i * K + c] = (float)((double)p[i * K + c] / sum);
        wrong += label[i] != truth[i];
    }
    assert_int_equal(
        wn_noise_estimate(label, &matrix, &settings, &noise, &error), 0);
    wn_suspicion_find(label, &matrix, &noise, 2, &found);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < N; i++) {
            size_t above = 0;

            if (label[i] == truth[i])
                continue;
            for (size_t j = 0; j < N; j++)
                above +=
                    found.verdict[j].suspicion > found.verdict[i].suspicion;
            first[round] += above < wrong;
        }
        if (round == 0)
            wn_suspicion_rank(label, &matrix, &noise, true, 2, &found);
    }
    if (first[1] < first[0] + wrong / 20)
        fail_msg("of %zu wrong, found %zu before and %zu after", wrong,
                 first[0], first[1]);
    wn_suspicion_free(&found);
    wn_noise_free(&noise);
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
        cmocka_unit_test(deals_suspicions_by_ranks),
        cmocka_unit_test(knows_confusion_from_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
