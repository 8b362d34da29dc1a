/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pairs of feature blocks: alignment against refitting by hand, ranks against
 * brute force, planted swaps, the same bytes for any number of threads. */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "learn/pairs.h"
#include "linalg/products.h"
#include "util/random.h"

/* A hidden row of Z numbers shows itself in both blocks, each by its own
 * matrix, with noise; every 25th partner is swapped with that of the row after
 * the next. */
enum { N = 500, D = 12, P = 9, Z = 6 };
static float x[N * D], y[N * P];

static int swapped_with(int i)
{
    return i % 25 == 3 ? i + 2 : i % 25 == 5 ? i - 2 : i;
}

static void make_blocks(void)
{
    static double hidden[N * Z], to_x[Z * D], to_y[Z * P];
    struct wn_random random;

    wn_random_start(&random, 21, WN_RANDOM_SAMPLE, 0, 0);
    for (int e = 0; e < N * Z; e++)
        hidden[e] = wn_random_normal(&random);
    for (int e = 0; e < Z * D; e++)
        to_x[e] = wn_random_normal(&random);
    for (int e = 0; e < Z * P; e++)
        to_y[e] = wn_random_normal(&random);
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < D; j++) {
            double sum = .1 * wn_random_normal(&random);

            for (int z = 0; z < Z; z++)
                sum += hidden[i * Z + z] * to_x[z * D + j];
            x[i * D + j] = (float)sum;
        }
        for (int j = 0; j < P; j++) {
            double sum = .1 * wn_random_normal(&random);

            for (int z = 0; z < Z; z++)
                sum += hidden[swapped_with(i) * Z + z] * to_y[z * P + j];
            y[i * P + j] = (float)(100 + 5 * sum); /* any unit will do */
        }
    }
}

/* clang-format off */
static const struct wn_blocks blocks = {.x = x, .y = y, .n = N, .d = D,
                                        .p = P, .seed = 3, .threads = 2};
/* clang-format on */

static double product(const float *a, const float *b, size_t p)
{
    double sum = 0;

    for (size_t c = 0; c < p; c++)
        sum += (double)a[c] * b[c];
    return sum;
}

static void check_ranks(const float *a, const float *b, size_t n, size_t p,
                        const struct wn_pairs *pairs)
{
    for (size_t i = 0; i < n; i++) {
        const double own = product(a + i * p, b + i * p, p);
        int32_t rank_a = 1, rank_b = 1, partner = 0;
        double best = -2;

        assert_near(pairs->cosine[i], own, 1e-12);
        for (size_t j = 0; j < n; j++) {
            const double to_b = product(a + i * p, b + j * p, p);

            rank_b += to_b > own + 1e-12;
            rank_a += product(a + j * p, b + i * p, p) > own + 1e-12;
            if (to_b > best + 1e-12) {
                best = to_b;
                partner = (int32_t)j;
            }
        }
        assert_int_equal(pairs->rank_a[i], rank_a);
        assert_int_equal(pairs->rank_b[i], rank_b);
        assert_int_equal(pairs->partner[i], partner);
    }
}

static void ranks_are_those_of_brute_force(void **state)
{
    static float a[N * P], b[N * P];
    enum wn_alignment chosen;
    struct wn_error error = {0};
    struct wn_pairs pairs;
    double ridge;

    (void)state;
    assert_int_equal(
        wn_align(&blocks, WN_ALIGN_AUTO, a, b, &chosen, &ridge, &error), 0);
    assert_int_equal(chosen, WN_ALIGN_RIDGE);
    assert_int_equal(
        wn_pairs_compare(&blocks, WN_ALIGN_AUTO, 1, NULL, &pairs, &error), 0);
    assert_int_equal(pairs.alignment, WN_ALIGN_RIDGE);
    check_ranks(a, b, N, P, &pairs);
    wn_pairs_free(&pairs);
}

/* Both halves of a swapped pair name each other, and stand out. */
static void swapped_pairs_are_found(void **state)
{
    struct wn_error error = {0};
    struct wn_pairs pairs;
    int swapped = 0, named = 0, high = 0, quiet = 0;

    (void)state;
    assert_int_equal(
        wn_pairs_compare(&blocks, WN_ALIGN_AUTO, 1, NULL, &pairs, &error), 0);
    for (int i = 0; i < N; i++) {
        const double mutual = sqrt((double)pairs.rank_a[i] * pairs.rank_b[i]);

        if (swapped_with(i) == i) {
            quiet += mutual <= .05 * N;
            continue;
        }
        swapped++;
        named += pairs.partner[i] == swapped_with(i);
        high += mutual > .05 * N;
    }
    assert_int_equal(swapped, 40);
    assert_true(named >= 36);
    assert_true(high >= 36);
    assert_true(quiet >= (N - 40) * 99 / 100);
    wn_pairs_free(&pairs);
}

/* Rows that are equal to one another tie, whatever rounding does. */
static void blocks_of_one_space_are_taken_as_they_are(void **state)
{
    enum { M = 300, Q = 40 };
    static float same[M * Q], other[M * Q], a[M * Q], b[M * Q];
    const struct wn_blocks twins = {
        .x = same, .y = other, .n = M, .d = Q, .p = Q, .threads = 3};
    struct wn_random random;
    struct wn_error error = {0};
    struct wn_pairs pairs;
    enum wn_alignment chosen;
    double ridge;

    (void)state;
    wn_random_start(&random, 4, WN_RANDOM_SAMPLE, 0, 0);
    for (int e = 0; e < M * Q; e++) {
        same[e] = e < M / 2 * Q ? (float)wn_random_normal(&random)
                                : same[e - M / 2 * Q];
        other[e] = same[e] + (float)((e / Q) % (M / 2) % 7 == 0);
    }
    assert_int_equal(
        wn_align(&twins, WN_ALIGN_AUTO, a, b, &chosen, &ridge, &error), 0);
    assert_int_equal(chosen, WN_ALIGN_NONE);
    assert_int_equal(
        wn_pairs_compare(&twins, WN_ALIGN_AUTO, 1, NULL, &pairs, &error), 0);
    check_ranks(a, b, M, Q, &pairs);
    for (int i = 0; i < M / 2; i++) {
        assert_int_equal(pairs.partner[i], pairs.partner[i + M / 2]);
        assert_int_equal(pairs.rank_a[i], pairs.rank_a[i + M / 2]);
    }
    wn_pairs_free(&pairs);
}

static void answers_do_not_depend_on_threads(void **state)
{
    struct wn_error error = {0};
    struct wn_pairs one, many;
    struct wn_blocks alone = blocks;

    (void)state;
    alone.threads = 1;
    assert_int_equal(
        wn_pairs_compare(&alone, WN_ALIGN_RIDGE, 1, NULL, &one, &error), 0);
    for (int threads = 2; threads <= 4; threads++) {
        alone.threads = threads;
        assert_int_equal(
            wn_pairs_compare(&alone, WN_ALIGN_RIDGE, 1, NULL, &many, &error),
            0);
        assert_memory_equal(one.cosine, many.cosine, N * sizeof *one.cosine);
        assert_memory_equal(one.rank_a, many.rank_a, N * sizeof *one.rank_a);
        assert_memory_equal(one.rank_b, many.rank_b, N * sizeof *one.rank_b);
        assert_memory_equal(one.partner, many.partner, N * sizeof *one.partner);
        wn_pairs_free(&many);
    }
    wn_pairs_free(&one);
}

static void what_cannot_be_aligned_is_refused(void **state)
{
    struct wn_error error = {0};
    struct wn_pairs pairs;
    struct wn_blocks few = blocks;

    (void)state;
    assert_int_equal(
        wn_pairs_compare(&blocks, WN_ALIGN_NONE, 0, NULL, &pairs, &error), -1);
    assert_string_equal(error.text, "blocks of 12 and 9 features are not in "
                                    "one space");
    wn_pairs_free(&pairs);
    error = (struct wn_error){0};
    few.n = 9;
    assert_int_equal(
        wn_pairs_compare(&few, WN_ALIGN_AUTO, 0, NULL, &pairs, &error), -1);
    assert_string_equal(error.text,
                        "9 pairs cannot be aligned, wanted 10 or more");
    wn_pairs_free(&pairs);
}

/* A line: y = 2 x, so that what a ridge r predicts in each fold can be
 * written down; and x that says nothing. */
static void degenerate_blocks_have_an_answer(void **state)
{
    static float line[60], twice[60], nothing[60];
    struct wn_blocks pair = {
        .x = line, .y = twice, .n = 60, .d = 1, .p = 1, .threads = 1};
    struct wn_error error = {0};
    struct wn_pairs pairs;

    (void)state;
    for (int i = 0; i < 60; i++) {
        line[i] = (float)(i % 12) - 5;
        twice[i] = 2 * line[i] + 1;
    }
    assert_int_equal(
        wn_pairs_compare(&pair, WN_ALIGN_RIDGE, 1, NULL, &pairs, &error), 0);
    assert_near(pairs.ridge, 1e-4, 0);
    for (int i = 0; i < 60; i++) { /* on one dimension only signs remain */
        assert_near(pairs.cosine[i], 1, 1e-6);
        assert_int_equal(pairs.rank_a[i], 1);
    }
    wn_pairs_free(&pairs);
    pair.x = nothing;
    assert_int_equal(
        wn_pairs_compare(&pair, WN_ALIGN_RIDGE, 1, NULL, &pairs, &error), 0);
    for (int i = 0; i < 60; i++)
        assert_near(pairs.cosine[i], 0, 0);
    wn_pairs_free(&pairs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_are_those_of_brute_force),
        cmocka_unit_test(swapped_pairs_are_found),
        cmocka_unit_test(blocks_of_one_space_are_taken_as_they_are),
        cmocka_unit_test(answers_do_not_depend_on_threads),
        cmocka_unit_test(what_cannot_be_aligned_is_refused),
        cmocka_unit_test(degenerate_blocks_have_an_answer),
    };

    wn_linear_start();
    make_blocks();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
