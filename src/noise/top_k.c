/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A max-heap of the smallest keys; see top_k.h. */
#include "noise/top_k.h"

#include <stdlib.h>

static int top_k_before(const struct wn_ranked *a, const struct wn_ranked *b)
{
    return a->key != b->key ? a->key < b->key : a->row < b->row;
}

static void swap(struct wn_ranked *a, struct wn_ranked *b)
{
    const struct wn_ranked c = *a;

    *a = *b;
    *b = c;
}

static void sift_up(struct wn_ranked *heap, size_t at)
{
    while (at && top_k_before(&heap[(at - 1) / 2], &heap[at])) {
        swap(&heap[(at - 1) / 2], &heap[at]);
        at = (at - 1) / 2;
    }
}

static void sift_down(struct wn_ranked *heap, size_t count)
{
    for (size_t at = 0, child = 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && top_k_before(&heap[child], &heap[child + 1]))
            child++;
        if (!top_k_before(&heap[at], &heap[child]))
            return;
        swap(&heap[at], &heap[child]);
        at = child;
    }
}

void wn_top_k_offer(struct wn_top_k *select, double key, size_t row)
{
    const struct wn_ranked offer = {key, row};

    if (select->count < select->limit) {
        select->heap[select->count] = offer;
        sift_up(select->heap, select->count++);
    } else if (select->limit && top_k_before(&offer, &select->heap[0])) {
        select->heap[0] = offer;
        sift_down(select->heap, select->count);
    }
}

static int top_k_compare(const void *a, const void *b)
{
    return top_k_before(a, b) ? -1 : top_k_before(b, a);
}

void wn_rank(struct wn_ranked *ranked, size_t n)
{
    qsort(ranked, n, sizeof *ranked, top_k_compare);
}
