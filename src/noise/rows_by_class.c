/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A counting sort; see rows_by_class.h. */
#include "noise/rows_by_class.h"

#include <stdlib.h>

#include "util/memory.h"
#include "util/spill.h"

void wn_rows_by_class_sort(const int32_t *label, size_t n, size_t k,
                           struct wn_rows_by_class *rows)
{
    *rows = (struct wn_rows_by_class){k, wn_spill_new(n, sizeof(uint32_t)),
                                      wn_new(k + 3, sizeof(size_t))};
    /* Count two places up, then sum: begin[c + 1] is the place of the next row
     * of class c, and in the end the end of the class. */
    for (size_t i = 0; i < n; i++)
        rows->begin[(label[i] < 0 ? k : (size_t)label[i]) + 2]++;
    for (size_t c = 2; c < k + 3; c++)
        rows->begin[c] += rows->begin[c - 1];
    for (size_t i = 0; i < n; i++)
        rows->row[rows->begin[(label[i] < 0 ? k : (size_t)label[i]) + 1]++] =
            (uint32_t)i;
}

void wn_rows_by_class_free(struct wn_rows_by_class *rows)
{
    wn_spill_free(rows->row);
    free(rows->begin);
    *rows = (struct wn_rows_by_class){0};
}

size_t wn_rows_by_class_count(const struct wn_rows_by_class *rows, size_t c)
{
    return rows->begin[c + 1] - rows->begin[c];
}
