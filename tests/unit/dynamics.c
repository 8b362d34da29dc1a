/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/dynamics, training and noisy_loss: golden.json (training_dynamics,
 * cores_elr, dividemix_gmm), the same numbers for any number of threads, and
 * what they find in data with planted errors. */
#include "golden.h"
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "method/method_private.h"
#include "method/method.h"
#include "learn/training.h"
#include "learn/dynamics.h"
#include "linalg/products.h"
#include "learn/noisy_loss.h"

/* golden:training_dynamics, 4 epochs x 6 rows x 3 classes. */
static float golden_logits[4][6][3];
static int32_t golden_label[6];

/* Row by row in the order of enum wn_statistic from WN_AUM on; t_y is from
 * elr_target_final, "never" follows from correctness. The key has -1 for never
 * in first_learned; ours is the number of epochs. */
enum { FOLLOWED = WN_STATISTICS - WN_AUM };
static const double golden_history[6][FOLLOWED] = {
    {2.925, 0, 0, 0, 0.9139487225893714, 0.076557908665745, 0.0766326579378582,
     4, 0.09370476783026617, 0.036641536371639555, 0.08758399866944598,
     -3.3333333333333335, 0.7133655187106065, -1.202451829712243},
    {-0.024999999999999967, 1, 0, 0, 0.4019327666332626, 0.1579954232012179,
     0.1586513896855239, 3, 1.0154786657404284, 0.6265213225259688,
     0.4919874437002438, -0.7333333333333333, 0.3193393357853753,
     -0.3440266152522166},
    {2.7249999999999996, 0, 0, 0, 0.8790404988798566, 0.11060300783675879,
     0.11082827999003017, 4, 0.13757605785590815, 0.05211659514736963,
     0.13446100879778364, -3, 0.6955267502599451, -1.1324483592039203},
    {2.575, 0, 0, 0, 0.873270986801365, 0.09795905859567094,
     0.09811560232794062, 4, 0.14235784230483303, 0.059312573459329554,
     0.11950774167554502, -2.6999999999999997, 0.6877094755316324,
     -1.0865424841747666},
    {-1.75, 4, 1, 4, 0.17554694036042137, 0.14110282210031044,
     0.1415702741503899, 0, 2.0588907698631647, 1.508763550897552,
     0.7996596127677749, 0.6666666666666665, 0.09781959219990721,
     -0.8962118860543762},
    {0.10000000000000002, 1, 0, 1, 0.3882933984726332, 0.10263771246323533,
     0.10281776070589178, 2, 0.9826626127046524, 0.5884654107856672,
     0.2742111864315804, -0.5333333333333333, 0.31008655216735825,
     -0.31291981655482}};

static void histories_are_the_golden_ones(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) {
        struct wn_history history = {0};
        double value[WN_STATISTICS] = {0};
        float target[3] = {0};

        for (int e = 0; e < 4; e++) {
            const float *z = golden_logits[e][i];
            const double log_total = wn_log_total(z, 3);

            wn_history_add(&history, z, 3, golden_label[i], log_total);
            wn_history_update_target(&history, target, z, 3, golden_label[i],
                                     log_total);
        }
        wn_history_read(&history, value);
        for (int s = 0; s < FOLLOWED; s++)
            assert_near(value[WN_AUM + s], golden_history[i][s], 1e-6);
    }
}

/* golden:cores_elr, elr_target_final and elr_log_term of every epoch. */
static void targets_are_the_golden_ones(void **state)
{
    double wanted[6][3];

    golden_doubles("cores_elr/outputs/elr_target_final", &wanted[0][0], 18);
    double term[4][6];

    golden_doubles("cores_elr/outputs/elr_log_term", &term[0][0], 24);

    (void)state;
    for (int i = 0; i < 6; i++) {
        struct wn_history history = {0};
        float target[3] = {0};

        for (int e = 0; e < 4; e++) {
            const float *z = golden_logits[e][i];

            wn_history_update_target(&history, target, z, 3, golden_label[i],
                                     wn_log_total(z, 3));
            assert_near(history.target_log, term[e][i], 1e-6);
        }
        for (int c = 0; c < 3; c++)
            assert_near(target[c], wanted[i][c], 1e-6);
    }
}

static void el2n_over_epochs_is_the_golden_one(void **state)
{
    double wanted[6];

    golden_doubles("training_dynamics/outputs/el2n_mean_over_epochs", wanted,
                   6);

    (void)state;
    for (int i = 0; i < 6; i++) {
        double sum = 0, p[3];

        for (int e = 0; e < 4; e++) {
            struct wn_mlp_prediction verdict;

            wn_mlp_prediction_of(golden_logits[e][i], 3, golden_label[i], p,
                                 &verdict);
            sum += verdict.el2n;
        }
        assert_near(sum / 4, wanted[i], 1e-7);
    }
}

/* golden:training_dynamics, AUM flag with rows 4 and 5 as the samples. */
static void the_aum_threshold_is_the_golden_one(void **state)
{
    static const uint8_t sample[6] = {0, 0, 0, 0, 1, 1};
    static const int flagged[6] = {0, 1, 0, 0, 1, 0};
    float minus[6];

    (void)state;
    for (int i = 0; i < 6; i++)
        minus[i] = (float)-golden_history[i][0];
    const double cut = wn_aum_threshold(minus, sample, 6, 99);
    assert_near(cut, 1.75 - .99 * 1.85, 1e-6); /* by hand */
    for (int i = 0; i < 6; i++)
        assert_int_equal(minus[i] - cut >= 0, flagged[i]);
}

static int read_logits(void *context, size_t e, float *out,
                       struct wn_error *error)
{
    (void)context;
    (void)error;
    memcpy(out, golden_logits[e], sizeof golden_logits[e]);
    return 0;
}

static int read_probabilities(void *context, size_t e, float *out,
                              struct wn_error *error)
{
    (void)context;
    (void)error;
    for (int i = 0; i < 6; i++) {
        struct wn_mlp_prediction unused;
        double p[3];

        wn_mlp_prediction_of(golden_logits[e][i], 3, 0, p, &unused);
        for (int c = 0; c < 3; c++)
            out[3 * i + c] = (float)p[c];
    }
    return 0;
}

/* golden:training_dynamics, golden:cores_elr: external dynamics, as logits
 * and as probabilities; EL2N at epoch 0. */
static void external_dynamics_are_the_golden_ones(void **state)
{
    double el2n[6];

    golden_doubles("training_dynamics/outputs/el2n_per_epoch/0", el2n, 6);
    struct wn_external_dynamics given = {.n = 6,
                                         .k = 3,
                                         .epochs = 4,
                                         .label = golden_label,
                                         .read = read_logits};
    struct wn_error error = {0};
    float found[6];

    (void)state;
    for (int form = 0; form < 2; form++) {
        struct wn_dynamics *dynamics = wn_external_dynamics_follow(
            &given, WN_DYNAMICS_HISTORIES | WN_DYNAMICS_TARGETS, 1, 1 + form,
            &error);

        assert_non_null(dynamics);
        wn_dynamics_read(dynamics, WN_EL2N, 1, 0, found, NULL);
        for (int i = 0; i < 6; i++)
            assert_near(found[i], el2n[i], 1e-6);
        for (int s = 0; s < FOLLOWED; s++) {
            wn_dynamics_read(dynamics, (enum wn_statistic)(WN_AUM + s), 1, 0,
                             found, NULL);
            for (int i = 0; i < 6; i++)
                assert_near(found[i], golden_history[i][s], 2e-6);
        }
        assert_int_equal(wn_dynamics_epochs(dynamics), 4);
        wn_dynamics_free(dynamics);
        given.read = read_probabilities;
        given.probabilities = true;
    }
    assert_int_equal(wn_external_dynamics_epoch(4), 1);
    assert_int_equal(wn_external_dynamics_epoch(200), 20);
    assert_int_equal(wn_external_dynamics_epoch(201), 21);
}

/* golden:dividemix_gmm. */
static void mixture_is_the_golden_one(void **state)
{
    double loss[12];

    golden_doubles("dividemix_gmm/inputs/loss", loss, 12);
    double clean[12];

    golden_doubles("dividemix_gmm/outputs/prob_clean", clean, 12);
    struct wn_mixture fit;
    double found[12];

    (void)state;
    wn_mixture_fit(loss, 12, found, &fit);
    for (int i = 0; i < 12; i++)
        assert_near(found[i], clean[i], 1e-12);
    assert_near(fit.mean[fit.low], 0.04670538441545988, 1e-12);
    assert_near(fit.mean[!fit.low], 0.6255141554419532, 1e-12);
    assert_near(fit.variance[fit.low], 0.0018253162948291288, 1e-12);
    assert_near(fit.variance[!fit.low], 0.06224911772114772, 1e-12);
    assert_near(fit.weight[fit.low], 0.6588741009953907, 1e-12);
    assert_int_equal(fit.iterations, 2);
}

static void a_mixture_of_one_value_is_clean(void **state)
{
    static const double loss[3] = {2, 2, 2};
    double found[3];

    (void)state;
    for (size_t n = 0; n <= 3; n++) {
        wn_mixture_fit(loss, n, found, NULL);
        for (size_t i = 0; i < n; i++)
            assert_near(found[i], 1, 0);
    }
}

/* Three overlapping blobs; every 20th row has the next class's label, every
 * 50th none. */
enum { N = 600, D = 4, K = 3 };
static float x[N * D];
static int32_t label[N];
static struct wn_standardize standard;
static const struct wn_mlp_task task = {x, &standard, N,    D,
                                        K, label,     NULL, false};

static void make_blobs(void)
{
    struct wn_random random;

    wn_random_start(&random, 11, WN_RANDOM_SAMPLE, 0, 0);
    for (int i = 0; i < N; i++) {
        const int c = i % K;

        for (int j = 0; j < D; j++)
            x[i * D + j] =
                (float)(wn_random_normal(&random) + (j == c ? 3 : 0));
        label[i] = i % 20 == 0 ? (c + 1) % K : c;
        if (i % 50 == 7)
            label[i] = -1;
    }
}

static struct wn_dynamics_plan small_plan(uint64_t seed)
{
    return (struct wn_dynamics_plan){.network = {.hidden = 16,
                                                 .batch = 32,
                                                 .rate = .05,
                                                 .momentum = .9,
                                                 .seed = seed},
                                     .replicates = 5,
                                     .parts = WN_DYNAMICS_GRADIENTS |
                                              WN_DYNAMICS_HISTORIES |
                                              WN_DYNAMICS_TARGETS};
}

static void answers_do_not_depend_on_threads(void **state)
{
    static float one[WN_STATISTICS][2][N], many[WN_STATISTICS][2][N];
    const struct wn_dynamics_plan plan = small_plan(1);
    struct wn_error error = {0};

    (void)state;
    for (int threads = 1; threads <= 4; threads++) {
        struct wn_dynamics *dynamics =
            wn_dynamics_train(&task, &plan, threads, NULL, &error);

        assert_non_null(dynamics);
        assert_true(wn_dynamics_epoch(dynamics) >= 1);
        assert_int_equal(wn_dynamics_epoch(dynamics),
                         wn_dynamics_epochs(dynamics));
        for (int s = 0; s < WN_STATISTICS; s++)
            wn_dynamics_read(dynamics, (enum wn_statistic)s, 1, 0, many[s][0],
                             many[s][1]);
        if (threads == 1)
            memcpy(one, many, sizeof one);
        assert_memory_equal(one, many, sizeof one);
        wn_dynamics_free(dynamics);
    }
}

static void parts_that_are_left_out_change_nothing(void **state)
{
    struct wn_dynamics_plan plan = small_plan(5);
    struct wn_error error = {0};
    static float all[N], few[N];

    (void)state;
    plan.epoch = 2;
    struct wn_dynamics *whole =
        wn_dynamics_train(&task, &plan, 1, NULL, &error);
    plan.parts = 0;
    plan.epochs = 50; /* nobody follows them */
    struct wn_dynamics *part = wn_dynamics_train(&task, &plan, 1, NULL, &error);
    assert_non_null(whole);
    assert_non_null(part);
    assert_int_equal(wn_dynamics_epochs(part), 2);
    wn_dynamics_read(whole, WN_EL2N, 1, 0, all, NULL);
    wn_dynamics_read(part, WN_EL2N, 1, 0, few, NULL);
    assert_memory_equal(all, few, sizeof all);
    wn_dynamics_free(whole);
    wn_dynamics_free(part);
}

/* How many of the 30 rows with the highest score have a planted error. */
static int caught(const float *score)
{
    int found = 0;

    for (int i = 0; i < N; i += 20) {
        int above = 0;

        for (int j = 0; j < N; j++)
            above += score[j] > score[i];
        found += above < 30;
    }
    return found;
}

static void planted_errors_are_found(void **state)
{
    const struct wn_dynamics_plan plan = small_plan(2);
    struct wn_error error = {0};
    static float score[N], spread[N];
    struct wn_dynamics *dynamics =
        wn_dynamics_train(&task, &plan, 2, NULL, &error);

    (void)state;
    assert_non_null(dynamics);
    wn_dynamics_read(dynamics, WN_EL2N, 1, 0, score, spread);
    assert_true(caught(score) >= 22);
    for (int i = 0; i < N; i++) {
        assert_true(score[i] >= 0 && score[i] <= 1.4143f);
        assert_true(spread[i] >= 0 && spread[i] < 1);
        if (label[i] < 0)
            assert_true(score[i] == 0 && spread[i] == 0);
        else
            assert_true(spread[i] > 0);
    }
    wn_dynamics_read(dynamics, WN_GRAND, 1, 0, spread, NULL);
    for (int i = 0; i < N; i++)
        assert_true(spread[i] >= score[i]); /* EL2N is part of the gradient */
    wn_dynamics_read(dynamics, WN_AUM, -1, 0, score, NULL);
    assert_true(caught(score) >= 22);
    wn_dynamics_free(dynamics);
}

/* A method of dynamics of n rows, with settings or none, against wanted. */
static void check_method(const char *name,
                         const struct wn_method_settings *settings,
                         const struct wn_dynamics *dynamics, size_t n,
                         const double *wanted, const double *spread_wanted)
{
    const struct wn_method_settings none = {0};
    const struct wn_view view = {
        .n = n, .dynamics = dynamics, .settings = settings ? settings : &none};
    struct wn_error error = {0};
    float out[6], spread[6];

    assert_int_equal(wn_method_score(wn_method_find(name), &view,
                                     &(struct wn_scores){out, spread, NULL},
                                     &error),
                     0);
    for (size_t i = 0; i < n; i++) {
        assert_near(out[i], wanted[i], 1e-6);
        if (spread_wanted)
            assert_near(spread[i], spread_wanted[i], 1e-6);
    }
}

static const struct wn_method_settings
    never_1 = {.has_forgetting_never = true, .forgetting_never = 1},
    never_1000 = {.has_forgetting_never = true, .forgetting_never = 1000},
    never_1e30 = {.has_forgetting_never = true, .forgetting_never = 1e30};

/* golden:training_dynamics (threshold_closeness, variability_ci,
 * dbpm_weighted_mean, forgetting_cartography) and cores_elr through the
 * methods; forgetting of the data diet, infinite there, by a large count. */
static void variants_are_the_golden_ones(void **state)
{
    double closeness[6];

    golden_doubles("training_dynamics/outputs/threshold_closeness", closeness,
                   6);
    static const double forgetting[6] = {0, 1, 0, 0, 4, 1},
                        cartography[6] = {0, 1, 0, 0, 1000, 1},
                        most[6] = {0, 1, 0, 0, (float)1e30, 1};
    const struct wn_external_dynamics given = {.n = 6,
                                               .k = 3,
                                               .epochs = 4,
                                               .label = golden_label,
                                               .read = read_logits};
    struct wn_error error = {0};
    double column[FOLLOWED][6];

    (void)state;
    for (int s = 0; s < FOLLOWED; s++)
        for (int i = 0; i < 6; i++)
            column[s][i] = golden_history[i][s];
    for (int i = 0; i < 6; i++)
        column[WN_TARGET_OWN - WN_AUM][i] =
            1 - golden_history[i][WN_TARGET_OWN - WN_AUM];
    struct wn_dynamics *dynamics = wn_external_dynamics_follow(
        &given, WN_DYNAMICS_HISTORIES | WN_DYNAMICS_TARGETS, 1, 1, &error);
    assert_non_null(dynamics);
    check_method("closeness", NULL, dynamics, 6, closeness, NULL);
    check_method("variability", NULL, dynamics, 6,
                 column[WN_VARIABILITY - WN_AUM], NULL);
    check_method("variability",
                 &(struct wn_method_settings){.variability_ci = true}, dynamics,
                 6, column[WN_VARIABILITY_CI - WN_AUM], NULL);
    check_method("loss_mean", NULL, dynamics, 6, column[WN_LOSS_MEAN - WN_AUM],
                 NULL);
    check_method("loss_mean", &(struct wn_method_settings){.loss_recent = true},
                 dynamics, 6, column[WN_LOSS_RECENT - WN_AUM], NULL);
    check_method("elr", NULL, dynamics, 6, column[WN_TARGET_OWN - WN_AUM],
                 NULL);
    check_method("elr_term", NULL, dynamics, 6, column[WN_TARGET_LOG - WN_AUM],
                 NULL);
    check_method("forgetting", NULL, dynamics, 6, forgetting, NULL);
    check_method("forgetting", &never_1000, dynamics, 6, cartography, NULL);
    check_method("forgetting", &never_1e30, dynamics, 6, most, NULL);
    wn_dynamics_free(dynamics);
}

/* By hand: one network never has the row right in 4 epochs, one forgets it
 * once. */
static void a_count_for_never_is_averaged(void **state)
{
    static const int32_t own[1] = {0};
    const struct wn_mlp_prediction verdict = {0};
    const struct wn_history history[2] = {
        {.epochs = 4}, {.epochs = 4, .correct = 2, .forgotten = 1}};
    struct wn_dynamics *dynamics =
        wn_dynamics_new(1, own, WN_DYNAMICS_HISTORIES, 1, 4);

    (void)state;
    assert_non_null(dynamics);
    for (int r = 0; r < 2; r++)
        wn_dynamics_add(dynamics, &verdict, NULL, &history[r]);
    check_method("forgetting", NULL, dynamics, 1, (double[]){2.5},
                 (double[]){1.5});
    check_method("forgetting", &never_1000, dynamics, 1, (double[]){500.5},
                 (double[]){499.5});
    check_method("forgetting", &never_1, dynamics, 1, (double[]){1},
                 (double[]){0});
    wn_dynamics_free(dynamics);
}

/* 15 planted errors in 300 rows: the threshold flags most of them and few of
 * the others; flagged scores are 0 or more. */
static void a_threshold_parts_planted_errors(void **state)
{
    const struct wn_method_settings settings = {.has_aum_threshold = true,
                                                .aum_threshold = 90};
    struct wn_dynamics_plan plan = small_plan(2);
    struct wn_error error = {0};
    static float score[N], spread[N];
    int right = 0, wrong = 0, planted = 0;

    (void)state;
    plan.epoch = 8;
    struct wn_dynamics *dynamics =
        wn_dynamics_train(&task, &plan, 2, NULL, &error);
    assert_non_null(dynamics);
    struct wn_dynamics_plan three = plan;
    three.replicates = 3;
    const struct wn_view view = {.n = N,
                                 .d = D,
                                 .k = K,
                                 .x = x,
                                 .label = label,
                                 .dynamics = dynamics,
                                 .plan = &three,
                                 .threads = 2,
                                 .seed = 2,
                                 .settings = &settings};
    assert_int_equal(wn_method_score(wn_method_find("aum"), &view,
                                     &(struct wn_scores){score, spread, NULL},
                                     &error),
                     0);
    for (int i = 0; i < N; i++) {
        assert_true(label[i] >= 0 || score[i] == 0);
        if (label[i] >= 0 && i % 20 == 0) {
            planted++;
            right += score[i] >= 0;
        } else if (label[i] >= 0) {
            wrong += score[i] >= 0;
        }
    }
    assert_true(right >= planted - 2);
    assert_true(wrong <= N / 20);
    wn_dynamics_free(dynamics);
}

static void a_rate_too_large_is_halved(void **state)
{
    struct wn_dynamics_plan plan = small_plan(3);
    struct wn_error error = {0};
    static float score[N];

    (void)state;
    plan.epoch = 3;
    plan.network.rate = 300;
    struct wn_dynamics *dynamics =
        wn_dynamics_train(&task, &plan, 1, NULL, &error);
    assert_non_null(dynamics);
    wn_dynamics_read(dynamics, WN_LOSS_MEAN, 1, 0, score, NULL);
    for (int i = 0; i < N; i++)
        assert_true(isfinite(score[i]));
    wn_dynamics_free(dynamics);
    plan.network.rate = 1e30;
    assert_null(wn_dynamics_train(&task, &plan, 2, NULL, &error));
    assert_int_equal(error.code, WN_ENUMERIC);
}

static void the_early_epoch_is_within_bounds(void **state)
{
    const struct wn_mlp_plan plan = small_plan(4).network;
    static int32_t few[N];
    struct wn_mlp_task less = task;
    struct wn_error error = {0};
    size_t one, two;

    (void)state;
    assert_int_equal(
        wn_early_stopping_epoch(&task, &plan, 0, 1, NULL, &one, &error), 0);
    assert_int_equal(
        wn_early_stopping_epoch(&task, &plan, 0, 2, NULL, &two, &error), 0);
    assert_int_equal(one, two);
    assert_true(one >= 1 && one <= 56);
    assert_int_equal(
        wn_early_stopping_epoch(&task, &plan, 2, 1, NULL, &two, &error), 0);
    assert_true(two >= 1 && two <= 2);
    for (int i = 0; i < N; i++)
        few[i] = i < WN_EARLY_STOPPING_MIN - 1 ? i % K : -1;
    less.label = few;
    assert_int_equal(
        wn_early_stopping_epoch(&less, &plan, 0, 1, NULL, &two, &error), 0);
    assert_int_equal(two, WN_EARLY_STOPPING_BLIND);
}

/* Fill the inputs and results above from tests/golden.json. */
static int read_goldens(void **state)
{
    (void)state;
    golden_floats("cores_elr/inputs/logits", &golden_logits[0][0][0], 72);
    golden_ints("cores_elr/inputs/labels", golden_label, 6);
    return 0;
}

static int prepare(void **state)
{
    read_goldens(state);
    wn_linear_start();
    make_blobs();
    wn_standardize_make(&standard, x, N, D);
    return 0;
}

static int clear(void **state)
{
    (void)state;
    wn_standardize_free(&standard);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(histories_are_the_golden_ones),
        cmocka_unit_test(targets_are_the_golden_ones),
        cmocka_unit_test(variants_are_the_golden_ones),
        cmocka_unit_test(a_count_for_never_is_averaged),
        cmocka_unit_test(el2n_over_epochs_is_the_golden_one),
        cmocka_unit_test(the_aum_threshold_is_the_golden_one),
        cmocka_unit_test(a_threshold_parts_planted_errors),
        cmocka_unit_test(external_dynamics_are_the_golden_ones),
        cmocka_unit_test(mixture_is_the_golden_one),
        cmocka_unit_test(a_mixture_of_one_value_is_clean),
        cmocka_unit_test(answers_do_not_depend_on_threads),
        cmocka_unit_test(parts_that_are_left_out_change_nothing),
        cmocka_unit_test(planted_errors_are_found),
        cmocka_unit_test(a_rate_too_large_is_halved),
        cmocka_unit_test(the_early_epoch_is_within_bounds),
    };

    return cmocka_run_group_tests(tests, prepare, clear);
}
