/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums over rows and columns of the joint; see health.h. */
#include "check/health.h"

#include <math.h>
#include <stdlib.h>

#include "check/select.h"
#include "util/memory.h"

static double share(double part, double whole)
{
    return part / (whole > 1e-6 ? whole : 1e-6);
}

static int by_quality(const void *a, const void *b)
{
    const struct wn_class_health *x = a, *y = b;

    if (x->quality != y->quality)
        return x->quality < y->quality ? -1 : 1;
    return x->class < y->class ? -1 : x->class > y->class;
}

void wn_health_classes(const double *joint, size_t k, size_t n,
                       struct wn_class_health *out)
{
    for (size_t c = 0; c < k; c++) {
        double row = 0, column = 0;

        for (size_t o = 0; o < k; o++) {
            row += joint[c * k + o];
            column += joint[o * k + c];
        }
        const double wrong = row - joint[c * k + c];
        const double away = column - joint[c * k + c];
        const double noise = share(wrong, row);
        out[c] = (struct wn_class_health){
            c, (size_t)rint(fabs(wrong) * (double)n),
            (size_t)rint(fabs(away) * (double)n), noise, share(away, column),
            1 - noise};
    }
    qsort(out, k, sizeof *out, by_quality);
}

int wn_health_pairs(const double *joint, size_t k, size_t n, int symmetric,
                    size_t limit, struct wn_pair_health *out, size_t *count,
                    struct wn_error *error)
{
    struct wn_ranked *heap = wn_new(limit, sizeof *heap, error);
    struct wn_select select = {heap, limit, 0};

    if (!heap)
        return -1;
    for (size_t a = 0; a < k; a++)
        for (size_t b = symmetric ? a + 1 : 0; b < k; b++) {
            double overlap = joint[a * k + b];

            if (symmetric)
                overlap += joint[b * k + a];
            if (a != b)
                wn_select_offer(&select, -overlap, a * k + b);
        }
    wn_rank(heap, select.count);
    for (size_t p = 0; p < select.count; p++)
        out[p] = (struct wn_pair_health){
            heap[p].row / k, heap[p].row % k,
            (size_t)rint(-heap[p].key * (double)n), -heap[p].key};
    *count = select.count;
    free(heap);
    return 0;
}
