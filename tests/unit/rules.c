/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check/rules, quality: golden.json cl_filter, cl_filter_params,
 * cl_missing_class (issues), label_quality; in double and in float. */
#include "golden.h"
#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "noise/label_quality.h"
#include "noise/label_rules.h"

/* golden.json cl_core and cl_filter, inputs */
static int32_t core_label[10];
static double core_p[30];
/* golden.json cl_filter_params, inputs */
static int32_t large_label[40];
static double large_p[120];

/* The 3 x 3 matrix that the cells stand for, or its transpose. */
static void spread(const struct wn_sparse *at, const int64_t *value, int turn,
                   int64_t out[9])
{
    memset(out, 0, 9 * sizeof *out);
    for (size_t s = 0; s < 3; s++)
        for (size_t cell = at->begin[s]; cell < at->begin[s + 1]; cell++) {
            const size_t t = (size_t)at->column[cell];

            out[turn ? 3 * t + s : 3 * s + t] = value[cell];
        }
}

/* The rows a rule flags, "2 5 9". */
static void flag(const char *rule, const int32_t *label,
                 const struct wn_probability *p,
                 const struct wn_label_rule_settings *prune, char out[200])
{
    const struct wn_noise_settings settings = {.threads = 1};
    struct wn_error error = {0};
    uint8_t hit[40] = {0};
    struct wn_noise noise;
    size_t used = 0;

    assert_int_equal(wn_noise_estimate(label, p, &settings, &noise, &error), 0);
    struct wn_suspicion suspicion;
    wn_suspicion_find(label, p, &noise, 1, &suspicion);
    const struct wn_label_rule_view view = {label,      p,     &noise,
                                            &suspicion, prune, NULL};
    assert_non_null(wn_label_rule_find(rule));
    wn_label_rule_apply(wn_label_rule_find(rule), &view, hit);
    out[0] = '\0';
    for (size_t i = 0; i < p->n; i++)
        if (hit[i])
            used += (size_t)snprintf(out + used, 200 - used, "%s%zu",
                                     used ? " " : "", i);
    wn_suspicion_free(&suspicion);
    wn_noise_free(&noise);
}

/* clang-format off */
static const struct wn_label_rule_settings plain = {.fraction = 1, .min_examples = 1},
                                     none = {.fraction = 1, .min_examples = 0};
/* clang-format on */

/* The same flags from doubles and from floats. */
static void assert_flags(const char *rule, const int32_t *label,
                         const double *exact, size_t n, size_t k,
                         const struct wn_label_rule_settings *prune,
                         const char *wanted)
{
    float single[120];
    char found[200];

    for (size_t i = 0; i < n * k; i++)
        single[i] = (float)exact[i];
    const struct wn_probability wide = {n, k, NULL, exact};
    const struct wn_probability narrow = {n, k, single, NULL};
    flag(rule, label, &wide, prune, found);
    assert_string_equal(found, wanted);
    flag(rule, label, &narrow, prune, found);
    assert_string_equal(found, wanted);
}

static void matches_cl_filter(void **state)
{
    static const char *const wanted[][2] = {{"prune_by_noise_rate", "2 5 9"},
                                            {"prune_by_class", "2 5 9"},
                                            {"both", "2 5 9"},
                                            {"confident_learning", "2 5 9"},
                                            {"predicted_neq_given", "2 5 8 9"},
                                            {"low_normalized_margin", "2 5 8"},
                                            {"low_self_confidence", "2 5 8"},
                                            /* 10 (1 - 6 / 9), by hand */
                                            {"margin_count", "2 5 8"}};
    size_t rules = 0;

    (void)state;
    for (size_t r = 0; r < sizeof wanted / sizeof *wanted; r++)
        assert_flags(wanted[r][0], core_label, core_p, 10, 3, &plain,
                     wanted[r][1]);
    while (wn_label_rules[rules].name && !wn_label_rules[rules].score)
        rules++;
    assert_int_equal(rules, sizeof wanted / sizeof *wanted + 1);
    assert_null(wn_label_rule_find("none"));
}

static void matches_cl_missing_class(void **state)
{
    double p[40];

    (void)state;
    for (int i = 0; i < 10; i++) {
        for (int c = 0; c < 3; c++)
            p[4 * i + c] = core_p[3 * i + c] * 0.98;
        p[4 * i + 3] = 0.02;
    }
    assert_flags("prune_by_noise_rate", core_label, p, 10, 4, &plain, "2 5 9");
}

static void matches_cl_filter_params(void **state)
{
    static const struct {
        double fraction;
        size_t min_examples;
        int64_t counts[9];
        const char *rate, *class, *both;
        size_t max[3]; /* num_to_remove_per_class, 0 = by the estimate */
    } cases[] = {
        {1,
         1,
         {12, 2, 3, 3, 12, 0, 3, 0, 5},
         "7 9 10 12 15 20 21 32 35 36",
         "5 7 9 10 12 15 20 26 32 35 36",
         "7 9 10 12 15 20 32 35 36",
         {0}},
        {0.5,
         1,
         {15, 1, 1, 1, 13, 0, 1, 0, 6},
         "9 15 21 32",
         "9 12 15 26 32 36",
         "9 15 32",
         {0}},
        {0.25, 1, {16, 0, 0, 0, 13, 0, 0, 0, 7}, "", "9 15 26 32", "", {0}},
        {1,
         6,
         {12, 2, 2, 3, 12, 0, 3, 0, 6},
         "7 9 10 12 15 20 21 32 36",
         "5 7 9 10 12 15 20 26 32 36",
         NULL,
         {0}},
        {1,
         8,
         {12, 2, 0, 3, 12, 0, 3, 0, 8},
         "7 9 10 12 15 20 21",
         "5 7 9 10 12 15 20 26",
         NULL,
         {0}},
        {1,
         12,
         {12, 2, 0, 3, 12, 0, 3, 0, 12},
         "7 9 10 12 15 20 21",
         "5 7 9 10 12 15 20 26",
         NULL,
         {0}},
        {1,
         1,
         {16, 1, 1, 3, 11, 0, 1, 0, 7},
         "9 10 12 15 21 32",
         "9 15 20 21 26 32",
         "9 15 21 32",
         {2, 3, 1}}};
    double threshold[3];

    golden_doubles("cl_filter_params/outputs/thresholds", threshold, 3);
    int64_t joint[9];

    golden_longs("cl_filter_params/outputs/confident_joint", joint, 9);
    const struct wn_probability p = {40, 3, NULL, large_p};
    const struct wn_noise_settings settings = {.threads = 1};
    struct wn_error error = {0};
    struct wn_noise noise;
    int64_t counts[9], cells[9];

    (void)state;
    assert_int_equal(
        wn_noise_estimate(large_label, &p, &settings, &noise, &error), 0);
    for (int c = 0; c < 3; c++)
        assert_true(fabs(noise.threshold[c] - threshold[c]) < 1e-12);
    spread(&noise.at, noise.calibrated, 0, counts);
    assert_memory_equal(counts, joint, sizeof joint);
    assert_int_equal(noise.issues, 7);
    assert_int_equal(noise.issues_calibrated, 11);
    /* by a numpy restatement of the batched estimate */
    assert_int_equal(noise.issues_batched, 7);
    assert_int_equal(noise.issues_batched_calibrated, 10);
    /* and of the rule */
    assert_flags("margin_count", large_label, large_p, 40, 3, &plain,
                 "5 7 9 10 12 15 21 26 32 36");
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        size_t max[3] = {cases[c].max[0], cases[c].max[1], cases[c].max[2]};
        const struct wn_label_rule_settings prune = {
            cases[c].fraction, cases[c].min_examples, max[0] ? max : NULL};

        wn_label_rule_counts(&noise, &prune, cells);
        spread(&noise.at, cells, 1, counts);
        assert_memory_equal(counts, cases[c].counts, sizeof counts);
        assert_flags("prune_by_noise_rate", large_label, large_p, 40, 3, &prune,
                     cases[c].rate);
        assert_flags("prune_by_class", large_label, large_p, 40, 3, &prune,
                     cases[c].class);
        if (cases[c].both)
            assert_flags("both", large_label, large_p, 40, 3, &prune,
                         cases[c].both);
    }
    wn_noise_free(&noise);
}

/* The rule of our own, by what it says: suspicion above one half. */
static void flags_by_posterior(void **state)
{
    const struct wn_noise_settings settings = {.threads = 1};
    const struct wn_probability p = {40, 3, NULL, large_p};
    struct wn_error error = {0};
    struct wn_suspicion suspicion;
    struct wn_noise noise;
    char wanted[200] = "";
    size_t used = 0;

    (void)state;
    assert_int_equal(
        wn_noise_estimate(large_label, &p, &settings, &noise, &error), 0);
    wn_suspicion_find(large_label, &p, &noise, 1, &suspicion);
    for (size_t i = 0; i < 40; i++)
        if (suspicion.verdict[i].suspicion > 0.5)
            used += (size_t)snprintf(wanted + used, 200 - used, "%s%zu",
                                     used ? " " : "", i);
    assert_true(used > 0);
    assert_flags("posterior", large_label, large_p, 40, 3, &plain, wanted);
    wn_suspicion_free(&suspicion);
    wn_noise_free(&noise);
}

/* The cuts of the papers: above one half, from one half, from 1, from 0; rows
 * without a label never. */
static void cuts_scores(void **state)
{
    static const int32_t label[] = {0, 0, 1, 1, 0, -1};
    static const float score[] = {-.25f, 0, .5f, .51f, 1, 1};
    static const char *const wanted[][2] = {
        {"simifeat_vote", "000110"}, {"simifeat_rank", "000110"},
        {"aum", "011110"},           {"enn_all", "001110"},
        {"enn_mode", "000010"},      {"tomek", "000010"}};
    const struct wn_probability p = {.n = 6, .k = 2};
    const struct wn_label_rule_view view = {
        .label = label, .p = &p, .score = score};
    size_t rules = 0;

    (void)state;
    for (size_t r = 0; r < sizeof wanted / sizeof *wanted; r++) {
        const struct wn_label_rule *rule = wn_label_rule_find(wanted[r][0]);
        uint8_t hit[6] = {0};

        assert_non_null(rule->made_by);
        wn_label_rule_apply(rule, &view, hit);
        for (size_t i = 0; i < 6; i++)
            assert_int_equal(hit[i], wanted[r][1][i] - '0');
    }
    for (size_t r = 0; wn_label_rules[r].name; r++)
        rules += wn_label_rules[r].score != NULL;
    assert_int_equal(rules, sizeof wanted / sizeof *wanted);
}

/* By hand: a class of one row is never pruned, however wrong it looks, but
 * may count as another class. */
static void leaves_single_rows_alone(void **state)
{
    int32_t label[4];

    golden_ints("cl_missing_class/outputs/cj_raw/3", label, 4);
    static const double p[] = {0.9, 0.1, 0.8, 0.2, 0.9, 0.1, 0.95, 0.05};

    (void)state;
    assert_flags("prune_by_noise_rate", label, p, 4, 2, &none, "");
    assert_flags("prune_by_class", label, p, 4, 2, &none, "");
    assert_flags("confident_learning", label, p, 4, 2, &none, "3");
}

/* By hand: a tie with the given label, or nearly one, is no issue. */
static void forgives_near_ties(void **state)
{
    const double row[] = {0.5, 0.5, 0}, near[] = {0.5, 0.4999995, 0};
    const double far[] = {0.5, 0.499, 0};

    (void)state;
    assert_true(wn_predicts(row, 3, 0) && wn_predicts(row, 3, 1));
    assert_true(wn_predicts(near, 3, 1));
    assert_false(wn_predicts(far, 3, 1));
    assert_false(wn_predicts(row, 3, 2));
}

static void matches_label_quality(void **state)
{
    double self[10];

    golden_doubles("label_quality/outputs/self_confidence", self, 10);
    double margin[10];

    golden_doubles("label_quality/outputs/normalized_margin", margin, 10);
    double entropy[10];

    golden_doubles("label_quality/outputs/confidence_weighted_entropy", entropy,
                   10);
    double self_adjusted[10];

    golden_doubles("label_quality/outputs/self_confidence_adjusted",
                   self_adjusted, 10);
    double margin_adjusted[10];

    golden_doubles("label_quality/outputs/normalized_margin_adjusted",
                   margin_adjusted, 10);
    const struct wn_probability p = {10, 3, NULL, core_p};
    const struct wn_noise_settings settings = {.threads = 1};
    struct wn_error error = {0};
    struct wn_noise noise;

    (void)state;
    assert_int_equal(
        wn_noise_estimate(core_label, &p, &settings, &noise, &error), 0);
    double shift[3];
    wn_label_quality_shift(&noise, shift);
    for (int i = 0; i < 10; i++) {
        double row[3];

        memcpy(row, core_p + 3 * i, sizeof row);
        const int32_t y = core_label[i];
        assert_true(fabs(wn_label_quality(WN_SELF_CONFIDENCE, row, 3, y) -
                         self[i]) < 1e-12);
        assert_true(fabs(wn_label_quality(WN_NORMALIZED_MARGIN, row, 3, y) -
                         margin[i]) < 1e-12);
        assert_true(
            fabs(wn_label_quality(WN_CONFIDENCE_WEIGHTED_ENTROPY, row, 3, y) -
                 entropy[i]) < 1e-12);
        wn_label_quality_adjust(shift, row, 3);
        assert_true(fabs(wn_label_quality(WN_SELF_CONFIDENCE, row, 3, y) -
                         self_adjusted[i]) < 1e-12);
        assert_true(fabs(wn_label_quality(WN_NORMALIZED_MARGIN, row, 3, y) -
                         margin_adjusted[i]) < 1e-12);
    }
    wn_noise_free(&noise);
}

/* label_quality, edge rows: one-hot wrong, one-hot right, uniform, tie. The
 * reference scores a one-hot row 0 even when it is right; ours is 1. */
static void scores_edges(void **state)
{
    double row[4][3];

    golden_doubles("label_quality/inputs/edge_pred_probs", &row[0][0], 12);
    int32_t y[4];

    golden_ints("label_quality/inputs/edge_labels", y, 4);
    static const double entropy[] = {0, 1, 0.46209812037329684,
                                     0.6468131048888532};
    double margin[4];

    golden_doubles("label_quality/outputs/edge_scores_nm", margin, 4);

    (void)state;
    for (int r = 0; r < 4; r++) {
        assert_true(fabs(wn_label_quality(WN_CONFIDENCE_WEIGHTED_ENTROPY,
                                          row[r], 3, y[r]) -
                         entropy[r]) < 1e-12);
        assert_true(
            fabs(wn_label_quality(WN_NORMALIZED_MARGIN, row[r], 3, y[r]) -
                 margin[r]) < 1e-12);
    }
}

/* Fill the inputs and results above from tests/golden.json. */
static int read_goldens(void **state)
{
    (void)state;
    golden_ints("cl_core/inputs/labels", core_label, 10);
    golden_doubles("cl_core/inputs/pred_probs", core_p, 30);
    golden_ints("cl_filter_params/inputs/labels", large_label, 40);
    golden_doubles("cl_filter_params/inputs/pred_probs", large_p, 120);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_cl_filter),
        cmocka_unit_test(matches_cl_missing_class),
        cmocka_unit_test(matches_cl_filter_params),
        cmocka_unit_test(flags_by_posterior),
        cmocka_unit_test(cuts_scores),
        cmocka_unit_test(leaves_single_rows_alone),
        cmocka_unit_test(forgives_near_ties),
        cmocka_unit_test(matches_label_quality),
        cmocka_unit_test(scores_edges),
    };

    return cmocka_run_group_tests(tests, read_goldens, NULL);
}
