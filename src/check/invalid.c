/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check invalid: a cell breaks a cleaning rule. */
#include "check/check.h"

static const char *lacks(const struct wn_evidence *evidence)
{
    return evidence->invalid ? NULL : "a table of source cells";
}

static int run(const struct wn_evidence *evidence,
               const struct wn_options *options, uint8_t *hit,
               struct wn_error *error)
{
    (void)options;
    (void)error;
    for (size_t i = 0; i < evidence->n; i++)
        hit[i] = evidence->invalid[i] > 0;
    return 0;
}

const struct wn_check wn_check_invalid = {
    .name = "invalid",
    .brief = "a cell breaks a cleaning rule",
    .reason = "a cell breaks a cleaning rule",
    .reviews = 1,
    .run = run,
    .lacks = lacks};
