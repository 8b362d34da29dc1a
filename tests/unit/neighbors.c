/* SPDX-License-Identifier: GPL-3.0-or-later */
/* knn/exact against brute force in double, on rows that are ordinary, full of
 * ties, far from the origin and degenerate; golden:knn_basic. Uses the best
 * kernels of the processor, so also those that round the rows. */
#include "golden.h"
#include "unit.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "knn/exact.h"
#include "knn/ranking.h"
#include "linalg/products.h"
#include "util/random.h"

static int find(const float *x, size_t n, size_t d, size_t m,
                enum wn_metric metric, int threads, int32_t *index,
                float *distance, struct wn_error *error)
{
    const struct wn_graph graph = {
        .x = x, .n = n, .d = d, .m = m, .metric = metric, .threads = threads};

    return wn_knn_exact(&graph, index, distance, error);
}

struct pair {
    float distance;
    int32_t row;
};

static int compare_pairs(const void *left, const void *right)
{
    const struct pair *a = left, *b = right;

    if (a->distance != b->distance)
        return a->distance < b->distance ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

static double brute_cosine(const float *a, const float *b, size_t d)
{
    double aa = 0, bb = 0, ab = 0;
    bool equal = true;

    for (size_t j = 0; j < d; j++) {
        aa += (double)a[j] * a[j];
        bb += (double)b[j] * b[j];
        ab += (double)a[j] * b[j];
        equal = equal && a[j] == b[j];
    }
    if (equal)
        return 0;
    if (aa == 0 || bb == 0)
        return 1;
    return 1 - ab / sqrt(aa) / sqrt(bb);
}

static double brute_euclidean(const float *a, const float *b, size_t d)
{
    double sum = 0;

    for (size_t j = 0; j < d; j++)
        sum += ((double)a[j] - b[j]) * ((double)a[j] - b[j]);
    return sqrt(sum);
}

/* Compare with brute force, at one thread and at three. Where two distances
 * differ by less than `slack` relatively, their order is not compared. */
static void agrees(const float *x, size_t n, size_t d, size_t m,
                   enum wn_metric metric, double slack)
{
    struct wn_error error = {0};
    int32_t *index = malloc(n * m * sizeof *index);
    int32_t *again = malloc(n * m * sizeof *again);
    float *distance = malloc(n * m * sizeof *distance);
    struct pair *all = malloc(n * sizeof *all);

    assert_int_equal(find(x, n, d, m, metric, 3, again, distance, &error), 0);
    assert_int_equal(find(x, n, d, m, metric, 1, index, distance, &error), 0);
    assert_memory_equal(index, again, n * m * sizeof *index);
    for (size_t i = 0; i < n; i++) {
        size_t count = 0;

        for (size_t j = 0; j < n; j++) {
            const float *a = x + i * d, *b = x + j * d;
            if (i == j)
                continue;
            all[count++] = (struct pair){
                (float)(metric == WN_COSINE ? brute_cosine(a, b, d)
                                            : brute_euclidean(a, b, d)),
                (int32_t)j};
        }
        qsort(all, count, sizeof *all, compare_pairs);
        for (size_t w = 0; w < m; w++) {
            const double wanted = all[w].distance;

            assert_true(fabs(distance[i * m + w] - wanted) <=
                        slack * (1 + wanted));
            if (slack == 0)
                assert_int_equal(index[i * m + w], all[w].row);
        }
    }
    free(index);
    free(again);
    free(distance);
    free(all);
}

static float *normal_rows(size_t n, size_t d, double offset, double scale)
{
    float *x = malloc(n * d * sizeof *x);
    struct wn_random random;

    wn_random_start(&random, 7, WN_RANDOM_SAMPLE, 0, 0);
    for (size_t i = 0; i < n * d; i++)
        x[i] = (float)(offset + scale * wn_random_normal(&random));
    return x;
}

static void agrees_with_brute_force(void **state)
{
    static const struct {
        size_t n, d, m;
        double offset, scale;
    } sets[] = {
        {1300, 7, 10, 0, 1},    {700, 1, 5, 0, 1},      {1100, 65, 3, 1000, 1},
        {600, 3, 40, 0, 1e-20}, {600, 3, 4, 0, 1e18},   {520, 200, 519, 0, 1},
        {2, 4, 1, 0, 1},        {3, 1, 2, 5, 1},        {900, 40, 10, 0, 1},
        {800, 33, 7, 40, 1},    {500, 64, 3, 0, 1e-22}, {500, 64, 3, 0, 1e17},
        {450, 500, 449, 0, 1}};

    (void)state;
    for (size_t t = 0; t < sizeof sets / sizeof *sets; t++) {
        float *x =
            normal_rows(sets[t].n, sets[t].d, sets[t].offset, sets[t].scale);

        agrees(x, sets[t].n, sets[t].d, sets[t].m, WN_EUCLIDEAN, 1e-7);
        agrees(x, sets[t].n, sets[t].d, sets[t].m, WN_COSINE, 2e-7);
        free(x);
    }
}

/* Small whole numbers: distances tie by the hundred and are exact in any
 * order of summation, so that every index must agree. */
static void ties_go_to_the_lower_row(void **state)
{
    const size_t n = 1500;
    float *x = malloc(n * 3 * sizeof *x);
    struct wn_random random;

    (void)state;
    wn_random_start(&random, 3, WN_RANDOM_SAMPLE, 0, 0);
    for (size_t i = 0; i < n * 3; i++)
        x[i] = (float)wn_random_below(&random, 4);
    agrees(x, n, 3, 10, WN_EUCLIDEAN, 0);
    agrees(x, n, 1, 10, WN_EUCLIDEAN, 0);
    for (size_t i = 0; i < n * 3; i++)
        x[i] = (float)wn_random_below(&random, 2);
    agrees(x, n, 3, 40, WN_EUCLIDEAN, 0);
    agrees(x, n / 12, 36, 20, WN_EUCLIDEAN, 0);
    free(x);
}

/* Rows of whole numbers that rounding to 8 bits changes, in clusters: 2, whose
 * rows no rounded product can tell apart, or 200, some of whose rows are
 * equal. */
static void clusters_far_apart(void **state)
{
    const size_t n = 1600, d = 36;
    float *x = malloc(n * d * sizeof *x);
    struct wn_random random;

    (void)state;
    for (size_t clusters = 2; clusters <= 200; clusters += 198) {
        wn_random_start(&random, 5, WN_RANDOM_SAMPLE, 0, 0);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < d; j++)
                x[i * d + j] =
                    (float)(i % clusters * (j + 1) % 401 * 20 +
                            wn_random_below(&random,
                                            clusters < 9 ? 4 : 1 + j % 2));
        agrees(x, n, d, 10, WN_EUCLIDEAN, 0);
    }
    free(x);
}

static void all_rows_equal(void **state)
{
    const size_t n = 1200, d = 35, m = 4;
    struct wn_error error = {0};
    float *x = malloc(n * d * sizeof *x);
    int32_t *index = malloc(n * m * sizeof *index);
    float *distance = malloc(n * m * sizeof *distance);

    (void)state;
    for (int zero = 0; zero < 2; zero++)
        for (int metric = 0; metric < 2; metric++) {
            for (size_t i = 0; i < n * d; i++)
                x[i] = zero ? 0 : 0.1f * (float)(1 + i % d);
            assert_int_equal(find(x, n, d, m, (enum wn_metric)metric, 2, index,
                                  distance, &error),
                             0);
            for (size_t i = 0; i < n; i++)
                for (size_t w = 0; w < m; w++) {
                    assert_int_equal(index[i * m + w], w + (w >= i));
                    assert_true(distance[i * m + w] == 0);
                }
        }
    free(x);
    free(index);
    free(distance);
}

/* Rows of norm 0: at 1 from all others, at 0 from each other. */
static void cosine_of_nothing(void **state)
{
    static const float x[] = {0, 0, 1, 0, 0, 0, 0, -2, -3, 0};
    struct wn_error error = {0};
    int32_t index[20];
    float distance[20];

    (void)state;
    assert_int_equal(find(x, 5, 2, 4, WN_COSINE, 1, index, distance, &error),
                     0);
    const int32_t wanted[] = {2, 1, 3, 4, 0, 2, 3, 4};
    const float far[] = {0, 1, 1, 1, 1, 1, 1, 2};
    assert_memory_equal(index, wanted, sizeof wanted);
    assert_memory_equal(distance, far, sizeof far);
}

/* golden:knn_basic. Rows 8 and 9 tie up to rounding and are left out of the
 * comparison of order. */
static void golden_knn_basic(void **state)
{
    float x[24];

    golden_floats("knn_basic/inputs/features", x, 24);
    int32_t wanted[12][3];

    golden_ints("knn_basic/outputs/indices", &wanted[0][0], 36);
    double far[12][3];

    golden_doubles("knn_basic/outputs/distances", &far[0][0], 36);
    struct wn_error error = {0};
    int32_t index[36];
    float distance[36];

    (void)state;
    assert_int_equal(
        find(x, 12, 2, 3, WN_EUCLIDEAN, 1, index, distance, &error), 0);
    for (int i = 0; i < 12; i++)
        for (int w = 0; w < 3; w++) {
            const float found = distance[i * 3 + w];
            /* Where two wanted distances tie, rows may change places. */
            const bool tied = (w > 0 && far[i][w] - far[i][w - 1] < 1e-6) ||
                              (w < 2 && far[i][w + 1] - far[i][w] < 1e-6);

            assert_true(fabs(found - far[i][w]) < 1e-6);
            if (!tied && !(i == 9 && w == 2))
                assert_int_equal(index[i * 3 + w], wanted[i][w]);
        }
}

/* Rows 0 1 2 | 3 4 | 5 on a line: neighbours of other groups only, and -1 where
 * there are none left. By hand. */
static void groups_keep_apart(void **state)
{
    static const float x[] = {0, 1, 2, 3, 4, 9};
    static const int32_t group[] = {7, 7, 7, 0, 0, 3};
    static const int32_t wanted[6][4] = {{3, 4, 5, -1}, {3, 4, 5, -1},
                                         {3, 4, 5, -1}, {2, 1, 0, 5},
                                         {2, 1, 0, 5},  {4, 3, 2, 1}};
    struct wn_graph graph = {.x = x,
                             .n = 6,
                             .d = 1,
                             .m = 4,
                             .threads = 2,
                             .metric = WN_EUCLIDEAN,
                             .group = group};
    struct wn_error error = {0};
    int32_t index[24];
    float distance[24];

    (void)state;
    assert_int_equal(wn_knn_exact(&graph, index, distance, &error), 0);
    assert_memory_equal(index, wanted, sizeof wanted);
    assert_true(distance[2] == 9 && distance[3] == INFINITY);
}

/* All rows by distance (knn/ranking), on a line of whole numbers whose
 * squares are exact: spread evenly, and but for one so close together that two
 * digits of a distance cannot sort them. */
static void ranking_sorts_all_rows(void **state)
{
    enum { N = 700 };
    static float x[N];
    const struct wn_graph graph = {
        .x = x, .n = N, .d = 1, .m = 1, .metric = WN_EUCLIDEAN, .threads = 1};
    struct wn_random random;

    (void)state;
    wn_random_start(&random, 11, WN_RANDOM_SAMPLE, 0, 0);
    for (int far = 0; far < 2; far++) {
        for (size_t i = 0; i < N; i++)
            x[i] = (float)wn_random_below(&random, 301) - 150;
        x[5] = far ? 3900 : 150;
        struct wn_ranking *ranking = wn_ranking_new(&graph);
        assert_non_null(ranking);
        struct wn_ranker *ranker = wn_ranker_new(ranking);
        assert_non_null(ranker);
        wn_ranker_load(ranker, 0, 64);
        for (size_t i = 0; i < 64; i++) {
            const int32_t *order = wn_ranker_order(ranker, i);
            bool seen[N] = {false};

            for (size_t r = 0; r < N; r++)
                seen[order[r]] = true;
            for (size_t r = 0; r < N; r++)
                assert_true(seen[r]);
            for (size_t r = 1; r < N; r++) {
                const int32_t last = order[r - 1], now = order[r];
                const float gap = fabsf(x[now] - x[i]) - fabsf(x[last] - x[i]);

                if (last != (int32_t)i && now != (int32_t)i)
                    assert_true(gap > 0 || (gap == 0 && now > last));
            }
        }
        wn_ranker_free(ranker);
        wn_ranking_free(ranking);
    }
}

static void refuses_m(void **state)
{
    static const float x[] = {1, 2, 3};
    struct wn_error error = {0};
    int32_t index[9];
    float distance[9];

    (void)state;
    assert_int_equal(find(x, 3, 1, 3, WN_EUCLIDEAN, 1, index, distance, &error),
                     -1);
    assert_int_equal(error.code, WN_EUSAGE);
}

/* Use the best kernels, as score does. */
static void run_best(char **argv)
{
    if (wn_openblas_request(wn_openblas_better()))
        execv("/proc/self/exe", argv);
    wn_linear_start();
    wn_linear_use_matrix_unit();
}

int main(int argc, char **argv)
{
    (void)argc;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_brute_force),
        cmocka_unit_test(ties_go_to_the_lower_row),
        cmocka_unit_test(clusters_far_apart),
        cmocka_unit_test(all_rows_equal),
        cmocka_unit_test(cosine_of_nothing),
        cmocka_unit_test(golden_knn_basic),
        cmocka_unit_test(groups_keep_apart),
        cmocka_unit_test(ranking_sorts_all_rows),
        cmocka_unit_test(refuses_m),
    };

    run_best(argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
