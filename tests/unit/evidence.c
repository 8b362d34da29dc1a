/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows judged by other rows: golden.json tacred; nearest rows of another set
 * by brute force. */
#include "golden.h"
#include "unit.h"

#include <math.h>
#include <string.h>

#include "method/method.h"
#include "knn/exact.h"
#include "linalg/products.h"
#include "util/random.h"

/* golden:tacred. */
enum { N = 12, K = 3 };
static float x[N * 2];
static int32_t label[N];
static int32_t predicted[N];
static const uint8_t trusted[N] = {1, 1, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0};
static char *const name[K] = {"none", "born", "works"};
static float probability[N * K];

static struct wn_view view_of_all(void)
{
    for (int i = 0; i < N; i++)
        for (int c = 0; c < K; c++)
            probability[i * K + c] = c == predicted[i] ? .5f : .25f;
    return (struct wn_view){.n = N,
                            .d = 2,
                            .k = K,
                            .x = x,
                            .label = label,
                            .probability = probability,
                            .trusted = trusted,
                            .label_name = name,
                            .threads = 2};
}

static int run(const char *method, struct wn_view *view,
               const struct wn_method_settings *settings, float out[N],
               int32_t row[N], struct wn_error *error)
{
    const struct wn_scores scores = {.score = out, .evidence = row};

    memset(out, 0, N * sizeof *out);
    for (int i = 0; i < N; i++)
        row[i] = -1;
    view->settings = settings;
    return wn_method_score(wn_method_find(method), view, &scores, error);
}

static void intrinsic_is_the_golden_one(void **state)
{
    const struct wn_method_settings settings = {.negative_class = "none",
                                                .intrinsic_neighbors = 2};
    struct wn_view view = view_of_all();
    struct wn_error error = {0};
    float out[N];
    int32_t row[N];

    (void)state;
    assert_int_equal(run("intrinsic", &view, &settings, out, row, &error), 0);
    for (int i = 0; i < N; i++)
        if (i < 2) {
            assert_near(out[i], 1 / (1 + .08602325267042628), 1e-7);
            assert_int_equal(row[i], 8); /* nearer than row 2 */
        } else {
            assert_true(out[i] == 0 && row[i] == -1);
        }
}

static void intrinsic_says_when_it_does_not_apply(void **state)
{
    const struct wn_method_settings born = {.negative_class = "born",
                                            .intrinsic_neighbors = 1};
    const struct wn_method_settings other = {.negative_class = "other",
                                             .intrinsic_neighbors = 1};
    struct wn_view view = view_of_all();
    struct wn_error error = {0};
    float out[N];
    int32_t row[N];

    (void)state;
    /* Nothing but born is predicted as born. */
    assert_int_equal(run("intrinsic", &view, &born, out, row, &error), 1);
    assert_string_equal(error.text,
                        "no row of another class is predicted as 'born'");
    error = (struct wn_error){0};
    assert_int_equal(run("intrinsic", &view, &other, out, row, &error), -1);
    assert_string_equal(error.text, "--negative-class: found 'other', wanted "
                                    "one of the 3 classes");
}

static void extrinsic_is_the_golden_one(void **state)
{
    static const struct {
        int i, row;
        double distance;
    } wanted[] = {
        {2, 0, .13}, {7, 5, .22360679774997877}, {8, 0, .08602325267042628}};
    const struct wn_method_settings settings = {.extrinsic_neighbors = 1};
    struct wn_view view = view_of_all();
    struct wn_error error = {0};
    float out[N];
    int32_t row[N];
    int found = 0;

    (void)state;
    assert_int_equal(run("extrinsic", &view, &settings, out, row, &error), 0);
    for (int i = 0; i < N; i++)
        found += out[i] > 0;
    assert_int_equal(found, 3);
    for (int w = 0; w < 3; w++) {
        assert_near(out[wanted[w].i], 1 / (1 + wanted[w].distance), 1e-6);
        assert_int_equal(row[wanted[w].i], wanted[w].row);
    }
}

/* By hand: of the 3 nearest trusted rows of row 3, two are of class 0; of row
 * 7 (labelled 0) two of class 1, the nearest of them row 5. */
static void extrinsic_takes_the_majority(void **state)
{
    const struct wn_method_settings settings = {.extrinsic_neighbors = 3};
    struct wn_view view = view_of_all();
    struct wn_error error = {0};
    uint8_t none[N] = {0};
    float out[N];
    int32_t row[N];

    (void)state;
    assert_int_equal(run("extrinsic", &view, &settings, out, row, &error), 0);
    assert_true(out[3] == 0);
    assert_int_equal(row[7], 5);
    view.trusted = none;
    assert_int_equal(run("extrinsic", &view, &settings, out, row, &error), 1);
    assert_string_equal(error.text, "no labelled row is trusted");
}

/* Coarse features, so that many distances are equal. */
enum { MANY = 700, D = 3, M = 5 };
static float many[MANY * D];

static double distance_of(size_t i, size_t j, enum wn_metric metric)
{
    const float *a = many + i * D, *b = many + j * D;
    double gap = 0, dot = 0, aa = 0, bb = 0;

    for (int c = 0; c < D; c++) {
        gap += ((double)a[c] - b[c]) * ((double)a[c] - b[c]);
        dot += (double)a[c] * b[c];
        aa += (double)a[c] * a[c];
        bb += (double)b[c] * b[c];
    }
    if (metric == WN_EUCLIDEAN)
        return sqrt(gap);
    return aa > 0 && bb > 0 ? 1 - dot / sqrt(aa * bb) : aa != bb;
}

/* Query q's neighbours are as near as any, in order, ties by row. */
static void check_query(size_t i, const int32_t *reference, size_t references,
                        enum wn_metric metric, const int32_t *index,
                        const float *distance)
{
    for (int s = 0; s < M; s++) {
        assert_near(distance[s], distance_of(i, (size_t)index[s], metric),
                    1e-6);
        assert_true(
            s == 0 || distance[s - 1] < distance[s] ||
            (distance[s - 1] == distance[s] && index[s - 1] < index[s]));
    }
    size_t nearer = 0;
    for (size_t r = 0; r < references; r++)
        nearer += distance_of(i, (size_t)reference[r], metric) <
                  distance[M - 1] - 1e-6;
    assert_true(nearer < M);
}

static void nearest_between_sets_are_those_of_brute_force(void **state)
{
    static int32_t query[MANY], reference[MANY], one[MANY * M], two[MANY * M];
    static float near_one[MANY * M], near_two[MANY * M];
    struct wn_random random;
    size_t queries = 0, references = 0;

    (void)state;
    wn_random_start(&random, 9, WN_RANDOM_SAMPLE, 0, 0);
    for (int v = 0; v < MANY * D; v++)
        many[v] = (float)wn_random_below(&random, 5) - 1;
    for (int32_t i = 0; i < MANY; i++)
        if (i % 5 == 0)
            query[queries++] = i;
        else if (i % 5 < 4)
            reference[references++] = i;
    for (enum wn_metric metric = WN_EUCLIDEAN; metric <= WN_COSINE; metric++) {
        struct wn_graph graph = {.x = many,
                                 .n = MANY,
                                 .d = D,
                                 .m = M,
                                 .metric = metric,
                                 .threads = 1};

        wn_knn_query(&graph, query, queries, reference, references, one,
                     near_one);
        graph.threads = 3;
        wn_knn_query(&graph, query, queries, reference, references, two,
                     near_two);
        assert_memory_equal(one, two, queries * M * sizeof *one);
        assert_memory_equal(near_one, near_two, queries * M * sizeof *near_one);
        for (size_t q = 0; q < queries; q++)
            check_query((size_t)query[q], reference, references, metric,
                        one + q * M, near_one + q * M);
    }
}

/* Fill the inputs and results above from tests/golden.json. */
static int read_goldens(void **state)
{
    (void)state;
    golden_floats("tacred/inputs/features", x, 24);
    golden_ints("tacred/inputs/labels", label, 12);
    golden_ints("tacred/inputs/predicted", predicted, 12);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intrinsic_is_the_golden_one),
        cmocka_unit_test(intrinsic_says_when_it_does_not_apply),
        cmocka_unit_test(extrinsic_is_the_golden_one),
        cmocka_unit_test(extrinsic_takes_the_majority),
        cmocka_unit_test(nearest_between_sets_are_those_of_brute_force),
    };

    wn_linear_start();
    return cmocka_run_group_tests(tests, read_goldens, NULL);
}
