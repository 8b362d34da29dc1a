/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets of near duplicates, for a person. */
#include <stdlib.h>

#include "render/grid.h"
#include "render/phrases.h"
#include "util/memory.h"

/* Add the rows of the set that begins at `begin`, but row `but`, the first few:
 * "17, 300, 302, ...". */
static void add_rows(const struct wn_near_sets *sets, size_t begin, int64_t but,
                     struct wn_text *out)
{
    enum { MOST = 4 };
    const size_t end = wn_near_set_end(sets, begin);
    size_t shown = 0;

    for (size_t m = begin; m < end; m++) {
        if (sets->row[m] == but)
            continue;
        if (shown == MOST) {
            wn_text_format(out, ", ... (%zu)", end - begin - 1);
            return;
        }
        wn_text_format(out, "%s%lld", shown++ ? ", " : "",
                       (long long)sets->row[m]);
    }
}

size_t *wn_near_sets_listed(const struct wn_report *report, size_t *count,
                            size_t *mixed)
{
    const struct wn_near_sets *sets = &report->near_sets;
    const int32_t *label = report->data.label;
    size_t *list = wn_new(sets->sets, sizeof *list);

    *count = *mixed = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t begin = 0, end; begin < sets->rows; begin = end) {
            bool agree = true;

            end = wn_near_set_end(sets, begin);
            for (size_t m = begin + 1; m < end; m++)
                agree &= label[sets->row[m]] == label[sets->row[begin]];
            if (agree == (pass == 1))
                list[(*count)++] = begin;
        }
        if (pass == 0)
            *mixed = *count;
    }
    return list;
}

double wn_near_set_say(const struct wn_report *report, size_t begin,
                       struct wn_text *rows, struct wn_text *labels)
{
    const struct wn_near_sets *sets = &report->near_sets;
    const size_t end = wn_near_set_end(sets, begin);
    float farthest = 0;

    add_rows(sets, begin, sets->row[begin], rows);
    for (size_t m = begin; m < end; m++) {
        const int32_t label = report->data.label[sets->row[m]];
        bool seen = false;

        if (sets->distance[m] > farthest)
            farthest = sets->distance[m];
        for (size_t e = begin; e < m && !seen; e++)
            seen = report->data.label[sets->row[e]] == label;
        if (seen)
            continue;
        wn_text_format(labels, "%s", labels->length ? ", " : "");
        wn_phrase_data_short(labels, wn_report_class(report, label));
    }
    return (double)farthest;
}

void wn_near_sets_text(const struct wn_report *report, struct wn_text *out)
{
    enum { FEW = 5 };
    const struct wn_near_sets *sets = &report->near_sets;
    size_t count, mixed;
    size_t *begin = wn_near_sets_listed(report, &count, &mixed);
    struct wn_grid grid;

    wn_grid_start(&grid, "#set|#stays|other rows|#distance|~labels");
    for (size_t s = 0; s < count && s < FEW; s++) {
        struct wn_text rows = {0}, labels = {0};
        const double distance =
            wn_near_set_say(report, begin[s], &rows, &labels);

        wn_grid_add_count(&grid, (uint64_t)sets->set[begin[s]]);
        wn_grid_add_count(&grid, (uint64_t)sets->row[begin[s]]);
        wn_grid_add(&grid, wn_text_of(&rows), rows.length);
        wn_grid_format(&grid, "%.4g", distance);
        wn_grid_add(&grid, wn_text_of(&labels), labels.length);
        wn_text_free(&rows);
        wn_text_free(&labels);
    }
    wn_grid_print_under("Sets of equal and nearly equal rows", &grid, out);
    if (count)
        wn_phrase_say(out,
                      "%zu %s of %zu rows, %zu with several labels%s. prune "
                      "--drop=duplicate,near_duplicate keeps one row of each.",
                      count, wn_plural(count, "set", "sets"), sets->rows, mixed,
                      count > FEW ? "; --format=json has them all" : "");
    free(begin);
}

void wn_near_set_phrase(const struct wn_report *report, size_t i,
                        struct wn_text *out)
{
    const struct wn_near_sets *sets = &report->near_sets;
    const int64_t m = report->in_set ? report->in_set[i] : -1;
    size_t begin = (size_t)m;

    if (m < 0)
        return;
    while (begin && sets->set[begin - 1] == sets->set[m])
        begin--;
    wn_text_format(out, "  %-18sset %d with ", "nearly equal", sets->set[m]);
    add_rows(sets, begin, (int64_t)i, out);
    wn_text_format(out, "\n  %-18srow %lld, distance %.4g; ",
                   "nearest of these", (long long)sets->partner[m],
                   (double)sets->distance[m]);
    if (sets->row[begin] == (int64_t)i)
        wn_text_format(out, "this row should stay\n");
    else
        wn_text_format(out, "row %lld should stay\n",
                       (long long)sets->row[begin]);
}
