/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A counting sort; see rows_by_class.h. */
#include "noise/rows_by_class.h"

#include <stdlib.h>

#include "util/spill.h"
#include "util/memory.h"

static size_t class_of(int32_t label, size_t k)
{
    return label < 0 ? k : (size_t)label;
}

int wn_rows_by_class_sort(const int32_t *label, size_t n, size_t k,
                          struct wn_rows_by_class *members)
{
    *members = (struct wn_rows_by_class){k, wn_spill_new(n, sizeof(size_t)),
                                         wn_new(k + 3, sizeof(size_t))};
    if (!members->row || !members->begin) {
        wn_rows_by_class_free(members);
        return -1;
    }
    /* Counts two places up, then sums: begin[c + 1] is where class c goes
     * next, and in the end where it ends. */
    for (size_t i = 0; i < n; i++)
        members->begin[class_of(label[i], k) + 2]++;
    for (size_t c = 2; c < k + 3; c++)
        members->begin[c] += members->begin[c - 1];
    for (size_t i = 0; i < n; i++)
        members->row[members->begin[class_of(label[i], k) + 1]++] = i;
    return 0;
}

void wn_rows_by_class_free(struct wn_rows_by_class *members)
{
    wn_spill_free(members->row);
    free(members->begin);
    *members = (struct wn_rows_by_class){0};
}

size_t wn_rows_by_class_count(const struct wn_rows_by_class *members, size_t c)
{
    return members->begin[c + 1] - members->begin[c];
}
