/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of methods, and those that read the neighbour graph: golden.json
 * knn_basic; those that read probabilities: ood_pred_probs, loss_correction. */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "method/method.h"
#include "learn/noisy_loss.h"

/* golden:knn_basic, k = 3. */
static const int32_t basic_label[12] = {0, 0, 0, 0, 1, 1, 1, 0, 1, 2, 1, 0};
static const int32_t basic_neighbor[36] = {
    8,  1, 2, 8, 0,  2, 8, 0, 1, 8, 1, 2, 10, 5, 6, 4, 10, 6,
    10, 4, 5, 5, 10, 4, 2, 1, 0, 7, 5, 4, 4,  5, 6, 1, 0,  8};

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
        assert_true(!method->score != !method->factor);
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
    static const float wanted[12] = {
        1 / 3.f, 1 / 3.f, 1 / 3.f, 1 / 3.f, 0, 0, 0, 1, 1, 1, 0, 1 / 3.f};
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
static const float basic_probability[30] = {
    0.8f, 0.15f, 0.05f, 0.7f, 0.2f, 0.1f,  0.1f,  0.85f, 0.05f, 0.2f,
    0.7f, 0.1f,  0.3f,  0.6f, 0.1f, 0.05f, 0.15f, 0.8f,  0.1f,  0.2f,
    0.7f, 0.05f, 0.05f, 0.9f, 0.4f, 0.35f, 0.25f, 0.55f, 0.4f,  0.05f};
static const int32_t ood_label[10] = {0, 0, 0, 1, 1, 1, 2, 2, 2, 1};

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
    static const double entropy[10] = {
        0.348980551, 0.225565072, 0.470163659, 0.274807248,  0.209800053,
        0.210843291, 0.123219586, 0.300079467, 0.0386689129, 0.242468598};
    static const double plain[10] = {
        0.442142184, 0.270153301, 0.528326582, 0.270153301,  0.182654578,
        0.442142184, 0.270153301, 0.64100375,  0.0164613688, 0.230744763};
    static const double confidence[10] = {
        0.713804714, 0.632996633, 0.811447811, 0.69023569,  0.609427609,
        0.646464646, 0.565656566, 0.727272727, 0.407407407, 0.511784512};
    static const double gen[10] = {
        0.140516461, 0.138811758, 0.142344724, 0.138811758, 0.136729572,
        0.140516461, 0.138811758, 0.144411541, 0.138005484, 0.135187501};
    static const double largest[10] = {.8, .7, .85, .7, .6,
                                       .8, .7, .9,  .4, .55};

    (void)state;
    check_ood(WN_OOD_ENTROPY, false, entropy);
    check_ood(WN_OOD_ENTROPY, true, plain);
    check_ood(WN_OOD_LEAST_CONFIDENCE, false, confidence);
    check_ood(WN_OOD_LEAST_CONFIDENCE, true, largest);
    check_ood(WN_OOD_GEN, false, gen);
}

static void corrected_losses_are_the_golden_ones(void **state)
{
    static const double t[9] = {.8, .15, .05, .1, .7, .2, .05, .15, .8};
    static const double inverse[9] = {
        1.28484848,   -0.272727273,  -0.0121212121, -0.16969697, 1.54545455,
        -0.375757576, -0.0484848485, -0.272727273,  1.32121212};
    static const double forward[6] = {0.419310515, 0.536143432, 1.78677193,
                                      0.625488532, 0.733969175, 1.45886505};
    static const double backward[6] = {-0.267002612, -0.00857447352,
                                       2.87783772,   -0.587105616,
                                       -0.280066547, 2.33969814};
    static const int32_t label[6] = {0, 0, 0, 1, 1, 1};
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

    return cmocka_run_group_tests(tests, NULL, NULL);
}
