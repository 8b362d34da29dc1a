/* SPDX-License-Identifier: GPL-3.0-or-later */
/* checks missing and invalid: a cell is empty, or breaks a cleaning rule. */
#include "check/check.h"

static const char *cells_lacks(const void *cells)
{
    return cells ? NULL : "a table of source cells";
}

static int cells_mark(const uint32_t *cells, size_t n, uint8_t *hit)
{
    for (size_t i = 0; i < n; i++)
        hit[i] = cells[i] > 0;
    return 0;
}

static const char *missing_lacks(const struct wn_evidence *evidence)
{
    return cells_lacks(evidence->missing);
}

static int find_missing(const struct wn_evidence *evidence,
                        const struct wn_options *options, uint8_t *hit,
                        struct wn_error *error)
{
    (void)options;
    (void)error;
    return cells_mark(evidence->missing, evidence->n, hit);
}

/* clang-format off */
const struct wn_check wn_check_missing = {
    .name = "missing",
    .brief = "a cell is empty",
    .reason = "a cell is empty",
    .reviews = 0,
    .run = find_missing,
    .lacks = missing_lacks};
/* clang-format on */

static const char *invalid_lacks(const struct wn_evidence *evidence)
{
    return cells_lacks(evidence->invalid);
}

static int find_invalid(const struct wn_evidence *evidence,
                        const struct wn_options *options, uint8_t *hit,
                        struct wn_error *error)
{
    (void)options;
    (void)error;
    return cells_mark(evidence->invalid, evidence->n, hit);
}

/* clang-format off */
const struct wn_check wn_check_invalid = {
    .name = "invalid",
    .brief = "a cell breaks a cleaning rule",
    .reason = "a cell breaks a cleaning rule",
    .reviews = 1,
    .run = find_invalid,
    .lacks = invalid_lacks};
/* clang-format on */
