/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sorting, and a max-heap of the smallest keys; see order_statistics.h. */
#include "noise/order_statistics.h"

#include <math.h>
#include <stdlib.h>

#include "util/number.h"

void wn_sort(double *x, size_t n)
{
    qsort(x, n, sizeof *x, wn_number_ascending);
}

double wn_percentile(const double *x, size_t n, double q)
{
    const double place = q / 100 * (double)(n - 1);
    const size_t at = (size_t)floor(place);

    return at + 1 < n ? x[at] + (place - (double)at) * (x[at + 1] - x[at])
                      : x[n - 1];
}

static int rank_before(const struct wn_ranked *a, const struct wn_ranked *b)
{
    return a->key != b->key ? a->key < b->key : a->row < b->row;
}

static int by_rank(const void *a, const void *b)
{
    return rank_before(a, b) ? -1 : rank_before(b, a);
}

void wn_rank(struct wn_ranked *ranked, size_t n)
{
    qsort(ranked, n, sizeof *ranked, by_rank);
}

void wn_top_k_offer(struct wn_top_k *top, double key, size_t row)
{
    const struct wn_ranked offer = {key, row};
    struct wn_ranked *heap = top->heap;

    if (top->count < top->limit) {
        size_t at = top->count++;

        for (; at && rank_before(&heap[(at - 1) / 2], &offer);
             at = (at - 1) / 2)
            heap[at] = heap[(at - 1) / 2];
        heap[at] = offer;
    } else if (top->limit && rank_before(&offer, &heap[0])) {
        size_t at = 0;

        for (size_t child = 1; child < top->count; child = 2 * at + 1) {
            if (child + 1 < top->count &&
                rank_before(&heap[child], &heap[child + 1]))
                child++;
            if (!rank_before(&offer, &heap[child]))
                break;
            heap[at] = heap[child];
            at = child;
        }
        heap[at] = offer;
    }
}
