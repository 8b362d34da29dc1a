/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Subsamples for choosing settings; see tuning.h. */
#include "learn/tuning.h"

#include <stdlib.h>
#include <string.h>

#include "util/memory.h"
#include "util/random.h"
#include "util/spill.h"

enum { ROWS_PER_CLASS = 8 }; /* where classes are many */

struct wn_sample wn_subsample_draw(const struct wn_sample *from, size_t max,
                                   struct wn_arena *own)
{
    int32_t *order = wn_spill_new(from->n, sizeof *order);
    size_t *capacity = wn_new(from->k, sizeof *capacity); /* by class */
    int32_t *number = wn_new(from->k, sizeof *number);    /* here, from 1 */
    struct wn_random random;

    max = max < from->n ? max : from->n;
    size_t left = max, n = 0, k = 0;
    const bool many = from->n > max && from->k > max / ROWS_PER_CLASS;
    float *x = wn_arena_spill(own, sizeof *x, max, from->d);
    float *weight = wn_arena_new(own, sizeof *weight, max, 1);
    int32_t *label = wn_arena_new(own, sizeof *label, max, 1);
    int32_t *group = wn_arena_new(own, sizeof *group, max, 1);
    int32_t *fold = wn_arena_new(own, sizeof *fold, max, 1);
    wn_random_start(&random, from->seed, WN_RANDOM_SAMPLE, 2, 0);
    wn_random_order(&random, order, from->n);
    /* Where classes would have too few rows for a model to generalise from,
     * only ROWS_PER_CLASS of those that come first are drawn. */
    for (size_t c = 0; c < from->k; c++)
        capacity[c] = many ? 0 : max;
    for (size_t r = 0; many && left && r < from->n; r++) {
        const size_t row = (size_t)order[r];

        if (wn_sample_weight(from, row) <= 0 || capacity[from->label[row]])
            continue;
        capacity[from->label[row]] =
            left < ROWS_PER_CLASS ? left : ROWS_PER_CLASS;
        left -= capacity[from->label[row]];
    }
    for (size_t r = 0; r < from->n && n < max; r++) {
        const size_t row = (size_t)order[r];
        const int32_t y = from->label[row];

        if (wn_sample_weight(from, row) <= 0 || !capacity[y])
            continue;
        capacity[y]--;
        if (!number[y])
            number[y] = (int32_t)++k;
        memcpy(x + n * from->d, from->x + row * from->d, from->d * sizeof *x);
        label[n] = number[y] - 1;
        weight[n] = (float)wn_sample_weight(from, row);
        group[n] = from->group ? from->group[row] : 0;
        fold[n] = from->fold ? from->fold[row] : 0;
        n++;
    }
    wn_spill_free(order);
    free(capacity);
    free(number);
    struct wn_sample drawn = *from;
    drawn.n = n;
    drawn.k = k;
    drawn.x = x;
    drawn.label = label;
    drawn.weight = weight;
    drawn.group = from->group ? group : NULL;
    drawn.fold = from->fold ? fold : NULL;
    return drawn;
}

double wn_parabola_minimum(const double *value, size_t count)
{
    size_t best = 0;

    for (size_t t = 1; t < count; t++)
        if (value[t] < value[best])
            best = t;
    if (best == 0 || best + 1 == count)
        return (double)best;
    const double before = value[best - 1], after = value[best + 1];
    const double curvature = before - 2 * value[best] + after;
    return (double)best +
           (curvature > 0 ? (before - after) / (2 * curvature) : 0);
}
