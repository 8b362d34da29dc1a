/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check outlier: see outlier_rows.h. */
#include "check/outlier_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check/check.h"
#include "noise/order_statistics.h"
#include "util/spill.h"
#include "util/memory.h"

static double mean_distance(const float *distance, size_t m)
{
    double sum = 0;

    for (size_t q = 0; q < m; q++)
        sum += (double)distance[q];
    return sum / (double)m;
}

void wn_outliers(const float *distance, size_t n, size_t m, double threshold,
                 uint8_t *hit, double *cut)
{
    double *sorted = wn_spill_new(n, sizeof *sorted);

    for (size_t i = 0; i < n; i++)
        sorted[i] = mean_distance(distance + i * m, m);
    wn_sort(sorted, n);
    const double q1 = wn_percentile(sorted, n, 25);
    const double q3 = wn_percentile(sorted, n, 75);
    wn_spill_free(sorted);
    *cut = threshold > 0 ? q3 + (1 / threshold - 1) * (q3 - q1) : INFINITY;
    for (size_t i = 0; i < n; i++)
        hit[i] = mean_distance(distance + i * m, m) > *cut;
}

/* clang-format off */
static const struct wn_option knobs[] = {
    {.name = "outlier-threshold", .kind = WN_REAL, .value = "T",
     .standard = "0.37037", .low = 0, .high = 1, .recorded = true,
     .help = "flag fewer outliers the smaller T is, none at 0"},
    {0}};
/* clang-format on */

static const char *outlier_rows_lacks(const struct wn_evidence *evidence)
{
    return evidence->distance ? NULL : "neighbours";
}

static int outlier_rows_run(const struct wn_evidence *evidence,
                            const struct wn_options *options, uint8_t *hit,
                            struct wn_error *error)
{
    double cut;

    wn_outliers(evidence->distance, evidence->n, evidence->m,
                wn_option_number(options, "outlier-threshold"), hit, &cut);
    return 0;
}

/* clang-format off */
const struct wn_check wn_check_outlier = {
    .name = "outlier",
    .brief = "far from its nearest neighbours, compared with other rows",
    .reason = "unlike every other row",
    .source = "Kuan and Mueller: Back to the Basics, Revisiting "
              "Out-of-Distribution Detection Baselines (2022)",
    .knobs = knobs,
    .reviews = 1,
    .run = outlier_rows_run,
    .lacks = outlier_rows_lacks};
/* clang-format on */
