/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The networks and all methods when memory runs out. */
#include "refuse.h"

#include <math.h>
#include <string.h>

#include "method/method.h"
#include "model/linear.h"
#include "model/training.h"

enum { N = 24, D = 2, K = 2, M = 3 };
static float x[N * D], distance[N * M];
static int32_t label[N], neighbor[N * M];

static void fill(void)
{
    for (int i = 0; i < N; i++) {
        label[i] = i == 5 ? -1 : i % K;
        x[i * D] = (float)(i % K * 3 + i % 5);
        x[i * D + 1] = (float)(i % 7);
        for (int s = 0; s < M; s++) {
            neighbor[i * M + s] = (i + s + 1) % N;
            distance[i * M + s] = (float)(s + 1);
        }
    }
}

static int run_methods(const struct wn_dynamics *dynamics,
                       struct wn_error *error)
{
    const struct wn_view view = {
        .n = N, .d = D, .k = K, .m = M, .x = x, .label = label,
        .neighbor = neighbor, .distance = distance, .dynamics = dynamics,
        .seed = 1, .threads = 1};
    float out[N], spread[N];

    for (size_t i = 0; wn_methods[i]; i++) {
        if (wn_methods[i]->trace) /* tests/unit/evidence.c */
            continue;
        if (wn_methods[i]->score(&view, NULL, out, spread, error))
            return -1;
        for (int r = 0; r < N; r++)
            assert_true(isfinite(out[r]));
    }
    return 0;
}

static int run_all(struct wn_error *error)
{
    const struct wn_mlp_task task = {x, NULL, N, D, K, label, NULL};
    const struct wn_dynamics_plan plan = {
        .network = {.hidden = 4, .batch = 8, .rate = .05, .momentum = .9},
        .replicates = 2,
        .epochs = 2,
        .parts = WN_DYNAMICS_GRADIENTS | WN_DYNAMICS_HISTORIES};
    struct wn_dynamics *dynamics =
        wn_dynamics_train(&task, &plan, 1, NULL, error);
    const int status = dynamics ? run_methods(dynamics, error) : -1;

    wn_dynamics_free(dynamics);
    return status;
}

static void says_when_memory_runs_out(void **state)
{
    (void)state;
    wn_linear_start();
    fill();
    refuse_each(run_all, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_when_memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
