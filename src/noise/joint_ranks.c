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

enum {
    AHEAD = 16,  /* rows whose memory is fetched before they are used */
    NARROW = 32, /* with fewer classes two scores at once, to save memory */
    TWO = 2
};

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

/* The factors of a score for the rows with label y. back[k] is scratch. */
static void find_factors(const struct task *task, enum score score, size_t y,
                         double *back, double *factor)
{
    if (score == ONE_WAY)
        find_one_way(task, y, back, factor);
    else if (score >= POSTERIOR)
        wn_channel_row(&task->channel, y, factor);
    else
        for (size_t t = 0; t < task->p->k; t++)
            factor[t] = 1;
}

/* Measure `count` scores of every labelled row, in parallel: key[s] by the
 * place of the row in task->rows. */
static void measure_rows(const struct task *task, const enum score *score,
                         size_t count, int threads, double *const *key)
{
    const size_t k = task->p->k, most = wn_gather_rows(k);
    double *shift = wn_new(wn_product(k, 2, 1), sizeof *shift);
    const double *no_shift = shift + k;

    wn_label_quality_shift(task->noise, shift);
#pragma omp parallel num_threads(threads)
    {
        double *factor = wn_new(wn_product(k, SCORES + 1, 1), sizeof *factor);
        double *p = wn_new(wn_product(k, most, 1), sizeof *p);
        double *part = wn_new(2 * most, sizeof *part);
        size_t block = 0, rows;

        for (size_t y = 0; y < k; y++) {
            bool first = true;

            for (size_t at = task->rows.begin[y]; at < task->rows.begin[y + 1];
                 at += rows) {
                rows = task->rows.begin[y + 1] - at;
                rows = rows < most ? rows : most;
                if (block++ % (size_t)omp_get_num_threads() !=
                    (size_t)omp_get_thread_num())
                    continue;
                for (size_t s = 0; first && s < count; s++)
                    find_factors(task, score[s], y, factor + SCORES * k,
                                 factor + s * k);
                first = false;
                wn_probability_gather(task->p, task->rows.row + at, rows, p);
                for (size_t s = 0; s < count; s++) {
                    /* The last score: it overwrites p. */
                    if (score[s] == ONE_WAY) {
                        wn_sharpness_logs(p, rows, k, p, part);
                        wn_sharpen(p, rows * k, task->b, p);
                    }
                    measure(
                        score[s], p, k, rows, y,
                        score[s] == POSTERIOR || score[s] == POSTERIOR_MARGIN
                            ? least_p
                            : -1,
                        factor + s * k, score[s] == ADJUSTED ? shift : no_shift,
                        part, key[s] + at);
                }
            }
        }
        free(factor);
        free(p);
        free(part);
    }
    free(shift);
}

/* Add weight x log odds of the rank by a score, from the n rows in order: the
 * middle rank of equal scores. */
static void add_odds(const uint64_t *item, size_t n, double weight, double *sum)
{
    for (size_t r = 0, end; r < n; r = end) {
        for (end = r + 1; end < n && item[end] & WN_ORDER_TIED;)
            end++;
        if (end + AHEAD < n)
            __builtin_prefetch(sum + (uint32_t)item[end + AHEAD], 1);
        const double middle = (double)(r + end) / 2;
        const double odds = weight * log(((double)n - middle) / middle);

        for (size_t e = r; e < end; e++)
            sum[(uint32_t)item[e]] += odds;
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
    const uint32_t *row = task.rows.row;
    const size_t n = task.rows.begin[p->k];
    const size_t at_once = p->k < NARROW ? TWO : SCORES;
    double *sum = wn_spill_new(n, sizeof *sum), *key[SCORES] = {NULL};
    uint64_t *item = wn_spill_new(n, sizeof *item);
    uint64_t *other = wn_spill_new(n, sizeof *other);

    for (enum score next = 0; next < SCORES;) {
        enum score score[SCORES];
        size_t count = 0;

        for (; next < SCORES && count < at_once; next++) {
            if (!(scores[next].weight[brought] > 0))
                continue;
            if (!key[count])
                key[count] = wn_spill_new(n, sizeof **key);
            score[count++] = next;
        }
        if (count)
            measure_rows(&task, score, count, threads, key);
        for (size_t s = 0; s < count; s++) {
            wn_order_items(key[s], 1, false, n, item, other);
            add_odds(item, n, scores[score[s]].weight[brought], sum);
        }
    }
    double *suspicions = key[0], *sorted = key[1];
    for (size_t at = 0; at < n; at++)
        suspicions[at] = verdict[row[at]].suspicion;
    wn_order_items(suspicions, 1, true, n, item, other);
    for (size_t r = 0; r < n; r++)
        sorted[r] = suspicions[(uint32_t)item[r]];
    wn_order_items(sum, 1, true, n, item, other);
    /* Deal the suspicions out again, their mean to equal rows. */
    for (size_t r = 0, end; r < n; r = end) {
        double mean = sorted[r];

        for (end = r + 1; end < n && item[end] & WN_ORDER_TIED; end++)
            mean += sorted[end];
        mean /= (double)(end - r);
        for (size_t e = r; e < end; e++)
            suspicions[(uint32_t)item[e]] = mean;
    }
#pragma omp parallel num_threads(threads)
    {
        double *scratch = wn_new(wn_product(p->k, 4, 1), sizeof *scratch);

#pragma omp for schedule(static)
        for (size_t at = 0; at < n; at++)
            set_verdict(&task, row[at], suspicions[at], scratch,
                        &verdict[row[at]]);
        free(scratch);
    }
    for (size_t s = 0; s < SCORES; s++)
        wn_spill_free(key[s]);
    wn_spill_free(sum);
    wn_spill_free(item);
    wn_spill_free(other);
    free(task.begin);
    free(task.from);
    free(task.count);
    wn_channel_free(&task.channel);
    wn_rows_by_class_free(&task.rows);
}
