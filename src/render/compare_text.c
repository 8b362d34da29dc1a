/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is new and what is gone since an older audit; see compare_text.h. */
#include "render/compare_text.h"

#include <math.h>

#include "render/grid.h"
#include "render/phrases.h"

/* What the older audit said and what this one says. */
static int put_then_and_now(const struct wn_report *report, struct wn_text *out)
{
    static const struct wn_grid_column head[] = {{"", WN_LEFT, WN_FIXED},
                                                 {"then", WN_RIGHT, WN_FIXED},
                                                 {"now", WN_RIGHT, WN_FIXED}};
    const struct wn_report *both[] = {&report->against->old, report};
    struct wn_grid grid;
    int status = -1;

    wn_grid_start(&grid, head, sizeof head / sizeof *head);
    if (wn_grid_add_text(&grid, "rows"))
        goto done;
    for (int side = 0; side < 2; side++)
        if (wn_grid_format(&grid, "%zu", both[side]->data.n))
            goto done;
    if (wn_grid_add_text(&grid, "est. wrong"))
        goto done;
    for (int side = 0; side < 2; side++)
        if (wn_grid_known(&grid, !isnan(both[side]->rate), "%.1f %%",
                          100 * both[side]->rate))
            goto done;
    if (wn_grid_add_text(&grid, "flagged"))
        goto done;
    for (int side = 0; side < 2; side++)
        if (wn_grid_format(&grid, "%zu",
                           both[side]->label_bit ? both[side]->label_rows
                                                 : both[side]->flagged_rows))
            goto done;
    status = wn_grid_print(&grid, out);
done:
    wn_grid_free(&grid);
    return status;
}

int wn_comparison_text(const struct wn_report *report, struct wn_text *out)
{
    const struct wn_comparison *against = report->against;

    if (wn_text_format(out, "\nSince ") || wn_phrase_data(out, against->file) ||
        wn_text_format(out, "\n") || put_then_and_now(report, out))
        return -1;
    wn_phrase_say(out,
                  "%zu still flagged. New: %zu in rows that were there, "
                  "%zu in rows that were not, or not like this. Gone: %zu "
                  "cleared, %zu with a row that was edited, %zu with one "
                  "that was removed.",
                  against->changes[WN_STILL], against->changes[WN_NEW_FLAG],
                  against->changes[WN_NEW_ROW], against->gones[WN_CLEARED],
                  against->gones[WN_EDITED], against->gones[WN_REMOVED]);
    for (size_t c = 0; c < against->causes; c++) {
        if (wn_text_format(out, "  different: "))
            return -1;
        wn_phrase_data(out, against->cause[c]);
        wn_text_format(out, "\n");
    }
    return 0;
}

/* A line of the table of gone flags: the row as it was. */
static int add_gone(const struct wn_report *report, size_t i, int gone,
                    struct wn_grid *grid)
{
    const struct wn_report *old = &report->against->old;
    const int64_t now = report->against->now[i];
    size_t length = 0;
    const char *id = wn_report_id(old, i, &length);

    if (wn_grid_add_text(grid, wn_gone_names[gone]) ||
        wn_grid_format(grid, "%zu", i) ||
        wn_grid_format(grid, "%llu",
                       (unsigned long long)old->data.row_line[i]) ||
        wn_grid_known(grid, now >= 0, "%lld", (long long)now) ||
        wn_grid_add_text(grid, wn_report_class(old, old->data.label[i])) ||
        (id && wn_grid_add(grid, id, length)))
        return -1;
    return 0;
}

int wn_gone_text(const struct wn_report *report, struct wn_text *out)
{
    static const struct wn_grid_column head[] = {
        {"why", WN_LEFT, WN_FIXED},          {"row then", WN_RIGHT, WN_FIXED},
        {"line then", WN_RIGHT, WN_FIXED},   {"row now", WN_RIGHT, WN_FIXED},
        {"given then", WN_LEFT, WN_SHRINKS}, {"id", WN_LEFT, WN_SHRINKS}};
    const struct wn_comparison *against = report->against;
    size_t count = 0, shown = 0;
    struct wn_grid grid;
    int status = -1;

    wn_grid_start(&grid, head,
                  sizeof head / sizeof *head - !against->old.data.id);
    for (size_t r = 0; r < against->old.data.n; r++) {
        const size_t i = (size_t)against->old.order[r];
        const int gone = wn_comparison_gone(against, report, i);

        count += gone >= 0;
        if (gone < 0 || shown == WN_TOP_ROWS)
            continue;
        shown++;
        if (add_gone(report, i, gone, &grid))
            goto done;
    }
    status = 0;
    if (count)
        status = wn_text_format(out, "\nFlags that are gone: %zu of %zu\n",
                                shown, count) ||
                         wn_grid_print(&grid, out)
                     ? -1
                     : 0;
done:
    wn_grid_free(&grid);
    return status;
}
