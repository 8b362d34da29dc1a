/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check rare_class: a class with too few rows to learn. */
#include <stdlib.h>

#include "check/check_private.h"
#include "util/memory.h"

int64_t wn_rare_class(const int32_t *label, size_t n, size_t k, double share)
{
    size_t *count = wn_new(k, sizeof *count);
    size_t present = 0, rows = 0;
    int64_t rarest = -1;

    for (size_t i = 0; i < n; i++)
        if (label[i] >= 0)
            count[label[i]]++;
    for (size_t c = 0; c < k; c++) {
        rows += count[c];
        present += count[c] > 0;
        if (count[c] && (rarest < 0 || count[c] < count[rarest]))
            rarest = (int64_t)c;
    }
    if (rarest >= 0 &&
        (double)count[rarest] / (double)rows >= share / (double)present)
        rarest = -1;
    free(count);
    return rarest;
}

static void rare_class_find(const struct wn_evidence *evidence,
                            const struct wn_check_settings *settings,
                            uint8_t *hit)
{
    const int64_t rare = wn_rare_class(evidence->label, evidence->n,
                                       evidence->k, settings->rare_share);

    for (size_t i = 0; rare >= 0 && i < evidence->n; i++)
        hit[i] = evidence->label[i] == rare;
}

const struct wn_check wn_check_rare_class = {
    .name = "rare_class",
    .brief = "the rarest class, when it has far fewer rows than an even share",
    .reason = "its class is rare",
    .source = "cleanlab Datalab 2.9, class imbalance",
    .needs = WN_INPUT_LABELS,
    .find = rare_class_find};
