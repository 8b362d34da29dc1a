/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sections of the text report that compare with an older audit. */
#include <stdio.h>

#include "render/grid.h"
#include "render/phrases.h"

void wn_comparison_text(const struct wn_report *report, struct wn_text *out)
{
    const struct wn_comparison *against = report->against;
    const struct wn_report *both[] = {&against->old, report};
    struct wn_grid grid;

    wn_text_format(out, "\nSince ");
    wn_phrase_data(out, against->file);
    wn_text_format(out, "\n");
    wn_grid_start(&grid, "|#then|#now");
    wn_grid_add_text(&grid, "rows");
    for (int side = 0; side < 2; side++)
        wn_grid_add_count(&grid, both[side]->data.n);
    wn_grid_add_text(&grid, "est. wrong");
    for (int side = 0; side < 2; side++) {
        char rate[40];

        wn_phrase_rate(both[side], rate);
        wn_grid_add_text(&grid, rate);
    }
    wn_grid_add_text(&grid, "flagged");
    for (int side = 0; side < 2; side++)
        wn_grid_add_count(&grid, both[side]->label_bit
                                     ? both[side]->label_rows
                                     : both[side]->flagged_rows);
    wn_grid_print(&grid, out);
    wn_phrase_say(out,
                  "Still flagged: %zu. New flags: %zu on unchanged rows, %zu "
                  "on added, %zu on relabelled and %zu on edited ones. Gone: "
                  "%zu no longer suspect, %zu confirmed right, %zu "
                  "relabelled, %zu edited, %zu removed.",
                  against->changes[WN_STILL_FLAGGED],
                  against->changes[WN_NEW_FLAG], against->changes[WN_NEW_ROW],
                  against->changes[WN_NEW_LABEL],
                  against->changes[WN_NEW_CONTENT], against->gones[WN_CLEARED],
                  against->gones[WN_CONFIRMED], against->gones[WN_RELABELLED],
                  against->gones[WN_EDITED], against->gones[WN_REMOVED]);
    if (!against->causes)
        wn_phrase_say(out, "Data, options, versions and processor are the "
                           "same.");
    for (size_t c = 0; c < against->causes; c++) {
        wn_text_format(out, "  different: ");
        wn_phrase_data(out, against->cause[c]);
        wn_text_format(out, "\n");
    }
}

void wn_gone_text(const struct wn_report *report, struct wn_text *out)
{
    const struct wn_comparison *against = report->against;
    const struct wn_report *old = &against->old;
    size_t count = 0, shown = 0;
    struct wn_grid grid;
    char title[80];

    wn_grid_start(&grid, "why|#row then|#line then|#row now|~given then");
    if (old->data.id)
        wn_grid_head(&grid, "~id");
    for (size_t r = 0; r < old->data.n; r++) {
        const size_t i = (size_t)old->order[r];
        const int64_t now = against->now[i];
        const int gone = wn_comparison_gone(against, report, i);
        size_t length = 0;
        const char *id = wn_report_id(old, i, &length);

        count += gone >= 0;
        if (gone < 0 || shown == WN_TOP_ROWS)
            continue;
        shown++;
        wn_grid_add_text(&grid, wn_gone_names[gone]);
        wn_grid_add_count(&grid, i);
        wn_grid_add_count(&grid, old->data.row_line[i]);
        wn_grid_format_known(&grid, now >= 0, "%lld", (long long)now);
        wn_grid_add_text(&grid, wn_report_title(old, old->data.label[i]));
        if (id)
            wn_grid_add(&grid, id, length);
    }
    snprintf(title, sizeof title, "Flags that are gone: %zu of %zu", shown,
             count);
    wn_grid_print_under(title, &grid, out);
}
