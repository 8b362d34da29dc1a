/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Temperature scaling through a noise matrix; see sharpness.h. */
#include "noise/sharpness.h"

#include <math.h>
#include <stdlib.h>

#include "linalg/pointwise.h"
#include "util/spill.h"
#include "util/memory.h"
#include "util/random.h"

enum {
    SAMPLE_CELLS = 1 << 19, /* probabilities that the fit looks at, */
    SAMPLE_ROWS = 4096,     /* but no fewer rows than that, */
    MOST_CELLS = 1 << 23,   /* except where they would be more than these */
    BLOCK = 256,            /* sample rows a thread takes at a time */
    GRID = 12               /* steps of the first look at the likelihood */
};
static const double even_share = 0.01; /* of an even guess in q */
static const double least_b = 0.1, most_b = 16;
/* Shares of the noise in T that are tried, and how much lower log b may be from
 * one to the next: less noise, less sharpness. */
static const double amounts[] = {0.6, 0.35, 0.2, 0.1, 0.05, 0.02};
static const double reach = 1.2;
/* Where all that could have given the label is lost to rounding. */
static const double least_match = 1e-100;
static const double nudge = 0.05; /* of log b and log noise in differences */

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

/* The rows that the fit looks at, and what it makes of them. */
struct sample {
    size_t n, k;
    float *log;                     /* n x k */
    int32_t *label;                 /* n */
    double *likelihood, *suspicion; /* a sum for each block */
    double *desk;                   /* threads x 2 k */
    int threads;
};

static void sharpness_free_sample(struct sample *sample)
{
    wn_spill_free(sample->log);
    wn_spill_free(sample->label);
    free(sample->likelihood);
    free(sample->suspicion);
    free(sample->desk);
}

static int make_sample(size_t all, size_t k, int threads, struct sample *sample)
{
    size_t rows = SAMPLE_CELLS / k;

    rows = rows < SAMPLE_ROWS ? SAMPLE_ROWS : rows;
    rows = rows > MOST_CELLS / k ? MOST_CELLS / k : rows;
    rows = rows < 1 ? 1 : rows;
    rows = rows > all ? all : rows;
    *sample = (struct sample){
        .n = rows,
        .k = k,
        .log = wn_spill_new(wn_product(rows, k, 1), sizeof(float)),
        .label = wn_spill_new(rows, sizeof(int32_t)),
        .likelihood = wn_new(rows / BLOCK + 1, sizeof(double)),
        .suspicion = wn_new(rows / BLOCK + 1, sizeof(double)),
        .desk = wn_new(wn_product((size_t)threads, k, 2), sizeof(double)),
        .threads = threads};
    return sample->log && sample->label && sample->likelihood &&
                   sample->suspicion && sample->desk
               ? 0
               : -1;
}

/* One labelled row out of each of n equal stretches, by its own stream, so
 * that no period in the data meets one in the sample. */
static int sharpness_draw_sample(const int32_t *label,
                                 const struct wn_probability *p, size_t all,
                                 const size_t *from, struct sample *sample)
{
    const size_t k = p->k;
    double *room = wn_new(wn_product(k, 2, 1), sizeof *room);
    struct wn_random random;

    wn_random_start(&random, 0, WN_RANDOM_SAMPLE, 0, 0);
    for (size_t r = 0; r < sample->n; r++) {
        const size_t begin = r * all / sample->n;
        const size_t end = (r + 1) * all / sample->n;
        const size_t i = from[begin + wn_random_below(&random, end - begin)];

        wn_sharpness_logs(wn_probability_row(p, i, room), k, room + k);
        for (size_t c = 0; c < k; c++)
            sample->log[r * k + c] = (float)room[k + c];
        sample->label[r] = label[i];
    }
    free(room);
    return 0;
}

/* What is tried: T with its off-diagonals times `noise`; NULL is the
 * identity but for a doubt. */
struct trial {
    const struct wn_channel *channel;
    double log_b, noise;
};

static void sharpness_look_at_block(struct sample *sample, size_t block,
                                    const struct trial *trial, double *desk)
{
    const size_t k = sample->k, end = (block + 1) * BLOCK;
    const double b = exp(trial->log_b);
    float *q = (float *)(desk + k);
    double *given = trial->channel ? desk : NULL;
    double stay = 1 - even_share, likelihood = 0, suspicion = 0;
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
        match = right +
                (given ? trial->noise * match : even_share / (double)k * sum);
        match = fmax(match, least_match);
        likelihood += log(match / sum);
        suspicion += 1 - right / match;
    }
    sample->likelihood[block] = likelihood;
    sample->suspicion[block] = suspicion;
}

struct look {
    double likelihood; /* its logarithm, summed over the rows */
    double suspicion;  /* mean */
};

static struct look sharpness_look(struct sample *sample,
                                  const struct trial *trial)
{
    const size_t blocks = (sample->n + BLOCK - 1) / BLOCK;
    struct look look = {0, 0};

#pragma omp parallel for num_threads(sample->threads) schedule(static)
    for (int w = 0; w < sample->threads; w++)
        for (size_t block = (size_t)w; block < blocks;
             block += (size_t)sample->threads)
            sharpness_look_at_block(sample, block, trial,
                                    sample->desk + (size_t)w * 2 * sample->k);
    for (size_t block = 0; block < blocks; block++) {
        look.likelihood += sample->likelihood[block];
        look.suspicion += sample->suspicion[block];
    }
    look.suspicion /= (double)sample->n;
    return look;
}

static double likelihood(struct sample *sample, struct trial trial,
                         double log_b)
{
    trial.log_b = log_b;
    return sharpness_look(sample, &trial).likelihood;
}

/* Golden sections of low .. high to the log b of the largest likelihood. */
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

/* The logarithm of the likeliest b: between the neighbours of the best of a
 * geometric grid. */
static double sharpness_fit(struct sample *sample,
                            const struct wn_channel *channel)
{
    const double step = log(most_b / least_b) / GRID;
    const struct trial trial = {channel, 0, 1};
    double best = -INFINITY, at = 0;

    for (int g = 0; g <= GRID; g++) {
        const double log_b = log(least_b) + g * step;
        const double found = likelihood(sample, trial, log_b);

        if (found > best) {
            best = found;
            at = log_b;
        }
    }
    return refine(sample, trial, fmax(at - step, log(least_b)),
                  fmin(at + step, log(most_b)));
}

/* The delta method: how the mean suspicion moves with log b, whose variance
 * is one over the curvature of the likelihood, and with the noise in T, whose
 * relative variance is one over the rows it was counted from. */
static double find_doubt(struct sample *sample,
                         const struct wn_channel *channel, double log_b,
                         double evidence)
{
    struct trial trial = {channel, log_b, 1};
    const struct look here = sharpness_look(sample, &trial);
    trial.log_b = log_b - nudge;
    const struct look less = sharpness_look(sample, &trial);
    trial.log_b = log_b + nudge;
    const struct look more = sharpness_look(sample, &trial);
    trial = (struct trial){channel, log_b, exp(-nudge)};
    const struct look quiet = sharpness_look(sample, &trial);
    const double curvature =
        (2 * here.likelihood - less.likelihood - more.likelihood) /
        (nudge * nudge);
    const double by_b = (more.suspicion - less.suspicion) / (2 * nudge);
    const double by_noise = (here.suspicion - quiet.suspicion) / nudge;

    /* A likelihood that is flat says nothing of b: an octave. */
    return sqrt(by_b * by_b / fmax(curvature, 1) +
                by_noise * by_noise / fmax(evidence, 1));
}

/* Fit how much noise there is, too. Where T tells it all, that comes to the
 * same: less noise makes the labels likelier only where the unlikely ones are
 * those of rows that are in doubt. */
static void find_strain(struct sample *sample, const struct wn_channel *channel,
                        double log_b, double rows, struct wn_sharpness *out)
{
    struct trial trial = {channel, log_b, 1};
    struct look found = sharpness_look(sample, &trial);
    const double bound = found.likelihood;
    double best = bound;

    out->loose = found.suspicion;
    for (size_t step = 0; step < sizeof amounts / sizeof *amounts; step++) {
        trial.noise = amounts[step];
        trial.log_b =
            refine(sample, trial, fmax(trial.log_b - reach, log(least_b)),
                   trial.log_b);
        found = sharpness_look(sample, &trial);
        if (found.likelihood > best) {
            best = found.likelihood;
            out->loose = found.suspicion;
        }
    }
    const double gain = (best - bound) * rows / (double)sample->n;
    out->strain = 1 / (1 + sqrt(rows) * exp(-gain));
}

int wn_sharpness_fit(const int32_t *label, const struct wn_probability *p,
                     const struct wn_rows_by_class *members,
                     const struct wn_channel *channel, double evidence,
                     int threads, struct wn_sharpness *out)
{
    const size_t all = p->n - wn_rows_by_class_count(members, p->k);
    struct sample sample = {0};
    int status = -1;

    if (make_sample(all, p->k, threads, &sample) ||
        sharpness_draw_sample(label, p, all, members->row, &sample))
        goto done;
    const double log_b = sharpness_fit(&sample, channel);
    out->plain = exp(sharpness_fit(&sample, NULL));
    out->fitted = exp(log_b);
    out->doubt = find_doubt(&sample, channel, log_b, evidence);
    find_strain(&sample, channel, log_b, (double)all, out);
    status = 0;
done:
    sharpness_free_sample(&sample);
    return status;
}
