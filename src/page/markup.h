/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page/markup.h: HTML and SVG that no data can break.
 *
 * Markup is a literal of the program with conversions of printf(). Whatever
 * they stand for is made visible (util/text.h) and escaped, so there is no way
 * to write data as markup. */
#ifndef WN_PAGE_MARKUP_H
#define WN_PAGE_MARKUP_H

#include <stddef.h>
#include <stdint.h>

#include "util/text.h"

/* Add markup, as in wn_markup(page, "<td>%zu</td>", rows). Conversions are %s
 * (NULL is shown as "-"), %.60s as wn_markup_cut() does, %d, %zu, %lld, %llu
 * and those of doubles. An empty page does not begin with a newline. */
void wn_markup(struct wn_text *page, const char *markup, ...)
    __attribute__((format(printf, 2, 3)));
/* Add data that may hold NUL bytes. */
void wn_markup_data(struct wn_text *page, const char *bytes, size_t length);
/* Add text in one line; of more than `most` bytes, some in the middle are left
 * out. */
void wn_cut_text(struct wn_text *out, const char *bytes, size_t length,
                 size_t most);
/* The same as markup. */
void wn_markup_cut(struct wn_text *page, const char *bytes, size_t length,
                   size_t most);
/* A name in a list, so that the size of a page does not depend on its data. */
enum { WN_NAME_BYTES = 60 };
#define WN_NAME "%.60s"

/* A whole number as text: "1,234,567". */
void wn_count_text(double count, char out[32]);

/* Open a table with its head, in a box that scrolls where the table is wider
 * than the screen; the names of its columns end with NULL, those of numbers
 * begin with '#'. `class` may be NULL. */
void wn_table_open(struct wn_text *page, const char *class, const char *caption,
                   const char *const *head);
void wn_table_close(struct wn_text *page);
/* A cell with a count, "1,234". */
void wn_table_count(struct wn_text *page, uint64_t count);

/* Add rows x columns x channels numbers as a PNG picture in a data URL; `low`
 * and what is below is black, `high` white. low < high. (picture.c) */
struct wn_image_shape;
void wn_picture_url(const float *value, const struct wn_image_shape *shape,
                    float low, float high, struct wn_text *out);

#endif
