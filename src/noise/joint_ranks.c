/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The order of the rows by several scores together; see suspicion.h. */
#include "noise/suspicion.h"

#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <stdlib.h>

#include "noise/label_quality.h"
#include "noise/order_statistics.h"
#include "noise/rows_by_class.h"
#include "util/memory.h"
#include "util/simd.h"
#include "util/spill.h"

enum score { MARGIN, ADJUSTED, POSTERIOR, POSTERIOR_MARGIN, ONE_WAY, SCORES };

/* A score is z[y], or the margin of z[y] over the largest other z, as a share
 * of the sum of z or by itself; the less, the more suspicious. */
static const struct {
    double weight[2]; /* by whether the user brought the probabilities */
    bool margin, share;
} scores[SCORES] = {
    [MARGIN] = {{1, 1}, .margin = true},
    [ADJUSTED] = {{0, 2}, .share = true},
    [POSTERIOR] = {{0, 2}, .share = true},
    [POSTERIOR_MARGIN] = {{2, 0}, .margin = true, .share = true},
    [ONE_WAY] = {{0, 4}, .share = true}};
static const double least_p = 1e-6; /* smaller probabilities count as this */

enum { AHEAD = 16 }; /* rows whose memory is fetched before they are used */

/* What a score says of a row, and the sum over the scores. */
struct scored {
    double key, sum;
};
enum { STRIDE = sizeof(struct scored) / sizeof(double) };

/* What the rows of all classes share. */
struct task {
    const int32_t *label;
    const struct wn_probability *p;
    const struct wn_noise *noise;
    struct wn_rows_by_class rows;
    struct wn_channel channel;
    double rate; /* mean over the classes of their share of wrong labels */
    double b;    /* power of the probabilities in the verdicts */
    /* The cells by column: those of true class t are from[begin[t]] ... */
    size_t *begin;
    int32_t *from;
    int64_t *count;
};

static void task_make(struct task *task)
{
    const struct wn_noise *noise = task->noise;
    const struct wn_sparse *at = &noise->at;
    double classes = 0;

    wn_rows_by_class_sort(task->label, task->p->n, at->k, &task->rows);
    wn_channel_make(&task->channel, at, noise->calibrated);
    task->rate = 0;
    for (size_t c = 0; c < at->k; c++)
        if (noise->count[c]) {
            task->rate += 1 - task->channel.stay[c];
            classes++;
        }
    task->rate /= classes;
    task->begin = wn_new(at->k + 2, sizeof *task->begin);
    task->from = wn_new(at->cells, sizeof *task->from);
    task->count = wn_new(at->cells, sizeof *task->count);
    for (size_t cell = 0; cell < at->cells; cell++)
        task->begin[at->column[cell] + 2]++;
    for (size_t c = 2; c < at->k + 2; c++)
        task->begin[c] += task->begin[c - 1];
    for (size_t s = 0; s < at->k; s++)
        for (size_t cell = at->begin[s]; cell < at->begin[s + 1]; cell++) {
            const size_t place = task->begin[at->column[cell] + 1]++;

            task->from[place] = (int32_t)s;
            task->count[place] = noise->calibrated[cell];
        }
}

/* T[y][t] is s a, with s = sqrt(T[y][t] T[t][y]) for what goes both ways, a
 * model's confusion as likely as an error, and a = sqrt(T[y][t] / T[t][y]) for
 * what goes one way. The former gives way to an even spread. back[k] is
 * scratch. */
static void find_one_way(const struct task *task, size_t y, double *back,
                         double *one_way)
{
    const struct wn_channel *channel = &task->channel;
    const size_t k = task->p->k;

    wn_channel_row(channel, y, one_way);
    for (size_t t = 0; t < k; t++)
        back[t] = channel->even[y]; /* T[.][y] */
    for (size_t place = task->begin[y]; place < task->begin[y + 1]; place++)
        back[task->from[place]] +=
            channel->slope[y] * (double)task->count[place];
    for (size_t t = 0; t < k; t++)
        one_way[t] = task->rate / (double)(k - 1) * sqrt(one_way[t] / back[t]);
    one_way[y] = 1 - task->rate;
}

/* z = max(p, least) factor + shift of rows with label y, p[k][rows], and their
 * keys by the score. part[2][rows] is scratch. */
WN_MULTIVERSION static void measure(enum score score, const double *p, size_t k,
                                    size_t rows, size_t y, double least,
                                    const double *factor, const double *shift,
                                    double *part, double *key)
{
    double *all = part, *other = part + rows;
    const double unit = scores[score].share ? 0 : 1;
    const double rival = scores[score].margin ? 1 : 0;

    for (size_t r = 0; r < rows; r++) {
        all[r] = 0;
        other[r] = -1;
    }
    for (size_t t = 0; t < k; t++) {
        const double *of = p + t * rows, f = factor[t], more = shift[t];

#pragma omp simd
        for (size_t r = 0; r < rows; r++) {
            const double z = (of[r] > least ? of[r] : least) * f + more;

            all[r] += z;
            if (t == y)
                key[r] = z;
            else
                other[r] = z > other[r] ? z : other[r];
        }
    }
#pragma omp simd
    for (size_t r = 0; r < rows; r++)
        key[r] = (key[r] - rival * other[r]) / (unit > 0 ? unit : all[r]);
}

/* Measure a score of every row, in parallel. */
static void measure_rows(const struct task *task, enum score score, int threads,
                         struct scored *scored)
{
    const struct wn_noise *noise = task->noise;
    const size_t k = task->p->k, most = wn_gather_rows(k);
    double *shift = wn_new(k, sizeof *shift);

    if (score == ADJUSTED)
        wn_label_quality_shift(noise, shift);
#pragma omp parallel num_threads(threads)
    {
        double *factor = wn_new(wn_product(k, 2, 1), sizeof *factor);
        double *p = wn_new(wn_product(k, most, 1), sizeof *p);
        double *part = wn_new(3 * most, sizeof *part), *key = part + 2 * most;
        size_t block = 0, count;

        for (size_t y = 0; y < k; y++) {
            bool first = true;

            for (size_t at = task->rows.begin[y]; at < task->rows.begin[y + 1];
                 at += count) {
                const uint32_t *row = task->rows.row + at;

                count = task->rows.begin[y + 1] - at;
                count = count < most ? count : most;
                if (block++ % (size_t)omp_get_num_threads() !=
                    (size_t)omp_get_thread_num())
                    continue;
                if (first && score == ONE_WAY)
                    find_one_way(task, y, factor + k, factor);
                else if (first &&
                         (score == POSTERIOR || score == POSTERIOR_MARGIN))
                    wn_channel_row(&task->channel, y, factor);
                for (size_t t = 0; first && score <= ADJUSTED && t < k; t++)
                    factor[t] = 1;
                first = false;
                wn_probability_gather(task->p, row, count, p);
                if (score == ONE_WAY) {
                    wn_sharpness_logs(p, count, k, p, part);
                    wn_sharpen(p, count * k, task->b, p);
                }
                measure(score, p, k, count, y,
                        score == POSTERIOR || score == POSTERIOR_MARGIN
                            ? least_p
                            : -1,
                        factor, shift, part, key);
                for (size_t r = 0; r < count; r++)
                    scored[row[r]].key = key[r];
            }
        }
        free(factor);
        free(p);
        free(part);
    }
    free(shift);
    for (size_t at = task->rows.begin[k]; at < task->rows.begin[k + 1]; at++)
        scored[task->rows.row[at]].key = INFINITY;
}

/* Add weight x log odds of the rank by a score, from the n labelled rows in
 * order: the middle rank of equal scores. */
static void add_odds(const uint32_t *order, size_t n, double weight,
                     struct scored *scored)
{
    for (size_t r = 0, end; r < n; r = end) {
        const double key = scored[order[r]].key;

        for (end = r + 1; end < n && scored[order[end]].key == key; end++)
            if (end + AHEAD < n)
                __builtin_prefetch(scored + order[end + AHEAD], 1);
        if (end + AHEAD < n)
            __builtin_prefetch(scored + order[end + AHEAD], 1);
        const double middle = (double)(r + end) / 2;
        const double odds = weight * log(((double)n - middle) / middle);

        for (size_t e = r; e < end; e++)
            scored[order[e]].sum += odds;
    }
}

/* Give row i another suspicion, and the other classes their parts of it.
 * scratch[4 k]. */
static void set_verdict(const struct task *task, size_t i, double suspicion,
                        double *scratch, struct wn_verdict *verdict)
{
    const size_t k = task->p->k;
    const int32_t y = task->label[i];
    double part = 0; /* of its best other class in the suspicion */

    if (verdict->best != y) {
        part = verdict->confidence / verdict->suspicion;
    } else if (suspicion > 0.5) {
        double *given = scratch + k, *posterior = scratch + 3 * k;

        wn_channel_row(&task->channel, (size_t)y, given);
        const struct wn_verdict whole =
            wn_suspicion_verdict(wn_probability_row(task->p, i, scratch), given,
                                 k, y, task->b, scratch + 2 * k, posterior);

        posterior[y] = -1;
        verdict->best = (int32_t)wn_argmax(posterior, k);
        if (whole.suspicion > 0)
            part = posterior[verdict->best] / whole.suspicion;
    }
    verdict->suspicion = suspicion;
    verdict->confidence = part * suspicion;
    if (verdict->confidence < 1 - suspicion) {
        verdict->best = y;
        verdict->confidence = 1 - suspicion;
    }
}

void wn_suspicion_rank(const int32_t *label, const struct wn_probability *p,
                       const struct wn_noise *noise, bool brought, int threads,
                       struct wn_suspicion *suspicion)
{
    struct task task = {.label = label,
                        .p = p,
                        .noise = noise,
                        .b = wn_verdict_sharpness(&suspicion->sharpness)};
    struct wn_verdict *verdict = suspicion->verdict;

    task_make(&task);
    const size_t all = p->n, n = task.rows.begin[p->k];
    struct scored *scored = wn_spill_new(all, sizeof *scored);
    uint32_t *order = wn_spill_new(all, sizeof *order);
    uint32_t *before = wn_spill_new(all, sizeof *before);

    for (enum score score = 0; score < SCORES; score++)
        if (scores[score].weight[brought] > 0) {
            measure_rows(&task, score, threads, scored);
            wn_order(&scored->key, STRIDE, false, all, order);
            add_odds(order, n, scores[score].weight[brought], scored);
        }
    /* The rows without a label are the last ones. */
    for (size_t i = 0; i < all; i++) {
        scored[i].key = label[i] < 0 ? -1 : verdict[i].suspicion;
        scored[i].sum = label[i] < 0 ? -INFINITY : scored[i].sum;
    }
    wn_order(&scored->key, STRIDE, true, all, before);
    wn_order(&scored->sum, STRIDE, true, all, order);
    /* Deal the suspicions out again, their mean to equal rows. */
    for (size_t r = 0, end; r < n; r = end) {
        double mean = 0;

        for (end = r; end < n && scored[order[end]].sum == scored[order[r]].sum;
             end++)
            mean += verdict[before[end]].suspicion;
        mean /= (double)(end - r);
        for (size_t e = r; e < end; e++)
            scored[order[e]].key = mean;
    }
#pragma omp parallel num_threads(threads)
    {
        double *scratch = wn_new(wn_product(p->k, 4, 1), sizeof *scratch);

#pragma omp for schedule(static)
        for (size_t i = 0; i < all; i++)
            if (label[i] >= 0)
                set_verdict(&task, i, scored[i].key, scratch, &verdict[i]);
        free(scratch);
    }
    wn_spill_free(scored);
    wn_spill_free(order);
    wn_spill_free(before);
    free(task.begin);
    free(task.from);
    free(task.count);
    wn_channel_free(&task.channel);
    wn_rows_by_class_free(&task.rows);
}
