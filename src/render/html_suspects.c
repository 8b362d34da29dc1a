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
    MOST_SUSPECTS = 1000, /* rows of the table */
    BESIDE = 25,          /* of these, with cells and nearest rows, as far as */
    MOST_BYTES = 1200000, /* that fits into so many bytes of the page */
    OPEN = 3,             /* of these, with the nearest rows unfolded */
    NEAREST = 5,
    CELL_LETTERS = 240
};

/* --- cells --------------------------------------------------------------- */

/* A cell in one line; a long one loses its middle. */
static void put_cell_text(struct wn_markup *page, const struct wn_cell *cell)
{
    size_t head = cell->length, tail = cell->length;

    if (!cell->length) {
        wn_markup_element(page, "small", NULL, NULL, "(empty)");
        return;
    }
    if (cell->length > CELL_LETTERS) {
        head = 2 * CELL_LETTERS / 3;
        tail = cell->length - CELL_LETTERS / 3;
        /* Not within a character of UTF-8. */
        while (head && (cell->text[head] & 0xc0) == 0x80)
            head--;
        while (tail < cell->length && (cell->text[tail] & 0xc0) == 0x80)
            tail++;
    }
    for (size_t part = 0; part < 2; part++) {
        struct wn_text flat = {0};

        for (size_t at = part ? tail : 0; at < (part ? cell->length : head);
             at++) {
            const char c = cell->text[at];
            const bool space = c == '\n' || c == '\r' || c == '\t';

            wn_text_add(&flat, space ? " " : &c, 1);
        }
        if (part && tail < cell->length)
            wn_markup_say(page, " \xe2\x80\xa6 ");
        wn_markup_add(page, wn_text_of(&flat), flat.length);
        wn_text_free(&flat);
    }
}

/* A row of the table of a suspect and its nearest rows. */
static void put_beside_row(const struct wn_report *report, size_t row,
                           const struct wn_row_cells *own,
                           const struct wn_row_cells *cells,
                           const size_t *column, size_t count,
                           struct wn_markup *page)
{
    struct wn_text label = {0};

    wn_markup_open(page, "tr", NULL);
    wn_markup_open(page, "th", "scope", "row", NULL);
    wn_markup_say(page, "%s%zu", own == cells ? "this row, " : "", row);
    wn_markup_close(page);
    wn_phrase_data_short(&label,
                         wn_report_class(report, report->data.label[row]));
    wn_table_cell(page, wn_text_of(&label));
    wn_text_free(&label);
    for (size_t c = 0; c < count; c++) {
        const struct wn_cell *cell = &cells->cell[column[c]];
        const bool differs =
            own != cells && wn_shown_differ(report->shown, column[c],
                                            &own->cell[column[c]], cell);

        wn_markup_open(page, "td", NULL);
        if (differs)
            wn_markup_open(page, "mark", NULL);
        put_cell_text(page, cell);
        if (differs)
            wn_markup_close(page);
        wn_markup_close(page);
    }
    wn_markup_close(page);
}

/* The cells of a suspect, and folded away, those of its nearest rows. */
static void put_beside(const struct wn_report *report, size_t row, bool open,
                       struct wn_markup *page)
{
    enum { LEAST = 2, MOST = 40 };
    const size_t depth = page->depth;
    const char *head[LEAST + MOST + 1] = {"row", "label", NULL};
    struct wn_row_cells own = {0}, other = {0};
    const int32_t *near;
    size_t count = 0, m;
    char caption[80];

    if (!wn_shown_read(report->shown, row, &own))
        return;
    size_t *column = wn_shown_choose(report->shown, row, &own, &count);
    const size_t more = count > MOST ? count - MOST : 0;
    count -= more;
    for (size_t c = 0; c < count; c++)
        head[LEAST + c] = wn_shown_name(report->shown, column[c]);
    if (count) {
        wn_markup_open(page, "dl", "class", "cells", NULL);
        for (size_t c = 0; c < count; c++) {
            wn_markup_open(page, "div", NULL);
            wn_markup_element(page, "dt", NULL, NULL, head[LEAST + c]);
            wn_markup_open(page, "dd", NULL);
            put_cell_text(page, &own.cell[column[c]]);
            wn_markup_close(page);
            wn_markup_close(page);
        }
        wn_markup_close(page);
        if (more) {
            wn_markup_open(page, "p", NULL);
            wn_markup_say(page, "and %zu more columns", more);
            wn_markup_close(page);
        }
        m = wn_shown_neighbors(report->shown, row, &near);
        m = m < NEAREST ? m : NEAREST;
        int32_t nearest[NEAREST];
        memcpy(nearest, near, m * sizeof *nearest);
        if (m) {
            wn_markup_open(page, "details", "open", open ? "" : NULL, NULL);
            wn_markup_element(page, "summary", NULL, NULL,
                              "Beside its nearest rows");
            snprintf(caption, sizeof caption, "Row %zu and its nearest rows",
                     row);
            wn_table_open(page, NULL, caption, head);
            put_beside_row(report, row, &own, &own, column, count, page);
            for (size_t j = 0; j < m; j++)
                if (wn_shown_read(report->shown, (size_t)nearest[j], &other))
                    put_beside_row(report, (size_t)nearest[j], &own, &other,
                                   column, count, page);
        }
    }
    wn_markup_close_to(page, depth);
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
        const int32_t *near;
        size_t m = wn_shown_neighbors(report->shown, (size_t)rows[r], &near);
        int32_t nearest[NEAREST];

        m = m < NEAREST ? m : NEAREST;
        memcpy(nearest, near, m * sizeof *nearest);
        gallery_add(gallery, report, (size_t)rows[r], (size_t)rows[r], &cells);
        for (size_t j = 0; j < m; j++)
            gallery_add(gallery, report, (size_t)rows[r], (size_t)nearest[j],
                        &cells);
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
                         struct wn_markup *page)
{
    wn_markup_open(page, "ul", "class", "pictures", NULL);
    for (size_t p = 0; p < gallery->count; p++) {
        const size_t row = gallery->row[p];
        const char *label = wn_report_class(report, report->data.label[row]);
        struct wn_text alt = {0}, url = {0};

        if (gallery->suspect[p] != suspect)
            continue;
        wn_text_format(&alt, "Row %zu, labelled ", row);
        wn_phrase_data_short(&alt, label);
        wn_picture_url(gallery->value + p * gallery->size, &report->image,
                       gallery->low, gallery->high, &url);
        wn_markup_open(page, "li", NULL);
        wn_markup_leaf(page, "img", "src", url.bytes, "alt", alt.bytes, NULL);
        alt.length = 0;
        wn_phrase_data_short(&alt, label);
        wn_markup_element(page, row == suspect ? "strong" : "span", NULL, NULL,
                          wn_text_of(&alt));
        wn_markup_open(page, "small", NULL);
        wn_markup_say(page, row == suspect ? "this row" : "row %zu", row);
        wn_markup_close(page);
        wn_markup_close(page);
        wn_text_free(&alt);
        wn_text_free(&url);
    }
    wn_markup_close(page);
}

static bool gallery_has(const struct gallery *gallery, size_t suspect)
{
    for (size_t p = 0; p < gallery->count; p++)
        if (gallery->suspect[p] == suspect)
            return true;
    return false;
}

/* --- the list ------------------------------------------------------------ */

/* A cell that names itself where the head is not shown. */
static void put_field(struct wn_markup *page, const char *class,
                      const char *head, const char *text)
{
    wn_markup_open(page, "td", "class", class, "data-h", head, NULL);
    wn_markup_add(page, text, strlen(text));
    wn_markup_close(page);
}

static void put_suspect(const struct wn_report *report, size_t place, size_t i,
                        bool more, struct wn_markup *page)
{
    struct wn_suspect suspect;
    struct wn_text text = {0};
    size_t length = 0;
    const char *id = wn_report_id(report, i, &length);

    wn_suspect_make(report, i, &suspect);
    wn_markup_open(page, "tr", "class", more ? "more" : NULL, NULL);
    wn_text_format(&text, "%zu", place);
    put_field(page, "n", "rank", text.bytes);
    text.length = 0;
    wn_markup_open(page, "th", "scope", "row", "class", "n", "data-h", "row",
                   NULL);
    wn_markup_say(page, "%zu", i);
    wn_markup_close(page);
    wn_text_format(&text, "%llu", (unsigned long long)report->data.row_line[i]);
    put_field(page, "n", wn_phrase_place(&report->data), text.bytes);
    text.length = 0;
    if (report->data.id) {
        wn_text_add(&text, id, length);
        put_field(page, NULL, "id", wn_text_of(&text));
    }
    put_field(page, NULL, "given", wn_text_of(&suspect.given));
    put_field(page, NULL, "suggested", wn_text_of(&suspect.suggested));
    put_field(page, "n", "suspicion", suspect.suspicion);
    put_field(page, NULL, "action", suspect.action);
    put_field(page, "why", "why", wn_text_of(&suspect.why));
    wn_markup_close(page);
    wn_text_free(&text);
    wn_suspect_free(&suspect);
}

/* A suspect, and below it what its row holds. */
static void put_row(const struct wn_report *report, size_t place, size_t i,
                    size_t columns, const struct gallery *gallery,
                    struct wn_markup *page)
{
    const bool fits = place < BESIDE && page->out->length < MOST_BYTES;
    const bool pictures = gallery_has(gallery, i);
    struct wn_text below = {0};
    struct wn_markup inner = {.out = &below};
    char span[32];

    if (pictures)
        put_pictures(report, gallery, i, &inner);
    else if (fits && report->shown && !gallery->pixel)
        put_beside(report, i, place < OPEN, &inner);
    put_suspect(report, place + 1, i, below.length, page);
    if (below.length) {
        snprintf(span, sizeof span, "%zu", columns);
        wn_markup_open(page, "tr", "class", "below", NULL);
        wn_markup_open(page, "td", "colspan", span, NULL);
        wn_markup_move(page, &below);
        wn_markup_close(page);
        wn_markup_close(page);
    }
    wn_text_free(&below);
}

void wn_html_suspects(const struct wn_report *report, struct wn_markup *page)
{
    enum { ID = 3 };

    if (!report->flagged)
        return;
    const char *head[] = {"#",         "#row",       NULL,     "id",  "given",
                          "suggested", "#suspicion", "action", "why", NULL};
    const size_t depth = page->depth;
    struct gallery gallery;
    char place[32], caption[120];
    size_t count, columns = 0;
    int64_t *rows =
        wn_report_rows(report, WN_ROWS_FLAGGED, DEFAULT_SUSPECTS, &count);
    const size_t shown = count < MOST_SUSPECTS ? count : MOST_SUSPECTS;

    if (!shown) {
        wn_markup_element(page, "p", NULL, NULL, "No check found anything.");
        free(rows);
        return;
    }
    snprintf(place, sizeof place, "#%s", wn_phrase_place(&report->data));
    head[2] = place;
    for (size_t c = 0; c < sizeof head / sizeof *head; c++)
        if (c != ID || report->data.id)
            head[columns++] = head[c];
    head[0] = "#rank";
    wn_markup_open(page, "p", NULL);
    if (report->rows == WN_ROWS_DEFAULT)
        wn_markup_say(page,
                      "The first %zu of %zu rows with findings that nobody "
                      "decided about. ",
                      shown, report->flagged_rows);
    if (shown < count)
        wn_markup_say(page,
                      "The page lists the first %zu of %zu rows; report "
                      "--format=tsv lists all. ",
                      shown, count);
    wn_markup_say(page,
                  "Suspicion is the probability that the label is wrong. row "
                  "counts from 0. A class in parentheses is the most probable "
                  "other one, but not sure enough to be suggested.");
    wn_markup_close(page);
    snprintf(caption, sizeof caption, "Most suspicious rows, %zu", shown);
    gallery_make(&gallery, report, rows, shown);
    if (report->shown && !gallery.pixel)
        wn_shown_fetch_near(report->shown, rows,
                            shown < BESIDE ? shown : BESIDE);
    wn_table_open(page, "cards", caption, head);
    for (size_t r = 0; r < shown; r++)
        put_row(report, r, (size_t)rows[r], columns - 1, &gallery, page);
    wn_markup_close_to(page, depth);
    const char *reason = report->shown ? wn_shown_reason(report->shown) : NULL;
    if (reason) {
        wn_markup_open(page, "p", NULL);
        wn_markup_say(page, "Cells of the source are missing here: %s.",
                      reason);
        wn_markup_close(page);
    }
    gallery_free(&gallery);
    free(rows);
}
