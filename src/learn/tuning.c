/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows to try knobs on; see tuning.h. */
#include "learn/tuning.h"

#include <stdlib.h>
#include <string.h>

#include "util/spill.h"
#include "util/memory.h"
#include "util/random.h"

enum { ALIKE = 8 }; /* rows of a class where classes are many */

void wn_draw_free(struct wn_draw *draw)
{
    wn_spill_free(draw->x);
    free(draw->weight);
    free(draw->label);
    free(draw->group);
    free(draw->fold);
    free(draw->number);
}

static int new_draw(struct wn_draw *draw, const struct wn_sample *from,
                    size_t n)
{
    draw->x = wn_spill_new(n * from->d, sizeof(float));
    draw->weight = wn_new(n, sizeof(float));
    draw->label = wn_new(n, sizeof(int32_t));
    draw->group = wn_new(n, sizeof(int32_t));
    draw->fold = wn_new(n, sizeof(int32_t));
    draw->number = wn_new(from->k, sizeof(int32_t));
    draw->sample = *from;
    draw->sample.n = draw->sample.k = 0;
    draw->sample.x = draw->x;
    draw->sample.label = draw->label;
    draw->sample.weight = draw->weight;
    draw->sample.group = from->group ? draw->group : NULL;
    draw->sample.fold = from->fold ? draw->fold : NULL;
    return 0;
}

static void tuning_take(struct wn_draw *draw, const struct wn_sample *from,
                        size_t at)
{
    const size_t i = draw->sample.n++;
    int32_t *number = &draw->number[from->label[at]];

    memcpy(draw->x + i * from->d, from->x + at * from->d,
           from->d * sizeof *draw->x);
    if (!*number)
        *number = (int32_t)++draw->sample.k;
    draw->label[i] = *number - 1;
    draw->weight[i] = (float)wn_sample_weight(from, at);
    draw->group[i] = from->group ? from->group[at] : 0;
    draw->fold[i] = from->fold ? from->fold[at] : 0;
}

/* How many rows of a class may be drawn: all; or ALIKE, where the sample would
 * hold fewer of most, and then only of the classes that come first, so that
 * what is chosen on can tell alike rows from others. */
static void choose_classes(const struct wn_sample *from, const int32_t *order,
                           size_t most, size_t *room)
{
    const bool many = from->n > most && from->k > most / ALIKE;
    size_t left = most;

    for (size_t c = 0; c < from->k; c++)
        room[c] = many ? 0 : most;
    for (size_t i = 0; many && left && i < from->n; i++) {
        const size_t at = (size_t)order[i];

        if (wn_sample_weight(from, at) > 0 && !room[from->label[at]]) {
            room[from->label[at]] = left < ALIKE ? left : ALIKE;
            left -= room[from->label[at]];
        }
    }
}

int wn_draw_rows(struct wn_draw *draw, const struct wn_sample *from,
                 size_t most)
{
    int32_t *order = wn_spill_new(from->n, sizeof *order);
    size_t *room = wn_new(from->k, sizeof *room);
    struct wn_random random;
    int status = -1;

    most = most < from->n ? most : from->n;
    if (new_draw(draw, from, most))
        goto done;
    wn_random_start(&random, from->seed, WN_RANDOM_SAMPLE, 2, 0);
    wn_random_order(&random, order, from->n);
    choose_classes(from, order, most, room);
    for (size_t i = 0; i < from->n && draw->sample.n < most; i++) {
        const size_t at = (size_t)order[i];

        if (wn_sample_weight(from, at) > 0 && room[from->label[at]]) {
            room[from->label[at]]--;
            tuning_take(draw, from, at);
        }
    }
    status = 0;
done:
    wn_spill_free(order);
    free(room);
    return status;
}

double wn_tuning_lowest(const double *value, size_t count)
{
    size_t best = 0;

    for (size_t t = 1; t < count; t++)
        if (value[t] < value[best])
            best = t;
    if (best == 0 || best + 1 == count)
        return (double)best;
    const double before = value[best - 1], after = value[best + 1];
    const double bend = before - 2 * value[best] + after;
    return (double)best + (bend > 0 ? (before - after) / (2 * bend) : 0);
}
