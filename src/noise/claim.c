/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The claim from gain, interval and expectation; see claim.h. */
#include "noise/claim.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "noise/order_statistics.h"
#include "util/spill.h"
#include "util/memory.h"

#define LEVEL 2.326     /* one-sided 1 % of the normal distribution */
#define MIN_GAIN 0.01   /* of the entropy of the class shares */
#define MAX_REVIEW 0.02 /* of the rows, where classes overlap */
#define REACHES_0 0.005 /* a low end of the interval that counts as 0 */
#define SUREST 0.05 /* of the rows, whose mean largest probability must be */
#define SURE 0.8    /* this to tell noise from overlap in two classes */

const char wn_claim_names[] = "noise,overlap,nothing,expected,reviewed";

/* The mean over the labelled rows of log p[y] - log share[y]. */
static void measure_gain(const int32_t *label, const struct wn_probability *p,
                         struct wn_claim *out)
{
    double *share = wn_new(p->k, sizeof *share);
    double n = 0, sum = 0, squares = 0;

    for (size_t i = 0; i < p->n; i++)
        if (label[i] >= 0) {
            share[label[i]]++;
            n++;
        }
    out->entropy = 0;
    for (size_t c = 0; c < p->k; c++)
        if (share[c] > 0)
            out->entropy -= share[c] / n * log(share[c] / n);
    for (size_t i = 0; i < p->n; i++) {
        if (label[i] < 0)
            continue;
        const double at = wn_probability_at(p, i, (size_t)label[i]);
        const double gain = log(fmax(at, 1e-6)) - log(share[label[i]] / n);

        sum += gain;
        squares += gain * gain;
    }
    out->gain = n > 0 ? sum / n : 0;
    out->gain_sd =
        n > 1 ? sqrt(fmax(0, squares / n - out->gain * out->gain) / n) : 0;
    free(share);
}

/* The mean largest probability of the surest rows. */
static double measure_surest(const int32_t *label,
                             const struct wn_probability *p)
{
    const size_t limit = (size_t)(SUREST * (double)p->n) + 1;
    struct wn_top_k top = {.heap = wn_new(limit, sizeof *top.heap),
                           .limit = limit};
    double *scratch = wn_new(p->k, sizeof *scratch);
    double sum = 0;

    for (size_t i = 0; i < p->n; i++)
        if (label[i] >= 0) {
            const double *row = wn_probability_row(p, i, scratch);

            wn_top_k_offer(&top, -row[wn_argmax(row, p->k)], i);
        }
    for (size_t s = 0; s < top.count; s++)
        sum -= top.heap[s].key;
    const double mean = top.count ? sum / (double)top.count : 0;
    free(top.heap);
    free(scratch);
    return mean;
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
            suspicion->verdict[i].suspicion =
                shifted(suspicion->verdict[i].suspicion, low);
}

/* How many of the most suspicious rows to flag: the k with the largest expected
 * F1 = 2 S_k / (k + S_n), S_k the sum of the first k suspicions; or, with a
 * precision, the largest k with S_k / k at least that. */
static size_t count_flags(const int32_t *label, double precision,
                          const struct wn_suspicion *suspicion)
{
    const size_t n = suspicion->n;
    struct wn_ranked *ranked = wn_spill_new(n, sizeof *ranked);
    double all = 0, sum = 0, best = 0;
    size_t flags = 0;

    for (size_t i = 0; i < n; i++) {
        const double s = label[i] < 0 ? 0 : suspicion->verdict[i].suspicion;

        ranked[i] = (struct wn_ranked){-s, i};
        all += s;
    }
    wn_rank(ranked, n);
    for (size_t r = 0; r < n; r++) {
        const double size = (double)r + 1;

        sum -= ranked[r].key;
        if (precision >= 0 ? sum / size >= precision
                           : 2 * sum / (size + all) > best) {
            best = 2 * sum / (size + all);
            flags = r + 1;
        }
    }
    wn_spill_free(ranked);
    return flags;
}

void wn_claim_make(const int32_t *label, const struct wn_probability *p,
                   const struct wn_expectation *expectation,
                   struct wn_suspicion *suspicion, struct wn_claim *out)
{
    *out = (struct wn_claim){.kind = WN_CLAIM_NOISE, .max_flags = SIZE_MAX};
    measure_gain(label, p, out);
    if (expectation->low >= 0) {
        out->kind = WN_CLAIM_EXPECTED;
        suspicion->low = expectation->low;
        suspicion->high = expectation->high;
        suspicion->rate = (expectation->low + expectation->high) / 2;
        shift_to(label, suspicion->rate, suspicion);
    } else if (out->gain <= LEVEL * out->gain_sd ||
               out->gain < MIN_GAIN * out->entropy) {
        out->kind = WN_CLAIM_NOTHING;
        out->max_flags = 0;
        suspicion->low = 0;
        suspicion->high = 1;
        return;
    } else if (p->k == 2 && measure_surest(label, p) < SURE) {
        out->kind = WN_CLAIM_OVERLAP;
        suspicion->low = 0;
    } else if (suspicion->sharpness.overlap_weight > 0.5) {
        if (suspicion->low < REACHES_0)
            out->kind = WN_CLAIM_OVERLAP;
        else if (p->k == 2)
            out->max_flags = (size_t)(suspicion->low * (double)p->n);
    }
    if (out->kind == WN_CLAIM_OVERLAP)
        out->max_flags = (size_t)(MAX_REVIEW * (double)p->n);
    if (out->kind == WN_CLAIM_EXPECTED || expectation->precision >= 0) {
        const size_t flags =
            count_flags(label, expectation->precision, suspicion);

        if (flags < out->max_flags)
            out->max_flags = flags;
    }
}
