/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows that are pictures, drawn in characters: the row beside its nearest. */
#include <math.h>
#include <stdlib.h>

#include "prog/review/review.h"
#include "render/grid.h"
#include "report/shown.h"
#include "util/memory.h"

enum { NEAREST = 4, PICTURES = NEAREST + 1 };
/* Rows as pictures beside one another, in characters from light to dark. */
struct pictures {
    struct wn_image_shape shape;
    float *value[PICTURES]; /* a grey for each pixel */
    size_t row[PICTURES], count;
    float low, high;
    size_t pixels; /* that a character takes the place of, in a line; two lines
                      of pixels are one line; 0: two characters a pixel */
};

/* The pixels of a row; false if they cannot be had. */
static bool read_picture(struct wn_shown *shown, const size_t *column,
                         size_t row, struct pictures *pictures)
{
    const struct wn_image_shape *shape = &pictures->shape;
    const size_t count = shape->rows * shape->columns;
    struct wn_row_cells cells = {0};
    float *value = wn_new(count, sizeof *value);

    const bool there = wn_shown_read(shown, row, &cells);
    for (size_t p = 0; there && p < count; p++) {
        double sum = 0;

        for (size_t c = 0; c < shape->channels; c++) {
            const size_t at = column[p * shape->channels + c];
            const double one = wn_shown_number(shown, at, &cells.cell[at]);

            sum += isfinite(one) ? one : 0;
        }
        value[p] = (float)sum;
        pictures->low = fminf(pictures->low, value[p]);
        pictures->high = fmaxf(pictures->high, value[p]);
    }
    wn_row_cells_free(&cells);
    if (!there) {
        free(value);
        return false;
    }
    pictures->row[pictures->count] = row;
    pictures->value[pictures->count++] = value;
    return true;
}

/* Add the character for the block of pixels that begins at row r, column c. */
static void add_block(const struct pictures *pictures, const float *value,
                      size_t r, size_t c, struct wn_text *out)
{
    static const char grey[] = " .:-=+*#%@";
    const struct wn_image_shape *shape = &pictures->shape;
    const size_t size = pictures->pixels ? pictures->pixels : 1;
    const size_t high = pictures->pixels ? 2 * size : 1;
    double sum = 0, count = 0;

    for (size_t y = r; y < r + high && y < shape->rows; y++)
        for (size_t x = c; x < c + size && x < shape->columns; x++) {
            sum += (double)value[y * shape->columns + x];
            count++;
        }
    const double share = (sum / count - (double)pictures->low) /
                         (double)(pictures->high - pictures->low);
    const size_t step = (size_t)(share * (double)(sizeof grey - 2) + 0.5);

    for (int twice = 0; twice < (pictures->pixels ? 1 : 2); twice++)
        wn_text_add(out, &grey[step], 1);
}

bool review_pictures(const struct desk *desk, size_t width, struct wn_text *out)
{
    enum { INDENT = 2, GAP = 2, SMALL = 16, LARGE = 36 };
    const struct wn_explanation *explanation = &desk->explanation;
    const struct wn_report *report = &desk->report;
    const size_t own = desk->item[desk->at].row;
    struct pictures pictures = {
        .shape = report->image, .low = INFINITY, .high = -INFINITY};
    size_t found;

    if (!report->image.rows || !report->shown)
        return false;
    const size_t columns = pictures.shape.columns;
    size_t *column = wn_shown_pixels(
        report->shown, pictures.shape.rows * columns * pictures.shape.channels,
        &found);
    if (!column)
        return false;
    pictures.pixels = columns <= SMALL ? 0 : (columns + LARGE - 1) / LARGE;
    const size_t step = pictures.pixels ? pictures.pixels : 1;
    const size_t across =
        pictures.pixels ? (columns + step - 1) / step : 2 * columns;

    wn_shown_fetch_near(report->shown, &(int64_t){(int64_t)own}, 1);
    read_picture(report->shown, column, own, &pictures);
    for (size_t m = 0; m < explanation->neighbors && m < NEAREST &&
                       INDENT + (m + 2) * (across + GAP) - GAP <= width;
         m++)
        read_picture(report->shown, column, (size_t)explanation->neighbor[m],
                     &pictures);
    free(column);
    if (!pictures.count)
        return false;
    if (!(pictures.high > pictures.low))
        pictures.high = pictures.low + 1;
    wn_text_add(out, "\n", 1);
    for (size_t p = 0; p < pictures.count; p++) {
        struct wn_text head = {0};

        wn_text_format(
            &head, "%zu: %s", pictures.row[p],
            wn_report_title(report, report->data.label[pictures.row[p]]));
        const size_t keep = wn_cells_prefix(head.bytes, head.length, across);

        wn_text_format(out, "%*s%.*s%*s", p ? GAP : INDENT, "", (int)keep,
                       head.bytes, (int)(across - wn_cells(head.bytes, keep)),
                       "");
        wn_text_free(&head);
    }
    wn_text_add(out, "\n", 1);
    for (size_t r = 0; r < pictures.shape.rows;
         r += pictures.pixels ? 2 * pictures.pixels : 1) {
        for (size_t p = 0; p < pictures.count; p++) {
            wn_text_format(out, "%*s", p ? GAP : INDENT, "");
            for (size_t c = 0; c < columns; c += step)
                add_block(&pictures, pictures.value[p], r, c, out);
        }
        wn_text_add(out, "\n", 1);
    }
    for (size_t p = 0; p < pictures.count; p++)
        free(pictures.value[p]);
    return true;
}
