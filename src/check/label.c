/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check label: the given label is probably wrong, by confident learning. */
#include "check/check.h"
#include "check/confident.h"
#include "check/rules.h"

static const struct wn_option knobs[] = {
    {.name = "rule", .kind = WN_CHOICE, .value = "RULE",
     .standard = "posterior", .choices = WN_RULE_NAMES,
     .recorded = true, .help = "find label issues by RULE; see --list-issues"},
    {.name = "fraction", .kind = WN_REAL, .value = "F", .standard = "1",
     .low = 0, .high = 1, .recorded = true,
     .help = "flag only this fraction of the estimated wrong labels"},
    {.name = "min-examples", .kind = WN_WHOLE, .value = "N", .standard = "1",
     .low = 0, .high = 0x1p31, .recorded = true,
     .help = "leave every class at least N rows"},
    {0}};

static const char *lacks(const struct wn_evidence *evidence)
{
    if (!evidence->label)
        return "labels";
    return evidence->noise ? NULL : "probabilities";
}

static int run(const struct wn_evidence *evidence,
               const struct wn_options *options, uint8_t *hit,
               struct wn_error *error)
{
    const struct wn_probability p = {evidence->n, evidence->k,
                                     evidence->probability, NULL};
    const struct wn_rule_settings settings = {
        wn_option_number(options, "fraction"),
        (size_t)wn_option_number(options, "min-examples")};
    const struct wn_rule_view view = {evidence->label, &p, evidence->noise,
                                      evidence->suspicion, &settings};

    if (wn_rule_find(wn_option_text(options, "rule"))->run(&view, hit, error))
        return -1;
    for (size_t i = 0; evidence->trusted && i < evidence->n; i++)
        if (evidence->trusted[i])
            hit[i] = 0;
    return 0;
}

const struct wn_check wn_check_label = {
    .name = "label",
    .brief = "the given label is probably wrong",
    .reason = "the label is probably wrong",
    .source = "Northcutt, Jiang, Chuang: Confident Learning, JAIR 70 (2021)",
    .knobs = knobs,
    .reviews = 1,
    .run = run,
    .lacks = lacks};
