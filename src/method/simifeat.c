/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SimiFeat on the graph; see simifeat.h. The reference searches neighbours
 * anew in every draw; here a draw keeps those of the stored m neighbours that
 * are in it, nine in ten. */
#include "method/simifeat.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "method/cosine.h"
#include "method/score_percentile.h"
#include "util/memory.h"
#include "util/random.h"

/* Edges of row i that stay in the draw, at most `most`. */
static size_t edges_in(const struct wn_view *view, const uint8_t *in, size_t i,
                       size_t most, size_t *edge)
{
    size_t count = 0;

    for (size_t s = 0; s < view->m && count < most; s++) {
        const int32_t j = view->neighbor[i * view->m + s];

        if (in[j] && view->label[j] >= 0)
            edge[count++] = s;
    }
    return count;
}

/* The counts of one row: only a few of the k classes have any. */
struct tally {
    size_t k, classes;
    double *count;    /* k, 0 outside `touched` */
    int32_t *touched; /* m + 1: the classes counted, rising */
};

static void count_in(struct tally *tally, int32_t class, double weight)
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

/* The counts of row i by class, in place of those of the row before. */
static void count_row(const struct wn_view *view, const double *cosine,
                      size_t i, const size_t *edge, size_t edges,
                      struct tally *tally)
{
    const double *v = cosine + i * view->m;
    double self = 0;

    for (size_t c = 0; c < tally->classes; c++)
        tally->count[tally->touched[c]] = 0;
    tally->classes = 0;
    if (edges > 1)
        self = 2 * v[edge[0]] - v[edge[1]];
    count_in(tally, view->label[i], 1 - self);
    for (size_t e = 0; e < edges; e++) {
        const int32_t j = view->neighbor[i * view->m + edge[e]];

        count_in(tally, view->label[j], 1 - v[edge[e]]);
    }
}

/* The class with most, the lowest on ties. Where none counts above 0, those
 * that do not count at all may be ahead of those that do. */
static int32_t winner(const struct tally *tally)
{
    int32_t best = tally->touched[0];

    for (size_t c = 1; c < tally->classes; c++)
        if (tally->count[tally->touched[c]] > tally->count[best])
            best = tally->touched[c];
    if (tally->count[best] > 0)
        return best;
    best = 0;
    for (size_t c = 1; c < tally->k; c++)
        if (tally->count[c] > tally->count[best])
            best = (int32_t)c;
    return best;
}

static double length(const struct tally *tally)
{
    double square = 0;

    for (size_t c = 0; c < tally->classes; c++)
        square +=
            tally->count[tally->touched[c]] * tally->count[tally->touched[c]];
    return sqrt(square);
}

int wn_simifeat_draw(const struct wn_view *view, const double *cosine,
                     const uint8_t *in, size_t most, double *score,
                     int32_t *vote)
{
    struct tally tally = {.k = view->k,
                          .count = wn_new(view->k, sizeof *tally.count),
                          .touched =
                              wn_new(view->m + 1, sizeof *tally.touched)};
    size_t *edge = wn_new(view->m, sizeof *edge);
    int status = -1;

    for (size_t i = 0; i < view->n; i++) {
        vote[i] = -1;
        score[i] = 0;
        if (!in[i] || view->label[i] < 0)
            continue;
        count_row(view, cosine, i, edge, edges_in(view, in, i, most, edge),
                  &tally);
        const double share =
            tally.count[view->label[i]] / fmax(length(&tally), 1e-12);
        score[i] = -log(fmax(share, 0) + 1e-8);
        vote[i] = winner(&tally);
    }
    status = 0;
    free(tally.count);
    free(tally.touched);
    free(edge);
    return status;
}

double wn_simifeat_rate(double stay, double clean, double share)
{
    const double rate = share > 0 ? 1 - fmin(stay * clean / share, 1) : 0;

    return rate >= 1 ? .95 : rate <= 0 ? .05 : rate;
}

/* The scores of the rows in the draw, class after class: those of class c from
 * begin[c] to begin[c + 1]. */
static void simifeat_by_class(const struct wn_view *view, const double *score,
                              const int32_t *vote, size_t *begin, double *kept)
{
    const size_t k = view->k;

    memset(begin, 0, (k + 2) * sizeof *begin);
    for (size_t i = 0; i < view->n; i++)
        if (vote[i] >= 0)
            begin[view->label[i] + 2]++;
    for (size_t c = 0; c < k; c++)
        begin[c + 2] += begin[c + 1];
    for (size_t i = 0; i < view->n; i++)
        if (vote[i] >= 0)
            kept[begin[view->label[i] + 1]++] = score[i];
}

int wn_simifeat_rank(const struct wn_view *view, const double *score,
                     const int32_t *vote, const double *rate, uint8_t *noisy,
                     double *threshold)
{
    double *kept = wn_new(view->n, sizeof *kept);
    size_t *begin = wn_new(view->k + 2, sizeof *begin);
    double *cut = wn_new(view->k, sizeof *cut);
    int status = -1;

    simifeat_by_class(view, score, vote, begin, kept);
    for (size_t c = 0; c < view->k; c++)
        if (begin[c] < begin[c + 1])
            cut[c] = wn_method_percentile(
                kept + begin[c], begin[c + 1] - begin[c], 100 * (1 - rate[c]));
    for (size_t i = 0; i < view->n; i++)
        noisy[i] = vote[i] >= 0 && score[i] >= cut[view->label[i]];
    if (threshold)
        memcpy(threshold, cut, view->k * sizeof *cut);
    status = 0;
    free(kept);
    free(begin);
    free(cut);
    return status;
}

/* What a run of draws works with. */
struct draws {
    double *cosine; /* n x m */
    double *score;  /* n */
    int32_t *vote;  /* n */
    int32_t *order; /* the labelled rows */
    uint8_t *in, *noisy;
    uint32_t *hits, *times;
    size_t rows;
};

static void draws_free(struct draws *draws)
{
    free(draws->cosine);
    free(draws->score);
    free(draws->vote);
    free(draws->order);
    free(draws->in);
    free(draws->noisy);
    free(draws->hits);
    free(draws->times);
}

static int draws_new(struct draws *draws, const struct wn_view *view)
{
    const size_t n = view->n;

    draws->cosine = wn_new(wn_product(n, view->m, 1), sizeof *draws->cosine);
    draws->score = wn_new(n, sizeof *draws->score);
    draws->vote = wn_new(n, sizeof *draws->vote);
    draws->order = wn_new(n, sizeof *draws->order);
    draws->in = wn_new(n, 1);
    draws->noisy = wn_new(n, 1);
    draws->hits = wn_new(n, sizeof *draws->hits);
    draws->times = wn_new(n, sizeof *draws->times);
    for (size_t i = 0; i < n; i++)
        wn_cosine_edges(view, i, draws->cosine + i * view->m);
    for (size_t i = 0; i < n; i++)
        if (view->label[i] >= 0)
            draws->order[draws->rows++] = (int32_t)i;
    return 0;
}

/* Draw nine tenths of the labelled rows, judge them, count. */
static int draw_once(struct draws *draws, const struct wn_view *view,
                     const double *rate, uint64_t number)
{
    const size_t most = view->m > 2 ? view->m - 1 : view->m;
    struct wn_random random;

    wn_random_start(&random, view->seed, WN_RANDOM_SAMPLE, number, 1);
    wn_random_shuffle(&random, draws->order, draws->rows);
    memset(draws->in, 0, view->n);
    for (size_t r = 0; r < draws->rows - draws->rows / 10; r++)
        draws->in[draws->order[r]] = 1;
    if (wn_simifeat_draw(view, draws->cosine, draws->in, most, draws->score,
                         draws->vote) ||
        (rate && wn_simifeat_rank(view, draws->score, draws->vote, rate,
                                  draws->noisy, NULL)))
        return -1;
    for (size_t i = 0; i < view->n; i++) {
        if (draws->vote[i] < 0)
            continue;
        draws->times[i]++;
        draws->hits[i] +=
            rate ? draws->noisy[i] : draws->vote[i] != view->label[i];
    }
    return 0;
}

int wn_simifeat_run(const struct wn_view *view, const double *rate, float *out)
{
    struct draws draws = {0};
    int status = draws_new(&draws, view);

    for (uint64_t q = 0; q < WN_SIMIFEAT_DRAWS && status == 0; q++) {
        wn_log_progress(view->talk, "draws", q, WN_SIMIFEAT_DRAWS);
        status = draw_once(&draws, view, rate, q);
    }
    wn_log_progress(view->talk, "draws", WN_SIMIFEAT_DRAWS, WN_SIMIFEAT_DRAWS);
    for (size_t i = 0; i < view->n && status == 0; i++)
        out[i] = view->label[i] < 0
                     ? 0
                     : (float)((draws.hits[i] + 1.0) / (draws.times[i] + 2.0));
    draws_free(&draws);
    return status;
}
