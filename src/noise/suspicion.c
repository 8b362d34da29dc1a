/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The posterior of a label; see suspicion.h. */
#include "noise/suspicion.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "noise/channel.h"
#include "noise/rows_by_class.h"
#include "noise/sharpness.h"
#include "util/spill.h"
#include "util/memory.h"

static const double least_ratio = 2; /* of the b used to the plain one */
static const double z90 = 1.6448536269514722;

/* Classes are judged in this many stretches, whatever the threads. */
enum { STRETCHES = 64 };

/* What one stretch of classes found: cells of the joint in order, and the sums
 * of all posteriors by true class. */
struct stretch {
    size_t from, end; /* classes; k is the rows without a label */
    int32_t *given, *true_class;
    double *sum; /* of the posteriors in that cell */
    size_t cells, room[3];
    double *truth; /* k */
    double variance, right;
    double other; /* rows for which the model prefers another class */
    double *desk; /* 5 k */
    struct wn_error error;
};

/* The judgement of a row whose logarithms, less the largest, are in
 * log_p[k]. */
static struct wn_verdict suspicion_judge(const double *log_p,
                                         const double *given, size_t k,
                                         int32_t y, double b, double *posterior)
{
    struct wn_verdict verdict = {0, 0, 0};
    double sum = 0;

    for (size_t t = 0; t < k; t++) {
        posterior[t] = exp(b * log_p[t]) * (given ? given[t] : 1);
        sum += posterior[t];
    }
    /* Never 0: T has no 0 but 1 - rate, and that has company. */
    for (size_t t = 0; t < k; t++) {
        posterior[t] /= sum;
        verdict.suspicion += (int32_t)t == y ? 0 : posterior[t];
        if (posterior[t] > verdict.confidence) {
            verdict.confidence = posterior[t];
            verdict.best = (int32_t)t;
        }
    }
    verdict.suspicion = y < 0 ? 0 : fmin(verdict.suspicion, 1);
    return verdict;
}

struct wn_verdict wn_suspicion_judge(const double *row, const double *given,
                                     size_t k, int32_t y, double b,
                                     double *room, double *posterior)
{
    wn_sharpness_logs(row, k, room);
    return suspicion_judge(room, given, k, y, b, posterior);
}

static int keep_cell(struct stretch *stretch, size_t given, size_t t,
                     double sum)
{
    const size_t need = stretch->cells + 1;

    if (wn_grow(&stretch->given, &stretch->room[0], need,
                sizeof *stretch->given) ||
        wn_grow(&stretch->true_class, &stretch->room[1], need,
                sizeof *stretch->true_class))
        return -1;
    wn_grow(&stretch->sum, &stretch->room[2], need, sizeof *stretch->sum);
    stretch->given[stretch->cells] = (int32_t)given;
    stretch->true_class[stretch->cells] = (int32_t)t;
    stretch->sum[stretch->cells++] = sum;
    return 0;
}

/* Keep the cells of given class c that are worth one. */
static int keep_class(struct stretch *stretch, size_t c, size_t k,
                      const double *sum)
{
    const double least = k > WN_WHOLE_CLASSES ? 0.5 : 0;

    for (size_t t = 0; t < k; t++) {
        stretch->truth[t] += sum[t];
        if ((t == c || sum[t] >= least) && keep_cell(stretch, c, t, sum[t]))
            return -1;
    }
    stretch->right += sum[c];
    return 0;
}

/* Judge the rows given class c (k: none) in their order. */
static int judge_class(const struct wn_probability *p,
                       const struct wn_rows_by_class *members,
                       const struct wn_channel *channel, size_t c,
                       struct stretch *stretch, struct wn_suspicion *out)
{
    const size_t k = p->k;
    double *log_p = stretch->desk + k, *posterior = log_p + k;
    double *given = c < k ? posterior + k : NULL, *sum = posterior + 2 * k;
    const double b =
        fmax(out->sharpness.fitted, least_ratio * out->sharpness.plain);
    const int32_t y = c < k ? (int32_t)c : -1;

    if (given)
        wn_channel_row(channel, c, given);
    memset(sum, 0, k * sizeof *sum);
    for (size_t r = members->begin[c]; r < members->begin[c + 1]; r++) {
        const size_t i = members->row[r];

        wn_sharpness_logs(wn_probability_row(p, i, stretch->desk), k, log_p);
        stretch->other += given && log_p[c] < 0;
        struct wn_verdict verdict = suspicion_judge(
            log_p, given, k, y, out->sharpness.fitted, posterior);
        const double s = verdict.suspicion;
        for (size_t t = 0; given && t < k; t++)
            sum[t] += posterior[t];
        stretch->variance += s * (1 - s);
        if (b > out->sharpness.fitted)
            verdict = suspicion_judge(log_p, given, k, y, b, posterior);
        out->verdict[i] = verdict;
    }
    return given ? keep_class(stretch, c, k, sum) : 0;
}

static void judge_stretch(const struct wn_probability *p,
                          const struct wn_rows_by_class *members,
                          const struct wn_channel *channel,
                          struct stretch *stretch, struct wn_suspicion *out)
{
    const size_t k = p->k;

    stretch->desk = wn_new(wn_product(k, 5, 1), sizeof *stretch->desk);
    stretch->truth = wn_new(k, sizeof *stretch->truth);
    for (size_t c = stretch->from;
         stretch->desk && stretch->truth && c < stretch->end; c++)
        if (judge_class(p, members, channel, c, stretch, out))
            break;
    free(stretch->desk);
}

/* The joint of all stretches, one after the other; n labelled rows. */
static int suspicion_join(const struct stretch *stretches, size_t count,
                          double n, struct wn_suspicion *out)
{
    const size_t k = out->k;
    size_t cells = 0, cell = 0;
    int32_t *given, *true_class;
    int status = -1;

    for (size_t s = 0; s < count; s++)
        cells += stretches[s].cells;
    given = wn_spill_new(cells, sizeof *given);
    true_class = wn_spill_new(cells, sizeof *true_class);
    out->joint = wn_new(cells, sizeof *out->joint);
    for (size_t s = 0; s < count; s++) {
        for (size_t t = 0; t < k; t++)
            out->truth[t] += stretches[s].truth[t] / n;
        for (size_t z = 0; z < stretches[s].cells; z++, cell++) {
            given[cell] = stretches[s].given[z];
            true_class[cell] = stretches[s].true_class[z];
            out->joint[cell] = stretches[s].sum[z] / n;
        }
    }
    status = wn_sparse_make(&out->at, k, given, true_class, cells);
    wn_spill_free(given);
    wn_spill_free(true_class);
    return status;
}

/* The rate and its interval. */
static void find_rate(const struct stretch *stretches, size_t count, double n,
                      struct wn_suspicion *out)
{
    double right = 0, variance = 0, other = 0;

    for (size_t s = 0; s < count; s++) {
        right += stretches[s].right / n;
        variance += stretches[s].variance;
        other += stretches[s].other / n;
    }
    /* Half a row more, for the number of wrong rows is a whole one. */
    const double half =
        z90 * hypot(sqrt(variance) / n, out->sharpness.doubt) + 0.5 / n;
    const double strain = out->sharpness.strain;
    out->rate = fmax(1 - right, 0);
    const double less = fmax(out->rate - out->sharpness.loose, 0);
    const double more = fmax(other - out->rate, 0);
    out->low = fmax(out->rate - strain * less - half, 0);
    out->high = fmin(out->rate + strain * more + half, 1);
}

static void free_stretches(struct stretch *stretches, size_t count)
{
    for (size_t s = 0; stretches && s < count; s++) {
        free(stretches[s].given);
        free(stretches[s].true_class);
        free(stretches[s].sum);
        free(stretches[s].truth);
    }
    free(stretches);
}

/* Threads take whole stretches of classes, so every row of the joint has one
 * author. */
static int suspicion_judge_all(const struct wn_probability *p,
                               const struct wn_rows_by_class *members,
                               const struct wn_channel *channel, int threads,
                               struct wn_suspicion *out, struct wn_error *error)
{
    const size_t k = p->k, count = k + 1 < STRETCHES ? k + 1 : STRETCHES;
    const double n = (double)(p->n - wn_rows_by_class_count(members, k));
    struct stretch *stretches = wn_new(count, sizeof *stretches);
    int status = -1;

    for (size_t s = 0; s < count; s++) {
        stretches[s].from = s * (k + 1) / count;
        stretches[s].end = (s + 1) * (k + 1) / count;
    }
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int w = 0; w < threads; w++)
        for (size_t s = (size_t)w; s < count; s += (size_t)threads)
            judge_stretch(p, members, channel, &stretches[s], out);
    for (size_t s = 0; s < count; s++)
        if (stretches[s].error.code) {
            *error = stretches[s].error;
            goto done;
        }
    for (size_t c = 0; c < k; c++)
        out->given[c] = (double)wn_rows_by_class_count(members, c) / n;
    find_rate(stretches, count, n, out);
    status = suspicion_join(stretches, count, n, out);
done:
    free_stretches(stretches, count);
    return status;
}

int wn_suspicion_find(const int32_t *label, const struct wn_probability *p,
                      const struct wn_noise *noise, int threads,
                      struct wn_suspicion *out, struct wn_error *error)
{
    const size_t k = p->k;
    struct wn_rows_by_class members = {0};
    struct wn_channel channel = {0};
    int status = -1;

    *out = (struct wn_suspicion){
        .n = p->n,
        .k = k,
        .given = wn_new(k, sizeof(double)),
        .truth = wn_new(k, sizeof(double)),
        .verdict = wn_spill_new(p->n, sizeof(struct wn_verdict))};
    if (!out->given || !out->truth || !out->verdict ||
        wn_rows_by_class_sort(label, p->n, k, &members) ||
        wn_channel_make(&channel, &noise->at, noise->calibrated))
        goto done;
    if (wn_sharpness_fit(label, p, &members, &channel,
                         (double)noise->off_diagonal +
                             WN_CHANNEL_EVEN * (double)k,
                         threads, &out->sharpness) ||
        suspicion_judge_all(p, &members, &channel, threads, out, error))
        goto done;
    status = 0;
done:
    wn_rows_by_class_free(&members);
    wn_channel_free(&channel);
    if (status)
        wn_suspicion_free(out);
    return status;
}

void wn_suspicion_free(struct wn_suspicion *suspicion)
{
    wn_sparse_free(&suspicion->at);
    wn_spill_free(suspicion->verdict);
    free(suspicion->joint);
    free(suspicion->given);
    free(suspicion->truth);
    *suspicion = (struct wn_suspicion){0};
}
