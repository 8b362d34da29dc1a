/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The posterior of a label; see suspicion.h. */
#include "check/suspicion.h"

#include <math.h>
#include <stdlib.h>

#include "check/members.h"
#include "check/sharpness.h"
#include "util/memory.h"

static const double pseudo = 2; /* rows that leak evenly from each class */
static const double least_ratio = 2; /* of the b used to the plain one */
static const double z90 = 1.6448536269514722;

/* How evenly column t of the counts leaks, and how much. */
static void fill_column(const int64_t *count, size_t k, size_t t,
                        double *transition)
{
    const double even = 1 / (double)(k - 1);
    double column = pseudo, wrong = pseudo, h = 0, a = 0;

    for (size_t s = 0; s < k; s++) {
        column += (double)count[s * k + t];
        wrong += s == t ? 0 : (double)count[s * k + t];
    }
    for (size_t s = 0; s < k; s++) {
        const double part =
            ((double)count[s * k + t] + pseudo * even) / wrong;

        h += s == t ? 0 : part * part;
    }
    if (k > 2)
        a = 1 - sqrt(fmin(fmax((h - even) / (1 - even), 0), 1));
    for (size_t s = 0; s < k; s++) {
        const double off = (double)count[s * k + t] + pseudo * even;

        transition[s * k + t] =
            s == t ? 1 - wrong / column
                   : ((1 - a) * off + a * wrong * even) / column;
    }
}

void wn_suspicion_transition(const struct wn_noise *noise, double *transition)
{
    for (size_t t = 0; t < noise->k; t++)
        fill_column(noise->calibrated, noise->k, t, transition);
}

/* The judgement of a row whose logarithms, less the largest, are in
 * log_p[k]. */
static struct wn_verdict judge(const double *log_p, const double *given,
                               size_t k, int32_t y, double b,
                               double *posterior)
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

struct wn_verdict wn_suspicion_judge(const double *row,
                                     const double *transition, size_t k,
                                     int32_t y, double b, double *room,
                                     double *posterior)
{
    wn_sharpness_logs(row, k, room);
    return judge(room, y < 0 ? NULL : transition + (size_t)y * k, k, y, b,
                 posterior);
}

/* Judge the rows given class c (k: none) in their order; the sum of s (1 - s)
 * over them comes back. room has 3 k. */
static double judge_class(const struct wn_probability *p,
                          const struct wn_members *members, size_t c,
                          double *room, struct wn_suspicion *out)
{
    const size_t k = p->k;
    const double *given = c < k ? out->transition + c * k : NULL;
    const double b =
        fmax(out->sharpness.fitted, least_ratio * out->sharpness.plain);
    const int32_t y = c < k ? (int32_t)c : -1;
    double *log_p = room + k, *posterior = room + 2 * k, spread = 0;

    for (size_t r = members->begin[c]; r < members->begin[c + 1]; r++) {
        const size_t i = members->row[r];

        wn_sharpness_logs(wn_probability_row(p, i, room), k, log_p);
        struct wn_verdict verdict =
            judge(log_p, given, k, y, out->sharpness.fitted, posterior);
        const double s = verdict.suspicion;
        for (size_t t = 0; given && t < k; t++)
            out->joint[c * k + t] += posterior[t];
        spread += s * (1 - s);
        if (b > out->sharpness.fitted)
            verdict = judge(log_p, given, k, y, b, posterior);
        out->verdict[i] = verdict;
    }
    return spread;
}

/* Threads take whole classes, so every row of the joint has one author. */
static int judge_all(const struct wn_probability *p,
                     const struct wn_members *members, int threads,
                     struct wn_suspicion *out, struct wn_error *error)
{
    const size_t k = p->k;
    const double n = (double)(p->n - wn_members_count(members, k));
    double *spread = wn_new(k + 1, sizeof *spread, error);
    double *room =
        wn_new(wn_product((size_t)threads, k, 3), sizeof *room, error);
    double right = 0, variance = 0;
    int status = -1;

    if (!spread || !room)
        goto done;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int w = 0; w < threads; w++)
        for (size_t c = (size_t)w; c <= k; c += (size_t)threads)
            spread[c] = judge_class(p, members, c,
                                    room + (size_t)w * 3 * k, out);
    for (size_t cell = 0; cell < k * k; cell++)
        out->joint[cell] /= n;
    for (size_t c = 0; c < k; c++) {
        right += out->joint[c * k + c];
        variance += spread[c];
    }
    /* Half a row more, for the number of wrong rows is a whole one. */
    const double half =
        z90 * hypot(sqrt(variance) / n, out->sharpness.doubt) + 0.5 / n;
    out->rate = fmax(1 - right, 0);
    out->low = fmax(out->rate - half, 0);
    out->high = fmin(out->rate + half, 1);
    status = 0;
done:
    free(spread);
    free(room);
    return status;
}

int wn_suspicion_find(const int32_t *label, const struct wn_probability *p,
                      const struct wn_noise *noise, int threads,
                      struct wn_suspicion *out, struct wn_error *error)
{
    const size_t k = p->k;
    struct wn_members members = {0};
    int status = -1;

    *out = (struct wn_suspicion){
        .n = p->n,
        .k = k,
        .transition = wn_new(wn_product(k, k, 1), sizeof(double), error),
        .joint = wn_new(wn_product(k, k, 1), sizeof(double), error),
        .verdict = wn_new(p->n, sizeof(struct wn_verdict), error)};
    if (!out->transition || !out->joint || !out->verdict ||
        wn_members_sort(label, p->n, k, &members, error))
        goto done;
    wn_suspicion_transition(noise, out->transition);
    if (wn_sharpness_fit(label, p, &members, out->transition,
                         (double)noise->off_diagonal + pseudo * (double)k,
                         threads, &out->sharpness, error) ||
        judge_all(p, &members, threads, out, error))
        goto done;
    status = 0;
done:
    wn_members_free(&members);
    if (status)
        wn_suspicion_free(out);
    return status;
}

void wn_suspicion_free(struct wn_suspicion *suspicion)
{
    free(suspicion->transition);
    free(suspicion->joint);
    free(suspicion->verdict);
    *suspicion = (struct wn_suspicion){0};
}
