/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What people found when they looked: a section of the text report, and
 * of the page. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check/decide.h"
#include "noise/verdicts.h"
#include "page/markup.h"
#include "render/grid.h"
#include "render/phrases.h"
#include "render/render.h"
#include "util/date.h"

/* "78 %, 62-89", the share and its exact 95 % interval. */
static void format_precision(const struct wn_precision *precision, char out[64])
{
    snprintf(out, 64, "%.0f %%, %.0f-%.0f",
             100 * (double)precision->wrong / (double)precision->reviewed,
             100 * precision->low, 100 * precision->high);
}

/* A line for each reason that led to reviewed rows. */
static void put_reasons(const struct wn_report *report, struct wn_text *out)
{
    struct wn_grid grid;

    wn_grid_start(&grid,
                  "#reviewed|#wrong|#share, 95 %|>of rows of which flag said");
    for (size_t r = 0; r < report->reasons; r++) {
        const struct wn_precision precision =
            wn_precision_of(report, WN_OF_REASON, r);
        char share[64];

        if (!precision.reviewed)
            continue;
        format_precision(&precision, share);
        wn_grid_add_count(&grid, precision.reviewed);
        wn_grid_add_count(&grid, precision.wrong);
        wn_grid_add_text(&grid, share);
        wn_grid_add_text(&grid, wn_reason_words(report->reason_name[r]));
    }
    wn_text_format(out, "\n");
    wn_grid_print(&grid, out);
}

/* From when the verdicts are: dates stay the same whenever somebody reads the
 * report; report --decisions-list has ages. */
static void put_dates(const struct wn_decided_rows *decided,
                      struct wn_text *out)
{
    double first = INFINITY, last = -INFINITY;
    char from[32], until[32];

    for (size_t d = 0; d < decided->count; d++) {
        const char *when = decided->when[d];
        struct wn_date date;

        if (!wn_date_parse(when, strlen(when), WN_YEAR_FIRST, &date))
            continue;
        const double day = floor(wn_date_instant(&date) / 86400) * 86400;

        first = fmin(first, day);
        last = fmax(last, day);
    }
    if (first > last)
        return;
    wn_date_format(first, from);
    wn_date_format(last, until);
    if (first < last)
        wn_phrase_say(out, "The verdicts are from %s to %s.", from, until);
    else
        wn_phrase_say(out, "The verdicts are of %s.", from);
}

void wn_html_decided(const struct wn_report *report, struct wn_text *page)
{
    enum { MOST_NOTES = 30 };
    static const char *const head[] = {"#row", "verdict", "who",
                                       "when", "note",    NULL};
    const struct wn_decided_rows *decided = &report->decided;
    size_t notes = 0, shown = 0;
    char caption[80];

    for (size_t d = 0; d < decided->count && !report->no_values; d++)
        notes += decided->note[d][0] != '\0';
    if (!notes)
        return;
    snprintf(caption, sizeof caption, "Notes on %zu of %zu rows with a verdict",
             notes < MOST_NOTES ? notes : MOST_NOTES, decided->count);
    wn_table_open(page, NULL, caption, head);
    for (size_t d = 0; d < decided->count && shown < MOST_NOTES; d++) {
        struct wn_text verdict = {0};

        if (!decided->note[d][0])
            continue;
        shown++;
        wn_decision_add(report, decided->row[d].decision, decided->row[d].class,
                        &verdict);
        wn_markup(page,
                  "\n<tr><th scope=\"row\" class=\"n\">%zu</th><td>%s</td>"
                  "<td>" WN_NAME "</td><td>%s</td><td>%.240s</td></tr>",
                  decided->row[d].row, wn_text_of(&verdict), decided->who[d],
                  decided->when[d], decided->note[d]);
        wn_text_free(&verdict);
    }
    wn_table_close(page);
}

void wn_decided_text(const struct wn_report *report, struct wn_text *out)
{
    const struct wn_decided_rows *decided = &report->decided;
    const struct wn_precision all = wn_precision_of(report, WN_OF_ALL, 0);
    const struct wn_precision suspects =
        wn_precision_of(report, WN_OF_SUSPECTS, 0);
    const size_t other = decided->count - all.reviewed;
    char share[64], estimated[40] = "";

    if (!decided->count && !decided->stale && !decided->gone &&
        !(decided->trusted && report->label_bit))
        return;
    wn_text_format(out, "\nWhat people found\n");
    if (decided->count) {
        if (!isnan(report->rate))
            snprintf(estimated, sizeof estimated, "estimated wrong %zu, ",
                     report->expected);
        wn_phrase_say(out,
                      "Labels: %sflagged %zu, reviewed %zu, confirmed "
                      "wrong %zu.",
                      estimated, report->label_rows, all.reviewed, all.wrong);
        if (other)
            wn_phrase_say(out,
                          "%zu more %s decided without a word on the label "
                          "(unsure, drop or keep).",
                          other, wn_plural(other, "row is", "rows are"));
        put_dates(decided, out);
    }
    if (suspects.reviewed) {
        format_precision(&suspects, share);
        wn_phrase_say(out, "Of %zu reviewed label suspects %zu were wrong: %s.",
                      suspects.reviewed, suspects.wrong, share);
    }
    const struct {
        size_t count;
        const char *why;
    } lost[] = {{decided->stale, "changed since"},
                {decided->gone, "is not there any more"}};
    for (size_t l = 0; l < sizeof lost / sizeof *lost; l++)
        if (lost[l].count)
            wn_phrase_say(
                out, "%zu older %s not count, because the row %s.",
                lost[l].count,
                wn_plural(lost[l].count, "verdict does", "verdicts do"),
                lost[l].why);
    if (decided->trusted && report->label_bit) {
        const size_t alarms = decided->trusted_suspects;
        double low, high;

        wn_share_interval(alarms, decided->trusted, 0.95, &low, &high);
        wn_phrase_say(out,
                      "Of %zu labels that the data mark as right, flag would "
                      "have flagged %zu (%.1f %%, %.1f-%.1f): false alarms. If "
                      "other right labels are like them, that share of the "
                      "right labels is flagged, too.",
                      decided->trusted, alarms,
                      100 * (double)alarms / (double)decided->trusted,
                      100 * low, 100 * high);
    }
    if (all.reviewed)
        put_reasons(report, out);
}
