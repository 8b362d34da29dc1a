/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The methods that read the neighbour graph, and the transition matrix it
 * implies: golden.json knn_basic, outlier_features, near_duplicate(_1d),
 * knn_shapley, simifeat, longtail, hoc; Shapley values by brute force. */
#include "golden.h"
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "method/method_private.h"
#include "noise/hoc.h"

/* golden:knn_basic: 12 rows, 3 neighbours. */
enum { N = 12, M = 3 };
static int32_t basic_label[N];
static double basic_x[N * 2];
static int32_t basic_neighbor[N * M];
static double basic_distance[N * M];

/* golden:simifeat: 12 rows on a circle, 3 neighbours by cosine. */
static int32_t circle_label[N];
static double circle_x[N * 2];
static const int32_t circle_neighbor[N * M] = {
    1,  10, 2, 10, 0, 2, 10, 1,  3, 4, 2, 10, 3, 2, 10, 6, 11, 7,
    11, 5,  7, 11, 8, 6, 7,  11, 9, 8, 7, 11, 2, 1, 0,  7, 6,  8};

static float narrow[N * 2], narrow_distance[N * M];

static void make_narrow(const double *x)
{
    for (int i = 0; i < N * 2; i++)
        narrow[i] = (float)x[i];
    for (int i = 0; i < N * M; i++)
        narrow_distance[i] = (float)basic_distance[i];
}

static struct wn_view basic_view(void)
{
    make_narrow(basic_x);
    return (struct wn_view){.n = N,
                            .d = 2,
                            .k = 3,
                            .m = M,
                            .x = narrow,
                            .label = basic_label,
                            .neighbor = basic_neighbor,
                            .distance = narrow_distance,
                            .threads = 1};
}

static struct wn_view circle_view(void)
{
    make_narrow(circle_x);
    return (struct wn_view){.n = N,
                            .d = 2,
                            .k = 2,
                            .m = M,
                            .x = narrow,
                            .label = circle_label,
                            .neighbor = circle_neighbor,
                            .seed = 1,
                            .threads = 1};
}

static void run(const char *name, const struct wn_view *view, float out[N])
{
    const struct wn_method *method = wn_method_find(name);
    struct wn_error error = {0};

    assert_non_null(method);
    memset(out, 0, view->n * sizeof *out);
    assert_int_equal(wn_method_score(method, view,
                                     &(struct wn_scores){.score = out}, &error),
                     0);
}

/* golden:knn_basic, enn_all_removed and enn_mode_removed. */
static void enn_drops_the_golden_rows(void **state)
{
    static const float wanted[N] = {.5f, .5f, .5f, .5f, 0, 0,
                                    0,   1,   1,   1,   0, .5f};
    const struct wn_view view = basic_view();
    float out[N];

    (void)state;
    run("enn", &view, out);
    for (int i = 0; i < N; i++)
        assert_true(out[i] == wanted[i]);
}

/* golden:knn_basic, tomek_links. */
static void tomek_links_the_golden_pair(void **state)
{
    const struct wn_view view = basic_view();
    float out[N];

    (void)state;
    run("tomek", &view, out);
    for (int i = 0; i < N; i++)
        assert_true(out[i] == (i == 2 || i == 8));
}

/* golden:outlier_features. */
static void outlier_is_the_golden_distance(void **state)
{
    double wanted[N];

    golden_doubles("outlier_features/outputs/avg_distance", wanted, 12);
    const struct wn_view view = basic_view();
    float out[N];

    (void)state;
    run("outlier", &view, out);
    for (int i = 0; i < N; i++)
        assert_near(out[i], wanted[i], 1e-6);
}

/* golden:near_duplicate; low is a duplicate there. */
static void near_duplicate_is_the_golden_score_turned(void **state)
{
    double wanted[N];

    golden_doubles("near_duplicate/outputs/score", wanted, 12);
    const struct wn_view view = basic_view();
    float out[N];

    (void)state;
    run("near_duplicate", &view, out);
    for (int i = 0; i < N; i++)
        assert_near(1 - out[i], wanted[i], 1e-6);
}

/* golden:near_duplicate_1d, score; of the distances only the first of two is
 * looked at. */
static void near_duplicate_is_golden_on_a_line(void **state)
{
    static const float distance[18] = {.001f, 0, .001f, 0, .001f, 0,
                                       .002f, 0, .996f, 0, 1.1f,  0,
                                       1.2f,  0, 1.3f,  0, 1.4f,  0};
    double wanted[9];

    golden_doubles("near_duplicate_1d/outputs/score", wanted, 9);
    const struct wn_view view = {.n = 9, .m = 2, .distance = distance};
    float out[N];

    (void)state;
    run("near_duplicate", &view, out);
    for (int i = 0; i < 9; i++)
        assert_near(1 - out[i], wanted[i], 1e-6);
}

/* golden:knn_shapley, cleanlab_k3 = .5 (1 + mean value). */
static void knn_shapley_is_the_golden_one(void **state)
{
    double wanted[N];

    golden_doubles("knn_shapley/outputs/cleanlab_k3", wanted, 12);
    const struct wn_view view = basic_view();
    float out[N];

    (void)state;
    run("knn_shapley", &view, out);
    for (int i = 0; i < N; i++)
        assert_near(.5 * (1 - out[i] / N), wanted[i], 1e-7);
}

/* Rows of `rows`, nearest to (a, b) first, ties to the lower. */
static void sort_rows(int32_t *rows, size_t count, double a, double b)
{
    for (size_t i = 1; i < count; i++)
        for (size_t j = i; j > 0; j--) {
            const int32_t p = rows[j - 1], q = rows[j];
            const double dp = hypot(basic_x[2 * p] - a, basic_x[2 * p + 1] - b);
            const double dq = hypot(basic_x[2 * q] - a, basic_x[2 * q + 1] - b);

            if (dp < dq || (dp == dq && p < q))
                break;
            rows[j - 1] = q;
            rows[j] = p;
        }
}

/* The mean value of each row over the key's three test points. */
static void exact_values(const int32_t *of, size_t count, size_t k,
                         double value[N])
{
    double point[3][2];

    golden_doubles("knn_shapley/inputs/test_features", &point[0][0], 6);
    int32_t order[N];

    memset(value, 0, N * sizeof *value);
    for (int32_t t = 0; t < 3; t++) {
        memcpy(order, of, count * sizeof *of);
        sort_rows(order, count, point[t][0], point[t][1]);
        wn_shapley_add(order, count, basic_label, t, k, 1, value);
    }
    for (int i = 0; i < N; i++)
        value[i] /= 3;
}

/* golden:knn_shapley, jia_exact_K3 and jia_exact_5pts_K2. */
static void exact_shapley_is_the_golden_one(void **state)
{
    static const int32_t all[N] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    int32_t five[5];

    golden_ints("knn_shapley/outputs/five_rows", five, 5);
    double wanted[N];

    golden_doubles("knn_shapley/outputs/jia_exact_K3", wanted, 12);
    double wanted_five[5];

    golden_doubles("knn_shapley/outputs/jia_exact_5pts_K2", wanted_five, 5);
    double value[N];

    (void)state;
    exact_values(all, N, 3, value);
    for (int i = 0; i < N; i++)
        assert_near(value[i], wanted[i], 1e-15);
    exact_values(five, 5, 2, value);
    for (int i = 0; i < 5; i++)
        assert_near(value[five[i]], wanted_five[i], 1e-15);
}

/* Matches among the k nearest of the rows in `set`, over k. */
static double worth(unsigned set, const int32_t *match, size_t n, size_t k)
{
    size_t seen = 0, found = 0;

    for (size_t r = 0; r < n && seen < k; r++)
        if (set >> r & 1) {
            seen++;
            found += (size_t)match[r];
        }
    return (double)found / (double)k;
}

static double brute_force(const int32_t *match, size_t n, size_t k, size_t row)
{
    double value = 0;

    for (unsigned set = 0; set < 1u << n; set++) {
        if (set >> row & 1)
            continue;
        const int size = __builtin_popcount(set);
        const double orders = tgamma(size + 1) * tgamma((double)n - size);

        value +=
            orders / tgamma((double)n + 1) *
            (worth(set | 1u << row, match, n, k) - worth(set, match, n, k));
    }
    return value;
}

static void exact_shapley_is_that_of_brute_force(void **state)
{
    static const int32_t order[9] = {0, 1, 2, 3, 4, 5, 6, 7, 8};

    (void)state;
    for (unsigned pattern = 0; pattern < 512; pattern += 37)
        for (size_t k = 1; k <= 11; k += 2) {
            int32_t label[9];
            double value[9] = {0};

            for (int r = 0; r < 9; r++)
                label[r] = (int32_t)(pattern >> r & 1);
            wn_shapley_add(order, 9, label, 1, k, 1, value);
            for (size_t r = 0; r < 9; r++)
                assert_near(value[r], brute_force(label, 9, k, r), 1e-14);
        }
}

/* The method against the recursion over rows sorted by their distance on a
 * line, at one thread and at three; every tenth row has no label. */
static void exact_method_sorts_all_rows(void **state)
{
    enum { ROWS = 90 };
    static float x[ROWS], out[ROWS], again[ROWS];
    static int32_t label[ROWS];
    double value[ROWS] = {0};

    (void)state;
    for (int i = 0; i < ROWS; i++) {
        x[i] = (float)(i * i % 97) + (float)i / 100;
        label[i] = i % 10 == 3 ? -1 : i * 7 % 5 % 3;
    }
    struct wn_view view = {.n = ROWS,
                           .d = 1,
                           .k = 3,
                           .m = 4,
                           .x = x,
                           .label = label,
                           .threads = 1};
    for (int i = 0; i < ROWS; i++) {
        int32_t order[ROWS];
        size_t count = 0;

        for (int j = 0; j < ROWS; j++) {
            size_t at = count;

            if (j == i || label[j] < 0)
                continue;
            for (;
                 at > 0 && fabsf(x[order[at - 1]] - x[i]) > fabsf(x[j] - x[i]);
                 at--)
                order[at] = order[at - 1];
            order[at] = j;
            count++;
        }
        if (label[i] >= 0)
            wn_shapley_add(order, count, label, label[i], 4, 1, value);
    }
    run("knn_shapley_exact", &view, out);
    view.threads = 3;
    run("knn_shapley_exact", &view, again);
    assert_memory_equal(out, again, sizeof out);
    for (int i = 0; i < ROWS; i++)
        assert_near(out[i], -value[i], 1e-6);
}

/* golden:longtail. */
static void rarity_is_the_golden_one(void **state)
{
    double wanted[N];

    golden_doubles("longtail/outputs/score_unrounded", wanted, 12);
    const struct wn_view view = circle_view();
    float out[N];

    (void)state;
    run("rarity", &view, out);
    for (int i = 0; i < N; i++)
        assert_near(out[i], wanted[i], 1e-7);
}

/* golden:simifeat: one draw of all rows. */
static void simifeat_is_the_golden_one(void **state)
{
    double wanted[N];

    golden_doubles("simifeat/outputs/score", wanted, 12);
    static const double cut[2] = {0.49007890318336356, 0.052853383472697094};
    const struct wn_view view = circle_view();
    /* T [[.8 .2] [.25 .75]], p_clean [.55 .45], p_org [.5 .5]. */
    const double rate[2] = {wn_simifeat_rate(.8, .55, .5),
                            wn_simifeat_rate(.75, .45, .5)};
    double cosine[N * M], found[N], threshold[2];
    uint8_t in[N], noisy[N];
    int32_t vote[N];

    (void)state;
    memset(in, 1, sizeof in);
    for (size_t i = 0; i < N; i++)
        wn_cosine_edges(&view, i, cosine + i * M);
    wn_simifeat_draw(&view, cosine, in, M, found, vote);
    wn_simifeat_rank(&view, found, vote, rate, noisy, threshold);
    for (int i = 0; i < N; i++) {
        assert_near(found[i], wanted[i], 1e-6);
        assert_int_equal(vote[i] != circle_label[i], i == 10 || i == 11);
        assert_int_equal(noisy[i], i == 7 || i == 10 || i == 11);
    }
    assert_near(threshold[0], cut[0], 1e-6);
    assert_near(threshold[1], cut[1], 1e-6);
}

static void simifeat_rates_stay_within_bounds(void **state)
{
    (void)state;
    assert_near(wn_simifeat_rate(.8, .5, .5), .2, 1e-15);
    assert_near(wn_simifeat_rate(1, .6, .5), .05, 0);
    assert_near(wn_simifeat_rate(0, .5, .5), .95, 0);
    assert_near(wn_simifeat_rate(.5, .5, 0), .05, 0);
}

static void simifeat_finds_the_planted_rows(void **state)
{
    const struct wn_view view = circle_view();
    float vote[N], rank[N], again[N];

    (void)state;
    run("simifeat_vote", &view, vote);
    run("simifeat_vote", &view, again);
    assert_memory_equal(vote, again, sizeof vote);
    run("simifeat_rank", &view, rank);
    for (int i = 0; i < N; i++) {
        assert_true(vote[i] > 0 && vote[i] < 1);
        assert_true(rank[i] > 0 && rank[i] < 1);
        assert_int_equal(vote[i] > .5f, i == 10 || i == 11);
        if (i >= 10)
            assert_true(rank[i] > .5f);
    }
}

static void rows_without_a_label_have_no_say(void **state)
{
    static const char *const names[] = {"enn",           "tomek",
                                        "simifeat_vote", "simifeat_rank",
                                        "knn_shapley",   "disagreement"};
    int32_t label[N];
    struct wn_view view = basic_view();
    float out[N];

    (void)state;
    view.label = label;
    for (int i = 0; i < N; i++)
        label[i] = -1;
    for (size_t q = 0; q < sizeof names / sizeof *names; q++) {
        run(names[q], &view, out);
        for (int i = 0; i < N; i++)
            assert_true(out[i] == 0);
    }
    memcpy(label, basic_label, sizeof label);
    label[8] = -1;
    run("tomek", &view, out);
    for (int i = 0; i < N; i++)
        assert_true(out[i] == 0);
    run("enn", &view, out);
    assert_true(out[8] == 0 && out[0] == 0 && out[7] == 1);
}

/* golden:hoc, small: counts of the circle. */
static void consensus_is_the_golden_one(void **state)
{
    double c3[8];

    golden_doubles("hoc/outputs/small/c3", c3, 8);
    struct wn_consensus seen;
    double square = 0;

    (void)state;
    wn_consensus_new(&seen, 2);
    wn_consensus_count(&seen, circle_label, circle_neighbor, N, M);
    wn_consensus_finish(&seen);
    for (int a = 0; a < 2; a++)
        assert_near(seen.c1[a], .5, 1e-15);
    /* Each of the key's four pairs has a quarter; two of them are one here. */
    assert_int_equal(seen.pairs, 3);
    assert_near(seen.square2, 4 * .25 * .25, 1e-15);
    for (int s = 0; s < 3; s++)
        assert_near(seen.pair[s].share, s == 1 ? .5 : .25, 1e-15);
    const double triples[4] = {c3[0], c3[1] + c3[2] + c3[4],
                               c3[3] + c3[5] + c3[6], c3[7]};
    assert_int_equal(seen.triples, 4);
    for (int s = 0; s < 4; s++) {
        const struct wn_agreement *found = &seen.triple[s];

        assert_int_equal(found->a + found->b + found->c, s);
        assert_true(found->a <= found->b && found->b <= found->c);
        assert_near(found->share, triples[s], 1e-15);
        square += c3[s] * c3[s] + c3[s + 4] * c3[s + 4];
    }
    assert_near(seen.square3, square, 1e-15);
    struct wn_transition fit;
    double trace[WN_HOC_UPDATES + 1];
    wn_transition_fit(&fit, &seen, WN_HOC_UPDATES, 2, trace, NULL);
    assert_near(trace[0], 1.094330333434321, 1e-9);
    assert_near(trace[1], 1.1594784466909511, 1e-9);
    assert_near(trace[10], 0.9795339121127618, 1e-9);
    assert_near(fit.loss, 0.11860521998137713, 1e-6);
    wn_transition_free(&fit);
    wn_consensus_free(&seen);
}

/* golden:hoc, exact: consensus made from T and p themselves. */
static void transition_is_the_golden_one(void **state)
{
    double t[9];

    golden_doubles("hoc/inputs/exact_case/T", t, 9);
    double p[3];

    golden_doubles("hoc/inputs/exact_case/p", p, 3);
    double best[9];

    golden_doubles("hoc/outputs/exact/T_best", best, 9);
    struct wn_consensus seen;
    struct wn_transition fit;
    double trace[WN_HOC_UPDATES + 1];

    (void)state;
    wn_consensus_new(&seen, 3);
    for (int i = 0; i < 3; i++)
        for (int a = 0; a < 3; a++) {
            for (int b = 0; b < 3; b++)
                for (int c = 0; c < 3; c++)
                    wn_consensus_add(
                        &seen, (size_t[3]){(size_t)a, (size_t)b, (size_t)c},
                        p[i] * t[3 * i + a] * t[3 * i + b] * t[3 * i + c]);
        }
    wn_consensus_finish(&seen);
    wn_transition_fit(&fit, &seen, WN_HOC_UPDATES, 2, trace, NULL);
    assert_near(trace[0], 0.6391343357061772, 1e-9);
    assert_near(trace[1], 0.5992604198475477, 1e-9);
    assert_near(trace[10], 0.38586651255966387, 1e-9);
    /* Adam at this rate never settles: the best of its steps depends on the
     * last bits, so it may be better than the key's. */
    assert_true(fit.loss <= 0.0013089296241745514 + 1e-6);
    for (int i = 0; i < 9; i++) {
        assert_near(fit.t[i], best[i], 3e-3);
        assert_near(fit.t[i], t[i], 3e-3);
    }
    for (int i = 0; i < 3; i++)
        assert_near(fit.p[i], p[i], 3e-3);
    wn_transition_free(&fit);
    wn_consensus_free(&seen);
}

/* The loss and its gradient by the plain sums over all k^3 cells,
 * followed for ten steps of Adam. */
enum { PLAIN = 40, PLAIN_STEPS = 10 };

struct plain {
    double u[PLAIN * PLAIN + PLAIN], first[PLAIN * PLAIN + PLAIN],
        second[PLAIN * PLAIN + PLAIN], gradient[PLAIN * PLAIN + PLAIN];
    double t[PLAIN][PLAIN], p[PLAIN];
    double seen1[PLAIN], seen2[PLAIN][PLAIN], seen3[PLAIN][PLAIN][PLAIN];
    double e1[PLAIN], e2[PLAIN][PLAIN], e3[PLAIN][PLAIN][PLAIN];
};

static void plain_softmax(const double *u, double *p)
{
    double sum = 0;

    for (int c = 0; c < PLAIN; c++)
        sum += exp(u[c]);
    for (int c = 0; c < PLAIN; c++)
        p[c] = exp(u[c]) / sum;
}

static double plain_norm(double *e, int count)
{
    double square = 0;

    for (int i = 0; i < count; i++)
        square += e[i] * e[i];
    for (int i = 0; i < count; i++)
        e[i] /= sqrt(square);
    return sqrt(square);
}

static double plain_loss(struct plain *f)
{
    for (int i = 0; i < PLAIN; i++)
        plain_softmax(f->u + i * PLAIN, f->t[i]);
    plain_softmax(f->u + PLAIN * PLAIN, f->p);
    for (int a = 0; a < PLAIN; a++) {
        f->e1[a] = -f->seen1[a];
        for (int b = 0; b < PLAIN; b++) {
            f->e2[a][b] = -f->seen2[a][b];
            for (int c = 0; c < PLAIN; c++)
                f->e3[a][b][c] = -f->seen3[a][b][c];
        }
    }
    for (int i = 0; i < PLAIN; i++)
        for (int a = 0; a < PLAIN; a++) {
            f->e1[a] += f->p[i] * f->t[i][a];
            for (int b = 0; b < PLAIN; b++) {
                f->e2[a][b] += f->p[i] * f->t[i][a] * f->t[i][b];
                for (int c = 0; c < PLAIN; c++)
                    f->e3[a][b][c] +=
                        f->p[i] * f->t[i][a] * f->t[i][b] * f->t[i][c];
            }
        }
    return plain_norm(f->e1, PLAIN) +
           plain_norm((double *)f->e2, PLAIN * PLAIN) +
           plain_norm((double *)f->e3, PLAIN * PLAIN * PLAIN);
}

static void plain_gradient(struct plain *f)
{
    double *dp = f->gradient + PLAIN * PLAIN;

    memset(f->gradient, 0, sizeof f->gradient);
    for (int i = 0; i < PLAIN; i++) {
        double *dt = f->gradient + i * PLAIN;
        const double *t = f->t[i];

        for (int a = 0; a < PLAIN; a++) {
            dp[i] += f->e1[a] * t[a];
            dt[a] += f->p[i] * f->e1[a];
            for (int b = 0; b < PLAIN; b++) {
                dp[i] += f->e2[a][b] * t[a] * t[b];
                dt[a] += f->p[i] * (f->e2[a][b] + f->e2[b][a]) * t[b];
                for (int c = 0; c < PLAIN; c++) {
                    dp[i] += f->e3[a][b][c] * t[a] * t[b] * t[c];
                    dt[a] += f->p[i] * t[b] * t[c] *
                             (f->e3[a][b][c] + f->e3[b][a][c] + f->e3[b][c][a]);
                }
            }
        }
    }
}

static void plain_step(struct plain *f, int number)
{
    for (int i = 0; i <= PLAIN; i++) {
        const double *p = i < PLAIN ? f->t[i] : f->p;
        double mean = 0;

        for (int a = 0; a < PLAIN; a++)
            mean += p[a] * f->gradient[i * PLAIN + a];
        for (int a = 0; a < PLAIN; a++) {
            const int at = i * PLAIN + a;
            const double g = p[a] * (f->gradient[at] - mean);

            f->first[at] = .9 * f->first[at] + .1 * g;
            f->second[at] = .999 * f->second[at] + .001 * g * g;
            f->u[at] -= .1 * f->first[at] / (1 - pow(.9, number)) /
                        (sqrt(f->second[at] / (1 - pow(.999, number))) + 1e-8);
        }
    }
}

/* 40 classes are more than one block; the counts are few and at random, so the
 * labels of a triple come in all orders. */
static void fit_follows_the_plain_sums(void **state)
{
    static struct plain plain;
    enum { ROWS = 3000 };
    double trace[PLAIN_STEPS + 1];
    struct wn_consensus seen;
    struct wn_transition fit, again;
    unsigned long long next = 12345;
    int met = 0;

    (void)state;
    wn_consensus_new(&seen, PLAIN);
    for (int i = 0; i < ROWS; i++) {
        size_t label[3];

        for (int j = 0; j < 3; j++) {
            next = next * 6364136223846793005ull + 1442695040888963407ull;
            label[j] =
                next >> 62 ? (size_t)(i % PLAIN) : (size_t)(next >> 40) % PLAIN;
        }
        wn_consensus_add(&seen, label, 1);
        plain.seen1[label[0]] += 1. / ROWS;
        plain.seen2[label[0]][label[1]] += 1. / ROWS;
        plain.seen3[label[0]][label[1]][label[2]] += 1. / ROWS;
    }
    wn_consensus_finish(&seen);
    wn_transition_fit(&fit, &seen, PLAIN_STEPS, 1, trace, NULL);
    wn_transition_fit(&again, &seen, PLAIN_STEPS, 2, NULL, NULL);
    assert_memory_equal(fit.t, again.t, PLAIN * PLAIN * sizeof *fit.t);
    assert_memory_equal(fit.p, again.p, PLAIN * sizeof *fit.p);
    for (int i = 0; i < PLAIN * PLAIN; i++)
        plain.u[i] = i % (PLAIN + 1) ? -1 : 4;
    for (int i = 0; i < PLAIN; i++)
        plain.u[PLAIN * PLAIN + i] = 1. / PLAIN;
    for (int number = 0; number <= PLAIN_STEPS; number++) {
        if (number) {
            plain_gradient(&plain);
            plain_step(&plain, number);
        }
        const double loss = plain_loss(&plain);

        assert_near(trace[number], loss, 1e-9);
        if (fabs(loss - fit.loss) < 1e-9) {
            for (int i = 0; i < PLAIN * PLAIN; i++)
                assert_near(fit.t[i], plain.t[i / PLAIN][i % PLAIN], 1e-7);
            met++;
        }
    }
    assert_int_equal(met, 1);
    wn_transition_free(&fit);
    wn_transition_free(&again);
    wn_consensus_free(&seen);
}

static void matrix_needs_rows_and_few_classes(void **state)
{
    int32_t rows[9] = {0, 1, 2, 0, 1, 2, 0, 1, -1};
    struct wn_error error = {0};

    (void)state;
    assert_int_equal(wn_transition_check(rows, 9, 3, &error), 0);
    assert_int_equal(wn_transition_check(rows + 1, 8, 3, &error), -1);
    assert_string_equal(error.text,
                        "7 labelled rows are too few for a transition matrix "
                        "of 3 classes, wanted at least 8");
    error = (struct wn_error){0};
    assert_int_equal(wn_transition_check(rows, 9, WN_HOC_CLASSES + 1, &error),
                     -1);
    assert_string_equal(error.text,
                        "513 classes are too many for a transition matrix, "
                        "wanted at most 512");
}

/* Fill the inputs and results above from tests/golden.json. */
static int read_goldens(void **state)
{
    (void)state;
    golden_ints("knn_basic/inputs/labels", basic_label, 12);
    golden_doubles("knn_basic/inputs/features", basic_x, 24);
    golden_ints("knn_basic/outputs/indices", basic_neighbor, 36);
    golden_doubles("knn_basic/outputs/distances", basic_distance, 36);
    golden_ints("hoc/inputs/labels", circle_label, 12);
    golden_doubles("hoc/inputs/features", circle_x, 24);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enn_drops_the_golden_rows),
        cmocka_unit_test(tomek_links_the_golden_pair),
        cmocka_unit_test(outlier_is_the_golden_distance),
        cmocka_unit_test(near_duplicate_is_the_golden_score_turned),
        cmocka_unit_test(near_duplicate_is_golden_on_a_line),
        cmocka_unit_test(knn_shapley_is_the_golden_one),
        cmocka_unit_test(exact_shapley_is_the_golden_one),
        cmocka_unit_test(exact_shapley_is_that_of_brute_force),
        cmocka_unit_test(exact_method_sorts_all_rows),
        cmocka_unit_test(rarity_is_the_golden_one),
        cmocka_unit_test(simifeat_is_the_golden_one),
        cmocka_unit_test(simifeat_rates_stay_within_bounds),
        cmocka_unit_test(simifeat_finds_the_planted_rows),
        cmocka_unit_test(rows_without_a_label_have_no_say),
        cmocka_unit_test(consensus_is_the_golden_one),
        cmocka_unit_test(transition_is_the_golden_one),
        cmocka_unit_test(fit_follows_the_plain_sums),
        cmocka_unit_test(matrix_needs_rows_and_few_classes),
    };

    return cmocka_run_group_tests(tests, read_goldens, NULL);
}
