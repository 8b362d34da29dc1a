/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Methods that read the cosine similarity of neighbours: simifeat_vote,
 * simifeat_rank and rarity, all of docta.
 *
 * SimiFeat finds label errors by the labels of similar rows (Zhu, Dong and Liu,
 * "Detecting corrupted labels without training a model to predict", ICML 2022).
 * Each of several random draws of rows calls labels noisy, by a vote or by
 * rank; the score is the smoothed share of its draws in which a row was noisy,
 *   (times noisy + 1) / (draws it was in + 2).
 * The reference searches neighbours anew in every draw; here a draw keeps those
 * of the stored m neighbours that are in it, nine in ten. See
 * winnow-methods(7). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "method/method_private.h"
#include "noise/hoc.h"
#include "noise/order_statistics.h"
#include "noise/probability.h"
#include "util/arena.h"
#include "util/memory.h"
#include "util/order.h"
#include "util/random.h"

void wn_cosine_edges(const struct wn_view *view, size_t i, double *distance)
{
    const float *a = view->x + i * view->d;
    double own = 0;

    for (size_t j = 0; j < view->d; j++)
        own += (double)a[j] * a[j];
    for (size_t s = 0; s < view->m; s++) {
        const float *b =
            view->x + (size_t)view->neighbor[i * view->m + s] * view->d;
        double dot = 0, theirs = 0;

        for (size_t j = 0; j < view->d; j++) {
            dot += (double)a[j] * b[j];
            theirs += (double)b[j] * b[j];
        }
        const double norms = sqrt(own) * sqrt(theirs);
        const double cosine = norms > 0 ? dot / norms : 0;

        distance[s] = fmin(fmax(1 - cosine, 0), 2);
    }
}

/* The weighted counts of one row by class. Only a few of the k classes have
 * any. */
struct tally {
    size_t k, classes;
    double *count;    /* k, 0 outside `touched` */
    int32_t *touched; /* m + 1: the classes counted, ascending */
};

static void tally_add(struct tally *tally, int32_t class, double weight)
{
    size_t at = tally->classes;

    while (at && tally->touched[at - 1] > class)
        at--;
    if (!at || tally->touched[at - 1] != class) {
        memmove(tally->touched + at + 1, tally->touched + at,
                (tally->classes - at) * sizeof *tally->touched);
        tally->touched[at] = class;
        tally->classes++;
    }
    tally->count[class] += weight;
}

void wn_simifeat_draw(const struct wn_view *view, const double *cosine,
                      const uint8_t *in, size_t max, double *score,
                      int32_t *vote)
{
    struct wn_arena own = {0};
    struct tally tally = {
        .k = view->k,
        .count = wn_arena_new(&own, sizeof(double), view->k, 1),
        .touched = wn_arena_new(&own, sizeof(int32_t), view->m + 1, 1)};
    size_t *edge = wn_arena_new(&own, sizeof *edge, view->m, 1);

    for (size_t i = 0; i < view->n; i++) {
        const int32_t *neighbor = view->neighbor + i * view->m;
        const double *v = cosine + i * view->m;
        size_t edges = 0;
        double square = 0;

        vote[i] = -1;
        score[i] = 0;
        if (!in[i] || view->label[i] < 0)
            continue;
        for (size_t s = 0; s < view->m && edges < max; s++)
            if (in[neighbor[s]] && view->label[neighbor[s]] >= 0)
                edge[edges++] = s;
        for (size_t c = 0; c < tally.classes; c++)
            tally.count[tally.touched[c]] = 0;
        tally.classes = 0;
        tally_add(&tally, view->label[i],
                  1 - (edges > 1 ? 2 * v[edge[0]] - v[edge[1]] : 0));
        for (size_t e = 0; e < edges; e++)
            tally_add(&tally, view->label[neighbor[edge[e]]], 1 - v[edge[e]]);
        for (size_t c = 0; c < tally.classes; c++)
            square +=
                tally.count[tally.touched[c]] * tally.count[tally.touched[c]];
        const double share =
            tally.count[view->label[i]] / fmax(sqrt(square), 1e-12);
        score[i] = -log(fmax(share, 0) + 1e-8);
        /* Where no count is above 0, a class without any neighbour may be ahead
         * of those with a negative count. */
        int32_t best = tally.touched[0];
        for (size_t c = 1; c < tally.classes; c++)
            if (tally.count[tally.touched[c]] > tally.count[best])
                best = tally.touched[c];
        if (tally.count[best] <= 0)
            best = (int32_t)wn_argmax(tally.count, tally.k);
        vote[i] = best;
    }
    wn_arena_free(&own);
}

void wn_simifeat_rank(const struct wn_view *view, const double *score,
                      const int32_t *vote, const double *rate, uint8_t *noisy,
                      double *threshold)
{
    const size_t k = view->k;
    struct wn_arena own = {0};
    double *kept = wn_arena_new(&own, sizeof *kept, view->n, 1);
    int32_t *class = wn_arena_new(&own, sizeof *class, view->n, 1);
    int32_t *order = wn_arena_new(&own, sizeof *order, view->n, 1);
    size_t *begin = wn_arena_new(&own, sizeof *begin, k + 1, 1);

    for (size_t i = 0; i < view->n; i++)
        class[i] = vote[i] >= 0 ? view->label[i] : -1;
    wn_order_by_bucket(class, view->n, k, begin, order);
    for (size_t i = 0; i < view->n; i++)
        kept[i] = score[order[i]];
    for (size_t c = 0; c < k; c++) {
        const size_t rows = begin[c + 1] - begin[c];

        wn_sort(kept + begin[c], rows);
        threshold[c] =
            rows ? wn_percentile(kept + begin[c], rows, 100 * (1 - rate[c]))
                 : 0;
    }
    for (size_t i = 0; i < view->n; i++)
        noisy[i] = vote[i] >= 0 && score[i] >= threshold[view->label[i]];
    wn_arena_free(&own);
}

double wn_simifeat_rate(double stay, double clean, double share)
{
    const double rate = share > 0 ? 1 - fmin(stay * clean / share, 1) : 0;

    return rate >= 1 ? .95 : rate <= 0 ? .05 : rate;
}

/* 1 - cosine along all edges, n x m. */
static double *find_edges(const struct wn_view *view, struct wn_arena *own)
{
    double *cosine = wn_arena_spill(own, sizeof *cosine, view->n, view->m);

    for (size_t i = 0; i < view->n; i++)
        wn_cosine_edges(view, i, cosine + i * view->m);
    return cosine;
}

/* All draws: by the vote where rate is NULL, else by rank. */
static void simifeat_run(const struct wn_view *view, const double *rate,
                         float *out)
{
    const size_t n = view->n;
    const size_t max = view->m > 2 ? view->m - 1 : view->m;
    struct wn_arena own = {0};
    double *cosine = find_edges(view, &own);
    double *score = wn_arena_new(&own, sizeof *score, n, 1);
    double *threshold = wn_arena_new(&own, sizeof *threshold, view->k, 1);
    int32_t *vote = wn_arena_new(&own, sizeof *vote, n, 1);
    int32_t *order = wn_arena_new(&own, sizeof *order, n, 1); /* labelled */
    uint8_t *in = wn_arena_new(&own, 1, n, 1);
    uint8_t *noisy = wn_arena_new(&own, 1, n, 1);
    uint32_t *hits = wn_arena_new(&own, sizeof *hits, n, 1);
    uint32_t *times = wn_arena_new(&own, sizeof *times, n, 1);
    size_t rows = 0;

    for (size_t i = 0; i < n; i++)
        if (view->label[i] >= 0)
            order[rows++] = (int32_t)i;
    for (uint64_t q = 0; q < WN_SIMIFEAT_DRAWS; q++) {
        struct wn_random random;

        wn_log_progress(view->log, "draws", q, WN_SIMIFEAT_DRAWS);
        wn_random_start(&random, view->seed, WN_RANDOM_SAMPLE, q, 1);
        wn_random_shuffle(&random, order, rows);
        memset(in, 0, n);
        for (size_t r = 0; r < rows - rows / 10; r++)
            in[order[r]] = 1;
        wn_simifeat_draw(view, cosine, in, max, score, vote);
        if (rate)
            wn_simifeat_rank(view, score, vote, rate, noisy, threshold);
        for (size_t i = 0; i < n; i++)
            if (vote[i] >= 0) {
                times[i]++;
                hits[i] += rate ? noisy[i] : vote[i] != view->label[i];
            }
    }
    wn_log_progress(view->log, "draws", WN_SIMIFEAT_DRAWS, WN_SIMIFEAT_DRAWS);
    for (size_t i = 0; i < n; i++)
        out[i] = view->label[i] < 0
                     ? 0
                     : (float)((hits[i] + 1.0) / (times[i] + 2.0));
    wn_arena_free(&own);
}

/* A row is noisy where another class has the most votes; the paper calls the
 * label noisy above 0.5. */
static int simifeat_vote_score(const struct wn_view *view,
                               const struct wn_scores *out,
                               struct wn_error *error)
{
    (void)error;
    simifeat_run(view, NULL, out->score);
    return 0;
}

/* In each draw the share of a class that is called noisy is its noise rate by
 * the transition matrix that the labels of neighbours imply (noise/hoc.h); by a
 * vote over all rows where there are too many classes, or too few rows, to fit
 * that matrix. */
static int simifeat_rank_score(const struct wn_view *view,
                               const struct wn_scores *out,
                               struct wn_error *error)
{
    const size_t k = view->k;
    double *rate = wn_new(k, sizeof *rate);
    struct wn_transition fit;

    if (wn_transition_estimate(&fit, view->label, view->neighbor, view->n, k,
                               view->m, view->threads, rate, view->log,
                               error)) {
        wn_log_note(view->log,
                    "simifeat_rank: %s; the labels of neighbours vote on the "
                    "noise rates instead",
                    error->text);
        *error = (struct wn_error){0};
        const size_t n = view->n;
        struct wn_arena own = {0};
        double *cosine = find_edges(view, &own);
        double *score = wn_arena_new(&own, sizeof *score, n, 1);
        double *count = wn_arena_new(&own, sizeof *count, k, 1);
        int32_t *vote = wn_arena_new(&own, sizeof *vote, n, 1);
        uint8_t *in = wn_arena_new(&own, 1, n, 1);

        memset(in, 1, n);
        wn_simifeat_draw(view, cosine, in, view->m, score, vote);
        memset(rate, 0, k * sizeof *rate);
        for (size_t i = 0; i < n; i++)
            if (vote[i] >= 0) {
                count[view->label[i]]++;
                rate[view->label[i]] += vote[i] != view->label[i];
            }
        for (size_t c = 0; c < k; c++)
            rate[c] = wn_simifeat_rate(count[c] - rate[c], 1, count[c]);
        wn_arena_free(&own);
    } else {
        for (size_t c = 0; c < k; c++)
            rate[c] = wn_simifeat_rate(fit.t[c * k + c], fit.p[c], rate[c]);
        wn_transition_free(&fit);
    }
    simifeat_run(view, rate, out->score);
    free(rate);
    return 0;
}

/* The mean cosine distance to the row itself (0) and its neighbours, mapped to
 * 0 .. 1 by 2/(1 + exp(-a)) - 1: docta's score for the long tail, without its
 * rounding to four decimals. */
static int rarity_score(const struct wn_view *view, const struct wn_scores *out,
                        struct wn_error *error)
{
    double *distance = wn_new(view->m, sizeof *distance);

    (void)error;
    for (size_t i = 0; i < view->n; i++) {
        double sum = 0;

        wn_cosine_edges(view, i, distance);
        for (size_t s = 0; s < view->m; s++)
            sum += distance[s];
        out->score[i] = (float)tanh(sum / (double)(view->m + 1) / 2);
    }
    free(distance);
    return 0;
}

/* clang-format off */
const struct wn_method wn_method_simifeat_vote = {
    .name = "simifeat_vote", .source = "Zhu, Dong and Liu 2022",
    .brief = "share of draws in which similar rows outvote the label",
    .needs = WN_NEEDS_NEIGHBORS | WN_NEEDS_FEATURES,
    .score = simifeat_vote_score};

const struct wn_method wn_method_simifeat_rank = {
    .name = "simifeat_rank",
    .source = "Zhu, Dong and Liu 2022; Zhu, Song and Liu 2021",
    .brief = "share of draws in which the label is least supported",
    .needs = WN_NEEDS_NEIGHBORS | WN_NEEDS_FEATURES,
    .score = simifeat_rank_score};

const struct wn_method wn_method_rarity = {
    .name = "rarity", .source = "Zhu, Wang and Liu 2023 (docta)",
    .brief = "mean cosine distance to the neighbours, 0 .. 1",
    .needs = WN_NEEDS_NEIGHBORS | WN_NEEDS_FEATURES, .score = rarity_score};
/* clang-format on */
