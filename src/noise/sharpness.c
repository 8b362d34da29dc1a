/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Make the channel from sums over the counted pairs of classes, and fit the
 * temperature through it; see sharpness.h. */
#include "noise/sharpness.h"

#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "linalg/pointwise.h"
#include "util/memory.h"
#include "util/random.h"
#include "util/simd.h"
#include "util/spill.h"

/* Sums of the counts of one true class. */
struct column {
    double own, wrong; /* rows labelled with it, and otherwise */
    double square;     /* sum of the squares of those labelled otherwise */
    double cells;      /* how many other labels they have */
};

void wn_channel_make(struct wn_channel *channel, const struct wn_sparse *at,
                     const int64_t *count)
{
    const size_t k = at->k;
    const double even = 1 / (double)(k - 1), least = WN_CHANNEL_EVEN * even;
    struct column *columns = wn_new(k, sizeof *columns);

    *channel = (struct wn_channel){.at = at,
                                   .count = count,
                                   .stay = wn_new(k, sizeof(double)),
                                   .even = wn_new(k, sizeof(double)),
                                   .slope = wn_new(k, sizeof(double))};
    for (size_t s = 0; s < k; s++)
        for (size_t cell = at->begin[s]; cell < at->begin[s + 1]; cell++) {
            struct column *c = &columns[at->column[cell]];
            const double rows = (double)count[cell], off = rows + least;

            if (cell == at->diagonal[s]) {
                c->own = rows;
                continue;
            }
            c->wrong += rows;
            c->square += off * off;
            c->cells++;
        }
    for (size_t t = 0; t < k; t++) {
        const struct column *c = &columns[t];
        const double wrong = c->wrong + WN_CHANNEL_EVEN, all = c->own + wrong;
        const double square =
            c->square + ((double)(k - 1) - c->cells) * least * least;
        const double h = square / (wrong * wrong);
        const double a =
            k > 2 ? 1 - sqrt(fmin(fmax((h - even) / (1 - even), 0), 1)) : 0;

        channel->stay[t] = 1 - wrong / all;
        channel->even[t] = ((1 - a) * least + a * wrong * even) / all;
        channel->slope[t] = (1 - a) / all;
    }
    free(columns);
}

void wn_channel_free(struct wn_channel *channel)
{
    free(channel->stay);
    free(channel->even);
    free(channel->slope);
    *channel = (struct wn_channel){0};
}

void wn_channel_row(const struct wn_channel *channel, size_t given, double *row)
{
    const struct wn_sparse *at = channel->at;

    memcpy(row, channel->even, at->k * sizeof *row);
    for (size_t cell = at->begin[given]; cell < at->begin[given + 1]; cell++)
        row[at->column[cell]] +=
            channel->slope[at->column[cell]] * (double)channel->count[cell];
    row[given] = channel->stay[given];
}

enum {
    SAMPLE_CELLS = 1 << 19, /* probabilities that the fit reads, */
    SAMPLE_ROWS = 4096,     /* but at least this many rows, */
    MAX_CELLS = 1 << 23,    /* unless they have more probabilities than this */
    COARSE = 8,             /* the first search takes every eighth row, */
    COARSE_ROWS = 4096,     /* but at least this many */
    BLOCK = 256,            /* sample rows that a thread takes at a time, */
    CELLS = 1 << 14,        /* in pieces of about this many probabilities */
    GRID = 12,              /* steps of the first search */
    MAX_STEPS = 20          /* of the second */
};
static const double even_share = 0.01; /* of an even guess in q */
static const double min_b = 0.1, max_b = 16;
/* Shares of the noise in T that are tried, and how much lower log b may be from
 * one to the next: less noise, less sharpness. */
static const double amounts[] = {0.6, 0.35, 0.2, 0.1, 0.05, 0.02};
static const double reach = 1.2;
/* The likelihood of a row whose terms are all lost to rounding. */
static const double min_match = 1e-100;
static const double near_b = 0.002; /* of log b, where a search ends */
static const double nudge =
    0.05; /* step of log b and log noise for derivatives */

WN_MULTIVERSION void wn_sharpness_logs(const double *row, size_t rows, size_t k,
                                       double *log_p)
{
    enum { LANES = 8 };
    const double even = even_share / (double)k, rest = 1 - even_share;
    const size_t whole = k - k % LANES;

#pragma omp simd
    for (size_t cell = 0; cell < rows * k; cell++)
        log_p[cell] = rest * (row[cell] > 0 ? row[cell] : 0) + even;
    wn_log_doubles(log_p, rows * k);
    for (size_t r = 0; r < rows; r++, log_p += k) {
        double lane[LANES], top = log_p[0];

        for (size_t l = 0; l < LANES; l++)
            lane[l] = top;
        for (size_t t = 0; t < whole; t += LANES) {
#pragma omp simd
            for (size_t l = 0; l < LANES; l++)
                lane[l] = log_p[t + l] > lane[l] ? log_p[t + l] : lane[l];
        }
        for (size_t t = whole; t < k; t++)
            top = log_p[t] > top ? log_p[t] : top;
        for (size_t l = 0; l < LANES; l++)
            top = lane[l] > top ? lane[l] : top;
#pragma omp simd
        for (size_t t = 0; t < k; t++)
            log_p[t] -= top;
    }
}

/* wn_channel_row() in single precision, without the diagonal. */
WN_MULTIVERSION static void spread_channel(const struct wn_channel *channel,
                                           size_t y, float *row)
{
    const struct wn_sparse *at = channel->at;
    const double *even = channel->even;

#pragma omp simd
    for (size_t t = 0; t < at->k; t++)
        row[t] = (float)even[t];
    for (size_t cell = at->begin[y]; cell < at->begin[y + 1]; cell++) {
        const size_t t = (size_t)at->column[cell];

        row[t] = (float)(channel->even[t] +
                         channel->slope[t] * (double)channel->count[cell]);
    }
    row[y] = 0;
}

/* T with its cells off the diagonal times `noise`; without a channel the
 * identity but for even_share. */
struct trial {
    const struct wn_channel *channel;
    double log_b, noise;
};

struct outcome {
    double likelihood; /* its logarithm, summed over the rows */
    double slope;      /* of that by log b */
    double suspicion;  /* mean */
};

/* The rows of the fit, and scratch. */
struct sample {
    size_t n, k;
    float *log;            /* n x k */
    int32_t *label;        /* n, class after class */
    struct outcome *parts; /* a sum for each block */
    size_t piece;          /* rows at a time */
    float *scratch;        /* threads x (1 + 2 piece) k */
    int threads;
};

static void make_sample(struct sample *sample, size_t n, size_t k, int threads)
{
    const size_t piece = k < CELLS ? CELLS / k : 1;

    *sample =
        (struct sample){.n = n,
                        .k = k,
                        .log = wn_spill_new(wn_product(n, k, 1), sizeof(float)),
                        .label = wn_spill_new(n, sizeof(int32_t)),
                        .parts = wn_new(n / BLOCK + 1, sizeof(struct outcome)),
                        .piece = piece < BLOCK ? piece : BLOCK,
                        .threads = threads};
    sample->scratch = wn_new(
        wn_product((size_t)threads, 1 + 2 * sample->piece, k), sizeof(float));
}

static void free_sample(struct sample *sample)
{
    wn_spill_free(sample->log);
    wn_spill_free(sample->label);
    free(sample->parts);
    free(sample->scratch);
}

/* Sums over a row: q[k] its sharpened probabilities, x[k] their logarithms. */
struct row_sums {
    double all, match;     /* of q and of q given */
    double all_x, match_x; /* of q x and of q x given */
};

WN_MULTIVERSION static struct row_sums sum_row(const float *q, const float *x,
                                               const float *given, size_t k)
{
    enum { LANES = 8 }; /* most rows have few classes */
    float all[LANES] = {0}, match[LANES] = {0};
    float all_x[LANES] = {0}, match_x[LANES] = {0};
    const size_t even = k - k % LANES;
    struct row_sums sums = {0, 0, 0, 0};

    for (size_t t = 0; t < even; t += LANES) {
#pragma omp simd
        for (size_t l = 0; l < LANES; l++) {
            const float a = q[t + l], ax = a * x[t + l], g = given[t + l];

            all[l] += a;
            all_x[l] += ax;
            match[l] += a * g;
            match_x[l] += ax * g;
        }
    }
    for (size_t l = 0; l < LANES; l++) {
        sums.all += (double)all[l];
        sums.all_x += (double)all_x[l];
        sums.match += (double)match[l];
        sums.match_x += (double)match_x[l];
    }
    for (size_t t = even; t < k; t++) {
        const double a = (double)q[t], ax = a * (double)x[t];
        const double g = (double)given[t];

        sums.all += a;
        sums.all_x += ax;
        sums.match += a * g;
        sums.match_x += ax * g;
    }
    return sums;
}

/* q = x = b log_p. */
WN_MULTIVERSION static void scale(const float *log_p, size_t count, float b,
                                  float *x, float *q)
{
#pragma omp simd
    for (size_t cell = 0; cell < count; cell++)
        q[cell] = x[cell] = b * log_p[cell];
}

/* Add the rows from `begin` to `end` of the sample. */
static void try_rows(const struct sample *sample, const struct trial *trial,
                     size_t begin, size_t end, float *scratch,
                     struct outcome *out)
{
    const struct wn_channel *channel = trial->channel;
    const size_t k = sample->k, count = (end - begin) * k;
    const float b = (float)exp(trial->log_b);
    const float *log_p = sample->log + begin * k;
    float *given = scratch, *x = given + k, *q = x + sample->piece * k;
    const double noise = channel ? trial->noise : even_share / (double)k;
    double ratio[BLOCK];
    size_t last = k;

    scale(log_p, count, b, x, q);
    wn_exp_rows(q, count);
    for (size_t r = begin; r < end; r++, q += k, x += k) {
        const size_t y = (size_t)sample->label[r];

        if (y != last && channel)
            spread_channel(channel, y, given);
        for (size_t t = 0; !channel && last == k && t < k; t++)
            given[t] = 1;
        last = y;
        const double stay =
            channel ? 1 - noise * (1 - channel->stay[y]) : 1 - even_share;
        const struct row_sums sums = sum_row(q, x, given, k);
        const double right = (double)q[y] * stay;
        const double match = fmax(right + noise * sums.match, min_match);

        ratio[r - begin] = match / sums.all;
        out->slope += (right * (double)x[y] + noise * sums.match_x) / match -
                      sums.all_x / sums.all;
        out->suspicion += 1 - right / match;
    }
    wn_log_doubles(ratio, end - begin);
    for (size_t r = 0; r < end - begin; r++)
        out->likelihood += ratio[r];
}

/* The likelihood, its slope and the mean suspicion of the sample under a
 * trial. */
static struct outcome try_fit(struct sample *sample, const struct trial *trial)
{
    const size_t blocks = (sample->n + BLOCK - 1) / BLOCK;
    const size_t width = (1 + 2 * sample->piece) * sample->k;
    struct outcome outcome = {0, 0, 0};

#pragma omp parallel for num_threads(sample->threads) schedule(static)
    for (size_t block = 0; block < blocks; block++) {
        float *scratch = sample->scratch + (size_t)omp_get_thread_num() * width;
        const size_t last = (block + 1) * BLOCK;
        const size_t end = last < sample->n ? last : sample->n;

        sample->parts[block] = (struct outcome){0, 0, 0};
        for (size_t r = block * BLOCK; r < end; r += sample->piece)
            try_rows(sample, trial, r,
                     end - r < sample->piece ? end : r + sample->piece, scratch,
                     &sample->parts[block]);
    }
    for (size_t block = 0; block < blocks; block++) {
        outcome.likelihood += sample->parts[block].likelihood;
        outcome.slope += sample->parts[block].slope;
        outcome.suspicion += sample->parts[block].suspicion;
    }
    outcome.suspicion /= (double)sample->n;
    return outcome;
}

/* Climb from trial->log_b, in low .. high, to a peak of the likelihood: to a
 * higher end, or to the zero of the slope by false position (Illinois: Dowell
 * and Jarratt 1971). */
static struct outcome climb(struct sample *sample, struct trial *trial,
                            double low, double high)
{
    const double start = trial->log_b;
    const struct outcome first = try_fit(sample, trial);
    const bool up = first.slope > 0;
    double far = up ? high : low, at_near = first.slope, near = start;
    struct outcome found = first;

    /* Where the slope turns; a valley on the way there is passed over. */
    for (int step = 0; far != near; step++) {
        trial->log_b = far;
        found = try_fit(sample, trial);
        if ((found.slope > 0) != up)
            break;
        if (found.likelihood >= first.likelihood || step == MAX_STEPS)
            return found;
        far = (near + far) / 2;
    }
    double at_far = found.slope;
    for (int step = 0, side = 0; far != near && step < MAX_STEPS; step++) {
        const double before = trial->log_b;

        trial->log_b = near + (far - near) * at_near / (at_near - at_far);
        found = try_fit(sample, trial);
        if (fabs(trial->log_b - before) < near_b)
            break;
        if ((found.slope > 0) == up) {
            near = trial->log_b;
            at_near = found.slope;
            at_far /= side > 0 ? 2 : 1;
            side = 1;
        } else {
            far = trial->log_b;
            at_far = found.slope;
            at_near /= side < 0 ? 2 : 1;
            side = -1;
        }
    }
    return found;
}

/* The log b of the largest likelihood: from the best point of a geometric grid
 * on the coarse sample. */
static double fit_log_b(struct sample *coarse, struct sample *sample,
                        const struct wn_channel *channel)
{
    const double least = log(min_b), most = log(max_b);
    const double step = (most - least) / GRID;
    struct trial trial = {channel, 0, 1};
    double best = -INFINITY, at = 0;

    for (int g = 0; g <= GRID; g++) {
        trial.log_b = least + g * step;
        const double found = try_fit(coarse, &trial).likelihood;

        if (found > best) {
            best = found;
            at = trial.log_b;
        }
    }
    trial.log_b = at;
    climb(sample, &trial, fmax(at - step, least), fmin(at + step, most));
    return trial.log_b;
}

/* The delta method: how the mean suspicion moves with log b, whose variance is
 * one over the curvature of the likelihood, and with the noise in T, whose
 * relative variance is one over the rows it was counted from. */
static double find_rate_sd(struct sample *sample,
                           const struct wn_channel *channel, double log_b,
                           double evidence)
{
    struct trial trial = {channel, log_b, 1};
    const struct outcome here = try_fit(sample, &trial);
    trial.log_b = log_b - nudge;
    const struct outcome less = try_fit(sample, &trial);
    trial.log_b = log_b + nudge;
    const struct outcome more = try_fit(sample, &trial);
    trial = (struct trial){channel, log_b, exp(-nudge)};
    const struct outcome quiet = try_fit(sample, &trial);
    const double curvature =
        (2 * here.likelihood - less.likelihood - more.likelihood) /
        (nudge * nudge);
    const double by_b = (more.suspicion - less.suspicion) / (2 * nudge);
    const double by_noise = (here.suspicion - quiet.suspicion) / nudge;

    /* A flat likelihood says nothing of b: assume an octave. */
    return sqrt(by_b * by_b / fmax(curvature, 1) +
                by_noise * by_noise / fmax(evidence, 1));
}

/* Fit the amount of noise together with b. Where T is the whole story, that
 * changes nothing: less noise makes the labels likelier only where the unlikely
 * labels are those of uncertain rows. */
static void fit_jointly(struct sample *sample, const struct wn_channel *channel,
                        double log_b, double rows, struct wn_sharpness *out)
{
    struct trial trial = {channel, log_b, 1};
    struct outcome found = try_fit(sample, &trial);
    const double bound = found.likelihood;
    double best = bound;

    out->rate_joint_fit = found.suspicion;
    for (size_t step = 0; step < sizeof amounts / sizeof *amounts; step++) {
        trial.noise = amounts[step];
        found = climb(sample, &trial, fmax(trial.log_b - reach, log(min_b)),
                      trial.log_b);
        if (found.likelihood > best) {
            best = found.likelihood;
            out->rate_joint_fit = found.suspicion;
        }
    }
    const double gain = (best - bound) * rows / (double)sample->n;
    out->overlap_weight = 1 / (1 + sqrt(rows) * exp(-gain));
}

void wn_sharpness_fit(const int32_t *label, const struct wn_probability *p,
                      const struct wn_rows_by_class *rows,
                      const struct wn_channel *channel, double evidence,
                      int threads, struct wn_sharpness *out)
{
    const size_t all = p->n - wn_rows_by_class_count(rows, p->k), k = p->k;
    double *scratch = wn_new(wn_product(k, 2, 1), sizeof *scratch);
    struct wn_random random;
    struct sample sample, coarse;
    size_t n = SAMPLE_CELLS / k;

    n = n < SAMPLE_ROWS ? SAMPLE_ROWS : n;
    n = n > MAX_CELLS / k ? MAX_CELLS / k : n;
    n = n < 1 ? 1 : n;
    n = n > all ? all : n;
    make_sample(&sample, n, k, threads);
    /* One labelled row out of each of n equal stretches, at random, so that no
     * period in the data coincides with one in the sample. */
    wn_random_start(&random, 0, WN_RANDOM_SAMPLE, 0, 0);
    for (size_t r = 0; r < n; r++) {
        const size_t begin = r * all / n, end = (r + 1) * all / n;
        const size_t i =
            rows->row[begin + wn_random_below(&random, end - begin)];

        wn_sharpness_logs(wn_probability_row(p, i, scratch), 1, k, scratch + k);
        for (size_t c = 0; c < k; c++)
            sample.log[r * k + c] = (float)scratch[k + c];
        sample.label[r] = label[i];
    }
    free(scratch);
    size_t few = n / COARSE > COARSE_ROWS ? n / COARSE : COARSE_ROWS;
    few = few > n ? n : few;
    make_sample(&coarse, few, k, threads);
    for (size_t r = 0; r < few; r++) {
        const size_t i = r * n / few;

        memcpy(coarse.log + r * k, sample.log + i * k, k * sizeof(float));
        coarse.label[r] = sample.label[i];
    }
    const double log_b = fit_log_b(&coarse, &sample, channel);
    out->b_clean = exp(fit_log_b(&coarse, &sample, NULL));
    out->b_noisy = exp(log_b);
    free_sample(&coarse);
    out->rate_sd = find_rate_sd(&sample, channel, log_b, evidence);
    fit_jointly(&sample, channel, log_b, (double)all, out);
    free_sample(&sample);
}
