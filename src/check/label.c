/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check label: the given label is probably wrong, by one of the label rules. */
#include <stdlib.h>
#include <string.h>

#include "check/check.h"
#include "noise/order_statistics.h"
#include "util/memory.h"

static void label_find(const struct wn_evidence *evidence,
                       const struct wn_check_settings *settings, uint8_t *hit)
{
    /* A rule of another paper names what it names; the claim bounds ours. */
    const struct wn_claim *claim =
        settings->rule == wn_label_rule_find("posterior") ? evidence->claim
                                                          : NULL;
    const size_t n = evidence->n;
    const size_t max = claim && claim->max_flags < settings->max_issues
                           ? claim->max_flags
                           : settings->max_issues;
    const struct wn_probability p = {n, evidence->k, evidence->probability,
                                     NULL};
    const struct wn_label_rule_view view = {
        evidence->label,  &p,
        evidence->noise,  evidence->suspicion,
        &settings->prune, evidence->rule_score};
    size_t hits = 0;

    /* Expectations and verdicts rank all labels and cut the list at max. */
    if (claim &&
        (claim->kind == WN_CLAIM_EXPECTED || claim->kind == WN_CLAIM_REVIEWED))
        memset(hit, 1, n);
    else
        wn_label_rule_apply(settings->rule, &view, hit);
    for (size_t i = 0; i < n; i++) {
        if (evidence->label[i] < 0 ||
            (evidence->trusted && evidence->trusted[i]))
            hit[i] = 0;
        hits += hit[i];
    }
    if (hits <= max)
        return;
    /* Keep the most suspicious. */
    struct wn_top_k top = {.heap = wn_new(max, sizeof *top.heap), .limit = max};
    for (size_t i = 0; i < n; i++)
        if (hit[i])
            wn_top_k_offer(&top,
                           evidence->shift
                               ? -evidence->shift[i]
                               : -evidence->suspicion->verdict[i].suspicion,
                           i);
    memset(hit, 0, n);
    for (size_t s = 0; s < top.count; s++)
        hit[top.heap[s].row] = 1;
    free(top.heap);
}

const struct wn_check wn_check_label = {
    .name = "label",
    .brief = "the given label is probably wrong",
    .reason = "the label is probably wrong",
    .source = "Northcutt, Jiang, Chuang: Confident Learning, JAIR 70 (2021)",
    .reviews = true,
    .needs = WN_INPUT_LABELS | WN_INPUT_NOISE,
    .find = label_find};
