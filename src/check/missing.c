/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check missing: a cell is empty. */
#include "check/check.h"

static const char *lacks(const struct wn_evidence *evidence)
{
    return evidence->missing ? NULL : "a table of source cells";
}

static int run(const struct wn_evidence *evidence,
               const struct wn_options *options, uint8_t *hit,
               struct wn_error *error)
{
    (void)options;
    (void)error;
    for (size_t i = 0; i < evidence->n; i++)
        hit[i] = evidence->missing[i] > 0;
    return 0;
}

const struct wn_check wn_check_missing = {
    .name = "missing",
    .brief = "a cell is empty",
    .reason = "a cell is empty",
    .reviews = 0,
    .run = run,
    .lacks = lacks};
