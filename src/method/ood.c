/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ood: how little a row looks like any class, by its probabilities.
 *
 * The paper's scores are low for such rows, so they are turned: the entropy
 * over log k, or 1 - the largest probability, of probabilities adjusted for the
 * confidence of the classes (p - t + max t, made to sum to 1; t the mean of p_c
 * over the rows labelled c, classes without a row left out of the maximum); or
 * GEN, which takes softmax of the probabilities once more. See
 * winnow-methods(7). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "method/method.h"
#include "util/memory.h"

static const double gen_power = .1;

/* The thresholds of the classes into t; those without a row get the largest
 * one, so that they are adjusted by nothing. */
static int ood_find_thresholds(const struct wn_view *view, double *t)
{
    const size_t k = view->k;
    size_t *rows = wn_new(k, sizeof *rows);
    double most = 0;

    for (size_t i = 0; i < view->n; i++)
        if (view->label[i] >= 0) {
            const size_t y = (size_t)view->label[i];

            t[y] += (double)view->probability[i * k + y];
            rows[y]++;
        }
    for (size_t c = 0; c < k; c++) {
        t[c] = rows[c] ? fmax(t[c] / (double)rows[c], 2e-6) : 0;
        most = fmax(most, t[c]);
    }
    for (size_t c = 0; c < k; c++)
        t[c] = rows[c] ? t[c] : most;
    free(rows);
    return 0;
}

/* p of one row, adjusted by thresholds t. */
static void adjust(const float *p, const double *t, size_t k, double *out)
{
    double most = 0, sum = 0;

    for (size_t c = 0; c < k; c++)
        most = fmax(most, t[c]);
    for (size_t c = 0; c < k; c++)
        sum += out[c] = p[c] - t[c] + most;
    for (size_t c = 0; c < k; c++)
        out[c] = sum > 0 ? out[c] / sum : 1 / (double)k;
}

static double entropy(const double *p, size_t k)
{
    double sum = 0;

    for (size_t c = 0; c < k; c++)
        sum -= p[c] > 0 ? p[c] * log(p[c]) : 0;
    return k > 1 ? fmin(fmax(sum / log((double)k), 0), 1) : 0;
}

static double doubt(const double *p, size_t k)
{
    double most = 0;

    for (size_t c = 0; c < k; c++)
        most = fmax(most, p[c]);
    return 1 - most;
}

static int descending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x < y) - (x > y);
}

/* The sum over the `most` largest of q = softmax(p) of (q (1 - q))^.1, over
 * `most`, which GEN takes from 1. Liu, Lochman and Zach 2023. p is spoiled. */
static double generalised(double *p, size_t k, size_t most)
{
    double total = 0, sum = 0;

    for (size_t c = 0; c < k; c++)
        total += p[c] = exp(p[c]);
    qsort(p, k, sizeof *p, descending);
    for (size_t c = 0; c < k && c < most; c++) {
        const double q = p[c] / total;

        sum += pow(q * (1 - q), gen_power);
    }
    return sum / (double)most;
}

static int ood_score(const struct wn_view *view,
                     const struct wn_options *options, float *out,
                     float *spread, struct wn_error *error)
{
    const size_t k = view->k;
    const char *by = wn_option_text(options, "ood-by");
    const bool gen = strcmp(by, "gen") == 0;
    const size_t top = (size_t)wn_option_number(options, "ood-top");
    const bool plain = gen || wn_option_on(options, "ood-plain");
    double *t = wn_new(k, sizeof *t);
    double *p = wn_new(k, sizeof *p);
    int status = -1;

    (void)spread;
    if (!t || !p || (!plain && ood_find_thresholds(view, t)))
        goto done;
    for (size_t i = 0; i < view->n; i++) {
        const float *row = view->probability + i * k;

        for (size_t c = 0; c < k; c++)
            p[c] = row[c];
        if (!plain)
            adjust(row, t, k, p);
        out[i] = (float)(gen                          ? generalised(p, k, top)
                         : strcmp(by, "entropy") == 0 ? entropy(p, k)
                                                      : doubt(p, k));
    }
    status = 0;
done:
    free(t);
    free(p);
    return status;
}

/* clang-format off */
static const struct wn_option knobs[] = {
    {.name = "ood-by", .kind = WN_CHOICE, .value = "NAME",
     .standard = "entropy", .choices = "entropy|least_confidence|gen",
     .recorded = true, .help = "what ood makes of the probabilities"},
    {.name = "ood-plain", .kind = WN_FLAG, .recorded = true,
     .help = "ood takes the probabilities as they are"},
    {.name = "ood-top", .kind = WN_WHOLE, .value = "M", .standard = "100",
     .low = 1, .high = 1000000, .recorded = true,
     .help = "classes that gen looks at"},
    {0}};

const struct wn_method wn_method_ood = {
    .name = "ood",
    .brief = "how little the row looks like any class",
    .source = "Kuan and Mueller 2022; Liu, Lochman and Zach 2023",
    .needs = WN_NEEDS_PROBABILITY,
    .knobs = knobs,
    .score = ood_score,
};
/* clang-format on */
