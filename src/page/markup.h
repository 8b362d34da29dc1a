/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page/markup.h: HTML and SVG that no data can break.
 *
 * Names of elements and attributes are the program's own literals; all else
 * goes through one place that makes it visible (util/text.h) and escapes it. So
 * there is no way to write data as markup. Elements that are open are kept on a
 * stack: closing names nothing and cannot be mixed up. */
#ifndef WN_PAGE_MARKUP_H
#define WN_PAGE_MARKUP_H

#include <stddef.h>
#include <stdint.h>

#include "util/text.h"

enum { WN_MARKUP_DEPTH = 24 };

struct wn_markup { /* {.out = text} is an empty document */
    struct wn_text *out;
    const char *open[WN_MARKUP_DEPTH];
    size_t depth;
};

/* Open an element; after the tag follow names and values of attributes, then
 * NULL. A NULL value leaves its attribute out. */
void wn_markup_open(struct wn_markup *markup, const char *tag, ...)
    __attribute__((sentinel));
/* An element without content, likewise: "<rect ... />", "<meta ...>". */
void wn_markup_leaf(struct wn_markup *markup, const char *tag, ...)
    __attribute__((sentinel));
/* Close the innermost element. */
void wn_markup_close(struct wn_markup *markup);
/* Close elements until `depth` are open. */
void wn_markup_close_to(struct wn_markup *markup, size_t depth);

/* Add text to the innermost element. */
void wn_markup_add(struct wn_markup *markup, const char *bytes, size_t length);
void wn_markup_say(struct wn_markup *markup, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A whole element with a text and up to one attribute (NULL: none). NULL text
 * is shown as "-". */
void wn_markup_element(struct wn_markup *markup, const char *tag,
                       const char *attribute, const char *value,
                       const char *text);
/* A whole number as text: "1,234,567". */
void wn_count_text(double count, char out[32]);
/* Open a table with its head, in a box that scrolls where the table is wider
 * than the screen; the names of its columns end with NULL, those of numbers
 * begin with '#'. `class` may be NULL. */
void wn_table_open(struct wn_markup *markup, const char *class,
                   const char *caption, const char *const *head);
/* Cells: a text (NULL: "-"), a number, a count "1,234". */
void wn_table_cell(struct wn_markup *markup, const char *text);
void wn_table_number(struct wn_markup *markup, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void wn_table_count(struct wn_markup *markup, uint64_t count);

/* Add rows x columns x channels numbers as a PNG picture in a data URL; `low`
 * and what is below is black, `high` white. low < high. (picture.c) */
struct wn_image_shape;
void wn_picture_url(const float *value, const struct wn_image_shape *shape,
                    float low, float high, struct wn_text *out);

/* Add what another markup made, whose elements are all closed; `made` is freed.
 */
void wn_markup_move(struct wn_markup *markup, struct wn_text *made);
/* A literal of the program for <style>, which knows no escapes. */
void wn_markup_style(struct wn_markup *markup, const char *style);
/* "<!DOCTYPE html>". */
void wn_markup_doctype(struct wn_markup *markup);

#endif
