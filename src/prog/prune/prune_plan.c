/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prune: what would be done, in numbers. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "prog/prune/prune_work.h"
#include "util/file.h"
#include "util/memory.h"

static int prune_plan_add_count(struct wn_text *text, const char *name,
                                uint64_t count)
{
    wn_text_format(text, "%12llu  ", (unsigned long long)count);
    if (wn_text_add_visible(text, name, strlen(name)))
        return -1;
    wn_text_add(text, "\n", 1);
    return 0;
}

static int show_totals(const struct prune *prune, struct wn_text *text)
{
    char *const *names =
        prune->issue ? prune->issue_names : prune->action_names;
    const size_t known = prune->issue ? prune->issues : prune->actions;
    const size_t n = prune->dataset.n;

    if (prune_plan_add_count(text, "rows", n) ||
        prune_plan_add_count(text, "kept", prune->selection.kept) ||
        prune_plan_add_count(text, "relabelled", prune->changed) ||
        (prune_on(prune, "apply-rules") &&
         prune_plan_add_count(text, "cells changed by rules", prune->cells)) ||
        prune_plan_add_count(text, "left out", n - prune->selection.kept))
        return -1;
    for (size_t bit = 0; bit < PRUNE_BITS; bit++) {
        struct wn_text line = {0};
        int status = 0;

        if (!prune->reason[bit])
            continue;
        status =
            wn_text_format(&line, "  %s %s", prune->issue ? "issue" : "action",
                           bit < known ? names[bit] : "without a name");
        if (status == 0)
            status = prune_plan_add_count(text, wn_text_of(&line),
                                          prune->reason[bit]);
        wn_text_free(&line);
        if (status)
            return -1;
    }
    return prune->unkept
               ? prune_plan_add_count(text, "  beyond --keep", prune->unkept)
               : 0;
}

/* Rows of each class before and after; the last is of rows without label. */
static void prune_plan_count_classes(const struct prune *prune,
                                     uint64_t *before, uint64_t *after)
{
    const struct wn_dataset *dataset = &prune->dataset;
    const size_t none = dataset->k;

    for (size_t i = 0; i < dataset->n; i++) {
        const size_t old =
            dataset->label[i] < 0 ? none : (size_t)dataset->label[i];
        const size_t new = prune->relabel && prune->relabel[i]
                               ? (size_t)prune->suggestion[i]
                               : old;

        before[old]++;
        after[new] += !prune->selection.removed[i];
    }
}

static int show_classes(const struct prune *prune, struct wn_text *text)
{
    const struct wn_dataset *dataset = &prune->dataset;
    uint64_t *before, *after;
    int status;

    if (!dataset->label || !dataset->label_name)
        return 0;
    before = wn_new(2 * (dataset->k + 1), sizeof *before);
    after = before + dataset->k + 1;
    prune_plan_count_classes(prune, before, after);
    status = wn_text_format(text, "\n%12s%12s  class\n", "before", "after");
    for (size_t c = 0; status == 0 && c <= dataset->k; c++) {
        if (c == dataset->k && !before[c])
            continue;
        status = wn_text_format(text, "%12llu", (unsigned long long)before[c]);
        if (status == 0)
            status = prune_plan_add_count(
                text, c < dataset->k ? dataset->label_name[c] : "(no label)",
                after[c]);
    }
    free(before);
    return status;
}

int prune_show(const struct prune *prune, struct wn_error *error)
{
    struct wn_text text = {0};
    int status =
        show_totals(prune, &text) || show_classes(prune, &text) ? -1 : 0;

    if (status == 0)
        status = wn_write_all(STDOUT_FILENO, text.bytes, text.length,
                              "standard output", error);
    wn_text_free(&text);
    return status;
}
