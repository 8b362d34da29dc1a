/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of checks, made from checks.def, and their options. */
#include "check/check.h"

#include <stdlib.h>
#include <string.h>

#include "util/memory.h"
#include "util/number.h"

#define WN_CHECK(name) extern const struct wn_check wn_check_##name;
#include "check/checks.def"
#undef WN_CHECK

const struct wn_check *const wn_checks[] = {
#define WN_CHECK(name) &wn_check_##name,
#include "check/checks.def"
#undef WN_CHECK
    NULL};

enum { COUNT = sizeof wn_checks / sizeof *wn_checks - 1 };
_Static_assert(COUNT <= 32, "an issue is 32 bits");

int wn_check_find(const char *name)
{
    for (int c = 0; c < COUNT; c++)
        if (strcmp(wn_checks[c]->name, name) == 0)
            return c;
    return -1;
}

const char *wn_check_missing_input(const struct wn_check *check,
                                   const struct wn_evidence *evidence)
{
    const struct {
        enum wn_input input;
        bool there;
        const char *name;
    } inputs[] = {
        {WN_INPUT_LABELS, evidence->label, "labels"},
        {WN_INPUT_GROUPS, evidence->group || evidence->annotator, "groups"},
        {WN_INPUT_NOISE, evidence->noise, "probabilities"},
        {WN_INPUT_PROBABILITY, evidence->probability && evidence->label,
         "probabilities"},
        {WN_INPUT_FEATURES, evidence->feature_hash, "features"},
        {WN_INPUT_NEIGHBORS, evidence->neighbor, "neighbours"},
        {WN_INPUT_PAIRS, evidence->pair_rank, "ranks of pairs"},
        {WN_INPUT_MISSING, evidence->missing, "a table of source cells"},
        {WN_INPUT_INVALID, evidence->invalid, "a table of source cells"},
        {WN_INPUT_SPLITS, evidence->split, "splits"}};

    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
        if (check->needs & inputs[i].input && !inputs[i].there)
            return inputs[i].name;
    return NULL;
}

/* clang-format off */
const struct wn_setting wn_check_options[] = {
    {{.topic = "Label issues",
      .name = "rule", .kind = WN_CHOICE, .value = "RULE",
      .default_value = "posterior", .choices = WN_LABEL_RULE_NAMES,
      .recorded = true, .help = "find label issues by RULE; see --list-issues"},
     {"label"}},
    {{.name = "fraction", .kind = WN_REAL, .value = "F", .default_value = "1",
      .low = 0, .high = 1, .recorded = true,
      .help = "flag only this fraction of the estimated wrong labels"},
     {"label"}},
    {{.name = "min-examples", .kind = WN_WHOLE, .value = "N",
      .default_value = "1", .low = 0, .high = 0x1p31, .recorded = true,
      .help = "leave every class at least N rows"},
     {"label"}},
    {{.name = "max-issues", .kind = WN_WHOLE, .value = "N", .low = 0,
      .high = 0x1p53, .recorded = true,
      .help = "flag no more than N labels, the most suspicious"},
     {"label"}},
    {{.name = "max-issues-per-class", .kind = WN_LIST, .value = "CLASS=N",
      .recorded = true,
      .help = "by the prune rules: N labels of CLASS, whatever the estimate"},
     {"label"}},
    {{.topic = "Other checks",
      .name = "near-radius", .kind = WN_REAL, .value = "R",
      .default_value = "0.13", .low = 0, .high = 1e6, .recorded = true,
      .help = "rows closer than R times the median nearest distance are near "
              "duplicates"},
     {"near_duplicate", "leak"}},
    {{.name = "near-sets", .kind = WN_CHOICE, .value = "HOW",
      .default_value = "chains", .choices = "chains|around",
      .recorded = true,
      .help = "join sets of near duplicates by chains, or around the row that "
              "stays"},
     {"duplicate", "near_duplicate"}},
    {{.name = "outlier-threshold", .kind = WN_REAL, .value = "T",
      .low = 0, .high = 1, .recorded = true,
      .help = "outliers by the published cut: fewer the smaller T is, none at "
              "0"},
     {"outlier"}},
    {{.name = "rare-share", .kind = WN_REAL, .value = "S",
      .default_value = "0.1", .low = 0, .high = 1, .recorded = true,
      .help = "a class with less than S of an even share is rare"},
     {"rare_class"}},
    {{.name = "order-level", .kind = WN_REAL, .value = "P",
      .default_value = "0.05", .low = 0, .high = 1, .recorded = true,
      .help = "rows depend on their order below this probability of chance"},
     {"order_dependence"}},
    {{.name = "pair-share", .kind = WN_REAL, .value = "S",
      .default_value = "0.05", .low = 0, .high = 1, .recorded = true,
      .help = "flag pairs whose rank is above this share of all rows"},
     {"mismatched_pair"}},
    {{.name = "weak-share", .kind = WN_REAL, .value = "S",
      .default_value = "0.5", .low = 0, .high = 1, .recorded = true,
      .help = "a group is weak below this part of the mean P(label)"},
     {"weak_group"}},
    {{0}, {0}}};
/* clang-format on */

int wn_check_settings_read(const struct wn_options *options,
                           char *const *label_name, size_t k,
                           struct wn_check_settings *out,
                           struct wn_error *error)
{
    const char *rule = wn_option_text(options, "rule");
    size_t count;
    const char *const *text =
        wn_option_list(options, "max-issues-per-class", &count);

    *out = (struct wn_check_settings){
        .rule = wn_label_rule_find(rule),
        .prune = {.fraction = wn_option_number(options, "fraction"),
                  .min_examples =
                      (size_t)wn_option_number(options, "min-examples")},
        .max_issues = wn_option_given(options, "max-issues")
                          ? (size_t)wn_option_number(options, "max-issues")
                          : SIZE_MAX,
        .near_radius = wn_option_number(options, "near-radius"),
        .near_chains = wn_option_choice(options, "near-sets") == 0,
        .outlier_threshold =
            wn_option_given(options, "outlier-threshold")
                ? wn_option_number(options, "outlier-threshold")
                : -1,
        .rare_share = wn_option_number(options, "rare-share"),
        .order_level = wn_option_number(options, "order-level"),
        .pair_share = wn_option_number(options, "pair-share"),
        .weak_share = wn_option_number(options, "weak-share")};
    if (!count)
        return 0;
    if (!out->rule->prunes)
        return wn_fail(error, WN_EUSAGE,
                       "--max-issues-per-class does not apply to --rule=%s",
                       rule);
    out->prune.max_per_class = wn_new(k, sizeof *out->prune.max_per_class);
    for (size_t c = 0; c < k; c++)
        out->prune.max_per_class[c] = SIZE_MAX;
    for (size_t at = 0; at < count; at++) {
        /* The last '=', as class names may contain some. */
        const char *sign = strrchr(text[at], '=');
        const size_t length = sign ? (size_t)(sign - text[at]) : 0;
        double number;
        size_t c = 0;

        if (!sign || !wn_number_parse(sign + 1, strlen(sign + 1), &number) ||
            number < 0 || number > 0x1p53 || number != (double)(size_t)number) {
            wn_fail(error, WN_EUSAGE,
                    "--max-issues-per-class: found '%s', wanted CLASS=N",
                    text[at]);
            goto fail;
        }
        while (c < k && (strncmp(label_name[c], text[at], length) != 0 ||
                         label_name[c][length]))
            c++;
        if (c == k) {
            wn_fail(error, WN_EUSAGE,
                    "--max-issues-per-class: no class is called '%.*s'",
                    (int)length, text[at]);
            goto fail;
        }
        out->prune.max_per_class[c] = (size_t)number;
    }
    return 0;
fail:
    wn_check_settings_free(out);
    return -1;
}

void wn_check_settings_free(struct wn_check_settings *settings)
{
    free(settings->prune.max_per_class);
    settings->prune.max_per_class = NULL;
}
