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
    LANES = 16,             /* sample rows side by side, */
    BLOCK = 256,            /* and so many that a thread takes at a time */
    PART = 64,              /* classes that are summed in single precision */
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

WN_MULTIVERSION void wn_sharpness_logs(const double *p, size_t rows, size_t k,
                                       double *log_p, double *top)
{
    const double even = even_share / (double)k, rest = 1 - even_share;

#pragma omp simd
    for (size_t cell = 0; cell < rows * k; cell++)
        log_p[cell] = rest * (p[cell] > 0 ? p[cell] : 0) + even;
    wn_log_doubles(log_p, rows * k);
    memcpy(top, log_p, rows * sizeof *top);
    for (size_t t = 1; t < k; t++) {
        const double *of = log_p + t * rows;

#pragma omp simd
        for (size_t r = 0; r < rows; r++)
            top[r] = of[r] > top[r] ? of[r] : top[r];
    }
    for (size_t t = 0; t < k; t++) {
        double *of = log_p + t * rows;

#pragma omp simd
        for (size_t r = 0; r < rows; r++)
            of[r] -= top[r];
    }
}

WN_MULTIVERSION void wn_sharpen(const double *log_p, size_t count, double b,
                                double *weight)
{
#pragma omp simd
    for (size_t cell = 0; cell < count; cell++)
        weight[cell] = b * log_p[cell];
    wn_exp_doubles(weight, count);
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
    float *log;            /* groups of LANES rows: groups x k x LANES */
    int32_t *label;        /* n, class after class */
    struct outcome *parts; /* a sum for each block */
    float *even;           /* k: of the channel of the trial */
    float *scratch;        /* threads x k x LANES */
    int threads;
};

static void make_sample(struct sample *sample, size_t n, size_t k, int threads)
{
    const size_t groups = (n + LANES - 1) / LANES;

    *sample = (struct sample){
        .n = n,
        .k = k,
        .log = wn_spill_new(wn_product(groups * LANES, k, 1), sizeof(float)),
        .label = wn_spill_new(n, sizeof(int32_t)),
        .parts = wn_new(n / BLOCK + 1, sizeof(struct outcome)),
        .even = wn_new(k, sizeof(float)),
        .scratch = wn_new(wn_product((size_t)threads, k, LANES), sizeof(float)),
        .threads = threads};
}

static void free_sample(struct sample *sample)
{
    wn_spill_free(sample->log);
    wn_spill_free(sample->label);
    free(sample->parts);
    free(sample->even);
    free(sample->scratch);
}

/* Sums over the classes of LANES rows: q their sharpened probabilities, x the
 * logarithms of these. */
struct group_sums {
    double all[LANES], match[LANES];     /* of q and of q even */
    double all_x[LANES], match_x[LANES]; /* of q x and of q x even */
};

WN_MULTIVERSION static void sum_group(const float *log_p, const float *even,
                                      size_t k, float b, float *q,
                                      struct group_sums *sums)
{
    *sums = (struct group_sums){{0}, {0}, {0}, {0}};
    for (size_t begin = 0, end; begin < k; begin = end) {
        float all[LANES] = {0}, match[LANES] = {0};
        float all_x[LANES] = {0}, match_x[LANES] = {0};

        end = k - begin < PART ? k : begin + PART;
        for (size_t t = begin; t < end; t++) {
            const float *of = log_p + t * LANES, factor = even[t];
            float *power = q + t * LANES;

#pragma omp simd
            for (size_t l = 0; l < LANES; l++) {
                const float x = b * of[l], a = wn_exp_of(x);
                const float ax = a * x;

                power[l] = a;
                all[l] += a;
                all_x[l] += ax;
                match[l] += a * factor;
                match_x[l] += ax * factor;
            }
        }
        for (size_t l = 0; l < LANES; l++) {
            sums->all[l] += (double)all[l];
            sums->all_x[l] += (double)all_x[l];
            sums->match[l] += (double)match[l];
            sums->match_x[l] += (double)match_x[l];
        }
    }
}

/* Turn the sums of the rows from..end of a group, all with label y, from those
 * of an even spread into those of T[y][.] without its diagonal. */
WN_MULTIVERSION static void add_cells(const struct wn_channel *channel,
                                      size_t y, size_t from, size_t end,
                                      const float *log_p, float b,
                                      const float *q, struct group_sums *sums)
{
    const struct wn_sparse *at = channel->at;
    double in[LANES];

    for (size_t l = 0; l < LANES; l++)
        in[l] = l >= from && l < end;
    for (size_t cell = at->begin[y]; cell < at->begin[y + 1]; cell++) {
        const size_t t = (size_t)at->column[cell];
        const double more =
            t == y ? -channel->even[t]
                   : channel->slope[t] * (double)channel->count[cell];
        const float *of = q + t * LANES, *log_of = log_p + t * LANES;

#pragma omp simd
        for (size_t l = 0; l < LANES; l++) {
            const double a = more * in[l] * (double)of[l];

            sums->match[l] += a;
            sums->match_x[l] += a * (double)(b * log_of[l]);
        }
    }
}

/* What is known of the label y of each row: stay T[y][y], less by the trial's
 * noise; own q[y], and own_x its logarithm. */
struct group_labels {
    double stay[LANES], own[LANES], own_x[LANES];
};

/* The likelihood ratio of each row, and its parts of slope and suspicion. */
WN_MULTIVERSION static void find_outcomes(const struct group_labels *labels,
                                          const struct group_sums *sums,
                                          double noise, double *ratio,
                                          double *slope, double *suspicion)
{
#pragma omp simd
    for (size_t l = 0; l < LANES; l++) {
        const double right = labels->own[l] * labels->stay[l];
        const double rest = sums->match[l] > 0 ? sums->match[l] : 0;
        const double sum = right + noise * rest;
        const double match = sum > min_match ? sum : min_match;

        ratio[l] = match / sums->all[l];
        slope[l] =
            (right * labels->own_x[l] + noise * sums->match_x[l]) / match -
            sums->all_x[l] / sums->all[l];
        suspicion[l] = 1 - right / match;
    }
    wn_log_doubles(ratio, LANES);
}

/* Add a group of the sample, its rows from `begin` to `end`. */
static void try_rows(const struct sample *sample, const struct trial *trial,
                     size_t begin, size_t end, float *q, struct outcome *out)
{
    const struct wn_channel *channel = trial->channel;
    const size_t k = sample->k, count = end - begin;
    const double noise = channel ? trial->noise : even_share / (double)k;
    const float b = (float)exp(trial->log_b);
    const float *log_p = sample->log + begin * k;
    const int32_t *label = sample->label + begin;
    struct group_sums sums;
    struct group_labels labels;
    double ratio[LANES], slope[LANES], suspicion[LANES];

    sum_group(log_p, sample->even, k, b, q, &sums);
    for (size_t from = 0, to; channel && from < count; from = to) {
        for (to = from + 1; to < count && label[to] == label[from];)
            to++;
        add_cells(channel, (size_t)label[from], from, to, log_p, b, q, &sums);
    }
    for (size_t l = 0; l < LANES; l++) {
        const size_t y = (size_t)label[l < count ? l : 0];

        labels.stay[l] =
            1 - (channel ? noise * (1 - channel->stay[y]) : even_share);
        labels.own[l] = (double)q[y * LANES + l];
        labels.own_x[l] = (double)(b * log_p[y * LANES + l]);
    }
    find_outcomes(&labels, &sums, noise, ratio, slope, suspicion);
    for (size_t l = 0; l < count; l++) {
        out->likelihood += ratio[l];
        out->slope += slope[l];
        out->suspicion += suspicion[l];
    }
}

/* The likelihood, its slope and the mean suspicion of the sample under a
 * trial. */
static struct outcome try_fit(struct sample *sample, const struct trial *trial)
{
    const size_t blocks = (sample->n + BLOCK - 1) / BLOCK;
    struct outcome outcome = {0, 0, 0};

    for (size_t t = 0; t < sample->k; t++)
        sample->even[t] = trial->channel ? (float)trial->channel->even[t] : 1.f;
#pragma omp parallel for num_threads(sample->threads) schedule(static)
    for (size_t block = 0; block < blocks; block++) {
        float *scratch =
            sample->scratch + (size_t)omp_get_thread_num() * sample->k * LANES;
        const size_t last = (block + 1) * BLOCK;
        const size_t end = last < sample->n ? last : sample->n;

        sample->parts[block] = (struct outcome){0, 0, 0};
        for (size_t r = block * BLOCK; r < end; r += LANES)
            try_rows(sample, trial, r, end - r < LANES ? end : r + LANES,
                     scratch, &sample->parts[block]);
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
    double *scratch = wn_new(wn_product(k, 2 * LANES, 1), sizeof *scratch);
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
    for (size_t from = 0; from < n; from += LANES) {
        double *log_p = scratch + k * LANES, top[LANES];
        uint32_t row[LANES], last = 0;

        for (size_t l = 0; l < LANES; l++) {
            const size_t r = from + l < n ? from + l : n - 1;
            const size_t begin = r * all / n, end = (r + 1) * all / n;

            if (from + l < n)
                last = rows->row[begin + wn_random_below(&random, end - begin)];
            row[l] = last;
            sample.label[r] = label[last];
        }
        wn_probability_gather(p, row, LANES, scratch);
        wn_sharpness_logs(scratch, LANES, k, log_p, top);
        for (size_t cell = 0; cell < k * LANES; cell++)
            sample.log[from * k + cell] = (float)log_p[cell];
    }
    free(scratch);
    size_t few = n / COARSE > COARSE_ROWS ? n / COARSE : COARSE_ROWS;
    few = few > n ? n : few;
    make_sample(&coarse, few, k, threads);
    for (size_t r = 0; r < few; r++) {
        const size_t i = r * n / few;

        for (size_t t = 0; t < k; t++)
            coarse.log[(r / LANES * k + t) * LANES + r % LANES] =
                sample.log[(i / LANES * k + t) * LANES + i % LANES];
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
