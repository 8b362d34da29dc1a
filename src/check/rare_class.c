/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check rare_class: see rare_class.h. */
#include "check/rare_class.h"

#include <stdlib.h>

#include "check/check.h"
#include "util/memory.h"

int64_t wn_rare_class(const int32_t *label, size_t n, size_t k, double share)
{
    size_t *count = wn_new(k, sizeof *count);
    size_t present = 0, rows = 0;
    int64_t rarest = -1;

    if (!count)
        return -2;
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

/* clang-format off */
static const struct wn_option knobs[] = {
    {.name = "rare-share", .kind = WN_REAL, .value = "S", .standard = "0.1",
     .low = 0, .high = 1, .recorded = true,
     .help = "a class with less than S of an even share is rare"},
    {0}};
/* clang-format on */

static const char *rare_class_lacks(const struct wn_evidence *evidence)
{
    return evidence->label ? NULL : "labels";
}

static int rare_class_run(const struct wn_evidence *evidence,
                          const struct wn_options *options, uint8_t *hit,
                          struct wn_error *error)
{
    const int64_t rare =
        wn_rare_class(evidence->label, evidence->n, evidence->k,
                      wn_option_number(options, "rare-share"));

    for (size_t i = 0; rare >= 0 && i < evidence->n; i++)
        hit[i] = evidence->label[i] == rare;
    return rare < -1 ? -1 : 0;
}

/* clang-format off */
const struct wn_check wn_check_rare_class = {
    .name = "rare_class",
    .brief = "the rarest class, when it has far fewer rows than an even share",
    .reason = "its class is rare",
    .source = "cleanlab Datalab 2.9, class imbalance",
    .knobs = knobs,
    .run = rare_class_run,
    .lacks = rare_class_lacks};
/* clang-format on */
