/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The section of the text report on drift since another audit. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "noise/order_statistics.h"
#include "render/grid.h"
#include "render/phrases.h"
#include "report/drift.h"
#include "util/date.h"
#include "util/memory.h"
#include "util/number.h"

enum { SHOWN = 10 };

/* "weight: 1.2, quartiles 2.5 3.1 4.4, 9.7; was ..." or "city: new Roma". */
static void say_values(const struct wn_report *report,
                       const struct wn_column_drift *column,
                       struct wn_text *out)
{
    struct wn_text said = {0};

    if (!column->values && isnan(column->now[0]))
        return;
    wn_text_format(&said, "%s: ", wn_drift_column(report, column));
    if (column->values)
        wn_text_format(&said, "%s", column->values);
    for (int side = 0; side < 2 && !column->values; side++) {
        const bool date =
            strcmp(report->data.column_kind[column->column], "date") == 0;
        const double *five = side ? column->then : column->now;

        wn_text_format(&said, side ? "; was" : "");
        for (int q = 0; q < WN_FIVE; q++) {
            char text[32];

            (date ? wn_date_format : wn_number_format)(five[q], text);
            wn_text_format(&said, "%s%s%s", side || q ? " " : "",
                           q == 1   ? "to quartiles "
                           : q == 4 ? "to "
                                    : "",
                           text);
        }
    }
    wn_text_format(out, "  ");
    wn_phrase_data(out, said.bytes);
    wn_text_format(out, "\n");
    wn_text_free(&said);
}

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
    for (size_t r = 0; r < count && r < SHOWN && !report->no_values; r++)
        say_values(report, &drift->column[ranked[r].row], out);
    free(ranked);
    wn_phrase_say(out,
                  "PSI: index of population stability, from %.1f on worth a "
                  "look. distance: between the two distributions, 0 to 1. p is "
                  "adjusted for the number of columns.",
                  WN_DRIFT_PSI);
}

static void say_chance(const struct wn_strange_rows *of, struct wn_text *out)
{
    wn_text_format(out, "; chance makes %.1f of them (p ", of->expected);
    wn_text_format(out, of->p < 0.001 ? "< 0.001). " : "%.3f). ", of->p);
}

void wn_strange_say(const struct wn_strange *strange, struct wn_text *out)
{
    const struct wn_strange_rows *far = &strange->of[WN_STRANGE_FAR];
    const struct wn_strange_rows *label = &strange->of[WN_STRANGE_LABEL];
    size_t shown = 0;

    if (!strange->fresh)
        return;
    if (!strange->looked) {
        if (strange->known < WN_STRANGE_KNOWN_MIN)
            wn_text_format(out,
                           "%zu of %zu rows are as they were then: too few to "
                           "say which others are strange.",
                           strange->known, strange->known + strange->fresh);
        return;
    }
    wn_text_format(out, "%zu %s new or edited", strange->fresh,
                   wn_plural(strange->fresh, "row is", "rows are"));
    if (strange->looked < strange->fresh)
        wn_text_format(out, ", %zu of them looked at", strange->looked);
    wn_text_format(out,
                   ". %zu %s farther from the rows as they were then than all "
                   "but 1 %% of these from each other",
                   far->count, wn_plural(far->count, "is", "are"));
    say_chance(far, out);
    if (label->asked) {
        wn_text_format(out,
                       "%zu %s a label that none of the %d nearest of them has",
                       label->count, wn_plural(label->count, "has", "have"),
                       WN_STRANGE_NEAR);
        say_chance(label, out);
    }
    for (int kind = 0; strange->rows && kind < WN_STRANGE_KINDS; kind++) {
        const struct wn_strange_rows *of = &strange->of[kind];

        for (size_t r = 0; of->p < WN_STRANGE_P / WN_STRANGE_KINDS &&
                           r < of->count && shown < SHOWN;
             r++, shown++)
            wn_text_format(out, "%s%zu", shown ? ", " : "Strange are rows ",
                           of->row[r]);
    }
    if (shown)
        wn_text_format(out, "%s; see --explain.",
                       shown < strange->rows ? ", ..." : "");
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
    struct wn_text said = {0};
    wn_strange_say(&drift->strange, &said);
    if (said.length)
        wn_phrase_paragraph(out, said.bytes);
    wn_text_free(&said);
}
