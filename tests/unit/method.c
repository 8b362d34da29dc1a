/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of methods, and those that read the neighbour graph: golden.json
 * knn_basic; those that read probabilities: ood_pred_probs, loss_correction. */
#include "golden.h"
#include "unit.h"

#include <math.h>
#include <string.h>

#include "method/method.h"
#include "learn/noisy_loss.h"

/* golden:knn_basic, k = 3. */
static int32_t basic_label[12];
static int32_t basic_neighbor[36];

static struct wn_view basic_view(void)
{
    return (struct wn_view){.n = 12,
                            .k = 3,
                            .m = 3,
                            .label = basic_label,
                            .neighbor = basic_neighbor,
                            .threads = 1};
}

static bool reads(const struct wn_method *method, const char *option)
{
    for (const struct wn_setting *s = wn_method_options; s->option.name; s++)
        if (strcmp(s->option.name, option) == 0)
            return strcmp(s->readers[0], method->name) == 0;
    return false;
}

/* Every option is read by a method that exists. */
static void every_option_has_a_reader(void **state)
{
    (void)state;
    for (const struct wn_setting *s = wn_method_options; s->option.name; s++)
        for (int r = 0; r < 2; r++)
            if (r == 0 || s->readers[r])
                assert_non_null(wn_method_find(s->readers[r]));
}

static void every_row_is_complete_and_found(void **state)
{
    (void)state;
    assert_non_null(wn_methods[0]);
    for (size_t i = 0; wn_methods[i]; i++) {
        const struct wn_method *method = wn_methods[i];
        const char *at = strstr(wn_method_choices, method->name);

        assert_ptr_equal(wn_method_find(method->name), method);
        assert_non_null(at);
        assert_int_equal(at[-1], '|');
        assert_true(strlen(method->brief) < 60);
        assert_non_null(method->source);
        assert_true(method->needs != 0);
        assert_true((method->score == NULL) !=
                    (method->factor == 0 && method->class_factor == 0));
        assert_true(!method->required_option ||
                    reads(method, method->required_option));
    }
    assert_null(wn_method_find("nonsense"));
    assert_int_equal(wn_method_defaults[0], ',');
    assert_null(strstr(wn_method_defaults, ",pair_rank"));
    assert_non_null(strstr(wn_method_pair_defaults, ",pair_rank"));
}

static void disagreement_is_the_golden_one(void **state)
{
    float wanted[12];

    golden_floats("knn_basic/outputs/label_disagreement", wanted, 12);
    const struct wn_view view = basic_view();
    struct wn_error error = {0};
    float out[12];

    (void)state;
    assert_int_equal(wn_method_score(wn_method_find("disagreement"), &view,
                                     &(struct wn_scores){.score = out}, &error),
                     0);
    for (int i = 0; i < 12; i++)
        assert_true(out[i] == wanted[i]);
}

static void disagreement_leaves_out_rows_without_a_label(void **state)
{
    static const int32_t label[4] = {0, 1, -1, -1};
    static const int32_t neighbor[8] = {1, 2, 0, 3, 0, 1, 2, 3};
    const struct wn_view view = {
        .n = 4, .k = 2, .m = 2, .label = label, .neighbor = neighbor};
    struct wn_error error = {0};
    float out[4];

    (void)state;
    assert_int_equal(wn_method_score(wn_method_find("disagreement"), &view,
                                     &(struct wn_scores){.score = out}, &error),
                     0);
    assert_true(out[0] == 1 && out[1] == 1 && out[2] == 0 && out[3] == 0);
}

/* golden:ood_pred_probs and, its first six rows, golden:loss_correction. */
static float basic_probability[30];
static int32_t ood_label[10];

/* ood with these settings against 1 - wanted[10]. */
static void check_ood(enum wn_ood by, bool plain, const double *wanted)
{
    const struct wn_method_settings settings = {
        .ood_by = by, .ood_plain = plain, .ood_top = 2};
    const struct wn_view view = {.n = 10,
                                 .k = 3,
                                 .label = ood_label,
                                 .probability = basic_probability,
                                 .settings = &settings};
    struct wn_error error = {0};
    float out[10];

    assert_int_equal(wn_method_score(wn_method_find("ood"), &view,
                                     &(struct wn_scores){.score = out}, &error),
                     0);
    for (int i = 0; i < 10; i++)
        assert_near(out[i], 1 - wanted[i], 1e-6);
}

static void ood_is_the_golden_one(void **state)
{
    double entropy[10];

    golden_doubles("ood_pred_probs/outputs/entropy_adjust_True", entropy, 10);
    double plain[10];

    golden_doubles("ood_pred_probs/outputs/entropy_adjust_False", plain, 10);
    double confidence[10];

    golden_doubles("ood_pred_probs/outputs/least_confidence_adjust_True",
                   confidence, 10);
    double gen[10];

    golden_doubles("ood_pred_probs/outputs/gen_M2_gamma0.1_noadjust", gen, 10);
    double largest[10];

    golden_doubles("ood_pred_probs/outputs/least_confidence_adjust_False",
                   largest, 10);

    (void)state;
    check_ood(WN_OOD_ENTROPY, false, entropy);
    check_ood(WN_OOD_ENTROPY, true, plain);
    check_ood(WN_OOD_LEAST_CONFIDENCE, false, confidence);
    check_ood(WN_OOD_LEAST_CONFIDENCE, true, largest);
    check_ood(WN_OOD_GEN, false, gen);
}

static void corrected_losses_are_the_golden_ones(void **state)
{
    double t[9];

    golden_doubles("loss_correction/inputs/T", t, 9);
    double inverse[9];

    golden_doubles("loss_correction/outputs/T_inverse", inverse, 9);
    double forward[6];

    golden_doubles("loss_correction/outputs/forward", forward, 6);
    double backward[6];

    golden_doubles("loss_correction/outputs/backward", backward, 6);
    int32_t label[6];

    golden_ints("loss_correction/inputs/labels", label, 6);
    static const double same[4] = {.5, .5, .5, .5};
    struct wn_error error = {0};
    double u[9];

    (void)state;
    assert_int_equal(wn_transition_invert(t, 3, u, &error), 0);
    for (int e = 0; e < 9; e++)
        assert_near(u[e], inverse[e], 1e-8);
    for (int i = 0; i < 6; i++) {
        const float *p = basic_probability + 3 * i;

        assert_near(wn_forward_loss(p, t, 3, label[i]), forward[i], 1e-6);
        assert_near(wn_backward_loss(p, u, 3, label[i]), backward[i], 1e-6);
    }
    assert_int_equal(wn_transition_invert(same, 2, u, &error), -1);
    assert_int_equal(error.code, WN_ENUMERIC);
}

/* Fill the inputs and results above from tests/golden.json. */
static int read_goldens(void **state)
{
    (void)state;
    golden_ints("knn_basic/inputs/labels", basic_label, 12);
    golden_ints("knn_basic/outputs/indices", basic_neighbor, 36);
    golden_floats("ood_pred_probs/inputs/pred_probs", basic_probability, 30);
    golden_ints("ood_pred_probs/inputs/labels", ood_label, 10);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_complete_and_found),
        cmocka_unit_test(every_option_has_a_reader),
        cmocka_unit_test(disagreement_is_the_golden_one),
        cmocka_unit_test(disagreement_leaves_out_rows_without_a_label),
        cmocka_unit_test(ood_is_the_golden_one),
        cmocka_unit_test(corrected_losses_are_the_golden_ones),
    };

    return cmocka_run_group_tests(tests, read_goldens, NULL);
}
