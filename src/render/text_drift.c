/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The section of the text report on drift since another audit. */
#include <math.h>
#include <stdlib.h>

#include "noise/order_statistics.h"
#include "render/grid.h"
#include "render/phrases.h"
#include "report/drift.h"
#include "util/memory.h"

enum { SHOWN = 10 };

static void put_columns(const struct wn_report *report,
                        const struct wn_drift *drift, struct wn_text *out)
{
    struct wn_ranked *ranked = wn_new(drift->columns, sizeof *ranked);
    size_t count = 0;
    struct wn_grid grid;

    for (size_t c = 0; c < drift->columns; c++)
        if (drift->column[c].drifted)
            ranked[count++] = (struct wn_ranked){
                isnan(drift->column[c].psi) ? 0 : -drift->column[c].psi, c};
    wn_rank(ranked, count); /* the largest index first */
    wn_text_format(out, "  %zu of %zu columns drifted%s\n", drift->drifted,
                   drift->columns, count > SHOWN ? ", these most:" : ":");
    wn_grid_start(&grid,
                  "~column|#PSI|#distance|#p|#mean by sd|#missing|values");
    for (size_t r = 0; r < count && r < SHOWN; r++) {
        const struct wn_column_drift *column = &drift->column[ranked[r].row];
        const bool label = column->column == SIZE_MAX;

        wn_grid_add_text(&grid, wn_drift_column(report, column));
        wn_grid_real(&grid, "%.2f", column->psi);
        wn_grid_real(&grid, "%.2f", column->distance);
        wn_grid_real(&grid, column->p < 0.001 ? "< 0.001" : "%.3f", column->p);
        wn_grid_real(&grid, "%+.2f", column->shift);
        wn_grid_format(&grid, "%.1f %%, was %.1f", 100 * column->missing_now,
                       100 * column->missing_then);
        if (column->came || column->left)
            wn_grid_format(&grid, "%zu new, %zu gone", column->came,
                           column->left);
        else
            wn_grid_add_text(&grid, label ? "the label" : "");
    }
    wn_grid_print(&grid, out);
    free(ranked);
    wn_phrase_say(out,
                  "PSI: index of population stability, from %.1f on worth a "
                  "look. distance: between the two distributions, 0 to 1. p is "
                  "adjusted for the number of columns.",
                  WN_DRIFT_PSI);
}

void wn_drift_text(const struct wn_report *report, struct wn_text *out)
{
    const struct wn_drift *drift = report->drift;

    wn_text_format(out, "\nDrift of the columns since ");
    wn_phrase_data(out, drift->file);
    wn_text_format(out, "\n");
    for (size_t c = 0; c < drift->changes.count; c++) {
        wn_text_format(out, "  changed: ");
        wn_phrase_data(out, drift->changes.line[c]);
        wn_text_format(out, "\n");
    }
    if (drift->drifted)
        put_columns(report, drift, out);
    else if (isnan(drift->psi))
        wn_phrase_say(out, "No column drifted.");
    else
        wn_phrase_say(out,
                      "None of %zu columns drifted; the largest index of "
                      "population stability is %.2f.",
                      drift->columns, drift->psi);
}
