/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sections of the text report on sets of rows: slices of the data, and who
 * gave the labels. */
#include <math.h>

#include "render/grid.h"
#include "render/phrases.h"
#include "report/annotators.h"
#include "report/slices.h"

enum { SHOWN = 10 };

/* How many of `count` lines a table leaves out. */
static void say_hidden(const struct wn_report *report, size_t count,
                       struct wn_text *out)
{
    if (count > SHOWN && !report->verbose)
        wn_text_format(out, "  and %zu more; --verbose shows all\n",
                       count - SHOWN);
}

void wn_slices_text(const struct wn_report *report, struct wn_text *out)
{
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
    say_hidden(report, slices->count, out);
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

void wn_annotators_text(const struct wn_report *report, struct wn_text *out)
{
    const struct wn_annotators *who = report->annotators;
    struct wn_text text = {0};
    struct wn_grid grid;
    bool wrong = false; /* some share is known */

    if (!who || !who->count)
        return;
    for (size_t a = 0; a < who->count; a++)
        wrong |= !isnan(who->line[a].wrong);
    wn_grid_start(&grid, "~annotator|#rows|#flagged");
    if (wrong)
        wn_grid_head(&grid, "#est. wrong");
    if (who->item)
        wn_grid_head(&grid, "#agreement|#wrong by votes");
    wn_grid_head(&grid, ">most often given, likely");
    for (size_t a = 0; a < who->count && (a < SHOWN || report->verbose); a++) {
        const struct wn_annotator *line = &who->line[a];

        wn_grid_add_text(&grid, report->data.annotator_name[line->annotator]);
        wn_grid_add_count(&grid, line->rows);
        wn_grid_add_count(&grid, line->flagged);
        if (wrong)
            wn_grid_format_known(&grid, !isnan(line->wrong),
                                 "%.1f %% (%.0f-%.0f)", 100 * line->wrong,
                                 100 * line->wrong_low, 100 * line->wrong_high);
        if (who->item) {
            wn_grid_real(&grid, "%.1f %%", 100 * line->agreement);
            wn_grid_real(&grid, "%.1f %%", 100 * line->vote_wrong);
        }
        text.length = 0;
        if (line->confused) {
            wn_phrase_data(&text, wn_report_title(report, line->given));
            wn_text_format(&text, ", ");
            wn_phrase_data(&text, wn_report_title(report, line->likely));
            wn_text_format(&text, " (%zu)", line->confused);
        }
        wn_grid_add_text(&grid, line->rows < WN_TOO_FEW ? "too few rows to say"
                                : text.length           ? text.bytes
                                                        : NULL);
    }
    wn_text_free(&text);
    wn_grid_print_under("Who gave the labels", &grid, out);
    say_hidden(report, who->count, out);
    if (who->item)
        wn_phrase_say(
            out,
            "%zu items, by %s, have votes of several annotators. Two votes on "
            "one item agree in %.1f %%. agreement: with the votes of others; "
            "wrong by votes: labels that the votes of all contradict (Dawid "
            "and Skene).",
            who->items, who->item, 100 * who->agreement);
    else
        wn_phrase_say(out, "No item has labels of several annotators.");
}
