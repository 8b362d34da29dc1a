/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums over rows and columns of the joint; see health.h. */
#include "noise/health.h"

#include <math.h>
#include <stdlib.h>

#include "noise/order_statistics.h"
#include "util/memory.h"

static double health_share(double part, double whole)
{
    return part / (whole > 1e-6 ? whole : 1e-6);
}

static int health_by_quality(const void *a, const void *b)
{
    const struct wn_class_health *x = a, *y = b;

    if (x->quality != y->quality)
        return x->quality < y->quality ? -1 : 1;
    return x->class < y->class ? -1 : x->class > y->class;
}

void wn_health_classes(const struct wn_joint *joint,
                       struct wn_class_health *out)
{
    const size_t k = joint->at->k;
    const double n = (double)joint->n;

    for (size_t c = 0; c < k; c++) {
        const double row = joint->given[c], column = joint->truth[c];
        const double right = joint->value[joint->at->diagonal[c]];
        const double wrong = row - right, away = column - right;
        const double noise = health_share(wrong, row);

        out[c] = (struct wn_class_health){
            c,     (size_t)rint(fabs(wrong) * n), (size_t)rint(fabs(away) * n),
            noise, health_share(away, column),    1 - noise};
    }
    qsort(out, k, sizeof *out, health_by_quality);
}

/* Whether the joint has a cell [row][column]; which. */
static int has_cell(const struct wn_sparse *at, size_t row, size_t column,
                    size_t *cell)
{
    *cell = wn_sparse_find(at, row, column);
    return (size_t)at->column[*cell] == column;
}

int wn_health_pairs(const struct wn_joint *joint, int symmetric, size_t limit,
                    struct wn_pair_health *out, size_t *count)
{
    const struct wn_sparse *at = joint->at;
    const size_t k = at->k;
    struct wn_ranked *heap = wn_new(limit, sizeof *heap);
    struct wn_top_k select = {heap, limit, 0};

    for (size_t s = 0; s < k; s++)
        for (size_t cell = at->begin[s]; cell < at->begin[s + 1]; cell++) {
            const size_t t = (size_t)at->column[cell];
            double overlap = joint->value[cell];
            size_t back, pair = s * k + t;

            if (s == t)
                continue;
            if (symmetric && has_cell(at, t, s, &back)) {
                /* Its other half offers the pair. */
                if (s > t)
                    continue;
                overlap += joint->value[back];
            }
            if (symmetric && s > t)
                pair = t * k + s;
            wn_top_k_offer(&select, -overlap, pair);
        }
    wn_rank(heap, select.count);
    for (size_t p = 0; p < select.count; p++)
        out[p] = (struct wn_pair_health){
            heap[p].row / k, heap[p].row % k,
            (size_t)rint(-heap[p].key * (double)joint->n), -heap[p].key};
    *count = select.count;
    free(heap);
    return 0;
}
