/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/sample.h: the rows that a model learns from and predicts. */
#ifndef WN_LEARN_SAMPLE_H
#define WN_LEARN_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/log.h"
#include "util/units.h"

enum { WN_CHOSEN = 100 }; /* bytes of wn_sample.chosen */

struct wn_sample {
    size_t n, d, k, m;
    const float *x;          /* n x d, finite */
    const int32_t *label;    /* n, 0..k-1 or -1 */
    const int32_t *neighbor; /* n x m; NULL where no predictor needs it */
    const float *distance;   /* n x m */
    const float *weight;     /* n, >= 0, training weights; NULL for 1 */
    const int32_t *group;    /* n, 0..groups-1: a row is never predicted by a
                                model trained on rows of its group; NULL: each
                                row is its own group */
    size_t groups;           /* at most n; 0 where group is NULL */
    const int32_t *fold;     /* n, 0..folds-1; NULL where none needs it */
    size_t folds;
    size_t probe; /* for wn_graph_find() where a model needs its own graph */
    uint64_t seed;
    bool draft; /* only the weights of the next pass depend on the result, so a
                   rougher one will do */
    int threads;
    struct wn_log *log;
    struct wn_units *units; /* to divide the work or to keep its results, */
    size_t pass;            /* whose names have this number */
    char *chosen;           /* WN_CHOSEN, out: settings chosen from the data, as
                               "ridge=0.1 landmarks=500"; may be NULL */
};

/* The training weight of row i: 0 without a label. */
static inline double wn_sample_weight(const struct wn_sample *sample, size_t i)
{
    if (sample->label[i] < 0)
        return 0;
    return sample->weight ? (double)sample->weight[i] : 1;
}

#endif
