/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise/rows_by_class.h: the rows sorted by their given class. */
#ifndef WN_NOISE_ROWS_BY_CLASS_H
#define WN_NOISE_ROWS_BY_CLASS_H

#include <stddef.h>
#include <stdint.h>

/* Class c has row[begin[c]] .. row[begin[c + 1] - 1], ascending; the rows
 * without a label (-1) are those of class k. */
struct wn_rows_by_class {
    size_t k;
    uint32_t *row; /* n */
    size_t *begin; /* k + 2 */
};

/* Sort label[n], -1 .. k-1, at most 2^32 of them. O(n + k). */
void wn_rows_by_class_sort(const int32_t *label, size_t n, size_t k,
                           struct wn_rows_by_class *rows);
void wn_rows_by_class_free(struct wn_rows_by_class *rows);
/* Number of rows of class c, 0 .. k. */
size_t wn_rows_by_class_count(const struct wn_rows_by_class *rows, size_t c);

#endif
