/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check/confident, health: golden.json cl_core, cl_collision,
 * cl_collision_nonmember, cl_missing_class, round_preserving_sum,
 * dataset_health, and cases by hand. */
#include "golden.h"
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "noise/confident.h"
#include "util/random.h"

/* golden.json cl_core, inputs */
static int32_t core_label[10];
static double core_p[30];

static void assert_close(const double *found, const double *wanted,
                         size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!(fabs(found[i] - wanted[i]) <= 1e-12))
            fail_msg("[%zu]: %.17g, wanted %.17g", i, found[i], wanted[i]);
}

static void assert_counts(const int64_t *found, const int64_t *wanted,
                          size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (found[i] != wanted[i])
            fail_msg("[%zu]: %ld, wanted %ld", i, (long)found[i],
                     (long)wanted[i]);
}

/* The cell [s][t] of a sparse matrix; -1 where there is none. */
static ptrdiff_t cell_at(const struct wn_sparse *at, size_t s, size_t t)
{
    const size_t cell = wn_sparse_find(at, s, t);

    return (size_t)at->column[cell] == t ? (ptrdiff_t)cell : -1;
}

/* The cells against a whole k x k matrix: 0 where there is none. */
static void assert_counts_at(const struct wn_noise *noise, const int64_t *found,
                             const int64_t *wanted)
{
    for (size_t s = 0; s < noise->k; s++)
        for (size_t t = 0; t < noise->k; t++) {
            const ptrdiff_t cell = cell_at(&noise->at, s, t);
            const int64_t here = cell < 0 ? 0 : found[cell];

            assert_counts(&here, wanted + s * noise->k + t, 1);
        }
}

/* The same, or the transpose of it. */
static void assert_close_at(const struct wn_noise *noise, const double *found,
                            int turned, const double *wanted)
{
    const size_t k = noise->k;

    for (size_t s = 0; s < k; s++)
        for (size_t t = 0; t < k; t++) {
            const ptrdiff_t cell = cell_at(&noise->at, s, t);
            const double here = cell < 0 ? 0 : found[cell];

            assert_close(&here, wanted + (turned ? t * k + s : s * k + t), 1);
        }
}

/* Rows that count as another class than given are exactly these. */
static void assert_off_diagonal(const struct wn_noise *noise,
                                const int32_t *label, size_t n,
                                const size_t *wanted, size_t count)
{
    size_t next = 0;

    assert_int_equal(noise->off_diagonal, count);
    for (size_t i = 0; i < n; i++)
        if (noise->guess[i] >= 0 && noise->guess[i] != label[i]) {
            assert_true(next < count);
            assert_int_equal(i, wanted[next++]);
        }
    assert_int_equal(next, count);
}

static void estimate(const int32_t *label, const double *p, size_t n, size_t k,
                     const struct wn_noise_settings *settings,
                     struct wn_noise *noise)
{
    const struct wn_probability matrix = {n, k, NULL, p};
    struct wn_error error = {0};

    if (wn_noise_estimate(label, &matrix, settings, noise, &error))
        fail_msg("%s", error.text);
}

static void matches_cl_core(void **state)
{
    double threshold[3];

    golden_doubles("cl_core/outputs/thresholds", threshold, 3);
    int64_t raw[9];

    golden_longs("cl_core/outputs/confident_joint_raw", raw, 9);
    int64_t calibrated[9];

    golden_longs("cl_core/outputs/confident_joint_calibrated", calibrated, 9);
    double joint[9];

    golden_doubles("cl_core/outputs/joint", joint, 9);
    double prior[3];

    golden_doubles("cl_core/outputs/py", prior, 3);
    double matrix[9];

    golden_doubles("cl_core/outputs/noise_matrix", matrix, 9);
    double inverse[9];

    golden_doubles("cl_core/outputs/inverse_noise_matrix", inverse, 9);
    size_t off[3];

    golden_sizes("cl_missing_class/outputs/issues", off, 3);
    const struct wn_noise_settings settings = {.threads = 1};
    struct wn_noise noise;

    (void)state;
    estimate(core_label, core_p, 10, 3, &settings, &noise);
    assert_close(noise.threshold, threshold, 3);
    assert_counts_at(&noise, noise.raw, raw);
    assert_counts_at(&noise, noise.calibrated, calibrated);
    assert_close_at(&noise, noise.joint, 0, joint);
    assert_close(noise.prior, prior, 3);
    assert_close_at(&noise, noise.matrix, 0, matrix);
    assert_close_at(&noise, noise.inverse, 1, inverse);
    assert_off_diagonal(&noise, core_label, 10, off, 3);
    assert_int_equal(noise.issues, 3);
    assert_int_equal(noise.issues_calibrated, 3);
    assert_int_equal(noise.issues_batched, 3); /* cl_batched */
    assert_int_equal(noise.issues_batched_calibrated, 3);
    assert_true(fabs(noise.health - 0.7) < 1e-12); /* dataset_health */
    assert_true(fabs(noise.rate - 0.3) < 1e-12);
    wn_noise_free(&noise);
}

/* cl_core: py_cnt, py_eqn, py_marginal, py_marginal_ps; *_converged. */
static void finds_priors(void **state)
{
    static const double prior[4][3] = {
        {0.3, 0.30000000000000004, 0.39999999999999997},
        {0.29999999999999993, 0.30000000000000004, 0.39999999999999997},
        {0.3, 0.3, 0.4},
        {0.3, 0.3, 0.4}};
    double inverse[9];

    golden_doubles("cl_core/outputs/inverse_noise_matrix", inverse, 9);
    struct wn_noise noise;

    (void)state;
    for (int how = 0; how < 4; how++) {
        const struct wn_noise_settings settings = {.prior = (enum wn_prior)how,
                                                   .threads = 1};

        estimate(core_label, core_p, 10, 3, &settings, &noise);
        assert_close(noise.prior, prior[how], 3);
        wn_noise_free(&noise);
    }
    const struct wn_noise_settings settings = {.converge = 1, .threads = 1};
    estimate(core_label, core_p, 10, 3, &settings, &noise);
    assert_close(noise.prior, prior[0], 3);
    assert_close_at(&noise, noise.inverse, 1, inverse);
    wn_noise_free(&noise);
}

static void matches_cl_collision(void **state)
{
    int32_t label[6];

    golden_ints("cl_collision/inputs/labels", label, 6);
    double p[18];

    golden_doubles("cl_collision/inputs/pred_probs", p, 18);
    double threshold[3];

    golden_doubles("cl_collision/inputs/thresholds", threshold, 3);
    int64_t raw[9];

    golden_longs("cl_collision/outputs/confident_joint_raw", raw, 9);
    size_t off[3];

    golden_sizes("cl_collision/outputs/off_diagonal_indices", off, 3);
    const struct wn_noise_settings settings = {.threshold = threshold,
                                               .threads = 1};
    struct wn_noise noise;

    (void)state;
    estimate(label, p, 6, 3, &settings, &noise);
    assert_counts_at(&noise, noise.raw, raw);
    assert_off_diagonal(&noise, label, 6, off, 3);
    wn_noise_free(&noise);
}

static void matches_cl_collision_nonmember(void **state)
{
    int32_t label[3];

    golden_ints("round_preserving_sum/outputs/c/out", label, 3);
    double p[9];

    golden_doubles("cl_collision_nonmember/inputs/pred_probs", p, 9);
    double threshold[3];

    golden_doubles("cl_collision_nonmember/inputs/thresholds", threshold, 3);
    int64_t raw[9];

    golden_longs("cl_collision_nonmember/outputs/confident_joint_raw", raw, 9);
    static const size_t off[] = {0, 2};
    const struct wn_noise_settings settings = {.threshold = threshold,
                                               .threads = 1};
    struct wn_noise noise;

    (void)state;
    estimate(label, p, 3, 3, &settings, &noise);
    assert_counts_at(&noise, noise.raw, raw);
    assert_off_diagonal(&noise, label, 3, off, 2);
    wn_noise_free(&noise);
}

static void matches_cl_missing_class(void **state)
{
    double threshold[4];

    golden_doubles("cl_missing_class/outputs/thresholds", threshold, 4);
    int64_t raw[16];

    golden_longs("cl_missing_class/outputs/cj_raw", raw, 16);
    int64_t calibrated[16];

    golden_longs("cl_missing_class/outputs/cj", calibrated, 16);
    double joint[16];

    golden_doubles("cl_missing_class/outputs/joint", joint, 16);
    double prior[4];

    golden_doubles("cl_missing_class/outputs/py", prior, 4);
    double matrix[16];

    golden_doubles("cl_missing_class/outputs/noise_matrix", matrix, 16);
    double inverse[16];

    golden_doubles("cl_missing_class/outputs/inverse_noise_matrix", inverse,
                   16);
    const struct wn_noise_settings settings = {.threads = 1};
    struct wn_noise noise;
    double p[40];

    (void)state;
    for (int i = 0; i < 10; i++) {
        for (int c = 0; c < 3; c++)
            p[4 * i + c] = core_p[3 * i + c] * 0.98;
        p[4 * i + 3] = 0.02;
    }
    estimate(core_label, p, 10, 4, &settings, &noise);
    assert_close(noise.threshold, threshold, 4);
    assert_counts_at(&noise, noise.raw, raw);
    assert_counts_at(&noise, noise.calibrated, calibrated);
    assert_close_at(&noise, noise.joint, 0, joint);
    assert_close(noise.prior, prior, 4);
    assert_close_at(&noise, noise.matrix, 0, matrix);
    assert_close_at(&noise, noise.inverse, 1, inverse);
    wn_noise_free(&noise);
}

static void matches_round_preserving_sum(void **state)
{
    static const struct {
        size_t m;
        double x[4];
        int64_t out[4];
    } cases[] = {{4, {1.5, 2.5, 0.25, 0.75}, {2, 2, 0, 1}},
                 {4, {0.5, 0.5, 0.5, 0.5}, {0, 0, 1, 1}},
                 {3,
                  {0.3333333333333333, 0.3333333333333333, 0.3333333333333333},
                  {0, 0, 1}},
                 {4, {2.4, 2.4, 2.4, 0.8}, {2, 2, 3, 1}},
                 {4, {0.6, 0.6, 0.6, 0.2}, {0, 1, 1, 0}},
                 {3, {3.5, 1.5, 0.0}, {3, 2, 0}},
                 {3, {0.5, 0.5, 0.0}, {0, 1, 0}}};
    int64_t out[4];

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        wn_round_sum(cases[c].x, cases[c].m, out);
        assert_counts(out, cases[c].out, cases[c].m);
    }
}

/* Counts that scale to halves, whose rounding hangs on the last bit of their
 * sum. Wanted: cleanlab's calibration restated with numpy 1.24, whose sums run
 * in halves of memory; other orders of summing give other counts. */
static void rounds_halves_as_numpy_sums(void **state)
{
    static const struct {
        size_t k, rows[12];
        struct {
            size_t given, truth, raw;
            int64_t calibrated;
        } cell[24];
    } cases[] = {{5,
                  {6, 10, 8, 18, 13},
                  {{0, 0, 4, 6},
                   {1, 1, 3, 8},
                   {1, 4, 1, 2},
                   {2, 2, 2, 5},
                   {2, 4, 1, 3},
                   {3, 0, 1, 2},
                   {3, 2, 1, 3},
                   {3, 3, 5, 13},
                   {4, 1, 1, 3},
                   {4, 4, 4, 10}}},
                 {12,
                  {17, 28, 10, 20, 31, 9, 12, 12, 14, 12, 5, 7},
                  {{0, 0, 2, 9},   {0, 6, 1, 4},  {0, 11, 1, 4}, {1, 1, 2, 19},
                   {1, 4, 1, 9},   {2, 2, 7, 10}, {3, 3, 7, 16}, {3, 5, 1, 2},
                   {3, 10, 1, 2},  {4, 0, 1, 6},  {4, 4, 3, 19}, {4, 7, 1, 6},
                   {5, 5, 6, 9},   {6, 3, 1, 2},  {6, 6, 6, 10}, {7, 7, 8, 12},
                   {8, 0, 1, 3},   {8, 8, 3, 11}, {9, 4, 1, 1},  {9, 9, 7, 11},
                   {10, 10, 2, 5}, {11, 11, 2, 7}}}};
    static int32_t label[200];
    static double p[200 * 12];
    static const double threshold[] = {.5, .5, .5, .5, .5, .5,
                                       .5, .5, .5, .5, .5, .5};

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const size_t k = cases[c].k;
        const struct wn_noise_settings settings = {.threshold = threshold,
                                                   .threads = 2};
        struct wn_noise noise;
        size_t n = 0, cell = 0;

        memset(p, 0, sizeof p);
        for (size_t s = 0; s < k; s++) {
            const size_t end = n + cases[c].rows[s];

            /* Rows that count, then rows that are confident of nothing. */
            for (; cases[c].cell[cell].raw && cases[c].cell[cell].given == s;
                 cell++)
                for (size_t r = 0; r < cases[c].cell[cell].raw; r++, n++) {
                    p[n * k + cases[c].cell[cell].truth] = 1;
                    label[n] = (int32_t)s;
                }
            for (; n < end; n++)
                label[n] = (int32_t)s;
        }
        estimate(label, p, n, k, &settings, &noise);
        assert_int_equal(noise.at.cells, cell);
        for (size_t z = 0; z < cell; z++) {
            assert_int_equal(noise.raw[z], cases[c].cell[z].raw);
            assert_int_equal(noise.calibrated[z], cases[c].cell[z].calibrated);
        }
        wn_noise_free(&noise);
    }
}

static void matches_dataset_health(void **state)
{
    double joint[9];

    golden_doubles("cl_core/outputs/joint", joint, 9);
    static const size_t class[] = {1, 0, 2}, issues[] = {2, 1, 0};
    double noise[3];

    golden_doubles(
        "dataset_health/outputs/classes_by_label_quality/Label Noise", noise,
        3);
    double inverse[3];

    golden_doubles(
        "dataset_health/outputs/classes_by_label_quality/Inverse Label Noise",
        inverse, 3);
    static const size_t pair[][3] = {{0, 1, 2}, {1, 2, 1}, {0, 2, 0}};
    static const size_t way[][3] = {{0, 1, 1}, {1, 0, 1}, {1, 2, 1},
                                    {0, 2, 0}, {2, 0, 0}, {2, 1, 0}};
    struct wn_class_health classes[3];
    struct wn_pair_health pairs[6];

    (void)state;
    size_t begin[] = {0, 3, 6, 9}, diagonal[] = {0, 4, 8};
    int32_t column[] = {0, 1, 2, 0, 1, 2, 0, 1, 2};
    const struct wn_sparse at = {3, 9, begin, diagonal, column};
    const double given[] = {.3, .4, .3}, truth[] = {.3, .3, .4};
    const struct wn_joint whole = {&at, joint, given, truth, 10};
    wn_health_classes(&whole, classes);
    for (size_t c = 0; c < 3; c++) {
        assert_int_equal(classes[c].class, class[c]);
        assert_int_equal(classes[c].issues, issues[c]);
        assert_int_equal(classes[c].inverse_issues, 1);
        assert_close(&classes[c].noise, &noise[c], 1);
        assert_close(&classes[c].inverse_noise, &inverse[c], 1);
        const double quality = 1 - noise[c];
        assert_close(&classes[c].quality, &quality, 1);
    }
    assert_int_equal(wn_health_pairs(&whole, true, 6, pairs), 3);
    /* The reference's order of the two empty pairs is 1-2 after 0-1. */
    for (size_t p = 0; p < 3; p++) {
        assert_int_equal(pairs[p].a, pair[p][0]);
        assert_int_equal(pairs[p].b, pair[p][1]);
        assert_int_equal(pairs[p].issues, pair[p][2]);
    }
    assert_int_equal(wn_health_pairs(&whole, false, 6, pairs), 6);
    for (size_t p = 0; p < 6; p++) {
        assert_int_equal(pairs[p].a, way[p][0]);
        assert_int_equal(pairs[p].b, way[p][1]);
        assert_int_equal(pairs[p].issues, way[p][2]);
    }
}

/* Random rows with a label missing here and there. */
static void make_random(size_t n, size_t k, int32_t *label, float *p)
{
    struct wn_random random;

    wn_random_start(&random, 7, WN_RANDOM_SAMPLE, 0, 0);
    for (size_t i = 0; i < n; i++) {
        double sum = 0, row[8];

        label[i] = (int32_t)wn_random_below(&random, k + 1) - 1;
        for (size_t c = 0; c < k; c++)
            sum += row[c] =
                wn_random_unit(&random) + ((int32_t)c == label[i] ? 0.5 : 0);
        for (size_t c = 0; c < k; c++)
            p[i * k + c] = (float)(row[c] / sum);
    }
}

/* Rows without label are left out: the same as a file without them. And the
 * threads do not matter. */
static void leaves_out_missing_labels(void **state)
{
    enum { N = 3000, K = 5 };
    static int32_t label[N], kept_label[N];
    static float p[N * K], kept_p[N * K];
    struct wn_noise all, kept;
    struct wn_error error = {0};
    size_t n = 0;

    (void)state;
    make_random(N, K, label, p);
    for (size_t i = 0; i < N; i++) {
        if (label[i] < 0)
            continue;
        kept_label[n] = label[i];
        memcpy(kept_p + n++ * K, p + i * K, K * sizeof *p);
    }
    const struct wn_probability whole = {N, K, p, NULL};
    const struct wn_probability part = {n, K, kept_p, NULL};
    const struct wn_noise_settings one = {.threads = 1}, four = {.threads = 4};
    assert_int_equal(wn_noise_estimate(label, &whole, &four, &all, &error), 0);
    assert_int_equal(wn_noise_estimate(kept_label, &part, &one, &kept, &error),
                     0);
    assert_int_equal(all.n, n);
    assert_int_equal(all.issues, kept.issues);
    assert_int_equal(all.off_diagonal, kept.off_diagonal);
    assert_true(all.off_diagonal > 0);
    assert_memory_equal(all.threshold, kept.threshold, K * sizeof(double));
    assert_int_equal(all.at.cells, kept.at.cells);
    assert_memory_equal(all.raw, kept.raw, kept.at.cells * sizeof(int64_t));
    assert_memory_equal(all.matrix, kept.matrix,
                        kept.at.cells * sizeof(double));
    for (size_t i = 0; i < N; i++)
        if (label[i] < 0)
            assert_int_equal(all.guess[i], -1);
    wn_noise_free(&all);
    wn_noise_free(&kept);
}

static void refuse(const int32_t *label, const double *p, size_t n, size_t k,
                   const char *text)
{
    const struct wn_probability matrix = {n, k, NULL, p};
    const struct wn_noise_settings settings = {.threads = 1};
    struct wn_error error = {0};
    struct wn_noise noise;

    assert_int_equal(
        wn_noise_estimate(label, &matrix, &settings, &noise, &error), -1);
    if (!strstr(error.text, text))
        fail_msg("found '%s', wanted '%s'", error.text, text);
    assert_null(noise.count);
}

static void refuses_what_is_no_probability(void **state)
{
    const int32_t label[] = {0, 1, 0}, none[] = {-1, -1, -1};
    const int32_t high[] = {0, 2, 0}, low[] = {0, -2, 0};
    double p[] = {0.5, 0.5, 0.5, 0.5, 0.5, 0.5};

    (void)state;
    refuse(label, p, 3, 1, "1 class, wanted at least 2");
    refuse(none, p, 3, 2, "no row has a label");
    refuse(high, p, 3, 2, "row 1: label 2, wanted -1 to 1");
    refuse(low, p, 3, 2, "row 1: label -2, wanted -1 to 1");
    p[3] = NAN;
    refuse(label, p, 3, 2, "row 1 of probability: found nan for class 1");
    p[3] = -2e-6;
    refuse(label, p, 3, 2, "row 1 of probability: found -2e-06 for class 1");
    p[3] = 1.1;
    refuse(label, p, 3, 2, "row 1 of probability: found 1.1 for class 1");
    p[3] = INFINITY;
    refuse(label, p, 3, 2, "row 1 of probability: found inf for class 1");
}

/* Fill the inputs and results above from tests/golden.json. */
static int read_goldens(void **state)
{
    (void)state;
    golden_ints("cl_core/inputs/labels", core_label, 10);
    golden_doubles("cl_core/inputs/pred_probs", core_p, 30);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_cl_core),
        cmocka_unit_test(finds_priors),
        cmocka_unit_test(matches_cl_collision),
        cmocka_unit_test(matches_cl_collision_nonmember),
        cmocka_unit_test(matches_cl_missing_class),
        cmocka_unit_test(matches_round_preserving_sum),
        cmocka_unit_test(rounds_halves_as_numpy_sums),
        cmocka_unit_test(matches_dataset_health),
        cmocka_unit_test(leaves_out_missing_labels),
        cmocka_unit_test(refuses_what_is_no_probability),
    };

    return cmocka_run_group_tests(tests, read_goldens, NULL);
}
