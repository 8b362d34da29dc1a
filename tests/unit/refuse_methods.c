/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The networks and all methods when memory runs out. */
#include "refuse.h"

#include <math.h>
#include <string.h>

#include "method/method.h"
#include "learn/external_dynamics.h"
#include "linalg/products.h"
#include "learn/pairs.h"
#include "learn/training.h"

enum { N = 24, D = 2, K = 2, M = 3 };
static float x[N * D], b[N * 3], distance[N * M], probability[N * K];
static int32_t label[N], neighbor[N * M];
static uint8_t trusted[N];
static char *const label_name[K] = {"a", "b"};
static struct wn_options *options;

static void fill(void)
{
    for (int i = 0; i < N; i++) {
        label[i] = i == 5 ? -1 : i % K;
        x[i * D] = (float)(i % K * 3 + i % 5);
        x[i * D + 1] = (float)(i % 7);
        for (int j = 0; j < 3; j++)
            b[i * 3 + j] = (float)((j + 1) * (i % 5) - i % 7);
        probability[i * K] = i % 3 ? .75f : .25f;
        probability[i * K + 1] = 1 - probability[i * K];
        trusted[i] = i % 4 == 0;
        for (int s = 0; s < M; s++) {
            neighbor[i * M + s] = (i + s + 1) % N;
            distance[i * M + s] = (float)(s + 1);
        }
    }
}

/* The knobs of all methods and of the networks. */
static void parse_options(void)
{
    static struct wn_option rows[64];
    static char *argv[] = {"t",
                           "--negative-class=b",
                           "--aum-threshold=90",
                           "--replicates=2",
                           "--hidden=4",
                           "--batch=8",
                           NULL};
    static const struct wn_program program = {
        .brief = "", .synopsis = "", .rows = rows};
    struct wn_error error = {0};

    wn_option_add_rows(rows, 64, wn_dynamics_options);
    for (size_t i = 0; wn_methods[i]; i++)
        wn_option_add_rows(rows, 64, wn_methods[i]->knobs);
    allowed = SIZE_MAX;
    options = wn_options_parse(&program, 6, argv, &error);
    if (!options)
        fail_msg("%s", error.text);
}

static int run_methods(const struct wn_dynamics *dynamics,
                       const struct wn_pairs *pairs, struct wn_error *error)
{
    const struct wn_view view = {.n = N,
                                 .d = D,
                                 .k = K,
                                 .m = M,
                                 .x = x,
                                 .label = label,
                                 .neighbor = neighbor,
                                 .distance = distance,
                                 .dynamics = dynamics,
                                 .probability = probability,
                                 .pairs = pairs,
                                 .trusted = trusted,
                                 .label_name = label_name,
                                 .seed = 1,
                                 .threads = 1};
    float out[N] = {0}, spread[N];
    int32_t row[N];

    for (size_t i = 0; wn_methods[i]; i++) {
        const struct wn_method *method = wn_methods[i];

        const int status =
            method->trace ? method->trace(&view, options, out, row, error)
                          : method->score(&view, options, out, spread, error);

        if (status < 0)
            return -1;
        if (status) /* does not apply */
            *error = (struct wn_error){0};
        for (int r = 0; r < N; r++)
            assert_true(isfinite(out[r]));
    }
    return 0;
}

static int read_epoch(void *context, size_t e, float *out,
                      struct wn_error *error)
{
    (void)context;
    (void)error;
    for (int i = 0; i < N * K; i++)
        out[i] = (float)(i % (3 + (int)e));
    return 0;
}

static int follow(struct wn_error *error)
{
    const struct wn_external_dynamics given = {
        .n = N, .k = K, .epochs = 2, .label = label, .read = read_epoch};
    struct wn_dynamics *dynamics = wn_external_dynamics_follow(
        &given, WN_DYNAMICS_HISTORIES | WN_DYNAMICS_TARGETS, 1, 1, error);
    const int status = dynamics ? 0 : -1;

    wn_dynamics_free(dynamics);
    return status;
}

static int run_all(struct wn_error *error)
{
    const struct wn_mlp_task task = {x, NULL, N, D, K, label, NULL, false};
    const struct wn_dynamics_plan plan = {
        .network = {.hidden = 4, .batch = 8, .rate = .05, .momentum = .9},
        .replicates = 2,
        .epochs = 2,
        .parts = WN_DYNAMICS_GRADIENTS | WN_DYNAMICS_HISTORIES |
                 WN_DYNAMICS_TARGETS};
    struct wn_dynamics *dynamics =
        wn_dynamics_train(&task, &plan, 1, NULL, error);
    const struct wn_blocks blocks = {
        .x = x, .y = b, .n = N, .d = D, .p = 3, .threads = 1};
    struct wn_pairs pairs = {0};
    int status = -1;

    if (dynamics && follow(error) == 0 &&
        wn_pairs_compare(&blocks, WN_ALIGN_AUTO, 1, NULL, &pairs, error) == 0)
        status = run_methods(dynamics, &pairs, error);
    wn_pairs_free(&pairs);
    wn_dynamics_free(dynamics);
    return status;
}

static void says_when_memory_runs_out(void **state)
{
    (void)state;
    wn_linear_start();
    fill();
    parse_options();
    refuse_each(run_all, 300);
    wn_options_free(options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_when_memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
