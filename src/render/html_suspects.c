/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The most suspicious rows of a page: what was found, the cells of the row
 * beside those of its nearest rows, and where rows are pictures, those. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "page/markup.h"
#include "render/phrases.h"
#include "render/render.h"
#include "report/shown.h"
#include "util/memory.h"

enum {
    DEFAULT_SUSPECTS = 50,
    MOST_SUSPECTS = 1000, /* rows of the table, */
    LIST_BYTES = 1300000, /* as far as they fit into so many bytes */
    BESIDE = 25,          /* of these, with cells and nearest rows, as far as */
    MOST_BYTES = 900000,  /* that fits into so many bytes of the page */
    OPEN = 3,             /* of these, with the nearest rows unfolded */
    NEAREST = 5,
    CELL_LETTERS = 240,
    ID_LETTERS = 60
};

/* --- cells --------------------------------------------------------------- */

static void put_cell_text(struct wn_text *page, const struct wn_cell *cell)
{
    if (cell->length)
        wn_markup_cut(page, cell->text, cell->length, CELL_LETTERS);
    else
        wn_markup(page, "<small>(empty)</small>");
}

/* The first few nearest rows of a row; their number. They are
 * copied, because reading the cells of a row replaces the list of another. */
static size_t nearest_rows(const struct wn_report *report, size_t row,
                           int32_t near[NEAREST])
{
    const int32_t *all;
    size_t count = wn_shown_neighbors(report->shown, row, &all);

    count = count < NEAREST ? count : NEAREST;
    memcpy(near, all, count * sizeof *near);
    return count;
}

/* A row of the table of a suspect and its nearest rows. */
static void put_beside_row(const struct wn_report *report, size_t row,
                           const struct wn_row_cells *own,
                           const struct wn_row_cells *cells,
                           const size_t *column, size_t count,
                           struct wn_text *page)
{
    struct wn_text label = {0};

    wn_phrase_data_short(&label,
                         wn_report_class(report, report->data.label[row]));
    wn_markup(page, "\n<tr><th scope=\"row\">%s%zu</th><td>%s</td>",
              own == cells ? "this row, " : "", row, wn_text_of(&label));
    wn_text_free(&label);
    for (size_t c = 0; c < count; c++) {
        const struct wn_cell *cell = &cells->cell[column[c]];
        const bool differs =
            own != cells && wn_shown_differ(report->shown, column[c],
                                            &own->cell[column[c]], cell);

        wn_markup(page, wn_shown_is_text(report->shown, column[c])
                            ? "<td class=\"text\">"
                            : "<td>");
        if (differs)
            wn_markup(page, "\n<mark>");
        put_cell_text(page, cell);
        wn_markup(page, differs ? "</mark></td>" : "</td>");
    }
    wn_markup(page, "</tr>");
}

/* The cells of a suspect, and folded away, those of its nearest rows. */
static void put_beside(const struct wn_report *report, size_t row, bool open,
                       struct wn_text *page)
{
    enum { LEAST = 2, MOST = 40 };
    const char *head[LEAST + MOST + 1] = {"row", "label", NULL};
    struct wn_row_cells own = {0}, other = {0};
    int32_t near[NEAREST];
    size_t count = 0;
    char caption[80];

    if (!wn_shown_read(report->shown, row, &own))
        return;
    size_t *column = wn_shown_choose(report->shown, row, &own, &count);
    const size_t more = count > MOST ? count - MOST : 0;
    const size_t m = count ? nearest_rows(report, row, near) : 0;
    count -= more;
    if (count)
        wn_markup(page, "\n<dl class=\"cells\">");
    for (size_t c = 0; c < count; c++) {
        head[LEAST + c] = wn_shown_name(report->shown, column[c]);
        wn_markup(page, "\n<div><dt>" WN_NAME "</dt><dd>", head[LEAST + c]);
        put_cell_text(page, &own.cell[column[c]]);
        wn_markup(page, "</dd></div>");
    }
    if (count)
        wn_markup(page, "</dl>");
    if (more)
        wn_markup(page, "\n<p>and %zu more columns</p>", more);
    if (m) {
        wn_markup(page, open ? "\n<details open>" : "\n<details>");
        wn_markup(page, "<summary>Beside its nearest rows</summary>");
        snprintf(caption, sizeof caption, "Row %zu and its nearest rows", row);
        wn_table_open(page, NULL, caption, head);
        put_beside_row(report, row, &own, &own, column, count, page);
        for (size_t j = 0; j < m; j++)
            if (wn_shown_read(report->shown, (size_t)near[j], &other))
                put_beside_row(report, (size_t)near[j], &own, &other, column,
                               count, page);
        wn_table_close(page);
        wn_markup(page, "</details>");
    }
    wn_row_cells_free(&own);
    wn_row_cells_free(&other);
    free(column);
}

/* --- pictures ------------------------------------------------------------ */

/* Suspects and their nearest rows as pictures. */
struct gallery {
    size_t *pixel; /* columns; NULL: rows are no pictures */
    size_t size;   /* of a picture, in numbers */
    size_t count, capacity, value_capacity;
    size_t *suspect; /* count: the suspect that it belongs to */
    size_t *row;     /* count */
    float *value;    /* count x size */
    float low, high; /* of all */
};

static void gallery_add(struct gallery *gallery, const struct wn_report *report,
                        size_t suspect, size_t row, struct wn_row_cells *cells)
{
    size_t capacity = gallery->capacity;

    if (!wn_shown_read(report->shown, row, cells))
        return;
    wn_grow(&gallery->suspect, &capacity, gallery->count + 1,
            sizeof *gallery->suspect);
    wn_grow(&gallery->row, &gallery->capacity, gallery->count + 1,
            sizeof *gallery->row);
    wn_grow(&gallery->value, &gallery->value_capacity,
            (gallery->count + 1) * gallery->size, sizeof *gallery->value);
    gallery->suspect[gallery->count] = suspect;
    gallery->row[gallery->count] = row;
    for (size_t p = 0; p < gallery->size; p++) {
        const double number = wn_shown_number(report->shown, gallery->pixel[p],
                                              &cells->cell[gallery->pixel[p]]);
        const float value = isfinite(number) ? (float)number : 0;

        gallery->value[gallery->count * gallery->size + p] = value;
        gallery->low = fminf(gallery->low, value);
        gallery->high = fmaxf(gallery->high, value);
    }
    gallery->count++;
}

/* As many suspects as fit: a picture of random numbers takes 4/3 bytes a
 * number, and some for the file. */
static void gallery_make(struct gallery *gallery,
                         const struct wn_report *report, const int64_t *rows,
                         size_t count)
{
    const struct wn_image_shape *image = &report->image;
    struct wn_row_cells cells = {0};
    size_t found;

    *gallery =
        (struct gallery){.size = image->rows * image->columns * image->channels,
                         .low = INFINITY,
                         .high = -INFINITY};
    if (!gallery->size || !report->shown)
        return;
    gallery->pixel = wn_shown_pixels(report->shown, gallery->size, &found);
    if (!gallery->pixel)
        return;
    const size_t fit =
        MOST_BYTES / ((1 + NEAREST) * (gallery->size * 4 / 3 + 400));
    count = count < BESIDE ? count : BESIDE;
    count = count < fit ? count : fit;
    wn_shown_fetch_near(report->shown, rows, count);
    for (size_t r = 0; r < count; r++) {
        const size_t row = (size_t)rows[r];
        int32_t near[NEAREST];
        const size_t m = nearest_rows(report, row, near);

        gallery_add(gallery, report, row, row, &cells);
        for (size_t j = 0; j < m; j++)
            gallery_add(gallery, report, row, (size_t)near[j], &cells);
    }
    if (!(gallery->low < gallery->high))
        gallery->high = gallery->low + 1;
    wn_row_cells_free(&cells);
}

static void gallery_free(struct gallery *gallery)
{
    free(gallery->pixel);
    free(gallery->suspect);
    free(gallery->row);
    free(gallery->value);
}

/* The picture of a suspect, then those of its nearest rows. */
static void put_pictures(const struct wn_report *report,
                         const struct gallery *gallery, size_t suspect,
                         struct wn_text *page)
{
    wn_markup(page, "\n<ul class=\"pictures\">");
    for (size_t p = 0; p < gallery->count; p++) {
        const size_t row = gallery->row[p];
        const char *label = wn_report_class(report, report->data.label[row]);
        struct wn_text name = {0}, url = {0};

        if (gallery->suspect[p] != suspect)
            continue;
        wn_phrase_data_short(&name, label);
        wn_picture_url(gallery->value + p * gallery->size, &report->image,
                       gallery->low, gallery->high, &url);
        wn_markup(page, "\n<li>\n<img src=\"%s\" alt=\"Row %zu, labelled %s\">",
                  url.bytes, row, name.bytes);
        if (row == suspect)
            wn_markup(page, "<strong>%s</strong><small>this row</small></li>",
                      name.bytes);
        else
            wn_markup(page, "<span>%s</span><small>row %zu</small></li>",
                      name.bytes, row);
        wn_text_free(&name);
        wn_text_free(&url);
    }
    wn_markup(page, "</ul>");
}

static bool gallery_has(const struct gallery *gallery, size_t suspect)
{
    for (size_t p = 0; p < gallery->count; p++)
        if (gallery->suspect[p] == suspect)
            return true;
    return false;
}

/* --- the list ------------------------------------------------------------ */

/* The cells name themselves where the head is not shown. */
static void put_suspect(const struct wn_report *report, size_t place, size_t i,
                        bool more, struct wn_text *page)
{
    struct wn_suspect suspect;
    struct wn_text line = {0};
    size_t length = 0;
    const char *id = wn_report_id(report, i, &length);

    wn_suspect_make(report, i, &suspect);
    wn_markup(page, more ? "\n<tr class=\"more\">" : "\n<tr>");
    wn_markup(page,
              "<td class=\"n\" data-h=\"rank\">%zu</td>"
              "<th scope=\"row\" class=\"n\" data-h=\"row\">%zu</th>"
              "<td class=\"n\" data-h=\"%s\">",
              place, i, wn_phrase_place(&report->data));
    wn_phrase_line(&report->data, i, &line);
    wn_markup_data(page, line.bytes, line.length);
    wn_markup(page, "</td>");
    wn_text_free(&line);
    if (report->data.id) {
        wn_markup(page, "<td data-h=\"id\">");
        wn_markup_cut(page, id, strnlen(id, length), ID_LETTERS);
        wn_markup(page, "</td>");
    }
    wn_markup(page,
              "<td data-h=\"given\">%s</td><td data-h=\"suggested\">%s</td>"
              "<td class=\"n\" data-h=\"suspicion\">%s</td>"
              "<td data-h=\"action\">%s</td>"
              "<td class=\"why\" data-h=\"why\">%s</td></tr>",
              wn_text_of(&suspect.given), wn_text_of(&suspect.suggested),
              suspect.suspicion, suspect.action, wn_text_of(&suspect.why));
    wn_suspect_free(&suspect);
}

/* A suspect, and below it what its row holds. */
static void put_row(const struct wn_report *report, size_t place, size_t i,
                    size_t columns, const struct gallery *gallery,
                    struct wn_text *page)
{
    const bool fits = place < BESIDE && page->length < MOST_BYTES;
    const bool pictures = gallery_has(gallery, i);
    struct wn_text below = {0};

    if (pictures)
        put_pictures(report, gallery, i, &below);
    else if (fits && report->shown && !gallery->pixel)
        put_beside(report, i, place < OPEN, &below);
    put_suspect(report, place + 1, i, below.length, page);
    if (below.length) {
        wn_markup(page, "\n<tr class=\"below\"><td colspan=\"%zu\">", columns);
        wn_text_add(page, below.bytes, below.length);
        wn_markup(page, "</td></tr>");
    }
    wn_text_free(&below);
}

void wn_html_suspects(const struct wn_report *report, struct wn_text *page)
{
    enum { ID = 3 };

    if (!report->flagged)
        return;
    const char *head[] = {"#",         "#row",       NULL,     "id",  "given",
                          "suggested", "#suspicion", "action", "why", NULL};
    struct gallery gallery;
    char place[32], caption[120];
    size_t count, columns = 0;
    int64_t *rows =
        wn_report_rows(report, WN_ROWS_FLAGGED, DEFAULT_SUSPECTS, &count);
    struct wn_text list = {0};
    size_t shown = count < MOST_SUSPECTS ? count : MOST_SUSPECTS;

    if (!shown) {
        wn_markup(page, "\n<p>%s</p>",
                  wn_sentence_no_rows(report, report->flagged_rows));
        free(rows);
        return;
    }
    snprintf(place, sizeof place, "#%s", wn_phrase_place(&report->data));
    head[2] = place;
    for (size_t c = 0; c < sizeof head / sizeof *head; c++)
        if (c != ID || report->data.id)
            head[columns++] = head[c];
    head[0] = "#rank";
    gallery_make(&gallery, report, rows, shown);
    if (report->shown && !gallery.pixel)
        wn_shown_fetch_near(report->shown, rows,
                            shown < BESIDE ? shown : BESIDE);
    for (size_t r = 0; r < shown; r++)
        if (list.length < LIST_BYTES)
            put_row(report, r, (size_t)rows[r], columns - 1, &gallery, &list);
        else
            shown = r;
    wn_markup(page, "\n<p>");
    if (report->rows == WN_ROWS_DEFAULT && report->chosen)
        wn_markup(page, "The first %zu of %zu rows that were chosen. ", shown,
                  report->chosen_rows);
    else if (report->rows == WN_ROWS_DEFAULT && report->against)
        wn_markup(page, "The %zu new flags; %zu rows have findings in all. ",
                  count, report->flagged_rows);
    else if (report->rows == WN_ROWS_DEFAULT)
        wn_markup(page,
                  "The first %zu of %zu rows with findings that nobody decided "
                  "about. ",
                  shown, report->flagged_rows);
    if (shown < count)
        wn_markup(page,
                  "The page lists the first %zu of %zu rows; report "
                  "--format=tsv lists all. ",
                  shown, count);
    wn_markup(page, "Suspicion is the probability that the label is wrong. row "
                    "counts from 0. A class in parentheses is the most "
                    "probable other one, but not sure enough to be "
                    "suggested.</p>");
    snprintf(caption, sizeof caption, "Most suspicious rows, %zu", shown);
    wn_table_open(page, "cards", caption, head);
    wn_text_add(page, list.bytes, list.length);
    wn_text_free(&list);
    wn_table_close(page);
    const char *reason = report->shown ? wn_shown_reason(report->shown) : NULL;
    if (reason)
        wn_markup(page, "\n<p>Cells of the source are missing here: %s.</p>",
                  reason);
    gallery_free(&gallery);
    free(rows);
}
