/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check mismatched_pair: the row's two blocks of features do not belong
 * together.
 *
 * It reads the score pair_rank (winnow-methods(7)), the geometric mean of two
 * ranks. In a mismatched pair each rank is uniform on 1 .. n, so the mean is
 * above .05 n for 95 % of mismatched pairs if the two ranks are equal, and for
 * 98 % if they are independent; in a matching pair both ranks are small. */
#include <math.h>

#include "check/check.h"

static void mismatched_pair_find(const struct wn_evidence *evidence,
                                 const struct wn_check_settings *settings,
                                 uint8_t *hit)
{
    /* Among a few rows, rank 2 is no sign of a mismatch. */
    const double limit = fmax(settings->pair_share * (double)evidence->n, 2);

    for (size_t i = 0; i < evidence->n; i++)
        hit[i] = (double)evidence->pair_rank[i] > limit;
}

const struct wn_check wn_check_mismatched_pair = {
    .name = "mismatched_pair",
    .brief = "its second block of features fits other rows better",
    .reason = "its two halves do not belong together",
    .reviews = true,
    .optional = true,
    .needs = WN_INPUT_PAIRS,
    .find = mismatched_pair_find};
