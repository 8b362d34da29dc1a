/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The order of the rows by several scores together; see suspicion.h. */
#include "noise/suspicion.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "linalg/pointwise.h"
#include "noise/label_quality.h"
#include "noise/order_statistics.h"
#include "noise/rows_by_class.h"
#include "util/memory.h"
#include "util/spill.h"

enum score { MARGIN, ADJUSTED, POSTERIOR, POSTERIOR_MARGIN, ONE_WAY, SCORES };

/* By whether the user brought the probabilities. */
static const double weights[2][SCORES] = {
    {[MARGIN] = 1, [POSTERIOR_MARGIN] = 2},
    {[MARGIN] = 1, [ADJUSTED] = 2, [POSTERIOR] = 2, [ONE_WAY] = 4}};
static const double least_p = 1e-6; /* smaller probabilities count as this */

enum {
    AHEAD = 16, /* rows whose memory is fetched before they are used */
    FRAMES = 64 /* classes */
};

/* What the rows of all classes share. */
struct task {
    const int32_t *label;
    const struct wn_probability *p;
    const struct wn_noise *noise;
    const struct wn_rows_by_class *rows;
    struct wn_channel channel;
    double rate; /* mean over the classes of their share of wrong labels */
    double b;    /* power of the probabilities in the verdicts */
    /* The cells by column: those of true class t are from[begin[t]] ... */
    size_t *begin;
    int32_t *from;
    int64_t *count;
    double *frames; /* k x 2 k: given and one_way of each class; NULL with more
                       than FRAMES classes */
};

/* What the rows with one label share, and scratch; k each. */
struct frame {
    size_t y;
    double *given;   /* T[y][.] */
    double *one_way; /* what is left of it without confusions that go both ways
                      */
    double *row, *log_p, *posterior;
};

static void task_make(struct task *task, const struct wn_probability *p,
                      const struct wn_noise *noise,
                      const struct wn_rows_by_class *rows)
{
    const struct wn_sparse *at = &noise->at;
    double classes = 0;

    task->p = p;
    task->noise = noise;
    task->rows = rows;
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
 * what goes one way. The former gives way to an even spread. */
static void frame_of_class(struct frame *frame, const struct task *task,
                           size_t y)
{
    const struct wn_channel *channel = &task->channel;
    const size_t k = task->p->k;
    double *back = frame->posterior; /* T[.][y] */

    frame->y = y;
    wn_channel_row(channel, y, frame->given);
    for (size_t t = 0; t < k; t++)
        back[t] = channel->even[y];
    for (size_t place = task->begin[y]; place < task->begin[y + 1]; place++)
        back[task->from[place]] +=
            channel->slope[y] * (double)task->count[place];
    for (size_t t = 0; t < k; t++)
        frame->one_way[t] =
            task->rate / (double)(k - 1) * sqrt(frame->given[t] / back[t]);
    frame->one_way[y] = 1 - task->rate;
}

static void make_frames(struct task *task)
{
    const size_t k = task->p->k;
    double *scratch = wn_new(k, sizeof *scratch);

    task->frames = wn_new(wn_product(k, k, 2), sizeof *task->frames);
    for (size_t y = 0; y < k; y++) {
        struct frame frame = {.given = task->frames + y * 2 * k,
                              .one_way = task->frames + (y * 2 + 1) * k,
                              .posterior = scratch};

        frame_of_class(&frame, task, y);
    }
    free(scratch);
}

/* One score of a row with label frame->y: the higher, the more suspicious. */
static double measure(enum score score, const struct task *task,
                      struct frame *frame, const double *row)
{
    const size_t k = task->p->k, y = frame->y;
    double *z = frame->posterior, all = 0, other = 0;

    if (score == MARGIN)
        return -wn_label_quality(WN_NORMALIZED_MARGIN, row, k, (int32_t)y);
    if (score == ADJUSTED) {
        memcpy(z, row, k * sizeof *z);
        wn_label_quality_adjust(task->noise, z);
        return -z[y];
    }
    if (score == ONE_WAY) {
        wn_sharpness_logs(row, 1, k, frame->log_p);
        for (size_t t = 0; t < k; t++)
            z[t] = task->b * frame->log_p[t];
        wn_exp_doubles(z, k);
    }
    for (size_t t = 0; t < k; t++) {
        z[t] = score == ONE_WAY
                   ? z[t] * frame->one_way[t]
                   : (row[t] > least_p ? row[t] : least_p) * frame->given[t];
        all += z[t];
        if (t != y && z[t] > other)
            other = z[t];
    }
    return ((score == POSTERIOR_MARGIN ? other : 0) - z[y]) / all;
}

/* Add weight x log odds of the rank by a score to sum[], from the n labelled
 * rows in order: the middle rank of equal scores. */
static void add_odds(const struct wn_ranked *ranked, size_t n, double weight,
                     double *sum)
{
    for (size_t r = 0, end; r < n; r = end) {
        for (end = r + 1; end < n && ranked[end].key == ranked[r].key;)
            end++;
        const double middle = (double)(r + end) / 2;
        const double odds = log(((double)n - middle) / middle);

        for (size_t e = r; e < end; e++) {
            if (e + AHEAD < n)
                __builtin_prefetch(sum + ranked[e + AHEAD].row, 1);
            sum[ranked[e].row] += weight * odds;
        }
    }
}

/* Give a row another suspicion, and the other classes their parts of it. */
static void set_verdict(const struct task *task, struct frame *frame,
                        const double *row, double suspicion,
                        struct wn_verdict *verdict)
{
    const int32_t y = (int32_t)frame->y;
    double part = 0; /* of its best other class in the suspicion */

    if (verdict->best != y) {
        part = verdict->confidence / verdict->suspicion;
    } else if (suspicion > 0.5) {
        const struct wn_verdict whole =
            wn_suspicion_verdict(row, frame->given, task->p->k, y, task->b,
                                 frame->log_p, frame->posterior);

        frame->posterior[y] = -1;
        verdict->best = (int32_t)wn_argmax(frame->posterior, task->p->k);
        if (whole.suspicion > 0)
            part = frame->posterior[verdict->best] / whole.suspicion;
    }
    verdict->suspicion = suspicion;
    verdict->confidence = part * suspicion;
    if (verdict->confidence < 1 - suspicion) {
        verdict->best = y;
        verdict->confidence = 1 - suspicion;
    }
}

/* Call for every labelled row, in parallel: measure a score into ranked[n], or
 * with score SCORES give the row suspicion[i]. Rows without a label rank last.
 * Few classes have their frames ready, and the rows come as they lie in memory;
 * with many, class by class. */
static void visit_rows(const struct task *task, enum score score, int threads,
                       struct wn_ranked *ranked, const double *suspicion,
                       struct wn_verdict *verdict)
{
    const size_t k = task->p->k, n = task->p->n;

#pragma omp parallel num_threads(threads)
    {
        double *scratch = wn_new(wn_product(k, 5, 1), sizeof *scratch);
        struct frame frame = {.y = k,
                              .given = scratch,
                              .one_way = scratch + k,
                              .row = scratch + 2 * k,
                              .log_p = scratch + 3 * k,
                              .posterior = scratch + 4 * k};

#pragma omp for schedule(static)
        for (size_t r = 0; r < n; r++) {
            const size_t i = task->frames ? r : task->rows->row[r];
            const double *row = wn_probability_row(task->p, i, frame.row);

            if (task->label[i] < 0) {
                if (score < SCORES)
                    ranked[r] = (struct wn_ranked){INFINITY, i};
                continue;
            }
            if (task->frames) {
                frame.y = (size_t)task->label[i];
                frame.given = task->frames + frame.y * 2 * k;
                frame.one_way = frame.given + k;
            } else if ((size_t)task->label[i] != frame.y) {
                frame_of_class(&frame, task, (size_t)task->label[i]);
            }
            if (score < SCORES)
                ranked[r] =
                    (struct wn_ranked){-measure(score, task, &frame, row), i};
            else
                set_verdict(task, &frame, row, suspicion[i], &verdict[i]);
        }
        free(scratch);
    }
}

void wn_suspicion_rank(const int32_t *label, const struct wn_probability *p,
                       const struct wn_noise *noise, bool brought, int threads,
                       struct wn_suspicion *suspicion)
{
    struct wn_rows_by_class rows;
    struct task task = {.label = label,
                        .b = wn_verdict_sharpness(&suspicion->sharpness)};

    wn_rows_by_class_sort(label, p->n, p->k, &rows);
    task_make(&task, p, noise, &rows);
    if (p->k <= FRAMES)
        make_frames(&task);
    const size_t n = rows.begin[p->k];
    struct wn_ranked *ranked = wn_spill_new(p->n, sizeof *ranked);
    double *sum = wn_spill_new(p->n, sizeof *sum);
    double *value = wn_spill_new(n, sizeof *value);

    for (enum score score = 0; score < SCORES; score++)
        if (weights[brought][score] > 0) {
            visit_rows(&task, score, threads, ranked, NULL, NULL);
            wn_rank(ranked, p->n);
            add_odds(ranked, n, weights[brought][score], sum);
        }
    for (size_t r = 0; r < n; r++) {
        const size_t i = rows.row[r];

        ranked[r] = (struct wn_ranked){-suspicion->verdict[i].suspicion, i};
    }
    wn_rank(ranked, n);
    for (size_t r = 0; r < n; r++) {
        value[r] = -ranked[r].key;
        ranked[r] = (struct wn_ranked){-sum[rows.row[r]], rows.row[r]};
    }
    wn_rank(ranked, n);
    /* Deal the suspicions out again, their mean to equal rows. */
    for (size_t r = 0, end; r < n; r = end) {
        double mean = 0;

        for (end = r; end < n && ranked[end].key == ranked[r].key; end++)
            mean += value[end];
        mean /= (double)(end - r);
        for (size_t e = r; e < end; e++)
            sum[ranked[e].row] = mean;
    }
    visit_rows(&task, SCORES, threads, NULL, sum, suspicion->verdict);
    wn_spill_free(ranked);
    wn_spill_free(sum);
    wn_spill_free(value);
    free(task.frames);
    free(task.begin);
    free(task.from);
    free(task.count);
    wn_channel_free(&task.channel);
    wn_rows_by_class_free(&rows);
}
