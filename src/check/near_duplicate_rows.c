/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check near_duplicate: see near_duplicate_rows.h. */
#include "check/near_duplicate_rows.h"

#include <stdlib.h>

#include "check/check.h"
#include "noise/order_statistics.h"
#include "util/spill.h"
#include "util/memory.h"

void wn_bounds_radius(const float *distance, size_t n, size_t m, double *radius)
{
    double *nearest = wn_spill_new(n, sizeof *nearest);

    for (size_t i = 0; i < n; i++)
        nearest[i] = (double)distance[i * m];
    wn_sort(nearest, n);
    const double median = wn_percentile(nearest, n, 50);
    *radius *= median > 1e-6 ? median : 1e-6;
    wn_spill_free(nearest);
}

void wn_bounds_duplicates(const int32_t *index, const float *distance, size_t n,
                          size_t m, double radius, uint8_t *hit)
{
    wn_bounds_radius(distance, n, m, &radius);
    for (size_t i = 0; i < n; i++)
        for (size_t q = 0; q < m && (double)distance[i * m + q] < radius; q++)
            hit[i] = hit[index[i * m + q]] = 1;
}

/* clang-format off */
static const struct wn_option knobs[] = {
    {.name = "near-radius", .kind = WN_REAL, .value = "R", .standard = "0.13",
     .low = 0, .high = 1e6, .recorded = true,
     .help = "rows closer than R median nearest distances are near duplicates"},
    {0}};
/* clang-format on */

static const char *near_duplicate_rows_lacks(const struct wn_evidence *evidence)
{
    return evidence->neighbor ? NULL : "neighbours";
}

static int near_duplicate_rows_run(const struct wn_evidence *evidence,
                                   const struct wn_options *options,
                                   uint8_t *hit, struct wn_error *error)
{
    wn_bounds_duplicates(evidence->neighbor, evidence->distance, evidence->n,
                         evidence->m, wn_option_number(options, "near-radius"),
                         hit);
    return 0;
}

/* clang-format off */
const struct wn_check wn_check_near_duplicate = {
    .name = "near_duplicate",
    .brief = "much closer to another row than rows usually are",
    .reason = "nearly the same as another row",
    .source = "cleanlab Datalab 2.9, near duplicate issues",
    .knobs = knobs,
    .reviews = 1,
    .run = near_duplicate_rows_run,
    .lacks = near_duplicate_rows_lacks};
/* clang-format on */
