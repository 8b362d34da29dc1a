/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Subsamples for choosing settings; see tuning.h. */
#include "learn/tuning.h"

#include <stdlib.h>
#include <string.h>

#include "util/memory.h"
#include "util/random.h"
#include "util/spill.h"

enum { ROWS_PER_CLASS = 8 }; /* where classes are many */

void wn_subsample_free(struct wn_subsample *drawn)
{
    wn_spill_free(drawn->x);
    free(drawn->weight);
    free(drawn->label);
    free(drawn->group);
    free(drawn->fold);
    free(drawn->number);
}

void wn_subsample_draw(struct wn_subsample *drawn, const struct wn_sample *from,
                       size_t max)
{
    int32_t *order = wn_spill_new(from->n, sizeof *order);
    size_t *capacity = wn_new(from->k, sizeof *capacity); /* by class */
    struct wn_random random;

    max = max < from->n ? max : from->n;
    size_t left = max;
    const bool many = from->n > max && from->k > max / ROWS_PER_CLASS;
    drawn->x = wn_spill_new(max * from->d, sizeof(float));
    drawn->weight = wn_new(max, sizeof(float));
    drawn->label = wn_new(max, sizeof(int32_t));
    drawn->group = wn_new(max, sizeof(int32_t));
    drawn->fold = wn_new(max, sizeof(int32_t));
    drawn->number = wn_new(from->k, sizeof(int32_t));
    drawn->sample = *from;
    drawn->sample.n = drawn->sample.k = 0;
    drawn->sample.x = drawn->x;
    drawn->sample.label = drawn->label;
    drawn->sample.weight = drawn->weight;
    drawn->sample.group = from->group ? drawn->group : NULL;
    drawn->sample.fold = from->fold ? drawn->fold : NULL;
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
    for (size_t r = 0; r < from->n && drawn->sample.n < max; r++) {
        const size_t row = (size_t)order[r];

        if (wn_sample_weight(from, row) <= 0 || !capacity[from->label[row]])
            continue;
        const size_t i = drawn->sample.n++;
        int32_t *number = &drawn->number[from->label[row]];
        capacity[from->label[row]]--;
        memcpy(drawn->x + i * from->d, from->x + row * from->d,
               from->d * sizeof *drawn->x);
        if (!*number)
            *number = (int32_t)++drawn->sample.k;
        drawn->label[i] = *number - 1;
        drawn->weight[i] = (float)wn_sample_weight(from, row);
        drawn->group[i] = from->group ? from->group[row] : 0;
        drawn->fold[i] = from->fold ? from->fold[row] : 0;
    }
    wn_spill_free(order);
    free(capacity);
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
