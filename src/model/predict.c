/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of predictors and their pool; see predict.h. */
#include "model/predict.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/calibrate.h"
#include "model/cells.h"
#include "model/crossnet.h"
#include "model/folds.h"
#include "model/kernel.h"
#include "model/shares.h"
#include "model/softmax.h"
#include "model/standard.h"
#include "model/trees.h"
#include "util/large.h"
#include "util/memory.h"

enum {
    WHOLE_SAMPLES = 10000, /* rows up to which trees draw as many */
    FEWEST = 30,           /* iterations of softmax */
    SOFTMAX_TAKES = 20     /* of them in one pass, as a rule */
};
#define SOFTMAX_WORK 1.5e13 /* operations */
#define POOLING 2500. /* operations, to calibrate and pool an entry */

/* Of the pool: what each member leaves to all classes alike, so that no member
 * rules a class out; the least log-loss that counts; and how much more a
 * better member counts. */
#define MIXED 0.01
#define LEAST_LOSS 1e-3
#define KEENNESS 3

static int predict_kernel(const struct wn_sample *sample, float *probability,
                          struct wn_error *error)
{
    struct wn_kernel kernel;

    if (wn_kernel_predict(sample, probability, &kernel, error))
        return -1;
    if (sample->chosen)
        snprintf(sample->chosen, WN_CHOSEN,
                 "bandwidth=%.3g ridge=%.3g landmarks=%zu", kernel.bandwidth,
                 kernel.ridge, kernel.landmarks);
    return 0;
}

static const struct wn_predictor kernel = {
    .name = "kernel",
    .brief = "kernel ridge on landmarks, exact leave-one-out",
    .source = "Williams and Seeger (2001); Golub, Heath and Wahba (1979)",
    .needs = WN_SAMPLE_FEATURES,
    .once = true,
    .standard = true,
    .bytes = wn_kernel_bytes,
    .kept = wn_kernel_kept,
    .work = wn_kernel_work,
    .predict = predict_kernel};

/* Operations of one iteration: two products with all folds' weights, and what
 * is done to each logit. */
static double softmax_step(const struct wn_sample *sample)
{
    return (4 * (double)sample->d + 160) * (double)sample->n *
           (double)sample->k * (double)sample->folds;
}

/* Where an iteration is long, no more of them than are near SOFTMAX_WORK, but
 * FEWEST. A draft may be rough. */
static struct wn_softmax choose_softmax(const struct wn_sample *sample)
{
    struct wn_softmax how = wn_softmax_standard;
    const double most = SOFTMAX_WORK / softmax_step(sample);

    how.folds = sample->folds;
    if (most < (double)how.iterations)
        how.iterations = most > FEWEST ? (size_t)most : FEWEST;
    if (sample->draft) {
        how.tolerance *= 10;
        how.iterations = (how.iterations + 2) / 3;
    }
    return how;
}

/* A tenth of the rows (or of the groups) to tell when to stop, where that is
 * enough to tell it. Labels have no say in it. *part stays NULL for none. */
static int part_rows(const struct wn_sample *sample, int32_t **part,
                     struct wn_error *error)
{
    enum { PARTS = 10, LEAST = 2000 };
    const size_t n = sample->n;

    if (n < LEAST || (sample->group && sample->groups < PARTS))
        return 0;
    int32_t *same = wn_large_new(n, sizeof *same, error);
    *part = wn_large_new(n, sizeof **part, error);
    const int status =
        !same || !*part ? -1
        : sample->group
            ? wn_folds_assign_groups(same, n, 1, sample->group, sample->groups,
                                     PARTS, sample->seed, *part, error)
            : wn_folds_assign(same, n, 1, PARTS, sample->seed, *part, error);
    wn_large_free(same);
    return status;
}

static int predict_softmax(const struct wn_sample *sample, float *probability,
                           struct wn_error *error)
{
    const struct wn_softmax how = choose_softmax(sample);
    int32_t *part = NULL;
    int status = -1;

    if (part_rows(sample, &part, error) == 0)
        status = wn_softmax_predict(&how, sample->x, sample->n, sample->d,
                                    sample->label, sample->weight, sample->k,
                                    sample->fold, part, sample->threads,
                                    sample->talk, probability, NULL, error);
    wn_large_free(part);
    return status;
}

static double softmax_bytes(const struct wn_sample *sample)
{
    return wn_softmax_bytes(sample->n, sample->d, sample->k, sample->folds,
                            sample->threads);
}

static double softmax_work(const struct wn_sample *sample)
{
    return SOFTMAX_TAKES * softmax_step(sample);
}

static const struct wn_predictor softmax = {
    .name = "softmax",
    .brief = "multinomial logistic regression, cross-validated",
    .source = "Cox (1958)",
    .needs = WN_SAMPLE_FEATURES | WN_SAMPLE_FOLDS,
    .bytes = softmax_bytes,
    .work = softmax_work,
    .predict = predict_softmax};

static int predict_mlp(const struct wn_sample *sample, float *probability,
                       struct wn_error *error)
{
    struct wn_crossnet how = wn_crossnet_standard;

    if (sample->draft)
        how.replicates = 1;
    return wn_crossnet_predict(&how, sample, probability, error);
}

static double mlp_bytes(const struct wn_sample *sample)
{
    return wn_crossnet_bytes(&wn_crossnet_standard, sample);
}

static double mlp_work(const struct wn_sample *sample)
{
    return wn_crossnet_work(&wn_crossnet_standard, sample);
}

static const struct wn_predictor mlp = {
    .name = "mlp",
    .brief = "networks with a hidden layer, cross-validated",
    .source = "Rumelhart, Hinton and Williams (1986)",
    .needs = WN_SAMPLE_FEATURES | WN_SAMPLE_FOLDS,
    .bytes = mlp_bytes,
    .work = mlp_work,
    .predict = predict_mlp};

/* The votes of the m neighbours, near ones counting more: exp(-r^2) with r the
 * distance in those of the farthest; one vote is spread over all. */
static void vote_on(const struct wn_sample *sample, const int32_t *neighbor,
                    const float *distance, float *out)
{
    const size_t k = sample->k;
    size_t m = sample->m;
    double sum = 1;

    while (m && neighbor[m - 1] < 0)
        m--;
    const double far = m && distance[m - 1] > 0 ? (double)distance[m - 1] : 1;

    for (size_t c = 0; c < k; c++)
        out[c] = 1 / (float)k;
    for (size_t w = 0; w < m; w++) {
        const size_t j = (size_t)neighbor[w];
        const double r = (double)distance[w] / far;
        const double part = 2 * exp(-r * r) * wn_sample_weight(sample, j);

        out[sample->label[j] < 0 ? 0 : sample->label[j]] += (float)part;
        sum += part;
    }
    for (size_t c = 0; c < k; c++)
        out[c] = (float)((double)out[c] / sum);
}

static void vote(const struct wn_sample *sample, const int32_t *neighbor,
                 const float *distance, float *probability)
{
#pragma omp parallel for num_threads(sample->threads)
    for (size_t i = 0; i < sample->n; i++)
        vote_on(sample, neighbor + i * sample->m, distance + i * sample->m,
                probability + i * sample->k);
}

/* Where standardising and cutting changes the rows much, or those of a row's
 * own group may not vote, neighbours are looked for again: digits by 10
 * neighbours at 20 % noise, average precision .941 to .973. */
static int predict_neighbors(const struct wn_sample *sample,
                             float *probability, struct wn_error *error)
{
    const size_t n = sample->n, d = sample->d, m = sample->m;
    struct wn_standard standard;
    int32_t *neighbor = NULL;
    float *distance = NULL, *x = NULL;
    int status = -1;

    if (wn_standard_make(&standard, sample->x, n, d, error))
        return -1;
    const bool cut = wn_standard_excess(&standard, sample->x, n) >= 0.02;
    if (!cut && !sample->group) {
        vote(sample, sample->neighbor, sample->distance, probability);
        status = 0;
        goto done;
    }
    x = wn_large_new(cut ? wn_product(n, d, 1) : 0, sizeof *x, error);
    neighbor = wn_large_new(wn_product(n, m, 1), sizeof *neighbor, error);
    distance = wn_large_new(wn_product(n, m, 1), sizeof *distance, error);
    if (!x || !neighbor || !distance)
        goto done;
    for (size_t i = 0; cut && i < n; i++)
        wn_standard_row(&standard, sample->x + i * d, x + i * d);
    const struct wn_graph graph = {
        .x = cut ? x : sample->x, .n = n, .d = d, .m = m,
        .metric = WN_EUCLIDEAN, .group = sample->group,
        .threads = sample->threads, .talk = sample->talk};
    struct wn_graph_facts facts;
    if (wn_graph_find(&graph, sample->probe, sample->seed, neighbor, distance,
                      &facts, error))
        goto done;
    vote(sample, neighbor, distance, probability);
    status = 0;
done:
    wn_standard_free(&standard);
    wn_large_free(x);
    wn_large_free(neighbor);
    wn_large_free(distance);
    return status;
}

/* A cut copy of the rows, its graph, and what finding that takes. */
static double neighbors_bytes(const struct wn_sample *sample)
{
    return 4 * (double)sample->n * (double)sample->d +
           8 * (double)sample->n * (double)sample->m +
           wn_graph_bytes(sample->n, sample->d, sample->m, sample->probe,
                          sample->threads);
}

static double neighbors_work(const struct wn_sample *sample)
{
    return 200 * (double)sample->n * (double)(sample->m + sample->k);
}

static const struct wn_predictor neighbors = {
    .name = "neighbors",
    .brief = "leave-one-out votes of the nearest neighbours",
    .source = "Fix and Hodges (1951)",
    .needs = WN_SAMPLE_FEATURES | WN_SAMPLE_NEIGHBORS,
    .standard = true,
    .bytes = neighbors_bytes,
    .work = neighbors_work,
    .predict = predict_neighbors};

/* Where there are many rows, smaller samples and fewer trees: the time stays
 * near linear in n, and a row is outside of more samples. Half samples raised
 * the average precision on letter (20,000 rows, 20 % noise) from .9969 to
 * .9977, on mnist10k they lowered it by .0002. */
static struct wn_trees_knobs choose_trees(const struct wn_sample *sample)
{
    struct wn_trees_knobs knobs = wn_trees_standard;
    const size_t fair = 4000000 / sample->n;

    if (fair < knobs.trees) {
        knobs.trees = fair > 64 ? fair : 64;
        /* adult at 20 % noise .816 to .819, letter within .0002 */
        if (sample->draft)
            knobs.trees = (knobs.trees + 1) / 2;
    }
    if (sample->n > WHOLE_SAMPLES)
        knobs.share = fmax(WHOLE_SAMPLES / (double)sample->n, 0.25);
    return knobs;
}

static int predict_trees(const struct wn_sample *sample, float *probability,
                         struct wn_error *error)
{
    const struct wn_trees_knobs knobs = choose_trees(sample);

    if (sample->chosen)
        snprintf(sample->chosen, WN_CHOSEN, "trees=%zu share=%.3g",
                 knobs.trees, knobs.share);
    return wn_trees(sample->x, sample->n, sample->d, sample->label,
                    sample->k, sample->weight, sample->group, &knobs,
                    sample->seed, sample->threads, sample->talk, probability,
                    error);
}

static double trees_bytes(const struct wn_sample *sample)
{
    return wn_trees_bytes(sample->n, sample->d, sample->k);
}

static double trees_kept(const struct wn_sample *sample)
{
    return wn_trees_kept(sample->n, sample->d, sample->threads);
}

/* Rows that are far apart in memory take twice as long. */
static double trees_work(const struct wn_sample *sample)
{
    const struct wn_trees_knobs knobs = choose_trees(sample);
    const double n = (double)sample->n * knobs.share;

    return (double)knobs.trees * 850 * fmin(1 + n / 3e5, 3) * n *
           log2(n + 1) * sqrt((double)sample->d);
}

static const struct wn_predictor trees = {
    .name = "trees",
    .brief = "extremely randomised trees, out-of-bag votes",
    .source = "Geurts, Ernst and Wehenkel (2006)",
    .needs = WN_SAMPLE_FEATURES,
    .standard = true,
    .bytes = trees_bytes,
    .kept = trees_kept,
    .work = trees_work,
    .predict = predict_trees};

const struct wn_predictor *const wn_predictors[] = {&kernel, &trees,
                                                    &neighbors, &softmax,
                                                    &mlp, NULL};
const char wn_predictor_choices[] =
    WN_COMMITTEE "|kernel|trees|neighbors|softmax|mlp";

struct wn_quality wn_predict_quality(const float *probability, size_t n,
                                     size_t k, const int32_t *label)
{
    enum { BINS = 15 };
    double sure[BINS] = {0}, right[BINS] = {0};
    struct wn_quality quality = {0};
    double rows = 0;

    for (size_t i = 0; i < n; i++) {
        const float *row = probability + i * k;

        if (label[i] < 0)
            continue;
        const size_t best = wn_shares_top(row, k);
        const double given = row[label[i]];
        quality.log_loss -= log(fmin(fmax(given, 1e-6), 1));
        const int bin = (int)fmin(row[best] * (double)BINS, BINS - 1);
        sure[bin] += row[best];
        right[bin] += best == (size_t)label[i];
        rows++;
    }
    if (rows == 0)
        return quality;
    for (int b = 0; b < BINS; b++) {
        quality.calibration += fabs(sure[b] - right[b]) / rows;
        quality.accuracy += right[b] / rows;
    }
    quality.log_loss /= rows;
    return quality;
}

/* What is known of the labels without looking at features. */
struct blind {
    double loss;  /* log-loss of the classes' shares */
    double least; /* a difference to it that n rows can tell */
};

/* A member's part of the pool: weight log(P + MIXED / k), added to sum. */
static void add_to_pool(const float *one, size_t n, size_t k, double weight,
                        int threads, float *sum)
{
    const float least = (float)(MIXED / (double)k);

#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t i = 0; i < n; i++)
        wn_shares_add_log(one + i * k, k, least, (float)weight, sum + i * k);
}

/* From the sums of all to probabilities. */
static void close_pool(float *sum, size_t n, size_t k, double weights,
                       int threads)
{
#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t i = 0; i < n; i++)
        wn_shares_from(sum + i * k, k, (float)(1 / weights));
}

/* The log-loss of the classes' shares among the labels, and what n rows can
 * tell from it. */
static int find_blind(const struct wn_sample *sample, struct blind *blind,
                      struct wn_error *error)
{
    double *count = wn_new(sample->k, sizeof *count, error);
    double rows = 0;

    if (!count)
        return -1;
    for (size_t i = 0; i < sample->n; i++)
        if (sample->label[i] >= 0) {
            count[sample->label[i]]++;
            rows++;
        }
    *blind = (struct blind){0};
    for (size_t c = 0; c < sample->k; c++)
        if (count[c] > 0)
            blind->loss -= count[c] / rows * log(count[c] / rows);
    blind->least = fmax(blind->loss, LEAST_LOSS) / sqrt(fmax(rows, 1));
    free(count);
    return 0;
}

/* A member's weight in the pool. */
static double weigh_member(const struct blind *blind, double log_loss)
{
    return pow(fmax(blind->loss - log_loss, blind->least) /
                   fmax(log_loss, LEAST_LOSS),
               KEENNESS);
}

/* The calibrated pool of the calibrated members; in the first pass, which no
 * label has reached, their shares are found. kept[p], n x k where there is
 * one, holds what a member that judges once said in it. */
static int predict_once(const struct wn_predictor *const *chosen,
                        size_t count, const struct wn_sample *sample,
                        const struct blind *blind, double *share,
                        float **kept, float *probability,
                        struct wn_quality *quality, struct wn_error *error)
{
    const size_t n = sample->n, k = sample->k;
    const size_t cells = wn_product(n, k, 1);
    float *one = wn_large_new(cells, sizeof *one, error);
    struct wn_sample own = *sample;
    double shares = 0;
    int status = -1;

    if (!one)
        return -1;
    memset(probability, 0, cells * sizeof *probability);
    for (size_t p = 0; p < count; p++) {
        float *out = kept[p] ? kept[p] : one;
        char knobs[WN_CHOSEN] = "";

        if (!kept[p] || blind) {
            own.chosen = knobs;
            own.draft = sample->draft && !chosen[p]->once;
            if (chosen[p]->predict(&own, out, error) ||
                wn_calibrate(out, n, k, sample->label, sample->threads, NULL,
                             error))
                goto done;
        } else {
            memcpy(knobs, quality[p].chosen, sizeof knobs);
        }
        quality[p] = wn_predict_quality(out, n, k, sample->label);
        memcpy(quality[p].chosen, knobs, sizeof knobs);
        if (count == 1) {
            memcpy(probability, out, cells * sizeof *probability);
            break;
        }
        if (blind)
            share[p] = weigh_member(blind, quality[p].log_loss);
        add_to_pool(out, n, k, share[p], sample->threads, probability);
        shares += share[p];
    }
    if (count > 1) {
        close_pool(probability, n, k, shares, sample->threads);
        if (wn_calibrate(probability, n, k, sample->label, sample->threads,
                         NULL, error))
            goto done;
    }
    quality[count] = wn_predict_quality(probability, n, k, sample->label);
    status = 0;
done:
    wn_large_free(one);
    return status;
}

/* How far the pass before agrees with each label, times what the row counts
 * anyway. */
static void weigh(const struct wn_sample *sample, const float *probability,
                  float *weight)
{
    const size_t k = sample->k;

    for (size_t i = 0; i < sample->n; i++) {
        const float *row = probability + i * k;
        const float most = row[wn_shares_top(row, k)];

        weight[i] = sample->label[i] < 0 || !(most > 0)
                        ? 0
                        : (float)wn_sample_weight(sample, i) *
                              (row[sample->label[i]] / most);
    }
}

double wn_predict_bytes(const struct wn_predictor *const *chosen, size_t count,
                        const struct wn_sample *sample)
{
    const double answer = 4 * (double)sample->n * (double)sample->k;
    double most = 0;

    for (size_t p = 0; p < count; p++)
        most = fmax(most, chosen[p]->bytes(sample));
    return answer * ((double)count + 2) + 8 * (double)sample->n + most;
}

double wn_predict_kept(const struct wn_predictor *const *chosen, size_t count,
                       const struct wn_sample *sample)
{
    double most = 0;

    for (size_t p = 0; p < count; p++)
        if (chosen[p]->kept)
            most = fmax(most, chosen[p]->kept(sample));
    return most;
}

double wn_predict_work(const struct wn_predictor *const *chosen, size_t count,
                       size_t passes, const struct wn_sample *sample)
{
    double work = 0;

    for (size_t p = 0; p < count; p++)
        work += (chosen[p]->work(sample) +
                 POOLING * (double)sample->n * (double)sample->k) *
                (chosen[p]->once ? 1 : (double)passes);
    return work;
}

int wn_predict(const struct wn_predictor *const *chosen, size_t count,
               size_t passes, const struct wn_sample *sample,
               float *probability, struct wn_quality *quality,
               struct wn_error *error)
{
    const size_t cells = wn_product(sample->n, sample->k, 1);
    struct wn_sample now = *sample;
    float *weight = NULL, **kept = NULL;
    double *share = wn_new(count, sizeof *share, error);
    struct blind blind;
    int status = -1;

    kept = wn_new(count, sizeof *kept, error);
    weight = wn_large_new(sample->n, sizeof *weight, error);
    if (!kept || !weight || !share || find_blind(sample, &blind, error))
        goto done;
    for (size_t p = 0; p < count; p++)
        if (passes > 1 && chosen[p]->once) {
            kept[p] = wn_large_new(cells, sizeof **kept, error);
            if (!kept[p])
                goto done;
        }
    for (size_t pass = 0; pass < passes; pass++) {
        if (pass) {
            weigh(sample, probability, weight);
            now.weight = weight;
        }
        now.draft = pass + 1 < passes;
        if (predict_once(chosen, count, &now, pass ? NULL : &blind, share,
                         kept, probability, quality, error))
            goto done;
    }
    status = 0;
done:
    for (size_t p = 0; kept && p < count; p++)
        wn_large_free(kept[p]);
    free(kept);
    free(share);
    wn_large_free(weight);
    return status;
}
