/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check outlier: rows far from everything.
 *
 * In one Gaussian cloud of d dimensions the distance to the neighbours grows
 * with density^(-1/d), so its logarithm is a chi-squared number / 2 d, plus
 * noise: from d = 2 on, its tail is at most exponential. The default cut
 * continues the exponential through the median and the third quartile to the
 * place that one of n rows passes by chance. */
#include <math.h>

#include "check/check_private.h"
#include "noise/order_statistics.h"
#include "util/spill.h"

static double mean_distance(const float *distance, size_t m)
{
    double sum = 0;

    for (size_t q = 0; q < m; q++)
        sum += (double)distance[q];
    return sum / (double)m;
}

double wn_outlier_chance_cut(const float *distance, size_t n, size_t m)
{
    const double least = 1.02; /* where most distances are the same */
    double *apart = wn_spill_new(n, sizeof *apart), cut = INFINITY;
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        const double mean = mean_distance(distance + i * m, m);

        if (mean > 0)
            apart[count++] = mean;
    }
    wn_sort(apart, count);
    if (count >= 4) {
        const double q2 = wn_percentile(apart, count, 50);
        const double q3 = wn_percentile(apart, count, 75);

        cut = q3 * pow(fmax(q3 / q2, least), log2((double)count / 4));
    }
    wn_spill_free(apart);
    return cut;
}

double wn_outlier_cut(const float *distance, size_t n, size_t m,
                      double threshold)
{
    double *sorted = wn_spill_new(n, sizeof *sorted);

    for (size_t i = 0; i < n; i++)
        sorted[i] = mean_distance(distance + i * m, m);
    wn_sort(sorted, n);
    const double q1 = wn_percentile(sorted, n, 25);
    const double q3 = wn_percentile(sorted, n, 75);
    wn_spill_free(sorted);
    return threshold > 0 ? q3 + (1 / threshold - 1) * (q3 - q1) : INFINITY;
}

static void outlier_find(const struct wn_evidence *evidence,
                         const struct wn_check_settings *settings, uint8_t *hit)
{
    const size_t m = evidence->m;
    const double cut =
        settings->outlier_threshold < 0
            ? wn_outlier_chance_cut(evidence->distance, evidence->n, m)
            : wn_outlier_cut(evidence->distance, evidence->n, m,
                             settings->outlier_threshold);

    for (size_t i = 0; i < evidence->n; i++)
        hit[i] = mean_distance(evidence->distance + i * m, m) > cut;
}

const struct wn_check wn_check_outlier = {
    .name = "outlier",
    .brief = "far from its nearest neighbours, compared with other rows",
    .reason = "far from all other rows",
    .source = "Kuan and Mueller: Back to the Basics, Revisiting "
              "Out-of-Distribution Detection Baselines (2022)",
    .reviews = true,
    .needs = WN_INPUT_NEIGHBORS,
    .find = outlier_find};
