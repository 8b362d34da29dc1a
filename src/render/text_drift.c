/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The section of the text report on drift since another audit. */
#include <math.h>
#include <stdlib.h>

#include "render/grid.h"
#include "render/phrases.h"
#include "report/drift.h"
#include "util/memory.h"

enum { SHOWN = 10 };

struct ranked_column {
    double psi;
    size_t column;
};

/* The largest index first. */
static int by_index(const void *a, const void *b)
{
    const struct ranked_column *x = a, *y = b;

    return (x->psi < y->psi) - (x->psi > y->psi);
}

static void put_columns(const struct wn_report *report,
                        const struct wn_drift *drift, struct wn_text *out)
{
    struct ranked_column *ranked = wn_new(drift->columns, sizeof *ranked);
    size_t count = 0;
    struct wn_grid grid;

    for (size_t c = 0; c < drift->columns; c++)
        if (drift->column[c].drifted)
            ranked[count++] = (struct ranked_column){
                isnan(drift->column[c].psi) ? 0 : drift->column[c].psi, c};
    qsort(ranked, count, sizeof *ranked, by_index);
    wn_text_format(out, "  %zu of %zu columns drifted%s\n", drift->drifted,
                   drift->columns, count > SHOWN ? ", these most:" : ":");
    wn_grid_start(&grid,
                  "~column|#PSI|#distance|#p|#mean by sd|#missing|values");
    for (size_t r = 0; r < count && r < SHOWN; r++) {
        const struct wn_column_drift *column = &drift->column[ranked[r].column];
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
    for (size_t c = 0; c < drift->changes; c++) {
        wn_text_format(out, "  changed: ");
        wn_phrase_data(out, drift->change[c]);
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
