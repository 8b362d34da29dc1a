/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prune: the numbers of --dry-run and --counts, and classes that would vanish.
 */
#include <stdlib.h>
#include <string.h>

#include "prog/prune/prune_work.h"
#include "util/memory.h"

static void add_count(struct wn_text *text, const char *name, uint64_t count)
{
    wn_text_format(text, "%12llu  ", (unsigned long long)count);
    wn_text_add_visible(text, name, strlen(name));
    wn_text_add(text, "\n", 1);
}

/* Rows of each class in the source, and after them those in the output; the
 * last of the k + 1 is of rows without a label. The caller frees them. */
static uint64_t *count_classes(const struct prune *prune)
{
    const struct wn_dataset *dataset = &prune->dataset;
    const size_t none = dataset->k;
    uint64_t *before = wn_new(2 * (none + 1), sizeof *before);
    uint64_t *after = before + none + 1;

    for (size_t i = 0; i < dataset->n; i++) {
        const size_t old =
            dataset->label[i] < 0 ? none : (size_t)dataset->label[i];
        const size_t new = prune->relabel && prune->relabel[i]
                               ? (size_t)prune->suggestion[i]
                               : old;

        before[old]++;
        after[new] += !prune->removed[i];
    }
    return before;
}

void prune_count(const struct prune *prune, struct wn_text *text)
{
    char *const *names =
        prune->issue ? prune->issue_names : prune->action_names;
    const size_t known = prune->issue ? prune->issues : prune->actions;
    const struct wn_dataset *dataset = &prune->dataset;
    const size_t n = dataset->n, none = dataset->k;
    struct wn_text line = {0};

    add_count(text, "rows", n);
    add_count(text, "kept", prune->kept);
    add_count(text, "relabelled", prune->changed);
    if (prune_on(prune, "apply-rules"))
        add_count(text, "cells changed by rules", prune->cells);
    add_count(text, "left out", n - prune->kept);
    for (size_t bit = 0; bit < PRUNE_BITS; bit++) {
        if (!prune->reason[bit])
            continue;
        line.length = 0;
        wn_text_format(&line, "  %s %s", prune->issue ? "issue" : "action",
                       bit < known ? names[bit] : "without a name");
        add_count(text, wn_text_of(&line), prune->reason[bit]);
    }
    if (prune->flagged)
        add_count(text, "  other flagged labels", prune->flagged);
    if (prune->filtered)
        add_count(text, "  by the filter of --drop", prune->filtered);
    if (prune->skipped)
        add_count(text, "  by --skip-hardest", prune->skipped);
    if (prune->unkept)
        add_count(text, "  beyond --keep", prune->unkept);
    if (prune->restored)
        add_count(text, "kept by --class-floor", prune->restored);
    wn_text_free(&line);
    if (!dataset->label || !dataset->label_name)
        return;
    uint64_t *before = count_classes(prune), *after = before + none + 1;
    wn_text_format(text, "\n%12s%12s  class\n", "before", "after");
    for (size_t c = 0; c <= none; c++) {
        if (c == none && !before[c])
            continue;
        wn_text_format(text, "%12llu", (unsigned long long)before[c]);
        add_count(text, c < none ? dataset->label_name[c] : "(no label)",
                  after[c]);
    }
    free(before);
}

int prune_check_classes(const struct prune *prune, struct wn_error *error)
{
    const struct wn_dataset *dataset = &prune->dataset;
    const size_t k = dataset->k;
    size_t lost = 0;

    if (!dataset->label || !dataset->label_name ||
        wn_option_given(prune->run->options, "class-floor"))
        return 0;
    uint64_t *before = count_classes(prune), *after = before + k + 1;
    while (lost < k && (!before[lost] || after[lost]))
        lost++;
    const int status =
        lost == k
            ? 0
            : wn_fail(
                  error, WN_EDATA,
                  "class '%s' would vanish (rows: %llu); --class-floor=N keeps "
                  "N rows of every class, --class-floor=0 lets it go",
                  dataset->label_name[lost], (unsigned long long)before[lost]);
    free(before);
    return status;
}
