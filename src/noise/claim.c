/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The claim from gain, interval and expectation; see claim.h. */
#include "noise/claim.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "linalg/pointwise.h"
#include "noise/order_statistics.h"
#include "util/spill.h"
#include "util/memory.h"

#define LEVEL 2.326   /* one-sided 1 % of the normal distribution */
#define MIN_GAIN 0.01 /* of the entropy of the class shares */
/* Of mismatches that even errors do not explain: the weight of the reading that
 * they are errors, too, and how many wrong labels there may be for each
 * mismatch, because the models learned from the same labels. */
#define FOLLOWING 0.33
#define PROVEN 0.67 /* where some errors stand everywhere, or p was brought */
#define LEARNED 1.26
#define LEARNED_MORE 1.5 /* where clusters show errors */
#define UNPROVEN 0.7     /* the largest suspicion where no error is proven */
#define FEW 20           /* rows of a class that say little */
#define REACHES_0 0.01   /* a low end of the interval that counts as 0 */
#define MAX_REVIEW 0.02  /* of the rows, flagged where it does */
#define EVEN                                                                   \
    0.5 /* share of mismatches that even errors explain at least where         \
           the labels are said to be wrong */

const char wn_claim_names[] = "noise,overlap,nothing,expected,reviewed";

/* Shares of the class shares in what is compared with them: models that were
 * too sure of themselves, or never saw these labels, are a signal all the same.
 */
static const double shares[] = {0.01, 0.2, 0.5};

/* The mean over the labelled rows of log q[y] - log share[y], q a mixture of p
 * and the class shares, with the share of these that has the largest mean; its
 * error is that of the share `once` of the rows. */
static void measure_gain(const int32_t *label, const struct wn_probability *p,
                         double once, struct wn_claim *out)
{
    enum { TRIALS = sizeof shares / sizeof *shares, ROWS = 256 };
    double *share = wn_new(p->k, sizeof *share);
    double n = 0, sum[TRIALS] = {0}, squares[TRIALS] = {0};

    for (size_t i = 0; i < p->n; i++)
        if (label[i] >= 0) {
            share[label[i]]++;
            n++;
        }
    out->entropy = 0;
    for (size_t c = 0; c < p->k; c++)
        if (share[c] > 0)
            out->entropy -= share[c] / n * log(share[c] / n);
    for (size_t i = 0; i < p->n;) {
        double gain[TRIALS * ROWS];
        size_t rows = 0;

        for (; i < p->n && rows < ROWS; i++) {
            if (label[i] < 0)
                continue;
            const double ratio =
                wn_probability_at(p, i, (size_t)label[i]) * n / share[label[i]];

            for (size_t t = 0; t < TRIALS; t++)
                gain[t * ROWS + rows] = (1 - shares[t]) * ratio + shares[t];
            rows++;
        }
        for (size_t t = 0; t < TRIALS; t++) {
            wn_log_doubles(gain + t * ROWS, rows);
            for (size_t r = 0; r < rows; r++) {
                const double of = gain[t * ROWS + r];

                sum[t] += of;
                squares[t] += of * of;
            }
        }
    }
    out->gain = -INFINITY;
    for (size_t t = 0; t < TRIALS; t++) {
        const double mean = n > 0 ? sum[t] / n : 0;

        if (mean <= out->gain)
            continue;
        out->gain = mean;
        out->gain_sd =
            n > 1 ? sqrt(fmax(0, squares[t] / n - mean * mean) / (n * once))
                  : 0;
    }
    free(share);
}

static double shifted(double suspicion, double shift)
{
    const double s = fmin(fmax(suspicion, 1e-9), 1 - 1e-9);

    return 1 / (1 + exp(-(log(s / (1 - s)) + shift)));
}

/* Rows whose suspicion can change: with a label, and not settled at 0. */
static bool is_open(const int32_t *label, const struct wn_suspicion *suspicion,
                    size_t i)
{
    return label[i] >= 0 && suspicion->verdict[i].suspicion > 0;
}

/* Change a suspicion, and what the verdict says of the other classes with it.
 */
static void set_suspicion(int32_t label, size_t k, double value,
                          struct wn_verdict *verdict)
{
    if (k == 2) {
        verdict->best = value > 0.5 ? 1 - label : label;
        verdict->confidence = fmax(value, 1 - value);
    } else if (verdict->best == label) {
        verdict->confidence = 1 - value;
    } else {
        verdict->confidence *= value / verdict->suspicion;
    }
    verdict->suspicion = value;
}

/* Give the suspicions the mean `rate` over the labelled rows, by bisection of
 * the shift. */
static void shift_to(const int32_t *label, double rate,
                     struct wn_suspicion *suspicion)
{
    double low = -40, high = 40, rows = 0;

    for (size_t i = 0; i < suspicion->n; i++)
        rows += label[i] >= 0;
    for (int step = 0; step < 60; step++) {
        const double middle = (low + high) / 2;
        double sum = 0;

        for (size_t i = 0; i < suspicion->n; i++)
            if (is_open(label, suspicion, i))
                sum += shifted(suspicion->verdict[i].suspicion, middle);
        if (sum < rate * rows)
            low = middle;
        else
            high = middle;
    }
    for (size_t i = 0; i < suspicion->n; i++)
        if (is_open(label, suspicion, i))
            set_suspicion(label[i], suspicion->k,
                          shifted(suspicion->verdict[i].suspicion, low),
                          &suspicion->verdict[i]);
}

/* Where the logits of suspicions fall into bins. */
enum { BINS = 4096, STEPS = 50 };
static const double max_logit = 20.8; /* of a suspicion of 1 - 1e-9 */

static double logit_of(double suspicion)
{
    const double s = fmin(fmax(suspicion, 1e-9), 1 - 1e-9);

    return log(s / (1 - s));
}

/* Newton steps of bounded length for a and b of set_by_depth(). Each bin has
 * its rows, the sum of their logits, and the sum of their chances. */
static void fit_curve(const double *rows, const double *sum,
                      const double *chance, double most, double *a, double *b)
{
    for (int step = 0; step < STEPS; step++) {
        double slope[2] = {0, 0}, curve[3] = {1e-9, 0, 1e-9};

        for (size_t bin = 0; bin < BINS; bin++) {
            if (rows[bin] == 0)
                continue;
            const double x = sum[bin] / rows[bin];
            const double p = most / (1 + exp(-(*a + *b * x)));
            const double w = rows[bin] * fmax(p * (1 - p / most), 1e-9);
            const double rest = chance[bin] - rows[bin] * p;

            slope[0] += rest;
            slope[1] += rest * x;
            curve[0] += w;
            curve[1] += w * x;
            curve[2] += w * x * x;
        }
        const double det = curve[0] * curve[2] - curve[1] * curve[1];
        if (!(det > 1e-12))
            break;
        const double da = (curve[2] * slope[0] - curve[1] * slope[1]) / det;
        const double db = (curve[0] * slope[1] - curve[1] * slope[0]) / det;
        const double much = fmax(fabs(da) / 4, fabs(db) / 0.25);
        *a += da / fmax(much, 1);
        *b = fmax(*b + db / fmax(much, 1), 0.01);
        if (fabs(da) + fabs(db) < 1e-7)
            break;
    }
}

/* Fit most / (1 + exp(-a - b logit(suspicion))) to the chances that the depths
 * of the rows give them, and set the suspicions by it, with a and b such that
 * these and their products with the logit have the mean of the chances (for
 * most = 1 maximum likelihood: Platt 1999 with targets that are probabilities).
 * So the rows keep their order, and no suspicion is above what any depth gives.
 * `following` is the weight of the reading that every mismatch is an error. */
static void set_by_depth(const int32_t *label, const struct wn_overlap *overlap,
                         double following, struct wn_suspicion *suspicion)
{
    double most = UNPROVEN; /* of a suspicion */
    double *rows = wn_new(3 * BINS, sizeof *rows), *sum = rows + BINS,
           *chance = sum + BINS;
    /* Even errors in one class. */
    const double stray =
        overlap->rate * overlap->n / (double)(suspicion->k - 1);
    double a = 0, b = 1;

    for (size_t depth = 0; depth < WN_DEPTHS; depth++)
        if (overlap->mismatches[depth] > 0)
            most = fmax(most, (1 - following) * overlap->wrong_mismatch[depth] +
                                  following);
    for (size_t i = 0; i < suspicion->n; i++) {
        const uint8_t place = overlap->place[i];

        if (place & WN_NO_DEPTH)
            continue;
        const bool mismatch = place & WN_MISMATCH;
        const size_t depth = place & (WN_MISMATCH - 1);
        const double x = logit_of(suspicion->verdict[i].suspicion);
        const size_t bin =
            (size_t)((x + max_logit) / (2 * max_logit) * (BINS - 1));
        const double even = mismatch ? overlap->wrong_mismatch[depth]
                                     : overlap->wrong_match[depth];

        rows[bin]++;
        sum[bin] += x;
        chance[bin] += (1 - following) * even + (mismatch ? following : 0);
    }
    fit_curve(rows, sum, chance, most, &a, &b);
    free(rows);
    for (size_t i = 0; i < suspicion->n; i++) {
        struct wn_verdict *verdict = &suspicion->verdict[i];

        if (!is_open(label, suspicion, i))
            continue;
        const double m = suspicion->given[label[i]] * overlap->labelled;
        /* A class that is never predicted has no depth. All that is known of
         * its labels is the share of even errors, unless these alone would
         * give it as many rows. */
        const bool unknown =
            overlap->place[i] & WN_NO_DEPTH && m > stray + 2 * sqrt(stray);
        const double value =
            unknown ? overlap->rate
                    : most / (1 + exp(-(a + b * logit_of(verdict->suspicion))));
        /* m rows of a class say no more than m + 1 in m + 2 (Laplace). */
        set_suspicion(label[i], suspicion->k,
                      m < FEW ? fmin(value, (m + 1) / (m + 2)) : value,
                      verdict);
    }
}

/* Scale the joint, so that the wrong labels of each given class are the sum of
 * its suspicions, and take the rate from them. */
static void sum_up(const int32_t *label, struct wn_suspicion *suspicion)
{
    const struct wn_sparse *at = &suspicion->at;
    double *wrong = wn_new(suspicion->k, sizeof *wrong);
    double n = 0;

    suspicion->rate = 0;
    for (size_t i = 0; i < suspicion->n; i++)
        if (label[i] >= 0) {
            wrong[label[i]] += suspicion->verdict[i].suspicion;
            n++;
        }
    for (size_t c = 0; c < suspicion->k && n > 0; c++) {
        suspicion->rate += wrong[c] / n;
        if (!suspicion->joint)
            continue;
        double *own = &suspicion->joint[at->diagonal[c]];
        const double off = suspicion->given[c] - *own;
        const double scale = off > 0 ? wrong[c] / n / off : 1;

        for (size_t cell = at->begin[c]; cell < at->begin[c + 1]; cell++) {
            double *joint = &suspicion->joint[cell];
            const double old = *joint;

            *joint =
                joint == own ? suspicion->given[c] - wrong[c] / n : old * scale;
            suspicion->truth[at->column[cell]] += *joint - old;
        }
    }
    free(wrong);
}

/* What the mismatches say where the user says nothing. */
static void judge_by_depth(const int32_t *label, const struct wn_probability *p,
                           const struct wn_expectation *known, int threads,
                           struct wn_suspicion *suspicion, struct wn_claim *out)
{
    struct wn_overlap *overlap = &out->overlap;
    const double wider = 1 / sqrt(1 - known->copied);
    int32_t *open = wn_spill_new(p->n, sizeof *open);
    double labelled = 0, few = 0, unknown = 0, low;
    const double shown = wn_clusters_errors(&out->clusters, &low);

    for (size_t i = 0; i < p->n; i++) {
        open[i] = is_open(label, suspicion, i) ? label[i] : -1;
        labelled += label[i] >= 0;
    }
    /* Of m rows that all look right up to 1 - .05^(1/m) may be wrong. */
    for (size_t c = 0; c < p->k; c++) {
        const double m = round(suspicion->given[c] * labelled);

        if (m > 0 && m < FEW) {
            few += m;
            unknown += m * (1 - pow(0.05, 1 / m));
        }
    }
    wn_overlap_find(open, p, threads, overlap);
    wn_spill_free(open);
    overlap->labelled = labelled;
    /* Copies say nothing new. */
    if (overlap->low > 0)
        overlap->low =
            fmax(overlap->rate - wider * (overlap->rate - overlap->low), 0);
    overlap->high =
        fmin(overlap->rate + wider * (overlap->high - overlap->rate), 1);
    const double share = labelled > 0 ? overlap->n / labelled : 0;
    const double even =
        overlap->mismatch > 0 ? fmin(overlap->rate / overlap->mismatch, 1) : 1;
    const double high =
        fmin((shown > 0 ? LEARNED_MORE : LEARNED) * overlap->mismatch, 1);

    out->overlap_weight = 1 - fmax(even, shown);
    const double following =
        fmax(known->brought
                 ? PROVEN
                 : (overlap->low < REACHES_0 ? FOLLOWING : PROVEN) * (1 - even),
             shown > even ? (shown - even) / (1 - even) : 0);
    set_by_depth(label, overlap, following, suspicion);
    sum_up(label, suspicion);
    suspicion->low = fmin(fmax(overlap->low, low) * share, suspicion->rate);
    suspicion->high = fmax(
        share * (overlap->high + (1 - even) * fmax(high - overlap->high, 0)),
        suspicion->rate);
    if (few > 0) {
        suspicion->low *= 1 - few / labelled;
        suspicion->high += (1 - suspicion->high) * unknown / labelled;
    }
    if (1 - out->overlap_weight < EVEN || overlap->mismatch > wn_max_mismatch)
        out->kind = WN_CLAIM_OVERLAP;
    out->max_actions = (size_t)(suspicion->low * labelled);
    if (suspicion->low < REACHES_0) {
        out->max_actions = 0;
        out->max_flags = (size_t)(MAX_REVIEW * labelled);
    }
}

void wn_claim_make(const int32_t *label, const struct wn_probability *p,
                   const struct wn_clusters *clusters,
                   const struct wn_expectation *expectation, int threads,
                   struct wn_suspicion *suspicion, struct wn_claim *out)
{
    *out = (struct wn_claim){.kind = WN_CLAIM_NOISE,
                             .max_flags = SIZE_MAX,
                             .max_actions = SIZE_MAX,
                             .clusters = *clusters};
    measure_gain(label, p, 1 - expectation->copied, out);
    if (expectation->low >= 0) {
        out->kind = WN_CLAIM_EXPECTED;
        suspicion->low = expectation->low;
        suspicion->high = expectation->high;
        shift_to(label, (expectation->low + expectation->high) / 2, suspicion);
        sum_up(label, suspicion);
        suspicion->rate = (expectation->low + expectation->high) / 2;
    } else if (out->gain <= LEVEL * out->gain_sd ||
               out->gain < MIN_GAIN * out->entropy) {
        out->kind = WN_CLAIM_NOTHING;
        out->max_flags = 0;
        suspicion->low = 0;
        suspicion->high = 1;
        return;
    } else {
        judge_by_depth(label, p, expectation, threads, suspicion, out);
    }
    if (out->kind == WN_CLAIM_EXPECTED || expectation->precision >= 0) {
        const size_t flags =
            wn_rank_flags(&suspicion->verdict->suspicion, WN_VERDICT_STRIDE,
                          suspicion->n, expectation->precision, 0);

        if (flags < out->max_flags)
            out->max_flags = flags;
    }
}
