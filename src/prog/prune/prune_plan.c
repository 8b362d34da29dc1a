/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prune: --dry-run, the numbers of what would be done. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "prog/prune/prune_work.h"
#include "util/file.h"
#include "util/memory.h"

static void add_count(struct wn_text *text, const char *name, uint64_t count)
{
    wn_text_format(text, "%12llu  ", (unsigned long long)count);
    wn_text_add_visible(text, name, strlen(name));
    wn_text_add(text, "\n", 1);
}

int prune_show(const struct prune *prune, struct wn_error *error)
{
    const struct wn_dataset *dataset = &prune->dataset;
    const size_t n = dataset->n, none = dataset->k;
    char *const *names =
        prune->issue ? prune->issue_names : prune->action_names;
    const size_t known = prune->issue ? prune->issues : prune->actions;
    struct wn_text text = {0}, line = {0};

    add_count(&text, "rows", n);
    add_count(&text, "kept", prune->kept);
    add_count(&text, "relabelled", prune->changed);
    if (prune_on(prune, "apply-rules"))
        add_count(&text, "cells changed by rules", prune->cells);
    add_count(&text, "left out", n - prune->kept);
    for (size_t bit = 0; bit < PRUNE_BITS; bit++) {
        if (!prune->reason[bit])
            continue;
        line.length = 0;
        wn_text_format(&line, "  %s %s", prune->issue ? "issue" : "action",
                       bit < known ? names[bit] : "without a name");
        add_count(&text, wn_text_of(&line), prune->reason[bit]);
    }
    if (prune->unkept)
        add_count(&text, "  beyond --keep", prune->unkept);
    wn_text_free(&line);
    /* Rows of each class before and after; the last line is of rows without a
     * label. */
    if (dataset->label && dataset->label_name) {
        uint64_t *before = wn_new(2 * (none + 1), sizeof *before);
        uint64_t *after = before + none + 1;

        for (size_t i = 0; i < n; i++) {
            const size_t old =
                dataset->label[i] < 0 ? none : (size_t)dataset->label[i];
            const size_t new = prune->relabel && prune->relabel[i]
                                   ? (size_t)prune->suggestion[i]
                                   : old;

            before[old]++;
            after[new] += !prune->removed[i];
        }
        wn_text_format(&text, "\n%12s%12s  class\n", "before", "after");
        for (size_t c = 0; c <= none; c++) {
            if (c == none && !before[c])
                continue;
            wn_text_format(&text, "%12llu", (unsigned long long)before[c]);
            add_count(&text, c < none ? dataset->label_name[c] : "(no label)",
                      after[c]);
        }
        free(before);
    }
    const int status = wn_write_all(STDOUT_FILENO, text.bytes, text.length,
                                    "standard output", error);
    wn_text_free(&text);
    return status;
}
