/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check label: the given label is probably wrong, by confident learning. */
#include <stdlib.h>
#include <string.h>

#include "check/check.h"
#include "noise/confident.h"
#include "noise/label_rules.h"
#include "noise/order_statistics.h"
#include "util/memory.h"
#include "util/number.h"

/* clang-format off */
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
    {.name = "max-issues", .kind = WN_WHOLE, .value = "N", .low = 0,
     .high = 0x1p53, .recorded = true,
     .help = "flag no more than N labels, the most suspicious"},
    {.name = "max-issues-per-class", .kind = WN_LIST, .value = "CLASS=N",
     .recorded = true,
     .help = "by the prune rules: N labels of CLASS, whatever the estimate"},
    {0}};
/* clang-format on */

static const char *label_lacks(const struct wn_evidence *evidence)
{
    if (!evidence->label)
        return "labels";
    return evidence->noise ? NULL : "probabilities";
}

/* "CLASS=N" into most[k]; names may hold a '=' themselves. */
static int read_most(const struct wn_evidence *evidence, const char *text,
                     size_t *most, struct wn_error *error)
{
    const char *sign = strrchr(text, '=');
    double number;

    if (!sign || !wn_number_parse(sign + 1, strlen(sign + 1), &number) ||
        number < 0 || number > 0x1p53 || number != (double)(size_t)number)
        return wn_fail(error, WN_EUSAGE,
                       "--max-issues-per-class: found '%s', wanted CLASS=N",
                       text);
    for (size_t c = 0; c < evidence->k; c++)
        if (strncmp(evidence->label_name[c], text, (size_t)(sign - text)) ==
                0 &&
            !evidence->label_name[c][sign - text]) {
            most[c] = (size_t)number;
            return 0;
        }
    return wn_fail(error, WN_EUSAGE,
                   "--max-issues-per-class: no class is called '%.*s'",
                   (int)(sign - text), text);
}

/* The k numbers of --max-issues-per-class; *most is NULL without it. */
static int read_all_most(const struct wn_evidence *evidence,
                         const struct wn_options *options, size_t **most,
                         struct wn_error *error)
{
    const char *rule = wn_option_text(options, "rule");
    size_t count;
    const char *const *text =
        wn_option_list(options, "max-issues-per-class", &count);

    *most = NULL;
    if (!count)
        return 0;
    if (!wn_label_rule_find(rule)->prunes)
        return wn_fail(error, WN_EUSAGE,
                       "--max-issues-per-class does not apply to --rule=%s",
                       rule);
    *most = wn_new(evidence->k, sizeof **most);
    for (size_t c = 0; *most && c < evidence->k; c++)
        (*most)[c] = SIZE_MAX;
    for (size_t at = 0; *most && at < count; at++)
        if (read_most(evidence, text[at], *most, error)) {
            free(*most);
            *most = NULL;
        }
    return *most ? 0 : -1;
}

/* Of the rows hit keep the `most` that are most suspicious. */
static int keep_most(const struct wn_evidence *evidence, size_t most,
                     uint8_t *hit)
{
    struct wn_top_k select = {.limit = most};
    size_t hits = 0;

    for (size_t i = 0; i < evidence->n; i++)
        hits += hit[i];
    if (hits <= most)
        return 0;
    select.heap = wn_new(most, sizeof *select.heap);
    for (size_t i = 0; i < evidence->n; i++)
        if (hit[i])
            wn_top_k_offer(&select, -evidence->suspicion->verdict[i].suspicion,
                           i);
    memset(hit, 0, evidence->n);
    for (size_t s = 0; s < select.count; s++)
        hit[select.heap[s].row] = 1;
    free(select.heap);
    return 0;
}

static int label_run(const struct wn_evidence *evidence,
                     const struct wn_options *options, uint8_t *hit,
                     struct wn_error *error)
{
    const struct wn_probability p = {evidence->n, evidence->k,
                                     evidence->probability, NULL};
    size_t *most;
    int status;

    if (read_all_most(evidence, options, &most, error))
        return -1;
    const struct wn_label_rule_settings settings = {
        .fraction = wn_option_number(options, "fraction"),
        .least = (size_t)wn_option_number(options, "min-examples"),
        .most = most};
    const struct wn_label_rule_view view = {
        evidence->label, &p, evidence->noise, evidence->suspicion, &settings};
    status = wn_label_rule_find(wn_option_text(options, "rule"))
                 ->run(&view, hit, error);
    free(most);
    for (size_t i = 0; evidence->trusted && i < evidence->n; i++)
        if (evidence->trusted[i])
            hit[i] = 0;
    if (status == 0 && wn_option_given(options, "max-issues"))
        status = keep_most(
            evidence, (size_t)wn_option_number(options, "max-issues"), hit);
    return status;
}

/* clang-format off */
const struct wn_check wn_check_label = {
    .name = "label",
    .brief = "the given label is probably wrong",
    .reason = "the label is probably wrong",
    .source = "Northcutt, Jiang, Chuang: Confident Learning, JAIR 70 (2021)",
    .knobs = knobs,
    .reviews = 1,
    .run = label_run,
    .lacks = label_lacks};
/* clang-format on */
