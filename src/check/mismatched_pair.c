/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check mismatched_pair: the row's two blocks of features do not belong
 * together.
 *
 * Read is the score pair_rank (winnow-methods(7)). For a stranger each of its
 * two ranks is as likely 1 as n, so their geometric mean is above .05 n for 95
 * of 100 strangers, where the two go together, to 98, where they do not; a
 * partner is among the nearest. */
#include "check/check.h"

#include <math.h>

/* clang-format off */
static const struct wn_option knobs[] = {
    {.name = "pair-share", .kind = WN_REAL, .value = "S", .standard = "0.05",
     .low = 0, .high = 1, .recorded = true,
     .help = "flag pairs whose rank is above this share of all rows"},
    {0}};
/* clang-format on */

static const char *mismatched_pair_lacks(const struct wn_evidence *evidence)
{
    return evidence->pair_rank ? NULL : "ranks of pairs";
}

static int mismatched_pair_run(const struct wn_evidence *evidence,
                               const struct wn_options *options, uint8_t *hit,
                               struct wn_error *error)
{
    const double share = wn_option_number(options, "pair-share");
    /* The second of a few rows is no stranger. */
    const double limit = fmax(share * (double)evidence->n, 2);

    (void)error;
    for (size_t i = 0; i < evidence->n; i++)
        hit[i] = (double)evidence->pair_rank[i] > limit;
    return 0;
}

/* clang-format off */
const struct wn_check wn_check_mismatched_pair = {
    .name = "mismatched_pair",
    .brief = "its second block of features fits other rows better",
    .reason = "its two halves do not belong together",
    .knobs = knobs,
    .reviews = 1,
    .optional = 1,
    .run = mismatched_pair_run,
    .lacks = mismatched_pair_lacks};
/* clang-format on */
