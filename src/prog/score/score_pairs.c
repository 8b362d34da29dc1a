/* SPDX-License-Identifier: GPL-3.0-or-later */
/* score: the two blocks of features against each other. */
#include <stdlib.h>
#include <string.h>

#include "learn/pairs.h"
#include "prog/score/score_work.h"
#include "util/memory.h"

int score_pairs_bytes(const struct wn_run *run, const struct work *work,
                      double *bytes, struct wn_error *error)
{
    size_t y[3] = {0, 0, 0};
    int rank;

    *bytes = 0;
    if (!(work->needs & WN_NEEDS_PAIRS))
        return 0;
    if (wn_audit_shape(work->audit, "data/features_b", &rank, y, error))
        return -1;
    *bytes = 4 * (double)y[0] * (double)y[1] +
             wn_pairs_bytes(y[0], work->width, y[1], run->threads);
    return 0;
}

int score_find_pairs(const struct wn_run *run, struct work *work,
                     struct wn_error *error)
{
    static const char *const names[] = {"auto", "none", "ridge"};
    const char *asked = wn_option_text(run->options, "pair-align");
    const struct wn_dataset *data = &work->data;
    const struct wn_blocks blocks = {
        .x = data->features,
        .y = data->features_b,
        .n = data->n,
        .d = data->d,
        .p = data->p,
        .seed = (uint64_t)wn_option_number(run->options, "seed"),
        .threads = run->threads};
    int how = 0;

    while (strcmp(names[how], asked))
        how++;
    work->pairs = wn_new(1, sizeof *work->pairs);
    if (wn_pairs_compare(&blocks, (enum wn_alignment)how,
                         (work->needs & WN_NEEDS_PAIR_RANKS) != 0, run->talk,
                         work->pairs, error))
        return wn_fail(error, WN_EDATA, "%s: data/features_b",
                       wn_audit_name(work->audit));
    wn_log_verbose(run->talk, "pairs: aligned by %s",
                   names[work->pairs->alignment]);
    return 0;
}

void score_free_pairs(struct work *work)
{
    if (work->pairs)
        wn_pairs_free(work->pairs);
    free(work->pairs);
}

int score_write_pairs(const struct work *work, struct wn_audit_writer *writer,
                      struct wn_error *error)
{
    const bool ridge = work->pairs->alignment == WN_ALIGN_RIDGE;

    if (wn_audit_write_text(writer, "score", "pair_align",
                            ridge ? "ridge" : "none", error))
        return -1;
    return ridge ? wn_audit_write_number(writer, "score", "pair_ridge",
                                         work->pairs->ridge, error)
                 : 0;
}
