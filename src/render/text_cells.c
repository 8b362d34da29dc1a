/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Show cells of the source in the text report: on a line below a row, or in a
 * table beside the cells of its nearest rows. Blanks and line ends of a cell
 * become one blank; long cells are cut in the middle. */
#include <stdlib.h>
#include <string.h>

#include "render/grid.h"
#include "render/phrases.h"
#include "report/shown.h"
#include "util/memory.h"

enum { NAME_CELLS = 24, LEAST = 16 /* cells of a value */ };

/* A cell as one line of visible bytes. */
static void add_cell(struct wn_text *out, const struct wn_cell *cell)
{
    struct wn_text flat = {0};

    for (size_t at = 0; at < cell->length; at++) {
        const char c = cell->text[at];

        if (!strchr(" \t\n\r", c) || !c)
            wn_text_add(&flat, &c, 1);
        else if (flat.length && flat.bytes[flat.length - 1] != ' ')
            wn_text_add(&flat, " ", 1);
    }
    while (flat.length && flat.bytes[flat.length - 1] == ' ')
        flat.length--;
    if (flat.length)
        wn_text_add_visible(out, flat.bytes, flat.length);
    else
        wn_text_format(out, "(empty)");
    wn_text_free(&flat);
}

/* "age: 39   city: Oslo" of some columns in at most `width` terminal cells:
 * the longest values are cut first, then columns are left out at the end. */
static void add_line(struct wn_shown *shown, const struct wn_row_cells *cells,
                     const size_t *column, size_t count, size_t width,
                     struct wn_text *out)
{
    enum { GAP = 3 };
    struct wn_text *part = wn_new(2 * count, sizeof *part); /* name, value */
    size_t *width_of = wn_new(2 * count, sizeof *width_of);
    size_t limit = width, fit = 0, names = 0, least = 0, sum;

    for (size_t c = 0; c < count; c++) {
        wn_phrase_data_cut(&part[2 * c], wn_shown_name(shown, column[c]),
                           NAME_CELLS);
        add_cell(&part[2 * c + 1], &cells->cell[column[c]]);
        wn_text_add(&part[2 * c], ": ", 2);
        for (size_t p = 2 * c; p < 2 * c + 2; p++)
            width_of[p] = wn_cells(part[p].bytes, part[p].length);
    }
    for (; fit < count; fit++) {
        const size_t more = width_of[2 * fit] + (fit ? GAP : 0);
        const size_t own = width_of[2 * fit + 1];

        least += own < LEAST ? own : LEAST;
        if (fit && names + more + least > width)
            break;
        names += more;
    }
    do {
        sum = names;
        for (size_t c = 0; c < fit; c++)
            sum += width_of[2 * c + 1] < limit ? width_of[2 * c + 1] : limit;
    } while (sum > width && limit-- > 1);
    for (size_t c = 0; c < fit; c++) {
        wn_text_format(out, "%*s%s", c ? GAP : 0, "", part[2 * c].bytes);
        wn_cells_add(out, part[2 * c + 1].bytes, part[2 * c + 1].length, limit);
    }
    for (size_t p = 0; p < 2 * count; p++)
        wn_text_free(&part[p]);
    free(part);
    free(width_of);
}

void wn_text_cells_below(const struct wn_report *report, size_t row,
                         struct wn_grid *grid)
{
    struct wn_row_cells cells = {0};
    struct wn_text line = {0};
    const size_t *chosen;
    size_t count;

    if (!report->shown || !wn_shown_read(report->shown, row, &cells))
        return;
    size_t *column = wn_shown_choose(report->shown, row, &cells, &count);
    /* One line has no room for more than a text, unless that was asked for. */
    if (count && !wn_shown_columns(report->shown, &chosen) &&
        wn_shown_is_text(report->shown, column[0]))
        count = 1;
    add_line(report->shown, &cells, column, count, wn_width() - WN_BELOW,
             &line);
    if (line.length)
        wn_grid_below(grid, line.bytes, line.length);
    wn_text_free(&line);
    wn_row_cells_free(&cells);
    free(column);
}

void wn_text_cells_reason(const struct wn_report *report, struct wn_text *out)
{
    const char *reason = report->shown ? wn_shown_reason(report->shown) : NULL;
    struct wn_text text = {0};

    if (!reason)
        return;
    wn_text_format(&text, "Cells of the source are missing here: %s.", reason);
    wn_phrase_paragraph(out, text.bytes);
    wn_text_free(&text);
}

/* ---- a row beside its nearest rows --------------------------------------- */

struct beside {
    struct wn_shown *shown;
    struct wn_row_cells own, other;
    size_t *column, columns; /* that get a column of the table */
    size_t *text, texts;     /* that get a line below */
};

/* The cells of a row at the end of its line, and below it. */
static void add_beside(struct beside *beside, struct wn_grid *grid,
                       const struct wn_row_cells *cells)
{
    const struct wn_row_cells *own = &beside->own;
    struct wn_text text = {0};

    for (size_t c = 0; c < beside->columns; c++) {
        const size_t column = beside->column[c];
        const bool differs =
            cells != own && cells->count &&
            wn_shown_differ(beside->shown, column, &own->cell[column],
                            &cells->cell[column]);

        text.length = 0;
        wn_text_add(&text, differs ? "*" : " ", 1);
        if (cells->count)
            add_cell(&text, &cells->cell[column]);
        wn_grid_add(grid, text.bytes, text.length);
    }
    text.length = 0;
    if (cells->count && beside->texts)
        add_line(beside->shown, cells, beside->text, beside->texts,
                 wn_width() - WN_BELOW, &text);
    if (text.length)
        wn_grid_below(grid, text.bytes, text.length);
    wn_text_free(&text);
}

void wn_text_nearest(const struct wn_report *report,
                     const struct wn_explanation *explanation,
                     struct wn_text *out)
{
    enum {
        COLUMN = 10, /* cells of a column */
        OTHERS = 4,  /* columns before */
        HEAD = 40    /* cells of a head, where there is room */
    };
    const size_t i = explanation->row;
    const bool place = wn_phrase_has_place(&report->data);
    struct beside beside = {.shown = report->shown};
    struct wn_grid grid;
    size_t *chosen = NULL, count = 0;

    if (!explanation->neighbors)
        return;
    if (beside.shown)
        wn_shown_fetch_near(beside.shown, &(int64_t){(int64_t)i}, 1);
    if (beside.shown && wn_shown_read(beside.shown, i, &beside.own))
        chosen = wn_shown_choose(beside.shown, i, &beside.own, &count);
    beside.column = wn_new(count, sizeof *beside.column);
    beside.text = wn_new(count, sizeof *beside.text);
    wn_grid_start(&grid, "#row");
    if (place)
        wn_grid_head_data(&grid, '#', wn_phrase_place(&report->data));
    wn_grid_head(&grid,
                 report->data.id ? "#distance|~label|~id" : "#distance|~label");
    for (size_t c = 0; c < count; c++) {
        struct wn_text name = {0};

        if (wn_shown_is_text(beside.shown, chosen[c])) {
            beside.text[beside.texts++] = chosen[c];
        } else if (beside.columns + OTHERS < wn_width() / COLUMN) {
            beside.column[beside.columns++] = chosen[c];
            wn_text_add(&name, " ", 1);
            wn_phrase_data_cut(&name, wn_shown_name(beside.shown, chosen[c]),
                               HEAD);
            wn_grid_head_data(&grid, '~', name.bytes);
            wn_text_free(&name);
        }
    }
    for (size_t j = 0; j <= explanation->neighbors; j++) {
        const size_t row = j ? (size_t)explanation->neighbor[j - 1] : i;
        size_t length = 0;
        const char *id = wn_report_id(report, row, &length);

        wn_grid_add_count(&grid, row);
        if (place)
            wn_phrase_add_line(&report->data, row, &grid);
        if (j)
            wn_grid_format(&grid, "%.4g", (double)explanation->distance[j - 1]);
        else
            wn_grid_add_text(&grid, "this row");
        wn_grid_add_text(&grid,
                         wn_report_title(report, report->data.label[row]));
        if (report->data.id)
            wn_grid_add(&grid, id, length);
        if (j && beside.own.count)
            wn_shown_read(beside.shown, row, &beside.other);
        add_beside(&beside, &grid, j ? &beside.other : &beside.own);
    }
    wn_grid_print_under("The row and its nearest rows", &grid, out);
    if (beside.columns)
        wn_phrase_say(out, "* differs from the row: a number by the spread of "
                           "its column or more, anything else in any byte.");
    const size_t rest = count - beside.columns - beside.texts;
    if (rest)
        wn_phrase_say(out, "%zu more %s not fit here.", rest,
                      wn_plural(rest, "column does", "columns do"));
    wn_text_cells_reason(report, out);
    free(chosen);
    free(beside.column);
    free(beside.text);
    wn_row_cells_free(&beside.own);
    wn_row_cells_free(&beside.other);
}
