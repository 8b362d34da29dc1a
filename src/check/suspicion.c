/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The posterior of a label; see suspicion.h. */
#include "check/suspicion.h"

#include <math.h>
#include <stdlib.h>

#include "check/members.h"
#include "util/memory.h"
#include "util/random.h"

enum {
    SAMPLE_CELLS = 1 << 19, /* probabilities that the fit looks at, */
    SAMPLE_ROWS = 4096,     /* but no fewer rows than that */
    BLOCK = 256,            /* sample rows a thread takes at a time */
    GRID = 12               /* steps of the first look at the likelihood */
};
static const double doubt = 0.01;  /* share of an even guess in q */
static const double pseudo = 0.5;  /* rows that leak evenly from each class */
static const double least_b = 0.1, most_b = 16, least_ratio = 2;
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

static double log_of(double p, size_t k)
{
    return log((1 - doubt) * fmax(p, 0) + doubt / (double)k);
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

static void take_logs(const double *row, size_t k, double *log_p)
{
    const double top = log_of(row[wn_argmax(row, k)], k);

    for (size_t t = 0; t < k; t++)
        log_p[t] = log_of(row[t], k) - top;
}

struct wn_verdict wn_suspicion_judge(const double *row,
                                     const double *transition, size_t k,
                                     int32_t y, double b, double *room,
                                     double *posterior)
{
    take_logs(row, k, room);
    return judge(room, y < 0 ? NULL : transition + (size_t)y * k, k, y, b,
                 posterior);
}

/* The rows that the fit looks at: logarithms of their probabilities. */
struct sample {
    size_t n, k;
    float *log;     /* n x k, below the row's largest */
    int32_t *label; /* n */
};

static void free_sample(struct sample *sample)
{
    free(sample->log);
    free(sample->label);
}

/* One labelled row out of each of `rows` equal stretches, by its own stream,
 * so that no period in the data meets one in the sample. */
static int draw_sample(const int32_t *label, const struct wn_probability *p,
                       const struct wn_members *members, struct sample *sample,
                       struct wn_error *error)
{
    const size_t k = p->k;
    const size_t all = p->n - wn_members_count(members, k);
    size_t rows = SAMPLE_CELLS / k;
    struct wn_random random;

    rows = rows < SAMPLE_ROWS ? SAMPLE_ROWS : rows;
    rows = rows > all ? all : rows;
    *sample = (struct sample){
        rows, k, wn_new(wn_product(rows, k, 1), sizeof(float), error),
        wn_new(rows, sizeof(int32_t), error)};
    if (!sample->log || !sample->label)
        return -1;
    wn_random_start(&random, 0, WN_RANDOM_SAMPLE, 0, 0);
    for (size_t r = 0; r < rows; r++) {
        const size_t begin = (size_t)((double)r / (double)rows * (double)all);
        const size_t end =
            (size_t)((double)(r + 1) / (double)rows * (double)all);
        const size_t width = end > begin ? end - begin : 1;
        const size_t i =
            members->row[begin + wn_random_below(&random, width)];
        double top = 0;

        for (size_t c = 0; c < k; c++)
            top = fmax(top, wn_probability_at(p, i, c));
        for (size_t c = 0; c < k; c++)
            sample->log[r * k + c] = (float)(
                log_of(wn_probability_at(p, i, c), k) - log_of(top, k));
        sample->label[r] = label[i];
    }
    return 0;
}

/* Log-likelihood of the labels of rows begin .. end-1. Without transition the
 * label is taken for the true class but for a doubt. */
static double likelihood_block(const struct sample *sample, size_t begin,
                               size_t end, double b, const double *transition)
{
    const size_t k = sample->k;
    double total = 0;

    for (size_t r = begin; r < end; r++) {
        const float *log_p = sample->log + r * k;
        const size_t y = (size_t)sample->label[r];
        const double *given = transition ? transition + y * k : NULL;
        double sum = 0, match = 0;

        for (size_t t = 0; t < k; t++) {
            const double q = exp(b * (double)log_p[t]);

            sum += q;
            match += given ? q * given[t] : t == y ? q * (1 - doubt) : 0;
        }
        if (!given)
            match += doubt / (double)k * sum;
        total += log(match / sum);
    }
    return total;
}

static double likelihood(const struct sample *sample, double b,
                         const double *transition, int threads, double *parts)
{
    const size_t blocks = (sample->n + BLOCK - 1) / BLOCK;
    double total = 0;

#pragma omp parallel for num_threads(threads) schedule(static)
    for (size_t block = 0; block < blocks; block++) {
        const size_t end = (block + 1) * BLOCK;

        parts[block] = likelihood_block(sample, block * BLOCK,
                                        end < sample->n ? end : sample->n, b,
                                        transition);
    }
    for (size_t block = 0; block < blocks; block++)
        total += parts[block];
    return total;
}

/* What a likelihood is taken of. */
struct trial {
    const struct sample *sample;
    const double *transition;
    int threads;
    double *parts;
};

static double try_log(const struct trial *trial, double log_b)
{
    return likelihood(trial->sample, exp(log_b), trial->transition,
                      trial->threads, trial->parts);
}

/* Golden sections of low .. high to the largest likelihood. */
static double refine(const struct trial *trial, double low, double high)
{
    const double golden = 0.6180339887498949;
    double a = high - golden * (high - low), at_a = try_log(trial, a);
    double c = low + golden * (high - low), at_c = try_log(trial, c);

    while (high - low > 0.01)
        if (at_a >= at_c) {
            high = c;
            c = a;
            at_c = at_a;
            a = high - golden * (high - low);
            at_a = try_log(trial, a);
        } else {
            low = a;
            a = c;
            at_a = at_c;
            c = low + golden * (high - low);
            at_c = try_log(trial, c);
        }
    return (low + high) / 2;
}

/* The b of largest likelihood: between the neighbours of the best of a
 * geometric grid. */
static double fit(const struct trial *trial)
{
    const double step = log(most_b / least_b) / GRID;
    double best = -INFINITY, at = 0;

    for (int g = 0; g <= GRID; g++) {
        const double log_b = log(least_b) + g * step;
        const double found = try_log(trial, log_b);

        if (found > best) {
            best = found;
            at = log_b;
        }
    }
    return exp(refine(trial, fmax(at - step, log(least_b)),
                      fmin(at + step, log(most_b))));
}

static int fit_both(const int32_t *label, const struct wn_probability *p,
                    const struct wn_members *members, int threads,
                    struct wn_suspicion *out, struct wn_error *error)
{
    struct sample sample = {0};
    double *parts = NULL;
    int status = -1;

    if (draw_sample(label, p, members, &sample, error))
        goto done;
    parts = wn_new(sample.n / BLOCK + 1, sizeof *parts, error);
    if (!parts)
        goto done;
    struct trial trial = {&sample, NULL, threads, parts};
    out->plain = fit(&trial);
    trial.transition = out->transition;
    out->fitted = fit(&trial);
    status = 0;
done:
    free_sample(&sample);
    free(parts);
    return status;
}

/* Judge the rows given class c (k: none) in their order; the sum of s (1 - s)
 * over them comes back. room has 3 k. */
static double judge_class(const struct wn_probability *p,
                          const struct wn_members *members, size_t c,
                          double *room, struct wn_suspicion *out)
{
    const size_t k = p->k;
    const double *given = c < k ? out->transition + c * k : NULL;
    const double b = fmax(out->fitted, least_ratio * out->plain);
    const int32_t y = c < k ? (int32_t)c : -1;
    double *log_p = room + k, *posterior = room + 2 * k, spread = 0;

    for (size_t r = members->begin[c]; r < members->begin[c + 1]; r++) {
        const size_t i = members->row[r];

        take_logs(wn_probability_row(p, i, room), k, log_p);
        struct wn_verdict verdict =
            judge(log_p, given, k, y, out->fitted, posterior);
        const double s = verdict.suspicion;
        for (size_t t = 0; given && t < k; t++)
            out->joint[c * k + t] += posterior[t];
        spread += s * (1 - s);
        if (b > out->fitted)
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
    const double half = z90 * sqrt(variance) / n;
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
    if (fit_both(label, p, &members, threads, out, error) ||
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
