/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Thresholds give counts, and counts give matrices; see confident.h. */
#include "noise/confident.h"

#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/spill.h"
#include "util/memory.h"
#include "util/parallel.h"
#include "util/simd.h"

static const double floor_threshold = 2e-6;
static const double absent_threshold = 2;

static double at_least(double x, double least)
{
    return x > least ? x : least;
}

int wn_predicts(const double *row, size_t k, int32_t label)
{
    const size_t y = (size_t)label;
    const double own = row[y] + WN_SLACK;

    for (size_t c = 0; c < k; c++)
        if (c < y ? row[c] >= own : c > y && row[c] > own)
            return 0;
    return 1;
}

struct remainder {
    double cut;
    size_t at;
};

static int by_cut(const void *a, const void *b)
{
    const struct remainder *x = a, *y = b;

    if (x->cut != y->cut)
        return x->cut < y->cut ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

void wn_round_sum(const double *x, size_t m, int64_t *out)
{
    struct remainder *order = NULL;
    double total = 0;
    int64_t sum = 0;

    for (size_t c = 0; c < m; c++) {
        total += x[c];
        out[c] = (int64_t)rint(x[c]);
        sum += out[c];
    }
    for (int64_t missing = (int64_t)rint(total) - sum; missing;) {
        const size_t most = (size_t)(missing < 0 ? -missing : missing);
        const size_t units = most > m ? m : most;

        if (!order)
            order = wn_new(m, sizeof *order);
        for (size_t c = 0; c < m; c++)
            order[c] = (struct remainder){x[c] - (double)out[c], c};
        qsort(order, m, sizeof *order, by_cut);
        for (size_t u = 0; u < units; u++)
            if (missing > 0)
                out[order[m - 1 - u].at]++;
            else
                out[order[u].at]--;
        missing += missing > 0 ? -(int64_t)units : (int64_t)units;
    }
    free(order);
}

static double row_sum(const struct wn_sparse *at, const int64_t *joint,
                      size_t s)
{
    int64_t sum = 0;

    for (size_t cell = at->begin[s]; cell < at->begin[s + 1]; cell++)
        sum += joint[cell];
    return at_least((double)sum, WN_TINY);
}

/* A value of a k x k matrix and its place in the order of memory. */
struct placed {
    size_t place;
    double value;
};

enum { LEAF = 128, LANES = 8 };

/* The sum of the places `from` to `end` of a matrix whose other values are 0,
 * in the floating order of numpy.sum: halves down to LEAF places, in a leaf
 * LANES sums side by side. *next is the first value in there and moves behind
 * the last. */
static double sum_in_halves(const struct placed **next,
                            const struct placed *all, size_t from, size_t end)
{
    const size_t n = end - from, half = n / 2 - n / 2 % LANES;
    const size_t even = n < LANES ? 0 : n - n % LANES;
    double lane[LANES] = {0};

    if (*next == all || (*next)->place >= end)
        return 0;
    if (n > LEAF) {
        const double left = sum_in_halves(next, all, from, from + half);

        return left + sum_in_halves(next, all, from + half, end);
    }
    for (; *next < all && (*next)->place < from + even; ++*next)
        lane[((*next)->place - from) % LANES] += (*next)->value;
    double sum = ((lane[0] + lane[1]) + (lane[2] + lane[3])) +
                 ((lane[4] + lane[5]) + (lane[6] + lane[7]));
    for (; *next < all && (*next)->place < end; ++*next)
        sum += (*next)->value;
    return sum;
}

/* Scale the counts joint so that its rows sum to count[k], and round each row
 * so that they still do. Rounding never moves a cell that is 0. Counts often
 * scale to halves, and the last bit of their sum decides where these go; so the
 * sum runs in the reference's order, true class by true class. */
static void calibrate(const struct wn_sparse *at, const int64_t *joint,
                      const size_t *count, int64_t *out)
{
    const size_t k = at->k;
    double *scaled = wn_new(at->cells, sizeof *scaled), n = 0;
    struct placed *placed = wn_new(at->cells, sizeof *placed);
    size_t *begin = wn_new(k + 1, sizeof *begin);

    for (size_t cell = 0; cell < at->cells; cell++)
        begin[at->column[cell] + 1]++;
    for (size_t t = 0; t < k; t++)
        begin[t + 1] += begin[t];
    for (size_t s = 0; s < k; s++) {
        const double sum = row_sum(at, joint, s);

        for (size_t cell = at->begin[s]; cell < at->begin[s + 1]; cell++) {
            const size_t t = (size_t)at->column[cell];

            scaled[cell] = (double)joint[cell] / sum * (double)count[s];
            placed[begin[t]++] = (struct placed){t * k + s, scaled[cell]};
        }
        n += (double)count[s];
    }
    const struct placed *next = placed;
    const double total =
        at_least(sum_in_halves(&next, placed + at->cells, 0, k * k), WN_TINY);
    for (size_t cell = 0; cell < at->cells; cell++)
        scaled[cell] = scaled[cell] / total * n;
    for (size_t s = 0; s < k; s++)
        wn_round_sum(scaled + at->begin[s], at->begin[s + 1] - at->begin[s],
                     out + at->begin[s]);
    free(scaled);
    free(placed);
    free(begin);
}

/* What the rows of a thread count. */
struct tally {
    double *scratch;            /* k: a row */
    size_t issues;              /* as in struct wn_noise */
    size_t *confident, *differ; /* k, by given class: rows with a confident
                                   prediction, and those where it is not the
                                   label */
};

/* What a row's probabilities are as a whole. */
struct bounds {
    int64_t valid, confident; /* whether all are; of how many classes */
    double top;
};

WN_MULTIVERSION static struct bounds
measure_row(const double *row, const double *threshold, size_t k)
{
    const size_t even = k - k % LANES;
    int64_t bad[LANES] = {0}, confident[LANES] = {0};
    double top[LANES];
    struct bounds bounds = {0, 0, row[0]};

    for (size_t l = 0; l < LANES; l++)
        top[l] = row[0];
    /* A NaN fails all comparisons. */
    for (size_t c = 0; c < even; c += LANES) {
#pragma omp simd
        for (size_t l = 0; l < LANES; l++) {
            const double p = row[c + l];

            bad[l] |= !((p >= -WN_SLACK) & (p <= 1 + WN_SLACK));
            confident[l] += p >= threshold[c + l] - WN_SLACK;
            top[l] = p > top[l] ? p : top[l];
        }
    }
    for (size_t c = even; c < k; c++) {
        bad[0] |= !(row[c] >= -WN_SLACK && row[c] <= 1 + WN_SLACK);
        confident[0] += row[c] >= threshold[c] - WN_SLACK;
        top[0] = row[c] > top[0] ? row[c] : top[0];
    }
    for (size_t l = 0; l < LANES; l++) {
        bounds.valid |= bad[l];
        bounds.confident += confident[l];
        bounds.top = top[l] > bounds.top ? top[l] : bounds.top;
    }
    bounds.valid = !bounds.valid;
    return bounds;
}

/* The class that row[k] with label y counts as, or -1: the class it is
 * confident of; if there are several, its prediction, even where that is not
 * among them. Returns 0, or -1 if the row is not of probabilities. */
static int guess_row(const double *row, int32_t y, struct wn_noise *noise,
                     struct tally *tally, int32_t *guess)
{
    const size_t k = noise->k;
    const struct bounds bounds = measure_row(row, noise->threshold, k);

    *guess = -1;
    if (!bounds.valid)
        return -1;
    if (y < 0 || !bounds.confident)
        return 0;
    size_t prediction = 0, last = 0;
    while (row[prediction] < bounds.top)
        prediction++;
    if (bounds.confident > 1)
        last = prediction;
    else
        while (row[last] < noise->threshold[last] - WN_SLACK)
            last++;
    *guess = (int32_t)last;
    tally->issues += *guess != y && !wn_predicts(row, k, y);
    if (row[prediction] >= noise->threshold[prediction] - WN_SLACK) {
        tally->confident[y]++;
        tally->differ[y] += prediction != (size_t)y;
    }
    return 0;
}

/* Find the class that each row counts as, and count the issues. */
static int guess_rows(const int32_t *label, const struct wn_probability *p,
                      int threads, struct wn_noise *noise,
                      struct wn_error *error)
{
    const size_t blocks = wn_block_count(p->n), k = p->k;
    size_t *first_bad = wn_new(blocks, sizeof *first_bad); /* or n */
    struct tally *tallies = wn_new((size_t)threads, sizeof *tallies);
    double calibrated = 0;
    size_t bad = p->n;

    for (int t = 0; t < threads; t++)
        tallies[t] = (struct tally){wn_new(k, sizeof(double)), 0,
                                    wn_new(k, sizeof(size_t)),
                                    wn_new(k, sizeof(size_t))};
#pragma omp parallel for num_threads(threads) schedule(static)
    for (size_t b = 0; b < blocks; b++) {
        struct tally *tally = &tallies[omp_get_thread_num()];
        const size_t end = wn_block_end(b, p->n);

        first_bad[b] = p->n;
        for (size_t i = wn_block_begin(b); i < end; i++)
            if (guess_row(wn_probability_row(p, i, tally->scratch), label[i],
                          noise, tally, &noise->guess[i])) {
                first_bad[b] = i;
                break;
            }
    }
    for (size_t b = 0; b < blocks && bad == p->n; b++)
        bad = first_bad[b];
    for (size_t c = 0; c < k; c++) {
        double confident = 0, differ = 0;

        for (int t = 0; t < threads; t++) {
            confident += (double)tallies[t].confident[c];
            differ += (double)tallies[t].differ[c];
            noise->issues_batched += tallies[t].differ[c];
        }
        calibrated +=
            differ * (double)noise->count[c] / at_least(confident, 1e-6);
    }
    noise->issues_batched_calibrated = (size_t)rint(calibrated);
    for (int t = 0; t < threads; t++) {
        noise->issues += tallies[t].issues;
        free(tallies[t].scratch);
        free(tallies[t].confident);
        free(tallies[t].differ);
    }
    free(tallies);
    free(first_bad);
    if (bad == p->n)
        return 0;
    size_t c = 0;
    while (wn_probability_at(p, bad, c) >= -WN_SLACK &&
           wn_probability_at(p, bad, c) <= 1 + WN_SLACK)
        c++;
    return wn_fail(error, WN_EDATA,
                   "row %zu of probability: found %g for class %zu, wanted "
                   "0 to 1",
                   bad, wn_probability_at(p, bad, c), c);
}

/* Limit the cells off the diagonal to 0 .. .9999, then scale each column (true
 * class) or each row to sum to 1; zeros stay. sum[k] is scratch. */
static void clip(const struct wn_sparse *at, bool columns, double *value,
                 double *sum)
{
    memset(sum, 0, at->k * sizeof *sum);
    for (size_t s = 0; s < at->k; s++)
        for (size_t cell = at->begin[s]; cell < at->begin[s + 1]; cell++) {
            double *x = &value[cell];

            if (cell != at->diagonal[s])
                *x = *x < 0 ? 0 : *x > 0.9999 ? 0.9999 : *x;
            sum[columns ? (size_t)at->column[cell] : s] += *x;
        }
    for (size_t s = 0; s < at->k; s++)
        for (size_t cell = at->begin[s]; cell < at->begin[s + 1]; cell++)
            value[cell] /=
                at_least(sum[columns ? (size_t)at->column[cell] : s], WN_TINY);
}

static void normalise(double *prior, size_t k, double least)
{
    double sum = 0;

    for (size_t c = 0; c < k; c++) {
        prior[c] = prior[c] < least ? least : prior[c] > 1 ? 1 : prior[c];
        sum += prior[c];
    }
    for (size_t c = 0; c < k; c++)
        prior[c] /= sum;
}

static double given_share(const struct wn_noise *noise, size_t c)
{
    return (double)noise->count[c] / (double)noise->n;
}

static void prior_by_count(struct wn_noise *noise)
{
    const size_t k = noise->k, *diagonal = noise->at.diagonal;

    for (size_t c = 0; c < k; c++)
        noise->prior[c] = noise->inverse[diagonal[c]] /
                          at_least(noise->matrix[diagonal[c]], WN_TINY) *
                          given_share(noise, c);
    normalise(noise->prior, k, 1e-6);
}

/* Count the confident joint, calibrate it, and derive the joint, the matrix and
 * the inverse. Leaves the column sums of the calibrated counts in
 * noise->prior. */
static void count_joint(const int32_t *label, size_t n, struct wn_noise *noise)
{
    struct wn_sparse *at = &noise->at;
    double trace = 0;

    wn_sparse_make(at, noise->k, label, noise->guess, n);
    noise->raw = wn_new(at->cells, sizeof *noise->raw);
    noise->calibrated = wn_new(at->cells, sizeof *noise->calibrated);
    noise->joint = wn_new(at->cells, sizeof *noise->joint);
    noise->matrix = wn_new(at->cells, sizeof *noise->matrix);
    noise->inverse = wn_new(at->cells, sizeof *noise->inverse);
    for (size_t i = 0; i < n; i++) {
        if (noise->guess[i] < 0)
            continue;
        noise->raw[wn_sparse_find(at, (size_t)label[i],
                                  (size_t)noise->guess[i])]++;
        noise->off_diagonal += noise->guess[i] != label[i];
    }
    for (size_t c = 0; c < noise->k; c++)
        if (noise->raw[at->diagonal[c]] < 1)
            noise->raw[at->diagonal[c]] = 1;
    calibrate(at, noise->raw, noise->count, noise->calibrated);
    for (size_t cell = 0; cell < at->cells; cell++)
        noise->prior[at->column[cell]] += (double)noise->calibrated[cell];
    for (size_t s = 0; s < noise->k; s++) {
        for (size_t cell = at->begin[s]; cell < at->begin[s + 1]; cell++) {
            const double a = (double)noise->calibrated[cell];

            noise->joint[cell] = a / (double)noise->n;
            noise->matrix[cell] =
                a / at_least(noise->prior[at->column[cell]], WN_TINY);
            noise->inverse[cell] =
                a / at_least((double)noise->count[s], WN_TINY);
        }
        trace += noise->joint[at->diagonal[s]];
    }
    noise->rate = at_least(1 - trace, 0);
    noise->issues_calibrated = (size_t)rint(noise->rate * (double)noise->n);
}

/* Solve matrix x prior = ps by elimination with row pivots. */
static int prior_by_equation(struct wn_noise *noise, struct wn_error *error)
{
    const size_t k = noise->k, width = k + 1;
    const struct wn_sparse *at = &noise->at;
    double *system = wn_spill_new(k * width, sizeof *system);
    int status = 0;

    for (size_t r = 0; r < k; r++) {
        for (size_t cell = at->begin[r]; cell < at->begin[r + 1]; cell++)
            system[r * width + (size_t)at->column[cell]] = noise->matrix[cell];
        system[r * width + k] = given_share(noise, r);
    }
    for (size_t c = 0; c < k; c++) {
        double *pivot = system + c * width;
        size_t best = c;

        for (size_t r = c + 1; r < k; r++)
            if (fabs(system[r * width + c]) > fabs(system[best * width + c]))
                best = r;
        if (fabs(system[best * width + c]) < 1e-12) {
            status = wn_fail(error, WN_ENUMERIC,
                             "the noise matrix is singular at class %zu (is "
                             "the class absent?); use another prior",
                             c);
            break;
        }
        for (size_t j = c; best != c && j < width; j++) {
            const double swap = pivot[j];

            pivot[j] = system[best * width + j];
            system[best * width + j] = swap;
        }
        for (size_t r = 0; r < k; r++) {
            const double f = system[r * width + c] / pivot[c];

            for (size_t j = c; r != c && j < width; j++)
                system[r * width + j] -= f * pivot[j];
        }
    }
    for (size_t c = 0; c < k && status == 0; c++)
        noise->prior[c] = system[c * width + k] / system[c * width + c];
    wn_spill_free(system);
    return status;
}

/* Find the prior from the matrices before they are clipped. noise->prior first
 * holds the column sums of the calibrated counts. */
static int find_prior(struct wn_noise *noise, enum wn_prior prior,
                      struct wn_error *error)
{
    const size_t k = noise->k;

    switch (prior) {
    case WN_PRIOR_COUNT:
        prior_by_count(noise);
        return 0;
    case WN_PRIOR_EQUATION:
        if (prior_by_equation(noise, error))
            return -1;
        break;
    case WN_PRIOR_MARGINAL:
        for (size_t c = 0; c < k; c++)
            noise->prior[c] /= (double)noise->n;
        break;
    case WN_PRIOR_PRODUCT:
        memset(noise->prior, 0, k * sizeof *noise->prior);
        for (size_t s = 0; s < k; s++)
            for (size_t cell = noise->at.begin[s];
                 cell < noise->at.begin[s + 1]; cell++)
                noise->prior[noise->at.column[cell]] +=
                    noise->inverse[cell] * given_share(noise, s);
        break;
    }
    normalise(noise->prior, k, 1e-6);
    return 0;
}

/* Iterate prior, matrix and inverse to agreement: 3 x 5 rounds. */
static void converge(struct wn_noise *noise, double *scratch)
{
    const struct wn_sparse *at = &noise->at;
    const size_t k = noise->k;

    for (int round = 0; round < 3; round++) {
        for (int step = 0; step < 5; step++) {
            for (size_t s = 0; s < k; s++)
                for (size_t cell = at->begin[s]; cell < at->begin[s + 1];
                     cell++)
                    noise->inverse[cell] =
                        noise->matrix[cell] * noise->prior[at->column[cell]] /
                        at_least(given_share(noise, s), WN_TINY);
            clip(at, false, noise->inverse, scratch);
            prior_by_count(noise);
        }
        for (size_t s = 0; s < k; s++)
            for (size_t cell = at->begin[s]; cell < at->begin[s + 1]; cell++)
                noise->matrix[cell] =
                    noise->inverse[cell] * given_share(noise, s) /
                    at_least(noise->prior[at->column[cell]], WN_TINY);
        clip(at, true, noise->matrix, scratch);
    }
    normalise(noise->prior, k, 1e-5);
    clip(at, true, noise->matrix, scratch);
    clip(at, false, noise->inverse, scratch);
}

int wn_noise_estimate(const int32_t *label, const struct wn_probability *p,
                      const struct wn_noise_settings *settings,
                      struct wn_noise *noise, struct wn_error *error)
{
    *noise = (struct wn_noise){0};
    if (p->k < 2)
        return wn_fail(error, WN_EDATA,
                       "%zu class, wanted at least 2 to estimate label noise",
                       p->k);
    if (settings->prior == WN_PRIOR_EQUATION && p->k > WN_EQUATION_CLASSES)
        return wn_fail(error, WN_EUSAGE,
                       "the prior by equation takes a dense matrix: found %zu "
                       "classes, wanted at most %d; use another prior",
                       p->k, WN_EQUATION_CLASSES);
    *noise =
        (struct wn_noise){.k = p->k,
                          .count = wn_new(p->k, sizeof *noise->count),
                          .threshold = wn_new(p->k, sizeof *noise->threshold),
                          .prior = wn_new(p->k, sizeof *noise->prior),
                          .guess = wn_spill_new(p->n, sizeof *noise->guess)};
    /* The size of each class and its mean self-confidence, summed in row
     * order. */
    for (size_t i = 0; i < p->n; i++) {
        if (label[i] < -1 || (label[i] >= 0 && (size_t)label[i] >= p->k)) {
            wn_fail(error, WN_EDATA, "row %zu: label %d, wanted -1 to %zu", i,
                    (int)label[i], p->k - 1);
            goto fail;
        }
        if (label[i] < 0)
            continue;
        noise->count[label[i]]++;
        noise->n++;
        noise->threshold[label[i]] += wn_probability_at(p, i, (size_t)label[i]);
    }
    if (!noise->n) {
        wn_fail(error, WN_EDATA, "no row has a label");
        goto fail;
    }
    for (size_t c = 0; c < p->k; c++)
        noise->threshold[c] =
            settings->threshold ? settings->threshold[c]
            : noise->count[c]
                ? at_least(noise->threshold[c] / (double)noise->count[c],
                           floor_threshold)
                : absent_threshold;
    if (guess_rows(label, p, settings->threads, noise, error))
        goto fail;
    count_joint(label, p->n, noise);
    if (find_prior(noise, settings->prior, error))
        goto fail;
    double *scratch = wn_new(p->k, sizeof *scratch);
    clip(&noise->at, true, noise->matrix, scratch);
    clip(&noise->at, false, noise->inverse, scratch);
    if (settings->converge)
        converge(noise, scratch);
    free(scratch);
    noise->health = 1 - (double)noise->issues / (double)noise->n;
    return 0;
fail:
    wn_noise_free(noise);
    return -1;
}

void wn_noise_free(struct wn_noise *noise)
{
    free(noise->count);
    free(noise->threshold);
    wn_spill_free(noise->guess);
    wn_sparse_free(&noise->at);
    free(noise->raw);
    free(noise->calibrated);
    free(noise->joint);
    free(noise->matrix);
    free(noise->inverse);
    free(noise->prior);
    *noise = (struct wn_noise){0};
}
