/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/mlp against golden.json (grand_mlp, training_dynamics) and central
 * differences in double. */
#include "golden.h"
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "linalg/products.h"
#include "learn/mlp.h"
#include "linalg/pointwise.h"

/* golden:grand_mlp. Its weights are stored outputs x inputs; ours are
 * inputs x outputs. */
static void golden_net_gives_the_golden_numbers(void **state)
{
    static const float w1[6] = {.5f, .2f, -.6f, -.3f, .8f, .1f};
    float b1[3];

    golden_floats("grand_mlp/inputs/b1", b1, 3);
    static const float w2[9] = {.7f,  -.1f, .05f, -.4f, .5f,
                                -.6f, .2f,  .3f,  .9f};
    float b2[3];

    golden_floats("grand_mlp/inputs/b2", b2, 3);
    float x[8];

    golden_floats("grand_mlp/inputs/X", x, 8);
    int32_t label[4];

    golden_ints("grand_mlp/inputs/labels", label, 4);
    double probability[12];

    golden_doubles("grand_mlp/outputs/probs", probability, 12);
    double el2n[4];

    golden_doubles("grand_mlp/outputs/el2n", el2n, 4);
    double grand[4];

    golden_doubles("grand_mlp/outputs/grand", grand, 4);
    struct wn_mlp *net = wn_mlp_new(2, 3, 3);
    double last[4];

    golden_doubles("grand_mlp/outputs/grand_last_layer_with_bias", last, 4);
    struct wn_gradient g[4];
    double p[12];
    struct wn_mlp_prediction prediction[4];
    const struct wn_mlp_measures out = {p, prediction, g};

    (void)state;
    assert_non_null(net);
    memcpy(net->w1, w1, sizeof w1);
    memcpy(net->b1, b1, sizeof b1);
    memcpy(net->w2, w2, sizeof w2);
    memcpy(net->b2, b2, sizeof b2);
    wn_mlp_measure(net, x, 4, label, &out);
    for (int i = 0; i < 12; i++)
        assert_near(p[i], probability[i], 1e-5);
    for (int i = 0; i < 4; i++) {
        assert_near(prediction[i].el2n, el2n[i], 1e-5);
        assert_near(g[i].all, grand[i], 1e-5);
        assert_near(g[i].last, last[i], 1e-5);
        assert_near(prediction[i].own, probability[3 * i + label[i]], 1e-5);
        assert_near(prediction[i].loss, -log(probability[3 * i + label[i]]),
                    1e-5);
    }
    wn_mlp_free(net);
}

/* All weights and biases in one row of doubles, w1 b1 w2 b2. */
enum { D = 5, H = 7, K = 4, PARAMETERS = D * H + H + H * K + K, N = 300 };

static double loss_in_double(const double *w, const float *x, double scale,
                             int32_t label)
{
    const double *b1 = w + D * H, *w2 = b1 + H, *b2 = w2 + H * K;
    double z[K], total = 0;

    memcpy(z, b2, sizeof z);
    for (int j = 0; j < H; j++) {
        double a = b1[j];

        for (int i = 0; i < D; i++)
            a += scale * x[i] * w[i * H + j];
        for (int c = 0; a > 0 && c < K; c++)
            z[c] += a * w2[j * K + c];
    }
    for (int c = 0; c < K; c++)
        total += exp(z[c]);
    return log(total) - z[label];
}

static double gradient_by_differences(double *w, const float *x, double scale,
                                      int32_t label)
{
    const double step = 1e-6;
    double square = 0;

    for (int i = 0; i < PARAMETERS; i++) {
        const double kept = w[i];

        w[i] = kept + step;
        const double up = loss_in_double(w, x, scale, label);
        w[i] = kept - step;
        const double down = loss_in_double(w, x, scale, label);
        w[i] = kept;
        square += (up - down) / (2 * step) * ((up - down) / (2 * step));
    }
    return sqrt(square);
}

static void fill(float *to, double *copy, size_t count,
                 struct wn_random *random)
{
    for (size_t i = 0; i < count; i++) {
        to[i] = (float)wn_random_normal(random);
        copy[i] = to[i];
    }
}

static void gradient_norms_are_those_of_differences(void **state)
{
    struct wn_mlp *net = wn_mlp_new(D, H, K);
    struct wn_random random;
    static double w[PARAMETERS], unused[N * D];
    static struct wn_gradient g[N];
    static float x[N * D], raw[N * D];
    struct wn_standardize standard;
    static int32_t label[N];
    const struct wn_mlp_measures out = {.gradient = g};

    (void)state;
    assert_non_null(net);
    wn_random_start(&random, 7, WN_RANDOM_SAMPLE, 0, 0);
    fill(net->w1, w, D * H, &random);
    fill(net->b1, w + D * H, H, &random);
    fill(net->w2, w + D * H + H, H * K, &random);
    fill(net->b2, w + D * H + H + H * K, K, &random);
    fill(raw, unused, N * D, &random);
    wn_standardize_make(&standard, raw, N, D);
    for (int i = 0; i < N; i++)
        wn_standardize_row(&standard, raw + i * D, x + i * D);
    net->standard = &standard;
    net->scale = .75f;
    for (int i = 0; i < N; i++)
        label[i] = i % 50 == 49 ? -1 : i % K;
    wn_mlp_measure(net, raw, N, label, &out);
    for (int i = 0; i < N; i++)
        if (label[i] < 0)
            assert_true(g[i].all == 0 && g[i].last == 0);
        else
            assert_near(
                g[i].all / gradient_by_differences(w, x + i * D, .75, label[i]),
                1, 1e-5);
    wn_standardize_free(&standard);
    wn_mlp_free(net);
}

/* golden:training_dynamics, epoch 0. */
static void predictions_are_the_golden_ones(void **state)
{
    float z[6][3];

    golden_floats("training_dynamics/inputs/logits/0", &z[0][0], 18);
    int32_t label[6];

    golden_ints("training_dynamics/inputs/labels", label, 6);
    double el2n[6];

    golden_doubles("training_dynamics/outputs/el2n_per_epoch/0", el2n, 6);
    double el1n[6];

    golden_doubles("training_dynamics/outputs/el1n_per_epoch/0", el1n, 6);
    double sum_margin[6];

    golden_doubles("training_dynamics/outputs/sum_margin_error/0", sum_margin,
                   6);
    double margin[6];

    golden_doubles("training_dynamics/outputs/max_margin_error/0", margin, 6);
    double p[3];
    struct wn_mlp_prediction prediction;

    (void)state;
    for (int i = 0; i < 6; i++) {
        wn_mlp_prediction_of(z[i], 3, label[i], p, &prediction);
        assert_near(prediction.el2n, el2n[i], 1e-7);
        assert_near(2 * (1 - prediction.own), el1n[i], 1e-7);
        assert_near(prediction.margin, margin[i], 1e-7);
        assert_near(1 - 3 * prediction.own, sum_margin[i], 1e-7);
        assert_near(prediction.own, p[label[i]], 0);
        assert_near(exp(-prediction.loss), p[label[i]], 1e-15);
    }
}

static void extreme_logits_stay_finite(void **state)
{
    static const float z[3] = {1e30f, -1e30f, 0};
    double p[3];
    struct wn_mlp_prediction prediction;

    (void)state;
    wn_mlp_prediction_of(z, 3, 1, p, &prediction);
    assert_near(prediction.el2n, sqrt(2), 1e-15);
    assert_near(prediction.loss / 2e30, 1, 1e-6);
    assert_near(prediction.margin, 1, 0);
    wn_mlp_prediction_of(z, 3, 0, p, &prediction);
    assert_near(prediction.el2n, 0, 0);
    wn_mlp_prediction_of(z, 1, 0, p, &prediction);
    assert_near(prediction.el2n, 0, 0);
    assert_near(prediction.own, 1, 0);
    wn_mlp_prediction_of(z, 3, -1, p, &prediction);
    assert_near(prediction.el2n, 0, 0);
    assert_near(p[0], 1, 0);
}

/* Against double; widths that fill no vector. */
static void steps_between_products_are_those_of_double(void **state)
{
    enum { ROWS = 37, WIDTH = 19 };
    static float z[ROWS * WIDTH], p[ROWS * WIDTH], delta[ROWS * WIDTH];
    static double exact[WIDTH], log_total[ROWS];
    float bias[WIDTH], sum[WIDTH];
    struct wn_random random;
    struct wn_mlp_prediction unused;

    (void)state;
    wn_random_start(&random, 5, WN_RANDOM_SAMPLE, 0, 0);
    for (int i = 0; i < ROWS * WIDTH; i++)
        z[i] = (float)(20 * wn_random_normal(&random));
    for (int c = 0; c < WIDTH; c++)
        bias[c] = (float)wn_random_normal(&random);
    z[3] = 200;
    z[4] = -200;
    wn_softmax_in_place(z, ROWS, WIDTH, p, log_total);
    for (int i = 0; i < ROWS; i++) {
        const float *row = z + i * WIDTH;

        wn_mlp_prediction_of(row, WIDTH, 0, exact, &unused);
        assert_near(log_total[i], wn_log_total(row, WIDTH), 2e-6);
        for (int c = 0; c < WIDTH; c++)
            assert_near(p[i * WIDTH + c], exact[c], 1e-5 * exact[c] + 1e-37);
    }
    memcpy(delta, z, sizeof z);
    wn_relu(delta, bias, ROWS, WIDTH);
    memcpy(p, z, sizeof z);
    wn_relu_backward(p, delta, ROWS * WIDTH);
    memcpy(sum, bias, sizeof sum);
    wn_column_sums(sum, z, ROWS, WIDTH, .5f, .25f);
    for (int c = 0; c < WIDTH; c++) {
        double wanted = .5 * bias[c];

        for (int i = c; i < ROWS * WIDTH; i += WIDTH) {
            const float a = z[i] + bias[c];

            wanted += .25 * z[i];
            assert_true(delta[i] == (a > 0 ? a : 0));
            assert_true(p[i] == (a > 0 ? z[i] : 0));
        }
        assert_near(sum[c], wanted, 1e-4);
    }
    double square = 0;
    for (int i = 0; i < ROWS * WIDTH; i++)
        square += (double)z[i] * z[i];
    assert_near(wn_squared_norm(z, ROWS * WIDTH) / square, 1, 1e-14);
    wn_sgd_step(p, z, ROWS * WIDTH, 1);
    for (int i = 0; i < ROWS * WIDTH; i++)
        assert_true(p[i] == (delta[i] > 0 ? 0 : -z[i]));
}

/* Two blobs that a line divides; half the rows are not learned from. */
static void a_trainer_learns_what_can_be_learned(void **state)
{
    enum { ROWS = 400 };
    static float x[2 * ROWS], weight[ROWS];
    static int32_t label[ROWS];
    static double p[2 * ROWS];
    struct wn_error error = {0};
    struct wn_random random;
    struct wn_standardize standard;
    const struct wn_mlp_task task = {x, &standard, ROWS,   2,
                                     2, label,     weight, false};
    const struct wn_mlp_plan plan = {16, 32, .05, .9, 1, 0};
    const struct wn_mlp_measures out = {.probability = p};
    size_t right = 0;

    (void)state;
    wn_random_start(&random, 3, WN_RANDOM_SAMPLE, 0, 0);
    for (int i = 0; i < ROWS; i++) {
        label[i] = i % 2;
        weight[i] = i < ROWS / 2 ? 1 : 0;
        x[2 * i] = (float)(wn_random_normal(&random) + 6 * (i % 2));
        x[2 * i + 1] = (float)wn_random_normal(&random);
    }
    wn_standardize_make(&standard, x, ROWS, 2);
    struct wn_mlp_trainer *trainer = wn_mlp_trainer_new(&task, &plan, &error);
    assert_non_null(trainer);
    for (int e = 0; e < 20; e++)
        assert_int_equal(wn_mlp_trainer_epoch(trainer, NULL, NULL), 0);
    wn_mlp_measure(wn_mlp_trainer_net(trainer), x, ROWS, NULL, &out);
    for (int i = 0; i < ROWS; i++)
        right += p[2 * i + label[i]] > .5;
    assert_true(right >= ROWS - 4);
    wn_mlp_trainer_free(trainer);
    wn_standardize_free(&standard);
}

static void a_rate_too_large_is_noticed(void **state)
{
    enum { ROWS = 64 };
    static float x[ROWS];
    static int32_t label[ROWS];
    struct wn_error error = {0};
    struct wn_standardize standard;
    const struct wn_mlp_task task = {x, &standard, ROWS, 1,
                                     2, label,     NULL, false};
    const struct wn_mlp_plan plan = {8, 16, 1e20, .9, 1, 0};
    int spoiled = 0;

    (void)state;
    for (int i = 0; i < ROWS; i++) {
        x[i] = (float)(i % 7 - 3);
        label[i] = i % 3 == 0;
    }
    wn_standardize_make(&standard, x, ROWS, 1);
    struct wn_mlp_trainer *trainer = wn_mlp_trainer_new(&task, &plan, &error);
    assert_non_null(trainer);
    for (int e = 0; e < 5; e++)
        spoiled |= wn_mlp_trainer_epoch(trainer, NULL, NULL);
    assert_int_equal(spoiled, 1);
    wn_mlp_trainer_free(trainer);
    wn_standardize_free(&standard);
}

static void nothing_to_learn_from_is_refused(void **state)
{
    static const float x[4] = {1, 2, 3, 4};
    static const int32_t label[4] = {-1, -1, -1, -1};
    struct wn_error error = {0};
    const struct wn_mlp_task task = {x, NULL, 4, 1, 2, label, NULL, false};
    const struct wn_mlp_plan plan = {8, 16, .05, .9, 1, 0};

    (void)state;
    assert_null(wn_mlp_trainer_new(&task, &plan, &error));
    assert_int_equal(error.code, WN_EDATA);
}

/* Single and double, any number of them, against the mathematical library. */
static void exponentials_are_those_of_libm(void **state)
{
    enum { COUNT = 3001 };
    static float single[COUNT];
    static double wide[COUNT], x[COUNT];

    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        x[i] = -700 * pow((double)i / COUNT, 6);
        single[i] = (float)x[i];
        wide[i] = x[i];
    }
    for (size_t begin = 0, count = 1; begin < COUNT; begin += count++) {
        count = count > COUNT - begin ? COUNT - begin : count;
        wn_exp_rows(single + begin, count);
        wn_exp_doubles(wide + begin, count);
    }
    for (size_t i = 0; i < COUNT; i++) {
        const float at = (float)x[i];
        const double wanted = at > -87 ? exp((double)at) : 0;

        assert_true(fabs((double)single[i] - wanted) <= 1e-6 * wanted);
        assert_true(fabs(wide[i] - exp(x[i])) <= 1e-15 * exp(x[i]));
        wide[i] = x[i] = exp(x[i] / (i % 2 ? 1 : 7000));
    }
    wn_log_doubles(wide, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        assert_true(fabs(wide[i] - log(x[i])) <= 1e-15 * fabs(log(x[i])));
    float edges[] = {0, -87, -88, -1e30f, NAN, -NAN};
    double edges_wide[] = {0, -708, -709, -1e300, NAN, -NAN};
    wn_exp_rows(edges, 6);
    wn_exp_doubles(edges_wide, 6);
    for (size_t e = 0; e < 6; e++) {
        const double wanted = e == 0 ? 1 : e < 4 ? 0 : NAN;

        assert_true(e < 4 ? edges[e] == (float)wanted : isnan(edges[e]));
        assert_true(e < 4 ? edges_wide[e] == wanted : isnan(edges_wide[e]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exponentials_are_those_of_libm),
        cmocka_unit_test(golden_net_gives_the_golden_numbers),
        cmocka_unit_test(gradient_norms_are_those_of_differences),
        cmocka_unit_test(predictions_are_the_golden_ones),
        cmocka_unit_test(extreme_logits_stay_finite),
        cmocka_unit_test(steps_between_products_are_those_of_double),
        cmocka_unit_test(a_trainer_learns_what_can_be_learned),
        cmocka_unit_test(a_rate_too_large_is_noticed),
        cmocka_unit_test(nothing_to_learn_from_is_refused),
    };

    wn_linear_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
