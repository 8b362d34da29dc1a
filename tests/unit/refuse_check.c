/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The check room when memory runs out. */
#include "refuse.h"

#include <stdio.h>
#include <string.h>

#include "check/check.h"
#include "noise/health.h"
#include "noise/label_rules.h"

enum { N = 12, K = 3, M = 2 };

/* Something for every allocation: labels of all classes, rows that count as
 * another class, calibration that must round. */
static const int32_t label[N] = {0, 0, 0, 1, 1, 1, 2, 2, 2, 1, -1, 0};
static float probability[N * K], distance[N * M];
static int32_t neighbor[N * M];
static uint64_t hash[N];
static int32_t group[N];

static void fill(void)
{
    for (int i = 0; i < N; i++) {
        for (int c = 0; c < K; c++)
            probability[i * K + c] = 0.1f;
        probability[i * K + (i % 4 ? label[i] + (label[i] < 0) : i % K)] = 0.8f;
        for (int q = 0; q < M; q++) {
            neighbor[i * M + q] = (i + q + 1) % N;
            distance[i * M + q] = (float)(q + 1);
        }
        hash[i] = (uint64_t)(i % 5);
        group[i] = i % 4 - 1;
    }
}

static int judge(struct wn_evidence *evidence, struct wn_noise *noise,
                 struct wn_suspicion *suspicion, struct wn_error *error)
{
    const struct wn_probability p = {N, K, probability, NULL};
    const struct wn_noise_settings settings = {.prior = WN_PRIOR_EQUATION,
                                               .threads = 2};

    if (wn_noise_estimate(label, &p, &settings, noise, error) ||
        wn_suspicion_find(label, &p, noise, 2, suspicion, error))
        return -1;
    evidence->noise = noise;
    evidence->suspicion = suspicion;
    return 0;
}

static int run_rules(const struct wn_evidence *evidence, struct wn_error *error)
{
    const struct wn_probability p = {N, K, probability, NULL};
    const struct wn_label_rule_settings settings = {.fraction = 1, .least = 1};
    const struct wn_label_rule_view view = {label, &p, evidence->noise,
                                            evidence->suspicion, &settings};
    uint8_t hit[N];

    for (const struct wn_rule *rule = wn_rules; rule->name; rule++) {
        memset(hit, 0, sizeof hit);
        if (rule->run(&view, hit, error))
            return -1;
    }
    return 0;
}

static int run_checks(const struct wn_evidence *evidence,
                      struct wn_error *error)
{
    static char *words[] = {"test", NULL};
    struct wn_option rows[32] = {0};
    const struct wn_program program = {.rows = rows};
    uint8_t hit[N];
    size_t r = 0;
    int status = 0;

    for (size_t c = 0; wn_checks[c]; c++)
        for (const struct wn_option *row = wn_checks[c]->knobs;
             row && row->name; row++)
            rows[r++] = *row;
    struct wn_options *options = wn_options_parse(&program, 1, words, error);
    if (!options)
        return -1;
    for (size_t c = 0; status == 0 && wn_checks[c]; c++) {
        memset(hit, 0, sizeof hit);
        status = wn_checks[c]->lacks(evidence)
                     ? 0
                     : wn_checks[c]->run(evidence, options, hit, error);
    }
    wn_options_free(options);
    return status;
}

static int health(const struct wn_noise *noise, struct wn_error *error)
{
    const struct wn_joint joint = {&noise->at, noise->joint, NULL, NULL, N};
    struct wn_pair_health pairs[K];
    size_t count;

    return wn_health_pairs(&joint, 1, K, pairs, &count, error);
}

static int run_all(struct wn_error *error)
{
    struct wn_evidence evidence = {.n = N,
                                   .k = K,
                                   .m = M,
                                   .label = label,
                                   .probability = probability,
                                   .neighbor = neighbor,
                                   .distance = distance,
                                   .feature_hash = hash,
                                   .threads = 2,
                                   .group = group,
                                   .groups = 3,
                                   .split = group,
                                   .splits = 3};
    struct wn_noise noise = {0};
    struct wn_suspicion suspicion = {0};
    int status = -1;

    if (judge(&evidence, &noise, &suspicion, error) ||
        run_rules(&evidence, error) || run_checks(&evidence, error) ||
        health(&noise, error))
        goto done;
    status = 0;
done:
    wn_suspicion_free(&suspicion);
    wn_noise_free(&noise);
    return status;
}

static void says_when_memory_runs_out(void **state)
{
    (void)state;
    fill();
    refuse_each(run_all, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_when_memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
