/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A figure as a table, and the table as HTML and TSV; see figure.h. */
#include "page/figure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "page/svg.h"
#include "util/memory.h"
#include "util/number.h"

size_t wn_figure_numbers(const struct wn_figure_kind *kind)
{
    size_t columns = 0;

    while (kind->head[columns])
        columns++;
    return columns - kind->names;
}

bool wn_figure_make(struct wn_figure *figure, const struct wn_figure_kind *kind,
                    const struct wn_report *report, size_t most)
{
    *figure = (struct wn_figure){.kind = kind, .most = most, .mark = NAN};
    return kind->find(report, figure) && figure->rows;
}

void wn_figure_free(struct wn_figure *figure)
{
    for (size_t r = 0; r < figure->rows; r++)
        for (size_t c = 0; c < figure->kind->names; c++)
            free(figure->name[r * figure->kind->names + c]);
    free(figure->name);
    free(figure->number);
    wn_text_free(&figure->says);
}

void wn_figure_add(struct wn_figure *figure, const char *const *name,
                   const double *number)
{
    const size_t names = figure->kind->names;
    const size_t numbers = wn_figure_numbers(figure->kind);
    size_t room = figure->room;

    wn_grow(&figure->number, &room, figure->rows + 1,
            numbers * sizeof *figure->number);
    if (names) {
        room = figure->room;
        wn_grow(&figure->name, &room, figure->rows + 1,
                names * sizeof *figure->name);
    }
    figure->room = room;
    memcpy(figure->number + figure->rows * numbers, number,
           numbers * sizeof *number);
    for (size_t c = 0; c < names; c++) {
        const char *text = name[c] ? name[c] : "";
        struct wn_text cut = {0};

        /* Whole where all rows are. */
        if (figure->most < SIZE_MAX)
            wn_cut_text(&cut, text, strlen(text), WN_NAME_BYTES);
        else
            wn_text_add(&cut, text, strlen(text));
        figure->name[figure->rows * names + c] =
            wn_copy_text(wn_text_of(&cut), cut.length);
        wn_text_free(&cut);
    }
    figure->rows++;
}

const double *wn_figure_row(const struct wn_figure *figure, size_t r)
{
    return figure->number + r * wn_figure_numbers(figure->kind);
}

const char *wn_figure_name(const struct wn_figure *figure, size_t r, size_t c)
{
    return figure->name[r * figure->kind->names + c];
}

void wn_figure_show(const struct wn_figure_kind *kind, size_t c, double value,
                    char out[32])
{
    if (isnan(value))
        snprintf(out, 32, "-");
    else if (kind->form[c] == 'n')
        wn_count_text(round(value), out);
    else if (kind->form[c] == 'p')
        snprintf(out, 32, "%.1f %%", 100 * value);
    else
        snprintf(out, 32, "%.4g", value);
}

void wn_figure_table(const struct wn_figure *figure, struct wn_text *page)
{
    const struct wn_figure_kind *kind = figure->kind;
    const size_t numbers = wn_figure_numbers(kind);
    const char *head[WN_FIGURE_COLUMNS + 1] = {NULL};
    char number_head[WN_FIGURE_COLUMNS][32], caption[120], text[32];

    for (size_t c = 0; kind->head[c]; c++) {
        snprintf(number_head[c], sizeof number_head[c], "#%s", kind->head[c]);
        head[c] = c < kind->names ? kind->head[c] : number_head[c];
    }
    snprintf(caption, sizeof caption, "Numbers: %s", kind->title);
    wn_table_open(page, NULL, caption, head);
    for (size_t r = 0; r < figure->rows; r++) {
        wn_markup(page, "\n<tr>");
        for (size_t c = 0; c < kind->names; c++)
            wn_markup(page, c ? "<td>%s</td>" : "<th scope=\"row\">%s</th>",
                      wn_figure_name(figure, r, c));
        for (size_t c = 0; c < numbers; c++) {
            wn_figure_show(kind, c, wn_figure_row(figure, r)[c], text);
            wn_markup(page, "<td class=\"n\">%s</td>", text);
        }
        wn_markup(page, "</tr>");
    }
    wn_table_close(page);
}

/* With _ for blanks in the head line and an empty cell for NaN. In data, what
 * would break the table becomes visible. */
static void put_tsv(const struct wn_figure *figure, struct wn_text *out)
{
    const struct wn_figure_kind *kind = figure->kind;
    const size_t numbers = wn_figure_numbers(kind);

    for (size_t c = 0; kind->head[c]; c++) {
        if (c)
            wn_text_add(out, "\t", 1);
        for (const char *at = kind->head[c]; *at; at++)
            wn_text_add(out, *at == ' ' ? "_" : at, 1);
    }
    wn_text_add(out, "\n", 1);
    for (size_t r = 0; r < figure->rows; r++) {
        const double *number = wn_figure_row(figure, r);

        for (size_t c = 0; c < kind->names + numbers; c++) {
            char text[32];

            if (c)
                wn_text_add(out, "\t", 1);
            if (c < kind->names) {
                const char *name = wn_figure_name(figure, r, c);

                wn_text_add_visible(out, name, strlen(name));
            } else if (!isnan(number[c - kind->names])) {
                wn_number_format(number[c - kind->names], text);
                wn_text_add(out, text, strlen(text));
            }
        }
        wn_text_add(out, "\n", 1);
    }
}

const struct wn_figure_kind *wn_figure_find(const char *name)
{
    for (const struct wn_figure_kind *kind = wn_figure_kinds; kind->name;
         kind++)
        if (strcmp(kind->name, name) == 0)
            return kind;
    return NULL;
}

void wn_figure_list(struct wn_text *out)
{
    for (const struct wn_figure_kind *kind = wn_figure_kinds; kind->name;
         kind++)
        wn_text_format(out, "%-12s  %s\n", kind->name, kind->title);
}

int wn_figure_print(const struct wn_report *report,
                    const struct wn_figure_kind *kind, bool table,
                    struct wn_text *out, struct wn_error *error)
{
    struct wn_figure figure;
    int status = 0;

    if (!wn_figure_make(&figure, kind, report,
                        table ? SIZE_MAX : WN_FIGURE_ROWS)) {
        status = wn_fail(error, WN_EDATA, "%s: no figure %s: it needs %s",
                         report->file ? report->file : "standard input",
                         kind->name, kind->needs);
    } else if (table) {
        put_tsv(&figure, out);
    } else {
        kind->draw(&figure, out, true);
        wn_text_add(out, "\n", 1);
    }
    wn_figure_free(&figure);
    return status;
}
