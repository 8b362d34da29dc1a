/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/sample.h: the rows that a predictor learns from and judges. */
#ifndef WN_LEARN_SAMPLE_H
#define WN_LEARN_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/log.h"

enum { WN_CHOSEN = 100 }; /* bytes of what a predictor says that it chose */

struct wn_sample {
    size_t n, d, k, m;
    const float *x;          /* n x d, finite */
    const int32_t *label;    /* n, 0..k-1 or -1 */
    const int32_t *neighbor; /* n x m; NULL where no predictor needs it */
    const float *distance;   /* n x m */
    const float *weight;     /* n, >= 0, what a row counts; NULL for 1 */
    const int32_t *group;    /* n, 0..groups-1: no row is judged by what learned
                                from rows of its group; NULL: each its own */
    size_t groups;           /* at most n; 0 where group is NULL */
    const int32_t *fold;     /* n, 0..folds-1; NULL where none needs it */
    size_t folds;
    size_t probe; /* of a graph of their own: wn_graph_find() */
    uint64_t seed;
    bool draft; /* wanted for the weights of another pass only: less will do */
    int threads;
    struct wn_log *log;
    char *chosen; /* WN_CHOSEN, out: the knobs that the data chose, as
                     "ridge=0.1 landmarks=500"; NULL where nobody asks */
};

/* What row i teaches: nothing without a label. */
static inline double wn_sample_weight(const struct wn_sample *sample, size_t i)
{
    if (sample->label[i] < 0)
        return 0;
    return sample->weight ? (double)sample->weight[i] : 1;
}

#endif
