/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check outlier: rows far from everything. */
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
    const double cut = wn_outlier_cut(evidence->distance, evidence->n, m,
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
