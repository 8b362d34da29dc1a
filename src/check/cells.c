/* SPDX-License-Identifier: GPL-3.0-or-later */
/* checks missing and invalid: a cell is empty, does not fit its column, or
 * breaks a cleaning rule. */
#include "check/check.h"

static void missing_find(const struct wn_evidence *evidence,
                         const struct wn_check_settings *settings, uint8_t *hit)
{
    (void)settings;
    for (size_t i = 0; i < evidence->n; i++)
        hit[i] = evidence->missing[i] > 0;
}

const struct wn_check wn_check_missing = {.name = "missing",
                                          .brief = "a cell is empty",
                                          .reason = "a cell is empty",
                                          .find = missing_find,
                                          .needs = WN_INPUT_MISSING};

static void invalid_find(const struct wn_evidence *evidence,
                         const struct wn_check_settings *settings, uint8_t *hit)
{
    (void)settings;
    for (size_t i = 0; i < evidence->n; i++)
        hit[i] = evidence->invalid[i] > 0;
}

const struct wn_check wn_check_invalid = {
    .name = "invalid",
    .brief = "a cell does not fit its column, or breaks a rule",
    .reason = "a cell does not fit its column, or breaks a rule",
    .reviews = true,
    .needs = WN_INPUT_INVALID,
    .find = invalid_find};
