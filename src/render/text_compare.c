/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sections of the text report and of the page that compare with an older audit.
 */
#include <math.h>
#include <stdio.h>

#include "page/markup.h"
#include "render/grid.h"
#include "render/phrases.h"
#include "render/render.h"
#include "report/drift.h"

static void say_flags(const struct wn_comparison *against, struct wn_text *out)
{
    wn_text_format(out,
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
}

static const char no_cause[] =
    "Data, options, versions, seed and processor are the same.";

void wn_comparison_text(const struct wn_report *report, struct wn_text *out)
{
    const struct wn_comparison *against = report->against;
    const struct wn_report *both[] = {&against->old, report};
    struct wn_text said = {0};
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
    say_flags(against, &said);
    wn_phrase_paragraph(out, said.bytes);
    wn_text_free(&said);
    if (!against->causes.count)
        wn_phrase_say(out, "%s", no_cause);
    for (size_t c = 0; c < against->causes.count; c++) {
        wn_text_format(out, "  different: ");
        wn_phrase_data(out, against->causes.line[c]);
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
        wn_phrase_add_line(&old->data, i, &grid);
        wn_grid_format_known(&grid, now >= 0, "%lld", (long long)now);
        wn_grid_add_text(&grid, wn_report_title(old, old->data.label[i]));
        if (id)
            wn_grid_add(&grid, id, length);
    }
    snprintf(title, sizeof title, "Flags that are gone: %zu of %zu", shown,
             count);
    wn_grid_print_under(title, &grid, out);
}

static void put_list(struct wn_text *page, const struct wn_lines *list)
{
    if (list->count)
        wn_markup(page, "\n<ul>");
    for (size_t l = 0; l < list->count; l++)
        wn_markup(page, "\n<li>%s</li>", list->line[l]);
    if (list->count)
        wn_markup(page, "</ul>");
}

/* The first flags that are new, or gone: most suspicious first. */
static void put_flags(const struct wn_report *report, bool new,
                      struct wn_text *page)
{
    enum { FEW = 20 };
    static const char *const head_new[] = {"#row", "why", "given", "suggested",
                                           NULL};
    static const char *const head_gone[] = {"#row then", "why", "given then",
                                            "#row now", NULL};
    const struct wn_comparison *against = report->against;
    const struct wn_report *side = new ? report : &against->old;
    size_t count = 0;

    for (size_t r = 0; r < side->data.n && count < FEW; r++) {
        const size_t i = (size_t)side->order[r];
        const int gone = new ? -1 : wn_comparison_gone(against, report, i);
        char other[32] = "-";

        if (new ? against->change[i] < WN_NEW_FLAG : gone < 0)
            continue;
        if (count++ == 0)
            wn_table_open(page, NULL,
                          new ? "The first flags that are new"
                              : "The first flags that are gone",
                          new ? head_new : head_gone);
        if (!new && against->now[i] >= 0)
            snprintf(other, sizeof other, "%lld", (long long)against->now[i]);
        const char *suggested =
            new ? wn_report_class(report, report->suggestion[i]) : other;
        wn_markup(
            page,
            "\n<tr><th scope=\"row\" class=\"n\">%zu</th><td>%s</td>"
            "<td>" WN_NAME "</td>",
            i, new ? wn_change_names[against->change[i]] : wn_gone_names[gone],
            wn_report_class(side, side->data.label[i])
                ? wn_report_class(side, side->data.label[i])
                : "");
        wn_markup(page,
                  new ? "<td>" WN_NAME "</td></tr>"
                      : "<td class=\"n\">%s</td></tr>",
                  suggested);
    }
    if (count)
        wn_table_close(page);
}

void wn_html_changes(const struct wn_report *report, struct wn_text *page)
{
    static const char *const head[] = {"column",   "#PSI", "#p",
                                       "#missing", "#was", NULL};
    const struct wn_comparison *against = report->against;
    const struct wn_drift *drift = report->drift;
    struct wn_text said = {0};

    if (report->reached.length)
        wn_markup(page, "\n<p class=\"note\">Reached --fail-on: %s.</p>",
                  report->reached.bytes);
    if (against) {
        say_flags(against, &said);
        wn_markup(page, "\n<p>%s</p>", said.bytes);
        wn_text_free(&said);
        if (!against->causes.count)
            wn_markup(page, "\n<p>%s</p>", no_cause);
        put_list(page, &against->causes);
        put_flags(report, true, page);
        put_flags(report, false, page);
    }
    if (!drift)
        return;
    put_list(page, &drift->changes);
    wn_strange_say(&drift->strange, &said);
    if (said.length)
        wn_markup(page, "\n<p>%s</p>", said.bytes);
    wn_text_free(&said);
    if (!drift->drifted) {
        wn_markup(page, "\n<p>No column drifted.</p>");
        return;
    }
    wn_table_open(page, NULL, "Columns that drifted", head);
    for (size_t c = 0; c < drift->columns; c++) {
        const struct wn_column_drift *column = &drift->column[c];
        char psi[32] = "-", p[32] = "< 0.001";

        if (!column->drifted)
            continue;
        if (!isnan(column->psi))
            snprintf(psi, sizeof psi, "%.2f", column->psi);
        if (!(column->p < 0.001))
            snprintf(p, sizeof p, "%.3f", column->p);
        wn_markup(page,
                  "\n<tr><th scope=\"row\">%s</th><td class=\"n\">%s</td>"
                  "<td class=\"n\">%s</td><td class=\"n\">%.1f %%</td>"
                  "<td class=\"n\">%.1f %%</td></tr>",
                  wn_drift_column(report, column), psi, p,
                  100 * column->missing_now, 100 * column->missing_then);
    }
    wn_table_close(page);
}
