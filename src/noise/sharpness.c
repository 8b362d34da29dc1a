/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Make the channel from sums over the counted pairs of classes, and fit the
 * temperature through it; see sharpness.h. */
#include "noise/sharpness.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "linalg/pointwise.h"
#include "util/memory.h"
#include "util/random.h"
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
    BLOCK = 256,            /* sample rows that a thread takes at a time */
    GRID = 12               /* steps of the first search */
};
static const double even_share = 0.01; /* of an even guess in q */
static const double min_b = 0.1, max_b = 16;
/* Shares of the noise in T that are tried, and how much lower log b may be from
 * one to the next: less noise, less sharpness. */
static const double amounts[] = {0.6, 0.35, 0.2, 0.1, 0.05, 0.02};
static const double reach = 1.2;
/* The likelihood of a row whose terms are all lost to rounding. */
static const double min_match = 1e-100;
static const double nudge =
    0.05; /* step of log b and log noise for derivatives */

void wn_sharpness_logs(const double *row, size_t k, double *log_p)
{
    const double even = even_share / (double)k;
    double top = -INFINITY;

    for (size_t t = 0; t < k; t++) {
        log_p[t] = log((1 - even_share) * fmax(row[t], 0) + even);
        top = fmax(top, log_p[t]);
    }
    for (size_t t = 0; t < k; t++)
        log_p[t] -= top;
}

/* The rows of the fit, and scratch. */
struct sample {
    size_t n, k;
    float *log;                     /* n x k */
    int32_t *label;                 /* n */
    double *likelihood, *suspicion; /* a sum for each block */
    double *scratch;                /* threads x 2 k */
    int threads;
};

/* T with its cells off the diagonal times `noise`; without a channel the
 * identity but for even_share. */
struct trial {
    const struct wn_channel *channel;
    double log_b, noise;
};

struct outcome {
    double likelihood; /* its logarithm, summed over the rows */
    double suspicion;  /* mean */
};

/* The likelihood and the mean suspicion of the sample under a trial. */
static struct outcome try_fit(struct sample *sample, const struct trial *trial)
{
    const size_t blocks = (sample->n + BLOCK - 1) / BLOCK, k = sample->k;
    const double b = exp(trial->log_b);
    struct outcome outcome = {0, 0};

#pragma omp parallel for num_threads(sample->threads) schedule(static)
    for (size_t block = 0; block < blocks; block++) {
        double *scratch =
            sample->scratch + (size_t)omp_get_thread_num() * 2 * k;
        float *q = (float *)(scratch + k);
        double *given = trial->channel ? scratch : NULL;
        double stay = 1 - even_share, likelihood = 0, suspicion = 0;
        const size_t end = (block + 1) * BLOCK;
        size_t last = k;

        for (size_t r = block * BLOCK; r < end && r < sample->n; r++) {
            const float *log_p = sample->log + r * k;
            const size_t y = (size_t)sample->label[r];
            double sum = 0, match = 0;

            /* The rows come class after class. */
            if (given && y != last) {
                wn_channel_row(trial->channel, y, given);
                stay = 1 - trial->noise * (1 - given[y]);
                given[y] = 0;
            }
            last = y;
            for (size_t t = 0; t < k; t++)
                q[t] = (float)(b * (double)log_p[t]);
            wn_exp_rows(q, k);
            for (size_t t = 0; t < k; t++) {
                sum += (double)q[t];
                match += given ? (double)q[t] * given[t] : 0;
            }
            const double right = (double)q[y] * stay;
            match = right + (given ? trial->noise * match
                                   : even_share / (double)k * sum);
            match = fmax(match, min_match);
            likelihood += log(match / sum);
            suspicion += 1 - right / match;
        }
        sample->likelihood[block] = likelihood;
        sample->suspicion[block] = suspicion;
    }
    for (size_t block = 0; block < blocks; block++) {
        outcome.likelihood += sample->likelihood[block];
        outcome.suspicion += sample->suspicion[block];
    }
    outcome.suspicion /= (double)sample->n;
    return outcome;
}

static double likelihood(struct sample *sample, struct trial trial,
                         double log_b)
{
    trial.log_b = log_b;
    return try_fit(sample, &trial).likelihood;
}

/* The log b of the largest likelihood in low .. high, by golden sections. */
static double refine(struct sample *sample, struct trial trial, double low,
                     double high)
{
    const double golden = 0.6180339887498949;
    double a = high - golden * (high - low);
    double c = low + golden * (high - low);
    double at_a = likelihood(sample, trial, a);
    double at_c = likelihood(sample, trial, c);

    while (high - low > 0.01)
        if (at_a >= at_c) {
            high = c;
            c = a;
            at_c = at_a;
            a = high - golden * (high - low);
            at_a = likelihood(sample, trial, a);
        } else {
            low = a;
            a = c;
            at_a = at_c;
            c = low + golden * (high - low);
            at_c = likelihood(sample, trial, c);
        }
    return (low + high) / 2;
}

/* The log b of the largest likelihood: between the neighbours of the best point
 * of a geometric grid. */
static double fit_log_b(struct sample *sample, const struct wn_channel *channel)
{
    const double step = log(max_b / min_b) / GRID;
    const struct trial trial = {channel, 0, 1};
    double best = -INFINITY, at = 0;

    for (int g = 0; g <= GRID; g++) {
        const double log_b = log(min_b) + g * step;
        const double found = likelihood(sample, trial, log_b);

        if (found > best) {
            best = found;
            at = log_b;
        }
    }
    return refine(sample, trial, fmax(at - step, log(min_b)),
                  fmin(at + step, log(max_b)));
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
        trial.log_b = refine(
            sample, trial, fmax(trial.log_b - reach, log(min_b)), trial.log_b);
        found = try_fit(sample, &trial);
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
    size_t n = SAMPLE_CELLS / k;

    n = n < SAMPLE_ROWS ? SAMPLE_ROWS : n;
    n = n > MAX_CELLS / k ? MAX_CELLS / k : n;
    n = n < 1 ? 1 : n;
    n = n > all ? all : n;
    struct sample sample = {
        .n = n,
        .k = k,
        .log = wn_spill_new(wn_product(n, k, 1), sizeof(float)),
        .label = wn_spill_new(n, sizeof(int32_t)),
        .likelihood = wn_new(n / BLOCK + 1, sizeof(double)),
        .suspicion = wn_new(n / BLOCK + 1, sizeof(double)),
        .scratch = wn_new(wn_product((size_t)threads, k, 2), sizeof(double)),
        .threads = threads};
    /* One labelled row out of each of n equal stretches, at random, so that no
     * period in the data coincides with one in the sample. */
    wn_random_start(&random, 0, WN_RANDOM_SAMPLE, 0, 0);
    for (size_t r = 0; r < n; r++) {
        const size_t begin = r * all / n, end = (r + 1) * all / n;
        const size_t i =
            rows->row[begin + wn_random_below(&random, end - begin)];

        wn_sharpness_logs(wn_probability_row(p, i, scratch), k, scratch + k);
        for (size_t c = 0; c < k; c++)
            sample.log[r * k + c] = (float)scratch[k + c];
        sample.label[r] = label[i];
    }
    free(scratch);
    const double log_b = fit_log_b(&sample, channel);
    out->b_clean = exp(fit_log_b(&sample, NULL));
    out->b_noisy = exp(log_b);
    out->rate_sd = find_rate_sd(&sample, channel, log_b, evidence);
    fit_jointly(&sample, channel, log_b, (double)all, out);
    wn_spill_free(sample.log);
    wn_spill_free(sample.label);
    free(sample.likelihood);
    free(sample.suspicion);
    free(sample.scratch);
}
