/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The section of the text report on slices of the data. */
#include <math.h>

#include "render/grid.h"
#include "render/phrases.h"
#include "report/slices.h"

void wn_slices_text(const struct wn_report *report, struct wn_text *out)
{
    enum { SHOWN = 10 };
    const struct wn_slices *slices = report->slices;
    struct wn_text name = {0};
    struct wn_grid grid;
    bool wrong = false; /* some share is known */

    if (!slices)
        return;
    for (size_t s = 0; s < slices->count; s++)
        wrong |= isnan(slices->slice[s].wrong) ? false : true;
    wn_grid_start(&grid, "#rows|#accuracy|#90 %|#lift|#p");
    wn_grid_head(&grid, wrong ? "#est. wrong|>slice" : ">slice");
    for (size_t s = 0; s < slices->count && (s < SHOWN || report->verbose);
         s++) {
        const struct wn_slice *slice = &slices->slice[s];

        wn_grid_add_count(&grid, slice->rows);
        wn_grid_real(&grid, "%.1f %%", 100 * slice->accuracy);
        wn_grid_format_known(&grid, !isnan(slice->low), "%.0f-%.0f",
                             100 * slice->low, 100 * slice->high);
        wn_grid_real(&grid, "%.2f", slice->lift);
        wn_grid_real(&grid, slice->p < 0.001 ? "< 0.001" : "%.3f", slice->p);
        if (wrong)
            wn_grid_format_known(&grid, !isnan(slice->wrong),
                                 "%.1f %% (%.0f-%.0f)", 100 * slice->wrong,
                                 100 * slice->wrong_low,
                                 100 * slice->wrong_high);
        name.length = 0;
        wn_text_format(&name, "%s: %s", slice->column, slice->value);
        wn_grid_add(&grid, name.bytes, name.length);
    }
    wn_text_free(&name);
    wn_grid_print_under("Where the models are weak", &grid, out);
    if (!slices->count)
        wn_text_format(out, "\nWhere the models are weak\n");
    if (slices->count > SHOWN && !report->verbose)
        wn_text_format(out, "  and %zu more; --verbose shows all\n",
                       slices->count - SHOWN);
    if (slices->tested)
        wn_phrase_say(
            out,
            "The models predict %.1f %% of all labels. %zu of %zu %s %s weak: "
            "they predict fewer labels there than chance explains. lift: "
            "labels that they do not predict, as a multiple of their share "
            "elsewhere. p is adjusted for the number of slices.",
            100 * slices->accuracy, slices->weak, slices->tested,
            wn_plural(slices->tested, "slice", "slices"),
            slices->weak == 1 ? "is" : "are");
    if (slices->count > slices->tested)
        wn_phrase_say(out,
                      "%zu %s fewer than %d rows, or all but so few: too "
                      "few rows to say.",
                      slices->count - slices->tested,
                      wn_plural(slices->count - slices->tested, "slice has",
                                "slices have"),
                      WN_TOO_FEW);
    if (!slices->count)
        wn_phrase_say(out, "There is one slice only, which has all rows.");
}
