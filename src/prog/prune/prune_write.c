/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prune: the rows that stay, and those that do not, copied out. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "prog/prune/prune_work.h"
#include "util/file.h"
#include "util/memory.h"

/* Whether a row is copied as it is; *fix is its first fix, if it has any. */
static bool stays(const struct prune *prune, size_t row, size_t *fix)
{
    const struct wn_overrides *fixes = &prune->dataset.fixes;

    *fix = wn_overrides_find(fixes, row);
    return !prune->added.fields[PRUNE_KEPT].count &&
           !(prune->relabel && prune->relabel[row]) &&
           !(*fix < fixes->count && fixes->row[*fix] == (int64_t)row);
}

static void add_change(struct prune *prune, size_t *count, size_t column,
                       const char *text, size_t length)
{
    wn_grow(&prune->change, &prune->change_capacity, *count + 1,
            sizeof *prune->change);
    prune->change[(*count)++] = (struct wn_edit){column, text, length};
}

/* Copy the kept rows. A row's new label takes the place of a change by rules.
 */
static int copy_kept(struct prune *prune, struct wn_source *source,
                     struct wn_sink *sink, struct wn_error *error)
{
    const struct wn_overrides *fixes = &prune->dataset.fixes;
    const size_t kept = prune->kept;
    const size_t *order = prune->order;

    if (wn_source_copy_head(source,
                            prune_add_cells(prune, PRUNE_KEPT, PRUNE_HEAD, 0),
                            sink, error))
        return -1;
    for (size_t r = 0; r < kept;) {
        const size_t row = order[r];
        size_t run = 1, fix, count = 0;

        if (stays(prune, row, &fix)) {
            while (r + run < kept && order[r + run] == row + run &&
                   stays(prune, row + run, &fix))
                run++;
            if (wn_source_copy_rows(source, row, row + run, sink, error))
                return -1;
            r += run;
            continue;
        }
        const bool relabel = prune->relabel && prune->relabel[row];
        const char *label =
            relabel ? prune->dataset.label_name[prune->suggestion[row]] : NULL;
        for (; fix < fixes->count && fixes->row[fix] == (int64_t)row; fix++) {
            const size_t column = (size_t)fixes->column[fix];

            if (label && prune->label_cell <= column) {
                add_change(prune, &count, prune->label_cell, label,
                           strlen(label));
                label = NULL;
            }
            if (!(relabel && column == prune->label_cell))
                add_change(prune, &count, column, fixes->text + fixes->end[fix],
                           (size_t)(fixes->end[fix + 1] - fixes->end[fix]));
        }
        if (label)
            add_change(prune, &count, prune->label_cell, label, strlen(label));
        if (wn_source_copy_changed(
                source, row, prune->change, count,
                prune_add_cells(prune, PRUNE_KEPT, PRUNE_ROW, row), sink,
                error))
            return -1;
        r++;
    }
    return 0;
}

/* The removed rows, and in their places what ingest left out. */
static int copy_removed(struct prune *prune, struct wn_source *source,
                        struct wn_sink *sink, struct wn_error *error)
{
    const size_t n = prune->dataset.n;
    const uint8_t *removed = prune->removed;
    const bool adds = prune->added.fields[PRUNE_REMOVED].count > 0;
    const bool whole = prune->dataset.left_outs > 0;

    if (wn_source_copy_head(
            source, prune_add_cells(prune, PRUNE_REMOVED, PRUNE_HEAD, 0), sink,
            error))
        return -1;
    for (size_t i = 0, end; i <= n; i = end) {
        end = i + 1;
        while (!whole && !adds && end < n && removed[end] == removed[i])
            end++;
        if (whole &&
            wn_source_copy_left_out(
                source, i,
                prune_add_cells(prune, PRUNE_REMOVED, PRUNE_LEFT_OUT, 0), sink,
                error))
            return -1;
        if (i == n || !removed[i])
            continue;
        if (adds ? wn_source_copy_changed(
                       source, i, NULL, 0,
                       prune_add_cells(prune, PRUNE_REMOVED, PRUNE_ROW, i),
                       sink, error)
                 : wn_source_copy_rows(source, i, end, sink, error))
            return -1;
    }
    return 0;
}

/* Write one of the two outputs and leave it synced, but not yet in place. */
static int fill_output(struct prune *prune, struct wn_source *source,
                       struct wn_output *output,
                       int (*copy)(struct prune *, struct wn_source *,
                                   struct wn_sink *, struct wn_error *),
                       struct wn_error *error)
{
    const int descriptor = wn_output_descriptor(output);
    struct wn_sink *sink = wn_sink_new(descriptor, wn_output_name(output));
    int status = sink ? copy(prune, source, sink, error) : -1;

    if (status == 0)
        status = wn_sink_flush(sink, error);
    if (status == 0 && fsync(descriptor))
        status =
            wn_fail_errno(error, "%s: cannot write", wn_output_name(output));
    wn_sink_free(sink);
    return status;
}

int prune_write(struct prune *prune, struct wn_source *source,
                struct wn_error *error)
{
    static const char *const options[] = {"output", "removed", "counts"};
    enum { OUTPUT, REMOVED, COUNTS, OUTPUTS };
    const bool force = prune_on(prune, "force");
    struct wn_output *file[OUTPUTS] = {NULL};
    struct wn_text counts = {0};
    int status = 0;

    for (int o = 0; o < OUTPUTS && status == 0; o++) {
        const char *path = prune_text(prune, options[o]);

        if (o != OUTPUT && !path)
            continue;
        file[o] = wn_output_open(path, force, error);
        status = file[o] ? 0 : -1;
    }
    if (status == 0 && prune_converts(prune))
        status = prune_convert(prune, file[OUTPUT], file[REMOVED], error);
    else if (status == 0 && prune_is_arrays(&prune->dataset))
        status = prune_arrays(prune, wn_source_path(source), file[OUTPUT],
                              file[REMOVED], error);
    else if (status == 0)
        status =
            fill_output(prune, source, file[OUTPUT], copy_kept, error) ||
                    (file[REMOVED] && fill_output(prune, source, file[REMOVED],
                                                  copy_removed, error))
                ? -1
                : 0;
    if (status == 0)
        status = wn_source_check(source, error);
    if (status == 0 && file[COUNTS]) {
        prune_count(prune, &counts);
        status =
            wn_write_all(wn_output_descriptor(file[COUNTS]), counts.bytes,
                         counts.length, wn_output_name(file[COUNTS]), error);
    }
    /* Standard output can still fail when it is copied out: it goes first. */
    for (int o = 0; o < OUTPUTS && status == 0; o++)
        if (file[o]) {
            status = wn_output_commit(file[o], error);
            file[o] = NULL;
        }
    for (int o = 0; o < OUTPUTS; o++)
        wn_output_abandon(file[o]);
    wn_text_free(&counts);
    return status;
}
